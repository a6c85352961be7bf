import Crystals
import Networks
import Tensors

/// The two policies, perceptrons of their own, and ln Z: what to do next in a state, and how it may have come about (Mila AI4Science et al.
/// 2023, appendix C).
struct CrystalPolicy: Sendable {
  private let form: CrystalGFNConfiguration.Form
  private let forward: [Linear]
  private let backward: [Linear]
  private let activation = Rectifier(slope: 0.01)
  /// 16 numbers whose sum is added to what ln Z begins with.
  private let logZ: Range<Int>
  private let logZStart: Double
  let layout: ParameterLayout

  /// A way of the two.
  enum Direction { case forward, backward }

  init(_ options: CrystalGFNConfiguration, _ space: CrystalSpace) {
    form = options.form
    logZStart = options.trajectories.logZ
    var layout = ParameterLayout()
    let (inputs, width) = (Self.inputs(space, options.form), options.network.hidden)
    func perceptron(_ name: String) -> [Linear] {
      (0...options.network.layers).map { layer in
        Linear(
          "\(name).\(layer)", inputs: layer == 0 ? inputs : width,
          outputs: layer == options.network.layers ? space.actions : width,
          layout: &layout)
      }
    }
    forward = perceptron("forward")
    backward = perceptron("backward")
    logZ = layout.add("log_z", shape: [16], bound: 0, rate: options.trajectories.logZRate)
    self.layout = layout
  }

  /// ln of the sum of all rewards.
  func logZ(_ parameters: Parameters) -> Double { logZStart + parameters.values[logZ].reduce(0) { $0 + Double($1) } }

  /// Adds to the gradient of ln Z.
  func addLogZGradient(_ gradient: Double, into gradients: inout [Float]) {
    for i in logZ { gradients[i] += Float(gradient) }
  }

  /// (states, actions) logits of choices and numbers of the lattice.
  func outputs(_ direction: Direction, _ states: [CrystalState], _ space: CrystalSpace, _ tape: inout Tape) -> Tape.Value {
    let layers = direction == .forward ? forward : backward
    var x = tape.input(inputs(states, space))
    for layer in layers.dropLast() { x = tape.apply(activation, tape.apply(layer, x)) }
    return tape.apply(layers[layers.count - 1], x)
  }

  // MARK: Inputs

  /// Columns: system, symmetry, group, each with a place for what is open; atoms; the point in the box; of the informed form the part,
  /// which elements there are, how many, how many atoms, whether there is a lattice, and which of its dimensions are free.
  private static func inputs(_ space: CrystalSpace, _ form: CrystalGFNConfiguration.Form) -> Int {
    let published =
      SpaceGroupChoice.systems + SpaceGroupChoice.symmetries + space.allGroups.count + 3 + space.rules.elements.count
      + LatticeSteps.dimensions
    let more = space.rules.elements.count + 3 + space.rules.elementCount.upperBound + 1 + 1 + LatticeSteps.dimensions
    return form == .published ? published : published + more
  }

  private func inputs(_ states: [CrystalState], _ space: CrystalSpace) -> Matrix {
    var x = Matrix(rows: states.count, columns: Self.inputs(space, form))
    let elements = space.rules.elements.count
    for (row, state) in states.enumerated() {
      x[row, state.choice.system] = 1
      var column = SpaceGroupChoice.systems + 1
      x[row, column + state.choice.symmetry] = 1
      column += SpaceGroupChoice.symmetries + 1
      x[row, column + space.place(state.choice.group) + 1] = 1
      column += space.allGroups.count + 1
      let unit = form == .published ? Float(1) : 1 / Float(space.rules.mostOfElement)
      for (element, n) in state.counts.enumerated() where n > 0 { x[row, column + element] = unit * Float(n) }
      column += elements
      for d in 0..<LatticeSteps.dimensions { x[row, column + d] = Float(2 * (state.point?[d] ?? 0) - 1) }
      column += LatticeSteps.dimensions
      guard form == .informed else { continue }
      for (element, n) in state.counts.enumerated() where n > 0 { x[row, column + element] = 1 }
      column += elements
      x[row, column + min(2, state.part.rawValue)] = 1
      column += 3
      x[row, column + state.elements] = 1
      column += space.rules.elementCount.upperBound + 1
      x[row, column] = Float(state.atoms) / Float(space.rules.atomCount.upperBound)
      column += 1
      if state.choice.group > 0 { for d in space.free(state) { x[row, column + d] = state.point == nil ? 0.5 : 1 } }
    }
    return x
  }
}

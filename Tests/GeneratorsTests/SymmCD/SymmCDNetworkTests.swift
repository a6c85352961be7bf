import Networks
import Tensors
import Testing

@testable import Generators

@Suite("SymmCD's network") struct SymmCDNetworkTests {
  private static let small: SymmCDNetworkOptions = {
    var options = SymmCDNetworkOptions()
    (options.hidden, options.layers, options.frequencies, options.time) = (12, 3, 5, 6)
    (options.group, options.groupHidden, options.symmetry, options.axis, options.headRank) = (7, 9, 11, 3, 4)
    return options
  }()

  /// Wide enough for bfloat16 products.
  private static let wide: SymmCDNetworkOptions = {
    var options = small
    (options.hidden, options.group, options.groupHidden, options.symmetry) = (64, 32, 32, 32)
    return options
  }()

  /// Crystals in a noisy state: one-hot classes, coordinates that need not lie in the cell.
  private static func batch() -> BeliefBatch {
    var batch = BeliefBatch(spaceGroups: [194, 12, 225, 1], siteCounts: [2, 3, 1, 4])
    var random = RandomStream(seed: 4, purpose: "batch", index: 0)
    batch.times = [0.5, 0.037, 1, 0.001]
    batch.elements.fill(0)
    batch.siteSymmetries.fill(0)
    for site in 0..<batch.graph.sites {
      batch.elements[site, Int(94 * random.uniform())] = 1
      for axis in 0..<15 { batch.siteSymmetries[site, 13 * axis + Int(13 * random.uniform())] = 1 }
      for k in 0..<3 { batch.coordinates[site, k] = Float(3 * random.uniform() - 1) }
    }
    for i in batch.lattice.values.indices { batch.lattice.values[i] = Float(3 * random.uniform() - 1) }
    return batch
  }

  /// Parameters that use all of the layer norms, too.
  private static func values(_ network: SymmCDNetwork) -> [Float] {
    var values = network.layout.initialParameters(seed: 2)
    for entry in network.layout.entries where entry.bound == 0 {
      var random = RandomStream(seed: 3, purpose: "norms", index: UInt64(entry.range.lowerBound))
      for i in entry.range { values[i] = Float(random.uniform() - 0.5) }
    }
    return values
  }

  private func worst(_ output: Matrix, _ expected: [[Float]]) -> Float {
    let flat = expected.flatMap { $0 }
    guard output.values.count == flat.count else { return .infinity }
    return zip(output.values, flat).map { abs($0 - $1) }.max() ?? .infinity
  }

  @Test("outputs are those of the published code")
  func published() throws {
    let reference = try SymmCDReference.read()
    let network = SymmCDNetwork(SymmCDReference.options)
    let parameters = Parameters(try reference.parameters(network))
    var batch = BeliefBatch(spaceGroups: [194, 12], siteCounts: reference.sites)
    batch.elements.fill(0)
    batch.siteSymmetries.fill(0)
    for (site, element) in reference.element_class.enumerated() {
      batch.elements[site, element] = 1
      for (axis, kind) in reference.symmetry_class[site].enumerated() { batch.siteSymmetries[site, 13 * axis + kind] = 1 }
    }
    batch.coordinates.values = reference.x.flatMap { $0 }
    batch.lattice.values = reference.k.flatMap { $0 }
    var told = Matrix(rows: 2, columns: 8)
    told.values = reference.time_and_group_embedding.flatMap { $0 }
    var tape = Tape(isRecording: false)
    tape.start(parameters)
    let value = tape.input(told)
    let outputs = network.decode(batch, value, parameters, &tape).map { tape[$0] }
    #expect(worst(outputs.coordinates, reference.out_x) < 1e-5)
    #expect(worst(outputs.lattice, reference.out_lattice) < 1e-5)
    #expect(worst(outputs.elements, reference.out_type_logits) < 1e-5)
    #expect(worst(outputs.siteSymmetries, reference.out_symmetry_logits) < 1e-5)
  }

  @Test("times are told as published")
  func times() throws {
    let reference = try SymmCDReference.read().time_embedding
    for (t, expected) in zip(reference.t, reference.values) {
      let found = SymmCDNetwork.timeEmbedding(t / 1000, count: reference.dim)
      let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 1e-5 && found.count == expected.count, "\(t): \(found)")
    }
  }

  @Test("both ways to the outputs agree with the network as the paper writes it", arguments: [true, false], [small, wide])
  func twin(constantColumns: Bool, options: SymmCDNetworkOptions) {
    var options = options
    options.constantColumns = constantColumns
    let (network, batch) = (SymmCDNetwork(options), Self.batch())
    let values = Self.values(network)
    let expected = SymmCDNetworkTwin(network, values).forward(batch)
    for (precision, tolerance) in [(Precision.float32, 5e-5), (.bfloat16, 0.1)]
    where precision == .float32 || Precision.bfloat16Missing == nil {
      var tape = Tape(isRecording: false)
      let parameters = Parameters(values, precision: precision)
      let outputs = network.forward(batch, parameters, &tape).map { tape[$0] }
      let packed = PackedSymmCDNetwork(network, parameters: parameters)
      var workspace = PackedSymmCDNetwork.Workspace(packed)
      for _ in 0..<2 { packed.forward(batch, &workspace) }
      for (way, outputs) in [("as in training", outputs), ("packed", workspace.outputs)] {
        for (name, worst) in outputs.differences(from: expected) {
          #expect(worst < tolerance, "\(precision) \(way), \(name): \(worst)")
        }
      }
    }
  }

  @Test("a packed network follows its batches: other groups, other sites")
  func batches() {
    let network = SymmCDNetwork(Self.small)
    let parameters = Parameters(Self.values(network))
    let packed = PackedSymmCDNetwork(network, parameters: parameters)
    var workspace = PackedSymmCDNetwork.Workspace(packed)
    packed.forward(Self.batch(), &workspace)
    var batch = BeliefBatch(spaceGroups: [62, 12, 2, 1, 139], siteCounts: [1, 3, 5, 2, 2])
    batch.times = [0.2, 0.2, 0.2, 0.2, 0.2]
    packed.forward(batch, &workspace)
    var tape = Tape(isRecording: false)
    let outputs = network.forward(batch, parameters, &tape).map { tape[$0] }
    for (a, b) in [(workspace.outputs.elements, outputs.elements), (workspace.outputs.lattice, outputs.lattice)] {
      #expect(a.values.count == b.values.count && zip(a.values, b.values).allSatisfy { abs($0 - $1) < 5e-5 })
    }
  }

  @Test("every gradient agrees with differences along random directions")
  func gradients() throws {
    let (network, batch) = (SymmCDNetwork(Self.small), Self.batch())
    let parameters = Self.values(network)
    func target(_ i: Int) -> Float { Float(i % 7) - 3 }
    /// Half the squares of all outputs' distances from some numbers.
    func loss(_ values: [Float], _ gradient: inout [Float], isRecording: Bool) -> Double {
      var tape = Tape(isRecording: isRecording)
      let outputs = network.forward(batch, Parameters(values), &tape)
      var sum = 0.0
      for value in [outputs.coordinates, outputs.lattice, outputs.elements, outputs.siteSymmetries] {
        let y = tape[value]
        var seed = tape.zeros(like: value)
        for i in y.values.indices {
          let d = y.values[i] - target(i)
          sum += 0.5 * Double(d) * Double(d)
          seed.values[i] = d
        }
        if isRecording { tape.seed(value, seed) }
      }
      if isRecording { tape.backward(into: &gradient) }
      return sum
    }
    var gradient = [Float](repeating: 0, count: parameters.count)
    _ = loss(parameters, &gradient, isRecording: true)
    // The way of the group has corners and, where few numbers are positive, strong curvature.
    let (group, others) = (Float(5e-4), Float(0.03))
    let checks = try [group, others].map { step in
      try GradientCheck(parameters: parameters, gradient: gradient, largestStep: step) {
        var nothing: [Float] = []
        return loss($0, &nothing, isRecording: false)
      }
    }
    for entry in network.layout.entries {
      let check = checks[entry.name.hasPrefix("embedding.space_group") ? 0 : 1]
      try #require(check.norm(entry.range) > 0, "\(entry.name) has no gradient")
      let wrong = try check.disagreements(entry.range, tolerance: 0.03)
      #expect(wrong.isEmpty, "\(entry.name): \(wrong)")
    }
  }

  @Test("the published network has 60 million parameters")
  func size() {
    let count = SymmCDNetwork(SymmCDNetworkOptions()).layout.count
    #expect((55_000_000..<65_000_000).contains(count), "\(count)")
  }

  @Test("options that no network has are refused")
  func complaints() {
    var options = SymmCDNetworkOptions()
    #expect(options.complaint("network") == nil)
    options.time = 7
    #expect(options.complaint("network") == "network.time must be an even number")
    options.time = 2
    #expect(options.complaint("network") == "network.time must be 4 to 16384")
    options.time = 10
    (options.hidden, options.layers) = (16_384, 1000)
    #expect(options.complaint("network") == "network.hidden and network.layers make too large a network")
  }
}

import Crystals
import Networks
import Tensors

/// What SymmCD's network is told of a space group: its symmetry elements (`SymmetryElements`), through two hidden layers with a positive
/// part and a layer norm behind each: (B) groups to (B, group).
struct SymmCDGroupEmbedding: Sendable {
  let first: Linear
  let second: Linear
  let third: Linear
  let norms: [LayerNorm]

  init(_ name: String, _ options: SymmCDNetworkOptions, layout: inout ParameterLayout) {
    let width = options.groupHidden
    first = Linear("\(name).0", inputs: SymmetryElements.codeCount, outputs: width, layout: &layout)
    let before = LayerNorm("\(name).0.norm", width: width, layout: &layout)
    second = Linear("\(name).1", inputs: width, outputs: width, layout: &layout)
    norms = [before, LayerNorm("\(name).1.norm", width: width, layout: &layout)]
    third = Linear("\(name).2", inputs: width, outputs: options.group, layout: &layout)
  }

  func callAsFunction(_ groups: [Int], _ tape: inout Tape) -> Tape.Value {
    var x = tape.input(Self.codes(groups))
    for (layer, norm) in zip([first, second], norms) { x = tape.apply(norm, tape.apply(Rectifier(), tape.apply(layer, x))) }
    return tape.apply(third, x)
  }

  /// (B, 397) of these groups.
  static func codes(_ groups: [Int]) -> Matrix {
    var rows = Matrix(rows: groups.count, columns: SymmetryElements.codeCount)
    rows.values = groups.flatMap { table[$0] }
    return rows
  }

  /// By number; none at 0.
  private static let table = (0...230).map { number in
    number == 0 ? [] : SymmetryElements(SpaceGroup.numbered(number)).code.map { Float($0) }
  }
}

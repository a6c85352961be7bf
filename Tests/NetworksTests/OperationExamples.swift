import Tensors

@testable import Generators
@testable import Networks

/// An operation with inputs, on which its adjoint is held against differences.
struct OperationExample: Sendable, CustomStringConvertible {
  /// The operation's type.
  let name: String
  let layout: ParameterLayout
  /// Those of the parameters that the operation reads.
  let entries: [ParameterLayout.Entry]
  let inputs: [Matrix]
  let apply: @Sendable (inout Tape, [Tape.Value]) -> Tape.Value

  var description: String { name }

  /// - Parameter unread: a part of the names of parameters that others read.
  init<Op: Networks.Operation>(_ operation: Op, _ layout: ParameterLayout, _ inputs: Matrix..., unread: String? = nil) {
    (name, self.layout, self.inputs) = ("\(Op.self)", layout, inputs)
    entries = layout.entries.filter { entry in !(unread.map { entry.name.contains($0) } ?? false) }
    apply = { tape, x in tape.apply(operation, x) }
  }

  /// Every operation that there is, and those with several ways in all of them.
  static let all: [OperationExample] = {
    let (graph, batch) = (CrystalGraph(siteCounts: [3, 1, 4]), beliefs())
    let (n, sites) = (graph.sites, batch.graph.sites)
    var examples = [
      OperationExample(Concatenation(), ParameterLayout(), normal(n, 3), normal(n, 5), normal(n, 1)),
      OperationExample(Spread(graph), ParameterLayout(), normal(3, 5)),
      OperationExample(Sum(), ParameterLayout(), normal(n, 3), normal(n, 3)),
      OperationExample(Pooling(graph), ParameterLayout(), normal(n, 5)),
      OperationExample(
        WeightedPooling(graph, weights: [0.5, 0.2, 0.3, 1, 0.1, 0.4, 0.4, 0.1]), ParameterLayout(), normal(n, 5)),
      OperationExample(
        WeightedMoments(graph, weights: [0.5, 0.2, 0.3, 1, 0.1, 0.4, 0.4, 0.1]), ParameterLayout(), normal(n, 5)),
      OperationExample(FilteredSum(graph), ParameterLayout(), normal(graph.edges, 5), normal(n, 5, seed: 2)),
      OperationExample(Gather(rows: [3, 0, 3, 7, 1]), ParameterLayout(), normal(n, 5)),
      OperationExample(Rectifier(), ParameterLayout(), normal(n, 5)),
      OperationExample(Rectifier(slope: 0.2), ParameterLayout(), normal(n, 5)),
      OperationExample(FactoredScores(rank: 3), ParameterLayout(), normal(n, 6), normal(n, 12, seed: 2)),
      OperationExample(JoinedRows(count: 4), ParameterLayout(), normal(n, 5)),
      OperationExample(SelfAttention(graph, heads: 2), ParameterLayout(), normal(n, 12)),
      OperationExample(SelfAttention(graph, heads: 2), ParameterLayout(), normal(n, 108)),
      OperationExample(
        KeyScores(first: [1, 4, 1], counts: [3, 2, 3]), ParameterLayout(), normal(3, 5), normal(6, 5, seed: 2)),
      OperationExample(DirectionalMoves(batch), ParameterLayout(), normal(sites, 3 + DirectionalMoves.outputs)),
      OperationExample(PositionScores(batch), ParameterLayout(), normal(sites, 15 * 13 + 27 + 1)),
    ]
    for form in UnitForm.allCases {
      for columns in 100...102 {
        examples.append(OperationExample(TiedLogits(batch, form), ParameterLayout(), normal(sites, columns)))
      }
    }
    examples.append(layered { OperationExample(LayerNorm("x", width: 5, layout: &$0), $0, normal(n, 5)) })
    for activates in [false, true] {
      examples.append(
        layered {
          OperationExample(Linear("x", inputs: 7, outputs: 5, activates: activates, layout: &$0), $0, normal(n, 7))
        })
    }
    examples.append(
      layered {
        let table = Linear("x", inputs: 9, outputs: 4, bias: false, layout: &$0)
        return OperationExample(Embedding(table, rows: [3, 0, 8, 3, 3]), $0)
      })
    for (features, hasConstants) in [(0, false), (2, false), (0, true)] {
      examples.append(
        layered {
          let layer = MessagePassing(
            "x", width: 6, frequencies: 3, edgeFeatures: features, hasConstants: hasConstants, layout: &$0)
          let edges = EdgeInputs(
            graph, coordinates: normal(n, 3), lattice: normal(3, 6), features: normal(graph.edges, features),
            frequencies: 3, .float32)
          return OperationExample(Messages(layer: layer, edges: edges), $0, normal(n, 6), unread: ".node.")
        })
    }
    return examples
  }()

  private static func layered(_ body: (inout ParameterLayout) -> OperationExample) -> OperationExample {
    var layout = ParameterLayout()
    return body(&layout)
  }

  static func normal(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> Matrix {
    var matrix = Matrix(rows: rows, columns: columns)
    var random = RandomStream(seed: seed, purpose: "matrix", index: UInt64(rows * 1000 + columns))
    var span = matrix.values.mutableSpan
    random.fillNormal(&span)
    return matrix
  }

  /// Crystals whose templates are known and are not, of one site and of several.
  private static func beliefs() -> BeliefBatch {
    var batch = BeliefBatch(spaceGroups: [225, 62, 12, 166], siteCounts: [4, 3, 1, 2])
    batch.elements.values = normal(10, 100).values
    Kernels.softmax(&batch.elements.values, groups: 10, classes: 100)
    for site in [1, 3] { for c in 0..<100 { batch.elements[site, c] = batch.elements[0, c] } }
    batch.know(crystal: 0, positions: [0, 1, 2, 8], species: [0, 0, 1, 0])
    batch.know(crystal: 3, positions: [0, 3], species: [0, 1])
    batch.wyckoffPositions.values = normal(10, 27).values
    Kernels.softmax(&batch.wyckoffPositions.values, groups: 10, classes: 27)
    batch.vacancies = normal(10, 27, seed: 2)
    batch.balances = normal(10, 100, seed: 2)
    batch.directions = normal(batch.graph.edges, BeliefBatch.directionFeatures)
    return batch
  }
}

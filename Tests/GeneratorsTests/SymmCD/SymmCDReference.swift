import Foundation
import Networks
import TestSupport

@testable import Generators

/// `Tests/References/SymmCD/network.json`: SymmCD's own network, small.
struct SymmCDReference: Decodable {
  /// Numbers, or rows of them: biases and weights.
  enum Array: Decodable {
    case row([Float])
    case rows([[Float]])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let rows = try? container.decode([[Float]].self) {
        self = .rows(rows)
      } else {
        self = .row(try container.decode([Float].self))
      }
    }

    /// (inputs, outputs) of some columns of the code's weights.
    func inputs(_ picked: [Int]) -> [Float] {
      guard case .rows(let rows) = self else { return [] }
      return picked.flatMap { column in rows.map { $0[column] } }
    }

    var inputs: [Float] {
      guard case .rows(let rows) = self, let first = rows.first else { return [] }
      return inputs(Swift.Array(first.indices))
    }

    var row: [Float] {
      guard case .row(let row) = self else { return [] }
      return row
    }
  }

  struct TimeEmbedding: Decodable {
    var t: [Float]
    var dim: Int
    var values: [[Float]]
  }

  var time_embedding: TimeEmbedding
  var sites: [Int]
  var element_class: [Int]
  var symmetry_class: [[Int]]
  var time_and_group_embedding: [[Float]]
  var x, k: [[Float]]
  var weights: [String: Array]
  var out_lattice, out_x, out_type_logits, out_symmetry_logits: [[Float]]

  static func read() throws -> SymmCDReference { try reference("SymmCD/network.json", as: SymmCDReference.self) }

  /// Its sizes; four of its eight numbers of time and group are called the time's.
  static var options: SymmCDNetworkOptions {
    var options = SymmCDNetworkOptions()
    (options.hidden, options.layers, options.frequencies) = (8, 2, 3)
    (options.time, options.group, options.groupHidden, options.symmetry) = (4, 4, 2, 5)
    return options
  }

  /// Its weights in our layout; zeros where it has none (the space group's).
  func parameters(_ network: SymmCDNetwork) throws -> [Float] {
    var arrays: [String: [Float]] = [:]
    func take(_ ours: String, _ theirs: String, bias: Bool = true) {
      arrays["\(ours).weight"] = weights["\(theirs).weight"]?.inputs
      if bias { arrays["\(ours).bias"] = weights["\(theirs).bias"]?.row }
    }
    func takeNorm(_ ours: String, _ theirs: String) {
      arrays["\(ours).gain"] = weights["\(theirs).weight"]?.row.map { $0 - 1 }
      arrays["\(ours).shift"] = weights["\(theirs).bias"]?.row
    }
    /// Columns of the sines, the cosines and the ones of waves that begin at a column.
    func waves(_ first: Int) -> (sines: [Int], cosines: [Int], ones: [Int]) {
      let places = (0..<3).flatMap { axis in (1..<3).map { first + 3 * axis + $0 } }
      return (places, places.map { $0 + 9 }, (0..<3).map { first + 9 + 3 * $0 })
    }
    take("embedding.element", "node_embedding")
    take("embedding.axis", "axis_embedding")
    take("embedding.site_symmetry", "site_symm_embedding")
    let site = waves(21)
    arrays["input.weight"] = weights["atom_latent_emb.weight"]?.inputs(
      Swift.Array(0..<21) + site.sines + site.cosines + site.ones)
    arrays["input.bias"] = weights["atom_latent_emb.bias"]?.row
    for l in 0..<2 {
      let (ours, theirs) = ("layer.\(l)", "csp_layer_\(l)")
      takeNorm("\(ours).norm", "\(theirs).layer_norm")
      let edge = waves(22)
      for (part, columns) in [
        ("center", Swift.Array(0..<8)), ("neighbor", Swift.Array(8..<16)), ("lattice", Swift.Array(16..<22)),
        ("sine", edge.sines), ("cosine", edge.cosines), ("constant", edge.ones),
      ] { arrays["\(ours).edge.0.\(part).weight"] = weights["\(theirs).edge_mlp.0.weight"]?.inputs(columns) }
      arrays["\(ours).edge.0.lattice.bias"] = weights["\(theirs).edge_mlp.0.bias"]?.row
      take("\(ours).edge.1", "\(theirs).edge_mlp.2")
      take("\(ours).node.0", "\(theirs).node_mlp.0")
      take("\(ours).node.1", "\(theirs).node_mlp.2")
    }
    takeNorm("norm", "final_layer_norm")
    take("head.coordinates", "coord_out", bias: false)
    take("head.lattice", "lattice_out", bias: false)
    take("head.elements", "type_out")
    take("head.axes", "axis_wise_out")
    take("head.operations", "symm_wise_out")
    var values = [Float](repeating: 0, count: network.layout.count)
    for entry in network.layout.entries where !entry.name.hasPrefix("embedding.space_group") {
      guard let array = arrays[entry.name], array.count == entry.range.count else {
        throw Missing(name: entry.name, count: arrays[entry.name]?.count ?? 0)
      }
      values.replaceSubrange(entry.range, with: array)
    }
    return values
  }

  struct Missing: Error {
    var name: String
    var count: Int
  }
}

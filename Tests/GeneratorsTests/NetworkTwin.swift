import Foundation
import Networks
import Tensors

@testable import Generators

/// SymmBFN's network as the paper writes it, in float64 and without a shortcut: every edge's features are joined in one row and go
/// through one product. The slow twin of `UnitNetwork.forward`.
struct NetworkTwin {
  let network: UnitNetwork
  private let layers: LayerTwin
  let options: UnitNetworkOptions
  private var isInformed: Bool { network.form == .informed }

  typealias Output = UnitNetwork.Outputs<[[Double]]>

  init(_ network: UnitNetwork, _ values: [Float]) {
    self.network = network
    layers = LayerTwin(layout: network.layout, values: values)
    options = network.configuration
  }

  private func linear(_ x: [Double], _ names: [String], bias: String?) -> [Double] { layers.linear(x, names, bias: bias) }

  private func perceptron(_ x: [Double], _ name: String, activates: Bool = false) -> [Double] {
    let hidden = layers.silu(linear(x, ["\(name).0"], bias: "\(name).0"))
    let out = linear(hidden, ["\(name).1"], bias: "\(name).1")
    return activates ? layers.silu(out) : out
  }

  private func waves(_ d: [Double], _ count: Int, _ wave: (Double) -> Double) -> [Double] {
    d.flatMap { x in (0..<count).map { wave(2 * .pi * Double($0 + 1) * x) } }
  }

  func forward(_ batch: BeliefBatch) -> Output {
    var output = Output(coordinates: [], lattice: [], elements: [], siteSymmetries: [])
    for (b, range) in batch.graph.ranges.enumerated() {
      let sites = Array(range.firstSite..<range.firstSite + range.sites)
      let k = (0..<6).map { Double(batch.lattice[b, $0]) }
      let x = sites.map { site in (0..<3).map { Double(batch.coordinates[site, $0]) } }
      var h = sites.indices.map { input(batch, crystal: b, site: sites[$0], x[$0]) }
      for l in 0..<options.layers { h = layer(h, x, k, ties(batch, crystal: b), "layer.\(l)") }
      let mean = h[0].indices.map { c in h.reduce(0) { $0 + $1[c] } / Double(h.count) }
      output.lattice.append(perceptron(mean, "head.lattice"))
      output.coordinates += h.map { perceptron($0, "head.coordinates") }
      output.elements += h.map { perceptron($0, "head.elements") }
      output.siteSymmetries += h.map { perceptron($0, "head.site_symmetry") }
    }
    return output
  }

  private func input(_ batch: BeliefBatch, crystal b: Int, site: Int, _ x: [Double]) -> [Double] {
    let element = (0..<batch.elements.columns).map { Double(batch.elements[site, $0]) }
    let symmetry = (0..<batch.siteSymmetries.columns).map {
      Double(isInformed ? batch.operations[site, $0] : batch.siteSymmetries[site, $0])
    }
    let sites = batch.graph.ranges[b].sites
    let place = isInformed ? (0..<3).map { Double(batch.positions[site, $0]) } : x
    let composition = (0..<batch.composition.columns).map { Double(batch.composition[b, $0]) }
    let (groups, shape) = layers.array("embedding.space_group.weight")
    let half = options.embedding / 2
    let angles = (0..<half).map {
      1000 * Double(batch.times[b]) * exp(-log(10_000) * Double($0) / Double(max(1, half - 1)))
    }
    let features =
      linear(element, ["embedding.element"], bias: "embedding.element")
      + linear(symmetry, ["embedding.site_symmetry"], bias: "embedding.site_symmetry")
      + groups[batch.spaceGroups[b] * shape[1]..<(batch.spaceGroups[b] + 1) * shape[1]]
      + angles.map(sin) + angles.map(cos) + x + waves(place, options.coordinateFrequencies, sin)
      + waves(place, options.coordinateFrequencies, cos)
      + (isInformed ? (0..<batch.geometry.columns).map { Double(batch.geometry[site, $0]) } : [])
      + (isInformed
        ? (0..<27).map { Double(batch.wyckoffPositions[site, $0]) } + (1...21).map { $0 == min(sites, 21) ? 1.0 : 0 } : [])
      + (isInformed ? linear(composition, ["embedding.composition"], bias: "embedding.composition") : [])
    return perceptron(features, "input")
  }

  /// What is known of each pair of sites, (m, m, 2); (m, m, 0) for networks that are not told.
  private func ties(_ batch: BeliefBatch, crystal b: Int) -> [[[Double]]] {
    let range = batch.graph.ranges[b]
    return (0..<range.sites).map { i in
      (0..<range.sites).map { j in
        isInformed ? (0..<2).map { Double(batch.ties[range.firstEdge + i * range.sites + j, $0]) } : []
      }
    }
  }

  private func layer(
    _ h: [[Double]], _ x: [[Double]], _ k: [Double], _ ties: [[[Double]]], _ name: String
  ) -> [[Double]] {
    let parts = (["center", "neighbor", "lattice", "sine", "cosine"] + (isInformed ? ["features"] : [])).map {
      "\(name).edge.0.\($0)"
    }
    return h.indices.map { i in
      var mean = [Double](repeating: 0, count: h[i].count)
      for j in h.indices {
        let d = zip(x[j], x[i]).map(-)
        let edge =
          h[i] + h[j] + k + waves(d, options.frequencies, sin) + waves(d, options.frequencies, cos)
          + ties[i][j]
        let hidden = layers.silu(linear(edge, parts, bias: parts[2]))
        let message = layers.silu(linear(hidden, ["\(name).edge.1"], bias: "\(name).edge.1"))
        for c in mean.indices { mean[c] += message[c] / Double(h.count) }
      }
      return zip(h[i], perceptron(h[i] + mean, "\(name).node", activates: true)).map(+)
    }
  }
}

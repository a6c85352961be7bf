import Crystals
import Foundation
import Networks
import Tensors

@testable import Generators

/// SymmCD's network as its code writes it, in float64 and without a shortcut: every edge's features are joined in one row, waves of
/// frequency 0 among them, and go through one product. The slow twin of `SymmCDNetwork.forward`.
struct SymmCDNetworkTwin {
  let network: SymmCDNetwork
  private let layers: LayerTwin
  private let options: SymmCDNetworkOptions

  init(_ network: SymmCDNetwork, _ values: [Float]) {
    self.network = network
    layers = LayerTwin(layout: network.layout, values: values)
    options = network.options
  }

  private func linear(_ x: [Double], _ names: [String], bias: String?) -> [Double] { layers.linear(x, names, bias: bias) }

  private func linear(_ x: [Double], _ name: String) -> [Double] { linear(x, [name], bias: name) }

  private func normal(_ x: [Double], _ name: String) -> [Double] {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let (gain, shift) = (layers.array("\(name).gain").values, layers.array("\(name).shift").values)
    return x.indices.map { (x[$0] - mean) / (variance + 1e-5).squareRoot() * (1 + gain[$0]) + shift[$0] }
  }

  /// Sines and cosines of the frequencies from 1 on, then the cosines of frequency 0; its sines are zeros.
  private func waves(_ d: [Double]) -> [Double] {
    func all(_ wave: (Double) -> Double) -> [Double] {
      d.flatMap { x in (1..<options.frequencies).map { wave(2 * .pi * Double($0) * x) } }
    }
    return all(sin) + all(cos) + (options.constantColumns ? d.map { cos(0 * $0) } : [])
  }

  private func told(_ batch: BeliefBatch, crystal b: Int) -> [Double] {
    let (t, half) = ((1000 * Double(batch.times[b])).rounded(), options.time / 2)
    let angles = (0..<half).map { t * exp(-log(10_000) * Double($0) / Double(half - 1)) }
    let elements = SymmetryElements(SpaceGroup.numbered(batch.spaceGroups[b]))
    var group = (0..<7).map { $0 == elements.centring ? 1.0 : 0 }
    for kinds in elements.axes { group += (0..<26).map { kinds.contains($0) ? 1 : 0 } }
    for layer in ["embedding.space_group.0", "embedding.space_group.1"] {
      group = normal(linear(group, layer).map { max(0, $0) }, "\(layer).norm")
    }
    return angles.map(sin) + angles.map(cos) + linear(group, "embedding.space_group.2")
  }

  func forward(_ batch: BeliefBatch) -> SymmCDNetwork.Outputs<[[Double]]> {
    var output = SymmCDNetwork.Outputs<[[Double]]>(coordinates: [], lattice: [], elements: [], siteSymmetries: [])
    for (b, range) in batch.graph.ranges.enumerated() {
      let sites = Array(range.firstSite..<range.firstSite + range.sites)
      let k = (0..<6).map { Double(batch.lattice[b, $0]) }
      let x = sites.map { site in (0..<3).map { Double(batch.coordinates[site, $0]) } }
      var h = sites.indices.map { i in
        let element = (0..<94).map { Double(batch.elements[sites[i], $0]) }
        let axes = (0..<15).flatMap { axis in
          linear((0..<13).map { Double(batch.siteSymmetries[sites[i], 13 * axis + $0]) }, "embedding.axis")
        }
        return linear(
          linear(element, "embedding.element") + told(batch, crystal: b) + linear(axes, "embedding.site_symmetry")
            + waves(x[i]),
          "input")
      }
      for l in 0..<options.layers { h = layer(h, x, k, "layer.\(l)") }
      h = h.map { normal($0, "norm") }
      let mean = h[0].indices.map { c in h.reduce(0) { $0 + $1[c] } / Double(h.count) }
      output.lattice.append(linear(mean, ["head.lattice"], bias: nil))
      output.coordinates += h.map { linear($0, ["head.coordinates"], bias: nil) }
      output.elements += h.map { linear($0, "head.elements") }
      output.siteSymmetries += h.map { scores(linear($0, "head.axes"), linear($0, "head.operations")) }
    }
    return output
  }

  private func scores(_ axes: [Double], _ operations: [Double]) -> [Double] {
    let r = options.headRank
    return (0..<15).flatMap { a in
      (0..<13).map { o in (0..<r).reduce(0) { $0 + axes[a * r + $1] * operations[o * r + $1] } }
    }
  }

  private func layer(_ h: [[Double]], _ x: [[Double]], _ k: [Double], _ name: String) -> [[Double]] {
    let g = h.map { normal($0, "\(name).norm") }
    let parts = (["center", "neighbor", "lattice", "sine", "cosine"] + (options.constantColumns ? ["constant"] : [])).map {
      "\(name).edge.0.\($0)"
    }
    return h.indices.map { i in
      var mean = [Double](repeating: 0, count: h[i].count)
      for j in h.indices {
        let hidden = layers.silu(linear(g[i] + g[j] + k + waves(zip(x[j], x[i]).map(-)), parts, bias: parts[2]))
        let message = layers.silu(linear(hidden, "\(name).edge.1"))
        for c in mean.indices { mean[c] += message[c] / Double(h.count) }
      }
      return zip(h[i], layers.silu(linear(layers.silu(linear(g[i] + mean, "\(name).node.0")), "\(name).node.1"))).map(+)
    }
  }
}

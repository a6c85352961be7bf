import Crystals
import Foundation

@testable import Potentials

/// CHGNet's energy the slow and obvious way: double precision, every directed edge and angle, concatenations as in the paper.
struct CHGNetTwin {
  let parameters: [String: NamedParameter]

  private func linear(_ x: [Double], _ weight: String, _ bias: String? = nil) -> [Double] {
    guard let w = parameters[weight] else { return [] }
    let b = bias.flatMap { parameters[$0]?.values }
    return (0..<w.shape[0]).map { o in
      var sum = b.map { Double($0[o]) } ?? 0
      for i in x.indices { sum += Double(w.values[o * w.shape[1] + i]) * x[i] }
      return sum
    }
  }

  private func norm(_ x: [Double], _ name: String) -> [Double] {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let (scale, shift) = (parameters["\(name).weight"]?.values ?? [], parameters["\(name).bias"]?.values ?? [])
    return x.indices.map { (x[$0] - mean) / (variance + 1e-5).squareRoot() * Double(scale[$0]) + Double(shift[$0]) }
  }

  private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
  private func silu(_ x: [Double]) -> [Double] { x.map { $0 * sigmoid($0) } }

  private func gated(_ x: [Double], _ name: String, hidden: Bool = true) -> [Double] {
    func half(_ kind: String, _ normalisation: String) -> [Double] {
      let layers = "\(name).mlp_\(kind).layers"
      if !hidden { return norm(linear(x, "\(layers).1.weight", "\(layers).1.bias"), "\(name).\(normalisation)") }
      let first = silu(linear(x, "\(layers).0.weight", "\(layers).0.bias"))
      return norm(linear(first, "\(layers).3.weight", "\(layers).3.bias"), "\(name).\(normalisation)")
    }
    let core = silu(half("core", "bn1"))
    let gate = half("gate", "bn2").map(sigmoid)
    return zip(core, gate).map { $0 * $1 }
  }

  private func radial(_ r: Double, cutoff c: Double, _ name: String) -> [Double] {
    let x = r / c
    let u = x < 1 ? 1 - 45 * pow(x, 8) + 80 * pow(x, 9) - 36 * pow(x, 10) : 0
    return (parameters["bond_basis_expansion.\(name).frequencies"]?.values ?? []).map {
      (2 / c).squareRoot() * sin(Double($0) * x) / r * u
    }
  }

  private func angular(_ cosine: Double) -> [Double] {
    let t = acos((1 - 1e-6) * cosine)
    let frequencies: [Float] = parameters["angle_basis_expansion.fourier_expansion.frequencies"]?.values ?? []
    let sines = frequencies.map { sin(Double($0) * t) }
    let cosines = frequencies.map { cos(Double($0) * t) }
    let basis: [Double] = [1 / Double(2).squareRoot()] + sines + cosines
    return basis.map { $0 / Double.pi.squareRoot() }
  }

  private struct Angle {
    var center: Int
    var first: Int
    var second: Int
    var features: [Double]
  }

  /// eV a cell.
  func energy(_ crystal: Crystal) throws -> Double {
    let list = try NeighborList(crystal, cutoff: 6)
    var centers = [Int](repeating: 0, count: list.count)
    for c in 0..<crystal.count { for e in list.edges(ofCenter: c) { centers[e] = c } }
    let ends = list.neighbors.map(Int.init)
    // Both directions of a bond have their own copy of its features; they stay equal.
    let reverse = list.neighbors.indices.map { e in
      list.edges(ofCenter: ends[e]).first {
        ends[$0] == centers[e] && list.images[$0] == SIMD3<Int32>.zero &- list.images[e]
      } ?? e
    }
    var atoms = crystal.atomicNumbers.map { z in
      (0..<64).map { Double(parameters["atom_embedding.embedding.weight"]?.values[64 * (Int(z) - 1) + $0] ?? 0) }
    }
    let atomBasis = list.distances.map { radial($0, cutoff: 6, "rbf_expansion_ag") }
    var bonds = atomBasis.map { linear($0, "bond_embedding.weight") }
    let atomWeights = atomBasis.map { linear($0, "bond_weights_ag.weight") }
    let bondWeights = list.distances.map { linear(radial($0, cutoff: 3, "rbf_expansion_bg"), "bond_weights_bg.weight") }
    var angles: [Angle] = []
    for c in 0..<crystal.count {
      let short = list.edges(ofCenter: c).filter { list.distances[$0] < 3 }
      for a in short {
        for b in short where a != b {
          let cosine = list.vectors[a].dot(list.vectors[b]) / (list.distances[a] * list.distances[b])
          angles.append(Angle(center: c, first: a, second: b, features: linear(angular(cosine), "angle_embedding.weight")))
        }
      }
    }
    for l in 0..<4 {
      var sums = [[Double]](repeating: [Double](repeating: 0, count: 64), count: crystal.count)
      for e in centers.indices {
        let message = gated(atoms[centers[e]] + bonds[e] + atoms[ends[e]], "atom_conv_layers.\(l).twoBody_atom")
        for k in 0..<64 { sums[centers[e]][k] += message[k] * atomWeights[e][k] }
      }
      for i in atoms.indices {
        atoms[i] = zip(atoms[i], linear(sums[i], "atom_conv_layers.\(l).mlp_out.layers.1.weight")).map { $0 + $1 }
      }
      if l < 3 { bondLayer(l, atoms, &bonds, &angles, bondWeights, reverse) }
    }
    return zip(atoms, crystal.atomicNumbers).reduce(0) { $0 + siteEnergy($1.0, $1.1) }
  }

  private func bondLayer(
    _ l: Int, _ atoms: [[Double]], _ bonds: inout [[Double]], _ angles: inout [Angle], _ weights: [[Double]],
    _ reverse: [Int]
  ) {
    var sums: [Int: [Double]] = [:]
    for a in angles {
      let message = gated(
        bonds[a.first] + bonds[a.second] + a.features + atoms[a.center], "bond_conv_layers.\(l).twoBody_bond")
      for bond in [a.first, reverse[a.first]] {
        for k in 0..<64 {
          sums[bond, default: [Double](repeating: 0, count: 64)][k] +=
            message[k] * weights[a.first][k] * weights[a.second][k]
        }
      }
    }
    for (bond, sum) in sums {
      bonds[bond] = zip(bonds[bond], linear(sum, "bond_conv_layers.\(l).mlp_out.layers.1.weight")).map { $0 + $1 }
    }
    for i in angles.indices {
      let a = angles[i]
      let step = gated(
        bonds[a.first] + bonds[a.second] + a.features + atoms[a.center], "angle_layers.\(l).twoBody_bond",
        hidden: false)
      angles[i].features = zip(a.features, step).map { $0 + $1 }
    }
  }

  private func siteEnergy(_ atom: [Double], _ z: UInt8) -> Double {
    var x = norm(atom, "readout_norm")
    for k in [0, 2, 4] { x = silu(linear(x, "mlp.layers.\(k).weight", "mlp.layers.\(k).bias")) }
    return linear(x, "mlp.layers.7.weight", "mlp.layers.7.bias")[0]
      + Double(parameters["composition_model.fc.weight"]?.values[Int(z) - 1] ?? 0)
  }
}

import Crystals
import Potentials
import TestSupport

@testable import Artifacts
@testable import Predictors

/// Networks of MEGNet with numbers drawn, for what must hold whatever the weights are.
enum SyntheticNetwork {
  static func settings(cutoff: Double = 4, isProbability: Bool = false) -> MEGNetSettings {
    MEGNetSettings(
      cutoff: cutoff, lastCenter: cutoff + 1, width: 0.5, steps: 3, isProbability: isProbability, mean: 1, deviation: 2)
  }

  static func parameters(seed: UInt64, hasStates: Bool = false) -> [String: NamedParameter] {
    var random = SplitMix(seed: seed)
    var parameters: [String: NamedParameter] = [:]
    for tensor in MEGNetWeights.tensors(hasStates: hasStates) {
      let scale = tensor.shape.count == 1 ? 0.2 : 1.7 / Float(tensor.shape[0]).squareRoot()
      let values = (0..<tensor.shape.reduce(1, *)).map { _ in Float.random(in: -scale...scale, using: &random) }
      parameters[tensor.name] = NamedParameter(shape: tensor.shape, values: values)
    }
    return parameters
  }

  static func network(seed: UInt64, cutoff: Double = 4, hasStates: Bool = false) throws -> MEGNetNetwork {
    try MEGNetNetwork(parameters: parameters(seed: seed, hasStates: hasStates), settings: settings(cutoff: cutoff))
  }

  /// Crystals of a few atoms in cells of any shape, none with atoms closer than an angstrom or so.
  static func crystals(_ count: Int, seed: UInt64) -> [Crystal] {
    var random = SplitMix(seed: seed)
    return (0..<count).map { _ in
      let atoms = Int.random(in: 1...6, using: &random)
      var crystal = Crystal(
        lattice: Lattice(
          lengths: Vector3.random(in: 3...6, using: &random), angles: Vector3.random(in: 70...110, using: &random)),
        atomicNumbers: [], fractionalCoordinates: [])
      while crystal.count < atoms {
        let x = Vector3.random(in: -0.7..<1.7, using: &random)
        let isFar = crystal.fractionalCoordinates.allSatisfy { y in
          let d = x - y
          return crystal.lattice.cartesian(d - d.rounded(.toNearestOrEven)).length > 1
        }
        guard isFar else { continue }
        crystal = Crystal(
          lattice: crystal.lattice, atomicNumbers: crystal.atomicNumbers + [UInt8.random(in: 1...94, using: &random)],
          fractionalCoordinates: crystal.fractionalCoordinates + [x])
      }
      return crystal
    }
  }
}

extension Crystal {
  /// The crystal in a cell several times as large, atoms in another order.
  func supercell(_ a: Int, _ b: Int, _ c: Int) -> Crystal {
    let size = Vector3(Double(a), Double(b), Double(c))
    var (numbers, positions): ([UInt8], [Vector3]) = ([], [])
    for i in 0..<a {
      for j in 0..<b {
        for k in 0..<c {
          for (z, x) in zip(atomicNumbers, fractionalCoordinates).reversed() {
            numbers.append(z)
            positions.append((x + Vector3(Double(i), Double(j), Double(k))) / size)
          }
        }
      }
    }
    let v = lattice.vectors
    return Crystal(
      lattice: Lattice(vectors: Matrix3(size.x * v[0], size.y * v[1], size.z * v[2])), atomicNumbers: numbers,
      fractionalCoordinates: positions)
  }
}

import Crystals
import Foundation

/// A crystal as the reference files store it.
struct ReferenceCrystal: Decodable {
  var lattice: [[Double]]
  var atomicNumbers: [UInt8]
  var fractionalCoordinates: [[Double]]

  var crystal: Crystal {
    let rows = lattice.map { Vector3($0[0], $0[1], $0[2]) }
    return Crystal(
      lattice: Lattice(vectors: Matrix3(rows[0], rows[1], rows[2])), atomicNumbers: atomicNumbers,
      fractionalCoordinates: fractionalCoordinates.map { Vector3($0[0], $0[1], $0[2]) })
  }
}

/// The contents of a file of `Tests/References`.
func reference<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  let data = try Data(contentsOf: folder.appending(path: "References/\(name)"))
  return try JSONDecoder().decode(type, from: data)
}

/// A small generator for tests: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension ReferenceCrystal {
  /// The crystals of a file whose records carry them.
  static func records(_ name: String) throws -> [ReferenceCrystal] {
    struct File: Decodable { var records: [ReferenceCrystal] }
    return try reference(name, as: File.self).records
  }
}

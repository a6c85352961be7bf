import Crystals
import TestSupport

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

extension ReferenceCrystal {
  /// The crystals of a file whose records carry them.
  static func records(_ name: String) throws -> [ReferenceCrystal] {
    struct File: Decodable { var records: [ReferenceCrystal] }
    return try reference(name, as: File.self).records
  }
}

import CSpglib

/// The symmetry of a crystal as spglib sees it.
public struct SymmetrySearch: Sendable {
  /// International number.
  public let spaceGroup: Int
  /// Conventional cell in the setting of `SpaceGroup`, idealised: lattice, elements and coordinates obey the symmetry.
  public let standard: Crystal
  /// Volume an atom of the idealised cell over that of the crystal given.
  public let volumeRatio: Double

  /// Finds the space group and the idealised conventional cell; throws `symmetry_not_found` where spglib gives up.
  ///
  /// - Parameters:
  ///   - crystal: any cell of it.
  ///   - symprec: how far atoms may be from their symmetric places, in angstrom.
  public init(_ crystal: Crystal, symprec: Double) throws(Rejection) {
    guard let found = searchDataset(crystal, symprec: symprec, hallNumber: 0) else {
      throw Self.notFound(symprec)
    }
    let wanted = SpaceGroup.numbered(found.number).hallNumber
    var data = found
    if found.hallNumber != wanted {
      guard let other = searchDataset(crystal, symprec: symprec, hallNumber: Int32(wanted)) else {
        throw Self.notFound(symprec)
      }
      data = other
    }
    spaceGroup = data.number
    standard = data.standard
    volumeRatio =
      (data.standard.lattice.volume / Double(max(1, data.standard.count)))
      / (crystal.lattice.volume / Double(max(1, crystal.count)))
  }

  private static func notFound(_ symprec: Double) -> Rejection {
    Rejection(
      "symmetry_not_found", "spglib finds no space group at symprec \(symprec): atoms too close, or a cell it cannot reduce")
  }

  /// The international number alone, nil where spglib gives up; without the cost of a change of setting.
  public static func spaceGroupNumber(_ crystal: Crystal, symprec: Double) -> Int? {
    searchDataset(crystal, symprec: symprec, hallNumber: 0)?.number
  }
}

private struct Found {
  var number: Int
  var hallNumber: Int
  var standard: Crystal
}

private func searchDataset(_ crystal: Crystal, symprec: Double, hallNumber: Int32) -> Found? {
  guard crystal.count > 0, crystal.lattice.isUsable else { return nil }
  // spglib wants the vectors as columns.
  let columns = crystal.lattice.vectors.transpose
  var lattice: [Double] = (0..<3).flatMap { [columns[$0].x, columns[$0].y, columns[$0].z] }
  var positions: [Double] = crystal.fractionalCoordinates.flatMap { [$0.x, $0.y, $0.z] }
  var types: [Int32] = crystal.atomicNumbers.map(Int32.init)
  let count = Int32(crystal.count)
  // Safety: the arrays have the 9, 3 N and N entries that spglib reads; the dataset is freed before it goes out of scope.
  let pointer = unsafe lattice.withUnsafeMutableBytes { l in
    unsafe positions.withUnsafeMutableBytes { p in
      unsafe types.withUnsafeMutableBufferPointer { t in
        unsafe spg_get_dataset_with_hall_number(
          l.baseAddress?.assumingMemoryBound(to: (Double, Double, Double).self),
          p.baseAddress?.assumingMemoryBound(to: (Double, Double, Double).self),
          t.baseAddress, count, hallNumber, symprec)
      }
    }
  }
  guard let dataset = unsafe pointer else { return nil }
  defer { unsafe spg_free_dataset(dataset) }
  let data = unsafe dataset.pointee
  let n = Int(unsafe data.n_std_atoms)
  guard unsafe data.spacegroup_number > 0, n > 0 else { return nil }
  let l = unsafe data.std_lattice
  let standard = Lattice(
    vectors: Matrix3(
      Vector3(l.0.0, l.0.1, l.0.2), Vector3(l.1.0, l.1.1, l.1.2), Vector3(l.2.0, l.2.1, l.2.2)
    ).transpose)
  var numbers: [UInt8] = []
  var coordinates: [Vector3] = []
  for i in 0..<n {
    // Safety: spglib allocates n_std_atoms entries for both.
    let x = unsafe data.std_positions[i]
    coordinates.append(Vector3(x.0, x.1, x.2).wrapped)
    numbers.append(UInt8(truncatingIfNeeded: unsafe data.std_types[i]))
  }
  return Found(
    number: Int(unsafe data.spacegroup_number), hallNumber: Int(unsafe data.hall_number),
    standard: Crystal(
      lattice: standard, atomicNumbers: numbers, fractionalCoordinates: coordinates,
      spaceGroup: Int(unsafe data.spacegroup_number)))
}

/// The operations of a setting from spglib's table, the identity first, centrings included.
func spaceGroupOperations(hallNumber: Int) -> [SymmetryOperation] {
  var rotations = [Int32](repeating: 0, count: 192 * 9)
  var translations = [Double](repeating: 0, count: 192 * 3)
  // Safety: 192 operations are the most a group has, and both arrays have room for them.
  let count = unsafe rotations.withUnsafeMutableBytes { r in
    unsafe translations.withUnsafeMutableBytes { t in
      unsafe spg_get_symmetry_from_database(
        r.baseAddress?.assumingMemoryBound(
          to: ((Int32, Int32, Int32), (Int32, Int32, Int32), (Int32, Int32, Int32)).self),
        t.baseAddress?.assumingMemoryBound(to: (Double, Double, Double).self), Int32(hallNumber))
    }
  }
  return (0..<Int(count)).map { g in
    SymmetryOperation(
      rotation: rotations[9 * g..<9 * g + 9].map(Int.init),
      translation: translations[3 * g..<3 * g + 3].map {
        Int(($0 * Double(SymmetryOperation.denominator)).rounded())
      })
  }
}

import CSpglib

/// What spglib finds; the independent judge of our own search, and its way out.
struct SpglibSearch {
  var number: Int
  var hallNumber: Int
  /// The idealised conventional cell.
  var standard: Crystal

  /// The group and the idealised cell in the setting of `SpaceGroup`; nil where spglib gives up.
  init?(_ crystal: Crystal, symprec: Double) {
    guard let found = Self.dataset(crystal, symprec: symprec, hallNumber: 0) else { return nil }
    let wanted = SpaceGroup.numbered(found.number).hallNumber
    if found.hallNumber == wanted {
      self = found
    } else if let other = Self.dataset(crystal, symprec: symprec, hallNumber: Int32(wanted)) {
      self = other
    } else {
      return nil
    }
  }

  private init(number: Int, hallNumber: Int, standard: Crystal) {
    (self.number, self.hallNumber, self.standard) = (number, hallNumber, standard)
  }

  /// - Parameter hallNumber: the setting wanted; 0 for spglib's choice.
  static func dataset(_ crystal: Crystal, symprec: Double, hallNumber: Int32) -> SpglibSearch? {
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
    return SpglibSearch(
      number: Int(unsafe data.spacegroup_number), hallNumber: Int(unsafe data.hall_number),
      standard: Crystal(
        lattice: standard, atomicNumbers: numbers, fractionalCoordinates: coordinates,
        spaceGroup: Int(unsafe data.spacegroup_number)))
  }
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

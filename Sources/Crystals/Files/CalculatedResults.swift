/// What somebody computed for a crystal, as ASE names it.
public struct CalculatedResults: Sendable {
  /// Numbers by name, such as `energy` in eV a cell.
  public var numbers: [String: Double] = [:]
  /// (A) in eV/angstrom, Cartesian; nil where there are none.
  public var forces: [Vector3]?
  /// In eV/angstrom^3; nil where there is none.
  public var stress: Matrix3?

  /// Further numbers of the atoms, such as magnetic moments.
  public var columns: [Column] = []

  /// Numbers beside the atoms, so many each.
  public struct Column: Sendable {
    /// As extxyz names the column.
    public var name: String
    /// Whether they are whole numbers.
    public var isWhole: Bool
    /// Numbers an atom.
    public var width: Int
    /// (A, width), atom by atom.
    public var values: [Double]

    func text(row: Int) -> String {
      values[row * width..<(row + 1) * width].map { isWhole ? " \(Int(exactly: $0) ?? 0)" : " \($0)" }.joined()
    }
  }

  /// Nothing was computed.
  public init() {}

  /// - Parameters:
  ///   - numbers: by name, energies in eV a cell.
  ///   - forces: (A) in eV/angstrom.
  ///   - stress: in eV/angstrom^3.
  public init(numbers: [String: Double], forces: [Vector3]? = nil, stress: Matrix3? = nil) {
    (self.numbers, self.forces, self.stress) = (numbers, forces, stress)
  }

  /// From the keys of an extxyz frame as they are spelled: every one that is one number, and the stress, as nine numbers or as the six xx, yy, zz, yz,
  /// xz, xy.
  init(keys: [String: String], forces: [Vector3]?, _ nameKeys: [String]) {
    self.forces = forces
    for (key, text) in keys
    where !nameKeys.contains(key.lowercased()) && !["lattice", "pbc", "cell"].contains(key.lowercased()) {
      let isName = key.utf8.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || (48...57).contains($0) || $0 == UInt8(ascii: "_")
          || $0 == UInt8(ascii: "-")
      }
      if isName, !key.isEmpty, key.utf8.count < 64, let value = fortranDecimal(text) { numbers[key] = value }
    }
    // `Energy` is what ASE calls energy, where nothing else is.
    for key in ["Energy", "ENERGY"] where numbers["energy"] == nil {
      if let value = numbers.removeValue(forKey: key) { numbers["energy"] = value }
    }
    guard let text = keys["stress"] ?? keys["Stress"] else { return }
    let s = text.split(whereSeparator: { " ,\t[]{}".contains($0) }).compactMap { fortranDecimal($0) }
    if s.count == 9 {
      stress = Matrix3(Vector3(s[0], s[1], s[2]), Vector3(s[3], s[4], s[5]), Vector3(s[6], s[7], s[8]))
    } else if s.count == 6 {
      stress = Matrix3(Vector3(s[0], s[5], s[4]), Vector3(s[5], s[1], s[3]), Vector3(s[4], s[3], s[2]))
    }
  }
}

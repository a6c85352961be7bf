extension CIF {
  /// A CIF text with the symmetry: group, all operations, and one line a site of the asymmetric unit.
  ///
  /// - Parameters:
  ///   - unit: its space group is in the setting of `SpaceGroup`, which is the text's too.
  ///   - name: of the data block; what a block name can't hold becomes `_`.
  public static func text(_ unit: AsymmetricUnit, name: String) -> String {
    let group = SpaceGroup.numbered(unit.spaceGroup)
    let symbols = referenceSymbols(number: unit.spaceGroup)
    var text = header(name: name, lattice: unit.latticeLogMetric.constrained(to: unit.spaceGroup).lattice)
    if !unit.sites.contains(where: { $0.multiplicity == 0 }) {
      var counts = [Int](repeating: 0, count: 256)
      for site in unit.sites { counts[Int(site.atomicNumber)] += site.multiplicity }
      text += formula(counts)
    }
    text += "_space_group_IT_number \(unit.spaceGroup)\n_space_group_name_H-M_alt '\(symbols.hermannMauguin)'\n"
    text += "_space_group_name_Hall '\(symbols.hall)'\n"
    text += "loop_\n _space_group_symop_id\n _space_group_symop_operation_xyz\n"
    for (index, operation) in group.operations.enumerated() { text += " \(index + 1) '\(operation.triplet)'\n" }
    text += """
      loop_
       _atom_site_label
       _atom_site_type_symbol
       _atom_site_symmetry_multiplicity
       _atom_site_Wyckoff_symbol
       _atom_site_fract_x
       _atom_site_fract_y
       _atom_site_fract_z
       _atom_site_occupancy

      """
    var labels = Labels()
    for site in unit.sites {
      let letter = site.wyckoffLetter == 0 ? "?" : String(UnicodeScalar(site.wyckoffLetter))
      let multiplicity = site.multiplicity == 0 ? "?" : "\(site.multiplicity)"
      text += " \(labels.next(site.atomicNumber)) \(Element.symbol(Int(site.atomicNumber))) \(multiplicity) \(letter) "
      text += "\(PlainText.fixed(site.position, digits: 10)) 1\n"
    }
    return text
  }

  /// A CIF text without symmetry: every atom of the cell, in group P1.
  public static func text(_ crystal: Crystal, name: String) -> String {
    var counts = [Int](repeating: 0, count: 256)
    for z in crystal.atomicNumbers { counts[Int(z)] += 1 }
    var text = header(name: name, lattice: crystal.lattice) + formula(counts)
    text += """
      _space_group_IT_number 1
      _space_group_name_H-M_alt 'P 1'
      _space_group_name_Hall 'P 1'
      loop_
       _space_group_symop_id
       _space_group_symop_operation_xyz
       1 'x,y,z'
      loop_
       _atom_site_label
       _atom_site_type_symbol
       _atom_site_fract_x
       _atom_site_fract_y
       _atom_site_fract_z
       _atom_site_occupancy

      """
    var labels = Labels()
    for (z, x) in zip(crystal.atomicNumbers, crystal.fractionalCoordinates) {
      text += " \(labels.next(z)) \(Element.symbol(Int(z))) \(PlainText.fixed(x, digits: 10)) 1\n"
    }
    return text
  }

  private static func header(name: String, lattice: Lattice) -> String {
    let word = String(
      decoding: name.unicodeScalars.map { (0x21...0x7E).contains($0.value) ? UInt8($0.value) : UInt8(ascii: "_") },
      as: UTF8.self)
    let lengths = lattice.lengths
    let angles = lattice.angles
    var text = "data_\(word.isEmpty ? "crystal" : word)\n"
    for (i, axis) in ["a", "b", "c"].enumerated() {
      text += "_cell_length_\(axis) \(PlainText.fixed(lengths[i], digits: 10))\n"
    }
    for (i, angle) in ["alpha", "beta", "gamma"].enumerated() {
      text += "_cell_angle_\(angle) \(PlainText.fixed(angles[i], digits: 10))\n"
    }
    return text + "_cell_volume \(PlainText.fixed(lattice.volume, digits: 6))\n"
  }

  private static func formula(_ counts: [Int]) -> String {
    let parts = counts.indices.filter { counts[$0] > 0 }.map { "\(Element.symbol($0))\(counts[$0])" }
    return "_chemical_formula_sum '\(parts.sorted().joined(separator: " "))'\n"
  }

  /// Numbers the atoms of each element: Na1, Na2, Cl1.
  private struct Labels {
    private var counts = [Int](repeating: 0, count: 256)

    mutating func next(_ z: UInt8) -> String {
      counts[Int(z)] += 1
      return "\(Element.symbol(Int(z)))\(counts[Int(z)])"
    }
  }
}

/// What a CIF block says of its symmetry besides operators: the values of all tags that may name a group.
struct SymmetryWords: Sendable {
  /// Hall symbol, empty where there is none.
  var hall = ""
  /// Hermann-Mauguin symbols as they are written, the one of the setting first.
  var hermannMauguin: [String] = []
  /// International number; nil where there is none that can be read.
  var number: Int?
  /// Code of the setting: `1`, `2`, `H`, `b1`; empty where there is none.
  var code = ""
  /// Values of tags that name a group in some other way.
  var others: [String] = []
  /// Crystal system other than triclinic, empty where there is none.
  var system = ""
  /// What says that the crystal is modulated, or one of several subsystems; empty where nothing does.
  var modulation = ""

  /// Whether any group is named.
  var isEmpty: Bool { hall.isEmpty && hermannMauguin.isEmpty && number == nil && others.isEmpty }

  /// All names, for messages.
  var description: String {
    let names = [hall] + hermannMauguin + [number.map(String.init) ?? ""] + others
    return names.filter { !$0.isEmpty }.map { "'\($0)'" }.joined(separator: ", ")
  }

  /// - Parameter words: tags in small letters with `_` for `.` and `-`, and their first values.
  init(_ words: [(tag: String, word: String)]) {
    var symbols: [(rank: Int, symbol: String)] = []
    var hints: [String] = []
    for (tag, raw) in words {
      // What nearly every file has needs no search in its name.
      switch tag {
      case "_symmetry_equiv_pos_site_id", "_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz",
        "_space_group_symop_id":
        continue
      case "_symmetry_space_group_name_h_m", "_space_group_name_h_m_alt":
        if raw != "?", raw != ".", raw.utf8.first != 0x20, raw.utf8.count > 4 || raw == "P 1" || raw == "P1" {
          symbols.append((tag.utf8.last == UInt8(ascii: "t") ? 0 : 2, raw))
          continue
        }
      case "_symmetry_int_tables_number", "_space_group_it_number":
        if let value = Int(raw) {
          number = number ?? value
          continue
        }
      default: break
      }
      let word = raw.trimmingSpaces
      let plain = word.lowercased()
      if ["", "?", ".", "unknown", "none", "n/a", "na", "null"].contains(plain) { continue }
      if Self.isModulation(tag, word) {
        modulation = "\(tag) \(word)"
      } else if tag.hasPrefix("_parent_") {
        if tag.contains("_name") || tag.contains("number") { others.append(word) }
      } else if Self.isHint(tag) {
        if !["p", "ap", "1", "-1"].contains(plain) { hints.append(word) }
      } else if Self.isSilent(tag) {
        // Operators under a name that is not theirs: a group that nobody has read.
        if tag.contains("symop") || tag.contains("equiv"), plain.contains(","), plain.contains("x") { others.append(word) }
      } else if tag.contains("cell_setting") || tag.contains("crystal_system") {
        if !["triclinic", "anorthic"].contains(plain) { system = word }
      } else if tag.contains("coordinate_system_code") {
        code = word
      } else if tag.contains("magn") {
        if tag.contains("name") || tag.contains("number") { others.append(word) }
      } else if tag.contains("name_hall") || tag.contains("symbol_hall") {
        if hall.isEmpty { hall = word }
      } else if tag.contains("it_number") || tag.contains("int_tables_number") || tag.contains("tables_number") {
        if let value = Int(word) ?? decimal(word).flatMap({ Int(exactly: $0) }) {
          if number == nil { number = value }
        } else {
          others.append(word)
        }
      } else if tag.contains("h_m") {
        // The symbol of the setting, then of unknown setting, then of the reference setting, then of what was there once.
        let rank =
          tag.contains("cod_original")
          ? 4 : tag.hasSuffix("_ref") ? 3 : tag.hasSuffix("_alt") ? 0 : tag.hasSuffix("_full") ? 1 : 2
        symbols.append((rank, word))
      } else {
        others.append(word)
      }
    }
    hermannMauguin = symbols.sorted { $0.rank < $1.rank }.map(\.symbol)
    if isEmpty { others = hints }
  }

  private static func isModulation(_ tag: String, _ word: String) -> Bool {
    if tag.hasPrefix("_cell_modulation") || tag.hasPrefix("_cell_subsystem") {
      return !["0", "1"].contains(word) || (tag.contains("dimension") && word == "1")
    }
    return tag.contains("_ssg") || tag.hasPrefix("_cell_wave_vector") || tag.hasPrefix("_atom_site_fourier")
      || tag.hasPrefix("_atom_site_displace") || tag.hasPrefix("_atom_site_occ_fourier")
  }

  /// Tags whose values say that there is symmetry, and not which in the file's own axes; they count where nothing else does.
  private static func isHint(_ tag: String) -> Bool {
    ["laue", "patterson", "point_group", "centring_type", "bravais", "reference_setting"].contains { tag.contains($0) }
      && !tag.contains("wyckoff") && !tag.contains("magn")
  }

  /// Tags that begin like those that name a group and name none.
  private static func isSilent(_ tag: String) -> Bool {
    for part in [
      "symop", "equiv", "transform", "wyckoff", "_id", "propagation", "child", "details", "special_details", "cell_choice",
      "ops_number", "matrix",
      "vector",
      "magn_og_wavevector", "multiplicity",
    ] where tag.contains(part) {
      return true
    }
    return false
  }
}

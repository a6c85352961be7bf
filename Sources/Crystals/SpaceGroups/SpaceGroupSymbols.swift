import CSpglib

/// Hermann-Mauguin symbols of a setting in spglib's table: full and short, and the code of the setting (`b1`, `2`, `H`).
func spaceGroupSymbols(hallNumber: Int) -> (full: String, short: String, choice: String) {
  let type = spg_get_spacegroup_type(Int32(hallNumber))
  func text<Characters: BitwiseCopyable>(_ characters: Characters) -> String {
    // Safety: the bytes are those of the value itself.
    unsafe withUnsafeBytes(of: characters) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self).trimmingSpaces
    }
  }
  return (
    text(type.international_full), text(type.international_short), text(type.choice)
  )
}

/// The international number of a setting in spglib's table, 1...230.
func spaceGroupNumber(hallNumber: Int) -> Int { Int(spg_get_spacegroup_type(Int32(hallNumber)).number) }

extension String {
  /// Without blanks at either end.
  var trimmingSpaces: String {
    let start = drop { $0 == " " }
    return String(start.reversed().drop { $0 == " " }.reversed())
  }
}

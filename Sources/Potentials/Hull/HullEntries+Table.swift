import Crystals

extension HullEntries {
  /// The rows of a table with a header.
  ///
  /// The composition stands in `composition_fractions` (`Al:0.4 O:0.6`), `composition` or `formula` (`Al2O3`, `Al0.4 O0.6`), the
  /// energy in `formation_energy_per_atom` or `energy_per_atom` (eV/atom) or `energy` (eV, of the atoms that the formula says), a name
  /// in `entry_id`, `material_id` or `id`. The first of each that there is counts.
  ///
  /// - Throws: `HullEntryError` where columns are missing, or no entry can be used.
  public init(table text: String) throws(HullEntryError) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Self.fields($0) }
    let header = lines.first ?? []
    func column(_ names: [String]) -> Int? { names.lazy.compactMap { header.firstIndex(of: $0) }.first }
    let energies = ["formation_energy_per_atom", "energy_per_atom", "energy"]
    guard let where0 = column(["composition_fractions", "composition", "formula"]), let energyColumn = column(energies) else {
      throw .noColumn(found: header)
    }
    let kind = header[energyColumn]
    let idColumn = column(["entry_id", "material_id", "id"])
    var found = HullEntries()
    for (index, row) in lines.enumerated().dropFirst() where row.contains(where: { !$0.isEmpty }) {
      let id = idColumn.flatMap { row.count > $0 && !row[$0].isEmpty ? row[$0] : nil } ?? "line \(index + 1)"
      guard row.count > max(where0, energyColumn) else {
        throw .table(.malformed(line: index + 1, text: row.joined(separator: ",")))
      }
      guard let energy = Double(row[energyColumn]) else {
        throw .table(.malformed(line: index + 1, text: row.joined(separator: ",")))
      }
      guard energy.isFinite else {
        found.rejected.append((id, Rejection("no_energy", "its energy is no finite number")))
        continue
      }
      let amounts = try Self.composition(row[where0], line: index + 1)
      let atoms = amounts.reduce(0) { $0 + $1.amount }
      switch kind {
      case "formation_energy_per_atom":
        found.entries.append(HullEntry(id: id, amounts: amounts, energy: .formation(energy)))
      case "energy_per_atom":
        found.entries.append(HullEntry(id: id, amounts: amounts, energy: .total(energy * atoms)))
      default: found.entries.append(HullEntry(id: id, amounts: amounts, energy: .total(energy)))
      }
    }
    guard !found.entries.isEmpty || !found.rejected.isEmpty else { throw .empty }
    self = found
    guard !entries.isEmpty else { throw .nothingUsable(count: rejected.count, first: rejected[0].rejection.description) }
  }

  /// The fields of a line of CSV; quotes around a field are taken off.
  private static func fields(_ line: Substring) -> [String] {
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    for character in line where character != "\r" && character != "\r\n" {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted:
        fields.append(trimmed(field))
        field = ""
      default: field.append(character)
      }
    }
    return fields + [trimmed(field)]
  }

  private static func trimmed(_ text: String) -> String {
    var part = text[...]
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
  }

  /// `Al:0.4 O:0.6`, `Al2O3`, `Al2 O3` or `Al0.4 O0.6`.
  private static func composition(_ text: String, line: Int) throws(HullEntryError) -> [(z: UInt8, amount: Double)] {
    func malformed() -> HullEntryError { .table(.malformed(line: line, text: text)) }
    if !text.contains(":"), let formula = try? Formula(text.filter { !$0.isWhitespace }) {
      return zip(formula.elements, formula.counts).map { ($0, Double($1)) }
    }
    var amounts: [(z: UInt8, amount: Double)] = []
    for part in text.split(separator: " ") {
      let symbol = part.prefix { $0.isLetter }
      let rest = part.dropFirst(symbol.count)
      let number = rest.first == ":" ? rest.dropFirst() : rest
      guard let amount = number.isEmpty && rest.isEmpty ? 1 : Double(number), amount > 0, amount.isFinite else {
        throw malformed()
      }
      guard let z = Element.atomicNumber(String(symbol)) else {
        throw .table(.unknownElement(line: line, symbol: String(symbol)))
      }
      amounts.append((UInt8(z), amount))
    }
    guard !amounts.isEmpty else { throw malformed() }
    // Rounded shares come back as the whole numbers that they were made from.
    return text.contains(":") ? ConvexHull.wholeNumbers(amounts) : amounts
  }
}

import Crystals
import StageKit

/// Crystals as tables have them: a row a crystal for CSV and JSON, a few columns for a terminal.
public struct CrystalListing: Sendable {
  /// A crystal of the list.
  public struct Row: Sendable {
    /// From 1.
    public var rank: Int
    /// Name of its CIF file.
    public var file: String
    /// What is known of it.
    public var item: RankedCrystals.Item
    /// Group found in it.
    public var spaceGroup: Int
    /// Atoms of the cell that the CIF file has.
    public var atoms: Int

    /// A crystal with its place in the list.
    public init(rank: Int, file: String, item: RankedCrystals.Item, spaceGroup: Int, atoms: Int) {
      (self.rank, self.file, self.item) = (rank, file, item)
      (self.spaceGroup, self.atoms) = (spaceGroup, atoms)
    }
  }

  private enum Value {
    case text(String), number(Double?), whole(Int?), flag(Bool?)

    var csv: String {
      switch self {
      case .text(let text): csvText(text)
      case .number(let value): value.flatMap { $0.isFinite ? "\($0)" : nil } ?? ""
      case .whole(let value): value.map(String.init) ?? ""
      case .flag(let value): value.map { $0 ? "yes" : "no" } ?? ""
      }
    }

    var json: String {
      switch self {
      case .text(let text): jsonText(text)
      case .number(let value): value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null"
      case .whole(let value): value.map(String.init) ?? "null"
      case .flag(let value): value.map { "\($0)" } ?? "null"
      }
    }
  }

  private let rows: [Row]
  /// Names of further properties, with the crystals in this order.
  private let columns: [String]
  /// What the energies are of, and above what they stand.
  private let potential: String?, hull: String?
  /// What known crystals they were compared with, in words; nil where nobody did.
  private let known: String?

  /// - Parameters:
  ///   - ranked: says what the energies are of.
  ///   - known: what known crystals they were compared with, in words.
  public init(_ rows: [Row], of ranked: RankedCrystals, known: String? = nil) {
    (self.rows, columns, potential, hull) = (rows, ranked.columns, ranked.potential, ranked.hull)
    self.known = known
  }

  /// Names, units (empty where there are none) and values of a row.
  private func fields(_ row: Row) -> [(name: String, unit: String, value: Value)] {
    let (item, energy) = (row.item, "eV/atom")
    let known = item.known.flatMap { $0.likeness == .none ? nil : $0 }
    var fields: [(name: String, unit: String, value: Value)] = [
      ("rank", "", .whole(row.rank)), ("file", "", .text(row.file)), ("id", "", .text(item.id)),
      ("formula", "", .text(item.crystal.chemicalFormula)), ("space_group", "", .whole(row.spaceGroup)),
      ("space_group_symbol", "", .text(SpaceGroup.numbered(row.spaceGroup).plainSymbol)),
      ("atoms", "", .whole(row.atoms)),
      ("energy_above_hull", energy, .number(item.energyAboveHull)), ("formation_energy", energy, .number(item.formationEnergy)),
      ("energy", energy, .number(item.energy)), ("decomposition", "", .text(item.products)),
      ("thin_hull", "", .flag(item.energyAboveHull == nil ? nil : item.isThin)),
      ("saddle", "", .flag(item.breaking.flatMap { $0.isSaddle || $0.fall.isFinite ? $0.isSaddle : nil })),
      ("fall", energy, .number(item.breaking?.fall)),
      ("space_group_before", "", .whole(item.breaking?.before)),
      ("energy_above_hull_before", energy, .number(item.breaking?.keptAboveHull)),
      ("known", "", .text(item.known?.likeness.rawValue ?? "")), ("known_id", "", .text(known?.id ?? "")),
      ("known_formula", "", .text(known?.formula ?? "")), ("known_space_group", "", .whole(known?.spaceGroup)),
      ("found", "", .whole(item.found)), ("remark", "", .text(item.remark)),
    ]
    fields += zip(columns, item.properties).map { ($0, PropertyUnit.of($0), .number($1)) }
    return fields
  }

  /// A table with a line of names, units in brackets behind them.
  public var csv: String {
    // Names of a list without crystals are none.
    let head = rows.first.map { fields($0).map { $0.unit.isEmpty ? $0.name : "\($0.name) [\($0.unit)]" } } ?? []
    let lines = [head.map { Value.text($0).csv }] + rows.map { fields($0).map(\.value.csv) }
    return lines.map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n"
  }

  /// One object: what the energies are of, the units, and the crystals.
  public var json: String {
    let units =
      rows.first.map { fields($0).filter { !$0.unit.isEmpty }.map { "\(jsonText($0.name)):\(jsonText($0.unit))" } } ?? []
    let crystals = rows.map { row in
      "{" + fields(row).map { "\(jsonText($0.name)):\($0.value.json)" }.joined(separator: ",") + "}"
    }
    func text(_ value: String?) -> String { value.map(jsonText) ?? "null" }
    return
      "{\"potential\":\(text(potential)),\"hull\":\(text(hull)),\"units\":{\(units.joined(separator: ","))},\"crystals\":[\n"
      + crystals.joined(separator: ",\n") + "\n]}\n"
  }

  /// The first crystals for a terminal: columns that stand under each other, and below what the energies are of.
  public func table(most: Int) -> String {
    func energy(_ value: Double?) -> String { value.map { readable($0) } ?? "-" }
    func readable(_ value: Double) -> String {
      let thousandths = Int((value * 1000).rounded())
      let digits = "\(abs(thousandths) % 1000)"
      return (thousandths < 0 ? "-" : "") + "\(abs(thousandths) / 1000)." + String(repeating: "0", count: 3 - digits.count)
        + digits
    }
    var lines = [["", "id", "formula", "group", "above hull", "formation", "symmetry broken", "known", "the hull has"]]
    for row in rows.prefix(most) {
      let item = row.item
      let above = energy(item.energyAboveHull) + (item.isThin && item.energyAboveHull != nil ? " (thin)" : "")
      let words =
        item.energyAboveHull == nil && !item.remark.isEmpty ? item.remark : item.phases
      lines.append([
        "\(row.rank)", item.id, item.crystal.chemicalFormula,
        "\(SpaceGroup.numbered(row.spaceGroup).plainSymbol) (\(row.spaceGroup))", above,
        energy(item.formationEnergy), item.breaking?.words ?? "-", item.known?.words ?? "-", words.isEmpty ? "-" : words,
      ])
    }
    let columns = lines[0].indices.filter { c in c < 3 || lines.dropFirst().contains { $0[c] != "-" } }
    let widths = columns.map { c in lines.map { $0[c].count }.max() ?? 0 }
    let body = lines.map { line in
      var text = ""
      for (c, width) in zip(columns, widths) {
        let padding = String(repeating: " ", count: width - line[c].count)
        text += (text.isEmpty ? "" : "  ") + ([0, 4, 5].contains(c) ? padding + line[c] : line[c] + padding)
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    var words = rows.count > most ? ["the first \(most) of \(rows.count) crystals"] : []
    if let potential { words.append("energies in eV/atom by \(potential), " + (hull.map { "above \($0)" } ?? "above no hull")) }
    if let known { words.append("compared with \(known)") }
    if rows.contains(where: { $0.item.isThin && $0.item.energyAboveHull != nil }) {
      words.append("(thin): the hull has hardly a compound of these elements, so a distance above it says little")
    }
    return (body + words).joined(separator: "\n")
  }
}

import Crystals

extension HullEntries {
  /// The entries of pymatgen's JSON: `ComputedEntry`, `ComputedStructureEntry` and `PDEntry`, in a list, by name, in the columns of a
  /// data frame or inside other objects.
  ///
  /// An entry is an object with an `energy` (eV, of all its atoms) and a `composition` or a `structure`. Its corrections are added:
  /// the sum of `energy_adjustments` where there are any, else `correction`.
  ///
  /// - Throws: `HullEntryError` where it is no JSON, or no entry can be used.
  public init(json bytes: [UInt8]) throws(HullEntryError) {
    var found = HullEntries()
    do throws(JSONTextError) {
      _ = try JSONText.read(bytes) { fields in
        // What an entry is made of is still needed; the rest may be forgotten.
        guard fields["energy"] != nil, fields["composition"] != nil || fields["structure"] != nil else {
          return .object(fields)
        }
        let id = Self.name(fields) ?? "entry \(found.entries.count + found.rejected.count + 1)"
        do throws(Rejection) {
          found.entries.append(try Self.entry(fields, id: id))
        } catch {
          found.rejected.append((id, error))
        }
        return .null
      }
    } catch { throw .json(error) }
    guard !found.entries.isEmpty || !found.rejected.isEmpty else { throw .empty }
    self = found
    guard !entries.isEmpty else { throw .nothingUsable(count: rejected.count, first: rejected[0].rejection.description) }
    try checkCorrections()
  }

  private static func name(_ fields: [String: JSONValue]) -> String? {
    for key in ["entry_id", "material_id", "name"] {
      if let text = fields[key]?.string, !text.isEmpty { return text }
    }
    return fields["data"]?["material_id"]?.string
  }

  private static func entry(_ fields: [String: JSONValue], id: String) throws(Rejection) -> HullEntry {
    guard let energy = fields["energy"]?.double, energy.isFinite else {
      throw Rejection("no_energy", "its energy is no finite number")
    }
    let amounts = try amounts(fields)
    let adjustments = fields["energy_adjustments"]?.array ?? []
    var correction = fields["correction"]?.double ?? 0
    if !adjustments.isEmpty {
      correction = 0
      for adjustment in adjustments { correction += try value(of: adjustment) }
    }
    guard correction.isFinite else { throw Rejection("no_energy", "its correction is no finite number") }
    var entry = HullEntry(id: id, amounts: amounts, energy: .total(energy + correction))
    entry.isCorrected = !adjustments.isEmpty || correction != 0
    entry.corrections = scheme(of: adjustments)
    entry.functional = functional(fields["parameters"]?["run_type"]?.string ?? fields["data"]?["run_type"]?.string ?? "")
    return entry
  }

  private static func amounts(_ fields: [String: JSONValue]) throws(Rejection) -> [(z: UInt8, amount: Double)] {
    var amounts: [(z: UInt8, amount: Double)] = []
    func add(_ species: String, _ amount: Double) throws(Rejection) {
      guard amount.isFinite, amount >= 0 else { throw Rejection("bad_composition", "\(amount) atoms of \(species)") }
      // Species may carry a charge: Fe3+.
      guard let z = Element.atomicNumber(String(species.prefix { $0.isLetter })) else {
        throw Rejection("unknown_element", "'\(species)' is no element")
      }
      if amount > 0 { amounts.append((UInt8(z), amount)) }
    }
    switch fields["composition"] {
    case .object(let composition):
      for (species, amount) in composition.sorted(by: { $0.key < $1.key }) where !species.hasPrefix("@") {
        guard let amount = amount.double else { throw Rejection("bad_composition", "the amount of \(species) is no number") }
        try add(species, amount)
      }
    case .string(let text):
      let formula = try Formula(text.filter { !$0.isWhitespace })
      amounts = zip(formula.elements, formula.counts).map { ($0, Double($1)) }
    default:
      for site in fields["structure"]?["sites"]?.array ?? [] {
        for part in site["species"]?.array ?? [] {
          guard let species = part["element"]?.string, let occupancy = part["occu"]?.double else {
            throw Rejection("bad_composition", "a site of its structure has no element or occupancy")
          }
          try add(species, occupancy)
        }
      }
    }
    guard amounts.contains(where: { $0.amount > 0 }) else { throw Rejection("empty_composition", "it has no atoms") }
    return amounts
  }

  /// eV
  private static func value(of adjustment: JSONValue) throws(Rejection) -> Double {
    if let value = adjustment["value"]?.double { return value }
    let atoms = adjustment["n_atoms"]?.double
    if let perAtom = adjustment["adj_per_atom"]?.double, let atoms { return perAtom * atoms }
    if let perDegree = adjustment["adj_per_deg"]?.double, let degrees = adjustment["temp"]?.double, let atoms {
      return perDegree * degrees * atoms
    }
    throw Rejection("no_energy", "an energy adjustment has no value")
  }

  private static func scheme(of adjustments: [JSONValue]) -> String {
    var names: Set<String> = []
    for adjustment in adjustments {
      let name = adjustment["name"]?.string ?? ""
      switch adjustment["cls"]?["@class"]?.string ?? "" {
      case let text where text.contains("Mixing") || name.contains("R2SCAN"): names.insert(mixing)
      case "MaterialsProject2020Compatibility": names.insert("MP2020")
      case "MaterialsProjectCompatibility": names.insert("MP")
      case "": if name.hasPrefix("MP2020") { names.insert("MP2020") }
      case let other: names.insert(other)
      }
    }
    return names.sorted().joined(separator: ", ")
  }

  private static func functional(_ runType: String) -> String {
    switch runType.uppercased().filter({ $0.isLetter || $0.isNumber }) {
    case "": ""
    case "GGA", "GGAU", "PBE", "PBEU": "GGA(+U)"
    case "R2SCAN", "R2SCANU": "r2SCAN"
    case "SCAN", "SCANU": "SCAN"
    default: runType
    }
  }
}

import Crystals
import Foundation
public import Potentials
import StageKit

/// What a convex hull is made from, as files have it.
public enum HullSource {
  /// Entries of a file of energies: relaxed.h5, a table (`.csv`), or pymatgen's entries (`.json`); `.gz` and `.xz` of the latter two.
  ///
  /// - Throws: `StageError` where no energies are read from such a file, or none of its entries can be used.
  public static func entries(_ path: String) throws -> (source: HullTable.Source, entries: HullEntries) {
    var source = HullTable.Source(name: (path as NSString).lastPathComponent)
    do {
      switch kind(path) {
      case .table:
        source.sha256 = try AtomicFile.hash(of: path)
        return (source, try HullEntries(table: String(decoding: try PackedFiles.bytes(of: path), as: UTF8.self)))
      case .json:
        source.sha256 = try AtomicFile.hash(of: path)
        let entries = try HullEntries(json: try PackedFiles.bytes(of: path))
        (source.corrections, source.potential) = (entries.corrections, entries.functional)
        return (source, entries)
      case .artifact: return try relaxed(path, source)
      case .unknown:
        throw StageError(
          .input, "'\(path)': no energies are read from it; known are relaxed.h5, hull.h5, .csv and .json (.gz, .xz).")
      }
    } catch let error as HullEntryError {
      throw StageError(.input, "'\(path)': \(error.description).")
    }
  }

  /// A hull: hull.h5, or any file of energies (a table's elements stand in `elements.csv` beside it).
  ///
  /// - Throws: `StageError` where it makes no hull.
  public static func table(_ path: String) throws -> HullTable {
    if kind(path) == .artifact, try Artifact.open(path).attribute("format") == Artifact.Format.hull.name {
      return try HullTable(reading: path)
    }
    let part = try entries(path)
    do {
      return try HullTable([part], references: try referencesBeside([part], paths: [path]))
    } catch let error as HullEntryError {
      throw StageError(.input, "'\(path)': \(error.description).")
    }
  }

  /// Energies of the elements: a table with `element` and `energy_per_atom`.
  ///
  /// - Throws: `StageError` where it is no such table.
  public static func references(_ path: String) throws -> (source: HullTable.Source, energies: [Int: Double]) {
    let text = String(decoding: try PackedFiles.bytes(of: path), as: UTF8.self)
    do {
      return (
        HullTable.Source(name: (path as NSString).lastPathComponent, sha256: try AtomicFile.hash(of: path)),
        try ElementReferences(text: text).energies
      )
    } catch let error as HullError {
      throw StageError(.input, "'\(path)': \(error.description).")
    }
  }

  /// Energies of the elements that files bring. Tables of formation energies have the energies of the elements in `elements.csv` beside them; nil where there is none, or where
  /// the entries have total energies of their own.
  ///
  /// - Throws: `StageError` where a file of the elements cannot be read.
  public static func referencesBeside(
    _ parts: [(source: HullTable.Source, entries: HullEntries)], paths: [String]
  ) throws -> (source: HullTable.Source, energies: [Int: Double])? {
    for (part, path) in zip(parts, paths) where kind(path) == .artifact {
      // A hull brings the energies that its formation energies are above.
      guard try Artifact.open(path).attribute("format") == Artifact.Format.hull.name else { continue }
      let table = try HullTable(reading: path)
      return (part.source, table.references.mapValues(\.energy))
    }
    for (part, path) in zip(parts, paths) where kind(path) == .table {
      guard case .formation = part.entries.entries[0].energy else { continue }
      let folder = path.folderPath
      let elements = folder.isEmpty ? "elements.csv" : folder + "/elements.csv"
      if FileManager.default.fileExists(atPath: elements) { return try references(elements) }
    }
    return nil
  }

  /// What a file is, by its name.
  enum Kind { case table, json, artifact, unknown }

  static func kind(_ path: String) -> Kind {
    var name = (path as NSString).lastPathComponent.lowercased()
    for packed in [".gz", ".xz"] where name.hasSuffix(packed) { name.removeLast(packed.count) }
    switch (name as NSString).pathExtension {
    case "csv": return .table
    case "json": return .json
    case "h5", "hdf5": return .artifact
    default: return .unknown
    }
  }

  /// Energies of relaxed crystals, or of crystals as they are (`relax --static`).
  private static func relaxed(_ path: String, _ source: HullTable.Source) throws -> (HullTable.Source, HullEntries) {
    let reader = try Artifact.open(path, formats: [.relaxed, .hull])
    if reader.attribute("format") == Artifact.Format.hull.name {
      let table = try HullTable(reading: path)
      var own = table.sources.first ?? source
      own.name = source.name
      let isTotal = table.phases.allSatisfy(\.energy.isFinite)
      return (
        own,
        HullEntries(
          entries: table.phases.map { phase in
            let atoms = phase.amounts.reduce(0) { $0 + $1.amount }
            return HullEntry(
              id: phase.id, amounts: phase.amounts,
              energy: isTotal ? .total(phase.energy * atoms) : .formation(phase.formationEnergy))
          })
      )
    }
    var source = source
    source.sha256 = try AtomicFile.hash(of: path)
    source.weights = reader.attribute("potential_weights") ?? ""
    source.potential = Self.name(ofPotential: reader.attribute("potential") ?? "", weights: source.weights)
    let (crystals, ids) = (try reader.crystals(), try reader.ids())
    let n = crystals.count
    guard ids.count == n else { throw StageError(.input, "'\(path)': /id has \(ids.count) entries for \(n) crystals.") }
    let energies = try reader.read(Double.self, "/relaxation/energy", shape: [n])
    let outcomes = try reader.read(Int16.self, "/relaxation/outcome", shape: [n])
    var found = HullEntries()
    for i in 0..<n {
      let outcome = RelaxationOutcome(rawValue: Int8(truncatingIfNeeded: outcomes[i])) ?? .evaluationFailed
      guard outcome.hasUsableEnergy, energies[i].isFinite, crystals[i].count > 0 else {
        found.rejected.append((ids[i], Rejection("no_energy", "its relaxation ended as \(outcome.name)")))
        continue
      }
      found.entries.append(
        HullEntry(
          id: ids[i], amounts: crystals[i].composition.map { (UInt8($0.atomicNumber), Double($0.count)) },
          energy: .total(energies[i])))
    }
    guard n > 0 else { throw HullEntryError.empty }
    guard !found.entries.isEmpty else {
      throw HullEntryError.nothingUsable(count: n, first: found.rejected[0].rejection.description)
    }
    return (source, found)
  }

  /// `chgnet` of `chgnet:FILE`, where the file's own name and hash are known.
  static func name(ofPotential text: String, weights: String) -> String {
    weights.isEmpty ? text : text.split(separator: ":").first.map(String.init) ?? text
  }
}

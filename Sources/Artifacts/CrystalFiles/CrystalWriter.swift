public import Crystals
import Foundation
public import StageKit

/// Writes crystals in the kind of file that a name asks for.
public struct CrystalWriter: Sendable {
  /// Tolerance of the symmetry that CIF files carry, in angstrom; 0 for none.
  public let symprec: Double

  /// - Parameter symprec: tolerance of the symmetry that CIF files carry, in angstrom; 0 for none.
  public init(symprec: Double) { self.symprec = symprec }

  /// A crystal with its name and what was computed for it.
  public struct Entry: Sendable {
    /// The crystal's name.
    public var id: String
    /// Any cell.
    public var crystal: Crystal
    /// What was computed for it.
    public var results: CalculatedResults

    /// A crystal that nothing was computed for, unless `results` say so.
    public init(id: String, crystal: Crystal, results: CalculatedResults = CalculatedResults()) {
      (self.id, self.crystal, self.results) = (id, crystal, results)
    }
  }

  /// - Parameter path: `.cif`, `.extxyz`, `.json`, `.jsonl`, `.csv`, `.h5`, `.vasp` or `POSCAR`; a folder of CIF files where it ends
  ///   in `/`.
  /// - Throws: `StageError` where nothing of that name is written, or it cannot be.
  public func write(
    _ crystals: [Entry], to path: String, rejected: [RejectedRecord], options: SharedOptions,
    seconds: @autoclosure () -> Double
  ) throws {
    if path.hasSuffix("/") { return try writeFolder(crystals, path) }
    guard PackedFiles.unpacked(path) == path else {
      throw StageError(.input, "'\(path)': files are written unpacked; leave the last ending out, and pack what was written.")
    }
    switch FileKind(path: path) {
    case .folder: try writeFolder(crystals, path)
    case .cif:
      try AtomicFile.write(crystals.map { cif($0.id, $0.crystal) }.joined(separator: "\n"), to: path)
    case .extxyz:
      try AtomicFile.write(crystals.map { Extxyz.text($0.crystal, name: $0.id, results: $0.results) }.joined(), to: path)
    case .poscar:
      try AtomicFile.write(POSCAR.text(crystals[0].crystal, comment: crystals[0].id), to: path)
    case .json:
      let isLines = path.lowercased().hasSuffix("l") || path.lowercased().hasSuffix(".ndjson")
      try AtomicFile.write(StructureJSON.text(crystals, isLines: isLines), to: path)
    case .table:
      try AtomicFile.write(table(crystals), to: path)
    case .artifact:
      try Artifact.write(.crystals, to: path, inputs: [], options: options, seconds: seconds()) { writer in
        try writer.write(crystals.map(\.id), to: "/id")
        try writer.write(crystals: crystals.map(\.crystal))
        let names = Set(crystals.flatMap(\.results.numbers.keys))
        try writer.write(
          properties: Dictionary(
            uniqueKeysWithValues: names.map { name in (name, crystals.map { $0.results.numbers[name] ?? .nan }) }))
        try writer.write(rejected: rejected)
      }
    case .archive:
      throw StageError(.input, "'\(path)': archives are read, not written.")
    case .pyTorch: throw StageError(.input, "'\(path)': files of PyTorch are read, not written.")
    case .unknown:
      throw StageError(
        .input,
        "'\(path)': cannot tell what to write; known are .cif, a folder (ending in /), .extxyz, .json, .jsonl, .csv, .vasp or POSCAR, .h5."
      )
    }
  }

  /// A row a crystal. An energy a cell becomes one an atom, since the CIF may have another cell; without symmetry (`symprec` 0) the CIF has the
  /// crystal's own atoms in their order, and energy and forces (as JSON) stand beside it.
  private func table(_ crystals: [Entry]) -> String {
    var names = Set(crystals.flatMap(\.results.numbers.keys))
    let hasEnergy = names.remove("energy") != nil
    let hasForces = symprec == 0 && crystals.contains { $0.results.forces != nil }
    let columns = names.sorted()
    let own = hasEnergy ? ["energy_per_atom"] + (symprec == 0 ? ["energy"] : []) : []
    let head = (["material_id", "cif"] + own + columns + (hasForces ? ["forces"] : [])).map(csvText)
    let rows = crystals.map { entry in
      func number(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "" } ?? "" }
      let energy = entry.results.numbers["energy"]
      let energies = [number(energy.map { $0 / Double(max(1, entry.crystal.count)) }), number(energy)].prefix(own.count)
      let forces = entry.results.forces.map { "[" + $0.map { "[\($0.x),\($0.y),\($0.z)]" }.joined(separator: ",") + "]" } ?? ""
      return
        ([csvQuoted(entry.id), csvQuoted(cif(entry.id, entry.crystal))] + energies
        + columns.map { number(entry.results.numbers[$0]) }
        + (hasForces ? [csvQuoted(forces)] : [])).joined(separator: ",")
    }
    return ([head.joined(separator: ",")] + rows).joined(separator: "\n") + "\n"
  }

  private func writeFolder(_ crystals: [Entry], _ path: String) throws {
    var taken: Set<String> = []
    for entry in crystals {
      let (id, crystal) = (entry.id, entry.crystal)
      let safe = String(id.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
      var name = safe
      var n = 2
      while !taken.insert(name).inserted {
        name = "\(safe)-\(n)"
        n += 1
      }
      try AtomicFile.write(cif(id, crystal), to: (path as NSString).appendingPathComponent("\(name).cif"))
    }
  }

  /// A CIF with its symmetry; in P1 where none is wanted or found.
  private func cif(_ id: String, _ crystal: Crystal) -> String {
    guard symprec > 0, let unit = try? AsymmetricUnit.standardize(crystal, symprec: symprec).unit else {
      return CIF.text(crystal, name: id)
    }
    return CIF.text(unit, name: id)
  }
}

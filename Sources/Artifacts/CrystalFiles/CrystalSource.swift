public import Crystals
import Foundation
import StageKit

/// One input record, not read yet.
public struct SourceRecord: Sendable {
  /// The record's name; those of its crystals may say more.
  public internal(set) var id: String
  /// 0 train, 1 validation, 2 test; nil where the source does not say.
  public let split: UInt8?
  let text: Text

  enum Text: Sendable {
    case row(CrystalTable, Int)
    case file(String)
    /// A file of a zip archive.
    case member(archive: String, name: String)
    case parsed(Crystal, CalculatedResults)
    /// Something that is in a folder and is not read.
    case refused(Rejection)
    /// A line of a file of JSON objects.
    case line([UInt8])
  }

  /// Whether the record is a file, which may hold crystals with names of their own.
  var isFile: Bool {
    switch text {
    case .file, .member: true
    default: false
    }
  }

  /// A crystal of a record or why there is none, with what was computed for it.
  public struct Item: Sendable {
    /// The crystal's name.
    public var id: String
    /// The crystal, or why there is none.
    public var crystal: Result<Crystal, Rejection>
    /// What was computed for it.
    public var results = CalculatedResults()
  }

  /// Reads the record: its crystals, one, or one a data block or frame.
  ///
  /// - Parameter options: what is refused.
  public func read(_ options: ReadingOptions = ReadingOptions()) -> [Item] {
    do {
      switch text {
      case .parsed(let crystal, let results): return [Item(id: id, crystal: .success(crystal), results: results)]
      case .refused(let rejection): return [Item(id: id, crystal: .failure(rejection))]
      case .file(let path):
        return named(try parse(PackedFiles.bytes(of: path), FileKind(path: path), options))
      case .member(let archive, let name):
        let bytes = try PackedFiles.bytes(ofMember: name, in: archive)
        return named(try parse(bytes, FileKind(name: name), options))
      case .line(let line):
        // The compact form is read by itself: files of a hundred thousand lines have it.
        if CrystalLine.isLine(line) {
          let (name, crystal) = try CrystalLine.read(line)
          return [Item(id: name ?? id, crystal: .success(crystal))]
        }
        return named(try StructureJSON.read(line, options: options))
      case .row(let table, let index):
        let row = try table.row(index)
        let numbers = Dictionary(zip(table.propertyNames, row.properties)) { first, _ in first }
        let blocks = try CIF.read(row.cif, options: options)
        return blocks.enumerated().map { k, block in
          Item(
            id: blocks.count == 1 ? id : "\(id)#\(k + 1)", crystal: block.crystal,
            results: CalculatedResults(numbers: numbers))
        }
      }
    } catch let rejection as Rejection {
      return [Item(id: id, crystal: .failure(rejection))]
    } catch {
      return [Item(id: id, crystal: .failure(Rejection("unreadable_file", String(describing: error))))]
    }
  }

  private typealias Part = (name: String?, crystal: Result<Crystal, Rejection>, results: CalculatedResults)

  private func parse(_ bytes: [UInt8], _ kind: FileKind, _ options: ReadingOptions) throws -> [Part] {
    switch kind {
    case .extxyz: return try Extxyz.frames(bytes, options: options).map { ($0.name, $0.crystal, $0.results) }
    case .poscar: return [(nil, .success(try POSCAR.read(bytes, options: options).crystal), CalculatedResults())]
    case .json: return try StructureJSON.read(bytes, options: options)
    default:
      let blocks = try CIF.read(bytes, options: options)
      // The name of an only block says less than that of its file: `data_global`.
      return blocks.map { (blocks.count == 1 ? nil : $0.name, $0.crystal, CalculatedResults()) }
    }
  }

  /// Names of a file's crystals: their own where the file has them, else the file's, with their number where it has several.
  private func named(_ parts: [Part]) -> [Item] {
    let own = parts.compactMap(\.name).filter { !$0.isEmpty }
    let areUnique = own.count == parts.count && Set(own).count == own.count
    return parts.enumerated().map { k, part in
      let numbered = parts.count == 1 ? id : "\(id)#\(k + 1)"
      var name = part.name.flatMap { $0.isEmpty ? nil : $0 } ?? numbered
      if !areUnique, own.count(where: { $0 == name }) > 1 { name += "#\(k + 1)" }
      return Item(id: name, crystal: part.crystal, results: part.results)
    }
  }
}

/// What a file is, by its name.
public enum FileKind: Sendable {
  case cif, extxyz, poscar, json, table, artifact, pyTorch, archive, folder, unknown

  /// By what lies at a path, and by its name.
  public init(path: String) {
    var isFolder: ObjCBool = false
    if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      self = .folder
    } else {
      self.init(name: (path as NSString).lastPathComponent)
      // Ours may have any name.
      if case .unknown = self, HDF5Reader.isHDF5(path) { self = .artifact }
    }
  }

  /// By the name alone.
  init(name file: String) {
    var name = PackedFiles.unpacked(file).lowercased()
    if name.hasSuffix(".pth.tar") { name.removeLast(4) }  // PyTorch's habit; there is no tar file in it
    switch (name as NSString).pathExtension {
    case "cif", "mcif": self = .cif
    case "extxyz", "xyz": self = .extxyz
    case "json", "jsonl", "ndjson": self = .json
    case "csv": self = .table
    case "h5", "hdf5": self = .artifact
    case "vasp", "poscar", "contcar": self = .poscar
    case "pth", "pt": self = .pyTorch
    default:
      self =
        CrystalFileNames.isPOSCAR(name) ? .poscar : file.lowercased().hasSuffix(".zip") ? .archive : .unknown
    }
  }

  /// Whether files of this kind hold crystals as texts.
  var isText: Bool {
    switch self {
    case .cif, .extxyz, .poscar, .json: true
    default: false
    }
  }
}

/// Where `preprocess`, `convert` and `metrics` take crystals from: a file, a table, or a folder of either.
public enum CrystalSource {
  /// The records of a path, in a fixed order.
  ///
  /// A folder with `train`, `val` and `test` tables (`.csv`, `.csv.gz`, `.csv.xz`) gives their rows with their splits; any other
  /// folder the files in it at any depth, sorted by name; those of no kind that is known are records that are refused. Files whose
  /// names begin with a point are passed over.
  ///
  /// - Parameter columns: of tables, where they are not the field's.
  /// - Throws: `StageError` where there is nothing at the path, or nothing that holds crystals.
  public static func records(_ path: String, columns: CrystalTable.Columns = .init()) throws -> [SourceRecord] {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StageError(.input, "there is no file or folder '\(path)'.")
    }
    switch FileKind(path: path) {
    case .folder: return try folder(path, columns)
    case .table: return try table(path, split: nil, columns)
    case .artifact: return try artifact(path)
    case .json where ["jsonl", "ndjson"].contains((PackedFiles.unpacked(path) as NSString).pathExtension.lowercased()):
      return try lines(path)
    case .pyTorch:
      throw StageError(.input, "'\(path)' holds weights of a network, no crystals; only 'convert' takes it, to .h5.")
    case .archive: return try archive(path)
    case .unknown:
      throw StageError(.input, "'\(path)': cannot tell what it is; known are \(known).")
    default:
      return [
        SourceRecord(
          id: CrystalFileNames.identifier((path as NSString).lastPathComponent), split: nil, text: .file(path))
      ]
    }
  }

  /// All crystals of a path, whatever their quality, under names that differ, and what could not be read.
  ///
  /// - Throws: `StageError` where there is no crystal.
  static func unjudged(_ path: String) throws -> (crystals: [(id: String, crystal: Crystal)], rejected: [RejectedRecord]) {
    var (crystals, names): ([(id: String, crystal: Crystal)], TakenNames) = ([], TakenNames())
    var rejected: [RejectedRecord] = []
    for record in try records(path) {
      try Interruption.check()
      for item in record.read(.unjudged) {
        switch item.crystal {
        case .success(let crystal): crystals.append((names.name(of: item, in: record), crystal))
        case .failure(let rejection): rejected.append(RejectedRecord(id: item.id, rejection))
        }
      }
    }
    guard !crystals.isEmpty else {
      let first = rejected.first.map { ": \($0.id): \($0.reason)" } ?? ""
      throw StageError(.input, "'\(path)' gave no crystal\(first).")
    }
    return (crystals, rejected)
  }

  private static let known =
    ".cif, .mcif, .extxyz, .xyz, .json, .jsonl, .csv, .vasp or POSCAR, these also packed (.gz, .xz, .zst, .zip), and .h5"

  private static func archive(_ path: String) throws -> [SourceRecord] {
    let names = try PackedFiles.members(ofArchive: path).filter { !$0.hasSuffix("/") }.sorted()
    guard names.contains(where: { FileKind(name: ($0 as NSString).lastPathComponent).isText }) else {
      throw StageError(.input, "the archive '\(path)' holds no crystal file.")
    }
    return told(
      names.map { name in
        let kind = FileKind(name: (name as NSString).lastPathComponent)
        return SourceRecord(
          id: CrystalFileNames.identifier(name), split: nil,
          text: kind.isText && PackedFiles.unpacked(name) == name
            ? .member(archive: path, name: name) : .refused(unknown(name)))
      }, apartBy: names)
  }

  /// Files whose names differ in their endings alone, `NaCl.cif` and `NaCl.vasp`, are called by their whole names.
  private static func told(_ records: [SourceRecord], apartBy names: [String]) -> [SourceRecord] {
    let counts = Dictionary(records.map { ($0.id, 1) }, uniquingKeysWith: +)
    return zip(records, names).map { record, name in
      var record = record
      if counts[record.id] ?? 1 > 1 { record.id = name }
      return record
    }
  }

  private static func unknown(_ name: String) -> Rejection {
    Rejection("unknown_kind", "'\(name)': cannot tell what it is; known are \(known)")
  }

  private static func folder(_ path: String, _ columns: CrystalTable.Columns) throws -> [SourceRecord] {
    let splits: [(String, UInt8)] = [("train", 0), ("val", 1), ("test", 2)]
    var rows: [SourceRecord] = []
    for (name, split) in splits {
      let candidates = [".csv", ".csv.gz", ".csv.xz"].map { "\(path)/\(name)\($0)" }
      guard let file = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else { continue }
      rows += try table(file, split: split, columns)
    }
    guard let names = FileManager.default.enumerator(atPath: path) else {
      throw StageError(.inputOutput, "the folder '\(path)' cannot be listed.")
    }
    let files = names.compactMap { $0 as? String }.filter { name in
      !name.split(separator: "/").contains { $0.hasPrefix(".") }
    }.sorted()
    if !rows.isEmpty {
      let passed = files.filter { name in
        let kind = FileKind(path: "\(path)/\(name)")
        let isSplit = splits.contains { split in ["", ".gz", ".xz"].contains { name == "\(split.0).csv\($0)" } }
        return (kind.isText || { if case .table = kind { true } else { false } }()) && !isSplit
      }
      if !passed.isEmpty {
        standardError(
          "'\(path)' has tables of train, val and test; not read: \(passed.prefix(5).joined(separator: ", "))"
            + (passed.count > 5 ? " and \(passed.count - 5) more." : "."))
      }
      return rows
    }
    var records: [SourceRecord] = []
    var single: [(record: SourceRecord, name: String)] = []
    for name in files {
      let file = "\(path)/\(name)"
      let kind = FileKind(path: file)
      let id = CrystalFileNames.identifier(name)
      switch kind {
      case .folder:
        // What a link leads to may lead back.
        let type = try? FileManager.default.attributesOfItem(atPath: file)[.type] as? FileAttributeType
        if type == .typeSymbolicLink {
          let words = "'\(name)' is a link to a folder, which is not followed"
          records.append(SourceRecord(id: name, split: nil, text: .refused(Rejection("unknown_kind", words))))
        }
      case .cif, .extxyz, .poscar, .json: single.append((SourceRecord(id: id, split: nil, text: .file(file)), name))
      case .table: records += try table(file, split: nil, columns)
      case .archive: records += try archive(file)
      case .artifact, .pyTorch, .unknown:
        records.append(SourceRecord(id: name, split: nil, text: .refused(unknown(name))))
      }
    }
    // In the order of their names, whatever they hold.
    records = told(single.map(\.record), apartBy: single.map(\.name)) + records
    let hasCrystals = records.contains { if case .refused = $0.text { false } else { true } }
    guard hasCrystals else {
      throw StageError(
        .input, "the folder '\(path)' holds no CIF, extxyz, JSON or POSCAR file at any depth and no train/val/test table.")
    }
    return records
  }

  private static func artifact(_ path: String) throws -> [SourceRecord] {
    let reader = try Artifact.open(path)
    let crystals = try reader.crystals()
    let ids = try reader.ids(of: crystals.count)
    let split = try reader.split(records: crystals.count)
    let results = try reader.results(of: crystals)
    return crystals.indices.map {
      SourceRecord(id: ids[$0], split: split[$0], text: .parsed(crystals[$0], results[$0]))
    }
  }

  /// One JSON object a line.
  private static func lines(_ path: String) throws -> [SourceRecord] {
    let name = CrystalFileNames.identifier((path as NSString).lastPathComponent)
    let lines = try PackedFiles.bytes(of: path).split(separator: UInt8(ascii: "\n")).filter { $0.contains { $0 > 0x20 } }
    return lines.enumerated().map {
      SourceRecord(id: lines.count == 1 ? name : "\(name)#\($0.offset + 1)", split: nil, text: .line(Array($0.element)))
    }
  }

  private static func table(_ path: String, split: UInt8?, _ columns: CrystalTable.Columns) throws -> [SourceRecord] {
    do {
      let table = try CrystalTable(csv: PackedFiles.bytes(of: path), columns: columns)
      return (0..<table.count).map { SourceRecord(id: table.id($0), split: split, text: .row(table, $0)) }
    } catch let rejection as Rejection {
      let advice =
        rejection.code == "missing_column" && columns.cif == nil ? "; --cif-column names the one with the CIF texts" : ""
      throw StageError(.input, "'\(path)': \(rejection.description)\(advice).")
    }
  }
}

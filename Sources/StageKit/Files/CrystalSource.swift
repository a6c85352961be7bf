public import Crystals
import Foundation

/// One input crystal, not read yet.
public struct SourceRecord: Sendable {
  public let id: String
  /// 0 train, 1 validation, 2 test; nil where the source does not say.
  public let split: UInt8?
  let text: Text

  enum Text: Sendable {
    case row(CrystalTable, Int)
    case file(String)
    case parsed(Crystal)
  }

  /// Reads the record: its crystals (one, or one a data block or frame) and the properties that its table gives.
  public func read() -> (crystals: [(id: String, crystal: Result<Crystal, Rejection>)], properties: [String: Double]) {
    do {
      switch text {
      case .parsed(let crystal): return ([(id, .success(crystal))], [:])
      case .file(let path): return (named(try readCrystals(path: path)), [:])
      case .row(let table, let index):
        let row = try table.row(index)
        let properties = Dictionary(zip(table.propertyNames, row.properties)) { first, _ in first }
        return (named(try CIF.read(row.cif)), properties)
      }
    } catch let rejection as Rejection {
      return ([(id, .failure(rejection))], [:])
    } catch {
      return ([(id, .failure(Rejection("unreadable_file", String(describing: error))))], [:])
    }
  }

  private func named(
    _ blocks: [(name: String, crystal: Result<Crystal, Rejection>)]
  ) -> [(id: String, crystal: Result<Crystal, Rejection>)] {
    blocks.count == 1 ? [(id, blocks[0].crystal)] : blocks.enumerated().map { ("\(id)#\($0.offset + 1)", $0.element.crystal) }
  }
}

/// The crystals of a file by the kind its name says: CIF, extxyz or POSCAR.
public func readCrystals(path: String) throws -> [(name: String, crystal: Result<Crystal, Rejection>)] {
  let bytes = try AtomicFile.bytes(of: path)
  switch FileKind(path: path) {
  case .extxyz: return try Extxyz.read(bytes)
  case .poscar:
    let (comment, crystal) = try POSCAR.read(bytes)
    return [(comment, .success(crystal))]
  default: return try CIF.read(bytes)
  }
}

/// What a file is, by its name.
public enum FileKind: Sendable {
  case cif, extxyz, poscar, table, artifact, pyTorch, folder, unknown

  public init(path: String) {
    var isFolder: ObjCBool = false
    if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      self = .folder
      return
    }
    var name = (path as NSString).lastPathComponent.lowercased()
    for packed in [".gz", ".xz"] where name.hasSuffix(packed) { name.removeLast(packed.count) }
    if name.hasSuffix(".pth.tar") { name.removeLast(4) }  // PyTorch's habit; there is no tar file in it
    switch (name as NSString).pathExtension {
    case "cif", "mcif": self = .cif
    case "extxyz", "xyz": self = .extxyz
    case "csv": self = .table
    case "h5", "hdf5": self = .artifact
    case "vasp", "poscar": self = .poscar
    case "pth", "pt": self = .pyTorch
    default: self = name.hasPrefix("poscar") || name.hasPrefix("contcar") ? .poscar : .unknown
    }
  }
}

/// Where `preprocess`, `convert` and `metrics` take crystals from: a file, a table, or a folder of either.
public enum CrystalSource {
  /// The records of a path, in a fixed order.
  ///
  /// A folder with `train`, `val` and `test` tables (`.csv`, `.csv.gz`, `.csv.xz`) gives their rows with their splits; any other
  /// folder the CIF, extxyz and POSCAR files in it at any depth, sorted by name.
  public static func records(_ path: String) throws -> [SourceRecord] {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StageError(.input, "there is no file or folder '\(path)'.")
    }
    switch FileKind(path: path) {
    case .folder: return try folder(path)
    case .table: return try table(path, split: nil)
    case .artifact: return try artifact(path)
    case .pyTorch:
      throw StageError(.input, "'\(path)' holds weights of a network, no crystals; only 'convert' takes it, to .h5.")
    case .unknown:
      throw StageError(.input, "'\(path)': cannot tell what it is; known are .cif, .extxyz, .csv, .vasp or POSCAR, .h5.")
    default:
      return [
        SourceRecord(
          id: ((path as NSString).lastPathComponent as NSString).deletingPathExtension, split: nil, text: .file(path))
      ]
    }
  }

  private static func folder(_ path: String) throws -> [SourceRecord] {
    let splits: [(String, UInt8)] = [("train", 0), ("val", 1), ("test", 2)]
    var rows: [SourceRecord] = []
    for (name, split) in splits {
      let candidates = [".csv", ".csv.gz", ".csv.xz"].map { "\(path)/\(name)\($0)" }
      guard let file = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else { continue }
      rows += try table(file, split: split)
    }
    if !rows.isEmpty { return rows }
    guard let names = FileManager.default.enumerator(atPath: path) else {
      throw StageError(.inputOutput, "the folder '\(path)' cannot be listed.")
    }
    let files = names.compactMap { $0 as? String }.filter {
      switch FileKind(path: $0) {
      case .cif, .extxyz, .poscar: true
      default: false
      }
    }.sorted()
    guard !files.isEmpty else {
      throw StageError(
        .input, "the folder '\(path)' holds no CIF, extxyz or POSCAR file at any depth and no train/val/test table.")
    }
    return files.map { SourceRecord(id: ($0 as NSString).deletingPathExtension, split: nil, text: .file("\(path)/\($0)")) }
  }

  private static func artifact(_ path: String) throws -> [SourceRecord] {
    let reader = try Artifact.open(path)
    let crystals = try reader.crystals()
    let ids = try reader.ids()
    let split = try reader.split(records: crystals.count)
    return crystals.indices.map {
      SourceRecord(id: ids[$0], split: split[$0], text: .parsed(crystals[$0]))
    }
  }

  private static func table(_ path: String, split: UInt8?) throws -> [SourceRecord] {
    do {
      let table = try CrystalTable(csv: AtomicFile.bytes(of: path))
      return (0..<table.count).map { SourceRecord(id: table.id($0), split: split, text: .row(table, $0)) }
    } catch let rejection as Rejection {
      throw StageError(.input, "'\(path)': \(rejection.description).")
    }
  }
}

import CHDF5
import Crystals
import Foundation

/// A file that a stage writes or reads: its format, and where it came from.
public enum Artifact {
  /// The formats; the raw value is the root attribute `format`.
  public enum Format: String, Sendable {
    case dataset = "frieze-dataset"
    case model = "frieze-model"
    case samples = "frieze-samples"
    case crystals = "frieze-crystals"
    case relaxed = "frieze-relaxed"
    case metrics = "frieze-metrics"
    case hull = "frieze-hull"
    case measures = "frieze-measures"

    /// The stage that makes such a file.
    public var stage: String {
      switch self {
      case .dataset: "preprocess"
      case .model: "train"
      case .samples: "sample"
      case .crystals: "reconstruct"
      case .relaxed: "relax"
      case .metrics: "metrics"
      case .hull: "hull"
      case .measures: "metrics"
      }
    }
  }

  /// Version of all formats; a reader refuses another.
  public static let version: Int64 = 1

  /// Writes an artifact whole: provenance first, then what `body` writes, then the rename.
  ///
  /// - Parameters:
  ///   - records: which of the input's records the file is made from, where it may be a shard.
  ///   - origin: options and inputs as shards have them, for the file that they are put together in.
  public static func write(
    _ format: Format, to path: String, inputs: [String], options: SharedOptions, records: RecordRange? = nil,
    origin: (configuration: String, inputs: String)? = nil, seconds: @autoclosure () -> Double,
    _ body: (borrowing HDF5Writer) throws -> Void
  ) throws {
    try write(
      format, to: path, inputs: inputs, options: options, records: records, origin: origin, seconds: seconds(), provenance: nil,
      body)
  }

  /// - Parameter provenance: this process's own where nil.
  static func write(
    _ format: Format, to path: String, inputs: [String], options: SharedOptions, records: RecordRange? = nil,
    origin: (configuration: String, inputs: String)? = nil, seconds: @autoclosure () -> Double, provenance: Provenance?,
    _ body: (borrowing HDF5Writer) throws -> Void
  ) throws {
    let hashes = try inputs.map { "\(($0 as NSString).lastPathComponent) sha256:\(try AtomicFile.hash(of: $0))" }
    try AtomicFile.write(to: path) { temporary in
      let writer = try HDF5Writer(path: temporary, name: path)
      try writer.setAttribute("format", format.rawValue)
      try writer.setAttribute("format_version", version)
      try writer.setAttribute("frieze_version", friezeVersion)
      try writer.setAttribute("site_symmetry_table", Int64(SiteSymmetry.tableVersion))
      try writer.setAttribute("stage", format.stage)
      try writer.setAttribute("command", CommandLine.arguments.joined(separator: " "))
      try writer.setAttribute("configuration", origin?.configuration ?? configuration)
      try writer.setAttribute("seed", Int64(bitPattern: options.seed))
      try writer.setAttribute("shard", "\(options.part.index)/\(options.part.count)")
      try writer.setAttribute("inputs", origin?.inputs ?? hashes.joined(separator: "\n"))
      if let records { try writer.setAttribute("records", records.description) }
      try writer.setAttribute("created", ISO8601DateFormatter().string(from: Date()))
      try writer.setAttribute("host", AtomicFile.hostName)
      try body(writer)
      let machine = provenance ?? .current(options)
      try writer.setAttribute("processor", machine.processor)
      try writer.setAttribute("threads", Int64(machine.threads))
      try writer.setAttribute("peak_memory_bytes", machine.peakMemory)
      try writer.setAttribute("wall_seconds", seconds())
      try writer.close()
    }
  }

  /// The options that a result depends on: the command line without where it writes and how it runs.
  static var configuration: String {
    let valued = ["--output", "--shard", "--threads"]
    let flags = ["--quiet", "--json", "--resume"]
    var kept: [String] = []
    var skipsNext = false
    for argument in CommandLine.arguments.dropFirst() {
      if skipsNext {
        skipsNext = false
      } else if valued.contains(argument) {
        skipsNext = true
      } else if !flags.contains(argument), !valued.contains(where: { argument.hasPrefix("\($0)=") }) {
        kept.append(argument)
      }
    }
    return kept.joined(separator: " ")
  }

  /// What `write` sets and what depends on when, where and in how many parts a file was made.
  static let provenance: Set = [
    "command", "configuration", "content", "created", "format", "format_version", "frieze_version", "host", "inputs",
    "peak_memory_bytes", "processor", "records", "seed", "shard", "site_symmetry_table", "stage", "threads", "wall_seconds",
  ]

  /// Opens an artifact and checks what it is.
  ///
  /// - Parameter formats: those that will do; any of ours where nil.
  public static func open(_ path: String, formats: [Format]? = nil) throws -> HDF5Reader {
    let reader = try HDF5Reader(path: path)
    // Another program's: crystals need no provenance.
    if reader.attributeKind("format") == nil, formats?.contains(.crystals) ?? true, reader.contains("/crystal/lattice") {
      return reader
    }
    guard let name = reader.attribute("format"), let format = Format(rawValue: name) else {
      throw StageError(
        .input, "'\(path)': attribute format says '\(reader.attribute("format") ?? "nothing")', expected one of frieze's.")
    }
    if let formats, !formats.contains(format) {
      let wanted = formats.map(\.rawValue).joined(separator: " or ")
      throw StageError(.input, "'\(path)' is a \(name) file, expected \(wanted): run '\(formats[0].stage)' to make one.")
    }
    let found = reader.attribute("format_version", as: Int64.self) ?? 0
    guard found == version else {
      throw StageError(
        .input, "'\(path)': format_version is \(found), this program reads \(version). Run '\(format.stage)' again.",
        isOtherVersion: true)
    }
    let table = reader.attribute("site_symmetry_table", as: Int64.self) ?? 0
    guard table == SiteSymmetry.tableVersion else {
      throw StageError(
        .input,
        "'\(path)': site_symmetry_table is \(table), this program's is \(SiteSymmetry.tableVersion). Run '\(format.stage)' again.",
        isOtherVersion: true)
    }
    return reader
  }
}

import Foundation

/// A file that a stage writes or reads: its format, and where it came from. Which formats there are is said by those who know what
/// is in them.
public enum Artifact {
  /// Writes an artifact whole: provenance first, then what `body` writes, then the rename.
  ///
  /// - Parameters:
  ///   - records: which of the input's records the file is made from, where it may be a shard.
  ///   - origin: options and inputs as shards have them, for the file that they are put together in.
  /// - Throws: `StageError` where the file cannot be written, and what `body` throws.
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
      try writer.setAttribute("format", format.name)
      try writer.setAttribute("format_version", format.version)
      try writer.setAttribute("frieze_version", friezeVersion)
      for table in format.tables { try writer.setAttribute(table.name, table.version) }
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

  /// The program that runs, as it is called.
  public static var stageName: String { CommandLine.arguments.first.map { ($0 as NSString).lastPathComponent } ?? "frieze" }

  /// The options that a result depends on: the command line without where it writes and how it runs.
  public static var configuration: String {
    let (valued, flags) = SharedOptions.runOnly
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

  /// What `write` sets in every format, and what depends on when, where and in how many parts a file was made.
  static let provenance: Set = [
    "command", "configuration", "content", "created", "format", "format_version", "frieze_version", "host", "inputs",
    "peak_memory_bytes", "processor", "records", "seed", "shard", "stage", "threads", "wall_seconds",
  ]

  /// Opens an artifact and checks what it is.
  ///
  /// - Parameters:
  ///   - formats: those that will do.
  ///   - known: all that there are.
  /// - Throws: `StageError` where it is of none of these, or of another version than this program reads.
  package static func open(_ path: String, as formats: [Format], of known: [Format]) throws -> HDF5Reader {
    let reader = try HDF5Reader(path: path)
    // Another program's: what it needs no provenance for.
    var isForeign = false
    if reader.attributeKind("format") == nil {
      for case let dataset? in formats.map(\.foreignDataset) where reader.contains(dataset) { isForeign = true }
    }
    if isForeign { return reader }
    let name = reader.attribute("format") ?? "nothing"
    guard let format = known.first(where: { $0.name == name }) else {
      throw StageError(.input, "'\(path)': attribute format says '\(name)', expected one of frieze's.")
    }
    guard formats.contains(format) else {
      let wanted = formats.map(\.name).joined(separator: " or ")
      throw StageError(.input, "'\(path)' is a \(name) file, expected \(wanted): run '\(formats[0].stage)' to make one.")
    }
    let versions =
      [(name: "format_version", own: format.version, words: "this program reads")]
      + format.tables.map { (name: $0.name, own: $0.version, words: "this program's is") }
    for (name, own, words) in versions {
      let found = reader.attribute(name, as: Int64.self) ?? 0
      guard found == own else {
        throw StageError(
          .input, "'\(path)': \(name) is \(found), \(words) \(own). Run '\(format.stage)' again.", isOtherVersion: true)
      }
    }
    return reader
  }
}

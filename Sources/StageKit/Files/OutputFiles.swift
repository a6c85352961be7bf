import Foundation

/// What a stage reads and writes; looked at before the work begins.
public struct StageFiles {
  /// What is written.
  public enum Output: Sendable {
    case file(String)
    case folder(String)

    var path: String {
      switch self {
      case .file(let path), .folder(let path): path
      }
    }
  }

  /// Paths that are read.
  public var inputs: [String]
  /// What is written, in the order in which it is looked at.
  public var outputs: [Output]

  /// Options that were not given are passed over.
  public init(inputs: [String?], outputs: [Output?]) {
    self.inputs = inputs.compactMap { $0 }
    self.outputs = outputs.compactMap { $0 }
  }

  /// Opens the inputs and decides about the outputs.
  func check() throws {
    try InputFiles.hold(inputs)
    for output in outputs { try OutputFiles.check(output, inputs: inputs) }
  }
}

/// Names of files beside others.
public enum OutputNames {
  /// The file of that name in the folder of another.
  public static func beside(_ path: String, _ name: String) -> String { "\(OutputFiles.parent(of: path))/\(name)" }
}

/// Decides where results may go: to a regular file or a new one, in a folder that can be written to and has room, and never over an input.
enum OutputFiles {
  /// Bytes that have to be free for anything to be begun.
  private static let leastRoom = 65_536

  /// - Throws: status 64 for what nobody can want, 74 for what the disk does not allow.
  static func check(_ output: StageFiles.Output, inputs: [String]) throws {
    let path = output.path
    guard !path.isEmpty else { throw StageError(.usage, "the name of an output is empty.") }
    let real = resolved(path)
    let kind = kind(of: real)
    switch output {
    case .file:
      guard !path.hasSuffix("/"), kind != .folder else { throw StageError(.usage, "'\(path)' is a folder, expected a file.") }
      guard kind != .other else { throw StageError(.usage, "'\(path)' is a device or a pipe; results are written to files.") }
      for input in inputs where isSame(real, resolved(input)) {
        throw StageError(.usage, "'\(path)' is read and can't be written over: give another name.")
      }
    case .folder:
      guard kind == .folder || kind == .nothing else { throw StageError(.usage, "'\(path)' is a file, expected a folder.") }
      for input in inputs where isSame(real, resolved(input)) {
        throw StageError(.usage, "'\(path)' is read and can't be written over: give another name.")
      }
      guard real != "/" else { throw StageError(.usage, "'\(path)' is the root of the file system.") }
    }
    try checkFolder(output, real)
    switch output {
    case .file:
      let name = (real as NSString).lastPathComponent
      removeLeftovers(in: parent(of: real), of: [name, name + ".unfinished.h5"])
    case .folder: removeLeftovers(in: real)
    }
  }

  /// The nearest folder that is there takes new files.
  private static func checkFolder(_ output: StageFiles.Output, _ real: String) throws {
    var folder = real
    if case .file = output { folder = parent(of: folder) }
    while kind(of: folder) == .nothing, folder != "/", folder != "." { folder = parent(of: folder) }
    guard kind(of: folder) == .folder else {
      throw StageError(.inputOutput, "'\(output.path)' cannot be written: '\(folder)' is no folder.")
    }
    guard unsafe access(folder, W_OK | X_OK) == 0 else {
      throw StageError(.inputOutput, "'\(output.path)' cannot be written: the folder '\(folder)': \(systemErrorText()).")
    }
    var facts = statvfs()
    // Safety: one structure, as the call fills in.
    guard unsafe statvfs(folder, &facts) == 0 else { return }
    guard facts.f_flag & UInt(ST_RDONLY) == 0 else {
      throw StageError(.inputOutput, "'\(output.path)' cannot be written: the disk of '\(folder)' is read-only.")
    }
    let (free, overflow) = UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize))
    // Some file systems do not tell.
    guard facts.f_blocks == 0 || overflow || free >= leastRoom else {
      throw StageError(.inputOutput, "'\(output.path)' cannot be written: the disk of '\(folder)' is full.")
    }
  }

  /// The place that a path means: a symbolic link's target, which need not be there.
  static func resolved(_ path: String) -> String {
    var place = path
    for _ in 0..<40 {
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place) else { break }
      place = target.hasPrefix("/") ? target : parent(of: place) + "/" + target
    }
    while place.count > 1, place.hasSuffix("/") { place.removeLast() }
    return place
  }

  /// The folder of a path: `.` for a bare name.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private enum Kind { case nothing, file, folder, other }

  private static func kind(of path: String) -> Kind {
    var facts = stat()
    // Safety: one structure, as the call fills in.
    guard unsafe stat(path, &facts) == 0 else { return .nothing }
    switch facts.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  /// Whether two names are those of one file that is there.
  private static func isSame(_ a: String, _ b: String) -> Bool {
    var (first, second) = (stat(), stat())
    // Safety: one structure each, as the calls fill in.
    guard unsafe stat(a, &first) == 0, unsafe stat(b, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// Removes what programs of this machine that were killed have left in a folder.
  ///
  /// - Parameter names: of the files that they were writing; any where nil.
  private static func removeLeftovers(in folder: String, of names: [String]? = nil) {
    let mark = ".partial-\(AtomicFile.hostName)-"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let range = name.range(of: mark, options: .backwards), names?.contains(String(name[..<range.lowerBound])) ?? true,
        let process = Int32(name[range.upperBound...]), process > 0, kill(process, 0) != 0, errno == ESRCH
      else { continue }
      unsafe unlink("\(folder)/\(name)")
    }
  }
}

import Foundation

/// What the system says of the last call that failed.
func systemErrorText() -> String {
  unsafe errno == 0 ? "the library gives no reason (is the disk full?)" : String(cString: strerror(errno))
}

/// A file that appears whole or not at all: written under a temporary name beside its place, flushed, renamed.
public enum AtomicFile {
  /// Runs `body` with a temporary path and puts what it wrote in place; removes it where `body` throws.
  public static func write(to path: String, _ body: (String) throws -> Void) throws {
    let directory = (path as NSString).deletingLastPathComponent
    if !directory.isEmpty {
      do {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      } catch {
        throw StageError(.inputOutput, "the folder '\(directory)' cannot be made: \(error.localizedDescription)")
      }
    }
    // Processes of other machines may write the same file on a shared disk: host and number make a name that is nobody else's.
    let temporary = path + ".partial-\(hostName)-\(ProcessInfo.processInfo.processIdentifier)"
    do {
      errno = 0
      try body(temporary)
      try flush(temporary)
      guard unsafe rename(temporary, path) == 0 else {
        throw StageError(.inputOutput, "'\(path)' cannot be put in place: \(systemErrorText()).")
      }
    } catch {
      unsafe unlink(temporary)
      throw error
    }
  }

  /// The machine's name, as the system has it; nobody is asked over the network.
  static var hostName: String {
    var bytes = [CChar](repeating: 0, count: 256)
    // Safety: room for 255 bytes and a zero.
    guard unsafe gethostname(&bytes, 255) == 0 else { return "localhost" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Writes text.
  public static func write(_ text: String, to path: String) throws {
    try write(to: path) { temporary in
      do {
        try Data(text.utf8).write(to: URL(fileURLWithPath: temporary))
      } catch {
        throw StageError(.inputOutput, "'\(path)' cannot be written: \(error.localizedDescription)")
      }
    }
  }

  private static func flush(_ path: String) throws {
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { throw StageError(.inputOutput, "'\(path)' is gone: \(systemErrorText()).") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw StageError(.inputOutput, "'\(path)' cannot be flushed to disk: \(systemErrorText()).")
    }
  }

  /// The bytes of a file; .gz, .xz, .zst, .bz2 and .zip (of one file) are unpacked by their tools.
  public static func bytes(of path: String) throws -> [UInt8] {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StageError(.input, "there is no file '\(path)'.")
    }
    guard let (ending, command) = CrystalFileNames.packed.first(where: { path.lowercased().hasSuffix($0.ending) }) else {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw StageError(.inputOutput, "'\(path)' cannot be read: \(systemErrorText()).")
      }
      return Array(data)
    }
    if ending == ".zip", try members(ofArchive: path).count != 1 {
      throw StageError(.input, "'\(path)' holds several files; only an archive of one is read under such a name.")
    }
    return try output(of: command + [path], reading: path)
  }

  /// Names of the files in a zip archive.
  static func members(ofArchive path: String) throws -> [String] {
    String(decoding: try output(of: ["unzip", "-Z1", path], reading: path), as: UTF8.self).split(separator: "\n").map(
      String.init)
  }

  /// A file of a zip archive.
  static func bytes(ofMember name: String, in path: String) throws -> [UInt8] {
    // unzip takes brackets, stars and question marks in a name for patterns.
    let plain = name.reduce(into: "") { text, c in text += "*?[]\\".contains(c) ? "\\\(c)" : "\(c)" }
    return try output(of: ["unzip", "-p", path, plain], reading: path)
  }

  private static func output(of command: [String], reading path: String) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    let missing = StageError(
      .unavailable, "'\(command[0])' is needed to read '\(path)' and cannot be run: apt-get install \(package(of: command[0]))."
    )
    do { try process.run() } catch { throw missing }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    if process.terminationStatus == 127 { throw missing }
    guard process.terminationStatus == 0 else {
      throw StageError(.input, "'\(path)' cannot be unpacked by \(command[0]): it is damaged or no file of that kind.")
    }
    return Array(data)
  }

  private static func package(of tool: String) -> String { tool == "xz" ? "xz-utils" : tool }

  /// SHA-256 of a file in hexadecimal; as the line has noted it in FILE.id, where that is younger than the file: a thousand shards
  /// need not all read the whole input for it.
  public static func hash(of path: String) throws -> String {
    let noted = path + ".id"
    func date(_ path: String) -> Date? {
      (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }
    if let own = date(path), let then = date(noted), then > own, let text = try? String(contentsOfFile: noted, encoding: .utf8)
    {
      let hash = text.trimmingCharacters(in: .newlines)
      if hash.count == 64, hash.allSatisfy(\.isHexDigit) { return hash }
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw StageError(.input, "there is no file '\(path)'.")
    }
    defer { try? handle.close() }
    let hash = try RunningHash()
    // Safety: the bytes are the chunk's own, for the time of the call.
    while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
      unsafe chunk.withUnsafeBytes { unsafe hash.update($0) }
    }
    return hash.finish()
  }
}

import Foundation

/// Files that are read as they are or unpacked by their tools.
package enum PackedFiles {
  /// Endings of packed files, and the tools that unpack them to standard output.
  private static let tools: [(ending: String, command: [String])] = [
    (".gz", ["gzip", "-dc"]), (".xz", ["xz", "-dc"]), (".zst", ["zstd", "-dcq"]), (".bz2", ["bzip2", "-dc"]),
    (".zip", ["unzip", "-p"]),
  ]

  /// The name without what says that a file is packed.
  package static func unpacked(_ name: String) -> String {
    for (ending, _) in tools where name.lowercased().hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return name
  }

  /// The bytes of a regular file; .gz, .xz, .zst, .bz2 and .zip (of one file) are unpacked by their tools, as far as what comes out is
  /// in keeping with what went in.
  ///
  /// - Throws: `StageError` where there is no such file, a tool is missing, or what comes out is too much.
  public static func bytes(of path: String) throws -> [UInt8] {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StageError(.input, "there is no file '\(path)'.")
    }
    guard let (ending, command) = tools.first(where: { path.lowercased().hasSuffix($0.ending) }) else {
      return try InputFiles.bytes(of: path)
    }
    if ending == ".zip", try members(ofArchive: path).count != 1 {
      throw StageError(.input, "'\(path)' holds several files; only an archive of one is read under such a name.")
    }
    return try output(of: command, reading: path)
  }

  /// Names of the files in a zip archive.
  package static func members(ofArchive path: String) throws -> [String] {
    String(decoding: try output(of: ["unzip", "-Z1"], reading: path), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// A file of a zip archive.
  package static func bytes(ofMember name: String, in path: String) throws -> [UInt8] {
    // unzip takes brackets, stars and question marks in a name for patterns.
    let plain = name.reduce(into: "") { text, c in text += "*?[]\\".contains(c) ? "\\\(c)" : "\(c)" }
    return try output(of: ["unzip", "-p"], reading: path, further: [plain])
  }

  /// What a command prints of a packed file.
  ///
  /// - Parameter further: arguments behind the file's name.
  private static func output(of command: [String], reading path: String, further: [String] = []) throws -> [UInt8] {
    let (name, state) = try InputFiles.open(path)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Tools that read a stream get the file that is open; unzip looks about in it and needs its name.
    let isStream = command[0] != "unzip"
    process.arguments = isStream ? command : command + [path] + further
    let pipe = Pipe()
    guard let input = isStream ? FileHandle(forReadingAtPath: name) : FileHandle.nullDevice else {
      throw StageError(.inputOutput, "'\(path)' cannot be read: \(systemErrorText()).")
    }
    process.standardInput = input
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    let missing = StageError(
      .unavailable, "'\(command[0])' is needed to read '\(path)' and cannot be run: apt-get install \(package(of: command[0]))."
    )
    do { try process.run() } catch { throw missing }
    // Tables of crystals shrink to a tenth or so.
    let most = max(64 << 20, 100 * state.size)
    var data: [UInt8] = []
    while let chunk = try pipe.fileHandleForReading.read(upToCount: 1 << 20), !chunk.isEmpty {
      data += chunk
      guard data.count <= most, !Interruption.isRequested else {
        process.terminate()
        process.waitUntilExit()
        try Interruption.check()
        throw StageError(
          .input, "'\(path)' unpacks to more than \(most >> 20) MiB, a hundred times its size: no table of crystals does.")
      }
    }
    process.waitUntilExit()
    if process.terminationStatus == 127 { throw missing }
    guard process.terminationStatus == 0 else {
      throw StageError(.input, "'\(path)' cannot be unpacked by \(command[0]): it is damaged or no file of that kind.")
    }
    return data
  }

  private static func package(of tool: String) -> String { tool == "xz" ? "xz-utils" : tool }
}

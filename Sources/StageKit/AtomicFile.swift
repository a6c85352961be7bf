import COpenSSL
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
    let temporary = path + ".partial-\(ProcessInfo.processInfo.processIdentifier)"
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

  /// The bytes of a file; .gz and .xz are unpacked by gzip and xz.
  public static func bytes(of path: String) throws -> [UInt8] {
    let tool = path.hasSuffix(".xz") ? "xz" : path.hasSuffix(".gz") ? "gzip" : nil
    guard FileManager.default.fileExists(atPath: path) else {
      throw StageError(.input, "there is no file '\(path)'.")
    }
    guard let tool else {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw StageError(.inputOutput, "'\(path)' cannot be read: \(systemErrorText()).")
      }
      return Array(data)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool, "-dc", path]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch {
      throw StageError(.unavailable, "'\(tool)' is needed to read '\(path)' and cannot be run: make setup installs it.")
    }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw StageError(.input, "'\(path)' cannot be unpacked by \(tool): it is damaged or no .\(tool) file.")
    }
    return Array(data)
  }

  /// SHA-256 of a file in hexadecimal.
  public static func hash(of path: String) throws -> String {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw StageError(.input, "there is no file '\(path)'.")
    }
    defer { try? handle.close() }
    guard let context = unsafe EVP_MD_CTX_new() else { throw StageError(.unavailable, "libcrypto gives no digest.") }
    defer { unsafe EVP_MD_CTX_free(context) }
    unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil)
    while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
      // Safety: the pointer and the count are the chunk's own.
      _ = unsafe chunk.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }
    var digest = [UInt8](repeating: 0, count: 32)
    // Safety: SHA-256 gives 32 bytes.
    unsafe EVP_DigestFinal_ex(context, &digest, nil)
    return digest.map { String(format: "%02x", $0) }.joined()
  }
}

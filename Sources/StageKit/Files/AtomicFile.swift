import Foundation
import Synchronization

/// What the system says of the last call that failed.
func systemErrorText() -> String {
  unsafe errno == 0 ? "the library gives no reason (is the disk full?)" : String(cString: strerror(errno))
}

/// A file that appears whole or not at all: written under a temporary name beside its place, flushed, renamed.
public enum AtomicFile {
  /// Temporary files that this process is writing.
  private static let begun = Mutex<Set<String>>([])

  /// Runs `body` with a temporary path and puts what it wrote in place; removes it where `body` throws. Where the path is a symbolic
  /// link, its target is written.
  ///
  /// - Throws: `StageError` where the file cannot be written, and what `body` throws; then there is no new file.
  public static func write(to path: String, _ body: (String) throws -> Void) throws {
    guard !path.isEmpty else { throw StageError(.usage, "the name of an output is empty.") }
    let place = OutputFiles.resolved(path)
    let directory = OutputFiles.parent(of: place)
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw StageError(.inputOutput, "the folder '\(directory)' cannot be made: \(reason(error)).")
    }
    // Processes of other machines may write the same file on a shared disk: host and number make a name that is nobody else's.
    let temporary = place + ".partial-\(hostName)-\(ProcessInfo.processInfo.processIdentifier)"
    begun.withLock { _ = $0.insert(temporary) }
    defer { begun.withLock { _ = $0.remove(temporary) } }
    do {
      errno = 0
      try body(temporary)
      try InputFiles.check()
      try flush(temporary, path)
      guard unsafe rename(temporary, place) == 0 else {
        throw StageError(.inputOutput, "'\(path)' cannot be put in place: \(systemErrorText()).")
      }
      // The name, too, is to be there after the power has failed; some disks do not take that for folders.
      try? flush(directory, path)
    } catch {
      unsafe unlink(temporary)
      throw error
    }
  }

  /// Removes what this process has begun to write, before it ends in the middle of that.
  static func abandon() {
    for path in begun.withLock({ $0 }) { unsafe unlink(path) }
  }

  /// What the system says of an error of Foundation, without its wrapping.
  static func reason(_ error: any Error) -> String {
    let inner = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return inner.map { unsafe String(cString: strerror(Int32($0.code))) } ?? error.localizedDescription
  }

  /// The machine's name, as the system has it; nobody is asked over the network.
  static var hostName: String {
    var bytes = [CChar](repeating: 0, count: 256)
    // Safety: room for 255 bytes and a zero.
    guard unsafe gethostname(&bytes, 255) == 0 else { return "localhost" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Writes text.
  ///
  /// - Throws: `StageError` where the file cannot be written.
  public static func write(_ text: String, to path: String) throws {
    try write(to: path) { temporary in
      do {
        try Data(text.utf8).write(to: URL(fileURLWithPath: temporary))
      } catch {
        throw StageError(.inputOutput, "'\(path)' cannot be written: \(reason(error)).")
      }
    }
  }

  private static func flush(_ file: String, _ path: String) throws {
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StageError(.inputOutput, "'\(path)' is gone: \(systemErrorText()).") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw StageError(.inputOutput, "'\(path)' cannot be flushed to disk: \(systemErrorText()).")
    }
  }

  /// SHA-256 of a file in hexadecimal; see `InputFiles.hash`.
  ///
  /// - Throws: `StageError` where the file cannot be read.
  public static func hash(of path: String) throws -> String { try InputFiles.hash(of: path) }
}

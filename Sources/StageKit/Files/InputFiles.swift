import Foundation
import Synchronization

/// What the system knows of a file: another file, or the same one written to, has another.
struct FileState: Hashable, Sendable {
  var device: UInt64
  var inode: UInt64
  var size: Int
  /// Nanoseconds.
  var modified: Int

  /// - Throws: where the file is not there or not a regular one.
  init(_ descriptor: Int32, _ path: String) throws {
    var facts = stat()
    // Safety: one structure, as the call fills in.
    guard unsafe fstat(descriptor, &facts) == 0 else {
      throw StageError(.inputOutput, "'\(path)' cannot be read: \(systemErrorText()).")
    }
    guard facts.st_mode & S_IFMT == S_IFREG else {
      let isFolder = facts.st_mode & S_IFMT == S_IFDIR
      throw StageError(.input, isFolder ? "'\(path)' is a folder, expected a file." : "'\(path)' is no regular file.")
    }
    (device, inode, size) = (UInt64(facts.st_dev), UInt64(facts.st_ino), Int(facts.st_size))
    modified = facts.st_mtim.tv_sec &* 1_000_000_000 &+ facts.st_mtim.tv_nsec
  }
}

/// The files that a stage reads, kept open from the first look to the end: one that is removed or replaced by another is still
/// read, one that is written to is noticed. What stands in the provenance is the hash of what was read.
enum InputFiles {
  private final class Held: Sendable {
    let descriptor: Int32
    let state: FileState
    let hash = Mutex<String?>(nil)

    init(_ descriptor: Int32, _ state: FileState) { (self.descriptor, self.state) = (descriptor, state) }
  }

  private static let held = Mutex<[String: Held]>([:])

  /// A process may have a thousand files open; where a stage reads more (merge), the others are opened when they are read.
  private static let mostHeld = 128

  /// Opens files and keeps them; folders and what is not there are left to those who read them.
  static func hold(_ paths: [String]) throws {
    for path in paths where held.withLock({ $0[path] == nil && $0.count < mostHeld }) {
      guard let descriptor = try descriptor(path) else { continue }
      guard let state = try? FileState(descriptor, path) else {
        close(descriptor)
        continue
      }
      held.withLock { $0[path] = Held(descriptor, state) }
    }
  }

  /// A name under which a file can be opened, that of the open file where it is held; and what the system knows of it.
  static func open(_ path: String) throws -> (name: String, state: FileState) {
    if let file = held.withLock({ $0[path] }) {
      try check(file, path)
      return ("/proc/self/fd/\(file.descriptor)", file.state)
    }
    guard let descriptor = try descriptor(path) else {
      throw StageError(.input, "there is no file '\(path)'. Run the stage that makes it first, or check the name.")
    }
    defer { close(descriptor) }
    return (path, try FileState(descriptor, path))
  }

  /// All bytes of a regular file.
  ///
  /// - Parameter most: more than so many are refused.
  static func bytes(of path: String, most: Int = 1 << 32) throws -> [UInt8] {
    let (name, state) = try open(path)
    guard state.size <= most else {
      throw StageError(.input, "'\(path)' has \(state.size) bytes, more than the \(most) that are read.")
    }
    guard let data = FileManager.default.contents(atPath: name) else {
      throw StageError(.inputOutput, "'\(path)' cannot be read: \(systemErrorText()).")
    }
    return Array(data)
  }

  /// Throws where an input has been written to since it was opened, and before it was known what it held.
  static func check() throws {
    for (path, file) in held.withLock({ $0 }) where file.hash.withLock({ $0 == nil }) { try check(file, path) }
  }

  /// Takes the hashes now: for long work, which is not to be lost because somebody writes to an input after it was read.
  static func hashAll() throws {
    for path in held.withLock({ $0.keys.sorted() }) { _ = try hash(of: path) }
  }

  private static func check(_ file: Held, _ path: String) throws {
    guard try FileState(file.descriptor, path) == file.state else {
      throw StageError(.input, "'\(path)' was written to while it was read: nothing is made of it. Start again.")
    }
  }

  /// SHA-256 of a file in hexadecimal, of one that is held as it was when it was opened.
  static func hash(of path: String) throws -> String {
    if let file = held.withLock({ $0[path] }) {
      if let hash = file.hash.withLock({ $0 }) { return hash }
      let fresh = try noted(path, file.state) ?? hash(file.descriptor, path)
      try check(file, path)
      file.hash.withLock { $0 = fresh }
      return fresh
    }
    guard let descriptor = try descriptor(path) else { throw StageError(.input, "there is no file '\(path)'.") }
    defer { close(descriptor) }
    let state = try FileState(descriptor, path)
    return try noted(path, state) ?? hash(descriptor, path)
  }

  /// The hash that the line has noted in FILE.id, where FILE.state beside it is about this very file: a thousand shards need not all
  /// read the whole input for it.
  private static func noted(_ path: String, _ state: FileState) throws -> String? {
    guard let words = try? String(contentsOfFile: path + ".state", encoding: .utf8).split(separator: " ", maxSplits: 4),
      words.count == 4, let size = Int(words[0]), size == state.size, words[1].split(separator: ".").count == 2,
      let inode = UInt64(words[2]), inode == state.inode
    else { return nil }
    // Seconds, a point, nanoseconds.
    let time = words[1].split(separator: ".").compactMap { Int($0) }
    guard time.count == 2, time[0] &* 1_000_000_000 &+ time[1] == state.modified else { return nil }
    let hash = words[3].trimmingCharacters(in: .newlines)
    return hash.count == 64 && hash.allSatisfy(\.isHexDigit) ? hash : nil
  }

  private static func hash(_ descriptor: Int32, _ path: String) throws -> String {
    let hash = try RunningHash()
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while true {
      try Interruption.check()
      // Safety: at most as many bytes as the chunk has are written to it.
      let n = unsafe chunk.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, offset) }
      if n < 0 && errno == EINTR { continue }
      guard n >= 0 else { throw StageError(.inputOutput, "'\(path)' cannot be read: \(systemErrorText()).") }
      guard n > 0 else { return hash.finish() }
      // Safety: the first n bytes of the chunk, which have just been read.
      unsafe chunk.withUnsafeBytes { unsafe hash.update(UnsafeRawBufferPointer(rebasing: $0[..<n])) }
      offset += n
    }
  }

  /// nil where there is no such file. A pipe is not waited for.
  private static func descriptor(_ path: String) throws -> Int32? {
    let descriptor = unsafe Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor >= 0 { return descriptor }
    if errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || path.isEmpty { return nil }
    throw StageError(.inputOutput, "'\(path)' cannot be read: \(systemErrorText()).")
  }
}

import CDamage
import Foundation

/// How a program ended, and what it said.
struct Outcome {
  var status: Int
  /// Largest resident memory, bytes.
  var memory: Int
  var seconds: Double
  /// Of the processors.
  var work: Double
  var output: String
  var errors: String

  /// Statuses of the design.
  private static let designed: Set = [0, 64, 65, 69, 74, 75]

  /// What the design does not allow; nil where there is nothing.
  var complaint: String? {
    // On a machine that others use, too, waiting is not working.
    if work > 20 || seconds > 120 { return "took \(Int(seconds)) s, \(Int(work)) s of the processors" }
    if status > 256 { return "signal \(status - 256): \(errors.suffix(300))" }
    if !Self.designed.contains(status) { return "status \(status): \(errors.suffix(300))" }
    if memory > 1_000_000_000 { return "\(memory / 1_000_000) MB" }
    if status != 0, errors.isEmpty { return "status \(status) without a word" }
    if errors.contains("Remove it") || errors.contains("emove the file") { return "advises to remove a file: \(errors)" }
    return nil
  }
}

/// A folder to work in and the programs to run there.
struct Workshop {
  let folder: String
  let programs: String

  init(programs: String) throws {
    self.programs = URL(fileURLWithPath: programs).path
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("frieze-fuzz-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  init(folder: String, programs: String) { (self.folder, self.programs) = (folder, programs) }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// A folder in it, empty.
  func place(_ name: String) throws -> Workshop {
    let place = Workshop(folder: path(name), programs: programs)
    place.remove()
    try FileManager.default.createDirectory(atPath: place.folder, withIntermediateDirectories: true)
    return place
  }

  func write(_ name: String, _ text: String) throws {
    let path = path(name)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  func copy(_ from: String, _ name: String) throws {
    try? FileManager.default.removeItem(atPath: path(name))
    try FileManager.default.copyItem(atPath: from, toPath: path(name))
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// - Parameters:
  ///   - addressSpace: bytes, 0 for no limit.
  ///   - kill: after so many seconds this signal.
  func run(
    _ name: String, _ arguments: [String], addressSpace: Int = 0, limit: Double = 125,
    kill: (after: Double, signal: Int32)? = nil
  ) -> Outcome {
    var list: [UnsafePointer<CChar>?] = unsafe (["\(programs)/\(name)"] + arguments).map { unsafe UnsafePointer(strdup($0)) }
    unsafe list.append(nil)
    // Safety: the strings that strdup made, and nil.
    defer { unsafe list.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
    let (out, err) = (path(".output"), path(".errors"))
    let end = unsafe frieze_run(
      &list, folder, out, err, limit, Int64(addressSpace), kill?.after ?? -1, kill?.signal ?? 0)
    func text(_ path: String) -> String {
      String(decoding: (FileManager.default.contents(atPath: path) ?? Data()).prefix(1 << 20), as: UTF8.self)
    }
    return Outcome(
      status: Int(end.status), memory: Int(end.memory), seconds: end.seconds, work: end.processor_seconds, output: text(out),
      errors: text(err))
  }
}

struct AttackError: Error, CustomStringConvertible {
  let description: String
}

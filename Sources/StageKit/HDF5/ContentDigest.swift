/// The digest of all that a file's datasets hold, whatever their layout on disk: SHA-256 over a line a dataset, in the order of
/// names, with its name, kind, shape and the SHA-256 of its values (numbers as in memory, each string with a zero behind it). What
/// only tells how long something took is left out, so that two runs with the same results have the same digest.
///
/// The root attribute `content` of every file; the SHA-256 of each dataset is its attribute `sha256`. They tell a file that was
/// damaged after it was written, which HDF5 does not.
final class ContentDigest {
  /// The attribute of a dataset.
  static let key = "sha256"
  /// Datasets that depend on the clock.
  static let clocks: Set = ["/relaxation/wall_seconds", "/training/seconds"]

  private var hashes: [String: RunningHash] = [:]
  private var lines: [String: String] = [:]

  /// Begins a dataset; its values follow in order, in pieces of any size.
  func begin(_ name: String, _ kind: HDF5Kind, shape: [Int]) throws {
    lines[name] = Self.line(name, kind, shape)
    hashes[name] = try RunningHash()
  }

  func update<Scalar: HDF5Scalar>(_ name: String, _ values: [Scalar]) {
    // Safety: the bytes of the array, for the time of the call.
    unsafe values.withUnsafeBytes { unsafe hashes[name]?.update($0) }
  }

  func update(_ name: String, _ strings: [String]) {
    for string in strings { hashes[name]?.update(string + "\0") }
  }

  /// Ends a dataset and gives the digest of its values.
  func end(_ name: String) -> String {
    let digest = hashes.removeValue(forKey: name)?.finish() ?? ""
    if Self.clocks.contains(name) { lines[name] = nil } else { lines[name]? += " \(digest)" }
    return digest
  }

  /// The whole, as the attribute has it; to be asked for once all datasets have ended.
  func finish() throws -> String { try Self.digest(of: lines) }

  static func line(_ name: String, _ kind: HDF5Kind, _ shape: [Int]) -> String {
    "\(name) \(kind.rawValue) \(shape.map(String.init).joined(separator: "x"))"
  }

  static func digest(of lines: [String: String]) throws -> String {
    let whole = try RunningHash()
    for (_, line) in lines.sorted(by: { $0.key < $1.key }) { whole.update(line + "\n") }
    return "sha256:" + whole.finish()
  }
}

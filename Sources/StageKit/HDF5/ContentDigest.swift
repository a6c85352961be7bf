/// The digest of all that a file's datasets hold, whatever their layout on disk: SHA-256 over a line a dataset, in the order of
/// names, with its name, kind, shape and the SHA-256 of its values (numbers as in memory, each string with a zero behind it).
///
/// The root attribute `content` of every file. It tells a file that was damaged after it was written, which HDF5 does not.
final class ContentDigest {
  private var hashes: [String: (line: String, hash: RunningHash)] = [:]

  /// Begins a dataset; its values follow in order, in pieces of any size.
  func begin(_ name: String, _ kind: HDF5Kind, shape: [Int]) throws {
    hashes[name] = ("\(name) \(kind.rawValue) \(shape.map(String.init).joined(separator: "x"))", try RunningHash())
  }

  func update<Scalar: HDF5Scalar>(_ name: String, _ values: [Scalar]) {
    // Safety: the bytes of the array, for the time of the call.
    unsafe values.withUnsafeBytes { unsafe hashes[name]?.hash.update($0) }
  }

  func update(_ name: String, _ strings: [String]) {
    for string in strings { hashes[name]?.hash.update(string + "\0") }
  }

  /// The whole, as the attribute has it; to be asked for once.
  func finish() throws -> String {
    let whole = try RunningHash()
    for (_, entry) in hashes.sorted(by: { $0.key < $1.key }) { whole.update("\(entry.line) \(entry.hash.finish())\n") }
    return "sha256:" + whole.finish()
  }
}

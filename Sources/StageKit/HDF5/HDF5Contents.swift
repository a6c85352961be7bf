/// What a file says it holds, and which of its datasets have been compared with that.
///
/// Files of ours say it twice: every dataset has an attribute `sha256`, and the root's `content` is the digest of all of them
/// (`ContentDigest`). The first look at a dataset compares these; every dataset that is read is compared with its own. Files that were
/// written before datasets had one are compared whole. A file without `content` comes from another program and says nothing.
final class HDF5Contents {
  private enum State {
    case unknown, silent
    case digests([String: String])
  }

  private var state = State.unknown
  private var verified: Set<String> = []

  func isVerified(_ name: String) -> Bool { verified.contains(name) }

  /// The digest that a dataset should have; nil where the file does not say.
  func expected(_ name: String, _ reader: borrowing HDF5Reader) throws -> String? {
    if case .unknown = state { try look(reader) }
    guard case .digests(let digests) = state else { return nil }
    guard let digest = digests[Self.absolute(name)] else { throw damaged(reader, name) }
    return digest
  }

  func compare(_ expected: String, _ found: String, _ name: String, _ reader: borrowing HDF5Reader) throws {
    guard expected == found else { throw damaged(reader, name) }
    verified.insert(name)
  }

  private static func absolute(_ name: String) -> String { name.hasPrefix("/") ? name : "/\(name)" }

  private func look(_ reader: borrowing HDF5Reader) throws {
    guard try reader.attributeNames().contains("content") else {
      state = .silent
      return
    }
    let content = reader.attribute("content")
    let names = try reader.datasetNames()
    var digests: [String: String] = [:]
    for name in names { digests[name] = reader.attribute(ContentDigest.key, of: name) }
    let isOld = digests.isEmpty
    var lines: [String: String] = [:]
    for name in names {
      let set = try reader.open(name)
      guard let digest = isOld ? try reader.digest(name, set) : digests[name] else { throw damaged(reader, name) }
      digests[name] = digest
      if isOld { verified.insert(name) }
      if isOld || !ContentDigest.clocks.contains(name) {
        lines[name] = "\(ContentDigest.line(name, set.kind, set.shape)) \(digest)"
      }
    }
    guard try ContentDigest.digest(of: lines) == content else { throw damaged(reader, nil) }
    state = .digests(digests)
  }

  private func damaged(_ reader: borrowing HDF5Reader, _ name: String?) -> StageError {
    let place = name.map { " (\(Self.absolute($0)))" } ?? ""
    return StageError(
      .input,
      "'\(reader.path)' is damaged: its content is not what was written\(place). Make it again; where another program changed it "
        + "on purpose, have that take away the attribute content.")
  }
}

import CHDF5Probe
import Foundation
import Synchronization

/// Reads one HDF5 file, of ours or of anybody. Every error names the file, the field, what was expected and what was found.
///
/// Nothing that a file says is believed: the library first goes through it in a process of its own (`HDF5Calls.probe`), sizes are held
/// against the bytes that are there, and where a file says what it holds (`content`), what is read is compared with it.
public struct HDF5Reader: ~Copyable {
  private let file: HDF5Handle
  /// Where the file lies, for messages.
  public let path: String
  /// Bytes of the file.
  private let size: Int
  let contents: HDF5Contents

  /// Files that have been gone through, by what the system knows of them.
  private static let probed = Mutex<Set<FileState>>([])
  /// Values that may take many times the bytes they have in the file: this much, or so many times as much.
  private static let unpacked = (bytes: 64 << 20, times: 100)
  private static let deepest = 32

  /// Opens a file, after the library has gone through it in a process of its own.
  ///
  /// - Throws: `StageError` where there is no such file, it is no HDF5 file, or it is damaged.
  public init(path: String) throws {
    let (real, state) = try InputFiles.open(path)
    if !Self.probed.withLock({ $0.contains(state) }) {
      try Self.probe(real, path, size: state.size)
      Self.probed.withLock { _ = $0.insert(state) }
    }
    guard let file = HDF5Calls.open(real) else { throw Self.unreadable(path) }
    (self.file, self.path, size, contents) = (file, path, state.size, HDF5Contents())
  }

  private static func unreadable(_ path: String) -> StageError {
    StageError(
      .input,
      isHDF5(path)
        ? "'\(path)' cannot be opened: it was cut off, or another process is writing it or holds it locked (then try again when "
          + "that has ended). If it is cut off, make it again."
        : "'\(path)' is no HDF5 file; 'preprocess' makes a dataset of crystal files, 'convert' other crystals.")
  }

  /// Whether a file begins as HDF5 files do.
  public static func isHDF5(_ path: String) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 8)).map { [UInt8]($0) } == [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
  }

  private static func probe(_ real: String, _ path: String, size: Int) throws {
    switch Int(HDF5Calls.probe(real, size: size)) {
    case FRIEZE_PROBE_UNREADABLE: throw unreadable(path)
    case FRIEZE_PROBE_FATAL:
      throw StageError(.input, "'\(path)' is damaged: HDF5's library does not survive it. Run the stage that makes it again.")
    case FRIEZE_PROBE_ENDLESS:
      throw StageError(.input, "'\(path)' has groups within groups without end; no file that frieze reads has.")
    case FRIEZE_PROBE_STOPPED: try Interruption.check()
    // Sound, or no process to be had for it.
    default: break
    }
  }

  // MARK: What there is

  /// Whether there is a dataset or group with a name such as `/crystal/lattice`.
  public func contains(_ name: String) -> Bool { link(name) == .hard }

  private func link(_ name: String) -> HDF5Calls.Link {
    var partial = ""
    for part in name.split(separator: "/") {
      partial += "/" + part
      let link = HDF5Calls.link(partial, in: file)
      if link != .hard { return link }
    }
    return .hard
  }

  /// Names of what a group holds, in alphabetical order; none where there is no such group.
  ///
  /// - Throws: `StageError` where it is no group, or cannot be listed.
  public func names(in group: String) throws -> [String] {
    guard contains(group) else { return [] }
    guard let handle = HDF5Calls.group(group, in: file) else { throw wrong(group, "expected a group") }
    guard let names = HDF5Calls.names(in: handle) else { throw wrong(group, "cannot be listed") }
    return names
  }

  /// Full names of all datasets, in alphabetical order.
  ///
  /// - Throws: `StageError` where a group cannot be listed, or leads elsewhere.
  public func datasetNames(in group: String = "") throws -> [String] {
    guard group.split(separator: "/").count < Self.deepest else { throw wrong(group, "expected no more groups in groups") }
    return try names(in: group.isEmpty ? "/" : group).flatMap { name in
      let full = "\(group)/\(name)"
      guard link(full) == .hard else { throw wrong(full, "is a link to elsewhere, which is not followed") }
      if HDF5Calls.group(full, in: file) == nil { return [full] }
      return try datasetNames(in: full)
    }
  }

  /// Names of the attributes of the root or of an object, in alphabetical order.
  ///
  /// - Throws: `StageError` where there is no such object.
  public func attributeNames(of name: String = "/") throws -> [String] {
    guard contains(name), let object = HDF5Calls.object(name, in: file) else { throw wrong(name, "expected, not found") }
    guard let names = HDF5Calls.attributeNames(of: object) else { throw wrong(name, "its attributes cannot be listed") }
    return names
  }

  /// Whether an attribute is a text, a number with a fraction or a whole one; nil where there is none.
  public func attributeKind(_ key: String, of name: String = "/") -> HDF5Kind? {
    guard let attribute = attributeHandle(key, name), let type = HDF5Calls.type(ofAttribute: attribute) else { return nil }
    switch HDF5Calls.kind(of: type) {
    case .string: return .string
    case .float64, .float32, .float16: return .float64
    case nil: return nil
    default: return .int64
    }
  }

  /// A text attribute of the root or of an object; nil where there is none, or it is not one text.
  public func attribute(_ key: String, of name: String = "/") -> String? {
    attributeHandle(key, name).flatMap(HDF5Calls.text(of:))
  }

  /// A numeric attribute; nil where there is none, or it is not one number.
  public func attribute<Scalar: HDF5Scalar>(_ key: String, as type: Scalar.Type, of name: String = "/") -> Scalar? {
    attributeHandle(key, name).flatMap { HDF5Calls.number(type, of: $0) }
  }

  private func attributeHandle(_ key: String, _ name: String) -> HDF5Handle? {
    contains(name) ? HDF5Calls.attribute(key, of: name, in: file) : nil
  }

  // MARK: Datasets

  /// The kind of a dataset's elements; an error where it is none that we write.
  ///
  /// - Throws: `StageError` where there is no such dataset, or it is of another kind.
  public func kind(of name: String) throws -> HDF5Kind { try open(name).kind }

  /// The sizes of a dataset's axes.
  ///
  /// - Throws: `StageError` where there is no such dataset.
  public func shape(of name: String) throws -> [Int] { try open(name).shape }

  /// The size of a dataset's first axis: its rows.
  ///
  /// - Throws: `StageError` where there is no such dataset, or it is one value.
  public func rows(of name: String) throws -> Int {
    guard let rows = try shape(of: name).first else { throw wrong(name, "expected a row a record, found one value") }
    return rows
  }

  /// Reads a dataset of numbers, converted to the type asked for where HDF5 can.
  ///
  /// - Parameters:
  ///   - shape: expected sizes, nil where any will do; the wrong rank or size is an error.
  ///   - rows: along the first axis; all where nil. Only they are read from disk, but for the first time, when all are compared
  ///     with what the file says it holds.
  /// - Throws: `StageError` where there is no such dataset, or it is of another kind or shape, or damaged.
  public func read<Scalar: HDF5Scalar>(
    _ type: Scalar.Type = Scalar.self, _ name: String, shape expected: [Int?]? = nil, rows: Range<Int>? = nil
  ) throws -> [Scalar] {
    let set = try open(name)
    if let expected {
      let fits = set.shape.count == expected.count && zip(set.shape, expected).allSatisfy { $1 == nil || $0 == $1 }
      guard fits else {
        let wanted = expected.map { $0.map(String.init) ?? "any" }.joined(separator: " x ")
        throw wrong(name, "expected shape \(wanted), found \(set.shape.map(String.init).joined(separator: " x "))")
      }
    }
    guard set.kind != .string else {
      throw wrong(name, "expected \(Scalar.hdf5Kind.rawValue), found something that is no number")
    }
    let isWhole = rows == nil || rows == 0..<(set.shape.first ?? 1)
    let kind = set.kind == .float16 ? .float32 : set.kind
    if !isWhole || kind != Scalar.hdf5Kind { try verify(name, set) }
    let values = try numbers(type, name, set, rows: rows)
    if isWhole, kind == Scalar.hdf5Kind { try verify(name, values) }
    return values
  }

  /// Reads a dataset of strings.
  ///
  /// - Parameter rows: all where nil.
  /// - Throws: `StageError` where there is no such dataset, or it holds no strings, or is damaged.
  public func readStrings(_ name: String, rows: Range<Int>? = nil) throws -> [String] {
    let set = try open(name)
    guard set.kind == .string else { throw wrong(name, "expected strings") }
    if rows != nil { try verify(name, set) }
    let strings = try strings(name, set, rows: rows)
    if rows == nil, let digest = try contents.expected(name, self) {
      let hash = try RunningHash()
      for string in strings { hash.update(string + "\0") }
      try contents.compare(digest, hash.finish(), name, self)
    }
    return strings
  }

  /// Bytes of the longest string of a dataset, or a few more.
  func stringWidth(of name: String) throws -> Int {
    let set = try open(name)
    guard HDF5Calls.isVariable(set.type) else { return HDF5Calls.size(of: set.type) }
    return try strings(name, set, rows: nil).reduce(1) { max($0, $1.utf8.count) }
  }

  /// A dataset that has been looked at: its kind is one that we read, its sizes are in keeping with the file's.
  struct OpenDataset {
    fileprivate let handle: HDF5Handle
    fileprivate let type: HDF5Handle
    fileprivate let space: HDF5Handle
    let kind: HDF5Kind
    let shape: [Int]
  }

  func open(_ name: String) throws -> OpenDataset {
    switch link(name) {
    case .hard: break
    case .none: throw wrong(name, "expected, not found")
    case .elsewhere: throw wrong(name, "is a link to elsewhere, which is not followed")
    }
    guard HDF5Calls.group(name, in: file) == nil, let handle = HDF5Calls.dataset(name, in: file) else {
      throw wrong(name, "expected a dataset")
    }
    guard let type = HDF5Calls.type(ofDataset: handle), let space = HDF5Calls.space(ofDataset: handle),
      let shape = HDF5Calls.shape(of: space), let storage = HDF5Calls.storage(of: handle)
    else { throw wrong(name, "cannot be read; the file is damaged") }
    guard let kind = HDF5Calls.kind(of: type) else { throw wrong(name, "expected numbers or strings") }
    let count = HDF5Calls.product(shape) ?? 0
    guard let bytes = HDF5Calls.product([count, max(1, HDF5Calls.size(of: type))]) else {
      throw wrong(name, "claims \(shape.map(String.init).joined(separator: " x ")) values; the file is damaged")
    }
    let fits: Bool
    switch storage {
    case .plain(let stored): fits = count == 0 || (bytes <= stored && stored <= size)
    case .chunks(let stored): fits = stored <= size && (bytes <= Self.unpacked.bytes || bytes / Self.unpacked.times <= stored)
    case .elsewhere: throw wrong(name, "has its values in another file, which is not read")
    }
    guard fits else {
      throw wrong(
        name,
        "claims \(shape.map(String.init).joined(separator: " x ")) values, more than there are in the file's \(size) bytes")
    }
    return OpenDataset(handle: handle, type: type, space: space, kind: kind, shape: shape)
  }

  func numbers<Scalar: HDF5Scalar>(
    _ type: Scalar.Type, _ name: String, _ set: OpenDataset, rows: Range<Int>?
  ) throws -> [Scalar] {
    guard let selection = HDF5Calls.select(rows, of: set.shape, in: set.space) else {
      throw wrong(name, "expected rows \(rows ?? 0..<0), found \(set.shape.first ?? 1)")
    }
    let values =
      set.kind == .float16 && type == Float.self
      ? HDF5Calls.halves(of: set.handle, set.type, selection) as? [Scalar] : HDF5Calls.numbers(type, of: set.handle, selection)
    guard let values else {
      throw wrong(name, "cannot be read; the file is damaged")
    }
    return values
  }

  func strings(_ name: String, _ set: OpenDataset, rows: Range<Int>?) throws -> [String] {
    let all = 0..<(set.shape.first ?? 1)
    let wanted = rows ?? all
    guard set.shape.count < 2, wanted.lowerBound >= 0, wanted.upperBound <= all.upperBound else {
      throw wrong(name, "expected rows \(wanted), found \(all)")
    }
    var found: [String]?
    if HDF5Calls.isVariable(set.type) {
      found = HDF5Calls.variableStrings(
        of: set.handle, set.type, shape: set.shape, rows: wanted, most: Self.unpacked.bytes + size)
    } else if let selection = HDF5Calls.select(rows, of: set.shape, in: set.space) {
      found = HDF5Calls.fixedStrings(of: set.handle, set.type, selection)
    }
    guard let found else { throw wrong(name, "cannot be read; the file is damaged") }
    return found
  }

  package func wrong(_ name: String, _ what: String) -> StageError {
    StageError(.input, "'\(path)', \(name): \(what).")
  }
}

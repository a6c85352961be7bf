import CHDF5

/// Writes one HDF5 file; nothing is certain until `close` has returned.
///
/// Every call checks what the library says: a full disk is an error here, not a broken file. The layout is that of HDF5 1.8, in which all
/// that describes the data has checksums; strings have one width, so that no heap of strings can be damaged.
public struct HDF5Writer: ~Copyable {
  private let file: hid_t
  private let path: String
  private var isOpen = true
  private let columns = HDF5Columns()
  /// Bytes of a column of strings that may be padding.
  private static let mostPadding = 64 << 20

  /// Makes the file anew.
  ///
  /// - Parameter name: what messages call it; the path where nil.
  /// - Throws: `StageError` where the file cannot be made.
  public init(path: String, name: String? = nil) throws {
    frieze_h5_silence()
    let access = frieze_h5_checksums()
    defer { H5Pclose(access) }
    file = unsafe H5Fcreate(path, frieze_h5_truncate(), frieze_h5_default(), access)
    self.path = name ?? path
    guard file >= 0 else {
      throw StageError(.inputOutput, "'\(name ?? path)' cannot be written: \(systemErrorText()).")
    }
  }

  deinit { if isOpen { H5Fclose(file) } }

  /// Writes the digest of all, flushes and closes; throws where anything could not be written.
  ///
  /// - Throws: `StageError` where anything was not written.
  public consuming func close() throws {
    precondition(columns.open.isEmpty)
    try setAttribute("content", try columns.digest.finish())
    let flushed = H5Fflush(file, H5F_SCOPE_GLOBAL)
    let closed = H5Fclose(file)
    isOpen = false
    guard flushed >= 0, closed >= 0 else { throw failure("the file") }
  }

  /// Writes numbers as a dataset `/group/name`; groups on the way are made.
  ///
  /// - Throws: `StageError` where it cannot be written.
  public func write<Scalar: HDF5Scalar>(_ values: [Scalar], shape: [Int]? = nil, to name: String) throws {
    let shape = shape ?? [values.count]
    precondition(shape.reduce(1, *) == values.count)
    try begin(name, Scalar.hdf5Kind, shape: shape)
    try append(values, to: name)
  }

  /// Writes numbers as half precision (float16): 11 significant bits, up to 65504.
  ///
  /// - Throws: `StageError` where it cannot be written.
  public func writeHalf(_ values: [Float], shape: [Int], to name: String) throws {
    precondition(shape.reduce(1, *) == values.count)
    try begin(name, .float16, shape: shape)
    // Rounded here, so that the digest is that of the values that a reader gets.
    try append(values.map { Float(Float16($0)) }, to: name)
  }

  /// Makes a dataset whose rows are written later, some at a time and in order.
  ///
  /// - Throws: `StageError` where it cannot be made.
  public func reserve<Scalar: HDF5Scalar>(_ type: Scalar.Type, shape: [Int], _ name: String) throws {
    try begin(name, Scalar.hdf5Kind, shape: shape)
  }

  /// Writes whole rows of a reserved dataset, behind those it has.
  ///
  /// - Parameters:
  ///   - values: (rows, …) as the dataset has it behind its first dimension, `width` numbers a row.
  ///   - row: the first row to write: as many as there are already.
  /// - Throws: `StageError` where they cannot be written.
  public func write<Scalar: HDF5Scalar>(_ values: [Scalar], width: [Int] = [], to name: String, row: Int) throws {
    guard !values.isEmpty else { return }
    precondition(columns.open[name].map { $0.done == row && Array($0.shape.dropFirst()) == width } ?? false)
    try append(values, to: name)
  }

  /// Writes strings of any length, in the width of the longest.
  ///
  /// - Throws: `StageError` where they cannot be written.
  public func write(_ strings: [String], to name: String) throws {
    try begin(name, .string, shape: [strings.count], width: strings.reduce(1) { max($0, $1.utf8.count) })
    try append(strings, to: name)
  }

  /// Makes a dataset that is written piece by piece along its first axis; with the last piece it is done.
  ///
  /// - Parameter width: bytes of the longest string; strings that would mostly be padding get variable length.
  /// - Throws: `StageError` where it cannot be made.
  public func begin(_ name: String, _ kind: HDF5Kind, shape: [Int], width: Int = 1) throws {
    let space = try dataspace(shape, name)
    defer { H5Sclose(space) }
    let isWide = kind == .string && width * (shape.first ?? 1) > Self.mostPadding
    let type = kind == .string && !isWide ? stringType(width: width) : kind.hdf5Type
    defer { if kind == .string || kind == .float16 { H5Tclose(type) } }
    let links = H5Pcreate(frieze_h5_link_create())
    defer { H5Pclose(links) }
    H5Pset_create_intermediate_group(links, 1)
    let dataset = unsafe H5Dcreate2(file, name, type, space, links, frieze_h5_default(), frieze_h5_default())
    guard dataset >= 0 else { throw failure(name) }
    columns.open[name] = HDF5Columns.Column(dataset: dataset, shape: shape, width: isWide ? nil : width)
    try columns.digest.begin(name, kind, shape: shape)
    if shape.contains(0) { try finish(name) }
  }

  /// The next rows of a dataset that was begun.
  ///
  /// - Throws: `StageError` where they cannot be written.
  public func append<Scalar: HDF5Scalar>(_ values: [Scalar], to name: String) throws {
    guard !values.isEmpty else { return }
    columns.digest.update(name, values)
    // Safety: put() takes as many rows as there are values, and checks that they are whole ones.
    try unsafe values.withUnsafeBytes { try unsafe put($0.baseAddress, count: values.count, Scalar.hdf5Type, name) }
  }

  /// The next strings of a dataset that was begun.
  ///
  /// - Throws: `StageError` where they cannot be written.
  public func append(_ strings: [String], to name: String) throws {
    guard !strings.isEmpty else { return }
    // A zero ends a string in any file; what would stand behind it is no part of what is written.
    let strings = strings.map { text in
      text.utf8.contains(0) ? String(decoding: Array(text.utf8.prefix { $0 != 0 }), as: UTF8.self) : text
    }
    columns.digest.update(name, strings)
    if let width = columns.open[name]?.width { return try append(strings, width: width, to: name) }
    let type = stringType()
    defer { H5Tclose(type) }
    let text = strings.map { Array($0.utf8CString) }
    let flat = text.flatMap { $0 }
    // Safety: the pointers point into `flat`, which lives through the call; each string ends with its zero.
    try unsafe flat.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      var offset = 0
      let pointers = unsafe text.map { string in
        defer { offset += string.count }
        return unsafe base + offset
      }
      try unsafe pointers.withUnsafeBytes { try unsafe put($0.baseAddress, count: strings.count, type, name) }
    }
  }

  /// Strings of one width, with zeros behind them.
  private func append(_ strings: [String], width: Int, to name: String) throws {
    let type = stringType(width: width)
    defer { H5Tclose(type) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(strings.count * width)
    for string in strings {
      let text = string.utf8
      precondition(text.count <= width)
      bytes += text
      bytes += repeatElement(0, count: width - text.count)
    }
    // Safety: as many elements as there are strings, each of the type's width.
    try unsafe bytes.withUnsafeBytes { try unsafe put($0.baseAddress, count: strings.count, type, name) }
  }

  /// Writes elements behind those that a dataset has already.
  private func put(_ values: UnsafeRawPointer?, count: Int, _ type: hid_t, _ name: String) throws {
    guard var column = columns.open[name] else { preconditionFailure("begin comes before append") }
    let width = column.shape.dropFirst().reduce(1, *)
    precondition(width > 0 && count.isMultiple(of: width) && column.done + count / width <= column.shape[0])
    let rows = count / width
    let piece = try dataspace([rows] + column.shape.dropFirst(), name)
    defer { H5Sclose(piece) }
    let whole = H5Dget_space(column.dataset)
    defer { H5Sclose(whole) }
    let start = [hsize_t(column.done)] + column.shape.dropFirst().map { _ in 0 }
    let size = [hsize_t(rows)] + column.shape.dropFirst().map { hsize_t($0) }
    // Safety: start and size have a number an axis, as the dataspace does.
    let selected = unsafe H5Sselect_hyperslab(whole, H5S_SELECT_SET, start, nil, size, nil)
    guard selected >= 0, unsafe H5Dwrite(column.dataset, type, piece, whole, frieze_h5_default(), values) >= 0 else {
      throw failure(name)
    }
    column.done += rows
    columns.open[name] = column
    if column.done == column.shape[0] { try finish(name) }
  }

  private func finish(_ name: String) throws {
    guard let column = columns.open.removeValue(forKey: name) else { return }
    let closed = H5Dclose(column.dataset)
    try setAttribute(ContentDigest.key, columns.digest.end(name), of: name)
    guard closed >= 0 else { throw failure(name) }
  }

  /// Sets a text attribute of the root, or of the object with a name.
  ///
  /// - Throws: `StageError` where it cannot be written.
  public func setAttribute(_ key: String, _ value: String, of name: String = "/") throws {
    let type = H5Tcopy(frieze_h5_string())
    defer { H5Tclose(type) }
    let bytes = Array(value.utf8)
    H5Tset_size(type, max(1, bytes.count))
    H5Tset_cset(type, H5T_CSET_UTF8)
    try setAttribute(key, type: type, of: name, value: bytes.isEmpty ? [0] : bytes)
  }

  /// Sets a numeric attribute of the root, or of the object with a name.
  ///
  /// - Throws: `StageError` where it cannot be written.
  public func setAttribute<Scalar: HDF5Scalar>(_ key: String, _ value: Scalar, of name: String = "/") throws {
    try setAttribute(key, type: Scalar.hdf5Type, of: name, value: [value])
  }

  private func setAttribute<T: BitwiseCopyable>(_ key: String, type: hid_t, of name: String, value: [T]) throws {
    let space = H5Screate_simple(0, nil, nil)
    defer { H5Sclose(space) }
    let attribute = unsafe H5Acreate_by_name(
      file, name, key, type, space, frieze_h5_default(), frieze_h5_default(), frieze_h5_default())
    guard attribute >= 0 else { throw failure("attribute \(key) of \(name)") }
    defer { H5Aclose(attribute) }
    // Safety: a scalar dataspace of a type as wide as the value.
    let status = unsafe value.withUnsafeBytes { unsafe H5Awrite(attribute, type, $0.baseAddress) }
    guard status >= 0 else { throw failure("attribute \(key) of \(name)") }
  }

  private func dataspace(_ shape: [Int], _ name: String) throws -> hid_t {
    let dimensions = shape.map { hsize_t($0) }
    // Safety: the library copies the dimensions during the call.
    let space = unsafe dimensions.withUnsafeBufferPointer {
      unsafe H5Screate_simple(Int32(shape.count), $0.baseAddress, nil)
    }
    guard space >= 0 else { throw failure(name) }
    return space
  }

  private func failure(_ what: String) -> StageError {
    StageError(.inputOutput, "'\(path)': \(what) could not be written: \(systemErrorText()).")
  }
}

/// The datasets of a file that are not full yet, and the digest of all.
final class HDF5Columns {
  struct Column {
    let dataset: hid_t
    let shape: [Int]
    /// Bytes of a string; nil where it has as many as it needs.
    let width: Int?
    /// Rows written.
    var done = 0
  }

  var open: [String: Column] = [:]
  let digest = ContentDigest()

  deinit { for column in open.values { H5Dclose(column.dataset) } }
}

/// The type of strings of up to so many bytes; the caller closes it.
func stringType(width: Int) -> hid_t {
  let type = H5Tcopy(frieze_h5_string())
  H5Tset_size(type, max(1, width))
  H5Tset_strpad(type, H5T_STR_NULLPAD)
  H5Tset_cset(type, H5T_CSET_UTF8)
  return type
}

/// The type of strings of any length.
func stringType() -> hid_t {
  let type = H5Tcopy(frieze_h5_string())
  H5Tset_size(type, frieze_h5_variable())
  H5Tset_cset(type, H5T_CSET_UTF8)
  return type
}

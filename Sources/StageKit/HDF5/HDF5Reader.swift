import CHDF5
import Foundation

/// Reads one HDF5 file. Every error names the file, the field, what was expected and what was found.
public struct HDF5Reader: ~Copyable {
  private let file: hid_t
  public let path: String

  public init(path: String) throws {
    frieze_h5_silence()
    self.path = path
    guard FileManager.default.fileExists(atPath: path) else {
      file = -1
      throw StageError(.input, "there is no file '\(path)'. Run the stage that makes it first, or check the name.")
    }
    file = unsafe H5Fopen(path, frieze_h5_read_only(), frieze_h5_default())
    guard file >= 0 else {
      throw StageError(
        .input,
        Self.isHDF5(path)
          ? "'\(path)' cannot be opened: it was cut off, or another process is writing it or holds it locked (then try again when "
            + "that has ended). If it is cut off, make it again."
          : "'\(path)' is no HDF5 file.")
    }
  }

  /// Whether a file begins as HDF5 files do.
  private static func isHDF5(_ path: String) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 8)).map { [UInt8]($0) } == [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
  }

  deinit { if file >= 0 { H5Fclose(file) } }

  /// Whether there is a dataset or group with a name such as `/crystal/lattice`.
  public func contains(_ name: String) -> Bool {
    var partial = ""
    for part in name.split(separator: "/") {
      partial += "/" + part
      if unsafe H5Lexists(file, partial, frieze_h5_default()) <= 0 { return false }
    }
    return true
  }

  /// Names of what a group holds, in alphabetical order; none where there is no such group.
  public func names(in group: String) throws -> [String] {
    guard contains(group) else { return [] }
    let id = unsafe H5Gopen2(file, group, frieze_h5_default())
    guard id >= 0 else { throw wrong(group, "expected a group") }
    defer { H5Gclose(id) }
    var info = H5G_info_t()
    guard unsafe H5Gget_info(id, &info) >= 0 else { throw wrong(group, "cannot be listed") }
    return try (0..<info.nlinks).map { index in
      let length = unsafe H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, frieze_h5_default())
      guard length > 0 else { throw wrong(group, "cannot be listed") }
      var name = [CChar](repeating: 0, count: length + 1)
      // Safety: room for the length just asked for and its zero.
      let got = unsafe H5Lget_name_by_idx(
        id, ".", H5_INDEX_NAME, H5_ITER_INC, index, &name, name.count, frieze_h5_default())
      guard got == length else { throw wrong(group, "cannot be listed") }
      return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// The kind of a dataset's elements; an error where it is none that we write.
  public func kind(of name: String) throws -> HDF5Kind {
    try withDataset(name) { dataset, _ in
      let type = H5Dget_type(dataset)
      defer { H5Tclose(type) }
      let size = H5Tget_size(type)
      switch (H5Tget_class(type), size) {
      case (H5T_STRING, _): return .string
      case (H5T_FLOAT, 8): return .float64
      case (H5T_FLOAT, 4): return .float32
      case (H5T_FLOAT, 2): return .float16
      case (H5T_INTEGER, 1): return .uint8
      case (H5T_INTEGER, 2): return .int16
      case (H5T_INTEGER, 4): return .int32
      case (H5T_INTEGER, 8): return .int64
      default: throw wrong(name, "expected numbers or strings")
      }
    }
  }

  /// Full names of all datasets, in alphabetical order.
  public func datasetNames(in group: String = "") throws -> [String] {
    try names(in: group.isEmpty ? "/" : group).flatMap { name in
      isGroup("\(group)/\(name)") ? try datasetNames(in: "\(group)/\(name)") : ["\(group)/\(name)"]
    }
  }

  /// Names of the attributes of the root or of an object, in alphabetical order.
  public func attributeNames(of name: String = "/") throws -> [String] {
    let id = unsafe H5Oopen(file, name, frieze_h5_default())
    guard id >= 0 else { throw wrong(name, "expected, not found") }
    defer { H5Oclose(id) }
    return try (0..<hsize_t(max(0, H5Aget_num_attrs(id)))).map { index in
      var bytes = [CChar](repeating: 0, count: 256)
      // Safety: room for 255 bytes and a zero; longer names are cut.
      let length = unsafe H5Aget_name_by_idx(
        id, ".", H5_INDEX_NAME, H5_ITER_INC, index, &bytes, bytes.count, frieze_h5_default())
      guard length >= 0 else { throw wrong(name, "its attributes cannot be listed") }
      return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// Whether an attribute is a text, a number with a fraction or a whole one; nil where there is none.
  public func attributeKind(_ key: String, of name: String = "/") -> HDF5Kind? {
    guard unsafe H5Aexists_by_name(file, name, key, frieze_h5_default()) > 0 else { return nil }
    let attribute = unsafe H5Aopen_by_name(file, name, key, frieze_h5_default(), frieze_h5_default())
    guard attribute >= 0 else { return nil }
    defer { H5Aclose(attribute) }
    let type = H5Aget_type(attribute)
    defer { H5Tclose(type) }
    switch H5Tget_class(type) {
    case H5T_STRING: return .string
    case H5T_FLOAT: return .float64
    default: return .int64
    }
  }

  private func isGroup(_ name: String) -> Bool {
    let id = unsafe H5Gopen2(file, name, frieze_h5_default())
    if id >= 0 { H5Gclose(id) }
    return id >= 0
  }

  /// The sizes of a dataset's axes.
  public func shape(of name: String) throws -> [Int] {
    try withDataset(name) { _, shape in shape }
  }

  /// Reads a dataset of numbers, converted to the type asked for where HDF5 can.
  ///
  /// - Parameters:
  ///   - shape: expected sizes, nil where any will do; the wrong rank or size is an error.
  ///   - rows: along the first axis; all where nil. Only they are read from disk.
  public func read<Scalar: HDF5Scalar>(
    _ type: Scalar.Type = Scalar.self, _ name: String, shape expected: [Int?]? = nil, rows: Range<Int>? = nil
  ) throws -> [Scalar] {
    try withDataset(name) { dataset, shape in
      if let expected {
        let fits = shape.count == expected.count && zip(shape, expected).allSatisfy { $1 == nil || $0 == $1 }
        guard fits else {
          let wanted = expected.map { $0.map(String.init) ?? "any" }.joined(separator: " x ")
          throw wrong(name, "expected shape \(wanted), found \(shape.map(String.init).joined(separator: " x "))")
        }
      }
      let stored = H5Dget_type(dataset)
      defer { H5Tclose(stored) }
      let kind = H5Tget_class(stored)
      guard kind == H5T_INTEGER || kind == H5T_FLOAT else {
        throw wrong(name, "expected \(Scalar.hdf5Kind.rawValue), found something that is no number")
      }
      let spaces = try select(rows, of: shape, dataset, name)
      defer { spaces.close() }
      var values = [Scalar](repeating: .zero, count: spaces.count)
      guard !values.isEmpty else { return values }
      // Safety: the array has as many elements as the dataspace.
      let status = unsafe values.withUnsafeMutableBytes {
        unsafe H5Dread(dataset, Scalar.hdf5Type, spaces.memory, spaces.file, frieze_h5_default(), $0.baseAddress)
      }
      guard status >= 0 else { throw wrong(name, "cannot be read; the file is damaged") }
      return values
    }
  }

  /// Where to read and where to put it: HDF5's dataspaces of some rows, or all of it.
  private struct Selection {
    var memory = frieze_h5_all()
    var file = frieze_h5_all()
    var count: Int

    func close() {
      for space in [memory, file] where space != frieze_h5_all() { H5Sclose(space) }
    }
  }

  private func select(_ rows: Range<Int>?, of shape: [Int], _ dataset: hid_t, _ name: String) throws -> Selection {
    guard let rows, rows != 0..<(shape.first ?? 1) else { return Selection(count: shape.reduce(1, *)) }
    guard let all = shape.first, rows.lowerBound >= 0, rows.upperBound <= all else {
      throw wrong(name, "expected rows \(rows.lowerBound)..<\(rows.upperBound), found \(shape.first ?? 1)")
    }
    let size = [hsize_t(rows.count)] + shape.dropFirst().map { hsize_t($0) }
    let start = [hsize_t(rows.lowerBound)] + shape.dropFirst().map { _ in 0 }
    let file = H5Dget_space(dataset)
    // Safety: start and size have a number an axis, as the dataspace does.
    let selected = unsafe H5Sselect_hyperslab(file, H5S_SELECT_SET, start, nil, size, nil)
    let memory = unsafe H5Screate_simple(Int32(size.count), size, nil)
    let selection = Selection(memory: memory, file: file, count: size.reduce(1) { $0 * Int($1) })
    guard selected >= 0, memory >= 0 else {
      selection.close()
      throw wrong(name, "cannot be read; the file is damaged")
    }
    return selection
  }

  /// Reads a dataset of strings.
  ///
  /// - Parameter rows: all where nil.
  public func readStrings(_ name: String, rows: Range<Int>? = nil) throws -> [String] {
    try withDataset(name) { dataset, shape in
      let spaces = try select(rows, of: shape, dataset, name)
      defer { spaces.close() }
      let count = spaces.count
      let stored = H5Dget_type(dataset)
      defer { H5Tclose(stored) }
      guard H5Tget_class(stored) == H5T_STRING else { throw wrong(name, "expected strings") }
      if H5Tis_variable_str(stored) == 0 { return try fixedStrings(dataset, stored, spaces, name) }
      guard count > 0 else { return [] }
      let type = stringType()
      defer { H5Tclose(type) }
      var pointers = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
      // Safety: one pointer a string; the library allocates what they point to and reclaims it below.
      let status = unsafe pointers.withUnsafeMutableBytes {
        unsafe H5Dread(dataset, type, spaces.memory, spaces.file, frieze_h5_default(), $0.baseAddress)
      }
      guard status >= 0 else { throw wrong(name, "cannot be read; the file is damaged") }
      let strings = unsafe pointers.map { p in unsafe p.map { unsafe String(cString: $0) } ?? "" }
      let space = spaces.memory == frieze_h5_all() ? H5Dget_space(dataset) : H5Scopy(spaces.memory)
      defer { H5Sclose(space) }
      _ = unsafe pointers.withUnsafeMutableBytes {
        unsafe H5Dvlen_reclaim(type, space, frieze_h5_default(), $0.baseAddress)
      }
      return strings
    }
  }

  /// Strings of one length each, as other programs may write them.
  private func fixedStrings(_ dataset: hid_t, _ type: hid_t, _ spaces: Selection, _ name: String) throws -> [String] {
    let width = H5Tget_size(type)
    let count = spaces.count
    var bytes = [UInt8](repeating: 0, count: count * width)
    // Safety: count strings of the width that the type has.
    let status = unsafe bytes.withUnsafeMutableBytes {
      unsafe H5Dread(dataset, type, spaces.memory, spaces.file, frieze_h5_default(), $0.baseAddress)
    }
    guard status >= 0 else { throw wrong(name, "cannot be read; the file is damaged") }
    return (0..<count).map {
      String(decoding: bytes[$0 * width..<($0 + 1) * width].prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// A text attribute of the root or of an object, nil where there is none.
  public func attribute(_ key: String, of name: String = "/") -> String? {
    guard unsafe H5Aexists_by_name(file, name, key, frieze_h5_default()) > 0 else { return nil }
    let attribute = unsafe H5Aopen_by_name(file, name, key, frieze_h5_default(), frieze_h5_default())
    guard attribute >= 0 else { return nil }
    defer { H5Aclose(attribute) }
    let type = H5Aget_type(attribute)
    defer { H5Tclose(type) }
    guard H5Tget_class(type) == H5T_STRING, H5Tis_variable_str(type) == 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: H5Tget_size(type))
    // Safety: a scalar string of the type's width.
    let status = unsafe bytes.withUnsafeMutableBytes { unsafe H5Aread(attribute, type, $0.baseAddress) }
    return status < 0 ? nil : String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// A numeric attribute, nil where there is none.
  public func attribute<Scalar: HDF5Scalar>(_ key: String, as type: Scalar.Type, of name: String = "/") -> Scalar? {
    guard unsafe H5Aexists_by_name(file, name, key, frieze_h5_default()) > 0 else { return nil }
    let attribute = unsafe H5Aopen_by_name(file, name, key, frieze_h5_default(), frieze_h5_default())
    guard attribute >= 0 else { return nil }
    defer { H5Aclose(attribute) }
    var value = [Scalar.zero]
    // Safety: one element for a scalar attribute.
    let status = unsafe value.withUnsafeMutableBytes { unsafe H5Aread(attribute, Scalar.hdf5Type, $0.baseAddress) }
    return status < 0 ? nil : value[0]
  }

  private func withDataset<R>(_ name: String, _ body: (hid_t, [Int]) throws -> R) throws -> R {
    guard contains(name) else { throw wrong(name, "expected, not found") }
    let dataset = unsafe H5Dopen2(file, name, frieze_h5_default())
    guard dataset >= 0 else { throw wrong(name, "expected a dataset") }
    defer { H5Dclose(dataset) }
    let space = H5Dget_space(dataset)
    defer { H5Sclose(space) }
    let rank = Int(H5Sget_simple_extent_ndims(space))
    var dimensions = [hsize_t](repeating: 0, count: max(1, rank))
    // Safety: room for `rank` sizes.
    _ = unsafe H5Sget_simple_extent_dims(space, &dimensions, nil)
    return try body(dataset, dimensions.prefix(rank).map(Int.init))
  }

  private func wrong(_ name: String, _ what: String) -> StageError {
    StageError(.input, "'\(path)', \(name): \(what).")
  }
}

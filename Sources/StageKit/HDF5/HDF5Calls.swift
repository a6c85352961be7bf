import CHDF5
import CHDF5Probe
import Foundation

/// All calls of HDF5's library that read, with the bounds that each needs: the only unsafe code of the reader.
///
/// What a file says is believed by none of them. Sizes come as `hsize_t` and leave as `Int` by `exactly:`, are multiplied and added
/// by checked arithmetic, and are held against the bytes that the file has before memory is asked for. Every buffer that the
/// library writes to has as many elements, of the type named in the call, as the dataspace named in the call selects. Links other than
/// hard ones, external and virtual data are never followed, so that a file reads nothing but itself.
enum HDF5Calls {
  /// Characters of a name, and bytes of a text attribute, that are read; files of ours stay far below.
  static let longestName = 4096
  static let longestAttribute = 1 << 22
  /// Links of one group that are listed.
  static let mostLinks = 100_000
  /// Strings that are read at once.
  private static let stringsAtOnce = 8192

  // MARK: Files

  /// Whether the library survives a file; see `frieze_probe`.
  static func probe(_ path: String, size: Int) -> Int32 {
    let megabytes = Double(size) / 1e6
    // Safety: the path is a string that lives through the call; the function given captures nothing.
    return unsafe frieze_probe(path, 3 + megabytes / 10, Int64(size) + (512 << 20)) { Interruption.isRequested ? 1 : 0 }
  }

  static func open(_ path: String) -> HDF5Handle? {
    frieze_h5_silence()
    // Safety: strings live through the calls they are given to, here and below.
    return unsafe HDF5Handle(H5Fopen(path, frieze_h5_read_only(), frieze_h5_default()), .file)
  }

  // MARK: Links and objects

  enum Link { case none, hard, elsewhere }

  /// The link of that name; every group on the way has to be there by hard links.
  static func link(_ name: String, in file: HDF5Handle) -> Link {
    var info = H5L_info_t()
    guard unsafe H5Lexists(file.id, name, frieze_h5_default()) > 0 else { return .none }
    // Safety: one structure, as the call fills in.
    guard unsafe H5Lget_info(file.id, name, &info, frieze_h5_default()) >= 0 else { return .none }
    return info.type == H5L_TYPE_HARD ? .hard : .elsewhere
  }

  static func group(_ name: String, in file: HDF5Handle) -> HDF5Handle? {
    unsafe HDF5Handle(H5Gopen2(file.id, name, frieze_h5_default()), .group)
  }

  static func object(_ name: String, in file: HDF5Handle) -> HDF5Handle? {
    unsafe HDF5Handle(H5Oopen(file.id, name, frieze_h5_default()), .object)
  }

  static func dataset(_ name: String, in file: HDF5Handle) -> HDF5Handle? {
    unsafe HDF5Handle(H5Dopen2(file.id, name, frieze_h5_default()), .dataset)
  }

  /// Names of a group's links, in alphabetical order; nil where they cannot be listed.
  static func names(in group: HDF5Handle) -> [String]? {
    var info = H5G_info_t()
    // Safety: one structure, as the call fills in.
    guard unsafe H5Gget_info(group.id, &info) >= 0, info.nlinks <= mostLinks else { return nil }
    return names(count: info.nlinks) { index, bytes in
      // Safety: at most as many bytes as the array has are written, the last of them zero.
      unsafe H5Lget_name_by_idx(group.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, &bytes, longestName + 1, frieze_h5_default())
    }
  }

  /// Names of an object's attributes, in alphabetical order; nil where they cannot be listed.
  static func attributeNames(of object: HDF5Handle) -> [String]? {
    let count = H5Aget_num_attrs(object.id)
    guard count >= 0, count <= mostLinks else { return nil }
    return names(count: hsize_t(count)) { index, bytes in
      // Safety: as above.
      unsafe H5Aget_name_by_idx(object.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, &bytes, longestName + 1, frieze_h5_default())
    }
  }

  /// - Parameter name: puts a name into an array of `longestName + 1` bytes and says how long it is in all.
  private static func names(count: hsize_t, _ name: (hsize_t, inout [CChar]) -> Int) -> [String]? {
    var names: [String] = []
    var bytes = [CChar](repeating: 0, count: longestName + 1)
    for index in 0..<count {
      let length = name(index, &bytes)
      guard length > 0, length <= longestName else { return nil }
      names.append(String(decoding: bytes.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return names
  }

  // MARK: Types and sizes

  static func type(ofDataset dataset: HDF5Handle) -> HDF5Handle? { HDF5Handle(H5Dget_type(dataset.id), .type) }

  static func space(ofDataset dataset: HDF5Handle) -> HDF5Handle? { HDF5Handle(H5Dget_space(dataset.id), .space) }

  /// What is stored, where it is a type that we read: numbers in a layout that processors have, strings.
  static func kind(of type: HDF5Handle) -> HDF5Kind? {
    if H5Tget_class(type.id) == H5T_STRING { return .string }
    let half = frieze_h5_half()
    defer { H5Tclose(half) }
    if H5Tequal(type.id, half) > 0 { return .float16 }
    let known: [(HDF5Kind, Int32)] = [
      (.float64, 0), (.float64, 1), (.float32, 2), (.float32, 3), (.uint8, 4), (.uint8, 5), (.uint8, 6), (.uint8, 7),
      (.int16, 8), (.int16, 9), (.int16, 10), (.int16, 11), (.int32, 12), (.int32, 13), (.int32, 14), (.int32, 15),
      (.int64, 16), (.int64, 17), (.int64, 18), (.int64, 19),
    ]
    return known.first { H5Tequal(type.id, frieze_h5_standard($0.1)) > 0 }?.0
  }

  /// Bytes of a stored element; 0 for what has none.
  static func size(of type: HDF5Handle) -> Int { H5Tget_size(type.id) }

  static func isVariable(_ type: HDF5Handle) -> Bool { H5Tis_variable_str(type.id) > 0 }

  /// The sizes of the axes: none for one value, a zero where there is nothing; nil where they are no numbers of this machine.
  static func shape(of space: HDF5Handle) -> [Int]? {
    if H5Sget_simple_extent_type(space.id) == H5S_NULL { return [0] }
    let rank = H5Sget_simple_extent_ndims(space.id)
    guard (0...Int32(H5S_MAX_RANK)).contains(rank) else { return nil }
    var sizes = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    // Safety: room for as many sizes as the library allows axes; `rank` of them are written.
    guard unsafe H5Sget_simple_extent_dims(space.id, &sizes, nil) == rank else { return nil }
    let shape = sizes.prefix(Int(rank)).compactMap { Int(exactly: $0) }
    return shape.count == Int(rank) && product(shape) != nil ? shape : nil
  }

  /// The product, nil where it is no number of this machine.
  static func product(_ factors: [Int]) -> Int? {
    var product = 1
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      guard !overflow, factor >= 0 else { return nil }
      product = next
    }
    return factors.contains(0) ? 0 : product
  }

  /// Where a dataset's values are.
  enum Storage {
    /// In so many bytes of the file, as they are.
    case plain(Int)
    /// In so many bytes of the file, in chunks that may be packed.
    case chunks(Int)
    /// In other files.
    case elsewhere
  }

  static func storage(of dataset: HDF5Handle) -> Storage? {
    guard let properties = HDF5Handle(H5Dget_create_plist(dataset.id), .properties),
      let bytes = Int(exactly: H5Dget_storage_size(dataset.id))
    else { return nil }
    guard H5Pget_external_count(properties.id) == 0 else { return .elsewhere }
    switch H5Pget_layout(properties.id) {
    case H5D_COMPACT, H5D_CONTIGUOUS: return .plain(bytes)
    case H5D_CHUNKED: return .chunks(bytes)
    default: return .elsewhere
    }
  }

  // MARK: Values

  /// Some rows of a dataset: the dataspaces to read them with.
  struct Selection {
    fileprivate let memory: HDF5Handle?
    fileprivate let file: HDF5Handle?
    /// Elements.
    let count: Int
  }

  /// - Parameter rows: along the first axis, within it; all where nil.
  static func select(_ rows: Range<Int>?, of shape: [Int], in space: HDF5Handle) -> Selection? {
    guard let all = product(shape) else { return nil }
    guard let rows, rows != 0..<(shape.first ?? 1) else { return Selection(memory: nil, file: nil, count: all) }
    if rows.isEmpty { return Selection(memory: nil, file: nil, count: 0) }
    guard let first = shape.first, rows.lowerBound >= 0, rows.upperBound <= first,
      let count = product([rows.count] + shape.dropFirst())
    else { return nil }
    let size = [hsize_t(rows.count)] + shape.dropFirst().map { hsize_t($0) }
    let start = [hsize_t(rows.lowerBound)] + shape.dropFirst().map { _ in 0 }
    guard let file = HDF5Handle(H5Scopy(space.id), .space),
      // Safety: start and size have a number an axis, as the dataspaces do; rows are within the first axis.
      unsafe H5Sselect_hyperslab(file.id, H5S_SELECT_SET, start, nil, size, nil) >= 0,
      let memory = unsafe HDF5Handle(H5Screate_simple(Int32(size.count), size, nil), .space)
    else { return nil }
    return Selection(memory: memory, file: file, count: count)
  }

  /// Puts the selected elements into memory, which has room for them in the type that is named; false where the library cannot.
  private static func read(
    _ dataset: HDF5Handle, _ type: hid_t, _ selection: Selection, into bytes: UnsafeMutableRawBufferPointer
  ) -> Bool {
    // Safety: the callers' arrays have as many elements as the dataspaces select, of this type; each says why.
    unsafe H5Dread(
      dataset.id, type, selection.memory?.id ?? frieze_h5_all(), selection.file?.id ?? frieze_h5_all(), frieze_h5_default(),
      bytes.baseAddress) >= 0
  }

  /// Numbers, converted to the type asked for; nil where the library cannot.
  static func numbers<Scalar: HDF5Scalar>(
    _ type: Scalar.Type, of dataset: HDF5Handle, _ selection: Selection
  ) -> [Scalar]? {
    guard selection.count > 0 else { return [] }
    var values = [Scalar](repeating: .zero, count: selection.count)
    // Safety: as many elements as the dataspaces select, of the type named: the library writes no more and no less.
    let isRead = unsafe values.withUnsafeMutableBytes { unsafe read(dataset, Scalar.hdf5Type, selection, into: $0) }
    return isRead ? values : nil
  }

  /// Numbers of half precision as they are stored: the library's own conversion goes through them bit by bit, the processor's does not.
  static func halves(of dataset: HDF5Handle, _ type: HDF5Handle, _ selection: Selection) -> [Float]? {
    guard selection.count > 0 else { return [] }
    guard size(of: type) == MemoryLayout<UInt16>.size else { return nil }
    var bits = [UInt16](repeating: 0, count: selection.count)
    // Safety: as many elements as the dataspaces select, of two bytes, the size of the stored type that is named.
    let isRead = unsafe bits.withUnsafeMutableBytes { unsafe read(dataset, type.id, selection, into: $0) }
    return isRead ? bits.map { Float(Float16(bitPattern: UInt16(littleEndian: $0))) } : nil
  }

  /// Strings of one width each; what follows a zero is padding.
  static func fixedStrings(of dataset: HDF5Handle, _ type: HDF5Handle, _ selection: Selection) -> [String]? {
    let width = size(of: type)
    guard selection.count > 0 else { return [] }
    guard width > 0, let bytes = product([selection.count, width]) else { return nil }
    var text = [UInt8](repeating: 0, count: bytes)
    // Safety: as many elements as the dataspaces select, of the width of the type that is named, which is the stored one.
    let isRead = unsafe text.withUnsafeMutableBytes { unsafe read(dataset, type.id, selection, into: $0) }
    guard isRead else { return nil }
    return (0..<selection.count).map {
      String(decoding: text[$0 * width..<($0 + 1) * width].prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// Strings of variable length, as other programs write them.
  ///
  /// - Parameter most: bytes that all of them together may have; beyond that nil.
  static func variableStrings(
    of dataset: HDF5Handle, _ type: HDF5Handle, shape: [Int], rows: Range<Int>, most: Int
  ) -> [String]? {
    guard let space = space(ofDataset: dataset) else { return nil }
    var strings: [String] = []
    var length = 0
    let all = shape.isEmpty ? 0..<1 : rows
    for start in stride(from: all.lowerBound, to: all.upperBound, by: stringsAtOnce) {
      let part = start..<min(all.upperBound, start + stringsAtOnce)
      guard let selection = select(shape.isEmpty ? nil : part, of: shape, in: space) else { return nil }
      var pointers = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: selection.count)
      // Safety: one pointer a string. The library allocates what they point to, each with a zero at its end, and reclaims it below.
      let isRead = unsafe pointers.withUnsafeMutableBytes { unsafe read(dataset, type.id, selection, into: $0) }
      defer {
        let used = selection.memory ?? space
        // Safety: the pointers that the same type and dataspace gave; nil ones are passed over.
        _ = unsafe pointers.withUnsafeMutableBytes {
          unsafe H5Dvlen_reclaim(type.id, used.id, frieze_h5_default(), $0.baseAddress)
        }
      }
      guard isRead else { return nil }
      strings += unsafe pointers.map { p in unsafe p.map { unsafe String(cString: $0) } ?? "" }
      length += strings.suffix(part.count).reduce(0) { $0 + $1.utf8.count }
      guard length <= most else { return nil }
    }
    return strings
  }
}

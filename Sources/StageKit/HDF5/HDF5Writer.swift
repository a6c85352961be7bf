import CHDF5

/// Writes one HDF5 file; nothing is certain until `close` has returned.
///
/// Every call checks what the library says: a full disk is an error here, not a broken file.
public struct HDF5Writer: ~Copyable {
  private let file: hid_t
  private let path: String
  private var isOpen = true

  /// Makes the file anew.
  ///
  /// - Parameter name: what messages call it; the path where nil.
  public init(path: String, name: String? = nil) throws {
    frieze_h5_silence()
    file = unsafe H5Fcreate(path, frieze_h5_truncate(), frieze_h5_default(), frieze_h5_default())
    self.path = name ?? path
    guard file >= 0 else {
      throw StageError(.inputOutput, "'\(name ?? path)' cannot be written: \(systemErrorText()).")
    }
  }

  deinit { if isOpen { H5Fclose(file) } }

  /// Flushes and closes; throws where anything could not be written.
  public consuming func close() throws {
    let flushed = H5Fflush(file, H5F_SCOPE_GLOBAL)
    let closed = H5Fclose(file)
    isOpen = false
    guard flushed >= 0, closed >= 0 else { throw failure("the file") }
  }

  /// Writes numbers as a dataset `/group/name`; groups on the way are made.
  public func write<Scalar: HDF5Scalar>(_ values: [Scalar], shape: [Int]? = nil, to name: String) throws {
    let shape = shape ?? [values.count]
    precondition(shape.reduce(1, *) == values.count)
    let space = try dataspace(shape, name)
    defer { H5Sclose(space) }
    try withDataset(name, type: Scalar.hdf5Type, space: space) { dataset in
      guard !values.isEmpty else { return 0 }
      // Safety: the dataspace has values.count elements, checked above.
      return unsafe values.withUnsafeBytes {
        unsafe H5Dwrite(dataset, Scalar.hdf5Type, frieze_h5_all(), frieze_h5_all(), frieze_h5_default(), $0.baseAddress)
      }
    }
  }

  /// Writes numbers as half precision (float16): 11 significant bits, up to 65504.
  public func writeHalf(_ values: [Float], shape: [Int], to name: String) throws {
    precondition(shape.reduce(1, *) == values.count)
    let space = try dataspace(shape, name)
    defer { H5Sclose(space) }
    let type = frieze_h5_half()
    defer { H5Tclose(type) }
    try withDataset(name, type: type, space: space) { dataset in
      // Safety: the dataspace has values.count elements, checked above; the library converts them.
      unsafe values.withUnsafeBytes {
        unsafe H5Dwrite(
          dataset, Float.hdf5Type, frieze_h5_all(), frieze_h5_all(), frieze_h5_default(), $0.baseAddress)
      }
    }
  }

  /// Makes a dataset of zeros whose rows are written later, some at a time.
  public func reserve<Scalar: HDF5Scalar>(_ type: Scalar.Type, shape: [Int], _ name: String) throws {
    let space = try dataspace(shape, name)
    defer { H5Sclose(space) }
    try withDataset(name, type: Scalar.hdf5Type, space: space) { _ in 0 }
  }

  /// Writes whole rows of a reserved dataset.
  ///
  /// - Parameters:
  ///   - values: (rows, …) as the dataset has it behind its first dimension, `width` numbers a row.
  ///   - row: the first row to write.
  public func write<Scalar: HDF5Scalar>(_ values: [Scalar], width: [Int] = [], to name: String, row: Int) throws {
    let columns = width.reduce(1, *)
    precondition(columns > 0 && values.count.isMultiple(of: columns))
    guard !values.isEmpty else { return }
    let shape = [values.count / columns] + width
    let dataset = unsafe H5Dopen2(file, name, frieze_h5_default())
    guard dataset >= 0 else { throw failure(name) }
    defer { H5Dclose(dataset) }
    let (memory, space) = (try dataspace(shape, name), H5Dget_space(dataset))
    defer {
      H5Sclose(memory)
      H5Sclose(space)
    }
    let start = [hsize_t(row)] + width.map { _ in 0 }
    let count = shape.map { hsize_t($0) }
    // Safety: start and count have as many dimensions as the dataset; the library refuses rows beyond its end, and the memory
    // space has values.count elements.
    let selected = unsafe start.withUnsafeBufferPointer { start in
      unsafe count.withUnsafeBufferPointer { count in
        unsafe H5Sselect_hyperslab(space, H5S_SELECT_SET, start.baseAddress, nil, count.baseAddress, nil)
      }
    }
    guard selected >= 0 else { throw failure(name) }
    let written = unsafe values.withUnsafeBytes {
      unsafe H5Dwrite(dataset, Scalar.hdf5Type, memory, space, frieze_h5_default(), $0.baseAddress)
    }
    guard written >= 0 else { throw failure(name) }
  }

  /// Writes strings of any length.
  public func write(_ strings: [String], to name: String) throws {
    let space = try dataspace([strings.count], name)
    defer { H5Sclose(space) }
    let type = stringType()
    defer { H5Tclose(type) }
    try withDataset(name, type: type, space: space) { dataset in
      guard !strings.isEmpty else { return 0 }
      let text = strings.map { Array($0.utf8CString) }
      let flat = text.flatMap { $0 }
      // Safety: the pointers point into `flat`, which lives through the call; each string ends with its zero.
      return unsafe flat.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return -1 }
        var offset = 0
        let pointers = unsafe text.map { string in
          defer { offset += string.count }
          return unsafe base + offset
        }
        return unsafe pointers.withUnsafeBytes {
          unsafe H5Dwrite(dataset, type, frieze_h5_all(), frieze_h5_all(), frieze_h5_default(), $0.baseAddress)
        }
      }
    }
  }

  /// Sets a text attribute of the root, or of the object with a name.
  public func setAttribute(_ key: String, _ value: String, of name: String = "/") throws {
    let type = H5Tcopy(frieze_h5_string())
    defer { H5Tclose(type) }
    let bytes = Array(value.utf8)
    H5Tset_size(type, max(1, bytes.count))
    H5Tset_cset(type, H5T_CSET_UTF8)
    try setAttribute(key, type: type, of: name, value: bytes.isEmpty ? [0] : bytes)
  }

  /// Sets a numeric attribute of the root, or of the object with a name.
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

  private func withDataset(_ name: String, type: hid_t, space: hid_t, _ body: (hid_t) -> herr_t) throws {
    let links = H5Pcreate(frieze_h5_link_create())
    defer { H5Pclose(links) }
    H5Pset_create_intermediate_group(links, 1)
    let dataset = unsafe H5Dcreate2(file, name, type, space, links, frieze_h5_default(), frieze_h5_default())
    guard dataset >= 0 else { throw failure(name) }
    let written = body(dataset)
    let closed = H5Dclose(dataset)
    guard written >= 0, closed >= 0 else { throw failure(name) }
  }

  private func failure(_ what: String) -> StageError {
    StageError(.inputOutput, "'\(path)': \(what) could not be written: \(systemErrorText()).")
  }
}

/// The type of strings of any length.
func stringType() -> hid_t {
  let type = H5Tcopy(frieze_h5_string())
  H5Tset_size(type, frieze_h5_variable())
  H5Tset_cset(type, H5T_CSET_UTF8)
  return type
}

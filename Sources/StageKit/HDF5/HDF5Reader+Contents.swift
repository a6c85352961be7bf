/// What is read is compared with what was written; see `HDF5Contents`.
extension HDF5Reader {
  /// Compares all of a dataset with what the file says it holds, once; some rows at a time.
  func verify(_ name: String, _ set: OpenDataset) throws {
    guard let expected = try contents.expected(name, self), !contents.isVerified(name) else { return }
    try contents.compare(expected, try digest(name, set), name, self)
  }

  func verify<Scalar: HDF5Scalar>(_ name: String, _ values: [Scalar]) throws {
    guard let expected = try contents.expected(name, self), !contents.isVerified(name) else { return }
    let hash = try RunningHash()
    // Safety: the bytes of the array, for the time of the call.
    unsafe values.withUnsafeBytes { unsafe hash.update($0) }
    try contents.compare(expected, hash.finish(), name, self)
  }

  /// SHA-256 of a dataset's values, as `ContentDigest` takes it.
  func digest(_ name: String, _ set: OpenDataset) throws -> String {
    let hash = try RunningHash()
    let rows = set.shape.first ?? 1
    let width = HDF5Calls.product(Array(set.shape.dropFirst())) ?? 1
    let step = max(1, (1 << 20) / max(1, width))
    for start in stride(from: 0, to: rows, by: step) {
      try Interruption.check()
      let part = set.shape.isEmpty ? nil : start..<min(rows, start + step)
      switch set.kind {
      case .string: for string in try strings(name, set, rows: part) { hash.update(string + "\0") }
      case .float64: try update(hash, Double.self, name, set, part)
      case .float32, .float16: try update(hash, Float.self, name, set, part)
      case .uint8: try update(hash, UInt8.self, name, set, part)
      case .int16: try update(hash, Int16.self, name, set, part)
      case .int32: try update(hash, Int32.self, name, set, part)
      case .int64: try update(hash, Int64.self, name, set, part)
      }
    }
    return hash.finish()
  }

  private func update<Scalar: HDF5Scalar>(
    _ hash: RunningHash, _ type: Scalar.Type, _ name: String, _ set: OpenDataset, _ part: Range<Int>?
  ) throws {
    let values = try numbers(type, name, set, rows: part)
    // Safety: the bytes of the array, for the time of the call.
    unsafe values.withUnsafeBytes { unsafe hash.update($0) }
  }
}

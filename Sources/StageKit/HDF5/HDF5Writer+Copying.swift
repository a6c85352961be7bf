/// Files that hold what another one holds, and more.
extension HDF5Writer {
  /// Copies the attributes of the root or of a dataset, but for those that writing a file of the format sets by itself.
  ///
  /// - Throws: `StageError` where they cannot be read or written.
  func copyAttributes(of name: String, from reader: borrowing HDF5Reader, _ format: Artifact.Format) throws {
    func isOwn(_ key: String) -> Bool {
      guard name == "/" else { return key == ContentDigest.key }
      return Artifact.provenance.contains(key) || format.tables.contains { $0.name == key }
    }
    for key in try reader.attributeNames(of: name) where !isOwn(key) {
      switch reader.attributeKind(key, of: name) {
      case .string: if let text = reader.attribute(key, of: name) { try setAttribute(key, text, of: name) }
      case .float64: if let x = reader.attribute(key, as: Double.self, of: name) { try setAttribute(key, x, of: name) }
      default: if let n = reader.attribute(key, as: Int64.self, of: name) { try setAttribute(key, n, of: name) }
      }
    }
  }

  /// Copies everything that a file holds, attributes included, into one of the same format.
  ///
  /// - Parameter isLeftOut: datasets that are not copied.
  /// - Returns: datasets that were left out because they are no rows of numbers or strings, as other programs' may be.
  /// - Throws: `StageError` where something cannot be read or written.
  public func copy(
    _ reader: borrowing HDF5Reader, _ format: Artifact.Format, where isLeftOut: (String) -> Bool
  ) throws -> [String] {
    try copyAttributes(of: "/", from: reader, format)
    var others: [String] = []
    for name in try reader.datasetNames() where !isLeftOut(name) {
      try Interruption.check()
      let shape = try reader.shape(of: name)
      let kind = try reader.kind(of: name)
      guard !shape.isEmpty, kind != .string || shape.count == 1 else {
        others.append(name)
        continue
      }
      func numbers<Scalar: HDF5Scalar>(_ type: Scalar.Type) throws {
        try append(try reader.read(Scalar.self, name), to: name)
      }
      let width = kind == .string ? try reader.stringWidth(of: name) : 1
      try begin(name, kind, shape: shape, width: width)
      switch kind {
      case .string: try append(try reader.readStrings(name), to: name)
      case .float64: try numbers(Double.self)
      case .float32, .float16: try numbers(Float.self)
      case .uint8: try numbers(UInt8.self)
      case .int16: try numbers(Int16.self)
      case .int32: try numbers(Int32.self)
      case .int64: try numbers(Int64.self)
      }
      try copyAttributes(of: name, from: reader, format)
    }
    return others
  }
}

/// Reads little-endian numbers and bytes one after another; what lies beyond the end is an error.
struct ByteCursor {
  let bytes: ArraySlice<UInt8>
  /// What the bytes are, for messages.
  let name: String
  private(set) var position: Int

  init(_ bytes: ArraySlice<UInt8>, name: String) {
    self.bytes = bytes
    self.name = name
    position = bytes.startIndex
  }

  /// Bytes that were read so far.
  var offset: Int { position - bytes.startIndex }

  var remaining: Int { bytes.endIndex - position }

  mutating func take(_ count: Int) throws(PyTorchError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else {
      throw PyTorchError(
        "\(name) ends too early: \(count) bytes are wanted at \(offset), \(remaining) are left; the file is damaged")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func skip(_ count: Int) throws(PyTorchError) { _ = try take(count) }

  mutating func byte() throws(PyTorchError) -> UInt8 { try take(1).first ?? 0 }

  mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(PyTorchError) -> T {
    try take(T.bitWidth / 8).reversed().reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
  }

  /// An unsigned number as `Int`; refused where it is larger than any.
  mutating func count<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type) throws(PyTorchError) -> Int {
    let value = try integer(type)
    guard let count = Int(exactly: value) else {
      throw PyTorchError("\(name) gives a size of \(value) bytes at \(offset); the file is damaged")
    }
    return count
  }

  mutating func text(_ count: Int) throws(PyTorchError) -> String {
    let start = offset
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw PyTorchError("\(name) has text that is not UTF-8 at \(start); the file is damaged")
    }
    return text
  }

  /// Text up to the end of the line, which is passed over.
  mutating func line() throws(PyTorchError) -> String {
    let end = bytes[position...].firstIndex(of: 10)
    guard let end else { throw PyTorchError("\(name) ends in the middle of a line; the file is damaged") }
    let line = try text(end - position)
    try skip(1)
    return line
  }
}

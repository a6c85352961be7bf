/// A zip archive whose members are stored without compression, as PyTorch writes its files.
///
/// Layout: APPNOTE.TXT 6.3 of PKWARE, with the 64-bit records. Compressed, encrypted and split archives are refused.
struct StoredArchive {
  struct Member {
    let name: String
    let header: Int
    let size: Int
    let checksum: UInt32
  }

  private let bytes: [UInt8]
  /// Where the central directory begins: no member reaches beyond.
  private let directoryStart: Int
  let members: [String: Member]

  init(_ bytes: [UInt8]) throws(PyTorchError) {
    self.bytes = bytes
    guard bytes.starts(with: [0x50, 0x4B, 3, 4]) else {
      throw PyTorchError("expected a zip archive as PyTorch 1.6 and newer write it, found something else")
    }
    let directory = try Self.directory(of: bytes)
    directoryStart = directory.range.lowerBound
    var cursor = ByteCursor(bytes[directory.range], name: "the zip archive's directory")
    var members: [String: Member] = [:]
    for _ in 0..<directory.count {
      let member = try Self.member(&cursor)
      guard members.updateValue(member, forKey: member.name) == nil else {
        throw PyTorchError("the zip archive has two members '\(member.name)'")
      }
    }
    self.members = members
  }

  /// The bytes of a member, checked against their checksum; nil where there is none of the name.
  func contents(of name: String) throws(PyTorchError) -> ArraySlice<UInt8>? {
    guard let member = members[name] else { return nil }
    guard member.header < directoryStart else {
      throw PyTorchError("member '\(name)' of the zip archive lies outside of it; the file is damaged")
    }
    var cursor = ByteCursor(bytes[member.header..<directoryStart], name: "member '\(name)' of the zip archive")
    guard try cursor.integer(UInt32.self) == 0x0403_4B50 else {
      throw PyTorchError("member '\(name)' of the zip archive is not where the directory says; the file is damaged")
    }
    try cursor.skip(22)
    let nameLength = try cursor.count(UInt16.self)
    let extraLength = try cursor.count(UInt16.self)
    try cursor.skip(nameLength + extraLength)
    let contents = try cursor.take(member.size)
    guard Self.checksum(contents) == member.checksum else {
      throw PyTorchError("member '\(name)' of the zip archive does not have its checksum; the file is damaged")
    }
    return contents
  }

  /// One entry of the central directory.
  private static func member(_ cursor: inout ByteCursor) throws(PyTorchError) -> Member {
    guard try cursor.integer(UInt32.self) == 0x0201_4B50 else {
      throw PyTorchError("\(cursor.name) has no entry at \(cursor.offset - 4); the file is damaged")
    }
    try cursor.skip(4)
    let flags = try cursor.integer(UInt16.self)
    let method = try cursor.integer(UInt16.self)
    try cursor.skip(4)
    let checksum = try cursor.integer(UInt32.self)
    var packed = try cursor.count(UInt32.self)
    var size = try cursor.count(UInt32.self)
    let nameLength = try cursor.count(UInt16.self)
    let extraLength = try cursor.count(UInt16.self)
    let commentLength = try cursor.count(UInt16.self)
    try cursor.skip(8)
    var header = try cursor.count(UInt32.self)
    let name = try cursor.text(nameLength)
    let extra = try cursor.take(extraLength)
    try cursor.skip(commentLength)
    try widen(&size, &packed, &header, by: extra, name)

    guard flags & 1 == 0 else { throw PyTorchError("member '\(name)' of the zip archive is encrypted") }
    guard method == 0, packed == size else {
      throw PyTorchError("member '\(name)' of the zip archive is compressed; PyTorch stores its members as they are")
    }
    return Member(name: name, header: header, size: size, checksum: checksum)
  }

  /// Takes the sizes that do not fit 32 bits from the 64-bit field of an entry (APPNOTE 4.5.3).
  private static func widen(
    _ size: inout Int, _ packed: inout Int, _ header: inout Int, by extra: ArraySlice<UInt8>, _ name: String
  ) throws(PyTorchError) {
    let full = Int(UInt32.max)
    guard size == full || packed == full || header == full else { return }
    var fields = ByteCursor(extra, name: "the 64-bit field of member '\(name)'")
    while fields.remaining >= 4 {
      let tag = try fields.integer(UInt16.self)
      let length = try fields.count(UInt16.self)
      var field = ByteCursor(try fields.take(length), name: fields.name)
      guard tag == 1 else { continue }
      if size == full { size = try field.count(UInt64.self) }
      if packed == full { packed = try field.count(UInt64.self) }
      if header == full { header = try field.count(UInt64.self) }
      return
    }
    throw PyTorchError("\(fields.name) is missing; the file is damaged")
  }

  /// Where the central directory lies and how many entries it has, from the record at the end of the archive.
  private static func directory(of bytes: [UInt8]) throws(PyTorchError) -> (range: Range<Int>, count: Int) {
    let cutOff = PyTorchError("the zip archive has no directory at its end; the file was cut off")
    let last = bytes.count - 22
    guard last >= 0 else { throw cutOff }
    let signature: [UInt8] = [0x50, 0x4B, 5, 6]
    let found = (max(0, last - 65535)...last).reversed().first { bytes[$0...].starts(with: signature) }
    guard let end = found else { throw cutOff }

    var cursor = ByteCursor(bytes[end...], name: "the record at the zip archive's end")
    try cursor.skip(10)
    var count = try cursor.count(UInt16.self)
    var size = try cursor.count(UInt32.self)
    var start = try cursor.count(UInt32.self)
    if end >= 20, bytes[(end - 20)...].starts(with: [0x50, 0x4B, 6, 7]) {
      var locator = ByteCursor(bytes[(end - 12)...], name: "the zip archive's locator")
      let record = try locator.count(UInt64.self)
      guard record < end else { throw cutOff }
      var wide = ByteCursor(bytes[record..<end], name: "the zip archive's 64-bit record")
      guard try wide.integer(UInt32.self) == 0x0606_4B50 else { throw cutOff }
      try wide.skip(28)
      count = try wide.count(UInt64.self)
      size = try wide.count(UInt64.self)
      start = try wide.count(UInt64.self)
    }
    // An entry takes 46 bytes at least, which bounds the count by the size of the file.
    guard start <= end, size <= end - start, count <= size / 46 else { throw cutOff }
    return (start..<start + size, count)
  }

  /// CRC-32 (IEEE 802.3, reflected).
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { crc, byte in
      checksumTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8
    }
  }

  private static let checksumTable: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 0 ? value >> 1 : 0xEDB8_8320 ^ value >> 1 }
  }
}

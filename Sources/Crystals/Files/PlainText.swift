/// Files of text as they come, and numbers in them.
enum PlainText {
  /// The text as the readers take it: ASCII without a byte order mark, lines ended by LF.
  ///
  /// A minus sign beyond ASCII is a minus; every other character beyond ASCII (they stand in names and titles) becomes `?`.
  ///
  /// - Throws: `Rejection` where the bytes are no text, nothing, or too many.
  static func ascii(_ bytes: [UInt8], limit: Int) throws(Rejection) -> [UInt8] {
    guard bytes.count <= limit else {
      throw Rejection("too_large", "\(bytes.count) bytes, more than \(limit)")
    }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var isBlank = true
    var i = start
    while i < bytes.count {
      let byte = bytes[i]
      i += 1
      switch byte {
      case 0x0A, 0x20, 0x09: text.append(byte)
      case 0x0D:
        text.append(0x0A)
        if i < bytes.count, bytes[i] == 0x0A { i += 1 }
      case 0:
        throw Rejection("not_text", "byte \(i) is zero: the file is binary, or UTF-16")
      case 0x21...0x7E:
        isBlank = false
        text.append(byte)
      case 0x80...:
        isBlank = false
        if byte == 0xE2, i + 1 < bytes.count, isMinus(bytes[i], bytes[i + 1]) {
          text.append(UInt8(ascii: "-"))
          i += 2
        } else {
          text.append(UInt8(ascii: "?"))
          while i < bytes.count, bytes[i] & 0xC0 == 0x80 { i += 1 }
        }
      default: text.append(0x20)
      }
    }
    guard !isBlank else { throw Rejection("empty_file", "the file has nothing in it") }
    return text
  }

  /// Whether the bytes behind 0xE2 make a hyphen, dash or minus sign (U+2010...U+2015, U+2212).
  private static func isMinus(_ second: UInt8, _ third: UInt8) -> Bool {
    (second == 0x80 && (0x90...0x95).contains(third)) || (second == 0x88 && third == 0x92)
  }
}

extension PlainText {
  /// A number with the digits behind the point that are asked for, and no exponent (numbers beyond 1e8 are written as they are).
  static func fixed(_ value: Double, digits: Int) -> String {
    var power = 1.0
    for _ in 0..<digits { power *= 10 }
    let scaled = (abs(value) * power).rounded()
    guard scaled < 1e18 else { return "\(value)" }
    let integer = UInt64(scaled)
    let unit = UInt64(power)
    guard digits > 0 else { return "\(value < 0 && integer > 0 ? "-" : "")\(integer)" }
    let fraction = String(integer % unit)
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(value < 0 && integer > 0 ? "-" : "")\(integer / unit).\(zeros)\(fraction)"
  }

  /// Three numbers with blanks between them.
  static func fixed(_ v: Vector3, digits: Int) -> String {
    "\(fixed(v.x, digits: digits)) \(fixed(v.y, digits: digits)) \(fixed(v.z, digits: digits))"
  }
}

/// A number of a file, with or without its uncertainty in parentheses; nil where it is none or not finite.
func decimal(_ text: some StringProtocol) -> Double? {
  var digits = Substring(text)
  // Over bytes: characters are several times slower, and tables have millions of numbers.
  if let open = digits.utf8.firstIndex(of: UInt8(ascii: "(")) {
    let uncertainty = digits.utf8[digits.utf8.index(after: open)...]
    guard uncertainty.last == UInt8(ascii: ")"), uncertainty.dropLast().allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") })
    else { return nil }
    digits = digits[..<open]
  }
  // Swift's own parser also takes "nan", "inf" and hexadecimal.
  for byte in digits.utf8 where !isDigit(byte) {
    switch byte {
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): continue
    default: return nil
    }
  }
  guard let value = Double(digits), value.isFinite else { return nil }
  return value
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

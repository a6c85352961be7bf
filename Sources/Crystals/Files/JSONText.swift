import Foundation

/// A JSON value as a tree.
public indirect enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The number, or the number that a string is; nil for anything else.
  public var double: Double? {
    switch self {
    case .number(let value): value
    case .string(let text): Double(text)
    default: nil
    }
  }

  /// The string; nil for anything else.
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The array; nil for anything else.
  public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  /// The object's fields; nil for anything else.
  public var object: [String: JSONValue]? { if case .object(let fields) = self { fields } else { nil } }

  /// A field of an object; nil where there is none.
  public subscript(_ key: String) -> JSONValue? { object?[key] }
}

/// Why a text is not JSON, with the byte at which that shows.
public enum JSONTextError: Error, Equatable, Sendable, CustomStringConvertible {
  case endsInside(byte: Int)
  case unexpected(byte: Int, found: String)
  case tooDeep(byte: Int)
  case trailing(byte: Int)

  /// What is wrong, and at which byte.
  public var description: String {
    switch self {
    case .endsInside(let byte): "the JSON ends in the middle of a value, at byte \(byte): the file is cut off"
    case .unexpected(let byte, let found): "no JSON at byte \(byte), where '\(found)' stands"
    case .tooDeep(let byte): "the JSON is nested more than \(JSONText.maximumDepth) deep at byte \(byte)"
    case .trailing(let byte): "something follows the JSON at byte \(byte)"
    }
  }
}

/// Reads JSON from bytes, with Python's `NaN` and `Infinity`.
///
/// Large files of many records need not stand in memory as a tree: a record is handed over when its object ends, and what is kept
/// of it is what the receiver returns.
public struct JSONText {
  /// Arrays and objects inside each other.
  public static let maximumDepth = 200

  private let bytes: [UInt8]
  private var position = 0
  private let finished: ([String: JSONValue]) -> JSONValue

  private init(_ bytes: [UInt8], _ finished: @escaping ([String: JSONValue]) -> JSONValue) {
    self.bytes = bytes
    self.finished = finished
  }

  /// The value of a text.
  ///
  /// - Parameter finished: told every object as it ends, inner ones first; gives what stands in its place.
  /// - Throws: `JSONTextError` with the byte at which the text is no JSON.
  public static func read(
    _ bytes: [UInt8], finished: @escaping ([String: JSONValue]) -> JSONValue = { .object($0) }
  ) throws(JSONTextError) -> JSONValue {
    var text = JSONText(bytes, finished)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { text.position = 3 }
    let value = try text.value(depth: 0)
    text.skipBlanks()
    guard text.position == bytes.count else { throw .trailing(byte: text.position) }
    return value
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      position += 1
    }
  }

  private func peek() throws(JSONTextError) -> UInt8 {
    guard position < bytes.count else { throw .endsInside(byte: bytes.count) }
    return bytes[position]
  }

  private func wrong() -> JSONTextError {
    guard position < bytes.count else { return .endsInside(byte: bytes.count) }
    let byte = bytes[position]
    return .unexpected(byte: position, found: byte < 0x7F && byte >= 0x20 ? String(UnicodeScalar(byte)) : "byte \(byte)")
  }

  private mutating func value(depth: Int) throws(JSONTextError) -> JSONValue {
    guard depth < Self.maximumDepth else { throw .tooDeep(byte: position) }
    skipBlanks()
    switch try peek() {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "N"): return try word("NaN", .number(.nan))
    case UInt8(ascii: "I"): return try word("Infinity", .number(.infinity))
    default: return try number()
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONTextError) -> JSONValue {
    for letter in text.description.utf8 {
      guard try peek() == letter else { throw wrong() }
      position += 1
    }
    return value
  }

  private mutating func number() throws(JSONTextError) -> JSONValue {
    let start = position
    if try peek() == UInt8(ascii: "-") { position += 1 }
    if position < bytes.count, bytes[position] == UInt8(ascii: "I") { return try word("Infinity", .number(-.infinity)) }
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"),
        UInt8(ascii: "E"):
        position += 1
        continue
      default: break
      }
      break
    }
    guard position > start, let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      // A number that the end of the text cuts is cut off, not wrong.
      if position == bytes.count { throw .endsInside(byte: position) }
      if position > start { position = start }
      throw wrong()
    }
    return .number(value)
  }

  private mutating func string() throws(JSONTextError) -> String {
    position += 1
    let start = position
    var escaped = false
    while try peek() != UInt8(ascii: "\"") {
      if bytes[position] == UInt8(ascii: "\\") {
        escaped = true
        position += 1
        _ = try peek()
      }
      position += 1
    }
    defer { position += 1 }
    guard escaped else { return String(decoding: bytes[start..<position], as: UTF8.self) }
    return Self.unescaped(bytes[start..<position])
  }

  /// Escapes that are none stay as they are.
  private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
    var units: [UInt16] = []
    var characters = String(decoding: bytes, as: UTF8.self).utf16.makeIterator()
    while let unit = characters.next() {
      guard unit == 0x5C, let code = characters.next() else {
        units.append(unit)
        continue
      }
      switch UnicodeScalar(code) {
      case "n": units.append(0x0A)
      case "t": units.append(0x09)
      case "r": units.append(0x0D)
      case "b": units.append(0x08)
      case "f": units.append(0x0C)
      case "u":
        let digits = (0..<4).compactMap { _ in characters.next().flatMap { UnicodeScalar($0) }.map(Character.init) }
        units.append(UInt16(String(digits), radix: 16) ?? 0xFFFD)
      default: units.append(code)
      }
    }
    return String(decoding: units, as: UTF16.self)
  }

  private mutating func array(_ depth: Int) throws(JSONTextError) -> JSONValue {
    position += 1
    var values: [JSONValue] = []
    skipBlanks()
    if try peek() == UInt8(ascii: "]") {
      position += 1
      return .array(values)
    }
    while true {
      values.append(try value(depth: depth + 1))
      if try !continues(UInt8(ascii: "]")) { return .array(values) }
    }
  }

  private mutating func object(_ depth: Int) throws(JSONTextError) -> JSONValue {
    position += 1
    var fields: [String: JSONValue] = [:]
    skipBlanks()
    if try peek() == UInt8(ascii: "}") {
      position += 1
      return finished(fields)
    }
    while true {
      skipBlanks()
      guard try peek() == UInt8(ascii: "\"") else { throw wrong() }
      let key = try string()
      skipBlanks()
      guard try peek() == UInt8(ascii: ":") else { throw wrong() }
      position += 1
      fields[key] = try value(depth: depth + 1)
      if try !continues(UInt8(ascii: "}")) { return finished(fields) }
    }
  }

  /// Past a comma, or past the closing bracket.
  private mutating func continues(_ closing: UInt8) throws(JSONTextError) -> Bool {
    skipBlanks()
    let byte = try peek()
    guard byte == closing || byte == UInt8(ascii: ",") else { throw wrong() }
    position += 1
    return byte != closing
  }
}

import Foundation

/// JSON as Python writes it.
enum PythonJSON {
  /// What a text says, with null for the numbers that Python writes and JSON has not: NaN, Infinity.
  static func object(_ bytes: [UInt8]) -> Any? {
    if let object = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) { return object }
    var plain: [UInt8] = []
    var isText = false
    var i = 0
    while i < bytes.count {
      let byte = bytes[i]
      if isText, byte == UInt8(ascii: "\\"), i + 1 < bytes.count {
        plain += bytes[i...i + 1]
        i += 2
        continue
      }
      if byte == UInt8(ascii: "\"") { isText.toggle() }
      if !isText, let word = ["NaN", "-Infinity", "Infinity"].first(where: { bytes[i...].starts(with: $0.utf8) }) {
        plain += "null".utf8
        i += word.utf8.count
      } else {
        plain.append(byte)
        i += 1
      }
    }
    return plain == bytes ? nil : try? JSONSerialization.jsonObject(with: Data(plain), options: .fragmentsAllowed)
  }
}

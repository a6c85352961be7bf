import Foundation

/// JSON files with numbers that may not be finite.
public enum JSONFile {
  /// Reads a value.
  ///
  /// - Throws: `StageError` where there is no such file, or it holds something else.
  public static func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      return try decoder.decode(type, from: Data(try PackedFiles.bytes(of: path)))
    } catch let error as DecodingError {
      throw StageError(.input, "'\(path)' is not the JSON expected here: \(error).")
    }
  }

  /// Writes a value, keys in alphabetical order.
  ///
  /// - Throws: `StageError` where the file cannot be written.
  public static func write(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try AtomicFile.write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n", to: path)
  }
}

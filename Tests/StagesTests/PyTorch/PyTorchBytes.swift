@testable import Artifacts

/// Little-endian bytes of a number.
func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

/// Pickles, instruction by instruction.
enum PickleBytes {
  static func pickle(_ parts: [UInt8]...) -> [UInt8] { [0x80, 2] + parts.flatMap { $0 } + op(".") }

  static func op(_ letter: Unicode.Scalar) -> [UInt8] { [UInt8(ascii: letter)] }

  static func text(_ text: String) -> [UInt8] { op("X") + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8) }

  static func integer(_ value: Int) -> [UInt8] { op("J") + littleEndian(Int32(value)) }

  /// Up to 8 bytes.
  static func long(_ value: Int) -> [UInt8] { [0x8A, 8] + littleEndian(Int64(value)) }

  static func number(_ value: Double) -> [UInt8] { op("G") + littleEndian(value.bitPattern).reversed() }

  static func name(_ module: String, _ name: String) -> [UInt8] { op("c") + Array("\(module)\n\(name)\n".utf8) }

  static func tuple(_ parts: [UInt8]...) -> [UInt8] { op("(") + parts.flatMap { $0 } + op("t") }

  static func integers(_ values: [Int]) -> [UInt8] { op("(") + values.flatMap(long) + op("t") }

  static func dictionary(_ entries: [(String, [UInt8])]) -> [UInt8] {
    op("}") + op("(") + entries.flatMap { text($0.0) + $0.1 } + op("u")
  }

  /// A tensor over storage `key` of `count` numbers.
  static func tensor(
    _ key: String, count: Int, shape: [Int], strides: [Int], offset: Int = 0, kind: String = "FloatStorage"
  ) -> [UInt8] {
    let storage = tuple(text("storage"), name("torch", kind), text(key), text("cpu"), long(count)) + op("Q")
    let hooks = name("collections", "OrderedDict") + op(")") + op("R")
    let arguments = tuple(storage, long(offset), integers(shape), integers(strides), [0x89], hooks)
    return name("torch._utils", "_rebuild_tensor_v2") + arguments + op("R")
  }

  /// What `torch.save` makes of a model and its arguments.
  static func weights(_ tensors: [(String, [UInt8])], arguments: [(String, [UInt8])] = []) -> [UInt8] {
    pickle(dictionary([("model", dictionary([("state_dict", dictionary(tensors)), ("model_args", dictionary(arguments))]))]))
  }
}

/// Zip archives of stored members.
struct ZipBytes {
  var method: UInt16 = 0
  var flags: UInt16 = 0
  /// Sizes and places in the 64-bit records.
  var isWide = false
  var comment: [UInt8] = []
  var checksumChange: UInt32 = 0

  func archive(_ members: [(name: String, contents: [UInt8])]) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for (name, contents) in members {
      let size = UInt32(contents.count)
      let checksum = StoredArchive.checksum(contents[...]) ^ checksumChange
      let common =
        littleEndian(flags) + littleEndian(method) + [0, 0, 0, 0] + littleEndian(checksum)
      let length = littleEndian(UInt16(name.utf8.count))
      let place = bytes.count
      bytes += littleEndian(0x0403_4B50 as UInt32) + [45, 0] + common + littleEndian(size) + littleEndian(size) + length
      bytes += [3, 0] + Array(name.utf8) + [0, 0, 0] + contents

      let field =
        littleEndian(1 as UInt16) + littleEndian(24 as UInt16)
        + [contents.count, contents.count, place].flatMap { littleEndian($0) }
      let short = isWide ? [UInt32.max, .max, .max] : [size, size, UInt32(place)]
      directory +=
        littleEndian(0x0201_4B50 as UInt32) + [45, 0, 45, 0] + common + littleEndian(short[0]) + littleEndian(short[1])
      directory += length + littleEndian(UInt16(isWide ? field.count : 0)) + [UInt8](repeating: 0, count: 10)
      directory += littleEndian(short[2]) + Array(name.utf8) + (isWide ? field : [])
    }
    return bytes + directory + ending(members.count, directory.count, bytes.count)
  }

  private func ending(_ count: Int, _ size: Int, _ start: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    if isWide {
      bytes += littleEndian(0x0606_4B50 as UInt32) + littleEndian(44 as UInt64) + [UInt8](repeating: 0, count: 12)
      bytes += [count, count, size, start].flatMap { littleEndian($0) }
      bytes += littleEndian(0x0706_4B50 as UInt32) + [0, 0, 0, 0] + littleEndian(start + size) + [1, 0, 0, 0]
    }
    bytes += littleEndian(0x0605_4B50 as UInt32) + [0, 0, 0, 0]
    let counts = littleEndian(isWide ? UInt16.max : UInt16(count))
    bytes +=
      counts + counts + littleEndian(isWide ? UInt32.max : UInt32(size)) + littleEndian(isWide ? UInt32.max : UInt32(start))
    return bytes + littleEndian(UInt16(comment.count)) + comment
  }

  /// A file of PyTorch with storages `0`, `1`, ….
  static func file(_ pickle: [UInt8], _ storages: [[UInt8]]) -> [UInt8] {
    let data = storages.enumerated().map { (name: "model/data/\($0.offset)", contents: $0.element) }
    return ZipBytes().archive(
      [(name: "model/data.pkl", contents: pickle)] + data + [(name: "model/version", contents: [51, 10])])
  }

  static func floats(_ values: [Float]) -> [UInt8] { values.flatMap { littleEndian($0.bitPattern) } }
}

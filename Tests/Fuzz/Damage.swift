import CDamage
import Foundation
import TestSupport

/// What happens to a file.
enum Damage {
  /// Marks of HDF5's metadata blocks; damage goes there more often than chance would have it.
  private static let marks = ["TREE", "SNOD", "HEAP", "GCOL", "OHDR", "FRHP", "FHDB", "BTHD", "BTLF", "\u{89}HDF"].map {
    Data($0.unicodeScalars.map { UInt8($0.value) })
  }

  /// Damages a file; whether in its bytes (else by HDF5's own calls), and how in words.
  static func apply(to path: String, gate: NSLock, _ random: inout SplitMix) throws -> (isBytes: Bool, words: String) {
    if Int.random(in: 0..<5, using: &random) < 3 { return (true, try bytes(of: path, &random)) }
    var words: [String] = []
    for _ in 0...Int.random(in: 0..<2, using: &random) {
      let kind = Int32.random(in: 0..<frieze_damage_kinds(), using: &random)
      let seed = random.next()
      // HDF5's library is no friend of threads.
      let done = gate.withLock { unsafe frieze_damage(path, kind, seed) == 0 }
      words.append(unsafe String(cString: frieze_damage_name(kind)) + (done ? "" : " (not possible)"))
    }
    return (false, words.joined(separator: ", "))
  }

  private static func bytes(of path: String, _ random: inout SplitMix) throws -> String {
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    var words: [String] = []
    for _ in 0...Int.random(in: 0..<3, using: &random) {
      guard data.count > 16 else { break }
      let at = place(in: data, &random)
      let length = min(1 << Int.random(in: 0..<12, using: &random), data.count - at)
      switch Int.random(in: 0..<9, using: &random) {
      case 0, 1, 2:
        data[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        words.append("bit at \(at)")
      case 3:
        data[at] = UInt8.random(in: 0...255, using: &random)
        words.append("byte at \(at)")
      case 4:
        let numbers: [UInt64] = [0, 1, .max, 1 << 63, 1 << 40, 1 << 31, 0xFFFF_FFFF, 1_000_000_000]
        let number = numbers.randomElement(using: &random) ?? 0
        let width = [1, 2, 4, 8].randomElement(using: &random) ?? 8
        for k in 0..<min(width, data.count - at) { data[at + k] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(k))) }
        words.append("\(number) at \(at)")
      case 5:
        data.replaceSubrange(at..<at + length, with: Data(count: length))
        words.append("\(length) zeros at \(at)")
      case 6:
        let from = Int.random(in: 0...data.count - length, using: &random)
        data.replaceSubrange(at..<at + length, with: Data(data[from..<from + length]))
        words.append("\(length) bytes of \(from) at \(at)")
      case 7:
        data.removeSubrange(at...)
        words.append("cut at \(at)")
      default:
        data.insert(contentsOf: (0..<min(length, 64)).map { _ in UInt8.random(in: 0...255, using: &random) }, at: at)
        words.append("\(min(length, 64)) bytes inserted at \(at)")
      }
    }
    try data.write(to: URL(fileURLWithPath: path))
    return words.joined(separator: ", ")
  }

  /// Anywhere, or behind a mark of metadata.
  private static func place(in data: Data, _ random: inout SplitMix) -> Int {
    let anywhere = Int.random(in: 0..<data.count, using: &random)
    guard Int.random(in: 0..<3, using: &random) > 0, let mark = marks.randomElement(using: &random) else { return anywhere }
    let found = data.range(of: mark, in: anywhere..<data.count) ?? data.range(of: mark)
    return found.map { min(data.count - 1, $0.lowerBound + Int.random(in: 0..<200, using: &random)) } ?? anywhere
  }
}

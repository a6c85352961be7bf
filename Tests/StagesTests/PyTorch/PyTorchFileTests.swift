import Foundation
import Testing

@testable import Artifacts

@Suite("Files of PyTorch") struct PyTorchFileTests {
  typealias P = PickleBytes

  private func words(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return String(describing: error) }
  }

  // MARK: Archives

  @Test("members of a zip archive, with and without the 64-bit records", arguments: [false, true])
  func archive(isWide: Bool) throws {
    #expect(StoredArchive.checksum(Array("123456789".utf8)[...]) == 0xCBF4_3926)
    let bytes = ZipBytes(isWide: isWide, comment: Array("PK".utf8)).archive([("a/b", [1, 2, 3]), ("a/empty", [])])
    let archive = try StoredArchive(bytes)
    #expect(archive.members.count == 2)
    #expect(try archive.contents(of: "a/b").map(Array.init) == [1, 2, 3])
    #expect(try archive.contents(of: "a/empty").map(Array.init) == [])
    #expect(try archive.contents(of: "c") == nil)
    for count in 0..<bytes.count - 2 {
      #expect(words { _ = try StoredArchive(Array(bytes.prefix(count))) } != "no error")
    }
  }

  @Test("archives that are not PyTorch's are refused in words") func archiveErrors() {
    let one = [(name: "a", contents: [1, 2, 3] as [UInt8])]
    func refusal(_ bytes: [UInt8]) -> String { words { _ = try StoredArchive(bytes).contents(of: "a") } }
    #expect(refusal([0x80, 2]) == "expected a zip archive as PyTorch 1.6 and newer write it, found something else")
    #expect(
      refusal(ZipBytes(method: 8).archive(one))
        == "member 'a' of the zip archive is compressed; PyTorch stores its members as they are")
    #expect(refusal(ZipBytes(flags: 1).archive(one)) == "member 'a' of the zip archive is encrypted")
    #expect(
      refusal(ZipBytes(checksumChange: 1).archive(one))
        == "member 'a' of the zip archive does not have its checksum; the file is damaged")
    #expect(refusal(ZipBytes().archive(one + one)) == "the zip archive has two members 'a'")
    let whole = ZipBytes().archive(one)
    #expect(refusal(Array(whole.dropLast())) == "the zip archive has no directory at its end; the file was cut off")
    // Counts, sizes and places as large as they can be.
    for place in [whole.count - 12, whole.count - 10, whole.count - 6, whole.count - 22 - 47 + 20, whole.count - 22 - 47 + 42] {
      var bytes = whole
      for k in place..<place + 4 { bytes[k] = 0xFF }
      #expect(refusal(bytes) != "no error", "at \(place)")
    }
  }

  // MARK: Tensors

  private func values(_ tensor: [UInt8], _ storage: [UInt8]) throws -> [Float] {
    let file = try PyTorchFile(ZipBytes.file(P.weights([("w", tensor)]), [storage]))
    return try file.values(of: file.tensors[0])
  }

  @Test("offsets and strides give rows in order; every floating-point kind becomes float32") func tensors() throws {
    let numbers = ZipBytes.floats((0..<12).map(Float.init))
    #expect(try values(P.tensor("0", count: 12, shape: [3, 4], strides: [4, 1]), numbers) == (0..<12).map(Float.init))
    #expect(try values(P.tensor("0", count: 12, shape: [2, 3], strides: [1, 4], offset: 1), numbers) == [1, 5, 9, 2, 6, 10])
    #expect(try values(P.tensor("0", count: 12, shape: [], strides: [], offset: 11), numbers) == [11])
    let doubles = [0.1, -2, 1e300].flatMap { littleEndian($0.bitPattern) }
    #expect(
      try values(P.tensor("0", count: 3, shape: [3], strides: [1], kind: "DoubleStorage"), doubles) == [0.1, -2, .infinity])
    let halves: [UInt8] = [0x00, 0x3C, 0x00, 0xC0]
    #expect(try values(P.tensor("0", count: 2, shape: [2], strides: [1], kind: "HalfStorage"), halves) == [1, -2])
    #expect(
      try values(P.tensor("0", count: 2, shape: [2], strides: [1], kind: "BFloat16Storage"), [0x80, 0x3F, 0, 0xC0]) == [1, -2])
  }

  @Test("tensors that do not fit are refused in words") func misfits() {
    let cases: [([UInt8], String)] = [
      (
        P.tensor("0", count: 2, shape: [3], strides: [1]),
        "'w' of shape [3], offset 0, strides [1] is larger than its storage of 2 numbers"
      ),
      (P.tensor("0", count: 2, shape: [1], strides: [1], offset: 2), "larger than its storage"),
      (P.tensor("0", count: 2, shape: [1 << 40, 1 << 40], strides: [0, 0]), "larger than its storage"),
      (P.tensor("0", count: 2, shape: [1 << 40], strides: [.max]), "larger than its storage"),
      (P.tensor("0", count: 2, shape: [2], strides: [1], offset: .max), "larger than its storage"),
      (P.tensor("0", count: 1 << 40, shape: [1 << 30], strides: [1]), "the tensors have more than 268435456 numbers together"),
      (P.tensor("0", count: .max, shape: [2], strides: [1]), "numbers of 4 bytes, found 8 bytes"),
      (P.tensor("0", count: 3, shape: [2], strides: [1]), "'w': expected 3 numbers of 4 bytes, found 8 bytes"),
      (P.tensor("7", count: 2, shape: [2], strides: [1]), "'w': its numbers, 'model/data/7', are not in the zip archive"),
      (P.tensor("0", count: 2, shape: [0, .max, .max], strides: [1, 1, 1]), "has no numbers"),
      (
        P.tensor("0", count: 2, shape: .init(repeating: 1, count: 33), strides: .init(repeating: 1, count: 33)),
        "'w' has 33 axes"
      ),
      (P.tensor("0", count: 1, shape: [1], strides: [1], kind: "LongStorage"), "'w' holds whole numbers (int64)"),
      (P.integer(1), "'w' is no tensor"),
    ]
    for (tensor, expected) in cases {
      let found = words { _ = try values(tensor, ZipBytes.floats([1, 2])) }
      #expect(found.contains(expected), "\(found)")
    }
  }

  @Test("where the state dictionary may lie") func holders() throws {
    let tensor = [("w", P.tensor("0", count: 1, shape: [1], strides: [1]))]
    let bytes = [ZipBytes.floats([1])]
    for pickle in [
      P.pickle(P.dictionary(tensor)), P.pickle(P.dictionary([("state_dict", P.dictionary(tensor))])), P.weights(tensor),
    ] {
      #expect(try PyTorchFile(ZipBytes.file(pickle, bytes)).tensors.map(\.name) == ["w"])
    }
    for (pickle, expected) in [
      (P.pickle(P.op("N")), "the pickle holds no dictionary"), (P.pickle(P.op("}")), "the pickle holds no 'state_dict'"),
      (P.weights([]), "the state dictionary is empty"),
      (P.pickle(P.dictionary([("state_dict", P.op("N"))])), "'state_dict' is no dictionary"),
    ] {
      #expect(words { _ = try PyTorchFile(ZipBytes.file(pickle, bytes)) } == expected)
    }
    #expect(
      words { _ = try PyTorchFile(ZipBytes().archive([("a", [])])) }
        == "expected one member NAME/data.pkl in the zip archive, found 0")
  }

  @Test("a file with any byte changed is read or refused, never a crash") func mutated() throws {
    let pickle = P.weights([("w", P.tensor("0", count: 2, shape: [2], strides: [1]))], arguments: [("n", P.integer(1))])
    var refused = 0
    for code in pickle.indices {
      for change: UInt8 in [1, 0x10, 0x80, 0xFF] {
        var changed = pickle
        changed[code] ^= change
        if words({ try readWhole(ZipBytes.file(changed, [ZipBytes.floats([1, 2])])) }) != "no error" { refused += 1 }
      }
    }
    #expect(refused > pickle.count)
    let whole = ZipBytes.file(pickle, [ZipBytes.floats([1, 2])])
    for place in whole.indices {
      for change: UInt8 in [1, 0x80, 0xFF] {
        var changed = whole
        changed[place] ^= change
        _ = words { try readWhole(changed) }
      }
    }
  }

  private func readWhole(_ bytes: [UInt8]) throws {
    let file = try PyTorchFile(bytes)
    for tensor in file.tensors { _ = try file.values(of: tensor) }
  }
}

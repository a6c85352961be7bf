import Testing

@testable import Artifacts

@Suite("Pickles of weights") struct PickleMachineTests {
  typealias P = PickleBytes

  /// The words of the error that a pickle ends with.
  private func words(_ bytes: [UInt8]) -> String {
    do {
      _ = try PickleMachine.read(bytes[...])
      return "no error"
    } catch { return error.description }
  }

  @Test("numbers, texts, containers and the memo") func values() throws {
    let bytes = P.pickle(
      P.op("}"), P.op("q"), [0], P.op("("), P.text("none"), P.op("N"), P.text("yes"), [0x88], P.text("no"), [0x89],
      P.text("byte"), P.op("K"), [200], P.text("short"), P.op("M"), [1, 2], P.text("negative"), P.integer(-3),
      P.text("long"), [0x8A, 2, 0xFE, 0xFF], P.text("zero"), [0x8A, 0], P.text("number"), P.number(0.1), P.text("text"),
      P.op("U"),
      [2, 0x68, 0x69], P.text("pair"), P.integer(1), P.integer(2), [0x86], P.text("self"), P.op("h"), [0], P.op("u"),
      P.text("list"), P.op("]"), P.integer(7), P.op("a"), P.op("("), P.integer(8), P.integer(9), P.op("e"), P.op("s"),
      P.text("byte"), P.integer(5), P.op("s"))
    let pickle = try PickleMachine.read(bytes[...])
    let entries = try #require(pickle.entries(pickle.root))
    func value(_ key: String) throws -> Pickle.Value { try #require(entries.first { $0.key == key }).value }
    #expect(entries.count == 13)
    #expect(try value("none") == .none && value("yes") == .truth(true) && value("no") == .truth(false))
    #expect(try value("byte") == .integer(5) && value("short") == .integer(513) && value("negative") == .integer(-3))
    #expect(try value("long") == .integer(-2) && value("zero") == .integer(0))
    #expect(try value("number") == .number(0.1) && value("text") == .text("hi"))
    #expect(try pickle.sizes(value("pair")) == [1, 2])
    #expect(try pickle.sizes(value("list")) == [7, 8, 9])
    #expect(try value("self") == pickle.root)
  }

  @Test("an ordered dictionary with attributes, and a tensor") func tensor() throws {
    let bytes = P.pickle(
      P.name("collections", "OrderedDict"), P.op(")"), P.op("R"), P.op("("), P.text("w"),
      P.tensor("0", count: 6, shape: [2, 3], strides: [3, 1]), P.op("u"), P.dictionary([("_metadata", P.op("N"))]), P.op("b"))
    let pickle = try PickleMachine.read(bytes[...])
    let entries = try #require(pickle.entries(pickle.root))
    let storage = TensorStorage(kind: .float32, key: "0", count: 6)
    #expect(entries.map(\.key) == ["w"])
    #expect(
      pickle.object(entries[0].value)
        == .tensor(TensorDescription(storage: storage, offset: 0, shape: [2, 3], strides: [3, 1])))
  }

  @Test("whatever weights do not need is refused, and nothing is run") func malicious() {
    let shell = P.pickle(P.name("os", "system"), P.tuple(P.text("touch owned")), P.op("R"))
    #expect(words(shell) == "the pickle asks for 'os.system', which no weights need; nothing was run")
    for (module, name) in [("builtins", "eval"), ("torch", "load"), ("collections", "Counter"), ("torch._utils", "")] {
      #expect(words(P.pickle(P.name(module, name))).hasPrefix("the pickle asks for '\(module).\(name)', which"))
    }
    // Other ways to a name or an object: INST, OBJ, NEWOBJ, STACK_GLOBAL, EXT1, and what is no instruction at all.
    for code in [UInt8(ascii: "i"), UInt8(ascii: "o"), 0x81, 0x93, 0x82, 0xFF] {
      #expect(
        words(P.pickle(P.op("N"), [code])) == "the pickle has instruction \(code) at 3, which no weights need; nothing was run")
    }
  }

  @Test("nonsense is an error in words") func nonsense() {
    let cases: [([UInt8], String)] = [
      ([], "ends too early: 1 bytes are wanted at 0, 0 are left"), ([0x80, 4, 0x2E], "not of protocol 2"),
      (P.pickle(), "a value is missing"), (P.pickle(P.op("0")), "a value is missing"),
      (P.pickle(P.op("t")), "a mark is missing"),
      (P.pickle(P.op("N"), P.op("("), [0x85]), "a value is missing"), (P.pickle(P.op("h"), [3]), "nothing was stored as 3"),
      (P.pickle(P.op("N"), P.op("N"), P.op("a")), "values are appended to no list"),
      (P.pickle(P.op("]"), P.op("N"), P.op("N"), P.op("s")), "entries are set in no dictionary"),
      (P.pickle(P.op("}"), P.op("("), P.op("N"), P.op("u")), "entries are set in no dictionary"),
      (P.pickle(P.op("]"), P.op("N"), P.op("b")), "attributes are set on no dictionary"),
      (P.pickle(P.op("N"), P.op(")"), P.op("R")), "something is called that is no known name"),
      (P.pickle(P.name("collections", "OrderedDict"), P.tuple(P.op("N")), P.op("R")), "arguments that do not belong to it"),
      (P.pickle(P.name("torch", "FloatStorage"), P.op(")"), P.op("R")), "arguments that do not belong to it"),
      (P.pickle(P.name("torch._utils", "_rebuild_tensor_v2"), P.op(")"), P.op("R")), "a tensor is not described"),
      (P.pickle(P.tensor("0", count: 1, shape: [-1], strides: [1])), "a tensor is not described"),
      (P.pickle(P.tensor("0", count: 1, shape: [1], strides: [])), "a tensor is not described"),
      (P.pickle(P.tensor("0", count: -1, shape: [1], strides: [1])), "a storage is not described"),
      (P.pickle(P.text("a"), P.op("Q")), "a storage is not described"),
      (P.pickle([0x8A, 9], [UInt8](repeating: 1, count: 9)), "64 bits"),
      (P.pickle(P.op("X"), [0xFF, 0xFF, 0xFF, 0xFF, 0x61]), "ends too early: 4294967295 bytes are wanted"),
      (P.pickle(P.op("U"), [1, 0xFF]), "text that is not UTF-8 at 4"),
      ([0x80, 2, 0x63, 0x6F, 0x73], "ends in the middle of a line"),
    ]
    for (bytes, expected) in cases {
      #expect(words(bytes).contains(expected), "\(words(bytes))")
    }
  }

  @Test("a pickle that was cut off anywhere is an error") func truncated() {
    let whole = P.weights([("w", P.tensor("0", count: 1, shape: [1], strides: [1]))], arguments: [("n", P.number(2))])
    #expect(words(whole) == "no error")
    for count in 0..<whole.count { #expect(words(Array(whole.prefix(count))).hasPrefix("the pickle ")) }
  }

  @Test("a million lists inside each other neither crash nor take long") func deep() throws {
    let depth = 1_000_000
    let bytes = P.pickle(
      [UInt8](repeating: UInt8(ascii: "]"), count: depth), [UInt8](repeating: UInt8(ascii: "a"), count: depth - 1))
    #expect(try PickleMachine.read(bytes[...]).objects.count == depth)
    #expect(words(P.pickle([UInt8](repeating: UInt8(ascii: "("), count: depth))).contains("a value is missing"))
  }
}

/// Reads the part of Python's pickle language (protocol 2) that files of weights are written in.
///
/// A pickle is a program. This machine has no instruction that could call, import or open anything: it builds dictionaries, tuples,
/// lists, numbers and texts, and *describes* tensors and their storages. A name or an instruction beyond those is an error.
/// Instructions: the comments of Python's `pickletools.py`.
struct PickleMachine {
  private var cursor: ByteCursor
  private var pickle = Pickle()
  private var stack: [Pickle.Value] = []
  private var marks: [Int] = []
  private var memo: [Int: Pickle.Value] = [:]

  private init(_ bytes: ArraySlice<UInt8>) { cursor = ByteCursor(bytes, name: "the pickle") }

  /// Reads a pickle whole.
  static func read(_ bytes: ArraySlice<UInt8>) throws(PyTorchError) -> Pickle {
    var machine = PickleMachine(bytes)
    guard try machine.cursor.byte() == 0x80, try machine.cursor.byte() == 2 else {
      throw PyTorchError("the pickle is not of protocol 2, which PyTorch writes")
    }
    while true {
      let instruction = try machine.cursor.byte()
      if instruction == UInt8(ascii: ".") { break }
      if try machine.scalar(instruction) { continue }
      if try machine.container(instruction) { continue }
      guard try machine.build(instruction) else {
        throw PyTorchError(
          "the pickle has instruction \(instruction) at \(machine.cursor.offset - 1), which no weights need; nothing was run")
      }
    }
    machine.pickle.root = try machine.pop()
    return machine.pickle
  }

  // MARK: Instructions; each function says whether the instruction is one of its own

  /// Numbers, texts, and what moves values between the stack and the memo.
  private mutating func scalar(_ instruction: UInt8) throws(PyTorchError) -> Bool {
    switch instruction {
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.truth(true))
    case 0x89: stack.append(.truth(false))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try cursor.byte())))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try cursor.integer(UInt16.self))))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try cursor.integer(Int32.self))))
    case 0x8A: stack.append(.integer(try longInteger()))
    case UInt8(ascii: "G"):
      stack.append(.number(Double(bitPattern: try cursor.integer(UInt64.self).byteSwapped)))
    case UInt8(ascii: "X"): stack.append(.text(try cursor.text(try cursor.count(UInt32.self))))
    case UInt8(ascii: "U"): stack.append(.text(try cursor.text(Int(try cursor.byte()))))
    case UInt8(ascii: "q"): memo[Int(try cursor.byte())] = try top()
    case UInt8(ascii: "r"): memo[try cursor.count(UInt32.self)] = try top()
    case UInt8(ascii: "h"): stack.append(try recall(Int(try cursor.byte())))
    case UInt8(ascii: "j"): stack.append(try recall(try cursor.count(UInt32.self)))
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "2"): stack.append(try top())
    default: return false
    }
    return true
  }

  /// Tuples, lists and dictionaries.
  private mutating func container(_ instruction: UInt8) throws(PyTorchError) -> Bool {
    switch instruction {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "1"): _ = try popMarked()
    case UInt8(ascii: ")"): push(.tuple([]))
    case UInt8(ascii: "]"): push(.list([]))
    case UInt8(ascii: "}"): push(.dictionary(keys: [], values: []))
    case UInt8(ascii: "t"): push(.tuple(try popMarked()))
    case 0x85, 0x86, 0x87: push(.tuple(try pop(Int(instruction) - 0x84)))
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"): try append(try popMarked())
    case UInt8(ascii: "s"): try set(try pop(2))
    case UInt8(ascii: "u"): try set(try popMarked())
    default: return false
    }
    return true
  }

  /// Names, and what is described by means of them.
  private mutating func build(_ instruction: UInt8) throws(PyTorchError) -> Bool {
    switch instruction {
    case UInt8(ascii: "c"):
      let module = try cursor.line()
      let name = try cursor.line()
      guard let known = PickleName(module: module, name: name) else {
        throw PyTorchError("the pickle asks for '\(module).\(name)', which no weights need; nothing was run")
      }
      push(.name(known))
    case UInt8(ascii: "Q"): push(.storage(try storage(try pop())))
    case UInt8(ascii: "R"):
      let arguments = try pop()
      try call(try pop(), arguments)
    case UInt8(ascii: "b"):
      // The attributes of an OrderedDict: versions of the layers, which nothing reads.
      _ = try pop()
      guard case .dictionary = pickle.object(try top()) else { throw misused("attributes are set on no dictionary") }
    default: return false
    }
    return true
  }

  // MARK: What instructions do

  private mutating func call(_ callee: Pickle.Value, _ arguments: Pickle.Value) throws(PyTorchError) {
    guard case .name(let name) = pickle.object(callee), let values = pickle.elements(arguments) else {
      throw misused("something is called that is no known name")
    }
    switch name {
    case .orderedDictionary where values.isEmpty: push(.dictionary(keys: [], values: []))
    case .rebuildTensor: push(.tensor(try tensor(values)))
    default: throw misused("a name is called with arguments that do not belong to it")
    }
  }

  /// `('storage', type, key, device, count)`.
  private func storage(_ identifier: Pickle.Value) throws(PyTorchError) -> TensorStorage {
    guard let parts = pickle.elements(identifier), parts.count == 5, parts[0] == .text("storage"),
      case .name(.storage(let kind)) = pickle.object(parts[1]), case .text(let key) = parts[2],
      case .integer(let count) = parts[4], count >= 0
    else { throw misused("a storage is not described as PyTorch does") }
    return TensorStorage(kind: kind, key: key, count: count)
  }

  /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`.
  private func tensor(_ parts: [Pickle.Value]) throws(PyTorchError) -> TensorDescription {
    guard parts.count >= 4, case .storage(let storage) = pickle.object(parts[0]), case .integer(let offset) = parts[1],
      offset >= 0, let shape = pickle.sizes(parts[2]), let strides = pickle.sizes(parts[3]), shape.count == strides.count
    else { throw misused("a tensor is not described as PyTorch does") }
    return TensorDescription(storage: storage, offset: offset, shape: shape, strides: strides)
  }

  private func index(of value: Pickle.Value) -> Int? {
    if case .object(let index) = value { index } else { nil }
  }

  private mutating func append(_ values: [Pickle.Value]) throws(PyTorchError) {
    guard let index = index(of: try top()), case .list(var elements) = pickle.objects[index] else {
      throw misused("values are appended to no list")
    }
    pickle.objects[index] = .list([])  // so that the elements are not copied
    elements += values
    pickle.objects[index] = .list(elements)
  }

  private mutating func set(_ pairs: [Pickle.Value]) throws(PyTorchError) {
    guard pairs.count.isMultiple(of: 2), let index = index(of: try top()),
      case .dictionary(var keys, var values) = pickle.objects[index]
    else { throw misused("entries are set in no dictionary") }
    pickle.objects[index] = .list([])  // so that the entries are not copied
    for place in stride(from: 0, to: pairs.count, by: 2) {
      keys.append(pairs[place])
      values.append(pairs[place + 1])
    }
    pickle.objects[index] = .dictionary(keys: keys, values: values)
  }

  /// A whole number of up to 8 bytes in two's complement.
  private mutating func longInteger() throws(PyTorchError) -> Int {
    let bytes = try cursor.take(Int(try cursor.byte()))
    guard bytes.count <= 8 else { throw misused("a number does not fit 64 bits") }
    let negative = (bytes.last ?? 0) >= 128
    return bytes.reversed().reduce(negative ? -1 : 0) { $0 << 8 | Int($1) }
  }

  // MARK: Stack and memo

  private mutating func push(_ object: Pickle.Object) {
    stack.append(.object(pickle.objects.count))
    pickle.objects.append(object)
  }

  private func top() throws(PyTorchError) -> Pickle.Value {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw misused("a value is missing") }
    return value
  }

  private mutating func pop() throws(PyTorchError) -> Pickle.Value {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(PyTorchError) -> [Pickle.Value] {
    guard stack.count - (marks.last ?? 0) >= count else { throw misused("a value is missing") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMarked() throws(PyTorchError) -> [Pickle.Value] {
    guard let mark = marks.popLast() else { throw misused("a mark is missing") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func recall(_ place: Int) throws(PyTorchError) -> Pickle.Value {
    guard let value = memo[place] else { throw misused("nothing was stored as \(place)") }
    return value
  }

  private func misused(_ what: String) -> PyTorchError {
    PyTorchError("the pickle makes no sense before \(cursor.offset): \(what)")
  }
}

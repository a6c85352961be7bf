/// A file that `torch.save` wrote: the tensors of its state dictionary and the arguments of the model.
///
/// The archive holds `NAME/data.pkl`, which describes the tensors, and their numbers as `NAME/data/0`, `NAME/data/1`, …
struct PyTorchFile {
  struct Tensor {
    let name: String
    let description: TensorDescription
  }

  /// An argument of the model.
  typealias Argument = (key: String, value: Pickle.Value)

  /// Numbers that all tensors may have together; views that share a storage could ask for any amount of memory.
  static let largestCount = 1 << 28

  let pickle: Pickle
  /// In the order of the state dictionary.
  let tensors: [Tensor]
  /// In the order of the file; empty where there are none.
  let arguments: [Argument]
  private let archive: StoredArchive
  private let folder: String

  init(_ bytes: [UInt8]) throws(PyTorchError) {
    archive = try StoredArchive(bytes)
    let pickles = archive.members.keys.filter { $0.hasSuffix("/data.pkl") && $0.split(separator: "/").count == 2 }
    guard let name = pickles.first, pickles.count == 1, let contents = try archive.contents(of: name) else {
      throw PyTorchError("expected one member NAME/data.pkl in the zip archive, found \(pickles.count)")
    }
    folder = String(name.dropLast("data.pkl".count))
    if let order = try archive.contents(of: "\(folder)byteorder"), !order.elementsEqual("little".utf8) {
      throw PyTorchError("the numbers are not little-endian; save the file again on another machine")
    }
    pickle = try PickleMachine.read(contents)
    let holder = try Self.holder(pickle)
    tensors = try Self.tensors(pickle, holder.state)
    arguments = holder.arguments.flatMap(pickle.entries) ?? []
  }

  /// The state dictionary, and the arguments that lie beside it.
  ///
  /// The dictionary `state_dict` of the root or of a dictionary in the root; the root itself where that holds the tensors.
  private static func holder(_ pickle: Pickle) throws(PyTorchError) -> (state: Pickle.Value, arguments: Pickle.Value?) {
    guard let root = pickle.entries(pickle.root) else { throw PyTorchError("the pickle holds no dictionary") }
    for entries in [root] + root.compactMap({ pickle.entries($0.value) }) {
      if let state = entries.first(where: { $0.key == "state_dict" }) {
        return (state.value, entries.first { $0.key == "model_args" }?.value)
      }
    }
    guard let first = root.first, case .tensor = pickle.object(first.value) else {
      throw PyTorchError("the pickle holds no 'state_dict'")
    }
    return (pickle.root, nil)
  }

  private static func tensors(_ pickle: Pickle, _ state: Pickle.Value) throws(PyTorchError) -> [Tensor] {
    guard let entries = pickle.entries(state) else { throw PyTorchError("'state_dict' is no dictionary") }
    var tensors: [Tensor] = []
    var total = 0
    for (name, value) in entries {
      guard case .tensor(let description) = pickle.object(value) else { throw PyTorchError("'\(name)' is no tensor") }
      total += try description.checkedCount(name)
      guard total <= largestCount else {
        throw PyTorchError("the tensors have more than \(largestCount) numbers together, too many for weights")
      }
      tensors.append(Tensor(name: name, description: description))
    }
    guard !tensors.isEmpty else { throw PyTorchError("the state dictionary is empty") }
    return tensors
  }

  /// The numbers of a tensor, row-major, in single precision.
  func values(of tensor: Tensor) throws(PyTorchError) -> [Float] {
    let storage = tensor.description.storage
    guard let bytes = try archive.contents(of: "\(folder)data/\(storage.key)") else {
      throw PyTorchError("'\(tensor.name)': its numbers, '\(folder)data/\(storage.key)', are not in the zip archive")
    }
    let (size, overflow) = storage.count.multipliedReportingOverflow(by: storage.kind.width)
    guard !overflow, bytes.count == size else {
      throw PyTorchError(
        "'\(tensor.name)': expected \(storage.count) numbers of \(storage.kind.width) bytes, found \(bytes.count) bytes")
    }
    let read: (Int) -> Float
    switch storage.kind {
    case .float32: read = { Float(bitPattern: bytes.bits(at: $0)) }
    case .float64: read = { Float(Double(bitPattern: bytes.bits(at: $0))) }
    case .float16: read = { Float(Float16(bitPattern: bytes.bits(at: $0))) }
    case .bfloat16: read = { Float(bitPattern: UInt32(bytes.bits(at: $0) as UInt16) << 16) }
    default: throw PyTorchError("'\(tensor.name)' holds whole numbers (\(storage.kind)), weights are floating-point numbers")
    }
    return tensor.description.places().map(read)
  }
}

extension TensorDescription {
  /// Axes that HDF5 can store.
  static let largestRank = 32

  /// How many numbers the tensor has, after a check that all lie in the storage.
  func checkedCount(_ name: String) throws(PyTorchError) -> Int {
    guard !shape.contains(0) else { throw PyTorchError("'\(name)' of shape \(shape) has no numbers") }
    guard shape.count <= Self.largestRank else {
      throw PyTorchError("'\(name)' has \(shape.count) axes, more than \(Self.largestRank)")
    }
    var count = 1
    var last = offset
    var overflows = false
    for (size, stride) in zip(shape, strides) {
      let (product, tooMany) = count.multipliedReportingOverflow(by: size)
      let (step, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, beyond) = last.addingReportingOverflow(step)
      (count, last) = (product, sum)
      overflows = overflows || tooMany || tooFar || beyond
    }
    guard !overflows, last < storage.count, count <= storage.count else {
      throw PyTorchError(
        "'\(name)' of shape \(shape), offset \(offset), strides \(strides) is larger than its storage of \(storage.count) numbers"
      )
    }
    return count
  }

  /// Where the elements lie in the storage, in row-major order; only for a tensor that was checked.
  func places() -> [Int] {
    zip(shape, strides).reduce([offset]) { places, axis in
      places.flatMap { place in (0..<axis.0).map { place + $0 * axis.1 } }
    }
  }
}

extension ArraySlice<UInt8> {
  /// The little-endian number with an index, counted in numbers.
  fileprivate func bits<T: FixedWidthInteger>(at index: Int) -> T {
    let width = T.bitWidth / 8
    let start = startIndex + index * width
    return self[start..<start + width].reversed().reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
  }
}

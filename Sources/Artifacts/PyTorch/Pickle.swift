/// What a pickle of PyTorch describes: values and the objects that they name.
///
/// Objects lie in one flat list and name each other by index, so that nothing is nested however deep the pickle is, and an object
/// may contain itself. Nothing of the pickle is ever run: see `PickleMachine`.
struct Pickle {
  enum Value: Hashable {
    case none
    case truth(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    /// An index into `objects`.
    case object(Int)
  }

  enum Object: Equatable {
    case tuple([Value])
    case list([Value])
    /// In the order of insertion; of two entries with one key the later holds.
    case dictionary(keys: [Value], values: [Value])
    case name(PickleName)
    case storage(TensorStorage)
    case tensor(TensorDescription)
  }

  var objects: [Object] = []
  var root = Value.none

  /// The object that a value names.
  func object(_ value: Value) -> Object? {
    guard case .object(let index) = value, objects.indices.contains(index) else { return nil }
    return objects[index]
  }

  /// The entries of a dictionary whose keys are texts, in order, each key once.
  func entries(_ value: Value) -> [(key: String, value: Value)]? {
    guard case .dictionary(let keys, let values) = object(value) else { return nil }
    var entries: [(key: String, value: Value)] = []
    var places: [String: Int] = [:]
    for (key, value) in zip(keys, values) {
      guard case .text(let key) = key else { continue }
      if let place = places[key] {
        entries[place].value = value
      } else {
        places[key] = entries.count
        entries.append((key, value))
      }
    }
    return entries
  }

  /// The elements of a tuple or list.
  func elements(_ value: Value) -> [Value]? {
    switch object(value) {
    case .tuple(let elements), .list(let elements): elements
    default: nil
    }
  }

  /// The elements of a tuple or list of whole numbers that are not negative.
  func sizes(_ value: Value) -> [Int]? {
    guard let elements = elements(value) else { return nil }
    var sizes: [Int] = []
    for element in elements {
      guard case .integer(let size) = element, size >= 0 else { return nil }
      sizes.append(size)
    }
    return sizes
  }
}

/// The names that a pickle of weights may use; every other one is refused.
enum PickleName: Equatable {
  case orderedDictionary
  case rebuildTensor
  case storage(ElementKind)

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch", _):
      guard let kind = ElementKind(rawValue: name) else { return nil }
      self = .storage(kind)
    default: return nil
    }
  }
}

/// What the numbers of a storage are; the raw value is PyTorch's name of the storage type.
enum ElementKind: String {
  case float32 = "FloatStorage"
  case float64 = "DoubleStorage"
  case float16 = "HalfStorage"
  case bfloat16 = "BFloat16Storage"
  case int64 = "LongStorage"
  case int32 = "IntStorage"
  case int16 = "ShortStorage"
  case int8 = "CharStorage"
  case uint8 = "ByteStorage"
  case bool = "BoolStorage"

  /// Bytes of a number.
  var width: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }
}

/// Numbers that tensors are views of: member `data/KEY` of the archive.
struct TensorStorage: Equatable {
  let kind: ElementKind
  let key: String
  let count: Int
}

/// A view of a storage; element `(i, j, …)` is number `offset + i·strides[0] + j·strides[1] + …`.
struct TensorDescription: Equatable {
  let storage: TensorStorage
  let offset: Int
  let shape: [Int]
  let strides: [Int]
}

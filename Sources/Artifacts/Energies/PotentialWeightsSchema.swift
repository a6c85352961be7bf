import Foundation
import StageKit

/// The weights of a potential as a file: one float32 dataset a tensor in the root group, named as in PyTorch's state dictionary;
/// the model's arguments as attributes of the root.
///
/// | attribute                  | holds                                                                  |
/// |----------------------------|------------------------------------------------------------------------|
/// | an argument's name         | a text, an integer (0 and 1 for truth values), a number, or JSON (list)|
/// | `model_args_json`          | all of them, as JSON                                                   |
/// | `n_params`                 | how many numbers there are                                             |
/// | `state_dict_keys_in_order` | names of the tensors, one a line                                       |
/// | `inputs`                   | the file they come from, with its SHA-256                              |
public enum PotentialWeights {
  /// Where `make potentials` puts weights.
  public static let chgnet = installed("potentials/chgnet-0.3.0.h5")
  /// Weights fine-tuned on r2SCAN energies.
  public static let chgnetR2SCAN = installed("potentials/chgnet-r2scan.h5")

  /// A file of `Artifacts`; that of an installation, whose folder FRIEZE_SHARE names, where it is only there.
  static func installed(_ name: String) -> String {
    let own = "Artifacts/\(name)"
    guard !FileManager.default.fileExists(atPath: own), let share = ProcessInfo.processInfo.environment["FRIEZE_SHARE"],
      FileManager.default.fileExists(atPath: "\(share)/\(name)")
    else { return own }
    return "\(share)/\(name)"
  }

  /// Bytes of the largest file that is read.
  static let largestFile = 1 << 30
  /// An attribute of HDF5 has 64 KiB at most.
  private static let largestAttribute = 60_000
  private static let reserved: Set = ["model_args_json", "n_params", "state_dict_keys_in_order", "inputs"]

  /// The file that a potential's weights stand in, by its name in `--potential`; nil for one that has none.
  static func path(ofPotential name: String) -> String? {
    let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
    guard let first = parts.first, let file = ["chgnet": chgnet, "chgnet-r2scan": chgnetR2SCAN][first] else { return nil }
    return parts.count > 1 ? parts[1] : file
  }

  /// The file of a potential's weights by name with its SHA-256, as files of its energies have it; empty where it has none.
  ///
  /// - Throws: `StageError` where the file cannot be read.
  public static func identity(ofPotential name: String) throws -> String {
    guard let weights = path(ofPotential: name), FileManager.default.fileExists(atPath: weights) else { return "" }
    return "\((weights as NSString).lastPathComponent) sha256:\(try AtomicFile.hash(of: weights))"
  }

  /// Reads what `torch.save` wrote and writes its tensors; returns how many there are.
  ///
  /// - Throws: `StageError` where it is no file of PyTorch's weights, or the output cannot be written.
  public static func convert(_ input: String, to output: String) throws -> Int {
    let size = (try? FileManager.default.attributesOfItem(atPath: input))?[.size] as? Int ?? 0
    guard size <= largestFile else {
      throw StageError(.input, "'\(input)' has \(size) bytes, more than the \(largestFile) that are read.")
    }
    do {
      let file = try PyTorchFile(try PackedFiles.bytes(of: input))
      let source = "\((input as NSString).lastPathComponent) sha256:\(try AtomicFile.hash(of: input))"
      try AtomicFile.write(to: output) { temporary in
        let writer = try HDF5Writer(path: temporary)
        try write(file, source: source, to: writer)
        try writer.close()
      }
      return file.tensors.count
    } catch let error as PyTorchError {
      throw StageError(.input, "'\(input)': \(error.description).")
    }
  }

  private static func write(_ file: PyTorchFile, source: String, to writer: borrowing HDF5Writer) throws {
    var count = 0
    for tensor in file.tensors {
      try Interruption.check()
      guard isName(tensor.name) else { throw PyTorchError("the name '\(tensor.name)' of a tensor cannot name a dataset") }
      let values = try file.values(of: tensor)
      try writer.write(values, shape: tensor.description.shape, to: "/\(tensor.name)")
      count += values.count
    }
    try writer.setAttribute("n_params", Int64(count))
    try writer.setAttribute("inputs", source)
    let names = file.tensors.map(\.name).joined(separator: "\n")
    if names.utf8.count <= largestAttribute { try writer.setAttribute("state_dict_keys_in_order", names) }
    try write(file.arguments, of: file.pickle, to: writer)
  }

  /// Arguments that are neither short texts, numbers nor short lists of these are left out.
  private static func write(_ arguments: [PyTorchFile.Argument], of pickle: Pickle, to writer: borrowing HDF5Writer) throws {
    guard arguments.count <= 1000 else { throw PyTorchError("the model has \(arguments.count) arguments, more than 1000") }
    var fields: [String] = []
    for (name, value) in arguments where isName(name) && !reserved.contains(name) {
      guard let text = json(value, pickle) else { continue }
      fields.append("\(jsonText(name)): \(text)")
      switch value {
      case .none: try writer.setAttribute(name, "None")
      case .truth(let truth): try writer.setAttribute(name, Int64(truth ? 1 : 0))
      case .integer(let number): try writer.setAttribute(name, Int64(number))
      case .number(let number): try writer.setAttribute(name, number)
      case .text(let text): try writer.setAttribute(name, text)
      case .object: try writer.setAttribute(name, text)
      }
    }
    let all = "{" + fields.joined(separator: ", ") + "}"
    if all.utf8.count <= largestAttribute { try writer.setAttribute("model_args_json", all) }
  }

  /// A value as JSON; nil where it is too long or contains more than a list of numbers and texts.
  private static func json(_ value: Pickle.Value, _ pickle: Pickle) -> String? {
    guard case .object = value else { return json(scalar: value) }
    guard let elements = pickle.elements(value), elements.count <= 1000 else { return nil }
    let parts = elements.compactMap(json(scalar:))
    let text = "[" + parts.joined(separator: ", ") + "]"
    return parts.count == elements.count && text.utf8.count <= 4096 ? text : nil
  }

  private static func json(scalar value: Pickle.Value) -> String? {
    switch value {
    case .none: "null"
    case .truth(let truth): truth ? "true" : "false"
    case .integer(let number): String(number)
    case .number(let number): number.isFinite ? String(number) : "null"
    case .text(let text): text.utf8.count <= 4096 ? jsonText(text) : nil
    case .object: nil
    }
  }

  /// Whether a text names a dataset of the root group or an attribute.
  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name.utf8.count <= 1024 && !name.utf8.contains { $0 < 32 || $0 == UInt8(ascii: "/") }
  }
}

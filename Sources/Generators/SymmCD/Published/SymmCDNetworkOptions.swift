/// Sizes of SymmCD's network. Defaults are the published values (Levy et al. 2025, and its code).
struct SymmCDNetworkOptions: Sendable {
  /// Features of a site.
  var hidden = 1024
  /// Layers of message passing.
  var layers = 8
  /// Fourier frequencies of each coordinate and coordinate difference, 0 among them.
  var frequencies = 128
  /// Sines and cosines of the time.
  var time = 10
  /// Features of the space group.
  var group = 512
  /// Features of the two layers that the space group's code goes through before.
  var groupHidden = 128
  /// Features of the site symmetry.
  var symmetry = 512
  /// Features of the site symmetry along an axis.
  var axis = 4
  /// Numbers of an axis, and of an operation, whose products are the logits of the site symmetry.
  var headRank = 8
  /// Whether waves of frequency 0 are read, too, as published: ones.
  var constantColumns = true

  /// The published values.
  init() {}

  /// Those that a configuration says, the others as published.
  init(_ options: UnitNetworkOptions) {
    (hidden, layers, frequencies) = (options.hidden, options.layers, options.frequencies)
    (group, symmetry) = (options.embedding, options.embedding)
  }

  /// Frequencies from 1 on.
  var waves: Int { frequencies - 1 }

  /// What is wrong with the values, in a sentence; nil where all is well. `name` stands before a dot in it.
  func complaint(_ name: String) -> String? {
    let rules: [(String, Int, ClosedRange<Int>)] = [
      ("hidden", hidden, 1...16_384), ("layers", layers, 1...1000), ("frequencies", frequencies, 2...16_384),
      ("time", time, 4...16_384), ("group", group, 1...16_384), ("group_hidden", groupHidden, 1...16_384),
      ("symmetry", symmetry, 1...16_384), ("axis", axis, 1...16_384), ("head_rank", headRank, 1...16_384),
    ]
    if let (field, _, range) = rules.first(where: { !$0.2.contains($0.1) }) {
      return "\(name).\(field) must be \(range.lowerBound) to \(range.upperBound)"
    }
    guard time.isMultiple(of: 2) else { return "\(name).time must be an even number" }
    let width = Double(hidden + frequencies + group + symmetry)
    let isTooLarge = width * width * Double(layers) > 1e9
    return isTooLarge ? "\(name).hidden and \(name).layers make too large a network" : nil
  }
}

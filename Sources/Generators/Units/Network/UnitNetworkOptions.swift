/// What a method that fills blueprints tells its network, what the outputs mean, and how it is sampled.
public enum UnitForm: String, Codable, Sendable, CaseIterable {
  /// As in the paper and its code.
  case published
  /// What won in Pipelines/RESULTS.md: sites are told what the beliefs say of the crystal (`InformedForm.describe`) and, in a part of
  /// the crystals, the Wyckoff positions and shared elements; outputs move estimates away from the posterior; classes are trained by
  /// cross entropy, site symmetries are Wyckoff positions; crystals are shown from every origin of their group; while sampling,
  /// coordinates move on the line and sites are kept apart.
  case informed
}

/// Sizes of `UnitNetwork`. Defaults are those of SymmBFN as published.
public struct UnitNetworkOptions: Codable, Sendable, Equatable {
  /// Features of a site.
  public var hidden = 512
  /// Layers of message passing.
  public var layers = 6
  /// Features of each embedding: elements, site symmetry, space group, time.
  public var embedding = 128
  /// Fourier frequencies of each coordinate difference.
  public var frequencies = 128
  /// Fourier frequencies of each absolute coordinate beside the coordinate itself; 0 for none.
  public var coordinateFrequencies = 32

  /// The published sizes.
  public init() {}

  enum CodingKeys: String, CodingKey {
    case hidden, layers, embedding, frequencies
    case coordinateFrequencies = "coordinate_frequencies"
  }

  /// What is wrong with the sizes, in a sentence; nil where all is well.
  public var complaint: String? {
    let sizes: [(String, Bool, Int)] = [
      ("network.hidden", hidden > 0, hidden), ("network.layers", layers > 0, layers),
      ("network.embedding (an even number)", embedding > 0 && embedding % 2 == 0, embedding),
      ("network.frequencies", frequencies > 0, frequencies),
      ("network.coordinate_frequencies (0 or more)", coordinateFrequencies >= 0, coordinateFrequencies),
    ]
    if let wrong = sizes.first(where: { !$0.1 }) { return "\(wrong.0) must be positive" }
    // No machine has the memory.
    if let large = sizes.first(where: { $0.2 > 16_384 }) { return "\(large.0) must be at most 16384" }
    guard layers <= 1000 else { return "network.layers must be at most 1000" }
    let width = Double(hidden + embedding + frequencies + coordinateFrequencies)
    return width * width * Double(layers) > 1e9 ? "network.hidden and network.layers make too large a network" : nil
  }
}

/// What the four losses of a method that fills blueprints count.
public struct UnitLossWeights: Codable, Sendable, Equatable {
  /// Of the coordinates' loss.
  public var coordinates: Float
  /// Of the lattice's loss.
  public var lattice: Float
  /// Of the elements' loss.
  public var elements: Float
  /// Of the site symmetries' loss.
  public var siteSymmetry: Float

  enum CodingKeys: String, CodingKey {
    case coordinates, lattice, elements
    case siteSymmetry = "site_symmetry"
  }

  /// In the order of the methods' terms.
  var inOrder: [Double] { [coordinates, lattice, elements, siteSymmetry].map { Double($0) } }
}

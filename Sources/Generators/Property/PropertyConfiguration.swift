public import Networks

/// All that a model of properties can be told: which columns, from what, sizes, the optimiser.
public struct PropertyConfiguration: MethodOptions {
  /// What the network is shown.
  public var input = Input.blueprint
  /// How the network is built where the input is `composition`.
  public var form = Form.informed
  /// Columns of the dataset that are learnt, several at once.
  public var columns = ["formation_energy_per_atom"]
  /// Sizes of the network.
  public var network = Network()
  /// The optimiser and its schedule.
  public var training = TrainingOptions()

  /// About 300,000 parameters.
  public init() {
    training.batch = 64
    training.epochs = 60
    training.learningRate = 2e-3
    training.minimumRate = 1e-5
    training.schedule = .cosine
    training.warmUpSteps = 400
    training.averageDecay = 0.999
    training.clipNorm = 10
    training.weightDecay = 0.05
  }

  /// What a crystal is predicted from.
  public enum Input: String, Codable, Sendable, CaseIterable {
    /// The asymmetric unit, coordinates and cell included.
    case crystal
    /// Space group, elements and Wyckoff positions alone.
    case blueprint
    /// Space group, composition and cell, without sites: what Crystal-GFN asks its proxy (AI4Science, 2023).
    case composition
  }

  /// Networks over space group, composition and cell.
  public enum Form: String, Codable, Sendable, CaseIterable {
    /// Inputs, sizes and loss of Crystal-GFN's proxy: `PublishedCompositionNetwork`.
    case published
    /// The volume an atom and the size of the cell are inputs, too: `CompositionNetwork`.
    case informed
  }

  /// Layers over sites, or of a perceptron where there are none.
  public struct Network: Codable, Sendable, Equatable {
    /// Features of a site; of a layer where the input is `composition`.
    public var width = 96
    /// Layers: of attention where there are no distances, of filters of distances where there are, and of a perceptron without sites.
    public var layers = 3
    /// Heads of attention; they divide the width.
    public var heads = 4
    /// Features of an element and of a Wyckoff position.
    public var embedding = 32
  }

  /// The columns.
  public var properties: [String] { columns }

  /// What is wrong with the values, in a sentence; nil where all is well.
  public var complaint: String? {
    let wrong: [(String, Bool)] = [
      ("form: published needs input: composition", form == .published && input != .composition),
      ("columns must name one property of the dataset at least", columns.isEmpty || columns.contains("")),
      ("columns names a property twice", Set(columns).count < columns.count),
      ("columns must be at most 64", columns.count > 64),
      ("network.width must be from 1 to 4096", !(1...4096).contains(network.width)),
      ("network.layers must be from 1 to 100", !(1...100).contains(network.layers)),
      ("network.embedding must be from 1 to 4096", !(1...4096).contains(network.embedding)),
      ("network.heads must divide network.width", network.heads < 1 || !network.width.isMultiple(of: max(1, network.heads))),
    ]
    return wrong.first { $0.1 }?.0 ?? training.complaint
  }

  /// Parameters mean the same with the same network and input; another run may learn other columns, as many.
  public func takesParameters(of other: Self, goingOn: Bool) -> Bool {
    network == other.network && input == other.input && form == other.form
      && (goingOn ? columns == other.columns : columns.count == other.columns.count)
  }
}

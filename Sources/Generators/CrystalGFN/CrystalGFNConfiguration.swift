import Crystals
public import Networks

/// All that Crystal-GFN can be told: what crystals may be, what they are worth, sizes, the optimiser.
public struct CrystalGFNConfiguration: MethodOptions {
  /// What policies are shown.
  public var form = Form.informed
  /// What a crystal is worth: an expression, see `Reward`.
  public var reward = "exp(-8 * formation_energy_per_atom)"
  /// What crystals may be.
  public var space = Space()
  /// The lattice.
  public var lattice = Lattice()
  /// Sizes of the two policies.
  public var network = Network()
  /// How trajectories are drawn in training.
  public var trajectories = Trajectories()
  /// The optimiser and its schedule; a batch is so many trajectories.
  public var training = TrainingOptions()
  /// Choices of the sampler.
  public var sampling = Sampling()

  /// The optimiser of the paper.
  public init() {
    training.batch = 10
    training.epochs = 50
    training.learningRate = 1e-4
    training.minimumRate = 1e-6
    training.plateauPatience = 1_000_000
    training.averageDecay = 0
    training.clipNorm = 1e20
  }

  /// What policies are shown.
  public enum Form: String, Codable, Sendable, CaseIterable {
    /// Of the paper: numbers of atoms as they are, the source of the lattice as 0.
    case published
    /// Numbers of atoms in shares of the most, which part is being built, the sum of the atoms, whether there is a lattice.
    case informed
  }

  /// What crystals may be.
  public struct Space: Codable, Sendable, Equatable {
    /// Symbols; the elements of the training set where empty.
    public var elements: [String] = []
    /// International numbers; the groups of the training set where empty.
    public var groups: [Int] = []
    /// Symbols of elements that must occur.
    public var required: [String] = []
    /// Different elements.
    public var leastElements = 1
    /// Different elements.
    public var mostElements = 5
    /// Atoms of the conventional cell.
    public var leastAtoms = 1
    /// Atoms of the conventional cell.
    public var mostAtoms = 50
    /// Atoms of one element.
    public var mostOfElement = 16
    /// What charges must balance.
    public var electroneutrality = Electroneutrality.pauling
    /// Whether metals alone need no charges.
    public var alloys = true

    enum CodingKeys: String, CodingKey {
      case elements, groups, required
      case leastElements = "least_elements"
      case mostElements = "most_elements"
      case leastAtoms = "least_atoms"
      case mostAtoms = "most_atoms"
      case mostOfElement = "most_of_element"
      case electroneutrality, alloys
    }
  }

  /// Coordinates of lattices.
  public enum LatticeKind: String, Codable, Sendable, CaseIterable {
    /// a, b, c, alpha, beta, gamma, as published.
    case lengths
    /// The shape of the k-vector and the volume an atom.
    case shape
  }

  /// The lattice.
  public struct Lattice: Codable, Sendable, Equatable {
    /// Coordinates.
    public var kind = LatticeKind.shape
    /// Angstrom, of a, b and c.
    public var lengths: [Double] = [0.9, 100]
    /// Degrees.
    public var angles: [Double] = [50, 150]
    /// Cubic angstrom an atom.
    public var volume: [Double] = [5, 120]
    /// How far the shape goes from the training set's mean, in its deviations.
    public var deviations = 3.5
    /// Beta distributions a dimension.
    public var components = 5
    /// The least step of a dimension, as a share of its range.
    public var leastIncrement = 0.1

    enum CodingKeys: String, CodingKey {
      case kind, lengths, angles, volume, deviations, components
      case leastIncrement = "least_increment"
    }
  }

  /// Sizes of each of the two policies.
  public struct Network: Codable, Sendable, Equatable {
    /// Features of a layer.
    public var hidden = 256
    /// Layers with an activation behind them.
    public var layers = 3
  }

  /// How trajectories are drawn in training.
  public struct Trajectories: Codable, Sendable, Equatable {
    /// Trajectories that are called an epoch.
    public var epoch = 10_000
    /// Share of the steps that are drawn by who knows nothing.
    public var random = 0.1
    /// What ln Z begins with.
    public var logZ = 37.5
    /// What the learning rate of ln Z is multiplied by.
    public var logZRate: Float = 100
    /// The least reward.
    public var leastReward = 1e-8

    enum CodingKeys: String, CodingKey {
      case epoch, random
      case logZ = "log_z"
      case logZRate = "log_z_rate"
      case leastReward = "least_reward"
    }
  }

  /// Choices of the sampler.
  public struct Sampling: Codable, Sendable, Equatable {
    /// What logits of choices are divided by; below 1 the likely becomes likelier.
    public var temperature: Float = 1
  }

  /// Names of the reward that a crystal does not say of itself.
  public var predicted: [String] { (try? Reward(reward))?.predicted ?? [] }

  /// What is wrong with the values, in a sentence; nil where all is well.
  public var complaint: String? {
    let symbols = (space.elements + space.required).first { Element.atomicNumber($0) == nil }
    func isRange(_ values: [Double], _ limits: ClosedRange<Double>) -> Bool {
      values.count == 2 && values.allSatisfy(limits.contains) && values[0] < values[1]
    }
    let wrong: [(String, Bool)] = [
      ("space.elements and space.required take symbols of elements, not '\(symbols ?? "")'", symbols != nil),
      ("space.elements names an element twice", Set(space.elements).count < space.elements.count),
      ("space.groups are from 1 to 230", space.groups.contains { !(1...230).contains($0) }),
      (
        "space.least_elements must be from 1 to space.most_elements",
        !(1...max(1, space.mostElements)).contains(space.leastElements)
      ),
      ("space.most_elements must be from 1 to 12", !(1...12).contains(space.mostElements)),
      ("space.least_atoms must be from 1 to space.most_atoms", !(1...max(1, space.mostAtoms)).contains(space.leastAtoms)),
      ("space.most_atoms must be from 1 to 400", !(1...400).contains(space.mostAtoms)),
      ("space.most_of_element must be from 1 to 200", !(1...200).contains(space.mostOfElement)),
      ("space.required names more elements than space.most_elements", Set(space.required).count > space.mostElements),
      ("lattice.lengths must be two rising lengths from 0.1 to 1000", !isRange(lattice.lengths, 0.1...1000)),
      ("lattice.angles must be two rising angles from 1 to 179", !isRange(lattice.angles, 1...179)),
      ("lattice.volume must be two rising volumes from 0.1 to 10000", !isRange(lattice.volume, 0.1...10_000)),
      ("lattice.deviations must be from 0.1 to 20", !(0.1...20).contains(lattice.deviations)),
      ("lattice.components must be from 1 to 100", !(1...100).contains(lattice.components)),
      ("lattice.least_increment must be from 0.01 to 1", !(0.01...1).contains(lattice.leastIncrement)),
      ("network.hidden must be from 1 to 4096", !(1...4096).contains(network.hidden)),
      ("network.layers must be from 1 to 20", !(1...20).contains(network.layers)),
      ("trajectories.epoch must be from 1 to 10000000", !(1...10_000_000).contains(trajectories.epoch)),
      ("trajectories.random must be from 0 to 1", !(0...1).contains(trajectories.random)),
      ("trajectories.log_z must be from -1000 to 1000", !(-1000...1000).contains(trajectories.logZ)),
      ("trajectories.log_z_rate must be from 0 to 100000", !(0...100_000).contains(trajectories.logZRate)),
      ("trajectories.least_reward must be from 1e-300 to 1", !(1e-300...1).contains(trajectories.leastReward)),
      ("sampling.temperature must be from 0.01 to 100", !(0.01...100).contains(sampling.temperature)),
    ]
    if let first = wrong.first(where: { $0.1 }) { return first.0 }
    do throws(Rejection) { _ = try Reward(reward) } catch { return "reward: \(error.description)" }
    return training.complaint
  }

  /// Parameters mean the same with the same space, lattice and network.
  public func takesParameters(of other: Self, goingOn: Bool) -> Bool {
    form == other.form && space == other.space && lattice == other.lattice && network == other.network
      && (!goingOn || (reward == other.reward && trajectories == other.trajectories))
  }
}

/// Everything that is said of proposals, file by file beside a reference.
public struct ProposalSummary: Codable, Sendable, Equatable {
  /// Raised when a name changes its meaning.
  public static let currentVersion = 1

  /// Of the names' meaning.
  public var version = Self.currentVersion
  /// What was predicted, and by what.
  public var settings: Settings
  /// Names of the files, in the order of all lists.
  public var names: [String]
  /// In the order in which tables show them.
  public var figures: [ProposalFigure] = []
  /// What is drawn.
  public var distributions: [ProposalDistribution] = []
  /// Which elements occur together.
  public var occurrence: ElementOccurrence
  /// (names) what the predictor and the potential say of the same crystals; empty where none was relaxed.
  public var relaxed: [[EnergyPair]] = []

  /// What the numbers depend on beside the crystals.
  public struct Settings: Codable, Sendable, Equatable {
    /// The predicted column.
    public var property: String
    /// Its unit.
    public var unit: String
    /// The predictor's file.
    public var predictor: String
    /// The dataset's file.
    public var reference: String
    /// Which part of it proposals are compared with.
    public var part: String
    /// The mean absolute error of the predictor on it; nil where no value is known.
    public var error: Double?
    /// The potential that relaxed crystals are judged by; nil where none was relaxed.
    public var potential: String?

    /// - Parameters:
    ///   - property: the predicted column.
    ///   - unit: its unit.
    ///   - predictor: its file.
    ///   - reference: the dataset's file.
    ///   - part: which part of it.
    ///   - potential: of the relaxed crystals.
    public init(
      property: String, unit: String, predictor: String, reference: String, part: String, potential: String? = nil
    ) {
      (self.property, self.unit, self.predictor) = (property, unit, predictor)
      (self.reference, self.part, self.potential) = (reference, part, potential)
    }

    /// The property for readers.
    public var label: String {
      let words = property.replacing("_per_atom", with: "").replacing("_", with: " ")
      return "predicted \(words)"
    }
  }

  /// Two values of one crystal.
  public struct EnergyPair: Codable, Sendable, Equatable {
    /// By the predictor.
    public var predicted: Double
    /// By the potential, of the relaxed crystal.
    public var relaxed: Double
  }

  /// The figure with a name.
  public func figure(_ name: String) -> ProposalFigure? { figures.first { $0.name == name } }

  /// The distribution with a name.
  public func distribution(_ name: String) -> ProposalDistribution? { distributions.first { $0.name == name } }
}

/// One row of numbers with its name.
public struct ProposalFigure: Codable, Sendable, Equatable {
  /// Name in files.
  public var name: String
  /// For readers.
  public var label: String
  /// What it is, in a sentence.
  public var meaning: String
  /// Under which heading tables show it.
  public var section: Section
  /// Empty for shares and counts.
  public var unit: String
  /// Whether `count` of `total` is shown as a share.
  public var isShare: Bool
  /// (files + 1) the last is the reference's.
  public var values: [Value]

  /// One number.
  public struct Value: Codable, Sendable, Equatable {
    /// The share, where it is one; nil where there is none.
    public var value: Double?
    /// Numerator, or what is counted.
    public var count: Int?
    /// Denominator, or how many there could be.
    public var total: Int?

    /// No number, unless one is given.
    public init(_ value: Double? = nil) { self.value = value }

    /// A share; nil of nothing.
    public init(share count: Int, of total: Int) {
      (self.count, self.total) = (count, total)
      value = total > 0 ? Double(count) / Double(total) : nil
    }

    /// So many, of so many that there could be where that is known.
    public init(count: Int, of total: Int? = nil) {
      (self.count, self.total) = (count, total)
      value = Double(count)
    }
  }

  /// The headings of the table.
  public enum Section: String, Codable, Sendable, CaseIterable {
    case property = "predicted property"
    case diversity
    case possible = "chemistry and symmetry"
    case relaxed = "after relaxation"
  }
}

/// Shares of one quantity in every file, and in the reference.
public struct ProposalDistribution: Codable, Sendable, Equatable {
  /// Name in files.
  public var name: String
  /// For readers.
  public var label: String
  /// Empty for pure numbers and categories.
  public var unit: String
  /// Labels of categories; empty for a histogram.
  public var categories: [String]
  /// (bins + 1) of a histogram, the outermost bins holding what lies past them; empty for categories.
  public var edges: [Double]
  /// (files, bins or categories) empty where there are no values.
  public var files: [[Double]]
  /// The same of the reference.
  public var reference: [Double]
  /// The same of the training part; empty where it is not compared with.
  public var training: [Double]
  /// (files) values that are marked: medians; empty where none are.
  public var medians: [Double?] = []
}

/// Shares of crystals that have two elements, whatever their numbers of atoms.
public struct ElementOccurrence: Codable, Sendable, Equatable {
  /// Atomic numbers of all elements that occur.
  public var elements: [Int]
  /// (files, elements, elements) with the share of crystals that have an element on the diagonal.
  public var files: [[Double]]
  /// (elements, elements) of the reference.
  public var reference: [Double]
  /// (elements, elements) of the training part.
  public var training: [Double]
}

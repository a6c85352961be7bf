/// Everything that `metrics` has to say about one set of generated crystals, as it is written to `metrics.json`.
///
/// Numbers are in lists of named figures, so that a new one needs a name and nothing else: readers show what they find.
public struct MetricsSummary: Codable, Sendable, Equatable {
  /// Raised when a name changes its meaning.
  public static let currentVersion = 1

  /// Of the names' meaning.
  public var version = Self.currentVersion
  /// What was judged, for headings.
  public var name: String
  /// Structures asked of the model: the denominator of every rate that names no other.
  public var sampled: Int
  /// Structures that reached the judge.
  public var judged: Int
  /// What the numbers depend on.
  public var settings: Settings
  /// What the crystals are compared with.
  public var reference: Reference
  /// In the order in which tables show them.
  public var figures: [Figure]
  /// From sampled to kept, step by step.
  public var funnel: [FunnelStep]
  /// What the report draws.
  public var distributions: [Distribution]
  /// Wall time of the run's stages.
  public var stages: [StageTime]
  /// What could not be computed, one line each.
  public var notes: [String]

  /// The figure with a name, nil where it was not computed.
  public func figure(_ name: String) -> Figure? { figures.first { $0.name == name } }

  /// The distribution with a name.
  public func distribution(_ name: String) -> Distribution? {
    distributions.first { $0.name == name }
  }
}

/// What the numbers depend on beside the crystals.
public struct Settings: Codable, Sendable, Equatable {
  /// Tolerance of the symmetry search in angstrom.
  public var symprec: Double
  /// When two structures are the same.
  public var matcher: StructureMatcher
  /// Of the bootstrap.
  public var seed: UInt64
  /// Which potential judged the energies; nil without energies.
  public var judge: String?
  /// Which convex hull.
  public var hull: String?
  /// The file of the judge's weights with its SHA-256, and the SHA-256 of the hull's table.
  public var judgeWeights: String?
  /// SHA-256 of the hull's file.
  public var hullHash: String?

  /// The defaults, but for what is given.
  public init(
    symprec: Double = 0.1, matcher: StructureMatcher = .standard, seed: UInt64 = 0,
    judge: String? = nil, hull: String? = nil, judgeWeights: String? = nil, hullHash: String? = nil
  ) {
    self.judgeWeights = judgeWeights
    self.hullHash = hullHash
    self.symprec = symprec
    self.matcher = matcher
    self.seed = seed
    self.judge = judge
    self.hull = hull
  }
}

/// The sets that the crystals are compared with.
public struct Reference: Codable, Sendable, Equatable {
  /// For tables.
  public var name: String
  /// Crystals of the training set.
  public var train: Int
  /// Crystals of the part that distances are measured to.
  public var test: Int
  /// The split that distances are measured to: `test`, `validation`, or `train` where there is no test set.
  public var comparedWith: String
}

/// One number with its name.
public struct Figure: Codable, Sendable, Equatable {
  /// Name in files, e.g. `unique`.
  public var name: String
  /// Name for readers.
  public var label: String
  /// Under which heading tables show it.
  public var section: Section
  /// nil where it could not be computed.
  public var value: Double?
  /// Bounds of the 95 % interval, where there is one: Wilson's of shares, the bootstrap's of distances and means.
  public var low: Double?
  /// Upper bound of the interval.
  public var high: Double?
  /// Standard deviation of what the value is the mean of, where it is one.
  public var deviation: Double?
  /// Numerator and denominator of a rate.
  public var count: Int?
  /// Denominator of a rate; nil for other figures.
  public var total: Int?
  /// Empty for pure numbers and shares.
  public var unit: String
  /// Whether more is better; nil where neither is.
  public var isHigherBetter: Bool?

  /// The headings of the table.
  public enum Section: String, Codable, Sendable, CaseIterable {
    case validity, discovery, symmetry, distance, coverage, stability
    case kept = "symmetry kept and free"
    case hulls = "further hulls"
    case published = "published protocol"
    case breakdown = "stable, unique and novel by kind"
    case initial = "before relaxation"
    case conditioning, prediction, reference, cost
  }
}

/// One step of the way from sampled structures to those that pass everything.
public struct FunnelStep: Codable, Sendable, Equatable {
  /// Name in files of what is dropped, e.g. `too_close`.
  public var name: String
  /// For readers.
  public var label: String
  /// Structures that end here.
  public var dropped: Int
  /// Structures that go on.
  public var kept: Int

  /// A step that drops some and leaves others.
  public init(name: String, label: String, dropped: Int, kept: Int) {
    self.name = name
    self.label = label
    self.dropped = dropped
    self.kept = kept
  }
}

/// Generated and reference shares of one quantity.
public struct Distribution: Codable, Sendable, Equatable {
  /// Name in files, e.g. `space_group`.
  public var name: String
  /// For readers.
  public var label: String
  /// Empty for pure numbers and categories.
  public var unit: String
  /// Labels of categories; empty for a histogram.
  public var categories: [String]
  /// (bins + 1) edges of a histogram, the outermost bins holding what lies past them; empty for categories.
  public var edges: [Double]
  /// One share a bin, adding up to 1 (`element_crystals`, where a crystal is of several categories: to more); empty where there are no
  /// values.
  public var generated: [Double]
  /// The same of the reference.
  public var reference: [Double]
  /// The value that was asked for, where one was.
  public var target: Double?
  /// The greatest value that was asked for, where `target` is the least.
  public var targetEnd: Double?

  /// Shares of categories or of bins; see the properties.
  public init(
    name: String, label: String, unit: String, categories: [String], edges: [Double], generated: [Double], reference: [Double],
    target: Double? = nil
  ) {
    (self.name, self.label, self.unit) = (name, label, unit)
    (self.categories, self.edges) = (categories, edges)
    (self.generated, self.reference, self.target) = (generated, reference, target)
  }
}

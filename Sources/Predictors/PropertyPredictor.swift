public import Crystals

/// A model that says properties of crystals.
///
/// One call takes some crystals, so that a model may share its work between them; what it says of a crystal must not depend on the others
/// of the call, and it must answer for any crystal that a file can hold. To add one, conform to this protocol and give it a line in the
/// catalogue that `properties` opens.
public protocol PropertyPredictor: Sendable {
  /// A short name in lower case, which its columns begin with: `megnet`.
  var name: String { get }

  /// What it predicts, in the order of the predictions.
  var properties: [PredictedProperty] { get }

  /// Predicts on the calling thread.
  ///
  /// - Parameter crystals: any cells; whether they carry a symmetry or not.
  /// - Returns: for every crystal one prediction a property.
  /// - Throws: where the model as a whole is out of order, never because of a crystal.
  func predict(_ crystals: [Crystal]) throws -> [[PropertyPrediction]]
}

/// A property that a model predicts.
public struct PredictedProperty: Sendable, Equatable {
  /// In the field's words, with what tells it from others of the model: `band_gap_hse`.
  public var name: String
  /// Empty for a number without one.
  public var unit: String
  /// What a reader has to know of it; empty where there is nothing.
  public var note: String
  /// Whether several networks predict it, whose standard deviation is told, too.
  public var hasDeviation: Bool

  /// - Parameters:
  ///   - name: in the field's words.
  ///   - unit: empty for a number without one.
  ///   - note: what a reader has to know of it.
  ///   - hasDeviation: whether predictions carry a deviation.
  public init(name: String, unit: String, note: String = "", hasDeviation: Bool = false) {
    (self.name, self.unit, self.note, self.hasDeviation) = (name, unit, note, hasDeviation)
  }
}

/// What a model says of one property of one crystal.
public struct PropertyPrediction: Sendable {
  /// In the property's unit; not a number where there is a failure.
  public var value: Double
  /// Standard deviation over the networks of an ensemble, in the same unit; not a number where there is none.
  public var deviation: Double
  /// Why there is no value; nil where there is one.
  public var failure: PredictionFailure?
  /// Elements of the crystal that the model has never seen: it answers, and the answer means nothing.
  public var untrained: [Int]

  /// - Parameters:
  ///   - value: in the property's unit.
  ///   - deviation: over the networks of an ensemble, in the same unit.
  ///   - untrained: atomic numbers that the model has never seen.
  public init(value: Double, deviation: Double = .nan, untrained: [Int] = []) {
    (self.value, self.deviation, self.untrained) = (value, deviation, untrained)
  }

  /// A prediction that failed.
  public init(failure: PredictionFailure) {
    self.init(value: .nan)
    self.failure = failure
  }
}

/// Why a crystal has no prediction.
public enum PredictionFailure: Error, Equatable, Sendable, CustomStringConvertible {
  case noAtoms
  case unusableCell
  case unknownElement(atomicNumber: Int)
  case atomsTooClose(distance: Double)
  case tooDense
  case noNeighbors(cutoff: Double)
  case notFinite
  /// What a model beneath says.
  case reported(String)

  /// In a word, for counts.
  public var code: String {
    switch self {
    case .noAtoms: "no_atoms"
    case .unusableCell: "unusable_cell"
    case .unknownElement: "unknown_element"
    case .atomsTooClose: "atoms_too_close"
    case .tooDense: "too_dense"
    case .noNeighbors: "no_neighbors"
    case .notFinite: "not_finite"
    case .reported: "not_computed"
    }
  }

  /// In a sentence.
  public var description: String {
    switch self {
    case .noAtoms: "the crystal has no atoms"
    case .unusableCell: "the cell has no volume, or a coordinate is not a number"
    case .unknownElement(let z): "the model does not know \(Element.symbol(z)) (atomic number \(z))"
    case .atomsTooClose(let d): "two atoms are \((d * 1e4).rounded() / 1e4) angstrom apart"
    case .tooDense: "the cell is too small for its atoms"
    case .noNeighbors(let cutoff): "no two atoms are within \(cutoff) angstrom"
    case .notFinite: "the prediction is not finite"
    case .reported(let what): what
    }
  }
}

/// Some of the properties of a predictor that computes all of them anyway.
public struct ChosenProperties: PropertyPredictor {
  /// The predictor's.
  public var name: String { whole.name }
  /// Those that were chosen, in their order.
  public let properties: [PredictedProperty]
  private let whole: any PropertyPredictor
  private let places: [Int]

  /// - Parameter names: of properties of the predictor; others are passed over.
  public init(_ whole: any PropertyPredictor, _ names: [String]) {
    self.whole = whole
    places = names.compactMap { name in whole.properties.firstIndex { $0.name == name } }
    properties = places.map { whole.properties[$0] }
  }

  /// - Throws: what the predictor throws.
  public func predict(_ crystals: [Crystal]) throws -> [[PropertyPrediction]] {
    try whole.predict(crystals).map { all in places.map { all[$0] } }
  }
}

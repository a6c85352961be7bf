import Foundation

/// Which columns of a dataset a model is told, and how (classifier-free guidance: Ho and Salimans 2022).
public struct ConditioningOptions: Codable, Sendable, Equatable {
  /// Columns of the dataset; none for a model without conditions.
  public var properties: [String] = []
  /// Sines and cosines of each value.
  public var frequencies = 16
  /// How often a value is left out in training, each by itself.
  public var drop: Float = 0.1
  /// How often all of a crystal's values are left out together.
  public var dropAll: Float = 0.1

  /// No conditions.
  public init() {}

  enum CodingKeys: String, CodingKey {
    case properties, frequencies, drop
    case dropAll = "drop_all"
  }

  /// What is wrong with the values; nil where all is well.
  var complaint: String? {
    if Set(properties).count < properties.count { return "conditioning.properties names a property twice" }
    if let name = properties.first(where: { !Self.isName($0) }) {
      return "conditioning.properties: '\(name)' is no name of a property"
    }
    guard properties.count <= 64 else { return "conditioning.properties must be at most 64" }
    guard (1...64).contains(frequencies) else { return "conditioning.frequencies must be from 1 to 64" }
    guard (0...1).contains(drop), (0...1).contains(dropAll) else {
      return "conditioning.drop and conditioning.drop_all must be from 0 to 1"
    }
    return nil
  }

  /// Names that files have for something else under `/target`.
  static let taken: Set<String> = [
    "space_group", "lattice_k", "site_offset", "atomic_number", "element_label", "wyckoff_letter", "multiplicity",
    "element_offset", "element", "element_count",
  ]

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && name.count <= 100 && !taken.contains(name)
      && name.utf8.allSatisfy { $0 != UInt8(ascii: "/") && $0 > 32 && $0 != 127 }
  }

  /// Parameters mean the same; how often values are left out may change, and further properties may follow.
  func takesParameters(of other: Self) -> Bool {
    other.properties.isEmpty || (properties.starts(with: other.properties) && frequencies == other.frequencies)
  }
}

/// Values of properties as a network reads them: of each the standardised value, whether it is exactly 0 (as the gaps of metals are), its
/// sines and cosines, and whether it is unknown. What is unknown is 0 but for the last.
public struct PropertyEncoding: Sendable {
  /// The columns.
  public let names: [String]
  /// Of each.
  public let scales: [PropertyScale]
  private let frequencies: [Double]
  private let options: ConditioningOptions

  /// Of the columns that a training set's labels have.
  public init(_ options: ConditioningOptions, _ labels: PropertyLabels) {
    self.options = options
    names = options.properties
    scales = options.properties.map { name in
      PropertyScale(labels.names.firstIndex(of: name).map { labels.values[$0] } ?? [])
    }
    // A quarter to 32 radians a deviation, in equal ratios.
    let steps = Double(max(1, options.frequencies - 1))
    frequencies = (0..<options.frequencies).map { 0.25 * pow(128, Double($0) / steps) }
  }

  /// Numbers that a network with conditions is told.
  public static func columns(_ options: ConditioningOptions) -> Int {
    options.properties.count * (3 + 2 * options.frequencies)
  }

  /// (columns) of one crystal.
  ///
  /// - Parameter values: (P) nil where unknown.
  public func row(_ values: [Double?]) -> [Float] {
    var row: [Float] = []
    for (scale, value) in zip(scales, values) {
      guard let value else {
        row += [0, 0] + [Float](repeating: 0, count: 2 * frequencies.count) + [1]
        continue
      }
      // Beyond eight deviations values are told as eight.
      let z = min(8, max(-8, scale.standardized(value)))
      row += [Float(z), value == 0 ? 1 : 0]
      row += frequencies.map { Float(sin($0 * z)) } + frequencies.map { Float(cos($0 * z)) } + [0]
    }
    return row
  }

  /// (columns) where nothing is known.
  public var unknown: [Float] { row([Double?](repeating: nil, count: names.count)) }

  /// A crystal's values as they are shown in training: each left out by itself, and sometimes all.
  ///
  /// - Parameter uniform: the next random number in (0, 1).
  func shown(_ values: [Double], _ uniform: () -> Double) -> [Double?] {
    let hidesAll = Float(uniform()) < options.dropAll
    return values.map { Float(uniform()) < options.drop || hidesAll || $0.isNaN ? nil : $0 }
  }

  /// (P) the values that a blueprint asks for; nil where it does not, or they are not drawn yet.
  func values(_ blueprint: Blueprint) -> [Double?] { names.map { blueprint.properties[$0]?.value } }
}

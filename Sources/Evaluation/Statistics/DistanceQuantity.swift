import Crystals

/// One quantity whose distribution generated crystals share, or do not, with a reference.
struct DistanceQuantity: Sendable {
  /// `density`, as in the figure `density_distance`.
  let name: String
  let label: String
  var unit = ""
  /// Categories have a Jensen-Shannon distance, numbers a Wasserstein one.
  var isCategory = false
  let own: [Double]
  let reference: [Double]
  /// Of the training part, for the floor; empty where the distance is to it, or there is none.
  let train: [Double]

  /// How many a published distance is of.
  static let published = 1000
  /// How often as many are drawn from the training part.
  static let draws = 10

  func distance(_ values: [Double]) -> Double? {
    isCategory ? jensenShannonDistance(values, reference) : wassersteinDistance(values, reference)
  }

  /// What is said of the quantity: the distance of all with its interval; of disjoint thousands, mean and deviation; and what as many
  /// from the training part have, the floor of a perfect sampler.
  func figures(seed: UInt64, section: Figure.Section) -> [Figure] {
    let words = isCategory ? "\(label), Jensen-Shannon" : "\(label), Wasserstein"
    func figure(_ suffix: String, _ more: String, _ value: Double?) -> Figure {
      Figure(
        name: "\(name)_distance\(suffix)", label: words + more, section: section,
        value: value.flatMap { $0.isFinite ? $0 : nil }, unit: unit, isHigherBetter: suffix.contains("floor") ? nil : false)
    }
    let estimate = bootstrapDistance(count: own.count, seed: seed ^ CounterRandom.hash(name)) { picks in
      distance(picks.map { own[$0] })
    }
    var main = figure("", "", estimate?.value)
    (main.low, main.high) = (estimate?.low, estimate?.high)
    var figures = [main]
    guard estimate != nil else { return figures }
    let thousands = own.count / Self.published
    if thousands > 0 {
      let size = Self.published
      let values = (0..<thousands).compactMap { distance(Array(own[$0 * size..<($0 + 1) * size])) }
      if let (mean, deviation) = meanAndDeviation(values) {
        var at = figure("_at_1000", " at 1,000", mean)
        at.deviation = deviation
        figures.append(at)
      }
    }
    guard !train.isEmpty else { return figures }
    let sizes = thousands > 0 && own.count > Self.published ? [Self.published, own.count] : [own.count]
    for size in sizes {
      var random = CounterRandom(seed: seed ^ CounterRandom.hash(name) ^ UInt64(size))
      let values = (0..<Self.draws).compactMap { _ in
        distance(drawIndices(size, of: train.count, using: &random).map { train[$0] })
      }
      guard let (mean, deviation) = meanAndDeviation(values) else { continue }
      let isPublished = size == Self.published
      var floor = figure(
        isPublished ? "_floor_at_1000" : "_floor", isPublished ? ", floor at 1,000" : ", floor (training crystals)", mean)
      floor.deviation = deviation
      figures.append(floor)
    }
    return figures
  }
}

extension CounterRandom {
  /// FNV-1a of a text, so that every quantity has random numbers of its own.
  static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

/// What floors need of the training part, an entry a crystal.
struct TrainingQuantities: Sendable {
  let density: [Double]
  let elements: [Double]
  let spaceGroups: [Double]
  /// NaN for a crystal that could not be reduced.
  let atoms: [Double]
  let lengths: [[Double]]
  let angles: [[Double]]

  init(_ crystals: [Crystal], reduced: [ReducedCrystal?]) {
    density = crystals.map { $0.lattice.isUsable && $0.count > 0 ? $0.density : .nan }
    elements = crystals.map { Double($0.composition.count) }
    spaceGroups = crystals.map(\.spaceGroup).filter { $0 > 0 }.map(Double.init)
    atoms = reduced.map { $0.map { Double($0.count) } ?? .nan }
    let lattices = reduced.map { $0.map { Lattice(vectors: $0.basis) } }
    lengths = (0..<3).map { k in lattices.map { $0?.lengths[k] ?? .nan } }
    angles = (0..<3).map { k in lattices.map { $0?.angles[k] ?? .nan } }
  }
}

extension FigureBuilder {
  /// Distances to the reference: Wasserstein on valid structures, Jensen-Shannon for space groups.
  func distanceFigures() throws -> [Figure] {
    let quantities = distanceQuantities()
    let seed = input.settings.seed
    return try input.work.map("distances", count: quantities.count) {
      quantities[$0].figures(seed: seed, section: .distance)
    }.flatMap { $0 }
  }

  private func distanceQuantities() -> [DistanceQuantity] {
    let valid = results.measures.filter(\.isValid)
    let other = compared.measures
    func quantity(
      _ name: String, _ label: String, unit: String = "", _ train: [Double], _ value: (CrystalMeasures) -> Double?
    ) -> DistanceQuantity {
      DistanceQuantity(
        name: name, label: label, unit: unit, own: valid.compactMap(value).filter(\.isFinite),
        reference: other.compactMap(value),
        train: compared.isHeldOut ? train.filter(\.isFinite) : [])
    }
    var quantities = [
      quantity("density", "density", unit: "g/cm³", training.density) { $0.density },
      quantity("elements", "number of elements", training.elements) { Double($0.elements.count) },
      quantity("atoms", "atoms in the primitive cell", training.atoms) { $0.atoms > 0 ? Double($0.atoms) : nil },
      DistanceQuantity(
        name: "space_group", label: "space group", isCategory: true, own: results.spaceGroup.filter { $0 > 0 }.map(Double.init),
        reference: compared.spaceGroups.map(Double.init), train: compared.isHeldOut ? training.spaceGroups : []),
    ]
    for (k, axis) in ["a", "b", "c"].enumerated() {
      quantities.append(
        quantity("length_\(axis)", "primitive cell, length \(axis)", unit: "Å", training.lengths[k]) {
          $0.latticeParameters?.lengths[k]
        })
    }
    for (k, axis) in ["alpha", "beta", "gamma"].enumerated() {
      quantities.append(
        quantity("angle_\(axis)", "primitive cell, angle \(axis)", unit: "°", training.angles[k]) {
          $0.latticeParameters?.angles[k]
        })
    }
    return quantities
  }
}

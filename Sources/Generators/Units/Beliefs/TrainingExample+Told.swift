import Crystals
import Networks
import Tensors

/// How much of a crystal the network is told in training, so that it can be told as much when it samples.
struct ToldShares: Sendable {
  /// Of the crystals: with Wyckoff positions and shared elements.
  let templates: Float
  /// Of those: with elements, too.
  let elements: Float
}

extension TrainingExample {
  /// A set of crystals, each from every origin that it is shown from.
  ///
  /// - Parameter shiftsOrigins: whether equivalent origins follow the unit's own.
  /// - Throws: `Rejection` where a unit has no crystal that can be learnt.
  static func examples(
    _ data: TrainingData, properties names: [String], shiftsOrigins: Bool, threads: Int
  ) throws(Rejection) -> [[TrainingExample]] {
    let units = data.units + data.geometry
    var examples: [[TrainingExample]] = []
    for unit in units { examples.append([try TrainingExample(unit)]) }
    let columns = data.columns(names)
    for i in examples.indices {
      examples[i][0].teachesGeometryAlone = i >= data.units.count
      examples[i][0].properties = columns.map { i < $0.count ? $0[i] : .nan }
    }
    guard shiftsOrigins else { return examples }
    let shifted = try? parallelMap(count: units.count, threads: threads) { i in
      units[i].spaceGroup == 1
        ? []
        : SpaceGroup.numbered(units[i].spaceGroup).originShifts.dropFirst().compactMap {
          units[i].shifted(by: $0).flatMap { try? TrainingExample($0) }
        }
    }
    for i in examples.indices {
      if units[i].spaceGroup == 1 { examples[i][0].movable = units[i].sites.map(\.position) }
      for var other in shifted?[i] ?? [] {
        other.properties = examples[i][0].properties
        other.teachesGeometryAlone = examples[i][0].teachesGeometryAlone
        examples[i].append(other)
      }
    }
    return examples
  }

  /// A crystal as it is shown this time: from one of its origins, with its properties, template and elements told or not.
  ///
  /// - Parameter told: nil where no template is ever told.
  static func shown(
    _ origins: [TrainingExample], _ conditions: PropertyEncoding, told: ToldShares?,
    _ random: (_ purpose: StaticString) -> RandomStream
  ) -> TrainingExample {
    var origin = random("origin")
    var shown = origins.count == 1 ? origins[0] : origins[Int(origin.uniform() * Double(origins.count))]
    if !shown.movable.isEmpty { shown = shown.moved(by: freeOrigins[Int(origin.uniform() * Double(freeOrigins.count))]) }
    if !shown.properties.isEmpty {
      var properties = random("conditions")
      shown.conditions = conditions.shown(shown.properties) { properties.uniform() }
    }
    guard let told else { return shown }
    if shown.teachesGeometryAlone {
      shown.knowsTemplate = true
      shown.knownElements = shown.elements.map { _ in true }
      return shown
    }
    var template = random("template")
    shown.knowsTemplate = Float(template.uniform()) < told.templates
    if shown.knowsTemplate {
      var elements = random("elements")
      shown.knownElements = shown.drawKnownElements(share: told.elements, &elements)
    }
    return shown
  }

  /// Shifts of the origin that crystals of group 1 are shown with.
  private static let freeOrigins = SpaceGroup.numbered(1).originShifts

  /// Which sites' elements a crystal is shown with: of a share of the crystals, half with all, half with those of each element by
  /// itself, in any order and number.
  ///
  /// - Returns: (m); empty where none is told.
  func drawKnownElements(share: Float, _ random: inout RandomStream) -> [Bool] {
    guard Float(random.uniform()) < share else { return [] }
    let each = random.uniform() < 0.5 ? 1 : random.uniform()
    let isKnown = (0...(species.max() ?? 0)).map { _ in random.uniform() < each }
    return species.map { isKnown[$0] }
  }
}

extension BeliefBatch {
  /// Tells templates and elements of the crystals that are shown with them.
  mutating func tell(_ examples: [TrainingExample]) {
    for (b, example) in examples.enumerated() where example.knowsTemplate {
      know(crystal: b, positions: example.wyckoffPositions, species: example.species)
      know(crystal: b, elements: zip(example.elements, example.knownElements).map { $1 ? $0 : nil })
    }
  }

  /// Tells properties, where the network is told any.
  ///
  /// - Parameter values: (B, P) nil where one is unknown.
  mutating func tell(properties values: @autoclosure () -> [[Double?]], _ encoding: PropertyEncoding) {
    guard !encoding.names.isEmpty else { return }
    conditions = Matrix(rows: graph.ranges.count, columns: encoding.unknown.count)
    conditions.values = values().flatMap { encoding.row($0) }
  }
}

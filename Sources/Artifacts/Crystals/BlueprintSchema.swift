import Crystals
public import Generators
public import StageKit

/// `/target`: what each record was asked to be, ragged by `site_offset`; laid out as `/asymmetric_unit`, without coordinates.
///
/// `space_group` 0, `wyckoff_letter` 0, `atomic_number` 0 and `lattice_k` NaN: left open. Sites of one `element_label` share their
/// element, whether it is known or not.
extension HDF5Writer {
  /// Writes the group whole.
  ///
  /// - Throws: where the file cannot be written.
  public func write(blueprints: [Blueprint], group: String = "/target") throws {
    var offsets: [Int64] = [0]
    var (elements, labels, letters): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
    var multiplicities: [Int16] = []
    for blueprint in blueprints {
      let count = blueprint.siteCount ?? 0
      offsets.append((offsets.last ?? 0) + Int64(count))
      let positions = blueprint.spaceGroup.map { SpaceGroup.numbered($0).wyckoffPositions } ?? []
      for s in 0..<count {
        let site = blueprint.sites.isEmpty ? nil : blueprint.sites[s]
        elements.append(site?.element ?? 0)
        labels.append(UInt8(clamping: site?.elementLabel ?? s))
        letters.append(site.map { positions[$0.wyckoffPosition].letter } ?? 0)
        multiplicities.append(Int16(site?.multiplicity ?? 0))
      }
    }
    try write(blueprints.map { Int16($0.spaceGroup ?? 0) }, to: "\(group)/space_group")
    try write(
      blueprints.flatMap { $0.lattice?.k ?? [Double](repeating: .nan, count: 6) }, shape: [blueprints.count, 6],
      to: "\(group)/lattice_k")
    try setAttribute("unit", "ln(angstrom)", of: "\(group)/lattice_k")
    try write(offsets, to: "\(group)/site_offset")
    try write(elements, to: "\(group)/atomic_number")
    try write(labels, to: "\(group)/element_label")
    try write(letters, to: "\(group)/wyckoff_letter")
    try write(multiplicities, to: "\(group)/multiplicity")
    try write(compositions: blueprints.map(\.composition), group: group)
    try write(targets: blueprints.map(\.properties))
  }

  /// `/target/<property>` [N, 2]: the least and the greatest value that will do; NaN where it is not asked for.
  private func write(targets: [[String: PropertyTarget]]) throws {
    for name in Set(targets.flatMap(\.keys)).sorted() {
      let ranges = targets.flatMap { target in
        target[name].map { [$0.range.lowerBound, $0.range.upperBound] } ?? [.nan, .nan]
      }
      try write(ranges, shape: [targets.count, 2], to: "/target/\(name)")
      try setAttribute("unit", PropertyUnit.of(name), of: "/target/\(name)")
    }
  }

  /// Where only a composition is asked for: `element_offset`, `element`, `element_count` of the conventional cell.
  private func write(compositions: [Blueprint.Composition?], group: String) throws {
    guard compositions.contains(where: { $0 != nil }) else { return }
    var offsets: [Int64] = [0]
    for composition in compositions { offsets.append((offsets.last ?? 0) + Int64(composition?.formula.elements.count ?? 0)) }
    try write(offsets, to: "\(group)/element_offset")
    try write(compositions.flatMap { $0?.formula.elements ?? [] }, to: "\(group)/element")
    try write(compositions.flatMap { $0?.formula.counts ?? [] }.map { Int32(clamping: $0) }, to: "\(group)/element_count")
  }
}

extension HDF5Reader {
  /// What records were asked to be; nil where the file does not say.
  ///
  /// - Parameter records: which of them; all where nil.
  /// - Throws: `StageError` where the group holds what no blueprint has.
  public func blueprints(_ records: Range<Int>? = nil, group: String = "/target") throws -> [Blueprint]? {
    guard contains("\(group)/space_group") else { return nil }
    let all = try shape(of: "\(group)/space_group").first ?? 0
    let range = records ?? 0..<all
    let groups = try read(Int16.self, "\(group)/space_group", shape: [all], rows: range).map(Int.init)
    let lattices = try read(Double.self, "\(group)/lattice_k", shape: [all, 6], rows: range)
    try check(
      lattices, below: CrystalLimits.logarithm, "\(group)/lattice_k", width: 6, first: range.lowerBound, unknown: true)
    let sites = try shape(of: "\(group)/atomic_number").first ?? 0
    let (rows, offsets) = try offsets("\(group)/site_offset", range, of: all, rows: sites)
    let elements = try read(UInt8.self, "\(group)/atomic_number", shape: [sites], rows: rows)
    let labels = try read(UInt8.self, "\(group)/element_label", shape: [sites], rows: rows)
    let letters = try read(UInt8.self, "\(group)/wyckoff_letter", shape: [sites], rows: rows)
    let compositions = try compositions(range, of: all, group)
    let targets = try propertyTargets(range, of: all)
    return try groups.indices.map { i in
      guard (0...230).contains(groups[i]) else {
        throw StageError(.input, "'\(path)', \(group)/space_group: expected 0...230, found \(groups[i]).")
      }
      let own = offsets[i]..<offsets[i + 1]
      var blueprint = Blueprint(spaceGroup: groups[i] == 0 ? nil : groups[i], siteCount: own.isEmpty ? nil : own.count)
      blueprint.composition = compositions?[i]
      blueprint.properties = targets[i]
      let k = Array(lattices[6 * i..<6 * i + 6])
      if k.allSatisfy(\.isFinite) { blueprint.lattice = LatticeLogMetric(k: k) }
      guard groups[i] > 0, own.contains(where: { letters[$0] != 0 }) else { return blueprint }
      let spaceGroup = SpaceGroup.numbered(groups[i])
      blueprint.take(
        try own.map { s in
          guard let position = spaceGroup.positionIndex(lettered: letters[s]) else {
            throw StageError(
              .input, "'\(path)', \(group)/wyckoff_letter: record \(range.lowerBound + i) has a letter that is not its group's."
            )
          }
          return Blueprint.Site(
            spaceGroup: groups[i], wyckoffPosition: position, elementLabel: Int(labels[s]),
            element: elements[s] == 0 ? nil : elements[s])
        })
      return blueprint
    }
  }

  /// What is asked of the properties of records: all of `/target` that are pairs of numbers.
  func propertyTargets(_ range: Range<Int>, of all: Int) throws -> [[String: PropertyTarget]] {
    var targets = [[String: PropertyTarget]](repeating: [:], count: range.count)
    for name in try names(in: "/target") {
      guard try shape(of: "/target/\(name)") == [all, 2], try kind(of: "/target/\(name)") == .float64 else { continue }
      let ends = try read(Double.self, "/target/\(name)", shape: [all, 2], rows: range)
      for i in targets.indices where !ends[2 * i].isNaN {
        guard ends[2 * i] <= ends[2 * i + 1], ends[2 * i] < .infinity, ends[2 * i + 1] > -.infinity else {
          throw wrong("/target/\(name)", "record \(range.lowerBound + i) has no range")
        }
        targets[i][name] = PropertyTarget(ends[2 * i]...ends[2 * i + 1])
      }
    }
    return targets
  }

  /// The compositions of records, where the group has any.
  private func compositions(_ range: Range<Int>, of all: Int, _ group: String) throws -> [Blueprint.Composition?]? {
    guard contains("\(group)/element_offset") else { return nil }
    let count = try rows(of: "\(group)/element")
    let (rows, offsets) = try offsets("\(group)/element_offset", range, of: all, rows: count)
    let elements = try read(UInt8.self, "\(group)/element", shape: [count], rows: rows)
    let counts = try read(Int32.self, "\(group)/element_count", shape: [count], rows: rows)
    try check(elements, in: 1...UInt8(Element.last), "\(group)/element")
    try check(counts, in: 1...Int32(Formula.maximumAtoms), "\(group)/element_count")
    return try range.indices.map { i in
      let own = offsets[i - range.lowerBound]..<offsets[i - range.lowerBound + 1]
      guard !own.isEmpty else { return nil }
      guard Set(elements[own]).count == own.count else { throw wrong("\(group)/element", "an element is there twice") }
      let formula = Formula(elements: Array(elements[own]), counts: counts[own].map { Int($0) })
      return Blueprint.Composition(formula, content: .formulaUnits(1))
    }
  }
}

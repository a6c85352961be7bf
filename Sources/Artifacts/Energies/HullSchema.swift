import Crystals
public import Potentials
public import StageKit

/// `hull.h5`: phases for a convex hull, the energies of the elements, and where each comes from.
///
/// P phases, E elements of all phases, R elements with an energy, S sources.
///
/// | dataset                    | holds                                                                              |
/// |----------------------------|------------------------------------------------------------------------------------|
/// | `/id`                      | string[P]                                                                          |
/// | `/phase/formation_energy`  | float64[P], eV/atom                                                                |
/// | `/phase/energy`            | float64[P], eV/atom as its source gives it; NaN where that is formation energies   |
/// | `/phase/element_offset`    | int64[P+1]                                                                         |
/// | `/phase/atomic_number`     | uint8[E]                                                                           |
/// | `/phase/amount`            | float64[E], atoms of each element                                                  |
/// | `/phase/source`            | int16[P], index into the sources                                                   |
/// | `/reference/atomic_number` | uint8[R]; `/reference/energy` float64[R], eV/atom; `/reference/source` int16[R]     |
/// | `/source/name`             | string[S]; `/source/potential`, `weights`, `corrections`, `sha256` the same         |
/// | `/rejected`                | as everywhere                                                                      |
///
/// Attributes of the root: `potential`, `potential_weights`, `corrections`, `data` (those of the first source), `phases_by_elements`
/// (`1:89 2:20000 …`), `filled` (phases that come from a fill), `higher` (entries that another of their composition lies below).
extension HullTable {
  /// - Parameters:
  ///   - inputs: files that the hull was made from.
  ///   - data: what the energies are of, in words.
  ///   - firstFill: sources from this index on filled in what the others lack.
  /// - Throws: where the file cannot be written.
  public func write(
    to path: String, inputs: [String], data: String, fillFrom firstFill: Int, rejected: [RejectedRecord],
    options: SharedOptions,
    seconds: @autoclosure () -> Double
  ) throws {
    try Artifact.write(.hull, to: path, inputs: inputs, options: options, seconds: seconds()) { writer in
      try writer.setAttribute("potential", sources.first?.potential ?? "")
      try writer.setAttribute("potential_weights", sources.first?.weights ?? "")
      try writer.setAttribute("corrections", sources.first?.corrections ?? "")
      try writer.setAttribute("data", data)
      let counts = Dictionary(grouping: phases, by: \.amounts.count).mapValues(\.count)
      try writer.setAttribute(
        "phases_by_elements", counts.keys.sorted().map { "\($0):\(counts[$0] ?? 0)" }.joined(separator: " "))
      try writer.setAttribute("filled", Int64(phases.count { $0.source >= firstFill }))
      try writer.setAttribute("higher", Int64(higher))
      try writer.write(phases.map(\.id), to: "/id")
      for (name, values) in [("formation_energy", phases.map(\.formationEnergy)), ("energy", phases.map(\.energy))] {
        try writer.write(values, to: "/phase/\(name)")
        try writer.setAttribute("unit", "eV/atom", of: "/phase/\(name)")
      }
      var offsets: [Int64] = [0]
      for phase in phases { offsets.append((offsets.last ?? 0) + Int64(phase.amounts.count)) }
      try writer.write(offsets, to: "/phase/element_offset")
      try writer.write(phases.flatMap { $0.amounts.map(\.z) }, to: "/phase/atomic_number")
      try writer.write(phases.flatMap { $0.amounts.map(\.amount) }, to: "/phase/amount")
      try writer.write(phases.map { Int16($0.source) }, to: "/phase/source")
      let elements = references.keys.sorted()
      try writer.write(elements.map { UInt8($0) }, to: "/reference/atomic_number")
      try writer.write(elements.map { references[$0]?.energy ?? .nan }, to: "/reference/energy")
      try writer.setAttribute("unit", "eV/atom", of: "/reference/energy")
      try writer.write(elements.map { Int16(references[$0]?.source ?? 0) }, to: "/reference/source")
      for (name, values) in [
        ("name", sources.map(\.name)), ("potential", sources.map(\.potential)), ("weights", sources.map(\.weights)),
        ("corrections", sources.map(\.corrections)), ("sha256", sources.map(\.sha256)),
      ] { try writer.write(values, to: "/source/\(name)") }
      try writer.write(rejected: rejected)
    }
  }

  /// Reads hull.h5.
  ///
  /// - Throws: `StageError` where it is no such file, or its numbers are none that a hull has.
  public init(reading path: String) throws {
    let reader = try Artifact.open(path, formats: [.hull])
    let ids = try reader.ids()
    let n = ids.count
    let formation = try reader.read(Double.self, "/phase/formation_energy", shape: [n])
    let energy = try reader.read(Double.self, "/phase/energy", shape: [n])
    let source = try reader.read(Int16.self, "/phase/source", shape: [n])
    let names = try reader.readStrings("/source/name")
    func texts(_ name: String) throws -> [String] {
      let values = try reader.readStrings("/source/\(name)")
      guard values.count == names.count else {
        throw StageError(.input, "'\(path)', /source/\(name): expected \(names.count) entries, found \(values.count).")
      }
      return values
    }
    let (potential, weights, corrections, hash) =
      (try texts("potential"), try texts("weights"), try texts("corrections"), try texts("sha256"))
    let rows = try reader.shape(of: "/phase/atomic_number").first ?? 0
    let (_, offsets) = try reader.offsets("/phase/element_offset", 0..<n, of: n, rows: rows)
    let numbers = try reader.read(UInt8.self, "/phase/atomic_number", shape: [rows])
    let amounts = try reader.read(Double.self, "/phase/amount", shape: [rows])
    let elements = try reader.read(UInt8.self, "/reference/atomic_number")
    let energies = try reader.read(Double.self, "/reference/energy", shape: [elements.count])
    let places = try reader.read(Int16.self, "/reference/source", shape: [elements.count])
    func wrong(_ name: String, _ what: String) -> StageError { StageError(.input, "'\(path)', \(name): \(what).") }
    if let bad = (numbers + elements).first(where: { $0 < 1 || Int($0) > Element.last }) {
      throw wrong("/phase/atomic_number", "expected 1...\(Element.last), found \(bad)")
    }
    if let bad = (source + places).first(where: { !names.indices.contains(Int($0)) }) {
      throw wrong("/phase/source", "expected 0..<\(names.count), found \(bad)")
    }
    if let bad = amounts.first(where: { !($0 > 0) || !$0.isFinite }) { throw wrong("/phase/amount", "found \(bad) atoms") }
    if let bad = formation.first(where: { !$0.isFinite }) { throw wrong("/phase/formation_energy", "found \(bad)") }
    guard zip(offsets, offsets.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw wrong("/phase/element_offset", "a phase without elements")
    }
    self.init(
      sources: names.indices.map {
        Source(name: names[$0], potential: potential[$0], weights: weights[$0], corrections: corrections[$0], sha256: hash[$0])
      },
      phases: (0..<n).map { i in
        Phase(
          id: ids[i], amounts: (offsets[i]..<offsets[i + 1]).map { (numbers[$0], amounts[$0]) }, energy: energy[i],
          formationEnergy: formation[i], source: Int(source[i]))
      },
      references: Dictionary(
        zip(elements, zip(energies, places)).map { (Int($0), (energy: $1.0, source: Int($1.1))) },
        uniquingKeysWith: { a, _ in a }
      ))
  }
}

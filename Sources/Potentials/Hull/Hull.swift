import Crystals

/// Why a distance above the hull cannot be had.
public enum HullError: Error, Equatable, CustomStringConvertible, Sendable {
  case malformed(line: Int, text: String)
  case unknownElement(line: Int, symbol: String)
  /// The hull has no entry for an element: everything made of it would hang in the air.
  case missingElement(atomicNumber: Int)
  case noAtoms

  /// What is missing or wrong, with the line.
  public var description: String {
    switch self {
    case .malformed(let line, let text): "line \(line) of the hull is not a composition and an energy: '\(text)'"
    case .unknownElement(let line, let symbol): "line \(line) of the hull names '\(symbol)', which is no element"
    case .missingElement(let z): "the hull knows no phase of \(Element.symbol(z))"
    case .noAtoms: "a crystal without atoms has no place on the hull"
    }
  }
}

/// The convex hull of formation energies over compositions: what a compound could fall apart into.
///
/// The energy of the hull at a composition `x` is the least a mixture of known phases costs, a linear programme that is exact in
/// any number of elements:
///
///     minimise sum_p w_p E_p   over w_p >= 0   with  sum_p w_p x_pe = x_e  for each element e
///
/// Energies are formation energies in eV/atom; elements stand at zero where no phase of theirs says otherwise.
public struct ConvexHull: Sendable {
  /// A phase by its composition.
  public struct Phase: Sendable, Equatable {
    /// Fractions of the elements, by rising atomic number; they add up to 1.
    public let fractions: [ElementFraction]
    /// eV/atom
    public let formationEnergy: Double

    /// The composition as a formula with small whole numbers where there are some: `Al2O3`.
    public var formula: String {
      let least = fractions.map(\.fraction).min() ?? 1
      for scale in 1...24 {
        let counts = fractions.map { $0.fraction / least * Double(scale) }
        if counts.allSatisfy({ abs($0 - $0.rounded()) < 0.01 * max(1, $0 / 10) }) {
          return formula(counts.map { Int($0.rounded()) }.map { $0 == 1 ? "" : "\($0)" })
        }
      }
      return formula(fractions.map { "\(($0.fraction * 1000).rounded() / 1000)" })
    }

    private func formula(_ counts: [String]) -> String {
      zip(fractions, counts).map { Element.symbol(Int($0.0.atomicNumber)) + $0.1 }.sorted().joined()
    }
  }

  /// The share of an element among the atoms.
  public struct ElementFraction: Sendable, Equatable {
    /// 1...118.
    public let atomicNumber: UInt8
    /// Of the atoms, above 0 and at most 1.
    public let fraction: Double
  }

  /// Where a compound stands.
  public struct Position: Sendable {
    /// eV/atom; below zero where it would lower the hull itself.
    public let energyAboveHull: Double
    /// eV/atom, the mixture's.
    public let hullEnergy: Double
    /// The phases that it would fall apart into, with the share of the atoms that goes to each.
    public let products: [(phase: Phase, share: Double)]
  }

  /// The lowest of each composition.
  public let phases: [Phase]
  /// Which phases have which elements, for picking those of a chemical system.
  let systems: ChemicalSystems

  /// - Parameter phases: several of one composition may be given; the lowest counts.
  public init(phases: [Phase]) {
    var lowest: [CompositionKey: Int] = [:]
    var kept: [Phase] = []
    for phase in phases {
      let key = CompositionKey(phase)
      if let index = lowest[key] {
        if phase.formationEnergy < kept[index].formationEnergy { kept[index] = phase }
      } else {
        lowest[key] = kept.count
        kept.append(phase)
      }
    }
    self.phases = kept
    systems = ChemicalSystems(kept)
  }

  /// A table `composition_fractions,formation_energy_per_atom,...` with a header, compositions like `Ac:0.2 Al:0.2 O:0.6`.
  ///
  /// - Parameter elementsAtZero: adds every element of the table at zero, for tables of compounds only.
  /// - Throws: `HullError` with the line that is not of that form.
  public init(text: String, elementsAtZero: Bool = true) throws(HullError) {
    var phases: [Phase] = []
    var elements: Set<UInt8> = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if index == 0 || line.allSatisfy(\.isWhitespace) { continue }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count >= 2, let energy = Double(fields[1].trimmingSpaces), energy.isFinite else {
        throw .malformed(line: index + 1, text: String(line))
      }
      var amounts: [(z: UInt8, amount: Double)] = []
      for part in fields[0].split(separator: " ") {
        let pair = part.split(separator: ":")
        guard pair.count == 2, let amount = Double(pair[1]), amount > 0, amount.isFinite else {
          throw .malformed(line: index + 1, text: String(line))
        }
        guard let z = Element.atomicNumber(String(pair[0])) else {
          throw .unknownElement(line: index + 1, symbol: String(pair[0]))
        }
        amounts.append((UInt8(z), amount))
      }
      guard !amounts.isEmpty else { throw .malformed(line: index + 1, text: String(line)) }
      let phase = Phase(amounts: Self.wholeNumbers(amounts), formationEnergy: energy)
      elements.formUnion(phase.fractions.map(\.atomicNumber))
      phases.append(phase)
    }
    if elementsAtZero {
      phases += elements.sorted().map { Phase(amounts: [($0, 1)], formationEnergy: 0) }
    }
    self.init(phases: phases)
  }

  /// Rounded fractions as the whole numbers that they came from, so that a phase covers its own composition exactly.
  static func wholeNumbers(_ amounts: [(z: UInt8, amount: Double)]) -> [(z: UInt8, amount: Double)] {
    for atoms in 1...400 {
      let counts = amounts.map { $0.amount * Double(atoms) }
      // Six digits are what tables give.
      if counts.allSatisfy({ abs($0 - $0.rounded()) < 1e-6 * Double(atoms) && $0 > 0.5 }) {
        return zip(amounts, counts).map { ($0.0.z, $0.1.rounded()) }
      }
    }
    return amounts
  }

  /// Where a compound stands above the hull.
  ///
  /// - Parameters:
  ///   - composition: atoms of each element, in any unit.
  ///   - formationEnergy: eV/atom.
  /// - Throws: `HullError` where the hull has no phase of an element, or there are no atoms.
  public func position(
    of composition: [(atomicNumber: Int, count: Int)], formationEnergy: Double
  ) throws(HullError) -> Position {
    let wanted = Phase(
      amounts: composition.filter { $0.count > 0 }.map { (UInt8($0.atomicNumber), Double($0.count)) },
      formationEnergy: formationEnergy)
    guard !wanted.fractions.isEmpty else { throw .noAtoms }
    return try position(of: wanted, among: systems.phases(within: wanted.fractions.map { Int($0.atomicNumber) }))
  }

  /// The same of a phase, above some phases of the hull, which have no other elements.
  func position(of wanted: Phase, among candidates: [Int]) throws(HullError) -> Position {
    let (elements, formationEnergy) = (wanted.fractions.map { Int($0.atomicNumber) }, wanted.formationEnergy)
    var columns = [Double](repeating: 0, count: candidates.count * elements.count)
    for (place, c) in candidates.enumerated() {
      for part in phases[c].fractions {
        guard let row = elements.firstIndex(of: Int(part.atomicNumber)) else { continue }
        columns[place * elements.count + row] = part.fraction
      }
    }
    let programme = LinearProgramme(
      columns: columns, rows: elements.count, costs: candidates.map { phases[$0].formationEnergy },
      target: wanted.fractions.map(\.fraction))
    switch programme.solve() {
    case .infeasible(let row): throw .missingElement(atomicNumber: elements[row])
    case .solved(let value, let weights):
      return Position(
        energyAboveHull: formationEnergy - value, hullEnergy: value,
        products: weights.map { (phases[candidates[$0.column]], $0.weight) }
          .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0.formula < $1.0.formula })
    }
  }
}

extension ConvexHull.Phase {
  /// - Parameter amounts: of each element, in any unit; the same element may come twice.
  public init(amounts: [(z: UInt8, amount: Double)], formationEnergy: Double) {
    var sums: [UInt8: Double] = [:]
    for (z, amount) in amounts { sums[z, default: 0] += amount }
    let total = sums.values.reduce(0, +)
    fractions = sums.keys.sorted().map {
      ConvexHull.ElementFraction(atomicNumber: $0, fraction: (sums[$0] ?? 0) / total)
    }
    self.formationEnergy = formationEnergy
  }
}

/// Energies of the elements, for turning total energies into formation energies.
public struct ElementReferences: Sendable {
  /// eV/atom by atomic number.
  public let energies: [Int: Double]

  /// - Parameter energies: eV/atom by atomic number.
  public init(energies: [Int: Double]) { self.energies = energies }

  /// A table `element,energy_per_atom,...` with a header.
  ///
  /// - Throws: `HullError` with the line that is not of that form.
  public init(text: String) throws(HullError) {
    var energies: [Int: Double] = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if index == 0 || line.allSatisfy(\.isWhitespace) { continue }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count >= 2, let energy = Double(fields[1].trimmingSpaces), energy.isFinite else {
        throw .malformed(line: index + 1, text: String(line))
      }
      guard let z = Element.atomicNumber(String(fields[0])) else {
        throw .unknownElement(line: index + 1, symbol: String(fields[0]))
      }
      energies[z] = energy
    }
    self.energies = energies
  }

  /// The formation energy in eV/atom of a total energy in eV a cell.
  ///
  /// - Throws: `HullError` where an element's energy is not known, or there are no atoms.
  public func formationEnergy(
    total: Double, of composition: [(atomicNumber: Int, count: Int)]
  ) throws(HullError) -> Double {
    var reference = 0.0
    var atoms = 0
    for (z, count) in composition {
      guard let energy = energies[z] else { throw .missingElement(atomicNumber: z) }
      reference += energy * Double(count)
      atoms += count
    }
    guard atoms > 0 else { throw .noAtoms }
    return (total - reference) / Double(atoms)
  }
}

extension Substring {
  /// Without blanks and carriage returns at its ends.
  fileprivate var trimmingSpaces: Substring {
    var part = self
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return part
  }
}

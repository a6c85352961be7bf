import Crystals
import Foundation

extension StructureResults {
  /// The distributions that the report draws, with those of the reference.
  func distributions(against reference: ComparedSet) -> [Distribution] {
    let other = reference.measures
    func shared(
      _ name: String, _ label: String, _ unit: String, isCount: Bool = false, _ value: (CrystalMeasures) -> Double?
    ) -> Distribution {
      histogram(name, label, unit, measures.compactMap(value), other.compactMap(value), isCount: isCount)
    }
    var all = [
      categories(
        "space_group", "space group", spaceGroup.filter { $0 > 0 }, reference.spaceGroups, label: { "\($0)" }),
      categories(
        "crystal_system", "crystal system", spaceGroup.compactMap(crystalSystem),
        reference.spaceGroups.compactMap(crystalSystem), label: { crystalSystems[$0].name }),
      shared("atoms", "atoms in the primitive cell", "", isCount: true) { $0.atoms > 0 ? Double($0.atoms) : nil },
      shared("density", "density", "g/cm³") { $0.density },
      shared("elements", "elements in a crystal", "", isCount: true) { Double($0.elements.count) },
      categories(
        "element", "element", measures.flatMap(\.elements), other.flatMap(\.elements), label: { Element.symbol($0) }),
      shared("volume_per_atom", "volume an atom", "Å³") { $0.volumePerAtom },
      shared("shortest_distance", "shortest distance", "Å") { $0.validity.shortestDistance },
    ]
    if hasEnergies {
      all.append(
        histogram(
          "energy_above_hull", "energy above hull", "eV/atom", energyAboveHull, reference.properties["e_above_hull"] ?? []))
    }
    return all.filter { !$0.generated.isEmpty || !$0.reference.isEmpty }
  }
}

/// Shares of the generated and of the training crystals that have each element; nil where there is no training set.
func elementShares(_ generated: [CrystalMeasures], train: [Crystal]) -> Distribution? {
  guard !generated.isEmpty, !train.isEmpty else { return nil }
  func counts(_ sets: [[Int]]) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for z in sets.joined() { counts[z, default: 0] += 1 }
    return counts
  }
  let own = counts(generated.map(\.elements))
  let known = counts(train.map { $0.composition.map(\.atomicNumber) })
  let present = Set(own.keys).union(known.keys).sorted()
  return Distribution(
    name: "element_crystals", label: "crystals with an element, reference: training", unit: "",
    categories: present.map(Element.symbol), edges: [],
    generated: present.map { Double(own[$0] ?? 0) / Double(generated.count) },
    reference: present.map { Double(known[$0] ?? 0) / Double(train.count) })
}

/// Crystal systems and the last space group of each.
private let crystalSystems: [(name: String, last: Int)] = [
  ("triclinic", 2), ("monoclinic", 15), ("orthorhombic", 74), ("tetragonal", 142), ("trigonal", 167),
  ("hexagonal", 194), ("cubic", 230),
]

private func crystalSystem(_ spaceGroup: Int) -> Int? {
  spaceGroup < 1 ? nil : crystalSystems.firstIndex { spaceGroup <= $0.last }
}

/// Shares of every category that occurs, in rising order.
private func categories(
  _ name: String, _ title: String, _ generated: [Int], _ reference: [Int], label: (Int) -> String
) -> Distribution {
  let present = Set(generated).union(reference).sorted()
  func shares(_ values: [Int]) -> [Double] {
    guard !values.isEmpty else { return [] }
    var counts: [Int: Int] = [:]
    for v in values { counts[v, default: 0] += 1 }
    return present.map { Double(counts[$0] ?? 0) / Double(values.count) }
  }
  return Distribution(
    name: name, label: title, unit: "", categories: present.map(label), edges: [],
    generated: shares(generated), reference: shares(reference))
}

/// Shares in equal bins over the range that holds all but the outermost half percent of the values.
func histogram(
  _ name: String, _ title: String, _ unit: String, _ generated: [Double], _ reference: [Double],
  isCount: Bool = false
) -> Distribution {
  let first = generated.filter(\.isFinite)
  let second = reference.filter(\.isFinite)
  let edges = binEdges((first + second).sorted(), isCount: isCount)
  return Distribution(
    name: name, label: title, unit: unit, categories: [], edges: edges, generated: binShares(first, edges),
    reference: binShares(second, edges))
}

/// Shares of values in equal bins, the outermost of which hold what lies past them.
func binShares(_ values: [Double], _ edges: [Double]) -> [Double] {
  guard !values.isEmpty, edges.count > 1 else { return [] }
  var counts = [Int](repeating: 0, count: edges.count - 1)
  let width = edges[1] - edges[0]
  for v in values {
    counts[Int(min(Double(counts.count - 1), max(0, ((v - edges[0]) / width).rounded(.down))))] += 1
  }
  return counts.map { Double($0) / Double(values.count) }
}

/// Edges of equal bins over all but the outermost half percent of finite values in rising order.
func binEdges(_ sorted: [Double], isCount: Bool = false) -> [Double] {
  guard !sorted.isEmpty else { return [] }
  let cut = sorted.count / 200
  let low = sorted[cut]
  let high = sorted[sorted.count - 1 - cut]
  if isCount {
    // One bin a number where they are few; bins around whole numbers in any case.
    let width = max(1, ((high - low + 1) / 40).rounded(.up))
    let bins = Int(((high - low + 1) / width).rounded(.up))
    return (0...bins).map { low - 0.5 + Double($0) * width }
  }
  guard high > low else { return [low - 0.5, low + 0.5] }
  let rough = (high - low) / 32
  let power = pow(10, log10(rough).rounded(.down))
  let width = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
  let start = (low / width).rounded(.down)
  let bins = max(1, Int((high / width).rounded(.up) - start))
  return (0...bins).map { (start + Double($0)) * width }
}

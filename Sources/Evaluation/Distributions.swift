import Crystals
import Foundation

extension StructureResults {
  /// The distributions that the report draws, with those of the reference.
  func distributions(against reference: ComparedSet) -> [Distribution] {
    let crystals = reference.crystals
    var all = [
      categories(
        "space_group", "space group", spaceGroup.filter { $0 > 0 }, reference.spaceGroups,
        label: { "\($0)" }),
      categories(
        "crystal_system", "crystal system", spaceGroup.compactMap(crystalSystem),
        reference.spaceGroups.compactMap(crystalSystem), label: { crystalSystems[$0].name }),
      histogram(
        "atoms", "atoms in the primitive cell", "", atoms.filter { $0 > 0 }.map(Double.init),
        reference.reduced.compactMap { $0.map { Double($0.count) } }, isCount: true),
      histogram("density", "density", "g/cm³", density, reference.measurable.map(\.density)),
      histogram(
        "elements", "elements in a crystal", "", elements.map(Double.init),
        crystals.map { Double($0.composition.count) }, isCount: true),
      categories(
        "element", "element", crystalElements,
        crystals.flatMap { $0.composition.map(\.atomicNumber) }, label: { Element.symbol($0) }),
      histogram(
        "volume_per_atom", "volume an atom", "Å³", volumePerAtom,
        reference.measurable.map { $0.lattice.volume / Double($0.count) }),
      histogram(
        "shortest_distance", "shortest distance", "Å", shortestDistance,
        reference.measurable.compactMap(\.shortestDistance)),
    ]
    if hasEnergies {
      all.append(
        histogram("energy_above_hull", "energy above hull", "eV/atom", energyAboveHull, []))
    }
    return all.filter { !$0.generated.isEmpty || !$0.reference.isEmpty }
  }
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
private func histogram(
  _ name: String, _ title: String, _ unit: String, _ generated: [Double], _ reference: [Double],
  isCount: Bool = false
) -> Distribution {
  let first = generated.filter(\.isFinite)
  let second = reference.filter(\.isFinite)
  let edges = binEdges((first + second).sorted(), isCount: isCount)
  func shares(_ values: [Double]) -> [Double] {
    guard !values.isEmpty, edges.count > 1 else { return [] }
    var counts = [Int](repeating: 0, count: edges.count - 1)
    let width = edges[1] - edges[0]
    for v in values {
      counts[Int(min(Double(counts.count - 1), max(0, ((v - edges[0]) / width).rounded(.down))))] += 1
    }
    return counts.map { Double($0) / Double(values.count) }
  }
  return Distribution(
    name: name, label: title, unit: unit, categories: [], edges: edges, generated: shares(first),
    reference: shares(second))
}

private func binEdges(_ sorted: [Double], isCount: Bool) -> [Double] {
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

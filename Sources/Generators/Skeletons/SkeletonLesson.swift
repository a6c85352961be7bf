import Crystals
import Foundation
import Tensors

/// A crystal as it is shown once: begun by some of its sites, or with all its Wyckoff positions and some elements open.
struct SkeletonLesson {
  /// What classes are right, and what the answer counts.
  struct Target {
    var weight: Double
    /// Classes and their shares.
    var shares: [(Int, Double)]
    /// Classes that cannot be.
    var forbidden: [Int] = []
  }

  private(set) var entry: SkeletonBatch.Entry
  /// The next site's, or the end.
  private(set) var element: Target?
  /// The next site's atomic number; 0 at the end.
  private(set) var chosen = 0
  private(set) var position: Target?
  /// Open sites, one for each of their elements.
  private(set) var names: [(site: Int, target: Target)] = []

  init(
    _ example: Skeletons.Example, _ told: SkeletonConfiguration.Told, elementMask: [Bool], conditions: [Float] = [],
    _ random: inout RandomStream
  ) {
    let group = SpaceGroup.numbered(example.spaceGroup)
    let permutations = group.wyckoffPermutations()
    let permutation = permutations[Int(random.uniform() * Double(permutations.count))]
    var request = Self.request(example, told, elementMask, &random)
    request.conditions = conditions
    let order = example.elements.indices.shuffled(using: &random)
    let sites = order.map { (element: example.elements[$0], position: permutation[example.positions[$0]]) }
    entry = SkeletonBatch.Entry(spaceGroup: example.spaceGroup, sites: [], request: request)
    let kinds = Array(Set(sites.map(\.element)))
    if Float(random.uniform()) < told.positions, kinds.count <= 8 {
      hide(sites, kinds.sorted().shuffled(using: &random), &random)
    } else {
      begin(sites, group, &random)
    }
  }

  private static func request(
    _ example: Skeletons.Example, _ told: SkeletonConfiguration.Told, _ mask: [Bool], _ random: inout RandomStream
  ) -> SkeletonRequest {
    let u = Float(random.uniform())
    if u < told.composition {
      // Half of them with what the primitive cell holds, half as a formula.
      let isCell = u < 0.5 * told.composition
      return SkeletonRequest(
        composition: example.composition.map { ($0.element, $0.count * (isCell ? example.formulaUnits : 1)) },
        isPrimitiveCell: isCell)
    }
    guard u < told.composition + told.elements else { return SkeletonRequest() }
    // As many others as a geometric distribution says, 6 on average.
    let more = Int(-6 * log(random.uniform()))
    let others = mask.indices.filter { mask[$0] }.map { UInt8($0 + 1) }.shuffled(using: &random).prefix(more)
    return SkeletonRequest(elements: Set(example.composition.map(\.element)).union(others).sorted())
  }

  /// Some sites are there; the next one is to be said, any of the others being right.
  private mutating func begin(
    _ sites: [(element: UInt8, position: Int)], _ group: SpaceGroup, _ random: inout RandomStream
  ) {
    let count = Int(random.uniform() * Double(sites.count + 1))
    let (placed, others) = (sites.prefix(count), sites.dropFirst(count))
    entry.sites = placed.map { (.known($0.element), $0.position) }
    let weight = Double(sites.count + 1)
    guard let next = others.first else {
      element = Target(weight: weight, shares: [(0, 1)])
      return
    }
    func shares(_ classes: [Int]) -> [(Int, Double)] {
      Dictionary(classes.map { ($0, 1 / Double(classes.count)) }, uniquingKeysWith: +).sorted { $0.key < $1.key }
    }
    element = Target(weight: weight, shares: shares(others.map { Int($0.element) }))
    chosen = Int(next.element)
    let right = others.filter { $0.element == next.element }.map(\.position)
    let taken = placed.map(\.position).filter { group.wyckoffPositions[$0].degreesOfFreedom == 0 && !right.contains($0) }
    position = Target(weight: weight, shares: shares(right), forbidden: taken)
  }

  /// All positions are there and some elements are not; those are to be said.
  ///
  /// - Parameter kinds: the elements in the order in which they are hidden.
  private mutating func hide(
    _ sites: [(element: UInt8, position: Int)], _ kinds: [UInt8], _ random: inout RandomStream
  ) {
    let count = 1 + Int(random.uniform() * Double(kinds.count))
    let numbers = Array((0..<8).shuffled(using: &random).prefix(count))
    let hidden = Dictionary(uniqueKeysWithValues: zip(kinds.prefix(count), numbers))
    entry.sites = sites.map { (hidden[$0.element].map { .open($0) } ?? .known($0.element), $0.position) }
    let known = kinds.dropFirst(count).map { Int($0) - 1 }
    for z in kinds.prefix(count) {
      guard let site = sites.firstIndex(where: { $0.element == z }) else { continue }
      names.append(
        (
          site, Target(weight: Double(kinds.count) / Double(count), shares: [(Int(z) - 1, 1)], forbidden: known)
        ))
    }
  }
}

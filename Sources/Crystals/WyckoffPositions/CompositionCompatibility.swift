/// Which atoms can stand on which Wyckoff positions of a group: exact, in integers.
///
/// A position without freedom holds one orbit, so it serves one element once; the others hold any number of orbits. Positions
/// without freedom and of equal multiplicity are alike, so that the state of a search is how many of each multiplicity are
/// left: at most some hundreds of states in any group. What the positions with freedom add is a coin problem. Assignments are
/// counted, not only found, so that a random one is drawn with equal chances.
public struct CompositionCompatibility: Sendable {
  /// Indices into `SpaceGroup.wyckoffPositions` for each element, in rising order; one with freedom may be repeated.
  public typealias Assignment = [[Int]]

  /// Positions without freedom, by multiplicity.
  private let fixed: [(multiplicity: Int, positions: [Int])]
  /// Positions with freedom.
  private let free: [(multiplicity: Int, position: Int)]
  private let centrings: Int

  /// - Parameter group: whose positions are to be taken.
  public init(_ group: SpaceGroup) {
    var fixed: [(multiplicity: Int, positions: [Int])] = []
    var free: [(multiplicity: Int, position: Int)] = []
    for (index, position) in group.wyckoffPositions.enumerated() {
      if position.degreesOfFreedom > 0 {
        free.append((position.multiplicity, index))
      } else if let k = fixed.firstIndex(where: { $0.multiplicity == position.multiplicity }) {
        fixed[k].positions.append(index)
      } else {
        fixed.append((position.multiplicity, [index]))
      }
    }
    self.fixed = fixed
    self.free = free
    centrings = group.centrings
  }

  /// Atoms of each element in the conventional cell from those in a number of primitive cells; nil where they do not come out whole.
  public func conventional(_ atoms: [Int], primitiveCells: Int = 1) -> [Int]? {
    guard primitiveCells > 0, atoms.allSatisfy({ $0 >= 0 && ($0 * centrings).isMultiple(of: primitiveCells) }) else {
      return nil
    }
    return atoms.map { $0 * centrings / primitiveCells }
  }

  /// How many assignments there are (as a double: they grow fast); 0 where the group can't hold the composition.
  ///
  /// - Parameters:
  ///   - atoms: of each element in the conventional cell.
  ///   - orbitWeight: factor that an orbit of a multiplicity brings; other than 1, the assignments are weighed, not counted.
  public func assignmentCount(_ atoms: [Int], orbitWeight: (Int) -> Double = { _ in 1 }) -> Double {
    Search(self, atoms, orbitWeight: orbitWeight).total
  }

  /// Whether the group can hold the composition.
  public func isCompatible(_ atoms: [Int]) -> Bool { assignmentCount(atoms) > 0 }

  /// One assignment, the same every time; nil where there is none.
  public func assignment(_ atoms: [Int]) -> Assignment? {
    var sequence = FixedSequence()
    return randomAssignment(atoms, using: &sequence)
  }

  /// A random assignment; nil where there is none.
  ///
  /// - Parameters:
  ///   - atoms: of each element in the conventional cell.
  ///   - orbitWeight: factor that an orbit of a multiplicity brings to the chances of an assignment: 1 for all gives equal chances,
  ///     below 1 prefers few sites. Positive.
  public func randomAssignment(
    _ atoms: [Int], orbitWeight: (Int) -> Double = { _ in 1 }, using random: inout some RandomNumberGenerator
  ) -> Assignment? {
    let search = Search(self, atoms, orbitWeight: orbitWeight)
    return search.total > 0 ? search.draw(using: &random) : nil
  }

  /// A random asymmetric unit without coordinates: the element and the position of every site, sorted; nil where there is none.
  ///
  /// - Parameters:
  ///   - composition: atomic numbers, each once, and their atoms in the conventional cell.
  ///   - orbitWeight: as for `randomAssignment`.
  public func randomSkeleton(
    _ composition: [(atomicNumber: UInt8, count: Int)], orbitWeight: (Int) -> Double = { _ in 1 },
    using random: inout some RandomNumberGenerator
  ) -> [(atomicNumber: UInt8, position: Int)]? {
    randomAssignment(composition.map(\.count), orbitWeight: orbitWeight, using: &random).map { assignment in
      zip(composition, assignment).flatMap { element, positions in positions.map { (element.atomicNumber, $0) } }
    }
  }

  /// The numbers of formula units that a conventional cell can hold, in rising order.
  ///
  /// - Parameters:
  ///   - formula: atoms of each element in a formula unit.
  ///   - limit: the most atoms of the conventional cell.
  public func formulaUnits(_ formula: [Int], atMost limit: Int) -> [Int] {
    let atoms = formula.reduce(0, +)
    guard formula.allSatisfy({ $0 >= 0 }), atoms > 0, atoms <= limit else { return [] }
    return (1...limit / atoms).filter { z in isCompatible(formula.map { $0 * z }) }
  }

  /// The multiples of 2^64 over the golden ratio: the same choices every time. (A constant would not do: the standard library
  /// draws again until it likes the bits.)
  private struct FixedSequence: RandomNumberGenerator {
    private var state: UInt64 = 0

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      return state
    }
  }

  /// Counts of the assignments of every element and those behind it, by what is left of the positions without freedom.
  private struct Search {
    private let problem: CompositionCompatibility
    private let atoms: [Int]
    /// (free positions + 1, atoms + 1): multisets of the first positions with so many atoms together.
    private var freeWays: [[Double]]
    /// (elements + 1, states): a state is the number of positions left of each multiplicity, in mixed radix.
    private var ways: [[Double]]
    private let full: [Int]

    /// (multiplicities of positions without freedom): the factor of an orbit.
    private let fixedWeights: [Double]
    private let freeWeights: [Double]

    init(_ problem: CompositionCompatibility, _ atoms: [Int], orbitWeight: (Int) -> Double = { _ in 1 }) {
      self.problem = problem
      fixedWeights = problem.fixed.map { orbitWeight($0.multiplicity) }
      freeWeights = problem.free.map { orbitWeight($0.multiplicity) }
      self.atoms = atoms
      full = problem.fixed.map(\.positions.count)
      let isSound = atoms.allSatisfy { $0 >= 0 }
      let most = isSound ? atoms.max() ?? 0 : 0
      freeWays = [[1] + [Double](repeating: 0, count: most)]
      for ((multiplicity, _), weight) in zip(problem.free, freeWeights) {
        var row = freeWays[freeWays.count - 1]
        if multiplicity <= most { for n in multiplicity...most { row[n] += weight * row[n - multiplicity] } }
        freeWays.append(row)
      }
      let states = full.reduce(1) { $0 * ($1 + 1) }
      ways = Array(repeating: [Double](repeating: 0, count: states), count: atoms.count + 1)
      guard isSound else { return }
      ways[atoms.count] = [Double](repeating: 1, count: states)
      for element in atoms.indices.reversed() {
        for state in 0..<states {
          ways[element][state] = choices(element, left(state)).reduce(0) { $0 + $1.weight }
        }
      }
    }

    /// Assignments of all elements, each with the product of its orbits' factors.
    var total: Double { ways[0][index(full)] }

    /// What one element may take of the positions without freedom, and how many assignments follow from it.
    private func choices(_ element: Int, _ left: [Int]) -> [(taken: [Int], weight: Double)] {
      var result: [(taken: [Int], weight: Double)] = []
      var taken = [Int](repeating: 0, count: left.count)
      func extend(_ k: Int, _ rest: Int, _ weight: Double) {
        if k == left.count {
          let free = freeWays[freeWays.count - 1][rest]
          guard free > 0 else { return }
          let behind = ways[element + 1][index(zip(left, taken).map { $0 - $1 })]
          if behind > 0 { result.append((taken, weight * free * behind)) }
          return
        }
        var factor = weight
        for n in 0...left[k] {
          let remaining = rest - n * problem.fixed[k].multiplicity
          if remaining < 0 { break }
          taken[k] = n
          extend(k + 1, remaining, factor)
          // The next binomial coefficient.
          factor *= fixedWeights[k] * Double(left[k] - n) / Double(n + 1)
        }
        taken[k] = 0
      }
      extend(0, atoms[element], 1)
      return result
    }

    private func index(_ left: [Int]) -> Int {
      var index = 0
      for (k, n) in left.enumerated() { index = index * (full[k] + 1) + n }
      return index
    }

    private func left(_ index: Int) -> [Int] {
      var rest = index
      var left = full
      for k in full.indices.reversed() {
        left[k] = rest % (full[k] + 1)
        rest /= full[k] + 1
      }
      return left
    }

    func draw(using random: inout some RandomNumberGenerator) -> Assignment {
      var positions = problem.fixed.map(\.positions)
      var assignment: Assignment = []
      for element in atoms.indices {
        let choices = choices(element, positions.map(\.count))
        let choice = choices[Self.pick(choices.map(\.weight), using: &random)]
        var taken: [Int] = []
        var rest = atoms[element]
        for (k, n) in choice.taken.enumerated() {
          for _ in 0..<n { taken.append(positions[k].remove(at: Int.random(in: 0..<positions[k].count, using: &random))) }
          rest -= n * problem.fixed[k].multiplicity
        }
        // Backwards through the coin problem: another orbit on position p, or none and on to the one before.
        var p = problem.free.count
        while p > 0 {
          let multiplicity = problem.free[p - 1].multiplicity
          let with = rest >= multiplicity ? freeWeights[p - 1] * freeWays[p][rest - multiplicity] : 0
          if Self.pick([with, freeWays[p - 1][rest]], using: &random) == 0 {
            taken.append(problem.free[p - 1].position)
            rest -= multiplicity
          } else {
            p -= 1
          }
        }
        assignment.append(taken.sorted())
      }
      return assignment
    }

    /// An index with chances as the weights; one with weight zero never, as long as any has more.
    private static func pick(_ weights: [Double], using random: inout some RandomNumberGenerator) -> Int {
      var target = Double.random(in: 0..<1, using: &random) * weights.reduce(0, +)
      for (index, weight) in weights.enumerated() where weight > 0 {
        target -= weight
        if target < 0 { return index }
      }
      return weights.lastIndex { $0 > 0 } ?? 0
    }
  }
}

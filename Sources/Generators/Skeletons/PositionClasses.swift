import Crystals

/// The Wyckoff positions of a group as far as numbers of atoms go: those without freedom by multiplicity, as each holds one site, and those
/// with freedom, which hold any number.
///
/// What is left of the positions without freedom is one number, in mixed radix: some hundreds of states in any group.
struct PositionClasses: Sendable {
  /// Of every class: its multiplicity. The classes without freedom come first.
  let multiplicities: [Int]
  /// (positions) the class of each position of the group.
  let classes: [Int]
  /// (classes without freedom) positions of each.
  private let capacities: [Int]
  private let strides: [Int]
  /// The most atoms of the conventional cell.
  let mostAtoms: Int

  init(_ group: SpaceGroup, mostAtoms: Int) {
    self.mostAtoms = mostAtoms
    let positions = group.wyckoffPositions
    func multiplicities(_ isFree: Bool) -> [Int] {
      Set(positions.filter { ($0.degreesOfFreedom > 0) == isFree }.map(\.multiplicity)).sorted()
    }
    let (fixed, free) = (multiplicities(false), multiplicities(true))
    self.multiplicities = fixed + free
    classes = positions.map { position in
      position.degreesOfFreedom > 0
        ? fixed.count + (free.firstIndex(of: position.multiplicity) ?? 0) : fixed.firstIndex(of: position.multiplicity) ?? 0
    }
    let classes = classes
    capacities = fixed.indices.map { k in classes.count { $0 == k } }
    var strides = [1]
    for capacity in capacities { strides.append(strides[strides.count - 1] * (capacity + 1)) }
    self.strides = strides
  }

  /// States that there are.
  var stateCount: Int { strides[capacities.count] }
  /// Nothing taken yet.
  var full: Int { stateCount - 1 }
  /// Classes of positions without freedom.
  var fixedCount: Int { capacities.count }

  /// How many positions of a class without freedom are left.
  func left(_ place: Int, in state: Int) -> Int { state / strides[place] % (capacities[place] + 1) }

  /// The state after a site on a position of a class; nil where none is left.
  func taking(_ place: Int, from state: Int, sites: Int = 1) -> Int? {
    guard place < capacities.count else { return state }
    return left(place, in: state) >= sites ? state - sites * strides[place] : nil
  }

  /// The fewest atoms that so many further sites have; nil where there is no room for them at all.
  func fewestAtoms(sites: Int, left state: Int) -> Int? {
    var (rest, atoms) = (sites, 0)
    let free = multiplicities.dropFirst(fixedCount).min()
    let order = (0..<fixedCount).sorted { multiplicities[$0] < multiplicities[$1] }
    for place in order where rest > 0 && multiplicities[place] < free ?? .max {
      let taken = min(rest, left(place, in: state))
      rest -= taken
      atoms += taken * multiplicities[place]
    }
    if rest == 0 { return atoms }
    return free.map { atoms + rest * $0 }
  }
}

import Crystals
import Synchronization
import Tensors

/// Draws space groups, compositions and lattices from the forward policy, with what was not asked for masked.
struct CrystalProposer: Proposer {
  private let model: CrystalGFN
  private let parameters: Parameters
  private let among: [Int]
  private let pool = Pool()

  /// What crystals may be, by what is asked for, and workspaces that are free.
  private final class Pool: Sendable {
    let state = Mutex(
      (spaces: [(chemistry: Chemistry, group: Int?, space: CrystalSpace)](), free: [(number: Int, CrystalGFN.Workspace)]()))
  }

  /// Cells that are none before one gives up: angles of the published form.
  private static let mostDraws = 1000

  init(_ model: CrystalGFN, _ parameters: Parameters, among: [Int]) {
    (self.model, self.parameters, self.among) = (model, parameters, among)
  }

  func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint {
    guard blueprint.sites.isEmpty, blueprint.composition == nil else {
      throw Rejection(
        "says_compositions", "a model of crystal-gfn says compositions itself; for a given one take a model of skeletons")
    }
    let (number, space) = try space(blueprint)
    var workspace = take(number)
    defer { give(number, workspace) }
    for attempt in 0..<Self.mostDraws {
      let random = RandomStream(seed: seed, purpose: "crystal", index: UInt64(index + attempt << 32))
      let drawn = model.trajectories([random], parameters, random: 0, &workspace, in: space)
      guard let own = space.blueprint(drawn[0].state) else { continue }
      var blueprint = blueprint
      (blueprint.spaceGroup, blueprint.composition) = (own.spaceGroup, own.composition)
      blueprint.lattice = blueprint.lattice ?? own.lattice
      return blueprint
    }
    throw Rejection("no_cell", "none of \(Self.mostDraws) lattices is one")
  }

  /// What crystals may be, and its number.
  private func space(_ blueprint: Blueprint) throws(Rejection) -> (Int, CrystalSpace) {
    let (chemistry, group) = (blueprint.chemistry, blueprint.spaceGroup)
    let found = pool.state.withLock { state in
      if let place = state.spaces.firstIndex(where: { $0.chemistry == chemistry && $0.group == group }) {
        return (place, state.spaces[place].space)
      }
      let space = CrystalSpace(
        model.options, model.statistics, chemistry: chemistry, among: group.map { [$0] } ?? among)
      state.spaces.append((chemistry, group, space))
      return (state.spaces.count - 1, space)
    }
    let missing = chemistry.requiredElements.filter { !found.1.rules.elements.contains($0) }.sorted()
    if let z = missing.first {
      throw Rejection("unknown_element", "the model does not know \(Element.symbol(Int(z)))")
    }
    guard !found.1.groups.isEmpty else {
      throw Rejection("impossible", "no composition in these groups has the elements, sizes and charges that are asked for")
    }
    return found
  }

  private func take(_ number: Int) -> CrystalGFN.Workspace {
    pool.state.withLock { state in
      state.free.firstIndex { $0.number == number }.map { state.free.remove(at: $0).1 } ?? model.makeWorkspace()
    }
  }

  private func give(_ number: Int, _ workspace: CrystalGFN.Workspace) {
    pool.state.withLock { $0.free.append((number, workspace)) }
  }
}

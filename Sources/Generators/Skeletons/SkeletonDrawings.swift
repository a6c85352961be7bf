import Crystals
import Synchronization
import Tensors

/// Skeletons whose sites are drawn at once, a site of each in turn.
struct SkeletonDrawings {
  struct Drawing {
    let blueprint: Blueprint
    let group: Int
    let request: SkeletonRequest
    /// None where there is nothing to draw.
    let solver: Int?
    var random: RandomStream
    fileprivate(set) var state: SkeletonState?
    fileprivate(set) var isOpen: Bool
  }

  var all: [Drawing] = []
  /// One for all skeletons of a group that are asked for alike, as it remembers.
  private var solvers: [SkeletonCompletion] = []
  private var numbers: [SolverPool.Key: Int] = [:]

  /// One that is complete.
  mutating func add(_ blueprint: Blueprint) {
    all.append(
      Drawing(
        blueprint: blueprint, group: blueprint.spaceGroup ?? 0, request: SkeletonRequest(), solver: nil,
        random: RandomStream(seed: 0, purpose: "skeleton"), state: nil, isOpen: false))
  }

  /// One that goes on from the sites that a blueprint gives.
  ///
  /// - Throws: `Rejection`: `incompatible`, `open_element`, `position_twice`.
  mutating func add(
    _ blueprint: Blueprint, _ group: Int, _ question: SkeletonQuestion, _ random: RandomStream, _ pool: SolverPool
  ) throws(Rejection) {
    guard let task = question.task(group) else { throw question.impossible([group]) }
    let key = SolverPool.Key(group: group, task: task)
    let solver = numbers[key] ?? solvers.count
    if solver == solvers.count {
      numbers[key] = solver
      solvers.append(pool.take(group, task))
    }
    var state = solvers[solver].start
    for site in blueprint.sites {
      guard let z = site.element, let element = task.elements.firstIndex(of: z) else {
        throw Rejection("open_element", "a site that is given has no element, or one that may not occur")
      }
      guard state.place(element, site.wyckoffPosition, solvers[solver].positions) else {
        throw Rejection("position_twice", "two sites are given on a position that holds one")
      }
    }
    guard solvers[solver].canEnd(state) else { throw question.impossible([group]) }
    all.append(
      Drawing(
        blueprint: blueprint, group: group, request: question.request, solver: solver, random: random, state: state,
        isOpen: true))
  }

  /// Those that have not ended.
  var open: [Int] { all.indices.filter { all[$0].isOpen } }

  /// Atomic numbers that may occur in one.
  func elements(_ i: Int) -> [UInt8] { all[i].solver.map { solvers[$0].task.elements } ?? [] }

  /// One as the network sees it.
  func entry(_ i: Int) -> SkeletonBatch.Entry {
    let elements = elements(i)
    return .init(
      spaceGroup: all[i].group,
      sites: (all[i].state?.sites ?? []).map { (.known(elements[$0.element]), $0.wyckoffPosition) }, request: all[i].request)
  }

  /// The positions that the next site of one may be on, given its element; none where there is no way on.
  mutating func positions(for element: Int, _ i: Int) -> [Int] {
    guard let solver = all[i].solver, let state = all[i].state else { return [] }
    return solvers[solver].positions(for: element, after: state)
  }

  /// Places a site of one that `positions` allows.
  mutating func place(_ element: UInt8, _ wyckoffPosition: Int, _ i: Int) {
    guard let solver = all[i].solver, let number = solvers[solver].task.elements.firstIndex(of: element),
      all[i].state?.place(number, wyckoffPosition, solvers[solver].positions) == true
    else { preconditionFailure("masks are exact") }
  }

  /// Ends one.
  ///
  /// - Returns: false, with nothing changed, where it is not yet what was asked for.
  mutating func end(_ i: Int) -> Bool {
    guard let solver = all[i].solver, let state = all[i].state, solvers[solver].isComplete(state) else { return false }
    all[i].isOpen = false
    return true
  }

  /// What was drawn, the sites given included; nil where there was nothing to draw.
  func sites(of drawing: Drawing) -> [(element: UInt8, wyckoffPosition: Int)]? {
    guard let solver = drawing.solver, let state = drawing.state else { return nil }
    return state.sites.map { (solvers[solver].task.elements[$0.element], $0.wyckoffPosition) }
  }

  /// Hands the solvers back.
  func give(to pool: SolverPool) { for (key, number) in numbers { pool.give(solvers[number], key.group) } }
}

/// Solvers that nobody uses just now, as they remember what they have found; and the groups that can hold what was asked.
final class SolverPool: Sendable {
  struct Key: Hashable {
    let group: Int
    let task: SkeletonTask
  }
  private let free = Mutex<[Key: [SkeletonCompletion]]>([:])
  private let groups = Mutex<[SkeletonQuestion.Key: [Int]]>([:])
  private let logits = Mutex<[SkeletonQuestion.Key: [Float]]>([:])

  func take(_ group: Int, _ task: SkeletonTask) -> SkeletonCompletion {
    let known = free.withLock { $0[Key(group: group, task: task)]?.popLast() }
    return known ?? SkeletonCompletion(SpaceGroup.numbered(group), task)
  }

  func give(_ solver: SkeletonCompletion, _ group: Int) {
    free.withLock { $0[Key(group: group, task: solver.task), default: []].append(solver) }
  }

  func with<R>(_ group: Int, _ task: SkeletonTask, _ body: (inout SkeletonCompletion) -> R) -> R {
    var solver = take(group, task)
    defer { give(solver, group) }
    return body(&solver)
  }

  func possibleGroups(_ question: SkeletonQuestion, _ find: () -> [Int]) -> [Int] {
    if let known = groups.withLock({ $0[question.key] }) { return known }
    let found = find()
    groups.withLock { $0[question.key] = found }
    return found
  }

  func groupLogits(_ question: SkeletonQuestion, _ find: () -> [Float]) -> [Float] {
    // Values of properties hardly come twice.
    guard !question.request.asksProperties else { return find() }
    if let known = logits.withLock({ $0[question.key] }) { return known }
    let found = find()
    logits.withLock { $0[question.key] = found }
    return found
  }
}

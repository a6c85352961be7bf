import Crystals

/// Elements for Wyckoff positions that are given: whether those still open can be named as asked; exact.
struct ElementNaming: Sendable {
  let task: SkeletonTask
  /// (labels) the atoms of the conventional cell on each of a label's sites.
  let atoms: [[Int]]
  private let balance: ChargeBalance

  init(_ task: SkeletonTask, atoms: [[Int]]) {
    (self.task, self.atoms) = (task, atoms)
    balance = ChargeBalance(task.isNeutral ? task.elements : [])
  }

  /// - Parameter names: (labels) indices into the task's elements, each once; nil where one is open.
  func canEnd(_ names: [Int?]) -> Bool {
    let used = Set(names.compactMap { $0 })
    let open = names.indices.filter { names[$0] == nil }
    let unused = task.elements.indices.filter { !used.contains($0) }
    guard unused.count >= open.count, task.required.subtracting(used).count <= open.count else { return false }
    if !task.contents.isEmpty { return task.contents.contains { fits(names, open[...], $0) } }
    guard task.isNeutral else { return true }
    return balance.thresholds.contains { threshold in
      let known = names.enumerated().flatMap { label, name in name.map { orbits(label, $0) } ?? [] }
      let sums = balance.sums(known, threshold)
      return !sums.isEmpty && balances(sums, open[...], used, threshold)
    }
  }

  private func orbits(_ label: Int, _ element: Int) -> [(element: Int, atoms: Int)] { atoms[label].map { (element, $0) } }

  private func fits(_ names: [Int?], _ open: ArraySlice<Int>, _ content: [Int]) -> Bool {
    guard let label = open.first else {
      var own = [Int](repeating: 0, count: content.count)
      for (label, name) in names.enumerated() { if let name { own[name] += atoms[label].reduce(0, +) } }
      return own == content
    }
    return task.elements.indices.contains { element in
      guard !names.contains(element), atoms[label].reduce(0, +) == content[element] else { return false }
      var next = names
      next[label] = element
      return fits(next, open.dropFirst(), content)
    }
  }

  private func balances(_ sums: Set<Int>, _ open: ArraySlice<Int>, _ used: Set<Int>, _ threshold: Double) -> Bool {
    let missing = task.required.subtracting(used)
    guard missing.count <= open.count else { return false }
    guard let label = open.first else { return sums.contains(0) }
    // As if the elements left could be taken any number of times.
    let unused = task.elements.indices.filter { !used.contains($0) }
    let all = Set(unused.flatMap { balance.states($0, threshold) })
    var reach = sums
    for n in open.flatMap({ atoms[$0] }) { reach = ChargeBalance.adding(n, all, to: reach) }
    guard reach.contains(0) else { return false }
    return unused.contains { element in
      let own = balance.states(element, threshold)
      guard !own.isEmpty else { return false }
      var next = sums
      for n in atoms[label] { next = ChargeBalance.adding(n, own, to: next) }
      return balances(next, open.dropFirst(), used.union([element]), threshold)
    }
  }
}

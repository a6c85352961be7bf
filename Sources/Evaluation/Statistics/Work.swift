import Tensors

/// How much of a machine a judgement may use, and whom it tells how far it is.
public struct Work: Sendable {
  /// 1 or more.
  public var threads: Int
  /// Told a phase, how much of it is done and how much there is; throws to stop.
  public var report: @Sendable (_ phase: String, _ done: Int, _ total: Int) throws -> Void

  /// - Parameters:
  ///   - threads: 1 or more.
  ///   - report: told how far each phase is; throws to stop.
  public init(
    threads: Int = 1, report: @escaping @Sendable (_ phase: String, _ done: Int, _ total: Int) throws -> Void = { _, _, _ in }
  ) {
    self.threads = max(1, threads)
    self.report = report
  }

  /// The results for `0..<count`, in order whatever the number of threads.
  func map<Result: Sendable>(
    _ phase: String, count: Int, _ body: @Sendable (Int) throws -> Result
  ) throws -> [Result] {
    let block = 256
    var results: [Result] = []
    results.reserveCapacity(count)
    for start in stride(from: 0, to: count, by: block) {
      try report(phase, start, count)
      results += try parallelMap(count: min(block, count - start), threads: threads) { try body(start + $0) }
    }
    try report(phase, count, count)
    return results
  }
}

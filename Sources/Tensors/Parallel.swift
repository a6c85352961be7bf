import Dispatch
import Synchronization

/// Runs a body for every index of `0..<count` on up to `threads` threads; the order is not fixed, the results are by index.
public func parallelMap<Result: Sendable>(
  count: Int, threads: Int, _ body: @Sendable (Int) throws -> Result
) throws -> [Result] {
  if threads <= 1 || count <= 1 { return try (0..<count).map(body) }
  let results = Mutex<[Result?]>([Result?](repeating: nil, count: count))
  let failure = Mutex<(any Error)?>(nil)
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
    while true {
      let i = next.add(1, ordering: .relaxed).oldValue
      guard i < count, failure.withLock({ $0 == nil }) else { return }
      do {
        let result = try body(i)
        results.withLock { $0[i] = result }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
  }
  if let error = failure.withLock({ $0 }) { throw error }
  return results.withLock { $0.compactMap { $0 } }
}

/// Long arrays in blocks that fit the cache, contiguous runs of blocks a thread.
enum Blocks {
  private static let size = 8192

  /// Calls `body` once for every block of `0..<count`.
  static func perform(_ count: Int, threads: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let blocks = (count + size - 1) / size
    let parts = max(1, min(threads, blocks))
    DispatchQueue.concurrentPerform(iterations: parts) { t in
      flushingDenormals {
        for b in blocks * t / parts..<blocks * (t + 1) / parts { body(b * size..<min(count, (b + 1) * size)) }
      }
    }
  }
}

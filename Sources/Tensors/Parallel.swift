import Dispatch
import Synchronization

/// Runs a body for every index of `0..<count` on up to `threads` threads; the order is not fixed, the results are by index.
///
/// - Throws: the first error that `body` throws; what had not begun is left out.
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

/// Runs a body for every index of `0..<count` on up to `threads` threads and hands each result to the caller's thread as soon as it is
/// there, in whatever order; no thread waits for another one.
///
/// - Parameter receive: gets an index and its result; where it throws, no further index is begun, and what is under way is waited for
///   and dropped.
/// - Throws: what `receive` throws.
public func parallelForEach<Result: Sendable>(
  count: Int, threads: Int, _ body: @escaping @Sendable (Int) -> Result, receive: (Int, Result) throws -> Void
) throws {
  let workers = min(threads, count)
  if workers <= 1 {
    for i in 0..<count { try receive(i, body(i)) }
    return
  }
  let finished = Finished<Result>()
  for _ in 0..<workers {
    DispatchQueue.global().async {
      while true {
        let i = finished.next.add(1, ordering: .relaxed).oldValue
        guard i < count else { break }
        finished.add((i, body(i)))
      }
      finished.add(nil)
    }
  }
  var (working, failure) = (workers, (any Error)?.none)
  while working > 0 {
    guard let (i, result) = finished.take() else {
      working -= 1
      continue
    }
    guard failure == nil else { continue }
    do {
      try receive(i, result)
    } catch {
      failure = error
      finished.next.store(count, ordering: .relaxed)
    }
  }
  if let failure { throw failure }
}

/// What workers have done and nobody has taken yet; nil is a worker that ends.
private final class Finished<Result: Sendable>: Sendable {
  let next = Atomic<Int>(0)
  private let results = Mutex<[(Int, Result)?]>([])
  private let count = DispatchSemaphore(value: 0)

  func add(_ result: (Int, Result)?) {
    results.withLock { $0.append(result) }
    count.signal()
  }

  func take() -> (Int, Result)? {
    count.wait()
    return results.withLock { $0.removeFirst() }
  }
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

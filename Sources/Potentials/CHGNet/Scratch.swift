import Synchronization

/// Arrays that are used again: fresh memory costs more than what is computed in it.
///
/// An array taken has at least the size asked for and any contents, unless zeros are asked for.
struct Scratch: Sendable {
  private var spare: [Int: [[Float]]] = [:]
  private var held = 0
  /// Floats kept at most, 128 MB: more than a batch of many crystals takes.
  private static let limit = 32 << 20

  mutating func take(rows: Int, columns: Int, zeroed: Bool = false) -> [Float] {
    let count = rows * columns
    let size = Self.size(for: count)
    // Any that is large enough: memory that was touched is cheaper than memory that fits.
    var found = size
    while found <= Self.limit, spare[found]?.isEmpty ?? true { found *= 2 }
    guard var array = spare[found]?.popLast() else { return [Float](repeating: 0, count: size) }
    held -= found
    if zeroed { for i in 0..<count { array[i] = 0 } }
    return array
  }

  mutating func give(_ array: consuming [Float]) {
    let size = array.count
    guard size > 0, size == Self.size(for: size), held + size <= Self.limit else { return }
    held += size
    spare[size, default: []].append(array)
  }

  /// Powers of two, so that batches of about the same size share arrays.
  private static func size(for count: Int) -> Int {
    count <= 1024 ? 1024 : 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
  }
}

/// Scratch memory for any number of threads, each of which borrows one.
final class ScratchPool: Sendable {
  private let free = Mutex<[Scratch]>([])
  private let turn = Mutex(())

  /// As `borrow`, one at a time: for work that takes much memory.
  func borrowAlone<Result>(_ body: (inout Scratch) -> Result) -> Result {
    turn.withLock { _ in
      var scratch = Scratch()
      return body(&scratch)
    }
  }

  func borrow<Result>(_ body: (inout Scratch) -> Result) -> Result {
    var scratch = free.withLock { $0.popLast() } ?? Scratch()
    let result = body(&scratch)
    free.withLock { [scratch] in $0.append(scratch) }
    return result
  }
}

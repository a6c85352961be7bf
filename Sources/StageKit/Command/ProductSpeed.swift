import CKernels
import Foundation
public import Tensors

/// How fast this processor multiplies, measured: a flag of the processor is not a speed.
public enum ProductSpeed {
  /// Multiply-adds of whole vectors and nothing else, GFLOP/s of one thread: what the processor can do at most in float32.
  public static func peak() -> Double {
    let rounds = 20_000
    let flops = 2.0 * 12 * Double(rounds) * Double(frieze_vector_bits() / 32)
    return best(rounds: 8, flops: flops) { _ = frieze_multiply_add_chains(rounds) }
  }

  /// Products of OpenBLAS, GFLOP/s of one thread; nil where their result is wrong.
  public static func openBLAS() -> Double? {
    let n = 128
    // Small whole numbers: any order of summation gives the same, exactly.
    let a = (0..<n * n).map { Float($0 % 7 - 3) }
    let b = (0..<n * n).map { Float($0 % 5 - 2) }
    var out = [Float](repeating: 0, count: n * n)
    let speed = best(rounds: 8, flops: 2 * Double(n * n * n)) {
      var span = out.mutableSpan
      Products.multiply(a.span, b.span, rows: n, inner: n, columns: n, into: &span)
    }
    for i in stride(from: 0, to: n, by: 9) {
      for j in stride(from: 0, to: n, by: 11) {
        let expected = (0..<n).reduce(Float(0)) { $0 + a[i * n + $1] * b[$1 * n + j] }
        guard out[i * n + j] == expected else { return nil }
      }
    }
    return speed
  }

  /// Products as the networks do them, GFLOP/s of one thread.
  ///
  /// - Parameter width: features of a site; (256, width) times (width, width).
  public static func network(_ precision: Precision, width: Int = 256) -> Double {
    let rows = 256
    let values = (0..<width * width).map { Float($0 % 13) / 13 - 0.5 }
    let weights = PackedWeights(values, inner: width, columns: width, precision: precision)
    var x = Matrix(rows: rows, columns: width)
    for i in x.values.indices { x.values[i] = Float(i % 11) / 11 - 0.5 }
    var out = Matrix(rows: rows, columns: width)
    weights.multiply(x, rows: rows, into: &out)
    return best(rounds: 12, flops: 8 * 2 * Double(rows * width * width)) {
      for _ in 0..<8 { weights.multiply(x, rows: rows, into: &out) }
    }
  }

  /// Reading of an array of 128 MB, GB/s of one thread.
  public static func memoryBandwidth() -> Double {
    let count = 32 << 20
    let x = [Float](repeating: 1, count: count)
    // Safety: the array has `count` elements.
    return best(rounds: 4, flops: Double(4 * count)) {
      _ = unsafe x.withUnsafeBufferPointer { unsafe frieze_read_memory($0.baseAddress, count) }
    }
  }

  /// How many times longer a gradient of denormal numbers takes than one of normal numbers.
  ///
  /// - Parameter flushing: whether they are flushed.
  public static func denormalCost(flushing: Bool) -> Double {
    func seconds(_ value: Float) -> Double {
      let pre = [Float](repeating: 12, count: 1 << 13)
      let start = [Float](repeating: value, count: pre.count)
      var gradient = start
      let rate = best(rounds: 8, flops: 1) {
        gradient = start
        for _ in 0..<8 {
          if flushing {
            flushingDenormals { Kernels.siLUBackward(pre: pre, gradient: &gradient, count: pre.count) }
          } else {
            Kernels.siLUBackward(pre: pre, gradient: &gradient, count: pre.count)
          }
        }
      }
      return 1 / rate
    }
    return seconds(0x1p-136) / seconds(1)
  }

  /// The best of some rounds, in thousand millions a second.
  private static func best(rounds: Int, flops: Double, _ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    let shortest = (0..<rounds).map { _ in clock.measure(body) }.min() ?? .zero
    return flops * 1e-9 / max(1e-9, shortest / .seconds(1))
  }
}

/// What is faster on this machine, measured once and remembered for the user (in $XDG_CACHE_HOME/frieze or ~/.cache/frieze).
struct RememberedSpeed: Codable {
  /// GFLOP/s of one thread.
  var float32: Double
  var bfloat16: Double

  /// Shards of a run must choose alike, so a small difference never decides.
  var chosen: Precision { bfloat16 > 1.25 * float32 ? .bfloat16 : .float32 }

  /// Measures, or takes what was measured for the same processor and libraries.
  static func here() -> RememberedSpeed {
    let memory = MachineMemory(
      "products", of: [Products.kernelName, Precision.oneDNNVersion ?? "none"])
    if let known: RememberedSpeed = memory.recall(), known.float32 > 0, known.bfloat16 > 0 { return known }
    let speed = RememberedSpeed(float32: ProductSpeed.network(.float32), bfloat16: ProductSpeed.network(.bfloat16))
    return memory.remember(speed)
  }
}

/// What was measured on this machine, in $XDG_CACHE_HOME/frieze or ~/.cache/frieze; nothing where neither can be written.
struct MachineMemory {
  private let path: String?

  /// - Parameters:
  ///   - name: what is remembered.
  ///   - facts: what it depends on beside the processor and the version.
  init(_ name: String, of facts: [String]) {
    let environment = ProcessInfo.processInfo.environment
    let root = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? environment["HOME"].map { $0 + "/.cache" }
    let what = ([Provenance.processorName] + facts + [friezeVersion]).joined(separator: " ")
    path = root.map { $0 + "/frieze/\(name)-" + String(RandomStream.hash(what), radix: 16) + ".json" }
  }

  /// What is known; nil where nothing is, or nothing that can be read.
  func recall<T: Decodable>() -> T? {
    path.flatMap { FileManager.default.contents(atPath: $0) }.flatMap { try? JSONDecoder().decode(T.self, from: $0) }
  }

  /// Keeps a value, unless another process was first: programs of one machine decide alike.
  ///
  /// - Returns: what is known from now on.
  func remember<T: Codable>(_ value: T) -> T {
    guard let path, let data = try? JSONEncoder().encode(value) else { return value }
    try? FileManager.default.createDirectory(atPath: path.folderPath, withIntermediateDirectories: true)
    let own = path + ".\(ProcessInfo.processInfo.processIdentifier)"
    // A link is made in one step, and not where there is a file already; one that cannot be read gives way.
    guard (try? data.write(to: URL(fileURLWithPath: own))) != nil else { return value }
    defer { try? FileManager.default.removeItem(atPath: own) }
    if (try? FileManager.default.linkItem(atPath: own, toPath: path)) != nil { return value }
    if let known: T = recall() { return known }
    try? data.write(to: URL(fileURLWithPath: path), options: .atomic)
    return value
  }
}

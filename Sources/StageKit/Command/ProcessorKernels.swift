import Foundation
import Tensors

/// A program that multiplies matrices and is no stage.
public protocol ProductUser {}

extension ProductUser {
  /// Starts the program again where OpenBLAS took kernels that are slow or wrong here; to be called before anything else.
  public static func chooseKernels() { ProcessorKernels.choose(products: true) }
  /// What there is to say about the choice.
  public var kernelsLine: String? { unsafe ProcessorKernels.line }
  /// The processor's name as the system tells it; empty where it does not.
  public var processorName: String { Provenance.processorName }
}

/// OpenBLAS chooses its kernels by the processor's model when it is loaded, and takes old ones, up to six times slower, for a model
/// that it does not know. So products are measured against what the vectors of the processor can do, and where they fall far short
/// the program is started once more for each better kind of kernels, in the environment that asks OpenBLAS for it.
enum ProcessorKernels {
  /// What OpenBLAS reads.
  private static let variable = "OPENBLAS_CORETYPE"
  /// What was tried before this start: `NAME=SHARE …`, shares of the peak; 0 for kernels that compute wrongly.
  private static let record = "FRIEZE_KERNELS_TRIED"
  /// A share of the peak that good kernels pass on any processor, other work on it or not.
  private static let enough = 0.5
  /// How many times faster than the default other kernels must be: far more than other work on the machine makes of equal ones, so
  /// that the choice is the same at every start.
  private static let gain = 1.5

  /// Kernels by the vectors they need, best first.
  private static let candidates: [(name: String, bits: Int)] = [
    ("SkylakeX", 512), ("Cooperlake", 512), ("SapphireRapids", 512), ("Haswell", 256), ("Zen", 256),
  ]

  /// One line about the choice, where there is something to say.
  nonisolated(unsafe) private(set) static var line: String?

  /// Its threads, of which we need none: each has a stack and a buffer, for which a limit of memory may have no room.
  private static let threads = "OPENBLAS_NUM_THREADS"

  /// - Parameter products: whether the program multiplies.
  static func choose(products: Bool) {
    let environment = ProcessInfo.processInfo.environment
    if environment[threads] == nil, MemoryLimit.isSet {
      unsafe setenv(threads, "1", 0)
      return start()
    }
    guard products else { return }
    let asked = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    let share = ProductSpeed.openBLAS().map { $0 / ProductSpeed.peak() } ?? 0
    guard let tried = environment[record] else {
      if let asked { return stand(asked, share) }
      if share < enough { restart([("default", share)]) }
      return
    }
    let shares: [(name: String, share: Double)] = tried.split(separator: " ").compactMap { entry in
      let parts = entry.split(separator: "=")
      return parts.count == 2 ? Double(parts[1]).map { (String(parts[0]), $0) } : nil
    }
    // Without a name this is the default again, behind all others.
    guard let asked, let first = shares.first else { return }
    if share > gain * first.share { return chosen(asked, share, instead: first.share) }
    restart(shares + [(asked, share)])
  }

  private static func stand(_ asked: String, _ share: Double) {
    guard share < enough else { return }
    unsafe line =
      share == 0
      ? "OPENBLAS_CORETYPE=\(asked), set by hand, stands, but its kernels compute wrong products here: unset it."
      : "OPENBLAS_CORETYPE=\(asked), set by hand, stands; its products reach \(percent(share)) of what this processor can do. Unset it "
        + "for faster ones."
  }

  private static func chosen(_ name: String, _ share: Double, instead first: Double) {
    unsafe line =
      "OpenBLAS does not know this processor and took slow kernels (\(percent(first)) of what its vectors can do); started again with "
      + "those for \(name) (\(percent(share)))."
  }

  private static func percent(_ share: Double) -> String { share == 0 ? "wrong, 0 %" : "\(Int((100 * share).rounded())) %" }

  /// Starts the program again with the next kernels, or with the default where there are no more; comes back only where that fails,
  /// and then the kernels at hand do.
  private static func restart(_ shares: [(name: String, share: Double)]) {
    let text = shares.map { "\($0.name)=\(($0.share * 1000).rounded() / 1000)" }.joined(separator: " ")
    let bits = Products.vectorBits
    if let next = candidates.first(where: { c in c.bits <= bits && !shares.contains { $0.name == c.name } }) {
      unsafe setenv(variable, next.name, 1)
    } else {
      unsafe unsetenv(variable)
    }
    unsafe setenv(record, text, 1)
    start()
  }

  private static func start() {
    var arguments = unsafe CommandLine.arguments.map { unsafe strdup($0) } + [nil]
    // Safety: the list of C strings ends with nil.
    _ = unsafe execv("/proc/self/exe", &arguments)
  }
}

import Foundation
import Tensors

/// OpenBLAS chooses its kernels by the processor's model when it is loaded, and takes old ones, up to six times slower, for a model
/// that it does not know. So products are measured against what the vectors of the processor can do, and where they fall far short
/// the program is started once more for each better kind of kernels, in the environment that asks OpenBLAS for it.
enum ProcessorKernels {
  /// What OpenBLAS reads.
  private static let variable = "OPENBLAS_CORETYPE"
  /// What was tried before this start: `NAME=SHARE …`, shares of the peak; 0 for kernels that compute wrongly.
  private static let record = "FRIEZE_KERNELS_TRIED"
  /// A share of the peak that good kernels pass on any processor.
  private static let enough = 0.6

  /// Kernels by the vectors they need, best first.
  private static let candidates: [(name: String, bits: Int)] = [
    ("SkylakeX", 512), ("Cooperlake", 512), ("SapphireRapids", 512), ("Haswell", 256), ("Zen", 256),
  ]

  /// One line about the choice, where there is something to say.
  nonisolated(unsafe) private(set) static var line: String?

  static func choose() {
    let environment = ProcessInfo.processInfo.environment
    let asked = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    let tried = environment[record]
    let share = ProductSpeed.openBLAS().map { $0 / ProductSpeed.peak() } ?? 0
    if tried == nil, let asked { return stand(asked, share) }
    guard tried != nil || share < enough else { return }
    var shares: [(name: String, share: Double)] = (tried ?? "").split(separator: " ").compactMap { entry in
      let parts = entry.split(separator: "=")
      return parts.count == 2 ? Double(parts[1]).map { (String(parts[0]), $0) } : nil
    }
    shares.append((tried == nil ? "default" : asked ?? "default", share))
    if share >= enough { return chosen(shares) }
    let bits = Products.vectorBits
    if let next = candidates.first(where: { c in c.bits <= bits && !shares.contains { $0.name == c.name } }) {
      return restart(next.name, shares)
    }
    // None passes: the best of all, and no more trying.
    let best = shares.max { $0.share < $1.share }?.name ?? "default"
    if best != asked ?? "default", shares.filter({ $0.name == best }).count == 1 { return restart(best, shares) }
    chosen(shares)
  }

  private static func stand(_ asked: String, _ share: Double) {
    guard share < enough else { return }
    unsafe line =
      share == 0
      ? "OPENBLAS_CORETYPE=\(asked), set by hand, stands, but its kernels compute wrong products here: unset it."
      : "OPENBLAS_CORETYPE=\(asked), set by hand, stands; its products reach \(percent(share)) of what this processor can do. Unset it "
        + "for faster ones."
  }

  private static func chosen(_ shares: [(name: String, share: Double)]) {
    guard let first = shares.first, let last = shares.last else { return }
    unsafe line =
      "OpenBLAS does not know this processor and took slow kernels (\(percent(first.share)) of what its vectors can do); started again "
      + "with those for \(last.name) (\(percent(last.share)))."
  }

  private static func percent(_ share: Double) -> String { share == 0 ? "wrong, 0 %" : "\(Int((100 * share).rounded())) %" }

  /// Starts the program again; comes back only where that fails, and then the slower kernels do.
  private static func restart(_ name: String, _ shares: [(name: String, share: Double)]) {
    let text = shares.map { "\($0.name)=\(($0.share * 1000).rounded() / 1000)" }.joined(separator: " ")
    if name == "default" { unsafe unsetenv(variable) } else { unsafe setenv(variable, name, 1) }
    unsafe setenv(record, text, 1)
    var arguments = unsafe CommandLine.arguments.map { unsafe strdup($0) } + [nil]
    // Safety: the list of C strings ends with nil.
    _ = unsafe execv("/proc/self/exe", &arguments)
  }
}

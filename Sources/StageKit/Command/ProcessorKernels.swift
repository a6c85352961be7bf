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
/// the program is started once more for each better kind of kernels, in the environment that asks OpenBLAS for it. What was chosen is remembered,
/// so that every later start chooses the same, whatever else the machine has to do.
enum ProcessorKernels {
  /// What OpenBLAS reads.
  private static let variable = "OPENBLAS_CORETYPE"
  /// What was tried before this start: `NAME=SHARE …`, shares of the peak; 0 for kernels that compute wrongly.
  private static let record = "FRIEZE_KERNELS_TRIED"
  /// What that says where nothing was tried, since the choice was known: `known=SHARE=SHARE`, of the default and of the kernels at hand.
  private static let known = "known"
  /// A share of the peak that good kernels pass on any processor, other work on it or not.
  private static let enough = 0.5
  /// How many times faster than the default other kernels must be: far more than other work on the machine makes of equal ones.
  private static let gain = 1.5

  /// Kernels by the vectors they need, best first.
  private static let candidates: [(name: String, bits: Int)] = [
    ("SkylakeX", 512), ("Cooperlake", 512), ("SapphireRapids", 512), ("Haswell", 256), ("Zen", 256),
  ]

  /// A choice: the kernels' name, or none for the default, and both shares of the peak.
  private struct Choice: Codable {
    var kernels: String?
    var first: Double
    var share: Double
  }

  /// - Parameter kernels: OpenBLAS's own choice.
  private static func memory(_ kernels: String) -> MachineMemory { MachineMemory("kernels", of: [kernels]) }

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
    let tried = environment[record].flatMap { $0.isEmpty ? nil : $0 }
    if let tried, tried.hasPrefix(known) {
      let shares = tried.split(separator: "=").compactMap { Double($0) }
      if shares.count == 2 { chosen(Choice(kernels: asked, first: shares[0], share: shares[1])) }
      return
    }
    if tried == nil, asked == nil, let choice: Choice = memory(Products.kernelName).recall() { return follow(choice) }
    let share = ProductSpeed.openBLAS().map { $0 / ProductSpeed.peak() } ?? 0
    guard let tried else {
      if let asked { return stand(asked, share) }
      if share < enough { return restart([(Products.kernelName, share)]) }
      return follow(memory(Products.kernelName).remember(Choice(first: share, share: share)))
    }
    let shares: [(name: String, share: Double)] = tried.split(separator: " ").compactMap { entry in
      let parts = entry.split(separator: "=")
      return parts.count == 2 ? Double(parts[1]).map { (String(parts[0]), $0) } : nil
    }
    guard let first = shares.first else { return }
    // Without a name this is the default again, behind all others.
    guard let asked else {
      return follow(memory(first.name).remember(Choice(first: first.share, share: first.share)))
    }
    guard share > gain * first.share else { return restart(shares + [(asked, share)]) }
    let choice = memory(first.name).remember(Choice(kernels: asked, first: first.share, share: share))
    choice.kernels == asked ? chosen(choice) : follow(choice)
  }

  /// Goes on with what is known to be best here: with the default, or from the start with other kernels.
  private static func follow(_ choice: Choice) {
    guard let kernels = choice.kernels else { return }
    unsafe setenv(variable, kernels, 1)
    unsafe setenv(record, "\(known)=\(choice.first)=\(choice.share)", 1)
    start()
  }

  private static func stand(_ asked: String, _ share: Double) {
    guard share < enough else { return }
    unsafe line =
      share == 0
      ? "OPENBLAS_CORETYPE=\(asked), set by hand, stands, but its kernels compute wrong products here: unset it."
      : "OPENBLAS_CORETYPE=\(asked), set by hand, stands; its products reach \(percent(share)) of what this processor can do. Unset it "
        + "for faster ones."
  }

  private static func chosen(_ choice: Choice) {
    guard let kernels = choice.kernels else { return }
    unsafe line =
      "OpenBLAS does not know this processor and took slow kernels (\(percent(choice.first)) of what its vectors can do); started again "
      + "with those for \(kernels) (\(percent(choice.share)))."
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

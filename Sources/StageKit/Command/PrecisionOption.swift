public import ArgumentParser
public import Tensors

/// `--precision` of the stages that run a network.
public struct PrecisionOption: ParsableArguments {
  /// What may be asked for.
  public enum Choice: String, ExpressibleByArgument, CaseIterable, Sendable {
    case f32, bf16, auto
  }

  /// `--precision`.
  @Option(
    help: ArgumentHelp(
      "What matrix products read: f32, bf16 or auto.",
      discussion: """
        auto is what is clearly faster here: products of a network's size are measured in both for some tens of milliseconds, and the \
        result is kept in ~/.cache/frieze. bf16 needs a processor with AVX512-BF16 or AMX, and oneDNN.
        """))
  public var precision = Choice.auto

  /// The defaults.
  public init() {}

  /// The precision to run with; a line on standard error says which, and another one what slows products down.
  ///
  /// - Throws: `StageError` where bf16 was asked for and can't be had.
  public func resolved(stage: String, _ shared: SharedOptions) throws -> Precision {
    let missing = Precision.bfloat16Missing
    if precision == .bf16, let missing {
      throw StageError(.unavailable, "no bfloat16 products here: \(missing); --precision f32 runs everywhere.")
    }
    let (chosen, why) = choice(missing)
    guard !shared.quiet else { return chosen }
    standardError("\(stage): \(chosen.summary)\(why.map { " (\($0))" } ?? "").")
    if let line = unsafe ProcessorKernels.line { standardError("\(stage): \(line)") }
    return chosen
  }

  private func choice(_ missing: String?) -> (Precision, String?) {
    switch precision {
    case .f32: return (.float32, nil)
    case .bf16: return (.bfloat16, nil)
    case .auto:
      if let missing { return (.float32, missing) }
      let speed = RememberedSpeed.here()
      let (a, b) = (Int(speed.float32.rounded()), Int(speed.bfloat16.rounded()))
      return (speed.chosen, "measured here: float32 \(a), bfloat16 \(b) GFLOP/s a thread")
    }
  }
}

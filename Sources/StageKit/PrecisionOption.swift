public import ArgumentParser
public import Tensors

/// `--precision` of the stages that run a network.
public struct PrecisionOption: ParsableArguments {
  /// What may be asked for.
  public enum Choice: String, ExpressibleByArgument, CaseIterable, Sendable {
    case f32, bf16, auto
  }

  @Option(
    help: ArgumentHelp(
      "What matrix products read: f32, bf16 or auto.",
      discussion: "auto is bf16 where the processor has AVX512-BF16 or AMX and oneDNN is installed, else f32."))
  public var precision = Choice.auto

  public init() {}

  /// The precision to run with; one line on standard error says which.
  ///
  /// - Throws: `StageError` where bf16 was asked for and can't be had.
  public func resolved(stage: String, _ shared: SharedOptions) throws -> Precision {
    let missing = Precision.bfloat16Missing
    if precision == .bf16, let missing {
      throw StageError(.unavailable, "no bfloat16 products here: \(missing); --precision f32 runs everywhere.")
    }
    let chosen: Precision = precision == .f32 ? .float32 : precision == .bf16 ? .bfloat16 : .best
    if !shared.quiet {
      let why = precision == .auto && chosen == .float32 ? missing.map { " (\($0))" } ?? "" : ""
      standardError("\(stage): \(chosen.summary)\(why).")
    }
    return chosen
  }
}

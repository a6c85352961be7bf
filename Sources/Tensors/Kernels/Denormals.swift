public import CKernels

/// Runs a body with denormal numbers taken for zero, as operands and as results, on this thread; restores the state behind it.
///
/// A float32 below 1.2e-38 costs an Intel processor over a hundred cycles an operation, and gradients, beliefs and cut-off functions
/// are full of them; no sum of a network changes by leaving them out. The state (MXCSR on x86, FPCR on Arm) belongs to a thread and
/// is inherited by those that it starts, so every thread that computes with a network enters here by itself and starts none inside.
/// Crystallography in double stays outside: there a tolerance may be as small as a user likes.
///
/// - Throws: what `body` throws.
@inlinable
public func flushingDenormals<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
  let state = frieze_flush_denormals()
  defer { frieze_restore_denormals(state) }
  return try body()
}

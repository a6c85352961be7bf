import Foundation
import Tensors

/// OpenBLAS before 0.3.22 takes AVX2 kernels on AMD processors that have AVX-512; with its AVX-512 kernels products are twice as
/// fast there. The choice is made when the library is loaded, so the program starts once more with the environment that asks.
enum ProcessorKernels {
  private static let variable = "OPENBLAS_CORETYPE"
  /// Its threads, of which we need none: each has a stack and a buffer, for which a limit of memory may have no room.
  private static let threads = "OPENBLAS_NUM_THREADS"

  /// - Parameter products: whether the program multiplies.
  static func choose(products: Bool) {
    let environment = ProcessInfo.processInfo.environment
    let isSlow =
      products && environment[variable] == nil && Products.has512BitVectors
      && ["Haswell", "Zen"].contains(Products.kernelName)
    guard isSlow || (environment[threads] == nil && MemoryLimit.isSet) else { return }
    if isSlow { unsafe setenv(variable, "SkylakeX", 1) }
    unsafe setenv(threads, "1", 0)
    var arguments = unsafe CommandLine.arguments.map { unsafe strdup($0) } + [nil]
    // Safety: the list of C strings ends with nil. The call comes back only where it fails; then the slower kernels do.
    _ = unsafe execv("/proc/self/exe", &arguments)
  }
}

import ArgumentParser
import Foundation
import StageKit
import Tensors

/// Says what this machine gives: vectors, kernels, speed of products and of memory, and whether denormals are flushed.
///
/// | reads  | nothing                     |
/// | writes | a table on standard output  |
@main
struct Machine: ParsableCommand, ProductUser {
  static let configuration = CommandConfiguration(
    commandName: "machine",
    abstract: "Say what this machine gives the networks: kernels and speeds, measured.",
    discussion: """
      Speeds are of one thread, the best of some rounds; other work on the machine makes them lower. What --precision auto takes is \
      what is clearly faster here.
      """, version: friezeVersion)

  @Flag(help: "Print only what OPENBLAS_CORETYPE should be here; an empty line where OpenBLAS chooses well by itself.")
  var kernels = false

  @Flag(help: "One line of JSON.")
  var json = false

  static func main() {
    chooseKernels()
    main(nil)
  }

  func run() throws {
    if kernels { return print(ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] ?? "") }
    let peak = ProductSpeed.peak()
    let blas = ProductSpeed.openBLAS() ?? 0
    let rows: [(key: String, words: String, value: Double, of: Double?)] =
      [
        ("vector_bits", "widest vectors, bits", Double(Products.vectorBits), nil),
        ("peak", "multiply-adds alone, GFLOP/s", peak, nil),
        ("openblas", "float32 products, OpenBLAS (\(Products.kernelName)), GFLOP/s", blas, peak),
      ]
      + [256, 512].map { width in
        let speed = ProductSpeed.network(.float32, width: width)
        return (
          "float32_\(width)", "float32 products of the networks, \(width) wide, \(PackedWeights.library), GFLOP/s", speed, peak
        )
      }
      + (Precision.bfloat16Missing == nil ? [256, 512] : []).map { width in
        (
          "bfloat16_\(width)", "bfloat16 products of the networks, \(width) wide, GFLOP/s",
          ProductSpeed.network(.bfloat16, width: width), peak
        )
      }
      + [
        ("memory", "reading memory, GB/s", ProductSpeed.memoryBandwidth(), nil),
        (
          "denormals", "a gradient of denormal numbers, times longer than of normal ones",
          ProductSpeed.denormalCost(flushing: false), nil
        ),
        ("denormals_flushed", "the same as the programs do it, flushed", ProductSpeed.denormalCost(flushing: true), nil),
      ]
    if json {
      return print("{" + rows.map { "\"\($0.key)\":\(String(format: "%.4g", $0.value))" }.joined(separator: ",") + "}")
    }
    print("processor: \(processorName)")
    print("kernels: \(Precision.float32.kernels)\(Precision.bfloat16Missing.map { "; no bfloat16: \($0)" } ?? "")")
    if let line = kernelsLine { print(line) }
    for row in rows {
      let share = row.of.map { String(format: "%5.0f %%", 100 * row.value / $0) } ?? ""
      print(row.words.padding(toLength: 72, withPad: " ", startingAt: 0) + String(format: "%8.4g", row.value) + "  \(share)")
    }
  }
}

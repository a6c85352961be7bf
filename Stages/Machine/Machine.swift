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

  /// One figure; with the peak that it is a share of, where there is one.
  private struct Row {
    let key: String
    let words: String
    let value: Double
    var peak: Double?
  }

  func run() throws {
    if kernels { return print(ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] ?? "") }
    let rows = measured()
    if json {
      return print("{" + rows.map { "\"\($0.key)\":\(String(format: "%.4g", $0.value))" }.joined(separator: ",") + "}")
    }
    print("processor: \(processorName)")
    print("kernels: \(Precision.float32.kernels)\(Precision.bfloat16Missing.map { "; no bfloat16: \($0)" } ?? "")")
    if let line = kernelsLine { print(line) }
    for row in rows {
      let share = row.peak.map { String(format: "%5.0f %%", 100 * row.value / $0) } ?? ""
      print(row.words.padding(toLength: 72, withPad: " ", startingAt: 0) + String(format: "%8.4g", row.value) + "  \(share)")
    }
  }

  private func measured() -> [Row] {
    let peak = ProductSpeed.peak()
    var rows = [
      Row(key: "vector_bits", words: "widest vectors, bits", value: Double(Products.vectorBits)),
      Row(key: "peak", words: "multiply-adds alone, GFLOP/s", value: peak),
      Row(
        key: "openblas", words: "float32 products, OpenBLAS (\(Products.kernelName)), GFLOP/s",
        value: ProductSpeed.openBLAS() ?? 0,
        peak: peak),
    ]
    let threads = ProcessInfo.processInfo.activeProcessorCount
    for precision in Precision.allCases where precision == .float32 || Precision.bfloat16Missing == nil {
      let name = precision == .float32 ? "float32" : "bfloat16"
      for width in [256, 512] {
        rows.append(
          Row(
            key: "\(name)_\(width)",
            words: "\(name) products of the networks, \(width) wide, \(PackedWeights.library(precision)), GFLOP/s",
            value: ProductSpeed.network(precision, width: width), peak: peak))
      }
      // Less than alone where processors are halves of one core.
      let together =
        (try? parallelMap(count: threads, threads: threads) { _ in ProductSpeed.network(precision, width: 512) }) ?? []
      rows.append(
        Row(
          key: "\(name)_together", words: "the same on \(threads) threads at once, GFLOP/s a thread",
          value: together.reduce(0, +) / Double(max(1, together.count)), peak: peak))
    }
    return rows + [
      Row(key: "memory", words: "reading memory, GB/s", value: ProductSpeed.memoryBandwidth()),
      Row(
        key: "denormals", words: "a gradient of denormal numbers, times longer than of normal ones",
        value: ProductSpeed.denormalCost(flushing: false)),
      Row(
        key: "denormals_flushed", words: "the same as the programs do it, flushed",
        value: ProductSpeed.denormalCost(flushing: true)),
    ]
  }
}

import Crystals
import Foundation
import Networks
import Tensors
import Testing

@testable import Generators

/// Speed at the paper's size (hidden 512, 6 layers, 128 frequencies), as times, as rates and as shares of what the machine's
/// products reach alone. Times are processor time divided by the threads, which other programs disturb less than they do the clock
/// on the wall. `FRIEZE_BENCH=1 swift test … --filter NetworkSpeed`.
@Suite(
  "NetworkSpeed", .serialized,
  .enabled(if: ProcessInfo.processInfo.environment["FRIEZE_BENCH"] == "1", "FRIEZE_BENCH=1 runs it"))
struct NetworkSpeed {
  /// Numbers of sites like MP-20's: 4.45 a crystal, 25.7 edges.
  static let mix = [
    1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 8, 8, 10, 10, 12,
  ]
  static let precisions: [Precision] = Precision.bfloat16Missing == nil ? [.float32, .bfloat16] : [.float32]
  static let threads = 2

  /// Processor time of all threads together.
  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = clock()
    try body()
    return Double(clock() - start) / Double(CLOCKS_PER_SEC)
  }

  /// GFLOP/s of 512-wide products on all threads at once, the best of several tries.
  static func peak(_ precision: Precision, threads: Int) throws -> Double {
    let (rows, width, repeats) = (512, 512, 40)
    let weights = Parameters([Float](repeating: 0.5, count: width * width), precision: precision)
    var best = Double.infinity
    for _ in 0..<5 {
      let time = try seconds {
        _ = try parallelMap(count: threads, threads: threads) { _ in
          var x = Matrix(rows: rows, columns: width)
          x.fill(0.25)
          var out = Matrix(rows: rows, columns: width)
          var span = out.values.mutableSpan
          for _ in 0..<repeats {
            if precision == .bfloat16 {
              BFloat16Products.multiply(x, weights.rounded, inner: width, columns: width, into: &span, outStride: width)
            } else {
              Products.multiply(
                x.values.span, weights.values.span, rows: rows, inner: width, columns: width, into: &span)
            }
          }
        }
      }
      best = min(best, time)
    }
    return 2 * Double(rows * width * width * repeats * threads) / (best / Double(threads)) / 1e9
  }

  /// Floating-point operations of the products of one forward pass over crystals with these numbers of sites.
  static func operations(_ o: UnitNetworkOptions, sites: [Int]) -> Double {
    let (c, e) = (Double(o.hidden), Double(o.embedding))
    let classes = Double(BeliefBatch.elementClasses + BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses)
    let n = Double(sites.reduce(0, +))
    let edges = sites.reduce(0.0) { $0 + Double($1 * $1) }
    let pairs = (edges - n) / 2
    let layer = c * c * (2 * n + edges + 3 * n) + 6 * Double(o.frequencies) * c * pairs + 6 * c * Double(sites.count)
    let input = classes * e + (4 * e + 3 + 6 * Double(o.coordinateFrequencies)) * c + c * c
    let heads = 3 * c * c + (3 + classes) * c
    return 2 * (Double(o.layers) * layer + n * (input + heads) + Double(sites.count) * (c * c + 6 * c))
  }

  static func row(_ cells: [String]) { print("| " + cells.joined(separator: " | ") + " |") }

  static func model(_ precision: Precision, steps: Int) -> TrainedMethod<SymmBFN> {
    var options = SymmBFNConfiguration()
    options.sampling.steps = steps
    let method = SymmBFN(options, statistics: DatasetStatistics(SymmBFNTests.units(50)))
    return TrainedMethod(method, Parameters(method.layout.initialParameters(seed: 1), precision: precision))
  }

  /// Milliseconds a crystal.
  static func sampling(_ precision: Precision, sites: [Int], steps: Int, groups: Int, threads: Int) throws -> Double {
    let model = model(precision, steps: steps)
    let sampler = model.method.sampler(model.parameters, seed: 1, isExact: false)
    let time = try seconds {
      _ = try parallelMap(count: groups, threads: threads) { g in
        sampler.sample(group: g) { Blueprint(spaceGroup: 1 + $0 % 230, siteCount: sites[$0 % sites.count]) }
      }
    }
    return 1000 * time / Double(threads * groups * SampleGroup.size)
  }

  @Test("sampling") func sampling() throws {
    let network = UnitNetworkOptions()
    Self.row(["sampling", "sites", "steps", "threads", "ms a crystal", "GFLOP/s in products", "share of peak"])
    for precision in Self.precisions {
      _ = try Self.sampling(precision, sites: Self.mix, steps: 2, groups: 2, threads: Self.threads)
      func measure(_ sites: [Int], _ name: String, steps: Int, threads: Int) throws {
        let peak = try Self.peak(precision, threads: threads)
        let time = try Self.sampling(precision, sites: sites, steps: steps, groups: 2 * threads, threads: threads)
        // What each group of samples holds, as the sampler takes them.
        let drawn = (0..<2 * threads * SampleGroup.size).map { sites[$0 % sites.count] }
        let work = Self.operations(network, sites: drawn) / Double(drawn.count) * Double(steps + 1)
        let rate = work / (time / 1000) / 1e9
        Self.row([
          precision.rawValue, name, "\(steps)", "\(threads)", String(format: "%.1f", time), String(format: "%.0f", rate),
          String(format: "%.0f %%", 100 * rate / peak),
        ])
      }
      try measure(Self.mix, "MP-20's mix", steps: 100, threads: Self.threads)
      try measure(Self.mix, "MP-20's mix", steps: 100, threads: 1)
      for steps in [10, 20, 50] { try measure(Self.mix, "MP-20's mix", steps: steps, threads: Self.threads) }
      for sites in [4, 8, 16, 32, 52] { try measure([sites], "\(sites)", steps: 10, threads: Self.threads) }
    }
  }

  @Test("training") func training() throws {
    Self.row(["training", "threads", "ms a structure", "GFLOP/s in products", "share of peak"])
    var configuration = SymmBFNConfiguration()
    configuration.training.batch = 256
    var random = RandomStream(seed: 7, purpose: "units")
    let units = (0..<256).map { i in
      AsymmetricUnit(
        spaceGroup: 1 + i % 230, latticeLogMetric: LatticeLogMetric(k: [0, 0, 0, 0, 0, 1]),
        sites: (0..<Self.mix[i % Self.mix.count]).map { _ in
          Site(
            atomicNumber: UInt8(1 + Int(random.uniform() * 80)),
            position: Vector3(random.uniform(), random.uniform(), random.uniform()),
            siteSymmetry: SiteSymmetry(operations: [UInt8](repeating: 1, count: 15)))
        })
    }
    let work = 3 * Self.operations(configuration.network, sites: units.map(\.sites.count)) / Double(units.count)
    for precision in Self.precisions {
      for threads in [Self.threads, 1] {
        var trainer = try Trainer<SymmBFN>(
          configuration, training: TrainingData(units), validation: TrainingData(Array(units.prefix(1))), seed: 1,
          threads: threads, precision: precision)
        func step() throws { if try trainer.step() { try trainer.endEpoch(seconds: 0) } }
        try step()
        let peak = try Self.peak(precision, threads: threads)
        let time = try (0..<3).map { _ in try Self.seconds(step) }.min() ?? .nan
        let each = 1000 * time / Double(threads * units.count)
        let rate = work / (each / 1000) / 1e9
        Self.row([
          precision.rawValue, "\(threads)", String(format: "%.2f", each), String(format: "%.0f", rate),
          String(format: "%.0f %%", 100 * rate / peak),
        ])
      }
    }
  }
}

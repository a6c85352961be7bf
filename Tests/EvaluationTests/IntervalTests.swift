import Crystals
import Foundation
import Testing

@testable import Evaluation

@Suite("Intervals, floors and tracks") struct IntervalTests {
  @Test("Wilson's interval: values of his formula, and the ends") func wilson() throws {
    let tenth = try #require(wilsonInterval(successes: 10, of: 100))
    #expect(abs(tenth.low - 0.05523) < 1e-5 && abs(tenth.high - 0.17437) < 1e-5 && tenth.value == 0.1)
    let none = try #require(wilsonInterval(successes: 0, of: 9))
    #expect(none.low == 0 && abs(none.high - 0.29915) < 1e-5)
    let all = try #require(wilsonInterval(successes: 9, of: 9))
    #expect(all.high == 1 && abs(all.low - 0.70085) < 1e-5)
    #expect(wilsonInterval(successes: 0, of: 0) == nil)
  }

  @Test("a perfect sampler's distance is its floor; at 1,000 it is larger than at 5,000") func floors() throws {
    var random = CounterRandom(seed: 3)
    func sample(_ n: Int) -> [Double] { (0..<n).map { _ in random.uniform() * random.uniform() * 10 } }
    let quantity = DistanceQuantity(
      name: "density", label: "density", own: sample(5000), reference: sample(8000), train: sample(20_000))
    let figures = quantity.figures(seed: 1, section: .distance)
    func figure(_ name: String) throws -> Figure { try #require(figures.first { $0.name == name }) }
    let (all, at, floor, floorAt) = (
      try figure("density_distance"), try figure("density_distance_at_1000"), try figure("density_distance_floor"),
      try figure("density_distance_floor_at_1000")
    )
    let (value, mean) = (try #require(all.value), try #require(at.value))
    #expect(value == quantity.distance(quantity.own))
    let (low, high, deviation) = (try #require(all.low), try #require(all.high), try #require(at.deviation))
    #expect(low <= value && value <= high)
    #expect(mean > value && deviation > 0)
    // The mean over five disjoint thousands, by hand.
    var byHand = 0.0
    for k in 0..<5 { byHand += (quantity.distance(Array(quantity.own[k * 1000..<k * 1000 + 1000])) ?? 0) / 5 }
    #expect(abs(mean - byHand) < 1e-12)
    #expect(abs(mean - (floorAt.value ?? .nan)) < 4 * (floorAt.deviation ?? 0))
    #expect(abs(value - (floor.value ?? .nan)) < 5 * (floor.deviation ?? 0))
    // Another seed draws others.
    #expect(quantity.figures(seed: 2, section: .distance).first { $0.name == "density_distance_floor" } != floor)
  }

  @Test("the bootstrap's interval of a distance that is there holds it in most samples") func bootstrap() throws {
    var random = CounterRandom(seed: 11)
    var held = 0
    let reference = (0..<4000).map { _ in random.uniform() }
    for _ in 0..<40 {
      let own = (0..<400).map { _ in random.uniform() + 0.2 }
      let estimate = try #require(
        bootstrapDistance(count: own.count, resamples: 100, seed: random.next()) { picks in
          wassersteinDistance(picks.map { own[$0] }, reference)
        })
      if estimate.low <= 0.2, 0.2 <= estimate.high { held += 1 }
    }
    #expect(held >= 34)
  }

  /// Rock salts of different edges, and two elements.
  private static func salts() -> [Crystal] {
    func salt(_ a: UInt8, _ b: UInt8, _ edge: Double) -> Crystal {
      let face = [Vector3(0, 0, 0), Vector3(0, 0.5, 0.5), Vector3(0.5, 0, 0.5), Vector3(0.5, 0.5, 0)]
      return Crystal(
        lattice: Lattice(lengths: Vector3(repeating: edge), angles: Vector3(repeating: 90)),
        atomicNumbers: [UInt8](repeating: a, count: 4) + [UInt8](repeating: b, count: 4),
        fractionalCoordinates: face + face.map { $0 + Vector3(0.5, 0.5, 0.5) }, spaceGroup: 225)
    }
    let copper = Crystal(
      lattice: Lattice(lengths: Vector3(repeating: 3.6), angles: Vector3(repeating: 90)), atomicNumbers: [29, 29, 29, 29],
      fractionalCoordinates: [Vector3(0, 0, 0), Vector3(0, 0.5, 0.5), Vector3(0.5, 0, 0.5), Vector3(0.5, 0.5, 0)],
      spaceGroup: 225)
    return [salt(11, 17, 5.64), salt(19, 17, 6.3), salt(12, 8, 4.2), salt(20, 8, 4.8), copper, salt(11, 17, 5.7)]
  }

  private func input() throws -> MetricsInput {
    let salts = Self.salts()
    let above = [-0.01, 0.05, 0.3, 0.0, -0.2, 0.2]
    var crystals = zip(salts, above).map {
      GeneratedCrystal($0, initial: $0, askedSpaceGroup: 225, isRelaxed: true, energyAboveHull: $1)
    }
    crystals[3].isRelaxed = false
    (crystals[3].energyAboveHull, crystals[3].lastEnergyAboveHull) = (nil, 0.0)
    for i in 0..<3 { (crystals[i].kept, crystals[i].keptEnergyAboveHull, crystals[i].fall) = (salts[i], above[i], 0) }
    // The second fell: in its group it stood higher.
    (crystals[1].keptEnergyAboveHull, crystals[1].fall) = (0.2, 0.15)
    let template = try #require(try Template(AsymmetricUnit.standardize(salts[2], symprec: 0.1).unit))
    var reference = ReferenceSet(name: "r", train: [salts[2]], test: [salts[1], salts[3]], trainTemplates: [template])
    reference.trainTemplateCounts = [template: 5]
    var input = MetricsInput(name: "x", sampled: 8, crystals: crystals, reference: reference)
    input.known = [("more", [salts[3]])]
    input.hulls = [("own", [0.3, 0.3, 0.3, 0.3, -1, 0.05])]
    input.includesPublished = true
    return input
  }

  @Test("two tracks, further hulls and sets, the published protocol, kinds: counted by hand") func tracks() throws {
    let summary = try MetricsSummary.judge(try input()).summary
    func count(_ name: String) throws -> [Int] {
      let figure = try #require(summary.figure(name), "\(name)")
      return [try #require(figure.count), try #require(figure.total)]
    }
    #expect(try count("stable_0.0") == [2, 8] && count("stable_0.1") == [3, 8])
    #expect(try count("fell_0.05") == [1, 3])
    #expect(try count("stable_0.1_symmetry_free") == [3, 8] && count("stable_0.1_symmetry_kept") == [2, 8])
    #expect(try count("stable_0.0_above_own") == [1, 8] && count("stable_0.1_above_own") == [2, 8])
    // Rock salt's sixth is a copy of its first; MgO is in training. CaO has no energy but its last one.
    #expect(try count("sun_0.1") == [3, 8])
    #expect(try count("sun_0.1_published") == [3, 8] && count("stable_0.0_published") == [2, 8])
    #expect(try count("unique_published") == [4, 8])
    #expect(try count("rediscovered") == [2, 2] && count("in_held_out") == [2, 8])
    #expect(try count("in_known_more") == [1, 8] && count("unique_novel_known") == [3, 8])
    #expect(try count("sun_0.1_elements_1") == [1, 1] && count("sun_0.1_elements_2") == [2, 5])
    #expect(try count("sun_0.1_cubic") == [3, 6])
    #expect(try count("sun_0.1_template_4_10") == [2, 5] && count("sun_0.1_template_new") == [1, 1])
    #expect(summary.figure("displacement")?.value == 0 && summary.figure("volume_change")?.value == 0)
  }

  @Test("measured in parts and judged together, a set has the same summary") func parts() throws {
    let whole = try MetricsSummary.judge(try input()).summary
    var again = try input()
    for range in [0..<2, 2..<5, 5..<6] {
      for (set, measures) in try input().measured(range) { again.stored[set, default: []] += measures }
    }
    #expect(Set(again.stored.keys) == [.crystals, .initial, .kept])
    #expect(try MetricsSummary.judge(again).summary == whole)
  }

  @Test("predictions that were lost are misses, the first of a target too") func lost() throws {
    let salts = Self.salts()
    let ids = ["a#2", "b"]
    var input = MetricsInput(
      name: "x", sampled: 4, crystals: [GeneratedCrystal(salts[0]), GeneratedCrystal(salts[1])],
      reference: ReferenceSet(name: "r", train: [salts[4]], test: [salts[0], salts[1], salts[3]]))
    input.prediction = PredictionTask(given: .composition, ids: ids, targetIDs: ["a", "b", "c"], lost: ["a#1", "c", "nobody"])
    let summary = try MetricsSummary.judge(input).summary
    #expect(summary.figure("match_rate")?.count == 1 && summary.figure("match_rate")?.total == 3)
    #expect(summary.figure("match_rate_best_of_2")?.count == 2 && summary.figure("match_rate_best_of_2")?.total == 3)
  }

  @Test("of a target's predictions that with the lowest energy counts by itself") func lowestEnergy() throws {
    let salts = Self.salts()
    // The second prediction of a is right, and the lower one; the first of b is right, and the higher one.
    let predictions = [(salts[3], 0.2), (salts[0], 0.1), (salts[1], 0.3), (salts[4], 0.2)]
    var input = MetricsInput(
      name: "x", sampled: 4, crystals: predictions.map { GeneratedCrystal($0.0, energyAboveHull: $0.1) },
      reference: ReferenceSet(name: "r", train: [salts[4]], test: [salts[0], salts[1]]))
    input.prediction = PredictionTask(given: .composition, ids: ["a#1", "a#2", "b#1", "b#2"], targetIDs: ["a", "b"])
    let summary = try MetricsSummary.judge(input).summary
    #expect(summary.figure("match_rate_best_of_2")?.count == 2 && summary.figure("match_rate")?.count == 1)
    #expect(summary.figure("match_rate_lowest_of_2")?.count == 1 && summary.figure("match_rate_lowest_of_2")?.total == 2)
  }

  @Test("sameness by rms takes what the largest distance does not") func criterion() throws {
    let salt = Self.salts()[0]
    // One atom of eight, 0.36 of the length an atom apart: 0.315 with the mean taken off, 0.12 as a root mean square.
    let length = cbrt(salt.lattice.volume / 8)
    func moved(_ share: Double) throws -> ReducedCrystal {
      var crystal = salt
      crystal.fractionalCoordinates[0].x += share * length / 5.64
      return try #require(ReducedCrystal(crystal))
    }
    let (a, b) = (try moved(0.48), try moved(0.12))
    #expect(a.key == b.key && a.count == 8)
    var matcher = StructureMatcher.standard
    #expect(!matcher.matches(a, b))
    matcher.criterion = .rootMeanSquare
    #expect(matcher.matches(a, b))
    // What was written before there was a criterion is read as it was meant.
    let old = Data("{\"lengthTolerance\": 0.2, \"siteTolerance\": 0.3, \"angleTolerance\": 5}".utf8)
    #expect(try JSONDecoder().decode(StructureMatcher.self, from: old) == .standard)
  }
}

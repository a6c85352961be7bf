import Crystals
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Evaluation
@testable import Reports

@Suite("Judgement") struct JudgementTests {
  private static let salt = Crystal(
    lattice: Lattice(lengths: Vector3(repeating: 5.64), angles: Vector3(repeating: 90)),
    atomicNumbers: [11, 11, 11, 11, 17, 17, 17, 17],
    fractionalCoordinates: [
      Vector3(0, 0, 0), Vector3(0, 0.5, 0.5), Vector3(0.5, 0, 0.5), Vector3(0.5, 0.5, 0),
      Vector3(0.5, 0.5, 0.5), Vector3(0.5, 0, 0), Vector3(0, 0.5, 0), Vector3(0, 0, 0.5),
    ], spaceGroup: 225)

  private func scaled(_ crystal: Crystal, _ factor: Double) -> Crystal {
    var other = crystal
    other.lattice.vectors = factor * crystal.lattice.vectors
    return other
  }

  /// Every atom moved at random, by up to a distance in angstrom along each axis.
  private func rattled(_ crystal: Crystal, by distance: Double, seed: UInt64) -> Crystal {
    var random = SplitMix(seed: seed)
    var other = crystal
    for i in other.fractionalCoordinates.indices {
      func move() -> Double { Double.random(in: -distance...distance, using: &random) }
      let moved = crystal.lattice.cartesian(crystal.fractionalCoordinates[i]) + Vector3(move(), move(), move())
      other.fractionalCoordinates[i] = moved * crystal.lattice.vectors.inverse
    }
    return other
  }

  @Test("a judgement is the same on one thread and on three, and a stop is passed on")
  func threads() throws {
    let crystals = Array(try MetricsTests.crystals().prefix(60))
    var input = MetricsInput(
      name: "t", sampled: 80, crystals: (crystals + crystals.prefix(10)).map { GeneratedCrystal($0, initial: $0) },
      reference: ReferenceSet(name: "r", train: Array(crystals.prefix(25)), test: Array(crystals.suffix(20))))
    let one = try MetricsSummary.judge(input)
    let phases = Mutex<Set<String>>([])
    input.work = Work(threads: 3) { phase, done, total in
      #expect(done <= total)
      phases.withLock { _ = $0.insert(phase) }
    }
    let three = try MetricsSummary.judge(input)
    #expect(one.summary == three.summary)
    #expect(one.results.firstOfKind == three.results.firstOfKind && one.results.trainMatch == three.results.trainMatch)
    #expect(one.results.measures.map(\.structureFingerprint) == three.results.measures.map(\.structureFingerprint))
    #expect(phases.withLock { $0.contains("measure crystals") && $0.contains("coverage") })
    struct Stop: Error {}
    input.work = Work(threads: 2) { phase, _, _ in if phase == "coverage" { throw Stop() } }
    #expect(throws: Stop.self) { try MetricsSummary.judge(input) }
  }

  @Test("strict validity: radii, densities, CIF and symmetry, each by itself")
  func strict() {
    func strict(_ crystal: Crystal, hasSymmetry: Bool = true) -> StrictValidity {
      StrictValidity(of: crystal, classic: Validity(of: crystal), hasSymmetry: hasSymmetry)
    }
    #expect(strict(Self.salt).all)
    #expect(!strict(Self.salt, hasSymmetry: false).all)
    // Na-Cl is 1.34 angstrom at half the sum of the radii: 1.66 + 1.02.
    let limit = 0.5 * (Element.covalentRadius(11) + Element.covalentRadius(17))
    let near = scaled(Self.salt, 0.999 * 2 * limit / 5.64)
    #expect(!strict(near).distances && Validity(of: near).structure)
    #expect(strict(scaled(Self.salt, 1.001 * 2 * limit / 5.64)).distances)
    // Two hydrogens may be nearer than a sodium and a chlorine.
    var hydrogen = near
    hydrogen.atomicNumbers = [UInt8](repeating: 1, count: 8)
    #expect(strict(hydrogen).distances)
    // The image of an atom counts, too.
    let lone = Crystal(
      lattice: Lattice(lengths: Vector3(1.5, 9, 9), angles: Vector3(repeating: 90)), atomicNumbers: [11],
      fractionalCoordinates: [.zero])
    #expect(!strict(lone).distances)
    #expect(!strict(scaled(Self.salt, 8)).density && strict(scaled(Self.salt, 3)).density)
    #expect(!strict(scaled(Self.salt, 0.3)).density)
    var unknown = Self.salt
    unknown.atomicNumbers[0] = 0
    #expect(!strict(unknown).roundTrip && !strict(unknown).distances)
  }

  @Test("overlap of balls is that of all pairs and images", arguments: 0..<40)
  func overlap(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    func vector(_ low: Double, _ high: Double) -> Vector3 {
      Vector3(
        Double.random(in: low...high, using: &random), Double.random(in: low...high, using: &random),
        Double.random(in: low...high, using: &random))
    }
    let lattice = Lattice(lengths: vector(2.5, 6), angles: vector(60, 120))
    guard lattice.isUsable else { return }
    let crystal = Crystal(
      lattice: lattice, atomicNumbers: [1, 2, 3], fractionalCoordinates: [vector(0, 1), vector(0, 1), vector(0, 1)])
    let radii = (0..<3).map { _ in Double.random(in: 0.3...1, using: &random) }
    var expected = false
    for i in 0..<3 {
      for j in 0..<3 {
        for n in 0..<1331 {
          let shift = Vector3(Double(n % 11 - 5), Double(n / 11 % 11 - 5), Double(n / 121 - 5))
          let d = lattice.cartesian(crystal.fractionalCoordinates[i] - crystal.fractionalCoordinates[j] + shift).length
          if d > 1e-9 && d < radii[i] + radii[j] { expected = true }
        }
      }
    }
    #expect(crystal.hasOverlap(radii: radii) == expected)
  }

  @Test("asked, reconstructed and relaxed groups stand side by side; as generated and relaxed have their own figures")
  func beforeAndAfter() throws {
    let crystals = Array(try MetricsTests.crystals().filter { $0.spaceGroup > 2 }.prefix(8))
    // Relaxation breaks the first, and the second was asked in P1.
    var generated = crystals.map { crystal -> GeneratedCrystal in
      let cell = (try? AsymmetricUnit.standardize(crystal, symprec: 0.1).conventional) ?? crystal
      return GeneratedCrystal(cell, initial: cell, askedSpaceGroup: cell.spaceGroup, isRelaxed: true)
    }
    generated[0].crystal = rattled(generated[0].crystal, by: 1.2, seed: 1)
    generated[1].askedSpaceGroup = 1
    let input = MetricsInput(
      name: "b", sampled: 10, crystals: generated, reference: ReferenceSet(name: "r", train: crystals))
    let summary = try MetricsSummary.judge(input).summary
    func count(_ name: String) -> Int? { summary.figure(name)?.count }
    #expect(count("reconstructed_space_group_kept") == 7 && count("space_group_kept") == 6)
    #expect(count("reconstructed_space_group_higher") == 1 && count("space_group_higher") == 1)
    #expect(count("reconstructed_space_group_other") == 0 && count("space_group_other") == 1)
    #expect(count("p1") == 1 && count("reconstructed_p1") == 0)
    #expect(count("initial_structure_valid") == 8)
    #expect(count("initial_novel") == 0 && count("novel") == 1)
    #expect(summary.figure("initial_density_distance")?.section == .initial)
    let input2 = MetricsInput(
      name: "b", sampled: 8, crystals: crystals.map { GeneratedCrystal($0) },
      reference: ReferenceSet(name: "r", train: crystals))
    #expect(try MetricsSummary.judge(input2).summary.figures.allSatisfy { $0.section != .initial })
  }

  @Test("lattice parameters do not depend on the cell; their distance is that of what changed")
  func lattices() throws {
    let shear = Matrix3(Vector3(1, 0, 0), Vector3(1, 1, 0), Vector3(0, 2, 1))
    let skewed = Crystal(
      lattice: Lattice(vectors: shear * Self.salt.lattice.vectors), atomicNumbers: Self.salt.atomicNumbers,
      fractionalCoordinates: Self.salt.fractionalCoordinates.map { $0 * shear.inverse })
    func judge(_ crystal: Crystal) throws -> MetricsSummary {
      try MetricsSummary.judge(
        MetricsInput(
          name: "l", sampled: 1, crystals: [GeneratedCrystal(crystal)], reference: ReferenceSet(name: "r", train: [Self.salt]))
      ).summary
    }
    let same = try judge(skewed)
    for name in ["length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"] {
      #expect(try #require(same.figure("\(name)_distance")?.value) < 1e-6, "\(name)")
    }
    let longer = try judge(scaled(skewed, 1.1))
    #expect(abs(try #require(longer.figure("length_b_distance")?.value) - 0.1 * 5.64 / 2.0.squareRoot()) < 1e-6)
  }

  @Test("predictions: match rate, best of several, corrected rms, METRe")
  func prediction() throws {
    let test = Array(try MetricsTests.crystals().prefix(6))
    let ids = ["a", "b-7", "c", "d", "e", "f"]
    // a: a miss, then a hit; b-7: exact; c: nothing like it; a second crystal of d only; f: a copy of e under a wrong name.
    let names = ["a#1", "a#2", "b-7", "c", "d/2", "f", "unknown"]
    let crystals = [test[3], test[0], test[1], test[4], test[3], test[4], test[0]]
    let task = PredictionTask(given: .composition, ids: names, targetIDs: ids)
    #expect(task.targets == [0, 0, 1, 2, 3, 5, nil])
    var input = MetricsInput(
      name: "p", sampled: 7, crystals: crystals.map { GeneratedCrystal($0) },
      reference: ReferenceSet(name: "r", train: [test[1]], test: test))
    input.prediction = task
    let summary = try MetricsSummary.judge(input).summary
    #expect(summary.notes.contains("1 of 7 predictions name no crystal of the test set."))
    func figure(_ name: String) throws -> Figure { try #require(summary.figure(name), "\(name)") }
    #expect(try figure("match_rate").count == 2 && figure("match_rate").total == 5)
    #expect(try figure("match_rate_best_of_2").count == 3)
    #expect(try figure("match_rate_unleaked").count == 1 && figure("match_rate_unleaked").total == 4)
    #expect(try #require(figure("match_rate_rms").value) < 1e-6)
    // Two hits at 0, three misses at 0.5.
    #expect(abs(try #require(figure("match_rate_crmse").value) - 0.3) < 1e-6)
    // a, b, d and e are somewhere among the predictions; c and f are not.
    #expect(try figure("metre").count == 4 && figure("metre").total == 6)
    #expect(abs(try #require(figure("metre_crmse").value) - 1.0 / 6) < 1e-6)
    // Choices are made on the validation part.
    var other = input
    other.reference = ReferenceSet(name: "r", train: [test[1]], test: [test[2]])
    (other.reference.validation, other.comparedPart) = (test, .validation)
    let chosen = try MetricsSummary.judge(other).summary
    #expect(chosen.figure("match_rate")?.count == 2 && chosen.figure("match_rate_unleaked")?.total == 4)
    #expect(chosen.notes.contains("1 of 7 predictions name no crystal of the validation set."))
    input.prediction?.given = .wyckoff
    #expect(try MetricsSummary.judge(input).summary.figure("match_rate_wyckoff")?.count == 2)
  }

  @Test("a property against its target and the training set, and its distance to the test set")
  func conditioning() throws {
    let crystals = Array(try MetricsTests.crystals().filter { Validity(of: $0).both }.prefix(6))
    var input = MetricsInput(
      name: "c", sampled: 4, crystals: crystals.prefix(4).map { GeneratedCrystal($0) },
      reference: ReferenceSet(
        name: "r", train: Array(crystals.prefix(3)), test: Array(crystals.suffix(3)),
        trainProperties: ["band_gap": [0, 1, .nan]], testProperties: ["band_gap": [3, 3, 3]]))
    input.properties = ["band_gap": [1, 2, 3, .nan], "unheard_of": [1, 1, 1, 1]]
    input.properties["megnet_band_gap_2018"] = [2.2, 3, 9, 9]
    input.properties["megnet_band_gap_2018_initial"] = [0, 2.5, 0, 0]
    input.properties["megnet_band_gap_deviation"] = [1, 1, 1, 1]
    input.reference.trainProperties["megnet_band_gap_deviation"] = [1, 1, 1]
    input.targets = [AskedProperty("band_gap", [2.5...2.5, 2.5...2.5, 2.5...2.5, nil], tolerance: nil, training: [])]
    let summary = try MetricsSummary.judge(input).summary
    #expect(summary.figure("band_gap_mean")?.value == 2)
    #expect(summary.figure("band_gap_mean_train")?.value == 0.5)
    #expect(summary.figure("band_gap_target")?.value == 2.5)
    #expect(summary.figure("band_gap_in_range")?.count == 2 && summary.figure("band_gap_in_range")?.total == 4)
    #expect(summary.figure("band_gap_in_range_train")?.value == 0)
    // By another judge, and before relaxation; its own training values are not known, those of what was asked for are.
    #expect(summary.figure("megnet_band_gap_2018_in_range")?.count == 2)
    #expect(summary.figure("megnet_band_gap_2018_in_range_initial")?.count == 1)
    #expect(summary.figure("megnet_band_gap_2018_mean_train")?.value == 0.5)
    #expect(summary.figure("megnet_band_gap_2018_initial_mean") == nil && summary.figure("all_in_range") == nil)
    #expect(summary.figure("megnet_band_gap_deviation_mean") == nil)
    #expect(abs((summary.figure("band_gap_target_error")?.value ?? 0) - 2.5 / 3) < 1e-12)
    #expect(abs((summary.figure("band_gap_distance")?.value ?? 0) - 1) < 1e-12)
    let drawn = try #require(summary.distribution("property_band_gap"))
    #expect(drawn.target == 2.5 && abs(drawn.generated.reduce(0, +) - 1) < 1e-12)
    #expect(histogramFigure([drawn])?.svg.contains("stroke-dasharray") == true)
    #expect(summary.distribution("property_unheard_of") == nil)
    #expect(try JSONDecoder().decode(MetricsSummary.self, from: JSONEncoder().encode(summary)) == summary)
    // Two at once, of ranges: two crystals have a gap from 2 to 3, one of them in the other range, too. A third is said by nobody.
    input.properties["bulk_modulus"] = [50, 100, 150, 200]
    input.targets = [
      AskedProperty("band_gap", [2...3, 2...3, 2...3, 2...3], tolerance: nil, training: []),
      AskedProperty(
        "bulk_modulus", [120...Double.infinity, 120...Double.infinity, 120...Double.infinity, 120...Double.infinity],
        tolerance: nil, training: []),
    ]
    let both = try MetricsSummary.judge(input).summary
    #expect(both.figure("band_gap_in_range")?.count == 2 && both.figure("bulk_modulus_in_range")?.count == 2)
    #expect(both.figure("all_in_range")?.count == 1)
    #expect(both.distribution("property_band_gap")?.targetEnd == 3 && both.distribution("property_bulk_modulus")?.target == 120)
    input.targets.append(AskedProperty("magnetisation", [1...1, nil, nil, nil], tolerance: nil, training: []))
    #expect(try MetricsSummary.judge(input).summary.notes.contains { $0.hasPrefix("magnetisation was asked for") })
  }

  @Test("cost a sample, a stable and an S.U.N. crystal, of generation alone and of the line")
  func cost() throws {
    let crystals = Array(try MetricsTests.crystals().prefix(4))
    let energies = [-0.1, -0.1, 0.05, 0.3]
    let input = MetricsInput(
      name: "k", sampled: 10, crystals: zip(crystals, energies).map { GeneratedCrystal($0, energyAboveHull: $1) },
      reference: ReferenceSet(name: "r", train: [crystals[0]]),
      cost: Cost(
        stages: [
          StageTime(stage: "train", seconds: 1000, processor: "x", peakMemory: 900),
          StageTime(stage: "sample", seconds: 20, processor: "x", peakMemory: 300),
          StageTime(stage: "relax", seconds: 40),
        ], parameters: 12, networkCalls: 101))
    let summary = try MetricsSummary.judge(input).summary
    let expected: [String: Double] = [
      "seconds_per_sample_generation": 2, "seconds_per_stable_0.0_generation": 10, "seconds_per_sun_0.0_generation": 20,
      "seconds_per_sample": 6, "seconds_per_stable_0.1": 20, "seconds_per_sun_0.1": 30, "peak_memory": 900, "parameters": 12,
      "network_calls": 101,
    ]
    for (name, value) in expected { #expect(summary.figure(name)?.value == value, "\(name)") }
  }

  @Test("coverage by sorted lengths is that of all pairs", arguments: 0..<20)
  func coverage(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    func prints(_ count: Int) -> [Coverage.Fingerprints] {
      (0..<count).map { _ in
        Coverage.Fingerprints(
          structure: (0..<61).map { _ in Double.random(in: 0...0.18, using: &random) },
          composition: CompositionScaler.deviations.map { 1.7 * $0 * Double.random(in: -0.5...0.5, using: &random) })
      }
    }
    let (own, other) = (prints(30), prints(45))
    func distance(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    func isNear(_ a: Coverage.Fingerprints, _ set: [Coverage.Fingerprints]) -> Bool {
      let scaled = CompositionScaler.scaled(a.composition)
      return set.contains { distance($0.structure, a.structure) <= 0.4 }
        && set.contains { distance(CompositionScaler.scaled($0.composition), scaled) <= 10 }
    }
    let found = try Coverage(generated: own, reference: other)
    #expect(found.isRecalled == other.map { isNear($0, own) })
    #expect(found.precise == own.count { isNear($0, other) })
  }
}

import TestSupport
import Testing

@testable import Crystals

@Suite("Reconstruction") struct ReconstructionTests {
  private func lattice(_ number: Int, scale: Double) -> LatticeLogMetric {
    LatticeLogMetric(k: [0.11, -0.07, 0.05, 0.08, 0.06, scale]).constrained(to: number)
  }

  /// A unit as a bad model would give it: random elements, places and codes.
  private func randomUnit(_ number: Int, sites: Int, _ random: inout SplitMix) -> AsymmetricUnit {
    let positions = SpaceGroup.numbered(number).wyckoffPositions
    func coordinate() -> Double { Double.random(in: 0..<1, using: &random) }
    return AsymmetricUnit(
      spaceGroup: number, latticeLogMetric: lattice(number, scale: Double.random(in: 1.9..<2.3, using: &random)),
      sites: (0..<sites).map { _ in
        let position = positions[Int.random(in: 0..<positions.count, using: &random)]
        return Site(
          atomicNumber: UInt8.random(in: 3..<57, using: &random),
          position: Vector3(coordinate(), coordinate(), coordinate()),
          siteSymmetry: position.members[Int.random(in: 0..<position.members.count, using: &random)].siteSymmetry)
      })
  }

  @Test("what is accepted keeps its sites, its group and its distances", arguments: 1...230)
  func laws(number: Int) throws {
    var random = SplitMix(seed: UInt64(number))
    let group = SpaceGroup.numbered(number)
    var accepted = 0
    for _ in 0..<3 {
      let unit = randomUnit(number, sites: 3, &random)
      let options = Reconstruction.Options()
      let result: Reconstruction
      do throws(Rejection) { result = try unit.reconstruct(options) } catch {
        #expect(error.code == "collision")
        continue
      }
      #expect(result.sources == [0, 1, 2] && result.unit.sites.map(\.atomicNumber) == unit.sites.map(\.atomicNumber))
      let crystal = result.crystal
      let distance = PeriodicDistance(crystal.lattice)
      var limits = options
      if result.outcome == .tight { limits.radiiShare *= 0.6 }
      var first: [Int] = []
      for orbit in 0..<3 { first.append(try #require(crystal.orbit.firstIndex(of: Int32(orbit)))) }
      for i in first {
        for j in crystal.atomicNumbers.indices {
          let d = distance(from: crystal.fractionalCoordinates[i], to: crystal.fractionalCoordinates[j], isItself: i == j)
          #expect(d >= limits.limit(crystal.atomicNumbers[i], crystal.atomicNumbers[j]) - 1e-9)
        }
      }
      let index = AtomIndex(crystal.lattice, crystal.atomicNumbers, crystal.fractionalCoordinates, tolerance: 1e-6)
      for g in group.operations { #expect(index.permutation(g.rotationMatrix, g(.zero)) != nil) }
      for (s, site) in result.unit.sites.enumerated() {
        let position = try #require(group.wyckoffPosition(letter: site.wyckoffLetter))
        #expect(position.multiplicity == crystal.orbit.count { $0 == s })
        let moved = distance(from: unit.sites[s].position, to: site.position)
        #expect(abs(moved - result.distances[s]) < 1e-6 && result.slides[s] >= 0)
      }
      accepted += 1
    }
    #expect(accepted > 0, "not one of three units of group \(number) was unfolded")
  }

  @Test("sites that fall together slide apart, and the slide is told")
  func slide() throws {
    let unit = AsymmetricUnit(
      spaceGroup: 1, latticeLogMetric: LatticeLogMetric(Lattice(lengths: Vector3(4, 5, 6), angles: Vector3(80, 95, 100))),
      sites: [0.1, 0.1, 0.12].map { Site(atomicNumber: 14, position: Vector3(repeating: $0), siteSymmetry: .trivial) })
    let result = try unit.reconstruct()
    #expect(result.outcome == .slid && result.crystal.count == 3)
    let distance = PeriodicDistance(result.crystal.lattice)
    let x = result.crystal.fractionalCoordinates
    let limit = 0.5 * 2 * Element.covalentRadius(14)
    for (i, j) in [(0, 1), (0, 2), (1, 2)] { #expect(distance(from: x[i], to: x[j]) >= limit) }
    #expect(result.slides.contains { $0 > 0 } && result.slides.allSatisfy { $0 < 3 } && result.slides == result.distances)
  }

  @Test("a position without freedom is taken once; the next one takes the second site")
  func moved() throws {
    let code = SpaceGroup.numbered(225).wyckoffPositions[0].members[0].siteSymmetry
    let lattice = LatticeLogMetric(Lattice(lengths: Vector3(repeating: 5.6), angles: Vector3(repeating: 90)))
    func unit(_ elements: [UInt8]) -> AsymmetricUnit {
      AsymmetricUnit(
        spaceGroup: 225, latticeLogMetric: lattice,
        sites: elements.map { Site(atomicNumber: $0, position: Vector3(repeating: 0.01), siteSymmetry: code) })
    }
    let result = try unit([11, 17]).reconstruct()
    #expect(result.outcome == .moved && result.unit.sites.map(\.wyckoffLetter) == [97, 98] && result.crystal.count == 8)
    #expect(result.operationsChanged == [0, 0] && result.slides == [0, 0])
    // Two sites of one element are two sites.
    #expect(try unit([11, 11]).reconstruct().crystal.count == 8)
    // More cesium than the cell has room for.
    do throws(Rejection) {
      _ = try unit([UInt8](repeating: 55, count: 12)).reconstruct()
      Issue.record("twelve orbits of cesium in a cell of 5.6 angstrom")
    } catch {
      #expect(error.code == "collision" && error.description.contains("no free position is near"), "\(error)")
    }
  }

  @Test(
    "a letter that is known is obeyed though another position is nearer, until that one is taken; one of no group says nothing")
  func letters() throws {
    // a and b of Fm-3m have one code: what is near the origin is on a unless it is known to be on b.
    let code = SpaceGroup.numbered(225).wyckoffPositions[0].members[0].siteSymmetry
    let lattice = LatticeLogMetric(Lattice(lengths: Vector3(repeating: 5.6), angles: Vector3(repeating: 90)))
    func letters(_ asked: [Character]) throws -> [UInt8] {
      let sites = asked.map {
        Site(
          atomicNumber: 11, position: Vector3(repeating: 0.01), siteSymmetry: code,
          wyckoffLetter: $0 == "-" ? 0 : $0.asciiValue ?? 0)
      }
      return try AsymmetricUnit(spaceGroup: 225, latticeLogMetric: lattice, sites: sites).reconstruct().unit.sites.map(
        \.wyckoffLetter)
    }
    #expect(try letters(["-"]) == [97] && letters(["b"]) == [98] && letters(["z"]) == [97])
    #expect(try letters(["b", "b"]) == [98, 97])
    #expect(try letters(["b", "-"]) == [98, 97])
  }

  @Test("a choice by probability weighs codes against distances")
  func probability() throws {
    // On the mirror plane of Pm, a little off it: the code says general, the probabilities say plane.
    let group = SpaceGroup.numbered(6)
    let plane = try #require(group.wyckoffPosition(letter: 97))
    let unit = AsymmetricUnit(
      spaceGroup: 6, latticeLogMetric: LatticeLogMetric(Lattice(lengths: Vector3(6, 7, 8), angles: Vector3(90, 95, 90))),
      sites: [Site(atomicNumber: 14, position: Vector3(0.2, 0.1, 0.3), siteSymmetry: .trivial)])
    func letter(planeChance: Float, deviation: Double) throws -> UInt8 {
      var probabilities = [Float](repeating: 0, count: SiteSymmetry.axisCount * SiteSymmetry.operationCount)
      for (axis, operation) in plane.members[0].siteSymmetry.operations.enumerated() {
        let start = axis * SiteSymmetry.operationCount
        probabilities[start] = operation == 0 ? 1 : 1 - planeChance
        if operation != 0 { probabilities[start + Int(operation)] = planeChance }
      }
      return try unit.reconstruct(
        .init(choice: .probability(deviation: deviation)), probabilities: probabilities[...]
      ).unit.sites[0].wyckoffLetter
    }
    #expect(try unit.reconstruct().unit.sites[0].wyckoffLetter == 99)
    // -ln(0.99/0.01) = 4.6 for the plane against 0.7^2 / (2 s^2): 0.25 at s = 1, 24.5 at s = 0.1.
    #expect(try letter(planeChance: 0.99, deviation: 1) == 97)
    #expect(try letter(planeChance: 0.99, deviation: 0.1) == 99)
    #expect(try letter(planeChance: 0.01, deviation: 1) == 99)
  }

  @Test("the shortest image is the shortest, in needles and plates too")
  func shortestImage() {
    var random = SplitMix(seed: 9)
    func number(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &random) }
    for round in 0..<300 {
      var lattice = Lattice(
        lengths: Vector3(number(2...9), number(2...9), number(2...9)),
        angles: Vector3(number(70...110), number(70...110), number(70...110)))
      let plain = lattice
      // A needle: long steps along others make a basis that is far from reduced.
      if round.isMultiple(of: 2) { lattice.vectors[2] += 5 * lattice.vectors[0] - 4 * lattice.vectors[1] }
      if round.isMultiple(of: 3) { lattice.vectors[1] += 3 * lattice.vectors[0] }
      let distance = PeriodicDistance(lattice)
      let p = Vector3(number(0...1), number(0...1), number(0...1))
      let q = Vector3(number(0...1), number(0...1), number(0...1))
      var best = Double.infinity
      var own = Double.infinity
      // The same lattice in its first basis; the difference wrapped into its cell.
      var difference = lattice.cartesian(q - p) * plain.vectors.inverse
      difference -= difference.rounded(.toNearestOrEven)
      for i in -6...6 {
        for j in -6...6 {
          for k in -6...6 {
            let shift = Vector3(Double(i), Double(j), Double(k))
            best = min(best, plain.cartesian(difference + shift).length)
            if shift != .zero { own = min(own, plain.cartesian(shift).length) }
          }
        }
      }
      #expect(abs(distance(from: p, to: q) - best) < 1e-9)
      #expect(abs(distance(from: p, to: p, isItself: true) - own) < 1e-9)
      let v = distance.vector(from: p, to: q)
      let end = p + distance.fractional(v)
      #expect(isLatticeVector(end - q))
    }
  }
}

import Crystals
import Foundation
import Testing

@testable import Evaluation

private let referenceFolder = ProcessInfo.processInfo.environment["FRIEZE_REFERENCES"]

/// References in the form of `structures.json`, `metrics.json` and `matcher.json` (see `Tests/References/Judgement/judge.py`), as many as there are
/// in the folder that FRIEZE_REFERENCES names.
@Suite(
  "Larger references",
  .enabled(if: referenceFolder != nil, "FRIEZE_REFERENCES names no folder with metrics.json and matcher.json"))
struct LargerReferences {
  struct Structure: Decodable {
    var id: String
    var lattice: [[Double]]?
    var z: [UInt8]?
    var frac: [[Double]]?

    func crystal(_ known: [String: Crystal]) throws -> Crystal {
      guard let lattice, let z, let frac else { return try #require(known[id], "\(id)") }
      return ReferenceCrystal(lattice: lattice, atomicNumbers: z, fractionalCoordinates: frac).crystal
    }
  }

  struct Record: Decodable {
    var density: Double
    var volume: Double
    var n_elements: Int?
    var min_distance_images: Double?
    var struct_valid: Bool?
    var comp_valid: Bool?
    var comp_fp: [Double?]?
    var struct_fp: [Double]?
  }

  struct Verdict: Decodable {
    var fit: Bool
    var rms: Double?
    var max: Double?
  }

  struct Pair: Decodable {
    var kind: String
    var a: Cell
    var b: Cell
    var `default`: Verdict
    var cdvae: Verdict
  }

  struct Cell: Decodable {
    var id: String?
    var lattice: [[Double]]?
    var z: [UInt8]?
    var frac: [[Double]]?

    func crystal(_ known: [String: Crystal]) throws -> Crystal {
      try Structure(id: id ?? "", lattice: lattice, z: z, frac: frac).crystal(known)
    }
  }

  private static func read<T: Decodable>(_ name: String, _ type: T.Type) throws -> T? {
    guard let data = FileManager.default.contents(atPath: "\(referenceFolder ?? "")/\(name)") else { return nil }
    return try JSONDecoder().decode(type, from: data)
  }

  private static func known() throws -> [String: Crystal] {
    struct File: Decodable { var structures: [Structure] }
    let structures = try read("structures.json", File.self)?.structures ?? []
    return Dictionary(uniqueKeysWithValues: try structures.map { ($0.id, try $0.crystal([:])) })
  }

  @Test("validity, density, volume and fingerprints")
  func metrics() throws {
    struct File<T: Decodable>: Decodable {
      var records: [T]
      var synthetic: [T]?
    }
    let known = try Self.known()
    let places = try #require(try Self.read("metrics.json", File<Structure>.self))
    let numbers = try #require(try Self.read("metrics.json", File<Record>.self))
    var (missed, prints) = ([String](), 0)
    let records = zip(places.records + (places.synthetic ?? []), numbers.records + (numbers.synthetic ?? []))
    for (place, record) in records {
      let crystal = try place.crystal(known)
      let validity = Validity(of: crystal)
      let name: Comment = "\(place.id)"
      #expect(abs(crystal.density - record.density) <= 1e-6 * record.density, name)
      #expect(abs(validity.volume - record.volume) <= 1e-6 * record.volume, name)
      if let wanted = record.n_elements { #expect(crystal.composition.count == wanted, name) }
      if let wanted = record.struct_valid { #expect(validity.structure == wanted, name) }
      if let wanted = record.comp_valid { #expect(validity.composition == wanted, name) }
      if let wanted = record.min_distance_images { #expect(abs((validity.shortestDistance ?? .nan) - wanted) < 1e-6, name) }
      if let wanted = record.comp_fp, !wanted.contains(nil) {
        let found = try #require(CompositionFingerprint.of(crystal), name)
        #expect(zip(found, wanted.compactMap { $0 }).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) }, name)
      }
      if let wanted = record.struct_fp {
        prints += 1
        let found = StructureFingerprint.of(crystal) ?? [Double](repeating: .nan, count: 61)
        let error = zip(found, wanted).reduce(0) { $0 + abs($1.0 - $1.1) } / 61
        if !(error < 1e-3) { missed.append("\(place.id) \(error)") }
      }
    }
    print("fingerprints: \(prints - missed.count) of \(prints) within 1e-3; the others: \(missed)")
    #expect(Double(missed.count) <= 0.02 * Double(prints), "\(missed)")
  }

  @Test("matcher verdicts, away from the limits")
  func matcher() throws {
    struct File: Decodable { var pairs: [Pair] }
    let known = try Self.known()
    let pairs = try #require(try Self.read("matcher.json", File.self)).pairs
    var nearLimit = 0
    for (number, pair) in pairs.enumerated() {
      let first = try #require(ReducedCrystal(pair.a.crystal(known)))
      let second = try #require(ReducedCrystal(pair.b.crystal(known)))
      for (matcher, wanted) in [(StructureMatcher.standard, pair.default), (.prediction, pair.cdvae)] {
        let name: Comment = "pair \(number), \(pair.kind), \(matcher.siteTolerance)"
        let limit = matcher.siteTolerance
        let isNear = [wanted.rms, wanted.max].contains { abs(($0 ?? 0) - limit) < 1e-3 }
        let deviation = matcher.deviation(first, second)
        if isNear {
          nearLimit += 1
          continue
        }
        #expect(matcher.matches(first, second) == wanted.fit, name)
        #expect((deviation == nil) == (wanted.rms == nil), name)
        if let rms = wanted.rms, let deviation {
          #expect(abs(deviation.rms - rms) < 1e-3, "\(name): \(deviation.rms), not \(rms)")
        }
      }
    }
    print("matcher: \(pairs.count) pairs at two settings, \(nearLimit) verdicts near the limit left out")
  }
}

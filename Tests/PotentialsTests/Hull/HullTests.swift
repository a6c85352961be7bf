import Crystals
import Foundation
import TestSupport
import Testing

@testable import Potentials

@Suite("Convex hull") struct HullTests {
  struct Query: Decodable {
    var formula: String
    var formation_energy: Double
    var mp: Double
    var pymatgen: Double
    var products: [String: Double]
  }
  struct File: Decodable {
    var table: String
    var queries: [Query]
  }

  static func composition(_ formula: String) -> [(atomicNumber: Int, count: Int)] {
    var counts: [(atomicNumber: Int, count: Int)] = []
    let characters = Array(formula)
    var i = 0
    while i < characters.count {
      var symbol = String(characters[i])
      i += 1
      while i < characters.count, characters[i].isLowercase {
        symbol.append(characters[i])
        i += 1
      }
      var digits = ""
      while i < characters.count, characters[i].isNumber {
        digits.append(characters[i])
        i += 1
      }
      counts.append((Element.atomicNumber(symbol) ?? 0, Int(digits) ?? 1))
    }
    return counts
  }

  @Test("62 compounds stand where pymatgen puts them, with the same products")
  func reference() throws {
    let file = try TestSupport.reference("Hulls/hull.json", as: File.self)
    let hull = try ConvexHull(text: file.table)
    var worst = 0.0
    var official = 0.0
    for query in file.queries {
      let position = try hull.position(
        of: Self.composition(query.formula), formationEnergy: query.formation_energy)
      worst = max(worst, abs(position.energyAboveHull - query.pymatgen))
      // The table lacks some phases, so that its hull is never below the official one.
      #expect(position.energyAboveHull < query.mp + 1e-4, "\(query.formula)")
      official += abs(position.energyAboveHull - query.mp) / Double(file.queries.count)
      let share = position.products.reduce(0) { $0 + $1.share }
      #expect(abs(share - 1) < 1e-9)
      for (formula, weight) in query.products {
        let fractions = ConvexHull.Phase(
          amounts: Self.composition(formula).map { (UInt8($0.atomicNumber), Double($0.count)) },
          formationEnergy: 0
        ).fractions
        let product = position.products.first { product in
          product.phase.fractions.count == fractions.count
            && zip(product.phase.fractions, fractions).allSatisfy {
              $0.0.atomicNumber == $0.1.atomicNumber && abs($0.0.fraction - $0.1.fraction) < 1e-4
            }
        }
        #expect(abs((product?.share ?? 0) - weight) < 1e-3, "\(query.formula): \(formula)")
      }
    }
    print("hull against pymatgen: \(worst) eV/atom; against the official column on average \(official)")
    #expect(worst < 2e-5)
    #expect(official < 5e-3)
  }

  @Test("a hull by hand: a mixture, a compound below it, one composition twice")
  func byHand() throws {
    let table = """
      composition_fractions,formation_energy_per_atom,source
      Na:0.5 Cl:0.5,-2.0,x
      Na:0.5 Cl:0.5,-1.0,x
      Na:0.25 Cl:0.75,-0.5,x
      """
    let hull = try ConvexHull(text: table)
    #expect(hull.phases.count == 4)
    let rich = try hull.position(of: [(11, 1), (17, 3)], formationEnergy: -0.5)
    #expect(abs(rich.hullEnergy + 1.0) < 1e-12 && abs(rich.energyAboveHull - 0.5) < 1e-12)
    #expect(rich.products.map(\.phase.formula) == ["Cl", "ClNa"])
    #expect(rich.products.map(\.share) == [0.5, 0.5])
    let below = try hull.position(of: [(11, 2), (17, 2)], formationEnergy: -2.25)
    #expect(abs(below.energyAboveHull + 0.25) < 1e-12)
  }

  @Test("what is wrong with a table is said by line")
  func messages() {
    let head = "composition_fractions,formation_energy_per_atom,source\n"
    #expect(throws: HullError.malformed(line: 2, text: "Na:0.5,x,y")) { try ConvexHull(text: head + "Na:0.5,x,y") }
    #expect(throws: HullError.unknownElement(line: 3, symbol: "Qq")) {
      try ConvexHull(text: head + "Na:1,0,y\nQq:1,0,y\n")
    }
    #expect(throws: HullError.missingElement(atomicNumber: 8)) {
      try ConvexHull(text: head + "Na:1,0,y\n").position(of: [(11, 1), (8, 1)], formationEnergy: 0)
    }
    #expect(throws: HullError.noAtoms) {
      try ConvexHull(text: head + "Na:1,0,y\n").position(of: [], formationEnergy: 0)
    }
    #expect(
      HullError.missingElement(atomicNumber: 8).description == "the hull knows no phase of O")
    #expect(
      HullError.malformed(line: 2, text: "a").description
        == "line 2 of the hull is not a composition and an energy: 'a'")
  }

  @Test("formation energies from total energies and elemental references")
  func references() throws {
    let elements = try ElementReferences(text: "element,energy_per_atom,entry_id\nNa,-1.3,a\nCl,-1.85,b\n")
    let energy = try elements.formationEnergy(total: -13.4, of: [(11, 2), (17, 2)])
    #expect(abs(energy - (-13.4 + 6.3) / 4) < 1e-12)
    #expect(throws: HullError.missingElement(atomicNumber: 8)) {
      try elements.formationEnergy(total: -1, of: [(8, 1)])
    }
  }

  @Test("random programmes: no mixture of two or three phases is cheaper", arguments: 1...20)
  func bruteForce(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    var phases = [3, 4, 5].map { ConvexHull.Phase(amounts: [($0, 1)], formationEnergy: 0) }
    for _ in 0..<12 {
      let amounts = (3...5).map { (z: UInt8($0), amount: Double(Int.random(in: 0...4, using: &random))) }
        .filter { $0.amount > 0 }
      if !amounts.isEmpty {
        phases.append(.init(amounts: amounts, formationEnergy: .random(in: -1..<0.2, using: &random)))
      }
    }
    let hull = ConvexHull(phases: phases)
    let counts = [(atomicNumber: 3, count: 1), (atomicNumber: 4, count: 2), (atomicNumber: 5, count: 2)]
    let found = try hull.position(of: counts, formationEnergy: 0)
    let target = Vector3(0.2, 0.4, 0.4)
    var best = Double.infinity
    func point(_ p: ConvexHull.Phase) -> Vector3 {
      var v = Vector3.zero
      for f in p.fractions { v[Int(f.atomicNumber) - 3] = f.fraction }
      return v
    }
    for a in hull.phases {
      for b in hull.phases {
        for c in hull.phases {
          let m = Matrix3(point(a), point(b), point(c))
          guard abs(m.determinant) > 1e-9 else { continue }
          let w = target * m.inverse
          if w.min() > -1e-9 {
            best = min(best, w.x * a.formationEnergy + w.y * b.formationEnergy + w.z * c.formationEnergy)
          }
        }
      }
    }
    #expect(abs(found.hullEnergy - best) < 1e-9)
  }
}

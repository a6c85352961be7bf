import Crystals
import Foundation
import StageKit
import TestSupport

@testable import Potentials

/// Tables of real crystals, where they are at hand.
enum TestTables {
  static let mp20 = Checkout.shared("datasets/mp20/test.csv.xz")
  static let hull = Checkout.shared("datasets/hull/mp.csv.xz")
}

/// Crystals of MP-20's test set moved away from their places as the reference's starts of relaxations are: each atom by 0.1 angstrom in
/// any direction, the cell by a symmetric strain with entries to 0.02. Always the same ones.
enum RattledCrystals {
  /// Rows spread evenly over the table.
  static func rows(_ count: Int) throws -> [Crystal] {
    let table = try CrystalTable(csv: try PackedFiles.bytes(of: TestTables.mp20 ?? ""))
    return try (0..<count).compactMap { k in
      try CIF.read(try table.row(k * table.count / count).cif).first?.crystal.get()
    }
  }

  /// As they come, in no symmetry.
  static func free(_ count: Int) throws -> [RelaxationInput] {
    var random = SplitMix(seed: 100)
    return try rows(count).map { crystal in
      let steps = crystal.atomicNumbers.map { _ in direction(&random) }
      return RelaxationInput(crystal: moved(crystal, steps, strain(&random)))
    }
  }

  /// Conventional cells, moved as far as their groups allow: atoms on special positions stay on them.
  static func symmetric(_ count: Int) throws -> [RelaxationInput] {
    var random = SplitMix(seed: 100)
    return try rows(count).compactMap { crystal in
      guard let found = try? AsymmetricUnit.standardize(crystal, symprec: 0.1),
        let symmetry = CrystalSymmetry(found.conventional, tolerance: 1e-4)
      else { return nil }
      let any = found.conventional.atomicNumbers.map { _ in direction(&random) }
      let steps = symmetry.symmetrized(forces: any).map { $0.length > 1e-3 ? (0.1 / $0.length) * $0 : .zero }
      let strain = symmetry.symmetrized(strain(&random))
      return RelaxationInput(crystal: moved(found.conventional, steps, strain))
    }
  }

  private static func direction(_ random: inout SplitMix) -> Vector3 {
    while true {
      let v = Vector3.random(in: -1...1, using: &random)
      if (0.1...1).contains(v.length) { return (0.1 / v.length) * v }
    }
  }

  private static func strain(_ random: inout SplitMix) -> Matrix3 {
    var matrix = Matrix3.zero
    for i in 0..<3 {
      for j in i..<3 {
        let value = Double.random(in: -0.02...0.02, using: &random)
        matrix[i][j] = value
        matrix[j][i] = value
      }
    }
    return matrix
  }

  private static func moved(_ crystal: Crystal, _ steps: [Vector3], _ strain: Matrix3) -> Crystal {
    var crystal = crystal
    for (atom, step) in steps.enumerated() { crystal = crystal.moved(atom, by: step) }
    return crystal.strained(strain)
  }
}

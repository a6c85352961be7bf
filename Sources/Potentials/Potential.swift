public import Crystals

/// A model of the energy of a crystal and of its derivatives.
///
/// One call takes many crystals, so that a potential may share its work between them; what it says of a crystal must not depend on
/// the others of the call. A crystal whose `spaceGroup` and `orbit` are set (see `CrystalSymmetry`) may be computed on its
/// representatives only. To add a potential, conform to this protocol: nothing else in the library needs to know.
public protocol Potential: Sendable {
  /// A short name in lower case: `chgnet`.
  var name: String { get }

  /// One line for a list of potentials: what it is, what it knows, what it needs.
  var description: String { get }

  /// Whether the potential has been made for an element, 1...118.
  func supports(atomicNumber: Int) -> Bool

  /// How many crystals a relaxation may move in turns; 1 where going from one crystal to another costs something.
  var crystalsAtOnce: Int { get }

  /// Energies, forces and stresses.
  ///
  /// - Returns: one evaluation a crystal, in order; a crystal that cannot be evaluated carries its failure and spoils no other.
  /// - Throws: where the potential as a whole is out of order: a lost connection, a library that will not start.
  func evaluate(_ crystals: [Crystal]) throws -> [CrystalEvaluation]

  /// The same without forces and stresses, where leaving them out saves time; with them where it does not.
  func evaluateEnergies(_ crystals: [Crystal]) throws -> [CrystalEvaluation]
}

extension Potential {
  /// With forces and stresses.
  ///
  /// - Throws: where the potential as a whole is out of order.
  public func evaluateEnergies(_ crystals: [Crystal]) throws -> [CrystalEvaluation] { try evaluate(crystals) }

  /// As many as there are.
  public var crystalsAtOnce: Int { .max }

  /// The first element of a crystal that the potential does not know, as a failure; nil where it knows all.
  public func unsupportedElement(in crystal: Crystal) -> EvaluationFailure? {
    crystal.atomicNumbers.first { !supports(atomicNumber: Int($0)) }.map {
      .unsupportedElement(atomicNumber: Int($0))
    }
  }
}

/// What a potential says of one crystal.
public struct CrystalEvaluation: Sendable {
  /// Total energy in eV a cell; not a number where there is a failure.
  public var energy: Double
  /// (A) minus the derivative of the energy by the Cartesian positions, eV/angstrom; none where the energy alone was asked for.
  public var forces: [Vector3]
  /// Not a number where the energy alone was asked for. Derivative of the energy by strain over the volume, eV/angstrom^3, for `cell' = cell (1 + strain)`; positive in tension.
  public var stress: Matrix3
  /// (A) magnitudes of the magnetic moments in Bohr magnetons, where the potential has them.
  public var magneticMoments: [Double]?
  /// Why there is no energy; nil where there is one.
  public var failure: EvaluationFailure?

  /// - Parameters:
  ///   - energy: eV a cell.
  ///   - forces: (A) eV/angstrom.
  ///   - stress: eV/angstrom^3.
  ///   - magneticMoments: (A) Bohr magnetons.
  public init(energy: Double, forces: [Vector3], stress: Matrix3, magneticMoments: [Double]? = nil) {
    self.energy = energy
    self.forces = forces
    self.stress = stress
    self.magneticMoments = magneticMoments
  }

  /// The energy alone.
  ///
  /// - Parameters:
  ///   - energy: eV a cell.
  ///   - magneticMoments: (A) Bohr magnetons.
  public init(energy: Double, magneticMoments: [Double]? = nil) {
    let none = Vector3(repeating: .nan)
    self.init(energy: energy, forces: [], stress: Matrix3(none, none, none), magneticMoments: magneticMoments)
  }

  /// An evaluation that failed.
  public init(failure: EvaluationFailure) {
    energy = .nan
    forces = []
    stress = Matrix3(.zero, .zero, .zero)
    self.failure = failure
  }

  /// Whether there are forces and a stress.
  public var hasForces: Bool { !forces.isEmpty }

  /// The length of the longest force, eV/angstrom; not a number where there are none.
  public var maxForce: Double { hasForces ? forces.reduce(0) { max($0, $1.length) } : .nan }

  /// The stress entry of the largest magnitude, in GPa; not a number where there is none.
  public var maxStress: Double {
    guard hasForces else { return .nan }
    return (0..<3).reduce(0) { m, i in (0..<3).reduce(m) { max($0, abs(stress[i][$1])) } }
      * Self.gigapascals
  }

  /// GPa in one eV/angstrom^3 (CODATA 2018).
  public static let gigapascals = 160.2176634

  /// Whether the energy, every force and the stress are finite, where there are any.
  public var isFinite: Bool {
    energy.isFinite && forces.allSatisfy { $0.sum().isFinite }
      && (!hasForces || (stress[0] + stress[1] + stress[2]).sum().isFinite)
  }
}

/// Why a crystal has no energy.
public enum EvaluationFailure: Error, Equatable, Sendable, CustomStringConvertible {
  case noAtoms
  case unusableCell
  case unsupportedElement(atomicNumber: Int)
  case atomsTooClose(distance: Double)
  case tooDense(neighbors: Int)
  case notFinite
  /// A potential in another process or library said so.
  case reported(String)

  /// Why there is no energy, in words.
  public var description: String {
    switch self {
    case .noAtoms: "the crystal has no atoms"
    case .unusableCell: "the cell has no volume, or a coordinate is not a number"
    case .unsupportedElement(let z): "the potential does not know \(Element.symbol(z)) (atomic number \(z))"
    case .atomsTooClose(let d): "two atoms are \(rounded(d)) angstrom apart"
    case .tooDense(let n): "about \(n) neighbours an atom: the cell is too small for its atoms"
    case .notFinite: "the energy is not finite"
    case .reported(let what): what
    }
  }

  private func rounded(_ d: Double) -> Double { (d * 1e4).rounded() / 1e4 }
}

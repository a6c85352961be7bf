public import Crystals

/// A portable model of the KIM API (Tadmor et al., JOM 63, 17, 2011; openkim.org), where the library and the model are installed.
///
/// A model knows no periodicity. It is given the atoms of the cell, whose energies count, and the periodic images within its
/// influence distance, whose energies do not; with `f` minus the derivative of that energy E by the position `r` of a particle,
///
///     force on an atom = sum over it and its images of f,    stress = -1/V sum over all particles of r_i f_j
///
/// which holds for every model, as E of a strained cluster is that of the strained crystal.
public struct KIMPotential: Potential {
  /// As `--potential` has it.
  public let name = "kim"
  /// One line for a list of potentials.
  public var description: String { "\(model.name) of the KIM API" }

  private let model: KIMModel

  /// Two atoms nearer than this are refused, as models are only made for more, angstrom.
  private static let closest = 0.1

  /// - Parameter model: its whole name, with version: `SW_StillingerWeber_1985_Si__MO_405512056662_005`.
  /// - Throws: `KIMError`.
  public init(model: String) throws(KIMError) {
    self.model = try KIMModel(model, library: try KIMLibrary.standard.get())
    if self.model.codes.isEmpty { throw .unusable(model, reason: "it knows no element of the periodic table") }
  }

  /// Names of the portable models that are installed, in order.
  ///
  /// - Throws: `KIMError` where the library is not installed.
  public static func installedModels() throws(KIMError) -> [String] { try KIMLibrary.standard.get().models }

  /// Whether the model has a code for the element.
  public func supports(atomicNumber: Int) -> Bool { model.codes[atomicNumber] != nil }

  /// Energies, forces and stresses, one crystal after the other.
  public func evaluate(_ crystals: [Crystal]) -> [CrystalEvaluation] {
    crystals.map { crystal in
      do throws(EvaluationFailure) { return try evaluate(crystal) } catch { return CrystalEvaluation(failure: error) }
    }
  }

  private func evaluate(_ crystal: Crystal) throws(EvaluationFailure) -> CrystalEvaluation {
    if let failure = unsupportedElement(in: crystal) { throw failure }
    let reach = model.lists.reduce(model.influenceDistance) { max($0, $1.cutoff) }
    let cluster = try PaddedCluster(crystal, reach: reach, lists: model.lists, closest: Self.closest)
    let codes = crystal.atomicNumbers.map { model.codes[Int($0)] ?? 0 }
    guard let (energy, partial) = model.compute(cluster, species: cluster.atoms.map { codes[$0] }) else {
      throw .reported("the model \(model.name) reports an error")
    }
    var result = CrystalEvaluation(
      energy: energy, forces: [Vector3](repeating: .zero, count: crystal.count), stress: Matrix3(.zero, .zero, .zero))
    for particle in 0..<cluster.count {
      let force = Vector3(partial[3 * particle], partial[3 * particle + 1], partial[3 * particle + 2])
      let position = cluster.position(particle)
      result.forces[cluster.atoms[particle]] += force
      for i in 0..<3 { result.stress[i] -= (position[i] / crystal.lattice.volume) * force }
    }
    guard result.isFinite else { throw .notFinite }
    return result
  }
}

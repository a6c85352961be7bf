public import Crystals
import Foundation
public import StageKit
import Tensors

/// The crystals that `relax` is given: a file of the line, or crystal files of any origin, whose symmetry is looked for.
public struct RelaxationSource: Sendable {
  /// Where they come from.
  public let path: String
  /// The crystals of the shard; conventional cells where their symmetry was found.
  public let crystals: [Crystal]
  /// Their asymmetric units, nil where nothing is known of their symmetry.
  public let units: [AsymmetricUnit?]
  /// Names of the crystals.
  public let ids: [String]
  /// What could not be read, or was lost before.
  public let rejected: [RejectedRecord]
  /// The shard's records.
  public let records: RecordRange
  /// Whether the crystals come from a file of the line.
  public let isArtifact: Bool
  /// Hash of what was read.
  let hash: String

  /// Reads the crystals of a shard.
  ///
  /// - Parameters:
  ///   - path: `.h5` with `/crystal`; CIF, POSCAR, extxyz, JSON, a table, an archive or a folder of them.
  ///   - symprec: tolerance of the symmetry search in crystal files, in angstrom.
  ///   - block: crystals that are relaxed together.
  /// - Throws: `StageError` where there are no crystals.
  public init(reading path: String, symprec: Double, block: Int, shared: SharedOptions) throws {
    self.path = path
    if case .artifact = FileKind(path: path) {
      isArtifact = true
      let reader = try Artifact.open(path)
      let all = try reader.crystalCount()
      let range = shared.part.range(of: all, blocksOf: block)
      records = RecordRange(range, of: all)
      crystals = try reader.crystals(range)
      units = reader.contains("/asymmetric_unit") ? try reader.units(range) : crystals.map { _ in nil }
      ids = try reader.ids(range)
      guard ids.count == crystals.count, units.count == ids.count else {
        throw StageError(.input, "'\(path)': ids, crystals and asymmetric units differ in number.")
      }
      rejected = shared.part.index == 0 ? try reader.rejected() : []
      hash = try AtomicFile.hash(of: path)
      return
    }
    isArtifact = false
    // However near their atoms are: the potential says what comes of it.
    let (all, lost) = try CrystalSource.unjudged(path)
    let range = shared.part.range(of: all.count, blocksOf: block)
    records = RecordRange(range, of: all.count)
    let chosen = Array(all[range])
    let standard = try parallelMap(count: chosen.count, threads: shared.threadCount) { i in
      try? AsymmetricUnit.standardize(chosen[i].crystal, symprec: symprec)
    }
    crystals = zip(chosen, standard).map { $1?.conventional ?? $0.crystal }
    units = standard.map { $0?.unit }
    ids = chosen.map(\.id)
    rejected = shared.part.index == 0 ? lost : []
    let digest = try RunningHash()
    for (id, crystal) in all {
      digest.update("\(id) \(crystal.lattice.vectors) \(crystal.atomicNumbers) \(crystal.fractionalCoordinates)\n")
    }
    hash = digest.finish()
  }
}

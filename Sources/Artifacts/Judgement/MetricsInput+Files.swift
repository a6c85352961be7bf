import Crystals
public import Evaluation
import Foundation
import StageKit

extension MetricsInput {
  /// - Parameters:
  ///   - judged: the crystals.
  ///   - name: of the run, in tables.
  ///   - data: what they are compared with.
  ///   - reference: the dataset's file.
  ///   - symprec: tolerance of the symmetry search, in angstrom.
  ///   - seed: of the bootstrap.
  ///   - cost: what the files of the run say about it.
  public init(
    _ judged: JudgedSet, name: String, _ data: Dataset, reference: String, symprec: Double, seed: UInt64, cost: Cost
  ) {
    self.init(
      name: name, sampled: judged.crystals.count + judged.rejected.count, drops: judged.drops, crystals: judged.crystals,
      reference: ReferenceSet(data, name: (reference as NSString).lastPathComponent), cost: cost,
      settings: Settings(
        symprec: symprec, seed: seed, judge: judged.potential, hull: judged.hull, judgeWeights: judged.potentialWeights,
        hullHash: judged.hullHash))
    (properties, hulls) = (judged.properties, judged.hulls)
  }

  /// Takes what was measured before of the crystals.
  ///
  /// - Parameters:
  ///   - inputs: the files that it must have been measured of.
  ///   - crystals: the crystals' file, for messages.
  /// - Throws: `StageError` where it was measured of others.
  public mutating func takeMeasures(_ path: String, of judged: JudgedSet, inputs: [String], path crystals: String) throws {
    let file = try MeasuresFile(reading: path, inputs: inputs)
    guard file.ids == judged.ids else { throw StageError(.input, "'\(path)' is of other crystals than '\(crystals)'.") }
    stored = file.sets
  }

  /// Adds a set that crystals may be known from: any file or folder of crystals.
  ///
  /// - Throws: `StageError` where there is no such file.
  public mutating func addKnown(_ path: String, threads: Int) throws {
    let set = try JudgedSet(reading: path, threads: threads)
    let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
    known.append((name, set.crystals.map(\.crystal)))
    if !set.rejected.isEmpty { notes.append("\(set.rejected.count) crystals of '\(path)' cannot be read.") }
  }

  /// Takes the training set away where a model has not seen it, with a note: novelty against it would say nothing.
  ///
  /// - Throws: `StageError` where the file is no model.
  public mutating func checkTraining(ofModel model: String, on data: Dataset, named name: String) throws {
    guard let line = try TrainingSet.mismatch(ofModel: model, with: data, named: name) else { return }
    standardError("metrics: \(line)")
    notes.append(line)
    reference.takeTrainingPart(of: ReferenceSet(name: "", train: []))
  }

  /// Takes energies of the reference's crystals, in eV/atom, from a file in place of the dataset's own; crystals are told apart by
  /// their ids.
  ///
  /// - Parameters:
  ///   - data: the reference, and its file for messages.
  ///   - includesTraining: whether those of the training part, too.
  /// - Throws: `StageError` where there is no such file, or no energy of any crystal of the reference in it.
  public mutating func takeEnergies(
    of path: String, for data: Dataset, of reference: String, includesTraining: Bool, threads: Int
  ) throws {
    let judged = try JudgedSet(reading: path, threads: threads)
    let names = ["formation_energy_per_atom", "e_above_hull"].filter { judged.properties[$0] != nil }
    let ids = Set(judged.ids)
    guard !names.isEmpty, data.ids.contains(where: ids.contains) else {
      throw StageError(
        .input, "'\(path)': expected energies above a hull (relax --hull …) of crystals of '\(reference)', by their ids.")
    }
    for name in names {
      guard let values = judged.properties[name] else { continue }
      let byID = Dictionary(zip(judged.ids, values)) { first, _ in first }
      func column(_ part: DatasetPart) -> [Double] { data.indices(of: part).map { byID[data.ids[$0]] ?? .nan } }
      if includesTraining { self.reference.trainProperties[name] = column(.train) }
      self.reference.validationProperties[name] = column(.validation)
      self.reference.testProperties[name] = column(.test)
    }
    notes.append("Energies of the reference are those of '\((path as NSString).lastPathComponent)'.")
  }
}

extension ReferenceSet {
  /// Novelty is measured against another set's training part.
  public mutating func takeTrainingPart(of other: ReferenceSet) {
    (train, trainTemplates, trainTemplateCounts, trainProperties, geometry) =
      (other.train, other.trainTemplates, other.trainTemplateCounts, other.trainProperties, other.geometry)
  }
}

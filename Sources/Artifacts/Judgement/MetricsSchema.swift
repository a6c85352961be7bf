import Crystals
public import Evaluation
import Networks
public import Reports
public import StageKit

/// `metrics.h5`: what is known of every judged crystal under `/structure/<name>`, and the crystals themselves.
public enum MetricsFile {
  /// Writes what a judgement knows of every crystal.
  ///
  /// - Throws: where the file cannot be written.
  public static func write(
    _ judgement: Judgement, of judged: JudgedSet, to path: String, inputs: [String], options: SharedOptions,
    seconds: @autoclosure () -> Double
  ) throws {
    let (results, settings) = (judgement.results, judgement.summary.settings)
    try Artifact.write(.metrics, to: path, inputs: inputs, options: options, seconds: seconds()) { writer in
      for (name, value) in [
        ("judge", settings.judge), ("judge_weights", settings.judgeWeights), ("hull", settings.hull),
        ("hull_sha256", settings.hullHash),
      ] { if let value { try writer.setAttribute(name, value) } }
      try writer.write(judged.ids, to: "/id")
      try writer.write(crystals: judged.crystals.map(\.crystal))
      try write(results, to: writer, group: "/structure")
      if let initial = judgement.initial { try write(initial, to: writer, group: "/initial_structure") }
      try writer.write(results.energyAboveHull, to: "/structure/energy_above_hull")
      try writer.setAttribute("unit", "eV/atom", of: "/structure/energy_above_hull")
      try writer.write(results.askedSpaceGroup.map(Int16.init), to: "/structure/space_group_asked")
      try writer.write(rejected: judged.rejected)
      try write(results, fingerprint: "composition", width: CompositionFingerprint.count, \.compositionFingerprint, to: writer)
      try write(results, fingerprint: "structure", width: StructureFingerprint.count, \.structureFingerprint, to: writer)
    }
  }

  /// `(N, width)`, rows of NaN where there is none; nothing at all where none was asked for.
  private static func write(
    _ results: StructureResults, fingerprint name: String, width: Int, _ value: (CrystalMeasures) -> [Double]?,
    to writer: borrowing HDF5Writer
  ) throws {
    let rows = results.measures.map(value)
    guard rows.contains(where: { $0 != nil }) else { return }
    let nothing = [Double](repeating: .nan, count: width)
    try writer.write(rows.flatMap { $0 ?? nothing }, shape: [rows.count, width], to: "/fingerprint/\(name)")
  }

  private static func write(_ results: StructureResults, to writer: borrowing HDF5Writer, group: String) throws {
    let measures = results.measures
    let numbers: [(String, String, (CrystalMeasures) -> Double)] = [
      ("density", "g/cm^3", \.density), ("volume", "angstrom^3", \.volume),
      ("min_distance", "angstrom", { $0.validity.shortestDistance ?? .nan }),
    ]
    for (name, unit, value) in numbers {
      try writer.write(measures.map(value), to: "\(group)/\(name)")
      try writer.setAttribute("unit", unit, of: "\(group)/\(name)")
    }
    let flags: [(String, (Int) -> Bool)] = [
      ("structure_valid", { measures[$0].validity.structure }), ("composition_valid", { measures[$0].validity.composition }),
      ("distances_valid", { measures[$0].strictValidity?.distances ?? false }),
      ("density_valid", { measures[$0].strictValidity?.density ?? false }),
      ("cif_round_trip", { measures[$0].strictValidity?.roundTrip ?? false }),
      ("unique", results.isUnique), ("novel", { results.novel[$0] }),
    ]
    for (name, isSet) in flags {
      try writer.write(measures.indices.map { isSet($0) ? UInt8(1) : 0 }, to: "\(group)/\(name)")
    }
    try writer.write(measures.map { Int32($0.elements.count) }, to: "\(group)/elements")
    try writer.write(measures.map { Int32($0.atoms) }, to: "\(group)/atoms_in_primitive_cell")
    try writer.write(measures.map { Int16($0.spaceGroup) }, to: "\(group)/space_group_found")
    try writer.write(results.firstOfKind.map { Int32($0 ?? -1) }, to: "\(group)/first_of_kind")
    try writer.setAttribute(
      "meaning", "number of the first crystal with this structure, -1 for one that cannot be compared",
      of: "\(group)/first_of_kind")
    try writer.write(results.trainMatch.map(Int32.init), to: "\(group)/train_match")
    try writer.setAttribute(
      "meaning", "number, among the training set's, of a crystal with this structure, -1 where there is none",
      of: "\(group)/train_match")
    try writer.write(measures.map(\.formula), to: "\(group)/formula")
    let letters = measures.map { String(decoding: $0.template?.letters ?? [], as: UTF8.self) }
    try writer.write(letters, to: "\(group)/wyckoff_letters")
  }

  /// Crystals to draw: valid, unique and new ones first, those of low energy above the hull before others.
  ///
  /// - Parameter symprec: tolerance of the symmetry that their CIF files carry, in angstrom.
  /// - Throws: `StageError` where it is no metrics.h5.
  public static func gallery(_ path: String, count: Int, symprec: Double) throws -> [GalleryCrystal] {
    let reader = try Artifact.open(path, formats: [.metrics])
    let crystals = try reader.crystals()
    let n = crystals.count
    let ids = try reader.ids(of: n)
    func flags(_ name: String) throws -> [Bool] {
      try reader.read(UInt8.self, "/structure/\(name)", shape: [n]).map { $0 != 0 }
    }
    let (structure, composition) = (try flags("structure_valid"), try flags("composition_valid"))
    let (unique, novel) = (try flags("unique"), try flags("novel"))
    let found = try reader.read(Int16.self, "/structure/space_group_found", shape: [n])
    let energies = try reader.read(Double.self, "/structure/energy_above_hull", shape: [n])
    func rank(_ i: Int) -> [Double] {
      let merits = [structure[i], composition[i], unique[i], novel[i]].count { $0 }
      return [-Double(merits), energies[i].isFinite ? energies[i] : .infinity, Double(i)]
    }
    return (0..<n).sorted { rank($0).lexicographicallyPrecedes(rank($1)) }.prefix(count).map { i in
      let words = [(structure[i] && composition[i], "valid"), (unique[i], "unique"), (novel[i], "new")]
      let cif = (try? AsymmetricUnit.standardize(crystals[i], symprec: symprec)).map { CIF.text($0.unit, name: ids[i]) }
      return GalleryCrystal(
        identifier: ids[i], crystal: crystals[i], spaceGroup: Int(found[i]),
        energyAboveHull: energies[i].isFinite ? energies[i] : nil,
        remark: words.filter(\.0).map(\.1).joined(separator: ", "), cif: cif ?? CIF.text(crystals[i], name: ids[i]))
    }
  }
}

extension TrainingHistory {
  /// The loss curves of a model file.
  ///
  /// - Throws: `StageError` where it is no model.
  public init(ofModel path: String) throws {
    let reader = try Artifact.open(path, formats: [.model])
    let (terms, history) = try ModelFile.history(reader)
    let epochs = history.indices.map { Double($0 + 1) }
    self.init(
      axis: "epoch",
      curves: terms.enumerated().flatMap { t, name in
        [
          Curve(name: name, part: "training", x: epochs, y: history.map { $0.training.values[t] }),
          Curve(name: name, part: "validation", x: epochs, y: history.map { $0.validation.values[t] }),
        ]
      })
  }
}

public import Crystals
public import Evaluation
import Generators

/// `metrics.h5`: what is known of every judged crystal under `/structure/<name>`, and the crystals themselves.
public enum MetricsFile {
  public static func write(
    _ results: StructureResults, ids: [String], crystals: [Crystal], to path: String, inputs: [String],
    options: SharedOptions, seconds: @autoclosure () -> Double
  ) throws {
    try Artifact.write(.metrics, to: path, inputs: inputs, options: options, seconds: seconds()) { writer in
      try writer.write(ids, to: "/id")
      try writer.write(crystals: crystals)
      func flags(_ values: [Bool]) -> [UInt8] { values.map { $0 ? 1 : 0 } }
      let group = "/structure"
      try writer.write(results.density, to: "\(group)/density")
      try writer.setAttribute("unit", "g/cm^3", of: "\(group)/density")
      try writer.write(results.volume, to: "\(group)/volume")
      try writer.setAttribute("unit", "angstrom^3", of: "\(group)/volume")
      try writer.write(results.elements.map(Int32.init), to: "\(group)/elements")
      try writer.write(results.atoms.map(Int32.init), to: "\(group)/atoms_in_primitive_cell")
      try writer.write(results.shortestDistance, to: "\(group)/min_distance")
      try writer.setAttribute("unit", "angstrom", of: "\(group)/min_distance")
      try writer.write(flags(results.structureValid), to: "\(group)/structure_valid")
      try writer.write(flags(results.compositionValid), to: "\(group)/composition_valid")
      try writer.write(results.spaceGroup.map(Int16.init), to: "\(group)/space_group_found")
      try writer.write(results.askedSpaceGroup.map(Int16.init), to: "\(group)/space_group_asked")
      try writer.write(flags((0..<results.count).map(results.isUnique)), to: "\(group)/unique")
      try writer.write(flags(results.novel), to: "\(group)/novel")
      try writer.write(results.energyAboveHull, to: "\(group)/energy_above_hull")
      try writer.setAttribute("unit", "eV/atom", of: "\(group)/energy_above_hull")
      try writer.write(results.formula, to: "\(group)/formula")
      try writer.write(rejected: [])
    }
  }

  /// Crystals to draw: valid, unique and new ones first, those of low energy above the hull before others.
  public static func gallery(_ path: String, count: Int) throws -> [GalleryCrystal] {
    let reader = try Artifact.open(path, formats: [.metrics])
    let crystals = try reader.crystals()
    let n = crystals.count
    let ids = try reader.ids()
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
      let cif = (try? AsymmetricUnit.standardize(crystals[i], symprec: 0.1)).map { CIF.text($0.unit, name: ids[i]) }
      return GalleryCrystal(
        identifier: ids[i], crystal: crystals[i], spaceGroup: Int(found[i]),
        energyAboveHull: energies[i].isFinite ? energies[i] : nil,
        remark: words.filter(\.0).map(\.1).joined(separator: ", "), cif: cif ?? CIF.text(crystals[i], name: ids[i]))
    }
  }
}

extension TrainingHistory {
  /// The loss curves of a model file.
  public init(ofModel path: String) throws {
    let reader = try Artifact.open(path, formats: [.model])
    let history = try ModelFile.history(reader)
    let epochs = history.indices.map { Double($0 + 1) }
    func curve(_ name: String, _ value: (SymmBFNTrainer.Epoch) -> Double) -> Curve {
      Curve(name: name, x: epochs, y: history.map(value))
    }
    self.init(
      axis: "epoch",
      curves: [
        curve("coordinates") { $0.validation.coordinates }, curve("lattice") { $0.validation.lattice },
        curve("elements") { $0.validation.elements }, curve("site symmetry") { $0.validation.siteSymmetry },
      ])
  }
}

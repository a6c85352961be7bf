public import Crystals
public import Evaluation

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
}

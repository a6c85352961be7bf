import CDamage
import Foundation

/// Sound files of every format, made by the programs themselves.
struct Seeds: Sendable {
  /// Name, kind and whether it is a copy as another program would write it.
  struct File: Sendable {
    let name: String
    let kind: String
    let isForeign: Bool
  }

  let files: [File]

  static let configuration = """
    network: {hidden: 16, layers: 1, embedding: 8, frequencies: 4, coordinate_frequencies: 2}
    training: {batch: 8, epochs: 1}
    conditioning: {properties: [geometry_density], frequencies: 2}
    """

  static func diffusion(_ form: String) -> String {
    """
    method: symmcd
    form: \(form)
    network: {hidden: 16, layers: 1, embedding: 8, frequencies: 4, coordinate_frequencies: 2}
    diffusion: {steps: 20}
    sampling: {steps: 20}
    training: {batch: 8, epochs: 1}
    """
  }

  static let skeletons = """
    method: skeletons
    network: {width: 16, layers: 1, heads: 2, embedding: 8}
    training: {batch: 8, epochs: 1}
    conditioning: {properties: [geometry_density], frequencies: 2}
    """

  static let property = """
    method: property
    input: blueprint
    columns: [geometry_density]
    network: {width: 8, layers: 1, heads: 2, embedding: 4}
    training: {batch: 8, epochs: 1}
    """

  private static let policy = """
    method: crystal-gfn
    reward: density
    space: {most_elements: 3, most_atoms: 16, most_of_element: 8}
    network: {hidden: 8, layers: 1}
    trajectories: {epoch: 20}
    training: {batch: 10, epochs: 1}
    """

  /// Makes them in a workshop's folder.
  init(in shop: Workshop) throws {
    try Self.writeCrystals(in: shop)
    try shop.write("model.yaml", Self.configuration)
    func make(_ name: String, _ arguments: String...) throws {
      let outcome = shop.run(name, arguments + ["--threads", "1"], limit: 120)
      guard outcome.status == 0 else {
        throw AttackError(description: "\(name) \(arguments): \(outcome.status) \(outcome.errors)")
      }
    }
    try make("preprocess", "--input", "cifs", "--output", "plain.h5", "--held-out", "0")
    try make("properties", "--crystals", "plain.h5", "--model", "geometry", "--output", "dataset.h5")
    try make("train", "--dataset", "dataset.h5", "--config", "model.yaml", "--epochs", "1", "--output", "model.h5")
    for form in ["published", "informed"] {
      try shop.write("\(form).yaml", Self.diffusion(form))
      try make("train", "--dataset", "dataset.h5", "--config", "\(form).yaml", "--output", "\(form).h5")
    }
    try shop.write("skeletons.yaml", Self.skeletons)
    try make("train", "--dataset", "dataset.h5", "--config", "skeletons.yaml", "--output", "skeletons.h5")
    try shop.write("property.yaml", Self.property)
    try make("train", "--dataset", "dataset.h5", "--config", "property.yaml", "--output", "property.h5")
    try make("propose", "--model", "skeletons.h5", "--count", "6", "--target", "density=2..5", "--output", "blueprints.h5")
    try shop.write("policy.yaml", Self.policy)
    try make("train", "--dataset", "dataset.h5", "--config", "policy.yaml", "--output", "policy.h5")
    try make("propose", "--model", "policy.h5", "--count", "6", "--output", "compositions.h5")
    try make("export", "--model", "model.h5", "--output", "export.h5")
    try make("sample", "--model", "model.h5", "--count", "8", "--steps", "2", "--output", "samples.h5")
    for i in 0..<2 {
      try make(
        "sample", "--model", "model.h5", "--count", "40", "--steps", "2", "--shard", "\(i)/2", "--output", "part\(i).h5")
    }
    try make("reconstruct", "--samples", "dataset.h5", "--output", "crystals.h5")
    try make("relax", "--crystals", "crystals.h5", "--potential", "pair", "--max-steps", "5", "--output", "relaxed.h5")
    try make("metrics", "--crystals", "relaxed.h5", "--reference", "dataset.h5", "--output", "metrics.json")
    try make("convert", "--input", "crystals.h5", "--output", "crystals.extxyz")
    let kinds = [
      ("dataset.h5", "dataset"), ("model.h5", "model"), ("export.h5", "model"), ("published.h5", "model"),
      ("informed.h5", "model"),
      ("skeletons.h5", "skeletons"), ("property.h5", "property"), ("blueprints.h5", "blueprints"), ("samples.h5", "samples"),
      ("policy.h5", "policy"), ("compositions.h5", "blueprints"),
      ("part1.h5", "part"),
      ("crystals.h5", "crystals"), ("relaxed.h5", "relaxed"), ("metrics.h5", "metrics"),
    ]
    var files = kinds.map { File(name: $0.0, kind: $0.1, isForeign: false) }
    for (name, kind) in kinds {
      for (word, chunked) in [("foreign", 0), ("packed", 1)] {
        let copy = "\(word)-\(name)"
        guard unsafe frieze_foreign_copy(shop.path(name), shop.path(copy), Int32(chunked)) == 0 else {
          throw AttackError(description: "no copy \(copy)")
        }
        files.append(File(name: copy, kind: kind, isForeign: true))
      }
    }
    self.files = files
  }

  /// A few crystals as CIF files.
  static func writeCrystals(in shop: Workshop) throws {
    let cubic: [(String, String, Double, [String])] = [
      ("NaCl", "F m -3 m", 5.64, ["Na 0 0 0", "Cl 0.5 0.5 0.5"]), ("CsCl", "P m -3 m", 4.12, ["Cs 0 0 0", "Cl 0.5 0.5 0.5"]),
      ("Cu", "F m -3 m", 3.61, ["Cu 0 0 0"]), ("Fe", "I m -3 m", 2.87, ["Fe 0 0 0"]),
      ("ZnS", "F -4 3 m", 5.41, ["Zn 0 0 0", "S 0.25 0.25 0.25"]),
      ("CaF2", "F m -3 m", 5.46, ["Ca 0 0 0", "F 0.25 0.25 0.25"]),
      ("SrTiO3", "P m -3 m", 3.905, ["Sr 0 0 0", "Ti 0.5 0.5 0.5", "O 0.5 0.5 0"]),
      ("FeS2", "P a -3", 5.42, ["Fe 0 0 0", "S 0.385 0.385 0.385"]),
    ]
    for (name, group, a, sites) in cubic {
      let cell =
        ["a", "b", "c"].map { "_cell_length_\($0) \(a)\n" } + ["alpha", "beta", "gamma"].map { "_cell_angle_\($0) 90\n" }
      let columns = ["label", "type_symbol", "fract_x", "fract_y", "fract_z"].map { "_atom_site_\($0)\n" }
      let rows = sites.map { "\($0.split(separator: " ")[0]) \($0)\n" }
      try shop.write(
        "cifs/\(name).cif",
        "data_\(name)\n\(cell.joined())_symmetry_space_group_name_H-M '\(group)'\nloop_\n\(columns.joined())\(rows.joined())")
    }
  }
}

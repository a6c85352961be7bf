/// What the words and numbers of the pages mean, each with the formula or the paper that it comes from.
///
/// All texts of all pages stand here. A page explains a word where it stands (a title that shows on hover) and links it to the list at
/// its end, which has the words that the page uses.
enum Glossary {
  /// A word of the list.
  struct Entry {
    /// Where links point to, behind `term-`.
    let id: String
    let term: String
    let meaning: String
    /// The paper or program that it comes from; empty where there is none.
    let source: String

    init(_ id: String, _ term: String, _ meaning: String, _ source: String = "") {
      (self.id, self.term, self.meaning, self.source) = (id, term, meaning, source)
    }
  }

  /// A word that says what it means on hover and leads to the list; plain text where the list does not have it.
  static func link(_ words: String, to id: String?) -> String {
    guard let id, let entry = byID[id] else { return escaped(words) }
    return "<a class=\"term\" href=\"#term-\(id)\" title=\"\(escaped(entry.meaning))\">\(escaped(words))</a>"
  }

  /// The label of a figure or a distribution with its explanation.
  static func label(_ words: String, of figure: String) -> String { link(words, to: id(ofFigure: figure)) }

  /// The list of all words that a page links to; empty where it links to none.
  static func section(for body: String) -> String {
    var used: Set<String> = []
    for part in body.split(separator: "href=\"#term-").dropFirst() { used.insert(String(part.prefix { $0 != "\"" })) }
    let items = entries.filter { used.contains($0.id) }.map { entry in
      let source = entry.source.isEmpty ? "" : " <span class=\"faint\">\(escaped(entry.source)).</span>"
      return "<dt id=\"term-\(entry.id)\">\(escaped(entry.term))</dt><dd>\(escaped(entry.meaning))\(source)</dd>"
    }
    let list = items.isEmpty ? "" : "<dl class=\"glossary\">\n\(items.joined(separator: "\n"))\n</dl>"
    return Reports.section("Glossary", "", list, id: "glossary")
  }

  /// The entry that explains a figure or a distribution; nil where there is none.
  ///
  /// The same quantity before relaxation, above another hull or of a part of the crystals has the same entry.
  static func id(ofFigure name: String) -> String? {
    var name = name
    for prefix in ["initial_", "reconstructed_"] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
    if byID[name] != nil { return name }
    if let shared = sharedEntries[name] { return shared }
    if name.contains("_distance_floor") { return "floor" }
    if name.hasSuffix("_distance") || name.hasSuffix("_distance_at_1000") {
      return name.contains("space_group") ? "jensen_shannon" : "wasserstein"
    }
    if name.contains("_in_range") { return "in_range" }
    return endings.first { name.hasSuffix($0.0) }?.1 ?? beginnings.first { name.hasPrefix($0.0) }?.1
  }

  private static let byID = Dictionary(entries.map { ($0.id, $0) }) { first, _ in first }

  /// Figures that share an entry with others.
  private static let sharedEntries = [
    "unique_novel": "novel", "valid_unique_novel": "novel", "strictly_valid": "strict", "distances_valid": "strict",
    "density_valid": "strict", "cif_round_trip": "strict", "symmetry_found": "strict", "p1_reference": "p1",
    "space_groups": "space_group", "crystal_system": "space_group", "leakage_structures": "leakage",
    "displacement_median": "displacement", "volume_change_absolute": "volume_change", "e_above_hull": "energy_above_hull",
    "element": "elements", "element_crystals": "elements", "property_formation_energy_per_atom": "formation_energy",
    "property_e_above_hull": "energy_above_hull", "sampling_steps": "network_calls", "unique_published": "published",
    "unique_novel_published": "published", "stages": "cost", "a": "lattice", "b": "lattice", "c": "lattice", "alpha": "lattice",
    "beta": "lattice", "gamma": "lattice", "point_symmetry": "site_symmetry", "crystal_lattice_system": "space_group",
    "volume_per_atom": "density", "distinct_template_in_train": "template",
  ]

  /// Endings of the names of figures of any property.
  private static let endings = [
    ("_target_error", "target_error"), ("_target", "asked"), ("_target_from", "asked"), ("_target_to", "asked"),
    ("_mean", "moments"), ("_deviation", "moments"), ("_mean_train", "moments"), ("_deviation_train", "moments"),
  ]

  /// Beginnings of the names of figures of one kind.
  private static let beginnings = [
    ("match_rate", "match_rate"), ("metre", "metre"), ("unique_novel", "novel"), ("sun_", "sun"), ("stable_", "stable"),
    ("fell_", "saddle"), ("template", "template"), ("space_group_", "space_group_kept"), ("coverage_recall", "coverage_recall"),
    ("duplicates", "duplicates"), ("seconds_per_", "cost"), ("peak_memory", "cost"), ("in_known_", "in_held_out"),
    ("training-", "loss"), ("property_", "moments"),
  ]

  /// In the order of the list.
  static let entries: [Entry] = [
    Entry(
      "structure_valid", "structurally valid",
      "The shortest distance between two atoms is above 0.5 Å, and the cell has at least 0.1 Å³.",
      "Xie et al., CDVAE, ICLR 2022"),
    Entry(
      "composition_valid", "compositionally valid",
      "Oxidation states exist that add up to zero, cations less electronegative than anions. A single element is valid, and so are metals "
        + "alone.", "SMACT's rule as in Xie et al., CDVAE, ICLR 2022"),
    Entry("valid", "valid", "Structurally and compositionally valid.", "Xie et al., CDVAE, ICLR 2022"),
    Entry(
      "strict", "strictly valid",
      "Compositionally valid, and four further tests: no distance below half the sum of the covalent radii; density from 0.01 to 25 g/cm³ "
        + "and 1e-5 to 0.5 atoms/Å³; the same crystal after writing and reading a CIF; a space group found.",
      "LeMat-GenBench, arXiv:2512.04562"),
    Entry(
      "unique", "unique",
      "No earlier crystal of the set has the same structure. Two structures are the same when a matcher with the rules of pymatgen's "
        + "StructureMatcher pairs their atoms within the tolerances that stand under Conditions.",
      "Ong et al., Comput. Mater. Sci. 68, 314 (2013)"),
    Entry(
      "novel", "novel",
      "No training crystal has the same structure. Unique and novel: the first of its structure, and not in training."),
    Entry(
      "in_held_out", "same as a known crystal",
      "It has the structure of a crystal of the held-out part, or of a further set: new to the model, not to science."),
    Entry("rediscovered", "found again", "Held-out crystals whose structure at least one generated crystal has."),
    Entry(
      "template", "template",
      "A space group with its occupied Wyckoff positions, without elements and coordinates. No training crystal has a new template.",
      "Levy et al., SymmCD, ICLR 2025"),
    Entry(
      "energy_above_hull", "energy above the hull",
      "Formation energy minus that of the convex hull at the same composition, eV/atom: what a crystal would gain by falling apart into "
        + "phases of the hull. At 0 it is on the hull; below 0 it would be a new phase of the hull.",
      "Sun et al., Sci. Adv. 2, e1600225 (2016)"),
    Entry(
      "hull", "convex hull",
      "The lowest energy of all mixtures of known phases, over composition: min Σ w E with shares w ≥ 0 of the phases that add up to the "
        + "composition. Phases on it do not fall apart into others.", "Ong et al., Chem. Mater. 20, 1798 (2008)"),
    Entry(
      "tie_line", "tie line",
      "Joins two phases of the hull that are stable beside each other: along it no mixture is lower than that of the two."),
    Entry(
      "decomposition", "decomposition",
      "The phases that the hull has at a crystal's composition, with the share of the atoms that goes to each."),
    Entry(
      "formation_energy", "formation energy",
      "Energy minus that of the elements in their stable forms, eV/atom: (E − Σ n μ) / N with n atoms of each element, μ the energy of "
        + "one in the element, N atoms in all."),
    Entry(
      "stable", "stable",
      "At most so many eV/atom above the hull: 0.0, or 0.1 (metastable). Crystals without an energy count as not stable."),
    Entry(
      "sun", "S.U.N.", "Stable, unique and novel at once, as a share of the crystals sampled.",
      "Zeni et al., MatterGen, Nature 639, 624 (2025)"),
    Entry(
      "displacement", "displacement by relaxation",
      "Root mean square distance that the atoms of a crystal move in relaxation, the mean shift taken off."),
    Entry("volume_change", "volume change by relaxation", "V(relaxed) / V(generated) − 1."),
    Entry(
      "space_group", "space group",
      "International number, 1 to 230, as the symmetry search finds it at the tolerance symprec under Conditions.",
      "Togo, Shinohara and Tanaka, spglib, Sci. Technol. Adv. Mater. Meth. 4, 2384822 (2024)"),
    Entry(
      "space_group_kept", "space group asked for",
      "Whether the group found is the one asked for, a higher one (more symmetry operations an atom), or neither."),
    Entry("p1", "P1", "Space group 1, no symmetry but translations. Where its share is high, symmetry gets lost."),
    Entry(
      "wasserstein", "Wasserstein distance",
      "Area between the cumulative distributions F and G of a quantity in two sets, ∫ |F − G| dx, in the quantity's unit; 0 where they are "
        + "the same. Valid generated crystals against the reference. Read it beside its floor.",
      "scipy.stats.wasserstein_distance; Xie et al., CDVAE, ICLR 2022"),
    Entry(
      "jensen_shannon", "Jensen-Shannon distance",
      "Distance of two distributions P and Q over categories, √(KL(P‖M)/2 + KL(Q‖M)/2) with M = (P + Q)/2 and natural logarithms: from 0 "
        + "to 0.83. Read it beside its floor.", "Lin, IEEE Trans. Inf. Theory 37, 145 (1991)"),
    Entry(
      "floor", "floor of a distance",
      "The same distance of as many crystals drawn from the training set, mean and standard deviation of ten draws: what a perfect sampler "
        + "would have. A distance at its floor cannot be told from none."),
    Entry(
      "coverage_recall", "coverage, recall",
      "Share of reference crystals with a generated one near: structure fingerprints at most 0.4 and composition fingerprints at most 10 "
        + "apart (0.2 and 4 for Perov-5).", "Xie et al., CDVAE, ICLR 2022"),
    Entry(
      "coverage_precision", "coverage, precision",
      "Share of generated crystals with a reference crystal near, by the limits of recall.",
      "Xie et al., CDVAE, ICLR 2022"),
    Entry(
      "saddle", "symmetry broken",
      "Relaxed within its space group, then shaken and relaxed freely: a crystal that falls was a saddle point of the energy, no minimum."
    ),
    Entry(
      "published", "published protocol",
      "Counted as papers do: sameness by the root mean square of distances, single elements left out, energies of relaxations that did "
        + "not converge counted."),
    Entry(
      "match_rate", "match rate",
      "Share of targets whose prediction has the target's structure. rms: root mean square distance of the paired atoms of those that "
        + "match, in units of (V/N)^(1/3). cRMSE: the mean of it with every miss counted at the tolerance.",
      "Jiao et al., DiffCSP, NeurIPS 2023; Martirossyan et al., arXiv:2509.12178"),
    Entry(
      "metre", "METRe", "Share of held-out structures that any prediction of the set matches.",
      "Martirossyan et al., arXiv:2509.12178"),
    Entry("asked", "asked for", "The value, or the range, of a property that the model was told to reach."),
    Entry(
      "in_range", "what was asked for",
      "Share of sampled crystals whose property lies in the range, or within a tolerance of the value, that was asked for."),
    Entry("target_error", "distance from what was asked for", "Mean of how far the property lies outside the range; 0 inside."),
    Entry("moments", "mean and standard deviation", "Of a property, over the crystals that it is known of."),
    Entry("duplicates", "duplicates", "Share of a set's crystals with the structure of an earlier one of the same set."),
    Entry("leakage", "leakage", "Share of held-out crystals whose formula, or whose structure, occurs in training."),
    Entry(
      "cost", "cost",
      "Wall time of the stages on the machine under Conditions over the crystals that they gave; largest memory of a stage."),
    Entry("parameters", "parameters", "Numbers of the network that training sets."),
    Entry(
      "network_calls", "network calls",
      "Evaluations of the network for one sample, and the steps of the sampler: the cost of sampling whatever the machine."),
    Entry(
      "loss", "loss",
      "What training lowers, a mean over crystals, without a unit. Training: of the batches that the network learns from. Validation: of "
        + "crystals that it does not learn from, with averaged parameters. Validation that rises while training falls is overfitting."
    ),
    Entry("atoms", "atoms in the primitive cell", "Number of atoms of the smallest cell that repeats."),
    Entry(
      "density", "density, volume an atom", "Mass of the cell over its volume, g/cm³. Volume of the cell over its atoms, Å³."),
    Entry(
      "lattice", "lattice", "Lengths a, b, c and angles α, β, γ of the conventional cell, trigonal groups in hexagonal axes."),
    Entry("site_symmetry", "site symmetry", "Point group of the operations of the space group that leave an atom where it is."),
    Entry("elements", "elements", "Kinds of atoms of a crystal. A crystal counts once for each of its elements."),
    Entry("shortest_distance", "shortest distance", "Between two atoms of a crystal, periodic images included."),
    Entry(
      "funnel", "from sampled to kept", "Every crystal is counted at the first test that it fails, so that the counts add up."),
    Entry(
      "interval", "95 % interval",
      "Stands in brackets: Wilson's score interval of shares, the bootstrap's of means and distances.",
      "Wilson, J. Am. Stat. Assoc. 22, 209 (1927); Davison and Hinkley, Bootstrap Methods and their Application (1997)"),
  ]
}

import ArgumentParser
import Artifacts
import Crystals
import Reports
import StageKit

/// Lays crystals out to be looked at: a folder of CIF files, best first, tables and a page.
///
/// | reads  | any .h5 with /crystal, relaxed or not; CIF, POSCAR, extxyz, JSON, tables, folders of them      |
/// | writes | FOLDER/0001-NaCl-225.cif …, FOLDER/crystals.cif, .csv, .json, index.html                       |
/// | drops  | nothing; what could not be relaxed comes last, what could not be read is named                 |
@main
struct Gallery: Stage {
  static let configuration = CommandConfiguration(
    commandName: "gallery",
    abstract: "Lay crystals out: CIF files with symmetry, best first, tables, and a page to look at them.",
    discussion: """
      Crystals are ranked by their energy above the hull where the file has it (relax --hull), those whose chemical system the hull \
      hardly knows last. Without a hull energies of different compositions cannot be compared: crystals of one formula are ranked by \
      energy an atom, others stay in their order.

      With --known every crystal is compared with known ones: the same structure, a structure of the same formula, of the same kind \
      with other elements, or of the same elements.
      """, version: friezeVersion)

  @Option(
    help:
      "Crystals to lay out: .h5 with /crystal (of reconstruct, relax, preprocess), CIF, POSCAR, extxyz, a table or a folder.")
  var crystals: String

  @Option(help: "The folder to write.")
  var output: String

  @Option(help: "Tolerance of the symmetry that the CIF files carry, in angstrom.")
  var symprec = 0.1

  @Option(help: "How many crystals the page draws.")
  var drawn = 200

  @Option(help: "Title of the page.")
  var title = "Frieze: crystals"

  @Option(parsing: .upToNextOption, help: "Known crystals: dataset.h5, or files and folders as above.")
  var known: [String] = []

  @Option(
    help: "Hull that crystals of two and three elements are drawn above: hull.h5, or a table with elements.csv beside it.")
  var hull: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Crystals of one structure stand once, the best of them for all; the page says how often it was found.")
  var merge = true

  @Flag(help: "Print the first 40 crystals as a table.")
  var table = false

  @OptionGroup var plain: PlainOptions
  var shared: SharedOptions { plain.shared }

  func validate() throws {
    guard symprec >= 1e-6, symprec <= 1 else { throw ValidationError("--symprec must be from 0.000001 to 1 angstrom.") }
    guard drawn >= 0 else { throw ValidationError("--drawn must be 0 or more.") }
  }

  var files: StageFiles { StageFiles(inputs: [crystals, hull] + known, outputs: [.folder(output)]) }

  func perform() throws {
    var report = StageReport(stage: "gallery")
    var ranked = try RankedCrystals(reading: crystals)
    for record in ranked.rejected {
      report.reject(record)
      if !shared.quiet { standardError("gallery: \(record.id): \(record.reason)") }
    }
    if let warning = ranked.warning, !shared.quiet { standardError("gallery: \(warning).") }
    let total = ranked.items.count
    if merge { try ranked.merge(threads: shared.threadCount) }
    let words = try compare(&ranked)
    var rows: [CrystalListing.Row] = []
    var (cards, cifs): ([GalleryCrystal], String) = ([], "")
    for (place, item) in ranked.items.enumerated() {
      try Interruption.check()
      let symmetric = try? AsymmetricUnit.standardize(item.crystal, symprec: symprec)
      let group = symmetric?.unit.spaceGroup ?? 1
      let number = "\(place + 1)"
      let name = String(repeating: "0", count: max(0, 4 - number.count)) + "\(number)-\(item.crystal.chemicalFormula)-\(group)"
      let cif = symmetric.map { CIF.text($0.unit, name: item.id) } ?? CIF.text(item.crystal, name: item.id)
      try AtomicFile.write(cif, to: "\(output)/\(name).cif")
      cifs += cif + "\n"
      let cell = symmetric?.conventional ?? item.crystal
      rows.append(
        CrystalListing.Row(rank: place + 1, file: "\(name).cif", item: item, spaceGroup: group, atoms: cell.count))
      if place < drawn {
        cards.append(
          GalleryCrystal(
            identifier: item.id, crystal: cell, spaceGroup: group, energyAboveHull: item.energyAboveHull,
            remark: item.words(isMerged: merge), cif: cif))
      }
      report.accept()
    }
    let listing = CrystalListing(rows, of: ranked, known: words)
    try AtomicFile.write(listing.csv, to: "\(output)/crystals.csv")
    try AtomicFile.write(listing.json, to: "\(output)/crystals.json")
    let lead =
      (merge ? ranked.summary(of: total) : "\(total) crystals, \(ranked.order).")
      + (ranked.warning.map { " Here \($0)." } ?? "")
      + (cards.count < ranked.items.count ? " The first \(cards.count) are drawn." : "")
    try AtomicFile.write(cifs, to: "\(output)/crystals.cif")
    let energies = ranked.potential.map { ", energies by \($0)" + (ranked.hull.map { " above \($0)" } ?? "") } ?? ""
    var page = GalleryPage(
      title: title, lead: lead, crystals: cards,
      origin:
        "Made by frieze \(friezeVersion), gallery, of \(crystals)\(energies)\(words.map { "; compared with \($0)" } ?? "").",
      files: ["crystals.cif", "crystals.csv", "crystals.json"])
    page.commands = PageOrigin(of: crystals)
    if let hull {
      let plots = HullPlots(of: Array(ranked.items.prefix(drawn)), above: try HullFile(reading: hull))
      (page.hulls, page.hullNote) = (plots.plots, plots.note)
    }
    try AtomicFile.write(page.html, to: "\(output)/index.html")
    if table { try standardOutput(listing.table(most: 40)) }
    try report.finish(shared, output: output)
  }

  /// Compares the crystals with known ones, and says with how many; nil where there are none to compare with.
  private func compare(_ ranked: inout RankedCrystals) throws -> String? {
    guard !known.isEmpty else { return nil }
    let crystals = try KnownCrystals(reading: known, threads: shared.threadCount)
    try ranked.compare(with: crystals, threads: shared.threadCount)
    return "\(crystals.count) known crystals of \(known.joined(separator: ", "))"
  }
}

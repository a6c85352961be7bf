import ArgumentParser
import Artifacts
import Crystals
import Reports
import StageKit

/// Lays crystals out to be looked at: a folder of CIF files, best first, and a page.
///
/// | reads  | crystals.h5 or relaxed.h5                                             |
/// | writes | FOLDER/0001-NaCl-225.cif …, FOLDER/crystals.csv, FOLDER/index.html    |
/// | drops  | nothing; what could not be relaxed comes last                         |
@main
struct Gallery: Stage {
  static let configuration = CommandConfiguration(
    commandName: "gallery",
    abstract: "Lay crystals out: CIF files with symmetry, best first, and a page to look at them.",
    discussion: """
      Crystals are ranked by their energy above the hull where the file has it (relax --hull), by energy an atom where it has \
      only that, else they stay in their order.
      """, version: friezeVersion)

  @Option(help: "Crystals to lay out (HDF5, from reconstruct or relax).")
  var crystals: String

  @Option(help: "The folder to write.")
  var output: String

  @Option(help: "Tolerance of the symmetry that the CIF files carry, in angstrom.")
  var symprec = 0.1

  @Option(help: "How many crystals the page draws.")
  var drawn = 200

  @Option(help: "Title of the page.")
  var title = "Frieze: crystals"

  @Flag(help: "Crystals of one structure stand once, the best of them for all; the page says how often it was found.")
  var merge = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard symprec >= 1e-6, symprec <= 1 else { throw ValidationError("--symprec must be from 0.000001 to 1 angstrom.") }
    guard drawn >= 0 else { throw ValidationError("--drawn must be 0 or more.") }
  }

  var files: StageFiles { StageFiles(inputs: [crystals], outputs: [.folder(output)]) }

  func perform() throws {
    var report = StageReport(stage: "gallery")
    var ranked = try RankedCrystals(reading: crystals)
    let total = ranked.items.count
    if merge { try ranked.merge(threads: shared.threadCount) }
    let head = "rank,file,id,formula,space_group,atoms,energy_above_hull,found,decomposition,remark"
    var rows = [([head] + ranked.columns).joined(separator: ",")]
    var cards: [GalleryCrystal] = []
    for (place, item) in ranked.items.enumerated() {
      try Interruption.check()
      let symmetric = try? AsymmetricUnit.standardize(item.crystal, symprec: symprec)
      let group = symmetric?.unit.spaceGroup ?? 1
      let name =
        String(repeating: "0", count: max(0, 4 - "\(place + 1)".count)) + "\(place + 1)-\(item.crystal.reducedFormula)-\(group)"
      let cif = symmetric.map { CIF.text($0.unit, name: item.id) } ?? CIF.text(item.crystal, name: item.id)
      try AtomicFile.write(cif, to: "\(output)/\(name).cif")
      let energy = item.energyAboveHull.map { "\($0)" } ?? ""
      rows.append(
        "\(place + 1),\(name).cif,\(item.id),\(item.crystal.reducedFormula),\(group),\(item.crystal.count),\(energy),\(item.found),\(item.products),\(item.remark)"
          + item.properties.map { $0.isFinite ? ",\($0)" : "," }.joined())
      if place < drawn {
        cards.append(
          GalleryCrystal(
            identifier: item.id, crystal: symmetric?.conventional ?? item.crystal, spaceGroup: group,
            energyAboveHull: item.energyAboveHull, remark: item.words(isMerged: merge), cif: cif))
      }
      report.accept()
    }
    try AtomicFile.write(rows.joined(separator: "\n") + "\n", to: "\(output)/crystals.csv")
    let lead =
      (merge ? ranked.summary(of: total) : "\(total) crystals, \(ranked.order).")
      + (cards.count < ranked.items.count ? " The first \(cards.count) are drawn." : "")
    try AtomicFile.write(GalleryPage(title: title, lead: lead, crystals: cards).html, to: "\(output)/index.html")
    try report.finish(shared, output: output)
  }
}

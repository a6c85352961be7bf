import ArgumentParser
import Artifacts
import Crystals
import Foundation
import Generators

/// What is known of the crystals beforehand.
struct RequestOptions: ParsableArguments {
  @OptionGroup var asked: CompositionOptions

  @Option(
    help: """
      A crystal (CIF, POSCAR, ...) whose space group and Wyckoff positions every blueprint has, with other elements; or a label of \
      AFLOW's prototypes, as ABC3_cP5_221_a_b_c.
      """)
  var prototype: String?

  @Option(
    help: """
      A formula without elements, as ABC3: every blueprint has the space group and the Wyckoff positions of a training crystal of \
      that formula, as often as they occur, with other elements.
      """)
  var anonymousFormula: String?

  @Option(help: "With --prototype: its elements that stay, with commas between.")
  var keep: String?

  @Option(help: "With --prototype: tolerance of the symmetry search, in angstrom.")
  var symprec = 0.1

  @Option(help: "Sites that are given, an element and a letter each, as Li:a,O:d; others follow. Needs one --space-group.")
  var sites: String?

  @Option(help: "Ask for the compositions of a dataset's crystals (HDF5) in turn; blueprints are named <target>#<k>.")
  var like: String?

  @Option(help: "With --like: the part of the dataset, train, validation or test.")
  var split: DatasetPart?

  @Option(help: "With --like: blueprints a target.")
  var perTarget: Int?

  @Option(help: "With --like: the first so many targets alone; 0 takes all.")
  var limit = 0

  @Flag(help: "With --like: the space group of the target is given, too.")
  var knownGroup = false

  func validate() throws {
    guard (1...10_000).contains(perTarget ?? 1) else { throw ValidationError("--per-target goes from 1 to 10000.") }
    guard limit >= 0 else { throw ValidationError("--limit must be 0 or more.") }
    guard symprec >= 1e-6, symprec <= 1 else { throw ValidationError("--symprec must be from 0.000001 to 1 angstrom.") }
    if like == nil, split != nil || perTarget != nil || knownGroup || limit != 0 {
      throw ValidationError("--split, --per-target, --limit and --known-group need --like.")
    }
    if like != nil,
      asked.composition != nil || asked.spaceGroup != nil || prototype != nil || sites != nil || anonymousFormula != nil
    {
      throw ValidationError("--like takes compositions from the dataset; leave out what else says what crystals are to be.")
    }
    if prototype == nil, keep != nil { throw ValidationError("--keep needs --prototype.") }
    if prototype != nil, asked.spaceGroup != nil || sites != nil {
      throw ValidationError("--prototype says the space group and the sites; leave out --space-group and --sites.")
    }
    if anonymousFormula != nil, asked.composition != nil || prototype != nil || sites != nil {
      throw ValidationError("--anonymous-formula says the positions; leave out --composition, --prototype and --sites.")
    }
    if let label = prototypeLabel, keep != nil {
      throw ValidationError("--keep needs a --prototype with elements, a crystal; '\(label)' has none.")
    }
    do throws(Rejection) {
      _ = try anonymous()
    } catch { throw ValidationError("--anonymous-formula: \(error.description).") }
    (_, _) = (try Self.elements(keep, "--keep"), try givenSites())
  }

  /// --prototype where it is a label and no file.
  var prototypeLabel: String? {
    prototype.flatMap { $0.split(separator: "_").count > 3 && !FileManager.default.fileExists(atPath: $0) ? $0 : nil }
  }

  /// --prototype where it is a file.
  var prototypeFile: String? { prototypeLabel == nil ? prototype : nil }

  /// --anonymous-formula.
  func anonymous() throws(Rejection) -> AnonymousFormula? {
    guard let anonymousFormula else { return nil }
    return try AnonymousFormula(anonymousFormula)
  }

  /// Symbols with commas between.
  static func elements(_ text: String?, _ option: String) throws -> Set<UInt8> {
    Set(
      try (text ?? "").split(separator: ",", omittingEmptySubsequences: text == nil).map { symbol in
        guard let z = Element.atomicNumber(String(symbol)) else {
          throw ValidationError("\(option) takes symbols of elements with commas between, not '\(symbol)'.")
        }
        return UInt8(z)
      })
  }

  /// The space group and the sites of --sites.
  func givenSites() throws -> [Blueprint.Site] {
    guard let sites else { return [] }
    let groups = try asked.groups()
    guard groups.count == 1 else { throw ValidationError("--sites needs one --space-group.") }
    let parts = try sites.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let fields = part.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count == 2, let z = Element.atomicNumber(String(fields[0])), let letter = fields[1].utf8.first,
        fields[1].utf8.count == 1
      else { throw ValidationError("--sites takes an element and a Wyckoff letter a site, as Li:a,O:d, not '\(part)'.") }
      guard let position = SpaceGroup.numbered(groups[0]).positionIndex(lettered: letter) else {
        throw ValidationError("--sites: space group \(groups[0]) has no Wyckoff position \(fields[1]).")
      }
      return (element: UInt8(z), wyckoffPosition: position)
    }
    return Blueprint(spaceGroup: groups[0], sites: parts).sites
  }
}

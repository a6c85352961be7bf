import Crystals

/// A page of crystals to turn in the browser, each with its CIF to save; it stands alone.
public struct GalleryPage: Sendable {
  /// Title of the page.
  public var title: String
  /// A sentence or two above the crystals.
  public var lead: String
  /// In the order of the page.
  public var crystals: [GalleryCrystal]
  /// What made the page, below the crystals.
  public var origin: String
  /// Files beside the page that it links to.
  public var files: [String]
  /// Hulls of chemical systems with crystals of the page, the first shown first.
  public var hulls: [HullPlot] = []
  /// A sentence on the hull.
  public var hullNote = ""
  /// The commands and models that made the crystals and the page.
  public var commands = PageOrigin()

  /// - Parameters:
  ///   - title: of the page.
  ///   - lead: a sentence or two above the crystals.
  ///   - crystals: in their order.
  ///   - origin: what made the page.
  ///   - files: beside the page, to link to.
  public init(title: String, lead: String, crystals: [GalleryCrystal], origin: String = "", files: [String] = []) {
    self.title = title
    self.lead = lead
    self.crystals = crystals
    self.origin = origin
    self.files = files
  }

  /// The page: it needs no file beside it and no network.
  public var html: String {
    let cards = crystals.enumerated().map { $0.element.card(scene: $0.offset) }
    let links = files.map { "<a href=\"\(escaped($0))\">\(escaped($0))</a>" }.joined(separator: " · ")
    let body = """
      <header><h1>\(escaped(title))</h1>
      <p class="faint">\(escaped(lead)) Drag to turn, or use the arrow keys.\(links.isEmpty ? "" : " All of them: \(links).")</p></header>
      \(crystals.isEmpty ? "" : tools)
      <section><div class="gallery" id="cards">
      \(cards.joined(separator: "\n"))
      </div>
      \(crystals.isEmpty ? "" : table)
      </section>
      \(GalleryHulls(plots: hulls, note: hullNote).html)
      """
    let end = """
      \(Glossary.section(for: body))
      \(origin.isEmpty ? "" : "<footer class=\"faint\"><p>\(escaped(origin))</p>\(commands.html)</footer>")
      \(crystals.isEmpty ? "" : "<script>\n\(galleryTools)\n</script>")
      """
    return page(title: title, body: body + "\n" + end, crystals: crystals)
  }

  /// Search, order, elements, and the choice of pictures or a table.
  private var tools: String {
    var counts: [Int: Int] = [:]
    for z in crystals.flatMap({ Set($0.crystal.atomicNumbers.map(Int.init)) }) { counts[z, default: 0] += 1 }
    let hasEnergies = crystals.contains { $0.energyAboveHull != nil }
    let limit =
      hasEnergies
      ? "<label>\(Glossary.link("above the hull", to: "energy_above_hull")) at most <input id=\"limit\" type=\"number\" step=\"0.01\" size=\"5\"> eV/atom</label>"
      : ""
    return """
      <form class="tools" id="tools">
      <label>find <input id="find" type="search" placeholder="formula, name or group"></label>
      <label>order <select id="order"><option value="rank">as ranked</option>\(hasEnergies ? "<option value=\"energy\">energy above the hull</option>" : "")<option value="formula">formula</option><option value="group">space group</option><option value="atoms">atoms</option></select></label>
      \(limit)
      <label><input id="as-table" type="checkbox"> table</label>
      <output id="shown" class="faint"></output>
      \(PeriodicTable.buttons(counts))
      </form>
      """
  }

  /// The same crystals as rows; hidden until it is asked for.
  private var table: String {
    let rows = crystals.enumerated().map { place, item in
      let cell = item.crystal.lattice
      func short(_ value: Double) -> String { readable(value) }
      let lengths = [cell.lengths.x, cell.lengths.y, cell.lengths.z].map(short).joined(separator: ", ")
      let angles = [cell.angles.x, cell.angles.y, cell.angles.z].map(short).joined(separator: ", ")
      return
        "<tr><td>\(place + 1)</td><td>\(item.formulaMarkup)</td><td>\(escaped(item.groupWords))</td><td>\(item.crystal.count)</td>"
        + "<td>\(item.energyAboveHull.map { readable($0) } ?? "")</td><td>\(lengths)</td><td>\(angles)</td>"
        + "<td>\(escaped(item.identifier))</td><td>\(item.remarkMarkup)</td><td>\(item.saveLink)</td></tr>"
    }
    return """
      <div class="scroll"><table class="narrow listing" id="listing" hidden>
      <thead><tr><th></th><th>formula</th><th>\(Glossary.link("space group", to: "space_group"))</th><th title="of the conventional cell">atoms</th><th>\(Glossary.link("above hull, eV/atom", to: "energy_above_hull"))</th><th>\(Glossary.link("a, b, c (Å)", to: "lattice"))</th><th>\(Glossary.link("α, β, γ (°)", to: "lattice"))</th><th>name</th><th>remarks</th><th></th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      """
  }
}

/// A whole page in the house's style, with the script that draws the crystals where there are any.
func page(title: String, body: String, crystals: [GalleryCrystal]) -> String {
  let scenes = crystals.map(\.scene).joined(separator: ",")
  let viewer =
    scenes.isEmpty
    ? ""
    : """
    <script type="application/json" id="scenes">[\(scenes)]</script>
    <script>
    \(reportViewer)
    </script>
    """
  return """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,">
    <title>\(escaped(title))</title>
    <style>
    \(reportStyle)
    </style>
    </head>
    <body>
    \(body)
    \(viewer)
    </body>
    </html>

    """
}

extension GalleryCrystal {
  /// The crystal's place on a page whose scripts find its scene under a number.
  func card(scene: Int) -> String {
    var words: [String] = []
    if spaceGroup > 0 { words.append(groupWords) }
    words.append("\(crystal.count) atoms")
    if let energy = energyAboveHull, energy.isFinite { words.append("\(readable(energy)) eV/atom above hull") }
    let formula = escaped(crystal.chemicalFormula)
    let elements = crystal.composition.map(\.atomicNumber)
    let legend = elements.map { "<i style=\"background:\(ElementColor.of($0))\"></i>\(Element.symbol($0))" }.joined(
      separator: " ")
    let energy = energyAboveHull.map { $0.isFinite ? "\($0)" : "" } ?? ""
    return """
      <figure class="crystal" id="crystal-\(scene)" data-formula="\(formula)" data-name="\(escaped(identifier))" data-group="\(spaceGroup)" data-symbol="\(escaped(groupWords))" data-energy="\(energy)" data-atoms="\(crystal.count)" data-elements="\(elements.map(Element.symbol).joined(separator: " "))"><canvas data-scene="\(scene)" tabindex="0" role="img" aria-label="\(formula)"></canvas>
      <figcaption>\(saveLink)<b>\(formulaMarkup)</b> <span class="legend">\(legend)</span><br>\(([escaped(words.joined(separator: " · "))] + (remark.isEmpty ? [] : [remarkMarkup])).joined(separator: " · "))</figcaption></figure>
      """
  }

  /// The group's symbol and number; empty where nobody knows.
  var groupWords: String { spaceGroup > 0 ? "\(SpaceGroup.numbered(spaceGroup).plainSymbol) (\(spaceGroup))" : "" }
}

import Crystals

/// A page of crystals to turn in the browser, each with its CIF to save; it stands alone.
public struct GalleryPage: Sendable {
  /// Title of the page.
  public var title: String
  /// A sentence or two above the crystals.
  public var lead: String
  /// In the order of the page.
  public var crystals: [GalleryCrystal]

  /// - Parameters:
  ///   - title: of the page.
  ///   - lead: a sentence or two above the crystals.
  ///   - crystals: in their order.
  public init(title: String, lead: String, crystals: [GalleryCrystal]) {
    self.title = title
    self.lead = lead
    self.crystals = crystals
  }

  /// The page: no file beside it and no network.
  public var html: String {
    let cards = crystals.enumerated().map { $0.element.card(scene: $0.offset) }
    let body = """
      <header><h1>\(escaped(title))</h1>
      <p class="faint">\(escaped(lead)) Drag to turn, or use the arrow keys.</p></header>
      <section><div class="gallery">
      \(cards.joined(separator: "\n"))
      </div></section>
      """
    return page(title: title, body: body, crystals: crystals)
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
    if spaceGroup > 0 { words.append("No. \(spaceGroup)") }
    words.append("\(crystal.count) atoms")
    if let energy = energyAboveHull, energy.isFinite { words.append("\(readable(energy)) eV/atom above hull") }
    if !remark.isEmpty { words.append(remark) }
    let formula = escaped(crystal.reducedFormula)
    return """
      <figure class="crystal"><canvas data-scene="\(scene)" tabindex="0" role="img" aria-label="\(formula)"></canvas>
      <figcaption>\(saveLink)<b>\(formulaMarkup)</b><br>\(escaped(words.joined(separator: " · ")))</figcaption></figure>
      """
  }
}

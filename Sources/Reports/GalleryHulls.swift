/// The part of a gallery that shows crystals above the convex hulls of their chemical systems.
struct GalleryHulls {
  let plots: [HullPlot]
  /// What the reader is to know of the hull, e.g. its name.
  let note: String

  /// A system to choose, and its figure; the first is shown.
  var html: String {
    let drawn = plots.compactMap { plot in plot.figure.map { (plot: plot, figure: $0) } }
    guard !drawn.isEmpty else { return "" }
    let options = drawn.enumerated().map { place, item in
      "<option value=\"\(place)\">\(escaped(item.plot.name)) (\(item.plot.crystals.count))</option>"
    }
    let figures = drawn.enumerated().map { place, item in
      """
      <figure class="hull" data-system="\(place)"\(place == 0 ? "" : " hidden")>
      \(item.figure.svg)
      <figcaption>On the hull of \(escaped(item.plot.name)), formation energies in eV/atom: \(escaped(item.plot.words)).</figcaption></figure>
      """
    }
    let lead =
      "\(Glossary.link("Formation energies", to: "formation_energy")) of the crystals and of the phases of the "
      + "\(Glossary.link("convex hull", to: "hull")), which \(Glossary.link("tie lines", to: "tie_line")) join. A point leads to its "
      + "crystal. \(escaped(note))"
    return """
      <section>
      <h2>Convex hulls</h2>
      <p class="faint">\(lead)</p>
      <p class="tools"><label>chemical system <select id="system">\(options.joined())</select></label></p>
      \(figures.joined(separator: "\n"))
      </section>
      """
  }
}

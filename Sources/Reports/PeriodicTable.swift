import Crystals
import Evaluation
import Foundation

/// Where the elements stand in the periodic table of 18 groups, lanthanides and actinides in two rows below.
enum PeriodicTable {
  static let columns = 18
  static let rows = 9

  /// Row and column from 0.
  static func place(_ z: Int) -> (row: Int, column: Int) {
    switch z {
    case 1: return (0, 0)
    case 2: return (0, 17)
    case 57...71: return (7, z - 55)
    case 89...103: return (8, z - 87)
    default: break
    }
    // The noble gas before each period.
    let starts = [0, 2, 10, 18, 36, 54, 86]
    let period = starts.lastIndex { $0 < z } ?? 0
    let place = z - starts[period]
    // Short periods lack the d block, in long ones the f block stands below.
    let gap = place <= 2 ? 0 : [0, 10, 10, 0, 0, -14, -14][period]
    return (period, place - 1 + gap)
  }

  /// Buttons that narrow a gallery to elements, each with the number of its crystals.
  ///
  /// - Parameter counts: crystals with each element, by atomic number.
  static func buttons(_ counts: [Int: Int]) -> String {
    let most = Double(max(1, counts.values.max() ?? 1))
    let cells = (1...max(103, counts.keys.max() ?? 0)).map { z -> String in
      let (row, column) = place(z)
      let symbol = Element.symbol(z)
      let grid = "grid-area:\(row + 1)/\(column + 1)"
      guard let count = counts[z] else { return "<span style=\"\(grid)\">\(symbol)</span>" }
      let words = "\(symbol): \(count) crystal\(count == 1 ? "" : "s")"
      // Rare elements are to be seen, too.
      let share = Int((100 * (0.12 + 0.6 * (Double(count) / most).squareRoot())).rounded())
      return
        "<button type=\"button\" data-element=\"\(symbol)\" aria-pressed=\"false\" aria-label=\"\(words)\" title=\"\(words)\" "
        + "style=\"\(grid);--share:\(share)%\">\(symbol)<small>\(count)</small></button>"
    }
    return """
      <div class="elements" role="group" aria-label="only crystals with these elements">
      \(cells.joined())
      </div>
      """
  }
}

/// Crystals with each element, generated against training, in the periodic table.
///
/// The upper number of a cell is the share of generated crystals with the element, the lower one that of training crystals; colour says
/// which is larger, darker where the ratio is.
func elementMap(_ distribution: Distribution, run: Int) -> SVGFigure {
  let (width, height) = (52.0, 46.0)
  var figure = SVGFigure(
    width: 940, height: height * Double(PeriodicTable.rows) + 34, title: "Elements of generated and training crystals")
  var places: [Int: Int] = [:]
  for (k, name) in distribution.categories.enumerated() { if let z = Element.atomicNumber(name) { places[z] = k } }
  for z in 1...103 {
    let (row, column) = PeriodicTable.place(z)
    let (x, y) = (2 + width * Double(column), 2 + height * Double(row) + (row > 6 ? 6 : 0))
    func share(_ values: [Double]) -> Double { places[z].flatMap { $0 < values.count ? values[$0] : nil } ?? 0 }
    let (own, known) = (share(distribution.generated), share(distribution.reference))
    let symbol = Element.symbol(z)
    guard own > 0 || known > 0 else {
      figure.text(symbol, x: x + 5, y: y + 15, size: 12, ink: .rule)
      continue
    }
    let hint = "\(symbol): in \(percent(own, 2)) of generated, \(percent(known, 2)) of training crystals"
    // Four times as many, or a quarter, are the darkest; an element of one side only is, too.
    let ratio = own == 0 ? -2 : known == 0 ? 2 : max(-2, min(2, log2(own / known)))
    figure.rectangle(
      x: x, y: y, width: width - 3, height: height - 3, fill: ratio >= 0 ? .run(run) : .reference,
      opacity: 0.06 + 0.34 * abs(ratio), hint: hint)
    figure.text(symbol, x: x + 5, y: y + 15, size: 12.5, ink: .text)
    figure.text(percent(own, own < 0.0995 ? 1 : 0), x: x + width - 7, y: y + 27, size: 9.5, ink: .text, anchor: .end)
    figure.text(percent(known, known < 0.0995 ? 1 : 0), x: x + width - 7, y: y + 38, size: 9.5, ink: .text, anchor: .end)
  }
  let y = height * Double(PeriodicTable.rows) + 18
  figure.rectangle(x: 2, y: y, width: 12, height: 12, fill: .run(run), opacity: 0.74)
  figure.text("four times as many as in training", x: 20, y: y + 10)
  figure.rectangle(x: 200, y: y, width: 12, height: 12, fill: .reference, opacity: 0.74)
  figure.text("a quarter", x: 218, y: y + 10)
  figure.text("upper number: generated, lower number: training", x: 938, y: y + 10, anchor: .end)
  return figure
}

import Crystals
import Foundation
import Tensors

/// What a crystal is made of, in numbers of about 1.
enum CrystalContents {
  /// Shares of the elements; means and deviations over the atoms of what elements are like; logarithm of the atoms of the primitive
  /// cell, sites, elements; logarithms of the volume an atom, and of it over the atoms' own, zeros without a cell.
  static let columns = BeliefBatch.elementClasses + 2 * ElementTable.columns + 3 + 2

  /// (B, columns).
  static func rows(_ examples: [PropertyExample]) -> Matrix {
    var rows = Matrix(rows: examples.count, columns: columns)
    for (b, example) in examples.enumerated() { fill(&rows, b, example) }
    return rows
  }

  private static func fill(_ contents: inout Matrix, _ b: Int, _ example: PropertyExample) {
    let (classes, width) = (BeliefBatch.elementClasses, ElementTable.columns)
    let table = ElementTable.descriptors
    for (z, share) in zip(example.elements, example.shares) { contents[b, Int(z) - 1] += share }
    // Each once and in one order, so that a crystal has one description.
    let elements = Set(example.elements).sorted().map { (z: Int($0), share: contents[b, Int($0) - 1]) }
    var own: Float = 0
    for (z, share) in elements {
      for c in 0..<width { contents[b, classes + c] += share * table[z, c] }
      own += share * Float(pow(Element.covalentRadius(z), 3))
    }
    for (z, share) in elements {
      for c in 0..<width {
        let d = table[z, c] - contents[b, classes + c]
        contents[b, classes + width + c] += share * d * d
      }
    }
    for c in classes + width..<classes + 2 * width { contents[b, c].formSquareRoot() }
    let rest = classes + 2 * width
    contents[b, rest] = log(example.atomCount / Float(SpaceGroup.numbered(example.spaceGroup).centrings)) - 2
    contents[b, rest + 1] = 0.2 * Float(example.elements.count)
    contents[b, rest + 2] = 0.3 * Float(elements.count)
    guard let volume = example.logVolume else { return }
    contents[b, rest + 3] = volume / 0.4
    contents[b, rest + 4] = (volume - log(own / 2.7)) / 0.4
  }
}

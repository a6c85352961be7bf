import Crystals
import Tensors

/// Numbers that say what elements are like, so that a rare one is not unknown: rows as `SkeletonElement` counts them.
enum ElementTable {
  /// Columns: periods 1 to 7, columns 1 to 18 of the periodic table and lanthanides or actinides, common oxidation states -4 to 7, whether it is
  /// a metal, electronegativity and covalent radius.
  static let columns = 7 + 19 + 12 + 3

  /// (rows, columns); zeros where a skeleton starts and for elements that are open.
  static let descriptors: Matrix = {
    var matrix = Matrix(rows: SkeletonElement.rows, columns: columns)
    for z in 1...BeliefBatch.elementClasses {
      let (period, column) = place(z)
      matrix[z, period - 1] = 1
      matrix[z, 7 + column - 1] = 1
      for state in OxidationStates.common(z) { matrix[z, 7 + 19 + 4 + state] = 1 }
      matrix[z, columns - 3] = OxidationStates.of(z)?.isMetal ?? false ? 1 : 0
      matrix[z, columns - 2] = Float((OxidationStates.of(z)?.electronegativity ?? 1.8) - 1.8)
      matrix[z, columns - 1] = Float(Element.covalentRadius(z) - 1.4)
    }
    return matrix
  }()

  /// Period, and column of the periodic table; 19 for lanthanides and actinides but lanthanum and actinium, which stand in the third.
  static func place(_ z: Int) -> (period: Int, column: Int) {
    let nobleGases = [0, 2, 10, 18, 36, 54, 86, 118]
    let period = nobleGases.firstIndex { z <= $0 } ?? 7
    let inPeriod = z - nobleGases[period - 1]
    switch period {
    case 1: return (1, inPeriod == 1 ? 1 : 18)
    case 2, 3: return (period, inPeriod <= 2 ? inPeriod : inPeriod + 10)
    case 4, 5: return (period, inPeriod)
    default:
      if inPeriod <= 3 { return (period, inPeriod) }
      return (period, inPeriod <= 17 ? 19 : inPeriod - 14)
    }
  }
}

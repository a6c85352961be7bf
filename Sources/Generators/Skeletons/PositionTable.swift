import Crystals
import Foundation
import Tensors

/// The Wyckoff positions of all groups, one after the other, and numbers that say what they are like: letters mean nothing beyond a group.
enum PositionTable {
  /// (231) the row of each group's first position; row 0 is no position.
  static let firstRows: [Int] = (1...230).reduce(into: [0, 1]) { rows, number in
    rows.append(rows[number] + SpaceGroup.numbered(number).wyckoffPositions.count)
  }

  /// Rows in all.
  static let count = firstRows[231]

  /// Columns of `descriptors`: operations on the axes; freedom; logarithms of the multiplicity in the conventional and the primitive cell.
  static let columns = BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses + 4 + 2

  /// (rows, columns)
  static let descriptors: Matrix = {
    var matrix = Matrix(rows: count, columns: columns)
    for number in 1...230 {
      let group = SpaceGroup.numbered(number)
      for (p, position) in group.wyckoffPositions.enumerated() {
        let row = firstRows[number] + p
        for (axis, operation) in position.members[0].siteSymmetry.operations.enumerated() {
          matrix[row, axis * BeliefBatch.symmetryClasses + Int(operation)] = 1
        }
        matrix[row, columns - 6 + position.degreesOfFreedom] = 1
        matrix[row, columns - 2] = log(Float(position.multiplicity))
        matrix[row, columns - 1] = log(Float(position.multiplicity) / Float(group.centrings))
      }
    }
    return matrix
  }()
}

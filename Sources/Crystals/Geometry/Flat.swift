/// The points `W u + w` of space that a site symmetry leaves fixed: a point, a line, a plane or all of space.
///
/// Exact: W has small integers, w integers over 24. Columns of W that are not zero are a primitive basis of the directions.
struct Flat: Sendable, Hashable {
  /// 3x3 by rows.
  var matrix: [Int]
  /// Over 24, each in 0..<24.
  var translation: [Int]

  /// From the field's notation, e.g. `x,2x,1/4`.
  init(triplet: String) {
    var matrix = [Int](repeating: 0, count: 9)
    var translation = [0, 0, 0]
    for (row, part) in triplet.split(separator: ",").enumerated() {
      var sign = 1
      var number = 0
      var denominator: Int?
      func flush() {
        guard number != 0 else { return }
        translation[row] += sign * number * 24 / (denominator ?? 1)
      }
      for c in part.utf8 {
        switch c {
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
          flush()
          (sign, number, denominator) = (c == UInt8(ascii: "-") ? -1 : 1, 0, nil)
        case UInt8(ascii: "/"): denominator = 0
        case UInt8(ascii: "x")...UInt8(ascii: "z"):
          matrix[3 * row + Int(c - UInt8(ascii: "x"))] = sign * max(1, number)
          (sign, number, denominator) = (1, 0, nil)
        default:
          let digit = Int(c - UInt8(ascii: "0"))
          if let d = denominator { denominator = 10 * d + digit } else { number = 10 * number + digit }
        }
      }
      flush()
    }
    self.init(matrix: matrix, translation: translation)
  }

  init(matrix: [Int], translation: [Int]) {
    self.matrix = matrix
    self.translation = translation.map { positiveRemainder($0, SymmetryOperation.denominator) }
  }

  /// The image under an operation, its translation wrapped into the cell.
  func image(under g: SymmetryOperation) -> Flat {
    let t = multiply(g.rotation, vector: translation)
    return Flat(
      matrix: multiply(g.rotation, matrix), translation: zip(t, g.translation).map { $0 + $1 })
  }

  /// Indices of the columns of W that are not zero.
  var freeColumns: [Int] {
    (0..<3).filter { matrix[$0] != 0 || matrix[3 + $0] != 0 || matrix[6 + $0] != 0 }
  }

  /// Column k of W.
  func column(_ k: Int) -> [Int] { [matrix[k], matrix[3 + k], matrix[6 + k]] }

  /// Whether two flats of equal dimension are the same set of points up to lattice translations.
  func isSameSet(as other: Flat) -> Bool {
    let n = SymmetryOperation.denominator
    let d = zip(other.translation, translation).map { $0 - $1 }
    let columns = freeColumns
    switch columns.count {
    case 0: return d.allSatisfy { $0 % n == 0 }
    case 3: return true
    case 1:
      // Both pass through points with coordinates over 24, so whole steps along the primitive direction suffice.
      let u = column(columns[0])
      let v = other.column(other.freeColumns[0])
      guard u == v || u == v.map({ -$0 }) else { return false }
      return (0..<n).contains { k in zip(d, u).allSatisfy { ($0 - k * $1) % n == 0 } }
    default:
      let h = crossProduct(column(columns[0]), column(columns[1]))
      let v = other.freeColumns
      let k = crossProduct(other.column(v[0]), other.column(v[1]))
      guard h == k || h == k.map({ -$0 }) else { return false }
      return zip(h, d).reduce(0) { $0 + $1.0 * $1.1 } % n == 0
    }
  }
}

func crossProduct(_ a: [Int], _ b: [Int]) -> [Int] {
  [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

public import Crystals

/// A crystal to be drawn in the report.
public struct GalleryCrystal: Sendable {
  /// Name within its run, used for the file to save.
  public var identifier: String
  /// The cell that is drawn.
  public var crystal: Crystal
  /// International number as found; 0 where nobody knows.
  public var spaceGroup: Int
  /// eV/atom; nil where it is not known.
  public var energyAboveHull: Double?
  /// A few words, e.g. `unique, novel`.
  public var remark: String
  /// Text of the CIF file that the reader can save.
  public var cif: String

  /// - Parameters:
  ///   - identifier: the crystal's name.
  ///   - spaceGroup: as found; 0 where nobody knows.
  ///   - energyAboveHull: in eV/atom.
  ///   - remark: a few words.
  ///   - cif: text of the file to save.
  public init(
    identifier: String, crystal: Crystal, spaceGroup: Int, energyAboveHull: Double? = nil,
    remark: String = "", cif: String
  ) {
    self.identifier = identifier
    self.crystal = crystal
    self.spaceGroup = spaceGroup
    self.energyAboveHull = energyAboveHull
    self.remark = remark
    self.cif = cif
  }

  /// What the viewer draws, as JSON: atoms `[x, y, z, radius, color, symbol]` and the cell's vectors in angstrom about the cell's center.
  var scene: String {
    let center = crystal.lattice.cartesian(Vector3(repeating: 0.5))
    let atoms = drawnAtoms.map { z, place in
      let p = crystal.lattice.cartesian(place) - center
      // Covalent radii, halved so that the structure stays visible between the balls.
      let radius = 0.5 * Element.covalentRadius(max(1, min(Int(z), Element.last)))
      return
        "[\(short(p.x)),\(short(p.y)),\(short(p.z)),\(short(radius)),\"\(ElementColor.of(Int(z)))\",\"\(Element.symbol(Int(z)))\"]"
    }
    let vectors = (0..<3).map { k in
      let v = crystal.lattice.vectors[k]
      return "[\(short(v.x)),\(short(v.y)),\(short(v.z))]"
    }
    return "{\"cell\":[\(vectors.joined(separator: ","))],\"atoms\":[\(atoms.joined(separator: ","))]}"
  }

  /// The atoms of the cell and the copies of those on its faces, edges and corners.
  private var drawnAtoms: [(atomicNumber: UInt8, place: Vector3)] {
    var atoms: [(UInt8, Vector3)] = []
    for (z, point) in zip(crystal.atomicNumbers, crystal.fractionalCoordinates)
    where point.sum().isFinite {
      var places = [point.wrapped]
      for k in 0..<3 {
        places = places.flatMap { p in
          var other = p
          if p[k] < 0.01 { other[k] += 1 } else if p[k] > 0.99 { other[k] -= 1 } else { return [p] }
          return [p, other]
        }
      }
      atoms += places.map { (z, $0) }
    }
    return atoms
  }

  /// The formula as HTML, counts as subscripts.
  var formulaMarkup: String { subscriptMarkup(crystal.chemicalFormula) }

  /// The remark as HTML, formulas in it with their counts as subscripts.
  var remarkMarkup: String {
    remark.split(separator: " ", omittingEmptySubsequences: false).map { word in
      let formula = word.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
      let isFormula = formula.first?.isUppercase == true && (try? Formula(String(formula))) != nil
      return (isFormula ? subscriptMarkup(String(formula)) : escaped(String(formula)))
        + escaped(String(word.dropFirst(formula.count)))
    }.joined(separator: " ")
  }

  /// A link that saves the CIF, without a script.
  var saveLink: String {
    let name = escaped("\(crystal.chemicalFormula)-\(identifier).cif")
    return "<a download=\"\(name)\" href=\"data:chemical/x-cif;charset=utf-8,\(percentEncoded(cif))\">CIF</a>"
  }
}

/// A formula as HTML, counts as subscripts.
func subscriptMarkup(_ formula: String) -> String {
  var markup = ""
  var isCount = false
  for c in formula {
    if c.isNumber != isCount {
      markup += c.isNumber ? "<sub>" : "</sub>"
      isCount = c.isNumber
    }
    markup.append(c)
  }
  return markup + (isCount ? "</sub>" : "")
}

/// Text for a `data:` address: all but letters, digits and `-._~` as bytes in hexadecimal.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var bytes: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      bytes.append(byte)
    default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

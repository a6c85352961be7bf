extension Element {
  /// Pauling's electronegativity; nil where nobody has given one (the light noble gases, and what is behind lawrencium).
  public static func electronegativity(_ atomicNumber: Int) -> Double? {
    guard electronegativities.indices.contains(atomicNumber - 1), electronegativities[atomicNumber - 1] > 0 else { return nil }
    return electronegativities[atomicNumber - 1]
  }

  private static let electronegativities: [Double] = [
    2.20, 0, 0.98, 1.57, 2.04, 2.55, 3.04, 3.44, 3.98, 0, 0.93, 1.31, 1.61, 1.90,
    2.19, 2.58, 3.16, 0, 0.82, 1.00, 1.36, 1.54, 1.63, 1.66, 1.55, 1.83, 1.88, 1.91,
    1.90, 1.65, 1.81, 2.01, 2.18, 2.55, 2.96, 3.00, 0.82, 0.95, 1.22, 1.33, 1.60, 2.16,
    1.90, 2.20, 2.28, 2.20, 1.93, 1.69, 1.78, 1.96, 2.05, 2.10, 2.66, 2.60, 0.79, 0.89,
    1.10, 1.12, 1.13, 1.14, 1.13, 1.17, 1.20, 1.20, 1.10, 1.22, 1.23, 1.24, 1.25, 1.10,
    1.27, 1.30, 1.50, 2.36, 1.90, 2.20, 2.20, 2.28, 2.54, 2.00, 1.62, 2.33, 2.02, 2.00,
    2.20, 2.20, 0.70, 0.90, 1.10, 1.30, 1.50, 1.38, 1.36, 1.28, 1.30, 1.30, 1.30, 1.30,
    1.30, 1.30, 1.30, 1.30, 1.30,
  ]
}

extension Formula {
  /// As chemists write it: the least electronegative element first, those without a number last in the order of their symbols.
  public var conventional: Formula {
    func key(_ z: UInt8) -> (Double, String) { (Element.electronegativity(Int(z)) ?? .infinity, Element.symbol(Int(z))) }
    let sorted = zip(elements, counts).sorted { key($0.0) < key($1.0) }
    return Formula(elements: sorted.map(\.0), counts: sorted.map(\.1))
  }
}

extension Crystal {
  /// The reduced formula as chemists write it: `SrTiO3`, `LiFePO4`.
  public var chemicalFormula: String {
    let parts = composition
    guard !parts.isEmpty else { return "" }
    return Formula(elements: parts.map { UInt8($0.atomicNumber) }, counts: parts.map(\.count)).reduced.conventional.description
  }
}

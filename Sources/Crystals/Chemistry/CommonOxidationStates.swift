extension OxidationStates {
  /// The oxidation states that an element mostly has in inorganic solids, in rising order; 0 is none of them, and elements that form next to
  /// no ionic compounds have none.
  ///
  /// A shorter table than `states`, so that balance excludes something: textbook values (Greenwood & Earnshaw, Chemistry of the Elements).
  public static func common(_ atomicNumber: Int) -> [Int] { commonStates[atomicNumber, default: []] }

  private static let commonStates: [Int: [Int]] = {
    var states: [Int: [Int]] = [:]
    for line in commonTable.split(separator: "\n") {
      let fields = line.split(separator: " ")
      for symbol in fields.prefix(while: { Int($0) == nil }) {
        guard let z = Element.atomicNumber(String(symbol)) else { preconditionFailure("no element \(symbol)") }
        states[z] = fields.compactMap { Int($0) }
      }
    }
    return states
  }()

  /// Symbols, then their states.
  private static let commonTable = """
    Li Na K Rb Cs Fr +1
    Be Mg Ca Sr Ba Ra Zn Cd +2
    B Al Ga Sc Y La Pr Nd Pm Gd Tb Dy Ho Er Tm Lu Ac Am Cm Bk Cf Es +3
    In Tl +1 +3
    H -1 +1
    C Si Ge -4 +4
    N -3 +3 +5
    P As Sb -3 +3 +5
    Bi +3 +5
    O -2
    S Se Te -2 +4 +6
    F -1
    Cl Br I -1 +5 +7
    Ti +2 +3 +4
    Zr Hf +4
    V +2 +3 +4 +5
    Nb Ta +3 +4 +5
    Cr +2 +3 +6
    Mo W +4 +5 +6
    Mn +2 +3 +4 +7
    Tc Re +4 +6 +7
    Fe Co +2 +3
    Ni +2 +3
    Ru Os Rh Ir +3 +4
    Pd +2 +4
    Pt +2 +4
    Cu +1 +2
    Ag +1
    Au +1 +3
    Hg +1 +2
    Sn Pb +2 +4
    Ce +3 +4
    Sm Eu Yb +2 +3
    Th +4
    Pa +4 +5
    U Np Pu +3 +4 +5 +6
    Xe +2 +4 +6
    """
}

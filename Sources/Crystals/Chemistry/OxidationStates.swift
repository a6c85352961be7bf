/// Oxidation states, Pauling electronegativity and metallic character of the elements hydrogen to lawrencium.
///
/// The values are those of SMACT 2.5.5 (https://github.com/WMD-group/SMACT, MIT licence): the oxidation states of its table of
/// 2014, which the field's compositional validity is defined with, its Pauling electronegativities and its list of metals.
public struct OxidationStates: Sendable {
  /// Pauling's scale; nil where SMACT has none.
  public let electronegativity: Double?
  /// Whether SMACT lists the element as a metal.
  public let isMetal: Bool
  /// In rising order; empty for the noble gases that form no compounds.
  public let states: [Int]

  /// The entry of an element, nil past lawrencium.
  public static func of(_ atomicNumber: Int) -> OxidationStates? {
    (1...entries.count).contains(atomicNumber) ? entries[atomicNumber - 1] : nil
  }

  private static let entries: [OxidationStates] = table.split(separator: "\n").map { line in
    let fields = line.split(separator: " ")
    return OxidationStates(
      electronegativity: Double(fields[1]), isMetal: fields[2] == "metal",
      states: fields.dropFirst(3).compactMap { Int($0) })
  }

  /// Symbol, electronegativity, metal or other, oxidation states.
  private static let table = """
    H 2.2 other -1 +1
    He - other
    Li 0.98 metal +1
    Be 1.57 metal +1 +2
    B 2.04 other +1 +2 +3
    C 2.55 other -4 -3 -2 -1 +1 +2 +3 +4
    N 3.04 other -3 -2 -1 +1 +2 +3 +4 +5
    O 3.44 other -2 -1 +1 +2
    F 3.98 other -1
    Ne - other
    Na 0.93 metal -1 +1
    Mg 1.31 metal +1 +2
    Al 1.61 metal +1 +2 +3
    Si 1.9 other -4 -3 -2 -1 +1 +2 +3 +4
    P 2.19 other -3 -2 -1 +1 +2 +3 +4 +5
    S 2.58 other -2 -1 +1 +2 +3 +4 +5 +6
    Cl 3.16 other -1 +1 +2 +3 +4 +5 +6 +7
    Ar - other
    K 0.82 metal -1 +1
    Ca 1 metal +1 +2
    Sc 1.36 metal +1 +2 +3
    Ti 1.54 metal -1 +1 +2 +3 +4
    V 1.63 metal -1 +1 +2 +3 +4 +5
    Cr 1.66 metal -2 -1 +1 +2 +3 +4 +5 +6
    Mn 1.55 metal -3 -2 -1 +1 +2 +3 +4 +5 +6 +7
    Fe 1.83 metal -2 -1 +1 +2 +3 +4 +5 +6
    Co 1.88 metal -1 +1 +2 +3 +4 +5
    Ni 1.91 metal -1 +1 +2 +3 +4
    Cu 1.9 metal +1 +2 +3 +4
    Zn 1.65 metal +1 +2
    Ga 1.81 metal +1 +2 +3
    Ge 2.01 metal -4 -3 -2 -1 +1 +2 +3 +4
    As 2.18 other -3 +1 +2 +3 +5
    Se 2.55 other -2 +1 +2 +4 +6
    Br 2.96 other -1 +1 +2 +3 +4 +5 +7
    Kr 3 other +2
    Rb 0.82 metal -1 +1
    Sr 0.95 metal +1 +2
    Y 1.22 metal +1 +2 +3
    Zr 1.33 metal +1 +2 +3 +4
    Nb 1.6 metal -1 +1 +2 +3 +4 +5
    Mo 2.16 metal -2 -1 +1 +2 +3 +4 +5 +6
    Tc 2.1 metal -3 -1 +1 +2 +3 +4 +5 +6 +7
    Ru 2.2 metal -2 +1 +2 +3 +4 +5 +6 +7 +8
    Rh 2.28 metal -1 +1 +2 +3 +4 +5 +6
    Pd 2.2 metal +1 +2 +4 +6
    Ag 1.93 metal +1 +2 +3 +4
    Cd 1.69 metal +1 +2
    In 1.78 metal +1 +2 +3
    Sn 1.96 metal -4 +2 +4
    Sb 2.05 metal -3 +3 +5
    Te 2.1 other -2 +2 +4 +5 +6
    I 2.66 other -1 +1 +3 +4 +5 +7
    Xe 2.6 other +1 +2 +4 +6 +8
    Cs 0.79 metal -1 +1
    Ba 0.89 metal +2
    La 1.1 metal +2 +3
    Ce 1.12 metal +2 +3 +4
    Pr 1.13 metal +2 +3 +4
    Nd 1.14 metal +2 +3 +4
    Pm - other +2 +3
    Sm 1.17 metal +2 +3
    Eu 1.2 metal +2 +3
    Gd 1.2 metal +1 +2 +3
    Tb 1.2 metal +1 +2 +3 +4
    Dy 1.22 metal +2 +3 +4
    Ho 1.23 metal +2 +3
    Er 1.24 metal +2 +3
    Tm 1.25 metal +2 +3
    Yb 1.1 metal +2 +3
    Lu 1 metal +3
    Hf 1.3 metal +2 +3 +4
    Ta 1.5 metal -1 +2 +3 +4 +5
    W 1.7 metal -2 -1 +1 +2 +3 +4 +5 +6
    Re 1.9 metal -3 -1 +1 +2 +3 +4 +5 +6 +7
    Os 2.2 metal -2 -1 +1 +2 +3 +4 +5 +6 +7 +8
    Ir 2.2 metal -3 -1 +1 +2 +3 +4 +5 +6 +7 +8
    Pt 2.2 metal -2 -1 +1 +2 +3 +4 +5 +6
    Au 2.4 metal -1 +1 +2 +3 +5
    Hg 1.9 metal +1 +2 +4
    Tl 1.8 metal -1 +1 +3
    Pb 1.8 metal -4 +2 +4
    Bi 1.9 metal -3 +1 +3 +5 +7
    Po 2 metal -2 +2 +4 +5 +6
    At 2.2 other -1 +1 +3 +5 +7
    Rn - other +2 +6
    Fr 0.7 metal +1
    Ra 0.9 metal +2
    Ac 1.1 metal +2 +3
    Th 1.3 metal +2 +3 +4
    Pa 1.5 metal +2 +3 +4 +5
    U 1.7 metal +2 +3 +4 +5 +6
    Np 1.3 metal +3 +4 +5 +6 +7
    Pu 1.3 metal +2 +3 +4 +5 +6 +7 +8
    Am 1.3 metal +2 +3 +4 +5 +6 +7
    Cm 1.3 metal +2 +3 +4 +6 +8
    Bk 1.3 metal +2 +3 +4
    Cf 1.3 metal +2 +3 +4
    Es 1.3 metal +2 +3 +4
    Fm 1.3 metal +2 +3
    Md 1.3 metal +2 +3
    No 1.3 metal +2 +3
    Lr - other +3
    """
}

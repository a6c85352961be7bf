/// Chemical elements by atomic number, 1...118.
public enum Element {
  /// The largest atomic number that has a name.
  public static let last = 118

  /// The symbol of an element, `X` where no element has that number.
  public static func symbol(_ atomicNumber: Int) -> String {
    (1...last).contains(atomicNumber) ? symbols[atomicNumber - 1] : "X"
  }

  /// The atomic number of a symbol; deuterium and tritium are hydrogen.
  public static func atomicNumber(_ symbol: String) -> Int? { numbers[symbol] }

  /// Standard atomic weight in unified atomic mass units (IUPAC), the longest-lived isotope's where there is none.
  public static func mass(_ atomicNumber: Int) -> Double { masses[atomicNumber - 1] }

  /// Covalent radius in angstrom (Cordero et al., Dalton Trans. 2008, 2832); 1.65 behind curium, where none is known.
  public static func covalentRadius(_ atomicNumber: Int) -> Double { radii[atomicNumber - 1] }

  private static let numbers: [String: Int] = {
    var numbers = ["D": 1, "T": 1]
    for (index, symbol) in symbols.enumerated() { numbers[symbol] = index + 1 }
    // Names by number, of the time before the elements had others.
    for (index, symbol) in ["Uub", "Uut", "Uuq", "Uup", "Uuh", "Uus", "Uuo"].enumerated() { numbers[symbol] = 112 + index }
    return numbers
  }()

  private static let symbols: [String] = [
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si",
    "P", "S", "Cl", "Ar", "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni",
    "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y", "Zr", "Nb", "Mo",
    "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe", "Cs", "Ba",
    "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb",
    "Lu", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po",
    "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk", "Cf",
    "Es", "Fm", "Md", "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn",
    "Nh", "Fl", "Mc", "Lv", "Ts", "Og",
  ]

  private static let masses: [Double] = [
    1.00794, 4.002602, 6.941, 9.012182, 10.811, 12.0107, 14.0067, 15.9994, 18.9984032,
    20.1797, 22.98976928, 24.305, 26.9815386, 28.0855, 30.973762, 32.065, 35.453, 39.948,
    39.0983, 40.078, 44.955912, 47.867, 50.9415, 51.9961, 54.938045, 55.845, 58.933195,
    58.6934, 63.546, 65.409, 69.723, 72.64, 74.9216, 78.96, 79.904, 83.798,
    85.4678, 87.62, 88.90585, 91.224, 92.90638, 95.94, 98.0, 101.07, 102.9055,
    106.42, 107.8682, 112.411, 114.818, 118.71, 121.76, 127.6, 126.90447, 131.293,
    132.9054519, 137.327, 138.90547, 140.116, 140.90765, 144.242, 145.0, 150.36, 151.964,
    157.25, 158.92535, 162.5, 164.93032, 167.259, 168.93421, 173.04, 174.967, 178.49,
    180.94788, 183.84, 186.207, 190.23, 192.217, 195.084, 196.966569, 200.59, 204.3833,
    207.2, 208.9804, 210.0, 210.0, 220.0, 223.0, 226.0, 227.0, 232.03806,
    231.03588, 238.02891, 237.0, 244.0, 243.0, 247.0, 247.0, 251.0, 252.0,
    257.0, 258.0, 259.0, 262.0, 267.122, 268.126, 271.134, 270.133, 269.1338,
    278.156, 281.165, 281.166, 285.177, 286.182, 289.19, 289.194, 293.204, 293.208,
    294.214,
  ]

  private static let radii: [Double] = [
    0.31, 0.28, 1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58, 1.66, 1.41, 1.21, 1.11,
    1.07, 1.05, 1.02, 1.06, 2.03, 1.76, 1.70, 1.60, 1.53, 1.39, 1.39, 1.32, 1.26, 1.24,
    1.32, 1.22, 1.22, 1.20, 1.19, 1.20, 1.20, 1.16, 2.20, 1.95, 1.90, 1.75, 1.64, 1.54,
    1.47, 1.46, 1.42, 1.39, 1.45, 1.44, 1.42, 1.39, 1.39, 1.38, 1.39, 1.40, 2.44, 2.15,
    2.07, 2.04, 2.03, 2.01, 1.99, 1.98, 1.98, 1.96, 1.94, 1.92, 1.92, 1.89, 1.90, 1.87,
    1.87, 1.75, 1.70, 1.62, 1.51, 1.44, 1.41, 1.36, 1.36, 1.32, 1.45, 1.46, 1.48, 1.40,
    1.50, 1.50, 2.60, 2.21, 2.15, 2.06, 2.00, 1.96, 1.90, 1.87, 1.80, 1.69, 1.65, 1.65,
    1.65, 1.65, 1.65, 1.65, 1.65, 1.65, 1.65, 1.65, 1.65, 1.65, 1.65, 1.65, 1.65, 1.65,
    1.65, 1.65, 1.65, 1.65, 1.65, 1.65,
  ]
}

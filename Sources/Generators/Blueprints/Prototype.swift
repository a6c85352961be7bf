public import Crystals

/// What crystals of one prototype have in common but for coordinates: the space group, the Wyckoff position of every site, and which
/// sites share their element (as the labels of AFLOW's prototypes say it, Mehl et al. 2017, but with this setting's own letters).
public struct Prototype: Sendable, Hashable {
  /// International number.
  public let spaceGroup: Int
  /// (m) indices into `SpaceGroup.wyckoffPositions`.
  public let wyckoffPositions: [Int]
  /// (m) numbers from 0 on that sites of one element share.
  public let elementLabels: [Int]

  /// In any order of sites and labels; prototypes that differ in it alone come out equal.
  public init(spaceGroup: Int, wyckoffPositions: [Int], elementLabels: [Int]) {
    self.spaceGroup = spaceGroup
    var sites: [Int: [Int]] = [:]
    for (position, number) in zip(wyckoffPositions, elementLabels) { sites[number, default: []].append(position) }
    let sorted = sites.values.map { $0.sorted() }.sorted { $0.lexicographicallyPrecedes($1) }
    self.wyckoffPositions = sorted.flatMap { $0 }
    self.elementLabels = sorted.enumerated().flatMap { [Int](repeating: $0, count: $1.count) }
  }

  /// - Returns: nil where a site's letter is not one of the group's.
  public init?(_ unit: AsymmetricUnit) {
    let group = SpaceGroup.numbered(unit.spaceGroup)
    let positions = unit.sites.compactMap { group.positionIndex(lettered: $0.wyckoffLetter) }
    guard positions.count == unit.sites.count, !positions.isEmpty else { return nil }
    self.init(
      spaceGroup: unit.spaceGroup, wyckoffPositions: positions, elementLabels: ElementLabels.of(unit.sites.map(\.atomicNumber)))
  }
}

extension Prototype {
  /// Reads a label of AFLOW's encyclopedia (Mehl et al. 2017): `ABC3_cP5_221_a_b_c`, formula, Pearson symbol, space group, and for each element
  /// the letters of its Wyckoff positions, with a number before one that occurs several times. What follows a `-` or a `:` is passed over.
  ///
  /// - Throws: `Rejection` with code `bad_prototype` where the text is no such label, or its letters contradict its formula.
  public init(label text: String) throws(Rejection) {
    func failure(_ why: String) -> Rejection { Rejection("bad_prototype", "'\(text)' is no label of a prototype: \(why)") }
    let fields = text.prefix { $0 != "-" && $0 != ":" }.split(separator: "_", omittingEmptySubsequences: false)
    guard fields.count >= 4, let group = Int(fields[2]), (1...230).contains(group) else {
      throw failure(
        "it is read as ABC3_cP5_221_a_b_c, a formula, a Pearson symbol, a space group, and letters for each element")
    }
    let formula = try AnonymousFormula(String(fields[0]))
    let positions = SpaceGroup.numbered(group).wyckoffPositions
    var sites: [(position: Int, label: Int)] = []
    for (label, letters) in fields[3...].enumerated() {
      var digits = ""
      for byte in letters.utf8 {
        if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
          digits.append(Character(UnicodeScalar(byte)))
          continue
        }
        guard let position = SpaceGroup.numbered(group).positionIndex(lettered: byte) else {
          throw failure("space group \(group) has no Wyckoff position \(Character(UnicodeScalar(byte)))")
        }
        guard let times = digits.isEmpty ? 1 : Int(digits), (1...100).contains(times) else { throw failure("\(digits) sites") }
        sites += Array(repeating: (position, label), count: times)
        digits = ""
      }
      guard digits.isEmpty, !letters.isEmpty else { throw failure("letters are missing") }
    }
    if let twice = Dictionary(grouping: sites, by: \.position).first(where: {
      $1.count > 1 && positions[$0].degreesOfFreedom == 0
    }) {
      throw failure("two sites on \(Character(UnicodeScalar(positions[twice.key].letter))), which has no free coordinate")
    }
    self.init(spaceGroup: group, wyckoffPositions: sites.map(\.position), elementLabels: sites.map(\.label))
    guard AnonymousFormula(self) == formula else {
      throw failure("its letters make \(AnonymousFormula(self)), not \(fields[0])")
    }
  }
}

/// How often a prototype occurs in a training set.
public struct PrototypeCount: Sendable, Equatable {
  /// Group, positions and shared elements.
  public let prototype: Prototype
  /// Crystals of the training set that have it.
  public let count: Int

  /// A prototype that `count` crystals have.
  public init(prototype: Prototype, count: Int) {
    self.prototype = prototype
    self.count = count
  }

  /// Of the units that have one, in the order of their first occurrence.
  static func count(_ units: [AsymmetricUnit]) -> [PrototypeCount] {
    var indices: [Prototype: Int] = [:]
    var counts: [(Prototype, Int)] = []
    for prototype in units.compactMap({ Prototype($0) }) {
      if let i = indices[prototype] {
        counts[i].1 += 1
      } else {
        indices[prototype] = counts.count
        counts.append((prototype, 1))
      }
    }
    return counts.map { PrototypeCount(prototype: $0.0, count: $0.1) }
  }
}

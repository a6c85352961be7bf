public import Crystals
import Tensors

/// A formula without its elements: `ABC3` is that of SrTiO3 and of NaNbO3 (as the Materials Project and OPTIMADE have it).
public struct AnonymousFormula: Sendable, Hashable, CustomStringConvertible {
  /// (elements) atoms of each, rising, without a common divisor.
  public let counts: [Int]

  /// - Parameter counts: atoms of each element, 1 or more, in any order.
  public init(counts: [Int]) {
    precondition(!counts.isEmpty && counts.allSatisfy { $0 > 0 })
    let divisor = counts.reduce(0, greatestCommonDivisor)
    self.counts = counts.map { $0 / divisor }.sorted()
  }

  /// Reads letters with numbers behind them, in any order: `ABC3`, `AB2`, `A2B3`, `A`.
  ///
  /// - Throws: `Rejection` with code `bad_formula`.
  public init(_ text: String) throws(Rejection) {
    var letters: [(letter: UInt8, digits: String)] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): letters.append((byte, ""))
      case UInt8(ascii: "0")...UInt8(ascii: "9") where !letters.isEmpty:
        letters[letters.count - 1].digits.append(Character(UnicodeScalar(byte)))
      default: throw Self.failure(text)
      }
    }
    let counts = letters.map { $0.digits.isEmpty ? 1 : Int($0.digits) ?? 0 }
    guard !letters.isEmpty, letters.enumerated().allSatisfy({ $1.letter == UInt8(ascii: "A") + UInt8($0) }),
      counts.allSatisfy({ (1...Formula.maximumAtoms).contains($0) })
    else { throw Self.failure(text) }
    self.init(counts: counts)
  }

  private static func failure(_ text: String) -> Rejection {
    Rejection(
      "bad_formula", "'\(text)' is no anonymous formula: letters from A on, each once, with numbers behind them, as ABC3")
  }

  /// That of the crystals of a prototype.
  public init(_ prototype: Prototype) {
    let positions = SpaceGroup.numbered(prototype.spaceGroup).wyckoffPositions
    var atoms: [Int: Int] = [:]
    for (position, label) in zip(prototype.wyckoffPositions, prototype.elementLabels) {
      atoms[label, default: 0] += positions[position].multiplicity
    }
    self.init(counts: Array(atoms.values))
  }

  /// `ABC3`: numbers rise, 1 is left out.
  public var description: String {
    counts.enumerated().map { "\(Character(UnicodeScalar(UInt8(ascii: "A") + UInt8($0))))\($1 == 1 ? "" : String($1))" }
      .joined()
  }
}

/// Gives each blueprint a prototype of the training set that has an anonymous formula, as often as it occurs; another proposer names the
/// elements.
public struct AnonymousFormulaProposer: Proposer, CustomStringConvertible {
  /// The prototypes that fit, with their counts.
  public let prototypes: [PrototypeCount]
  private let formula: AnonymousFormula
  private let proposer: any Proposer
  /// How many prototypes are tried before a blueprint is given up.
  private static let tries = 32

  /// - Parameters:
  ///   - among: space groups to choose from; any where empty.
  ///   - chemistry: its numbers of atoms and sites are kept, its elements are the proposer's.
  /// - Throws: `Rejection` with code `no_prototype` where no crystal of the training set has the formula, or none with what else is asked for.
  public init(
    _ formula: AnonymousFormula, _ statistics: DatasetStatistics, among groups: [Int], _ chemistry: Chemistry,
    then proposer: any Proposer
  ) throws(Rejection) {
    let own = statistics.prototypes.filter { AnonymousFormula($0.prototype) == formula }
    guard !own.isEmpty else {
      let known = Set(statistics.prototypes.map { AnonymousFormula($0.prototype) })
        .filter { $0.counts.count == formula.counts.count }.map(\.description).sorted { ($0.count, $0) < ($1.count, $1) }
      throw Rejection(
        "no_prototype",
        "no crystal of the training set is \(formula)"
          + (known.isEmpty
            ? "" : "; of as many elements it has \(known.prefix(12).joined(separator: ", "))\(known.count > 12 ? ", …" : "")"))
    }
    prototypes = own.filter { one in
      let group = SpaceGroup.numbered(one.prototype.spaceGroup)
      let atoms = one.prototype.wyckoffPositions.reduce(0) { $0 + group.wyckoffPositions[$1].multiplicity } / group.centrings
      return (groups.isEmpty || groups.contains(group.number)) && atoms <= chemistry.mostAtoms ?? .max
        && one.prototype.wyckoffPositions.count <= chemistry.mostSites ?? .max
    }
    guard !prototypes.isEmpty else {
      let occurring = Set(own.map(\.prototype.spaceGroup)).sorted()
      throw Rejection(
        "no_prototype",
        "none of the \(own.count) prototypes of \(formula) in the training set has the space group, the number of atoms and the number of "
          + "sites that are asked for; it has them in groups \(occurring.map(String.init).joined(separator: ", "))")
    }
    (self.formula, self.proposer) = (formula, proposer)
  }

  /// `ABC3: 161 prototypes of the training set in 64 groups`.
  public var description: String {
    func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
    let groups = Set(prototypes.map(\.prototype.spaceGroup)).count
    return "\(formula): \(counted(prototypes.count, "prototype")) of the training set in \(counted(groups, "group"))"
  }

  /// Draws a prototype, and another one where no elements fit it.
  ///
  /// - Throws: `Rejection` where no elements fit any that was tried.
  public func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint {
    try candidates(blueprint, index: index, seed: seed)[0]
  }

  /// The candidates of the other proposer for a prototype that is drawn.
  ///
  /// - Throws: `Rejection` where no elements fit any that was tried.
  public func candidates(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> [Blueprint] {
    var random = RandomStream(seed: seed, purpose: "anonymous-formula", index: UInt64(index))
    let weights = prototypes.map { Float($0.count) }
    var last: Rejection?
    for _ in 0..<Self.tries {
      var own = blueprint
      own.take(prototypes[random.index(weights: weights.span)].prototype)
      do throws(Rejection) { return try proposer.candidates(own, index: index, seed: seed) } catch { last = error }
    }
    throw last ?? Rejection("no_prototype", "no prototype fits")
  }
}

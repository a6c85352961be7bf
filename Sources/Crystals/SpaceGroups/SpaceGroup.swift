import Synchronization

/// A space-group type in its conventional setting: unique axis b and cell choice 1, origin choice 2, hexagonal axes.
///
/// Operations come from spglib's table by Hall number; Wyckoff positions from one point each in `SpaceGroup.table`. Orbits,
/// stabilisers and site symmetries are derived from the operations, in exact integers.
public final class SpaceGroup: Sendable {
  /// International number, 1...230.
  public let number: Int
  /// Number of the setting as spglib counts them, 1...530.
  public let hallNumber: Int
  /// Hermann-Mauguin symbol, short, an underscore before a screw's subscript.
  public let symbol: String
  /// All operations of the conventional cell, the identity first, centrings included.
  public let operations: [SymmetryOperation]
  /// The number of atoms of the conventional cell in a primitive cell times this is the conventional cell: 1, 2, 3 or 4.
  public let centrings: Int
  /// In the order of their letters: a first, the general position last.
  public let wyckoffPositions: [WyckoffPosition]

  /// Hexagonal axes: trigonal and hexagonal groups.
  public var isHexagonal: Bool { (143...194).contains(number) }

  private static let cache = Mutex<[SpaceGroup?]>([SpaceGroup?](repeating: nil, count: 231))

  /// The group with an international number, 1...230.
  public static func numbered(_ number: Int) -> SpaceGroup {
    precondition((1...230).contains(number))
    if let group = cache.withLock({ $0[number] }) { return group }
    let group = SpaceGroup(number: number)
    cache.withLock { $0[number] = group }
    return group
  }

  private init(number: Int) {
    let fields = Self.lines[number - 1].split(separator: " ").map(String.init)
    self.number = number
    hallNumber = Int(fields[1]) ?? 0
    symbol = fields[2]
    operations = spaceGroupOperations(hallNumber: hallNumber)
    centrings = operations.count { $0.rotation == [1, 0, 0, 0, 1, 0, 0, 0, 1] }
    let letters = Array("abcdefghijklmnopqrstuvwxyzA".utf8)
    var positions: [WyckoffPosition] = []
    for (index, triplet) in fields.dropFirst(3).enumerated() {
      positions.append(
        WyckoffPosition(
          letter: letters[index], flat: Flat(triplet: triplet), operations: operations,
          hexagonal: (143...194).contains(number)))
    }
    wyckoffPositions = positions
  }

  /// The operations of a group without the cost of its Wyckoff positions.
  static func operations(ofNumber number: Int) -> [SymmetryOperation] {
    let hallNumber = lines[number - 1].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return spaceGroupOperations(hallNumber: hallNumber)
  }

  private static let lines = table.split(separator: "\n").map(String.init)

  /// The position with an ASCII letter, nil where the group has none.
  public func wyckoffPosition(letter: UInt8) -> WyckoffPosition? {
    wyckoffPositions.first { $0.letter == letter }
  }

  /// Where the position with a letter stands in `wyckoffPositions`; nil where there is none.
  public func positionIndex(lettered letter: UInt8) -> Int? {
    wyckoffPositions.firstIndex { $0.letter == letter }
  }
}

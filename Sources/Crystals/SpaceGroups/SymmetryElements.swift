/// The symmetry elements of a space group along each of 15 axes, and its centring: what SymmCD's network is told of the group (Levy et
/// al. 2025, section 3.2; made by PyXtal there).
///
/// Axes and their filing are those of `SiteSymmetry`. Screws are told apart along the axes of the cell, glides by the translation as it
/// stands in the operation, less its part along an axis of the cell that is the plane's normal. Of the operations that a centring makes
/// of one, that of the International Tables counts.
public struct SymmetryElements: Sendable, Equatable {
  /// Names of the elements by index.
  public static let kinds = [
    "1", "-1", "2", "2_1", "m", "a", "b", "c", "n", "d", "3", "3_1", "3_2", "4", "-4", "4_1", "4_2", "4_3", "-3", "6", "6_1",
    "6_2",
    "6_3", "6_4", "6_5", "-6",
  ]
  /// Letters of centrings by index.
  public static let centrings = ["P", "I", "F", "A", "B", "C", "R"]
  /// Numbers in a code: centrings, then the kinds of every axis.
  public static let codeCount = centrings.count + SiteSymmetry.axisCount * kinds.count

  /// An index into `centrings`.
  public let centring: Int
  /// (15) indices into `kinds` on each axis.
  public let axes: [Set<Int>]

  /// Those of a group in its conventional setting.
  public init(_ group: SpaceGroup) {
    guard let letter = Self.centrings.firstIndex(of: String(group.symbol.prefix(1))) else {
      preconditionFailure("a symbol that does not begin with a centring")
    }
    centring = letter
    var found = [Set<String>](repeating: ["1"], count: SiteSymmetry.axisCount)
    for operation in Self.representatives(group) {
      let sign = integerDeterminant(operation.rotation)
      let proper = operation.rotation.map { $0 * sign }
      let order = rotationOrder(proper)
      guard order > 1 else {
        if sign < 0 { for axis in found.indices { found[axis].insert("-1") } }
        continue
      }
      let axis = SiteSymmetry.axisIndex(rotationAxis(proper, order: order), hexagonal: group.isHexagonal)
      found[axis].insert(
        sign > 0
          ? Self.rotation(proper, operation.translation, order: order, axis: axis)
          : order > 2 ? "-\(order)" : Self.glide(operation.translation, normal: axis))
    }
    axes = found.map { Set($0.compactMap { Self.kinds.firstIndex(of: $0) }) }
  }

  /// (397) zeros and ones: the centring, then the kinds of one axis after the other.
  public var code: [UInt8] {
    var code = [UInt8](repeating: 0, count: Self.codeCount)
    code[centring] = 1
    for (axis, kinds) in axes.enumerated() {
      for kind in kinds { code[Self.centrings.count + axis * Self.kinds.count + kind] = 1 }
    }
    return code
  }

  /// A rotation's name: `n`, or `n_m` where a turn by 1/n goes with a shift by m/n along an axis of the cell.
  private static func rotation(_ proper: [Int], _ translation: [Int], order: Int, axis: Int) -> String {
    guard axis < 3 else { return "\(order)" }
    // Where the next axis of the cell turns to: against the clock or with it. Both are the same for half a turn.
    let (next, last) = ((axis + 1) % 3, (axis + 2) % 3)
    let sense = order > 2 && proper[3 * last + next] < 0 ? -1 : 1
    let shift = positiveRemainder(sense * order * translation[axis] / SymmetryOperation.denominator, order)
    return shift == 0 ? "\(order)" : "\(order)_\(shift)"
  }

  private static func glide(_ translation: [Int], normal axis: Int) -> String {
    var glide = translation
    if axis < 3 { glide[axis] = 0 }
    switch glide {
    case [0, 0, 0]: return "m"
    case [12, 0, 0]: return "a"
    case [0, 12, 0]: return "b"
    case [0, 0, 12]: return "c"
    case [0, 12, 12], [12, 0, 12], [12, 12, 0]: return "n"
    // Half a body diagonal: along the plane's own face diagonal in planes of [01-1] and [-101].
    case [12, 12, 12]: return axis == 9 || axis == 11 ? "n" : "c"
    default: return "d"
    }
  }

  /// One operation of each that centrings make the same, as the International Tables list them: the one with the least translation,
  /// of equal ones that with the least along z, then y, except in 24 groups.
  private static func representatives(_ group: SpaceGroup) -> [SymmetryOperation] {
    guard let text = generators[group.number] else {
      func order(_ operation: SymmetryOperation) -> [Int] {
        [operation.translation.reduce(0, +)] + operation.translation.reversed()
      }
      return Dictionary(grouping: group.operations, by: \.rotation).values.compactMap { same in
        same.min { order($0).lexicographicallyPrecedes(order($1)) }
      }
    }
    var found = [SymmetryOperation.identity]
    for generator in text.split(separator: " ").compactMap({ SymmetryOperation(triplet: String($0)) }) {
      let before = found
      var power = generator
      while !found.contains(where: { $0.rotation == power.rotation }) {
        found += before.map { power.composed(after: $0) }
        power = generator.composed(after: power)
      }
    }
    return found
  }

  /// Generators of the International Tables, centrings left out; each multiplies all that those before it made.
  private static let generators = [
    24: "-x+1/2,-y,z+1/2 -x,y+1/2,-z+1/2",
    45: "-x,-y,z x+1/2,-y+1/2,z",
    64: "-x,-y+1/2,z+1/2 -x,y+1/2,-z+1/2 -x,-y,-z",
    67: "-x,-y+1/2,z -x,y+1/2,-z -x,-y,-z",
    72: "-x,-y,z -x+1/2,y+1/2,-z -x,-y,-z",
    73: "-x+1/2,-y,z+1/2 -x,y+1/2,-z+1/2 -x,-y,-z",
    80: "-x+1/2,-y+1/2,z+1/2 -y,x+1/2,z+1/4",
    88: "-x+1/2,-y,z+1/2 -y+3/4,x+1/4,z+1/4 -x,-y,-z",
    98: "-x+1/2,-y+1/2,z+1/2 -y,x+1/2,z+1/4 -x+1/2,y,-z+3/4",
    109: "-x+1/2,-y+1/2,z+1/2 -y,x+1/2,z+1/4 x,-y,z",
    110: "-x+1/2,-y+1/2,z+1/2 -y,x+1/2,z+1/4 x,-y,z+1/2",
    122: "-x,-y,z y,-x,-z -x+1/2,y,-z+3/4",
    141: "-x+1/2,-y,z+1/2 -y+1/4,x+3/4,z+1/4 -x+1/2,y,-z+1/2 -x,-y,-z",
    142: "-x+1/2,-y,z+1/2 -y+1/4,x+3/4,z+1/4 -x+1/2,y,-z -x,-y,-z",
    199: "-x+1/2,-y,z+1/2 -x,y+1/2,-z+1/2 z,x,y",
    206: "-x+1/2,-y,z+1/2 -x,y+1/2,-z+1/2 z,x,y -x,-y,-z",
    210: "-x,-y+1/2,z+1/2 -x+1/2,y+1/2,-z z,x,y y+3/4,x+1/4,-z+3/4",
    214: "-x+1/2,-y,z+1/2 -x,y+1/2,-z+1/2 z,x,y y+3/4,x+1/4,-z+1/4",
    219: "-x,-y,z -x,y,-z z,x,y y+1/2,x+1/2,z+1/2",
    220: "-x+1/2,-y,z+1/2 -x,y+1/2,-z+1/2 z,x,y y+1/4,x+1/4,z+1/4",
    226: "-x,-y,z -x,y,-z z,x,y y+1/2,x+1/2,-z+1/2 -x,-y,-z",
    227: "-x+3/4,-y+1/4,z+1/2 -x+1/4,y+1/2,-z+3/4 z,x,y y+3/4,x+1/4,-z+1/2 -x,-y,-z",
    228: "-x+1/4,-y+3/4,z+1/2 -x+3/4,y+1/2,-z+1/4 z,x,y y+3/4,x+1/4,-z -x,-y,-z",
    230: "-x+1/2,-y,z+1/2 -x,y+1/2,-z+1/2 z,x,y y+3/4,x+1/4,-z+1/4 -x,-y,-z",
  ]
}

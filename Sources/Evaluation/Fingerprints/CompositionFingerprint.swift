public import Crystals

/// The Magpie fingerprint of a composition: 22 properties of the elements in 6 statistics each.
///
/// With x_i the property of element i and f_i its share of the atoms: least, greatest, their difference, mean `m = sum f_i x_i`, mean
/// deviation `sum f_i |x_i - m|`, and mode (x of the most frequent element, the least where several are). Ward et al., npj Comput. Mater.
/// 2, 16028 (2016), in matminer's order.
public enum CompositionFingerprint {
  /// Entries of a fingerprint.
  public static let count = 6 * MagpieTable.width

  /// (132) the fingerprint; nil where a property of an element is not known.
  public static func of(_ crystal: Crystal) -> [Double]? {
    let composition = crystal.composition
    guard !composition.isEmpty else { return nil }
    let rows = composition.compactMap { MagpieTable.properties($0.atomicNumber) }
    guard rows.count == composition.count else { return nil }
    let total = Double(crystal.count)
    let shares = composition.map { Double($0.count) / total }
    let most = composition.map(\.count).max()
    var fingerprint: [Double] = []
    fingerprint.reserveCapacity(count)
    for k in 0..<MagpieTable.width {
      let values = rows.map { $0[k] }
      let low = values.min() ?? 0
      let high = values.max() ?? 0
      let mean = zip(shares, values).reduce(0) { $0 + $1.0 * $1.1 }
      let deviation = zip(shares, values).reduce(0) { $0 + $1.0 * abs($1.1 - mean) }
      let frequent = zip(composition, values).filter { $0.0.count == most }.map(\.1)
      fingerprint += [low, high, high - low, mean, deviation, frequent.min() ?? low]
    }
    return fingerprint
  }
}

import Crystals
import Foundation
import Networks
import Tensors

/// Charge balance: how well an element fits the charges that the other elements' beliefs make likely.
///
/// With n_s atoms of species s in the formula (known templates only), beliefs p_s and all of an element's oxidation states alike, the
/// charge of the others has a distribution D_s, a convolution over the other species, and
///
///     B_s(e) = ln(0.001 + mean over states q of e of D_s(-n_s q))
///
/// A site's further output weighs it against all else (`TiedLogits`): intermetallic phases are not salts.
extension InformedForm {
  /// Fills a crystal's rows of `balances`, (m, 100), where its template is known.
  func describeBalances(_ batch: inout BeliefBatch, crystal b: Int, _ multiplicities: [Int]) {
    let k = BeliefBatch.elementClasses
    let (range, sites) = (batch.graph.ranges[b], batch.species(ofCrystal: b))
    guard sites.count > 1 else { return }
    let atoms = sites.map { $0.reduce(0) { $0 + multiplicities[$1 - range.firstSite] } }
    let divisor = atoms.reduce(0) { greatestCommonDivisor($0, $1) }
    let counts = atoms.map { $0 / divisor }
    let states = Self.states
    let charges = sites.map { own in
      var shares = [Float](repeating: 0, count: Self.charges.count)
      for c in 0..<k {
        let share = batch.elements.values[own[0] &* k &+ c] * states.shares[c]
        for i in states.first[c]..<states.first[c + 1] { shares[states.charges[i] - Self.charges.lowerBound] += share }
      }
      return shares
    }
    var balances = [Float](repeating: 0, count: k)
    for (number, own) in sites.enumerated() {
      let others = distribution(counts, charges, without: number)
      for c in 0..<k {
        var sum: Float = 0
        for state in states.first[c]..<states.first[c + 1] {
          let i = others.zero - counts[number] * states.charges[state]
          if others.shares.indices.contains(i) { sum += others.shares[i] }
        }
        balances[c] = 0.001 + sum * states.shares[c]
      }
      Kernels.logarithm(&balances, floor: 0.001)
      for site in own { for c in 0..<k { batch.balances.values[site &* k &+ c] = balances[c] } }
    }
  }

  /// The distribution of the charge of all species but one: shares, and where charge 0 is.
  private func distribution(_ counts: [Int], _ charges: [[Float]], without number: Int) -> (shares: [Float], zero: Int) {
    var (shares, zero): ([Float], Int) = ([1], 0)
    for (other, count) in counts.enumerated() where other != number {
      var wider = [Float](repeating: 0, count: shares.count + count * (Self.charges.count - 1))
      for (i, share) in charges[other].enumerated() where share > 1e-6 {
        for (j, before) in shares.enumerated() { wider[j &+ count &* i] += share * before }
      }
      shares = wider
      zero -= count * Self.charges.lowerBound
    }
    return (shares, zero)
  }

  /// Charges that oxidation states may be.
  private static let charges = -5..<9
  /// The oxidation states of the element classes, one class after the other: those of class c lie at first[c] ..< first[c + 1], and
  /// each has a share of shares[c].
  private static let states: (charges: [Int], first: [Int], shares: [Float]) = {
    var (charges, first): ([Int], [Int]) = ([], [0])
    for z in 1...BeliefBatch.elementClasses {
      charges += (OxidationStates.of(z)?.states ?? []).filter { Self.charges.contains($0) }
      first.append(charges.count)
    }
    return (charges, first, zip(first, first.dropFirst()).map { 1 / Float(max(1, $1 - $0)) })
  }()
}

import Foundation
import Networks
import Tensors

/// What SymmCD's network is to say of a batch.
struct SymmCDTargets: Sendable {
  /// (N, 3) `SymmCDSchedules.scoreTarget`.
  var coordinates: [Float] = []
  /// (B, 6) `SymmCDSchedules.noiseTarget`.
  var lattice: [Float] = []
  /// (N) classes, atomic numbers less one.
  var elements: [Int] = []
  /// (N, 15) classes.
  var siteSymmetries: [UInt8] = []
}

/// SymmCD's four losses (Levy et al. 2025), each a mean: coordinates over sites and axes, lattice over crystals and all six components,
/// fixed ones among them, elements over sites, site symmetries over sites and axes.
///
///     |x_hat - s / sqrt(E[s^2])|^2,  |k_hat - noise|^2,  -ln(p + 1e-20) of the right class
struct SymmCDLosses: Sendable {
  /// What each loss counts.
  var weights = SymmCDConfiguration().diffusion.weights

  /// Added to probabilities before their logarithm.
  private static let least = 1e-20

  /// The losses of a batch, or of a part of one, without their weights; the objective is their weighted sum.
  ///
  /// - Parameters:
  ///   - share: N and B that means are taken over, of the whole batch where this is a part of it.
  ///   - gradients: of the objective by the outputs; shaped as these, and overwritten.
  func values(
    _ outputs: SymmCDNetwork.Outputs<Matrix>, _ targets: SymmCDTargets, share: BatchShare,
    gradients: inout SymmCDNetwork.Outputs<Matrix>
  ) -> LossTerms {
    let (n, axes) = (Double(share.rows), Double(BeliefBatch.symmetryAxes))
    var terms = LossTerms.none(4)
    terms.values[0] = Self.squares(
      outputs.coordinates, targets.coordinates, scale: 1 / (3 * n), weight: Double(weights.coordinates), &gradients.coordinates)
    terms.values[1] = Self.squares(
      outputs.lattice, targets.lattice, scale: 1 / (6 * Double(share.examples)), weight: Double(weights.lattice),
      &gradients.lattice)
    terms.values[2] = Self.classes(
      outputs.elements, targets.elements, count: SymmCDNetwork.elementClasses, scale: 1 / n, weight: Double(weights.elements),
      &gradients.elements)
    terms.values[3] = Self.classes(
      outputs.siteSymmetries, targets.siteSymmetries.map { Int($0) }, count: BeliefBatch.symmetryClasses, scale: 1 / (n * axes),
      weight: Double(weights.siteSymmetry), &gradients.siteSymmetries)
    terms.objective = terms.total(weights.inOrder)
    return terms
  }

  private static func squares(
    _ output: Matrix, _ target: [Float], scale: Double, weight: Double, _ gradient: inout Matrix
  ) -> Double {
    precondition(output.values.count == target.count && gradient.values.count == target.count)
    let slope = Float(2 * scale * weight)
    var sum = 0.0
    for i in target.indices {
      let d = output.values[i] - target[i]
      sum += Double(d) * Double(d)
      gradient.values[i] = slope * d
    }
    return scale * sum
  }

  /// `-scale sum of ln(p + 1e-20)`; the gradient by the logits is `p_y / (p_y + 1e-20) (p_c - delta_cy)`.
  private static func classes(
    _ logits: Matrix, _ target: [Int], count: Int, scale: Double, weight: Double, _ gradient: inout Matrix
  ) -> Double {
    precondition(logits.values.count == target.count * count && gradient.values.count == logits.values.count)
    var p = logits.values
    Kernels.softmax(&p, groups: target.count, classes: count)
    var sum = 0.0
    for (group, right) in target.enumerated() {
      precondition((0..<count).contains(right))
      let (first, likely) = (group * count, Double(p[group * count + right]))
      sum -= log(likely + least)
      let slope = Float(scale * weight * likely / (likely + least))
      for c in 0..<count { gradient.values[first &+ c] = slope * (p[first &+ c] - (c == right ? 1 : 0)) }
    }
    return scale * sum
  }
}

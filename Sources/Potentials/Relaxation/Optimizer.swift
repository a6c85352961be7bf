/// How a relaxation goes downhill.
public enum OptimizerKind: String, Sendable, CaseIterable {
  /// Limited-memory quasi-Newton steps (Nocedal, Math. Comput. 35, 773, 1980), with backtracking where the energy rises.
  case lbfgs
  /// Damped dynamics (Bitzek et al., Phys. Rev. Lett. 97, 170201, 2006).
  case fire
}

/// The state of one crystal's way downhill: told energies and gradients, it names the next point.
protocol Optimizer: Sendable {
  /// - Parameters:
  ///   - x: where energy and gradient were taken.
  ///   - energy: infinite where the point has none.
  ///   - limit: the factor, at most 1, by which a step may be taken.
  /// - Returns: the next point; nil where the way is at its end (no step lowers the energy).
  mutating func next(
    after x: [Double], energy: Double, gradient: [Double], limit: ([Double]) -> Double
  ) -> [Double]?
}

extension OptimizerKind {
  /// - Parameter noise: differences of energy that mean nothing, eV.
  func makeOptimizer(noise: Double) -> any Optimizer {
    switch self {
    case .lbfgs: LBFGS(noise: noise)
    case .fire: FIRE()
    }
  }
}

func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for i in a.indices { sum += a[i] * b[i] }
  return sum
}

/// `a + f b`
func sum(_ a: [Double], _ f: Double, _ b: [Double]) -> [Double] {
  var c = a
  for i in c.indices { c[i] += f * b[i] }
  return c
}

struct LBFGS: Optimizer {
  private let noise: Double
  private var steps: [[Double]] = []
  private var changes: [[Double]] = []
  private var anchor: (x: [Double], energy: Double, gradient: [Double], step: [Double])?
  private var backtracks = 0
  /// Inverse curvature before anything is known, angstrom^2/eV.
  private let firstInverseCurvature = 1.0 / 30
  private let memory = 20

  init(noise: Double) { self.noise = noise }

  mutating func next(
    after x: [Double], energy: Double, gradient: [Double], limit: ([Double]) -> Double
  ) -> [Double]? {
    if let last = anchor {
      guard energy <= last.energy + noise else {
        return backtrack(from: last, energy: energy, limit: limit)
      }
      let s = sum(x, -1, last.x)
      let y = sum(gradient, -1, last.gradient)
      if dot(s, y) > 1e-8 * (dot(s, s) * dot(y, y)).squareRoot() {
        steps.append(s)
        changes.append(y)
        if steps.count > memory {
          steps.removeFirst()
          changes.removeFirst()
        }
      }
    }
    backtracks = 0
    return advance(x, energy: energy, gradient: gradient, limit: limit)
  }

  /// The point along the last step where a parabola through what is known has its minimum, within 0.1...0.5 of the step.
  private mutating func backtrack(
    from last: (x: [Double], energy: Double, gradient: [Double], step: [Double]), energy: Double,
    limit: ([Double]) -> Double
  ) -> [Double]? {
    backtracks += 1
    if backtracks == 4 {
      // The curvature in memory misleads: forget it and start with a short step downhill.
      steps = []
      changes = []
      let downhill = sum([Double](repeating: 0, count: last.x.count), -0.1 * firstInverseCurvature, last.gradient)
      anchor?.step = sum([Double](repeating: 0, count: last.x.count), limit(downhill), downhill)
    } else if backtracks > 8 {
      return nil
    } else {
      let slope = dot(last.gradient, last.step)
      let bend = energy - last.energy - slope
      let guess = bend.isFinite && bend > 0 ? -slope / (2 * bend) : 0.25
      let factor = min(0.5, max(0.1, guess))
      anchor?.step = last.step.map { factor * $0 }
    }
    return anchor.map { sum($0.x, 1, $0.step) }
  }

  private mutating func advance(
    _ x: [Double], energy: Double, gradient: [Double], limit: ([Double]) -> Double
  ) -> [Double]? {
    var direction = gradient
    var weights = [Double](repeating: 0, count: steps.count)
    for i in steps.indices.reversed() {
      weights[i] = dot(steps[i], direction) / dot(steps[i], changes[i])
      direction = sum(direction, -weights[i], changes[i])
    }
    var scale = firstInverseCurvature
    if let s = steps.last, let y = changes.last { scale = dot(s, y) / dot(y, y) }
    direction = direction.map { scale * $0 }
    for i in steps.indices {
      let b = dot(changes[i], direction) / dot(steps[i], changes[i])
      direction = sum(direction, weights[i] - b, steps[i])
    }
    if dot(direction, gradient) <= 0 {
      steps = []
      changes = []
      direction = gradient.map { firstInverseCurvature * $0 }
    }
    var step = direction.map { -$0 }
    let factor = limit(step)
    step = step.map { factor * $0 }
    anchor = (x, energy, gradient, step)
    return sum(x, 1, step)
  }
}

struct FIRE: Optimizer {
  private var velocity: [Double]?
  private var timeStep = 0.1
  private var mixing = 0.1
  private var downhill = 0

  mutating func next(
    after x: [Double], energy: Double, gradient: [Double], limit: ([Double]) -> Double
  ) -> [Double]? {
    guard energy.isFinite else { return nil }
    var v = velocity ?? [Double](repeating: 0, count: x.count)
    let power = -dot(gradient, v)
    if power > 0 {
      let g = dot(gradient, gradient).squareRoot()
      let turn = g > 0 ? mixing * dot(v, v).squareRoot() / g : 0
      v = sum(v.map { (1 - mixing) * $0 }, -turn, gradient)
      downhill += 1
      if downhill > 5 {
        timeStep = min(1, timeStep * 1.1)
        mixing *= 0.99
      }
    } else if velocity != nil {
      v = v.map { _ in 0 }
      timeStep *= 0.5
      mixing = 0.1
      downhill = 0
    }
    v = sum(v, -timeStep, gradient)
    velocity = v
    let step = v.map { timeStep * $0 }
    return sum(x, limit(step), step)
  }
}

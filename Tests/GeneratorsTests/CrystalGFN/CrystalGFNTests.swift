import Crystals
import Foundation
import Networks
import TestSupport
import Tensors
import Testing

@testable import Generators

/// Laws of the flow, and a world that is small enough to be counted.
@Suite("Crystal-GFN") struct CrystalGFNTests {
  @Test("the chances of all crystals add up to 1, whatever the parameters")
  func chancesAddUp() throws {
    let world = try SmallWorld()
    let chances = world.chances(Parameters(world.model.layout.initialParameters(seed: 3)))
    #expect(chances.count == world.crystals().count && chances.count > 20)
    #expect(abs(chances.values.reduce(0, +) - 1) < 1e-5)
  }

  @Test("every way back is a way there, and the other way round")
  func waysThereAndBack() throws {
    let world = try SmallWorld { $0.space.groups = [2, 14, 62, 139, 166, 221, 225] }
    let (space, model) = (world.model.space, world.model)
    var workspace = model.makeWorkspace()
    let randoms = (0..<200).map { RandomStream(seed: 5, purpose: "ways", index: $0) }
    let drawn = model.trajectories(
      randoms, Parameters(model.layout.initialParameters(seed: 1)), random: 0.5, &workspace)
    var solver = CrystalSolver()
    for trajectory in drawn {
      #expect(trajectory.state.part == .done && space.blueprint(trajectory.state) != nil)
      for decision in trajectory.backward {
        guard case .choice(let parents, let chosen) = decision.kind else { continue }
        #expect(parents.indices.contains(chosen))
        for action in parents {
          let before = space.undoing(Int(action), from: decision.state)
          #expect(space.choices(before, &solver).contains(action), "\(SmallWorld.name(decision.state)) back by \(action)")
          #expect(space.applying(Int(action), to: before) == decision.state)
        }
      }
    }
  }

  @Test("the gradient is that of the loss, along random directions")
  func gradient() throws {
    let world = try SmallWorld { $0.network = .init(hidden: 24, layers: 2) }
    let model = world.model
    var workspace = model.makeWorkspace()
    let parameters = model.layout.initialParameters(seed: 2)
    let randoms = (0..<12).map { RandomStream(seed: 9, purpose: "gradient", index: $0) }
    let drawn = model.trajectories(randoms, Parameters(parameters), random: 0.3, &workspace)
    #expect(drawn.contains { $0.forward.count > 6 })
    let rewards = drawn.map { _ in 0.7 }
    let share = BatchShare(rows: 12, examples: 12)
    var gradient = [Float](repeating: 0, count: model.layout.count)
    _ = model.balance(drawn, logRewards: rewards, share, Parameters(parameters), &workspace, gradient: &gradient)
    let check = try GradientCheck(parameters: parameters, gradient: gradient, largestStep: 0.0001) { values in
      var (none, workspace) = ([Float](), model.makeWorkspace())
      return model.balance(drawn, logRewards: rewards, share, Parameters(values), &workspace, gradient: &none).objective
    }
    for entry in model.layout.entries {
      #expect(check.norm(entry.range) > 0, "\(entry.name) has no gradient")
      let wrong = try check.disagreements(entry.range, tolerance: 0.05)
      #expect(wrong.isEmpty, "\(entry.name): \(wrong)")
    }
  }

  @Test(
    "in a world that can be counted crystals come in proportion to their worth",

    arguments: CrystalGFNConfiguration.Form.allCases)
  func proportion(form: CrystalGFNConfiguration.Form) throws {
    var world = try SmallWorld {
      $0.form = form
      // A coarse lattice: a second step where the first went no further than half way.
      $0.lattice.leastIncrement = 0.5
      $0.trajectories.random = 0.02
    }
    var training = TrainingOptions()
    training.batch = 64
    training.epochs = 1
    training.learningRate = 1e-2
    training.minimumRate = 1e-5
    training.schedule = .cosine
    training.averageDecay = 0.99
    training.clipNorm = 1e30
    world.options.training = training
    let steps = 4000
    let model = world.model
    var trainer = Trainer(
      model, examples: [CrystalGFN.Example](repeating: .init(), count: steps * training.batch), validation: [.init()],
      options: training, seed: 4, threads: 2)
    while try !trainer.step() {}
    let parameters = Parameters(trainer.optimizer.average)
    let crystals = world.crystals()
    let total = crystals.reduce(0) { $0 + $1.worth }
    let logZ = model.policy.logZ(parameters)
    #expect(abs(logZ - log(total)) < 0.05, "ln Z \(logZ), counted \(log(total))")
    let chances = world.chances(parameters)
    let distance = crystals.reduce(0) { $0 + abs($1.worth / total - chances[SmallWorld.name($1.state), default: 0]) } / 2
    #expect(distance < 0.02, "total variation \(distance) over \(crystals.count) crystals")
    // Of the lattice in four bins, from samples.
    var workspace = model.makeWorkspace()
    var bins = [Double](repeating: 0, count: 4)
    let count = 20_000
    for start in stride(from: 0, to: count, by: 500) {
      let randoms = (start..<start + 500).map { RandomStream(seed: 8, purpose: "bins", index: UInt64($0)) }
      for trajectory in model.trajectories(randoms, parameters, random: 0, &workspace) {
        let x = trajectory.state.point?[model.space.free(trajectory.state)[0]] ?? 0
        bins[min(3, Int(4 * x))] += 1 / Double(count)
      }
    }
    let expected = [0.25 + 0.8 / (2 * .pi), 0.25 + 0.8 / (2 * .pi), 0.25 - 0.8 / (2 * .pi), 0.25 - 0.8 / (2 * .pi)]
    let apart = zip(bins, expected).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
    #expect(apart < 0.02, "bins \(bins), expected \(expected)")
  }
}

import Networks
import Tensors

/// The network of one thread, packed or as in training, and what it says as samplers read it.
struct UnitNetworkRunner {
  private let network: UnitNetwork
  private let parameters: Parameters
  private let packed: PackedUnitNetwork?
  private var workspace: PackedUnitNetwork.Workspace?
  private var tape = Tape(isRecording: false)

  /// - Parameter packed: nil where Fourier parts are to be multiplied and not looked up.
  init(_ network: UnitNetwork, _ parameters: Parameters, _ packed: PackedUnitNetwork?) {
    (self.network, self.parameters, self.packed) = (network, parameters, packed)
    workspace = packed.map { PackedUnitNetwork.Workspace($0) }
  }

  mutating func run(_ batch: BeliefBatch) -> UnitNetwork.Outputs<Matrix> {
    var outputs: UnitNetwork.Outputs<Tape.Value>
    // Taken out while it works, so that it has one owner and no array is copied.
    if let packed, var own = workspace.take() {
      packed.forward(batch, &own)
      tape.start(parameters)
      outputs = own.outputs.map { tape.input($0) }
      workspace = own
    } else {
      outputs = network.forward(batch, parameters, &tape)
    }
    outputs = network.read(outputs, batch, &tape)
    return outputs.map { tape[$0] }
  }

  /// The outputs, those without conditions taken away from those with them as much as guidance says (Ho and Salimans 2022,
  /// equation 6): logits of classes, and moves of what is continuous.
  ///
  /// - Parameters:
  ///   - w: 1 is what was learnt, more exaggerates.
  ///   - unknown: (columns) what a crystal is told of whose properties nobody asks; empty where there are none.
  mutating func guided(_ beliefs: BeliefBatch, by w: Float, unknown: [Float]) -> UnitNetwork.Outputs<Matrix> {
    var outputs = run(beliefs)
    guard w != 1, !unknown.isEmpty else { return outputs }
    var free = beliefs
    free.conditions.values = beliefs.graph.ranges.flatMap { _ in unknown }
    guard free.conditions.values != beliefs.conditions.values else { return outputs }
    let without = run(free)
    for path in [\UnitNetwork.Outputs<Matrix>.coordinates, \.lattice, \.elements, \.siteSymmetries] {
      let base = without[keyPath: path].values
      for i in base.indices {
        outputs[keyPath: path].values[i] = base[i] + w * (outputs[keyPath: path].values[i] - base[i])
      }
    }
    return outputs
  }
}

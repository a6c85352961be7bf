import Networks
import Tensors

/// The network of one thread, packed or as in training, and what it says as the sampler reads it.
struct SymmBFNRunner {
  private let model: TrainedMethod<SymmBFN>
  private let packed: PackedSymmBFN?
  private var workspace: PackedSymmBFN.Workspace?
  private var tape = Tape(isRecording: false)

  init(_ model: TrainedMethod<SymmBFN>, _ packed: PackedSymmBFN?) {
    (self.model, self.packed) = (model, packed)
    workspace = packed.map { PackedSymmBFN.Workspace($0) }
  }

  mutating func run(_ batch: BeliefBatch) -> SymmBFNNetwork.Outputs<Matrix> {
    var outputs: SymmBFNNetwork.Outputs<Tape.Value>
    // Taken out while it works, so that it has one owner and no array is copied.
    if let packed, var own = workspace.take() {
      packed.forward(batch, &own)
      tape.start(model.parameters)
      outputs = own.outputs.map { tape.input($0) }
      workspace = own
    } else {
      outputs = model.method.network.forward(batch, model.parameters, &tape)
    }
    outputs = model.method.flow.read(outputs, batch, &tape)
    return outputs.map { tape[$0] }
  }
}

import Networks
import Tensors

/// The network of one thread: packed, or as in training.
struct SymmBFNRunner {
  private let model: TrainedMethod<SymmBFN>
  private let packed: PackedSymmBFN?
  private var packedWorkspace: PackedSymmBFN.Workspace?
  private var workspace: SymmBFNNetwork.Workspace?

  init(_ model: TrainedMethod<SymmBFN>, _ packed: PackedSymmBFN?) {
    (self.model, self.packed) = (model, packed)
    packedWorkspace = packed.map { PackedSymmBFN.Workspace($0) }
    workspace = packed == nil ? SymmBFNNetwork.Workspace(model.method.network, training: false) : nil
  }

  mutating func run(_ batch: BeliefBatch) -> SymmBFNNetwork.Outputs {
    // Taken out while it works, so that it has one owner and no array is copied.
    if let packed, var own = packedWorkspace.take() {
      packed.forward(batch, &own)
      packedWorkspace = own
      return own.outputs
    }
    var own = workspace.take() ?? SymmBFNNetwork.Workspace(model.method.network, training: false)
    model.method.network.forward(batch, model.parameters, &own)
    workspace = own
    return own.outputs
  }
}

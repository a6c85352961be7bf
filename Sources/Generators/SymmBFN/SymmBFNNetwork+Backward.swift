public import Networks
public import Tensors

extension SymmBFNNetwork {
  /// Gradients of the four outputs of a batch, shaped as the outputs.
  public struct OutputGradients: Sendable {
    public var coordinates: Matrix
    public var lattice: Matrix
    public var elements: Matrix
    public var siteSymmetries: Matrix

    public init(_ graph: CrystalGraph) {
      coordinates = Matrix(rows: graph.sites, columns: 3)
      lattice = Matrix(rows: graph.ranges.count, columns: 6)
      elements = Matrix(rows: graph.sites, columns: BeliefBatch.elementClasses)
      siteSymmetries = Matrix(
        rows: graph.sites, columns: BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses)
    }
  }

  /// The backward pass of the last `forward` of a training workspace; adds to the parameters' gradients.
  public func backward(
    _ batch: BeliefBatch, _ output: OutputGradients, _ parameters: Parameters, _ workspace: inout Workspace,
    into gradients: inout MutableSpan<Float>
  ) {
    precondition(workspace.layers.count == layers.count)
    let graph = batch.graph
    workspace.gradient.resize(rows: graph.sites)
    workspace.pooledGradient.resize(rows: graph.ranges.count)
    coordinateHead.backward(
      workspace.h, gradient: output.coordinates, parameters, &workspace.coordinateHead, into: &gradients,
      inputGradient: &workspace.gradient)
    elementHead.backward(
      workspace.h, gradient: output.elements, parameters, &workspace.elementHead, into: &gradients,
      inputGradient: &workspace.gradient, accumulate: true)
    symmetryHead.backward(
      workspace.h, gradient: output.siteSymmetries, parameters, &workspace.symmetryHead, into: &gradients,
      inputGradient: &workspace.gradient, accumulate: true)
    latticeHead.backward(
      workspace.pooled, gradient: output.lattice, parameters, &workspace.latticeHead, into: &gradients,
      inputGradient: &workspace.pooledGradient)
    unpool(graph, &workspace)
    for l in layers.indices.reversed() {
      layers[l].backward(
        gradient: &workspace.gradient, graph: graph, lattice: batch.lattice, edgeFeatures: batch.ties,
        fourier: workspace.fourier, parameters,
        &workspace.layers[l], &workspace.scratch, into: &gradients)
    }
    workspace.inputGradient.resize(rows: graph.sites)
    input.backward(
      workspace.features, gradient: workspace.gradient, parameters, &workspace.input, into: &gradients,
      inputGradient: &workspace.inputGradient)
    let e = configuration.embedding
    elementEmbedding.backward(batch.elements, gradient: workspace.inputGradient, parameters, into: &gradients)
    symmetryEmbedding.backward(
      symmetries(batch), gradient: workspace.inputGradient, gradientColumn: e, parameters, into: &gradients)
    for (b, range) in graph.ranges.enumerated() {
      let row = spaceGroupEmbedding.row(batch.spaceGroups[b])
      for site in range.firstSite..<range.firstSite + range.sites {
        for k in 0..<e { gradients[row.lowerBound + k] += workspace.inputGradient[site, 2 * e + k] }
      }
    }
    guard let compositionEmbedding else { return }
    let first = workspace.inputGradient.columns - e
    workspace.composition.fill(0)
    for (b, range) in graph.ranges.enumerated() {
      for site in range.firstSite..<range.firstSite + range.sites {
        for k in 0..<e { workspace.composition[b, k] += workspace.inputGradient[site, first + k] }
      }
    }
    compositionEmbedding.backward(batch.composition, gradient: workspace.composition, parameters, into: &gradients)
  }

  private func unpool(_ graph: CrystalGraph, _ workspace: inout Workspace) {
    let c = configuration.hidden
    for (b, range) in graph.ranges.enumerated() {
      let scale = 1 / Float(range.sites)
      for site in range.firstSite..<range.firstSite + range.sites {
        for k in 0..<c {
          workspace.gradient.values[site &* c &+ k] += scale * workspace.pooledGradient.values[b &* c &+ k]
        }
      }
    }
  }
}

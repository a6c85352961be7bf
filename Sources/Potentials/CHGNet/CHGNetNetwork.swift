import Tensors

/// One pass through CHGNet over a batch, forwards and back.
///
/// Everything a layer multiplies by its first weights is a concatenation of features of atoms, bonds and angles; the products are made
/// an atom and a bond and summed on the edges and angles, a tile of rows at a time (`GatedKernels`). A bond's first features
/// are linear in its basis, so that a layer's product of them is one with a folded weight; layers change the features of short
/// bonds only, whose changes are multiplied apart.
struct CHGNetNetwork {
  let parameters: CHGNetParameters
  let batch: CHGNetBatch

  /// Whether activations are computed again on the way back instead of kept.
  let thrifty: Bool
  var scratch: Scratch
  var nodes: Int { batch.nodes }
  var edges: Int { batch.edges.count }
  var angles: Int { batch.angles.count }
  var shorts: Int { batch.shortBonds.indices.count }

  /// (N, 64) features of the atoms.
  private(set) var atoms: [Float]
  /// (B, 64) weights of messages in the atom graph, and (Q, 64) in the bond graph.
  let atomWeights: [Float]
  let bondWeights: [Float]
  /// (Q, 64) features of short bonds, and what layers have added to them.
  private var bonds: [Float]
  private var bondChanges: [Float]
  /// (A, 64)
  private var angleFeatures: [Float] = []

  var atomTraces: [GatedTrace] = []
  var bondTraces: [GatedTrace] = []
  var angleTraces: [GatedTrace] = []

  init(_ batch: CHGNetBatch, parameters: CHGNetParameters, thrifty: Bool, scratch: consuming Scratch) {
    self.parameters = parameters
    self.batch = batch
    self.thrifty = thrifty
    self.scratch = scratch
    let shorts = batch.shortBonds.indices.count
    atoms = []
    atoms.reserveCapacity(64 * batch.nodes)
    for z in batch.atomicNumbers { atoms += parameters.embedding[64 * (Int(z) - 1)..<64 * Int(z)] }
    var atomWeights = self.scratch.take(rows: batch.bonds, columns: 64)
    product(
      batch.atomBasis.values.values, stride: 32, parameters.atomWeights, rows: batch.bonds, into: &atomWeights,
      outStride: 64)
    self.atomWeights = atomWeights
    bonds = zeros(rows: shorts, columns: 64)
    bondChanges = bonds
    var bondWeights = bonds
    var basis = zeros(rows: shorts, columns: 32)
    batch.shortBonds.pick(batch.atomBasis.values.values, into: &basis, columns: 32)
    product(basis, stride: 32, parameters.bondEmbedding, rows: shorts, into: &bonds, outStride: 64)
    product(
      batch.bondBasis.values.values, stride: 32, parameters.bondWeights, rows: shorts, into: &bondWeights,
      outStride: 64)
    self.bondWeights = bondWeights
    if angles > 0 {
      angleFeatures = self.scratch.take(rows: angles, columns: 64)
      product(
        batch.angleBasis.values.values, stride: 32, parameters.angleEmbedding, rows: angles, into: &angleFeatures,
        outStride: 64)
    }
  }

  /// Energies and moments of a batch, and derivatives where they are asked for.
  static func run(
    _ batch: CHGNetBatch, parameters: CHGNetParameters, derivatives: Bool = true, thrifty: Bool = false,
    scratch: inout Scratch
  ) -> CHGNetOutput {
    // One owner at a time, or every array that changes hands is copied.
    var borrowed = Scratch()
    swap(&borrowed, &scratch)
    var network = CHGNetNetwork(batch, parameters: parameters, thrifty: thrifty, scratch: borrowed)
    borrowed = Scratch()
    var moments: [Float] = []
    for l in 0..<4 {
      if l == 3 { moments = network.magneticMoments() }
      network.atomLayer(l)
      if l < 3, network.angles > 0 {
        network.bondLayer(l)
        if l < 2 { network.angleLayer(l) }
      }
      if !derivatives { network.release() }
    }
    network.scratch.give(network.angleFeatures)
    network.angleFeatures = []
    let readout = Readout(network.atoms, rows: network.nodes, parameters: parameters)
    var output = CHGNetOutput(siteEnergies: readout.energies, magneticMoments: moments)
    guard derivatives else {
      network.scratch.give(network.atomWeights)
      swap(&network.scratch, &scratch)
      return output
    }
    var way = CHGNetWayBack(
      network, dAtoms: readout.backward(weights: batch.multiplicities, parameters: parameters))
    network.leave()
    way.run(&output)
    swap(&way.network.scratch, &scratch)
    return output
  }

  /// Hands back what layers keep for a way back, where there is none.
  private mutating func release() {
    for trace in atomTraces + bondTraces + angleTraces {
      for array in [trace.slope, trace.normal, trace.inverse] { scratch.give(array) }
    }
    (atomTraces, bondTraces, angleTraces) = ([], [], [])
  }

  /// Lets go of what the way back takes over.
  private mutating func leave() {
    scratch = Scratch()
    (atomTraces, bondTraces, angleTraces) = ([], [], [])
  }

  private func magneticMoments() -> [Float] {
    (0..<nodes).map { n in
      var sum = parameters.siteWise.bias
      for k in 0..<64 { sum += atoms[64 * n + k] * parameters.siteWise.weight[k] }
      return abs(sum)
    }
  }

  /// Arrays for what a layer keeps.
  private mutating func trace(_ layer: GatedLayer, rows: Int) -> GatedTrace {
    var trace = GatedTrace()
    if layer.gate.isDouble { trace.slope = scratch.take(rows: rows, columns: 128) }
    if !(layer.gate.isDouble && thrifty) {
      trace.normal = scratch.take(rows: rows, columns: 128)
      trace.inverse = scratch.take(rows: rows, columns: 2)
    }
    return trace
  }

  private mutating func atomLayer(_ l: Int) {
    let layer = parameters.atomLayers[l]
    var parts = scratch.take(rows: nodes, columns: 256)
    product(atoms, stride: 64, layer.ends, rows: nodes, into: &parts, outStride: 256)
    Kernels.addBias(layer.bias.span, rows: nodes, to: &parts)
    var folded = scratch.take(rows: batch.bonds, columns: 128)
    product(
      batch.atomBasis.values.values, stride: 32, parameters.bondFolds[l], rows: batch.bonds, into: &folded,
      outStride: 128)
    if l > 0 && shorts > 0 {
      var changes = scratch.take(rows: shorts, columns: 128)
      product(bondChanges, stride: 64, layer.own, rows: shorts, into: &changes, outStride: 128)
      batch.shortBonds.scatter(changes, into: &folded, columns: 128)
      scratch.give(changes)
    }
    var sum = zeros(rows: nodes, columns: 64)
    var trace = trace(layer, rows: edges)
    GatedKernels.forward(
      batch.edges, layer.gate, own: nil, parts: parts, rest: folded, factors: atomWeights, into: &sum, trace: &trace,
      thrifty: thrifty)
    scratch.give(parts)
    scratch.give(folded)
    if let out = layer.out {
      product(sum, stride: 64, out, rows: nodes, into: &atoms, outStride: 64, adding: true)
    }
    atomTraces.append(trace)
  }

  /// What a bond or angle layer's bonds and atoms add to its sums: (Q, 256) and (N, 128).
  private mutating func angleParts(_ layer: GatedLayer) -> (bonds: [Float], atoms: [Float]) {
    var bondParts = scratch.take(rows: shorts, columns: 256)
    product(bonds, stride: 64, layer.ends, rows: shorts, into: &bondParts, outStride: 256)
    var atomParts = scratch.take(rows: nodes, columns: 128)
    if let center = layer.center {
      product(atoms, stride: 64, center, rows: nodes, into: &atomParts, outStride: 128)
    }
    Kernels.addBias(layer.bias.span, rows: nodes, to: &atomParts)
    return (bondParts, atomParts)
  }

  private mutating func bondLayer(_ l: Int) {
    let layer = parameters.bondLayers[l]
    let parts = angleParts(layer)
    let own =
      l == 0
      ? GatedKernels.Own(batch.angleBasis.values.values, columns: 32, weight: parameters.angleFolds.bonds.forward)
      : GatedKernels.Own(angleFeatures, columns: 64, weight: layer.own.forward)
    var sum = zeros(rows: shorts, columns: 64)
    var trace = trace(layer, rows: angles)
    GatedKernels.forward(
      batch.angles, layer.gate, own: own, parts: parts.bonds, rest: parts.atoms, factors: bondWeights, into: &sum,
      trace: &trace, thrifty: thrifty)
    scratch.give(parts.bonds)
    scratch.give(parts.atoms)
    if let out = layer.out {
      product(sum, stride: 64, out, rows: shorts, into: &bonds, outStride: 64, adding: true)
      product(sum, stride: 64, out, rows: shorts, into: &bondChanges, outStride: 64, adding: true)
    }
    bondTraces.append(trace)
  }

  private mutating func angleLayer(_ l: Int) {
    let layer = parameters.angleLayers[l]
    let parts = angleParts(layer)
    let own =
      l == 0
      ? GatedKernels.Own(batch.angleBasis.values.values, columns: 32, weight: parameters.angleFolds.angles.forward)
      : GatedKernels.Own(nil, columns: 64, weight: layer.own.forward)
    var trace = trace(layer, rows: angles)
    GatedKernels.forward(
      batch.angles, layer.gate, own: own, parts: parts.bonds, rest: parts.atoms, factors: nil, into: &angleFeatures,
      trace: &trace, thrifty: thrifty)
    scratch.give(parts.bonds)
    scratch.give(parts.atoms)
    angleTraces.append(trace)
  }
}

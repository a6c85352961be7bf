import Tensors

/// The way back through CHGNet: from the gradient by the atoms' last features to derivatives by lengths and cosines.
struct CHGNetWayBack {
  var network: CHGNetNetwork
  private var parameters: CHGNetParameters { network.parameters }
  private var batch: CHGNetBatch { network.batch }

  // Gradients, of the shapes of what they belong to.
  private var dAtoms: [Float]
  private var dBonds: [Float] = []
  /// By what layers add to bonds as the atom layers see them.
  private var dBondChanges: [Float] = []
  /// (B, 64), (Q, 64)
  private var dAtomWeights: [Float] = []
  private var dBondWeights: [Float] = []
  private var dAngles: [Float] = []
  /// (B, 32), (A, 32)
  private var dAtomBasis: [Float] = []
  private var dAngleBasis: [Float] = []

  init(_ network: CHGNetNetwork, dAtoms: [Float]) {
    self.network = network
    self.dAtoms = dAtoms
  }

  mutating func run(_ output: inout CHGNetOutput) {
    dBonds = zeros(rows: network.shorts, columns: 64)
    dBondChanges = dBonds
    dBondWeights = dBonds
    dAtomWeights = network.scratch.take(rows: batch.bonds, columns: 64, zeroed: true)
    dAtomBasis = network.scratch.take(rows: batch.bonds, columns: 32, zeroed: true)
    if network.angles > 0 {
      dAngles = network.scratch.take(rows: network.angles, columns: 64, zeroed: true)
      dAngleBasis = network.scratch.take(rows: network.angles, columns: 32, zeroed: true)
    }
    for l in (0..<4).reversed() {
      if l < 3, network.angles > 0 {
        if l < 2 { angleLayer(l) }
        bondLayer(l)
      }
      atomLayer(l)
    }
    finish(&output)
  }

  private mutating func release(_ trace: GatedTrace) {
    network.scratch.give(trace.slope)
    network.scratch.give(trace.normal)
    network.scratch.give(trace.inverse)
  }

  private mutating func atomLayer(_ l: Int) {
    let layer = parameters.atomLayers[l]
    let (nodes, shorts) = (network.nodes, network.shorts)
    var dSum = zeros(rows: nodes, columns: 64)
    if let out = layer.out {
      product(dAtoms, stride: 64, out, backward: true, rows: nodes, into: &dSum, outStride: 64)
    }
    var gradients = GatedKernels.Gradients()
    // The first layer's atoms are what their elements make them: nothing depends on their gradient.
    if l > 0 { gradients.parts = network.scratch.take(rows: nodes, columns: 256, zeroed: true) }
    gradients.rest = network.scratch.take(rows: batch.bonds, columns: 128, zeroed: true)
    swap(&gradients.factors, &dAtomWeights)
    let trace = network.atomTraces.removeLast()
    GatedKernels.backward(
      batch.edges, layer.gate, own: nil, factors: network.atomWeights, sumGradient: dSum, into: &gradients,
      trace: trace, thrifty: network.thrifty)
    swap(&gradients.factors, &dAtomWeights)
    release(trace)
    product(
      gradients.rest, stride: 128, parameters.bondFolds[l], backward: true, rows: batch.bonds, into: &dAtomBasis,
      outStride: 32, adding: true)
    if l > 0 && shorts > 0 {
      var dChanges = network.scratch.take(rows: shorts, columns: 128)
      batch.shortBonds.pick(gradients.rest, into: &dChanges, columns: 128)
      product(
        dChanges, stride: 128, layer.own, backward: true, rows: shorts, into: &dBondChanges, outStride: 64, adding: true)
      network.scratch.give(dChanges)
    }
    if l > 0 {
      product(
        gradients.parts, stride: 256, layer.ends, backward: true, rows: nodes, into: &dAtoms, outStride: 64, adding: true)
    }
    network.scratch.give(gradients.parts)
    network.scratch.give(gradients.rest)
  }

  /// Arrays for the gradients by what a bond or angle layer's bonds and atoms add to its sums.
  private mutating func angleGradients() -> GatedKernels.Gradients {
    var gradients = GatedKernels.Gradients()
    gradients.parts = network.scratch.take(rows: network.shorts, columns: 256, zeroed: true)
    gradients.rest = network.scratch.take(rows: network.nodes, columns: 128, zeroed: true)
    return gradients
  }

  private mutating func spread(_ layer: GatedLayer, _ gradients: consuming GatedKernels.Gradients) {
    product(
      gradients.parts, stride: 256, layer.ends, backward: true, rows: network.shorts, into: &dBonds, outStride: 64,
      adding: true)
    if let center = layer.center {
      product(
        gradients.rest, stride: 128, center, backward: true, rows: network.nodes, into: &dAtoms, outStride: 64,
        adding: true)
    }
    network.scratch.give(gradients.parts)
    network.scratch.give(gradients.rest)
  }

  private mutating func bondLayer(_ l: Int) {
    let layer = parameters.bondLayers[l]
    let shorts = network.shorts
    var dSum = zeros(rows: shorts, columns: 64)
    if let out = layer.out {
      product(dBonds, stride: 64, out, backward: true, rows: shorts, into: &dSum, outStride: 64)
      product(dBondChanges, stride: 64, out, backward: true, rows: shorts, into: &dSum, outStride: 64, adding: true)
    }
    var gradients = angleGradients()
    swap(&gradients.factors, &dBondWeights)
    let trace = network.bondTraces.removeLast()
    if l == 0 {
      swap(&gradients.own, &dAngleBasis)
      GatedKernels.backward(
        batch.angles, layer.gate, own: .init([], columns: 32, weight: parameters.angleFolds.bonds.backward),
        factors: network.bondWeights, sumGradient: dSum, into: &gradients, trace: trace, thrifty: network.thrifty)
      swap(&gradients.own, &dAngleBasis)
    } else {
      swap(&gradients.own, &dAngles)
      GatedKernels.backward(
        batch.angles, layer.gate, own: .init([], columns: 64, weight: layer.own.backward),
        factors: network.bondWeights, sumGradient: dSum, into: &gradients, trace: trace, thrifty: network.thrifty)
      swap(&gradients.own, &dAngles)
    }
    swap(&gradients.factors, &dBondWeights)
    release(trace)
    spread(layer, gradients)
  }

  private mutating func angleLayer(_ l: Int) {
    let layer = parameters.angleLayers[l]
    var gradients = angleGradients()
    let trace = network.angleTraces.removeLast()
    if l == 0 {
      swap(&gradients.own, &dAngleBasis)
      GatedKernels.backward(
        batch.angles, layer.gate, own: .init([], columns: 32, weight: parameters.angleFolds.angles.backward),
        factors: nil, sumGradient: dAngles, into: &gradients, trace: trace, thrifty: network.thrifty)
      swap(&gradients.own, &dAngleBasis)
    } else {
      swap(&gradients.own, &dAngles)
      GatedKernels.backward(
        batch.angles, layer.gate, own: .init(nil, columns: 64, weight: layer.own.backward), factors: nil,
        sumGradient: [], into: &gradients, trace: trace, thrifty: network.thrifty)
      swap(&gradients.own, &dAngles)
    }
    release(trace)
    spread(layer, gradients)
  }

  private mutating func finish(_ output: inout CHGNetOutput) {
    let shorts = network.shorts
    product(
      dAtomWeights, stride: 64, parameters.atomWeights, backward: true, rows: batch.bonds, into: &dAtomBasis,
      outStride: 32, adding: true)
    // Short bonds: their first features, and their weights in the bond graph.
    var dShort = zeros(rows: shorts, columns: 32)
    product(dBonds, stride: 64, parameters.bondEmbedding, backward: true, rows: shorts, into: &dShort, outStride: 32)
    batch.shortBonds.scatter(dShort, into: &dAtomBasis, columns: 32)
    output.byLength = GatedKernels.rowDots(dAtomBasis, batch.atomBasis.slopes)
    product(dBondWeights, stride: 64, parameters.bondWeights, backward: true, rows: shorts, into: &dShort, outStride: 32)
    let byWeights = GatedKernels.rowDots(dShort, batch.bondBasis.slopes)
    for (q, b) in batch.shortBonds.indices.enumerated() { output.byLength[Int(b)] += byWeights[q] }
    if network.angles > 0 {
      product(
        dAngles, stride: 64, parameters.angleEmbedding, backward: true, rows: network.angles, into: &dAngleBasis,
        outStride: 32, adding: true)
      let byAngle = GatedKernels.rowDots(dAngleBasis, batch.angleBasis.slopes)
      output.byCosine = zip(byAngle, batch.angleSlopes).map { $0 * $1 }
    }
    for array in [dAtomWeights, dAtomBasis, dAngles, dAngleBasis, network.atomWeights] { network.scratch.give(array) }
  }
}

import Tensors

/// One pass through CHGNet over a batch, forwards and back.
///
/// Everything a layer multiplies by its first weights is a concatenation of features of atoms, bonds and angles; the products are made
/// an atom, a bond and an angle and summed on the edges (`GatedLayer.parts`). A bond's first features are linear in its basis, so
/// that all layers' products of them are one (`bondFold`); layers change the features of short bonds only, whose changes are
/// multiplied apart.
struct CHGNetNetwork {
  let parameters: CHGNetParameters
  let batch: CHGNetBatch

  /// Columns of `bondFold`: four layers of 128, then the 64 weights.
  static let fold = 4 * 128 + 64

  /// Whether activations are computed again on the way back instead of kept.
  private let thrifty: Bool
  private var scratch: Scratch
  private var nodes: Int { batch.nodes }
  private var edges: Int { batch.edgeWeights.count }
  private var angles: Int { batch.angleWeights.count }
  private var shorts: Int { batch.shortBonds.count }

  /// (N, 64) features of the atoms.
  private var atoms: [Float]
  /// (B, 576)
  private var folded: [Float]
  /// (Q, 64) features of short bonds, and what layers have added to them.
  private var bonds: [Float]
  private var bondChanges: [Float]
  /// (Q, 64)
  private var bondWeights: [Float]
  /// (A, 320) then (A, 64) after the first angle layer.
  private var foldedAngles: [Float] = []
  private var angleFeatures: [Float] = []

  private var atomTraces: [GateTrace] = []
  private var bondTraces: [GateTrace] = []
  private var angleTraces: [GateTrace] = []

  // Gradients, of the shapes of what they belong to.
  private var dAtoms: [Float] = []
  private var dFolded: [Float] = []
  private var dBonds: [Float] = []
  /// By what layers add to bonds as the atom layers see them; first features reach those by `folded`.
  private var dBondChanges: [Float] = []
  private var dBondWeights: [Float] = []
  private var dFoldedAngles: [Float] = []
  private var dAngles: [Float] = []

  private init(_ batch: CHGNetBatch, parameters: CHGNetParameters, thrifty: Bool, scratch: Scratch) {
    self.parameters = parameters
    self.batch = batch
    self.thrifty = thrifty
    self.scratch = scratch
    let nodes = batch.nodes
    let shorts = batch.shortBonds.count
    atoms = zeros(rows: nodes, columns: 64)
    for (n, z) in batch.atomicNumbers.enumerated() {
      let row = 64 * (Int(z) - 1)
      for k in 0..<64 { atoms[64 * n + k] = parameters.embedding[row + k] }
    }
    folded = self.scratch.take(rows: batch.bonds, columns: Self.fold)
    product(
      batch.atomBasis.values.values, stride: 32, parameters.bondFold, rows: batch.bonds, into: &folded,
      outStride: Self.fold)
    bonds = zeros(rows: shorts, columns: 64)
    bondChanges = bonds
    bondWeights = bonds
    let basis = Self.gather(batch.atomBasis.values.values, columns: 32, rows: batch.shortBonds)
    product(basis, stride: 32, parameters.bondEmbedding, rows: shorts, into: &bonds, outStride: 64)
    product(
      batch.bondBasis.values.values, stride: 32, parameters.bondWeights, rows: shorts, into: &bondWeights,
      outStride: 64)
    let angles = batch.angleWeights.count
    if angles > 0 {
      foldedAngles = self.scratch.take(rows: angles, columns: 320)
      product(
        batch.angleBasis.values.values, stride: 32, parameters.angleFold, rows: angles, into: &foldedAngles,
        outStride: 320)
      angleFeatures = self.scratch.take(rows: angles, columns: 64)
      Self.copy(foldedAngles, of: 320, offset: 256, count: 64, rows: angles, into: &angleFeatures)
    }
  }

  /// Rows of a matrix, picked by index.
  private static func gather(_ a: [Float], columns: Int, rows: [Int]) -> [Float] {
    var out = zeros(rows: rows.count, columns: columns)
    for (r, source) in rows.enumerated() {
      for k in 0..<columns { out[r * columns + k] = a[source * columns + k] }
    }
    return out
  }

  private static func copy(
    _ a: [Float], of stride: Int, offset: Int, count: Int, rows: Int, into out: inout [Float]
  ) {
    for r in 0..<rows {
      for k in 0..<count { out[r * count + k] = a[r * stride + offset + k] }
    }
  }

  /// Energies, moments and derivatives of a batch.
  static func run(
    _ batch: CHGNetBatch, parameters: CHGNetParameters, thrifty: Bool = false, scratch: inout Scratch
  ) -> CHGNetOutput {
    var borrowed = Scratch()
    swap(&borrowed, &scratch)
    var network = CHGNetNetwork(batch, parameters: parameters, thrifty: thrifty, scratch: borrowed)
    // One owner at a time, or every array that changes hands is copied.
    borrowed = Scratch()
    defer { swap(&network.scratch, &scratch) }
    var moments: [Float] = []
    for l in 0..<4 {
      if l == 3 { moments = network.magneticMoments() }
      network.atomLayer(l)
      if l < 3, network.angles > 0 {
        network.bondLayer(l)
        if l < 2 { network.angleLayer(l) }
        if l == 0 { network.releaseFoldedAngles() }
      }
    }
    let readout = Readout(network.atoms, rows: network.nodes, parameters: parameters)
    var output = CHGNetOutput(siteEnergies: readout.energies, magneticMoments: moments)
    network.startBackward(readout.backward(weights: batch.multiplicities, parameters: parameters))
    for l in (0..<4).reversed() {
      if l < 3, network.angles > 0 {
        if l < 2 { network.angleLayerBackward(l) }
        network.bondLayerBackward(l)
      }
      network.atomLayerBackward(l)
    }
    network.finishBackward(&output)
    return output
  }

  /// Only the first layers ask for them.
  private mutating func releaseFoldedAngles() {
    scratch.give(foldedAngles)
    foldedAngles = []
  }

  private func magneticMoments() -> [Float] {
    (0..<nodes).map { n in
      var sum = parameters.siteWise.bias
      for k in 0..<64 { sum += atoms[64 * n + k] * parameters.siteWise.weight[k] }
      return abs(sum)
    }
  }

  // MARK: Atoms

  private mutating func atomLayer(_ l: Int) {
    let layer = parameters.atomLayers[l]
    var parts = zeros(rows: nodes, columns: 256)
    product(atoms, stride: 64, layer.parts[0], rows: nodes, into: &parts, outStride: 256)
    product(atoms, stride: 64, layer.parts[2], rows: nodes, into: &parts, outStride: 256, outOffset: 128)
    Self.addBias(layer.bias, to: &parts, stride: 256, rows: nodes)
    if l > 0 && shorts > 0 {
      var changes = zeros(rows: shorts, columns: 128)
      product(bondChanges, stride: 64, layer.parts[1], rows: shorts, into: &changes, outStride: 128)
      for (q, b) in batch.shortBonds.enumerated() {
        let row = b * Self.fold + 128 * l
        for k in 0..<128 { folded[row + k] += changes[128 * q + k] }
      }
    }
    var pre = scratch.take(rows: edges, columns: 128)
    var activated = scratch.take(rows: edges, columns: 128)
    GatedKernels.gather(
      into: &pre, activated: &activated, adding: false,
      .init(parts, stride: 256), batch.edgeCenters, .init(parts, stride: 256, offset: 128), batch.edgeNeighbors,
      .init(folded, stride: Self.fold, offset: 128 * l), batch.edgeBonds)
    let trace = layer.forward(pre: pre, activated: activated, rows: edges, scratch: &scratch)
    var sum = zeros(rows: nodes, columns: 64)
    GatedKernels.sumMessages(
      trace.out, weight: batch.edgeWeights, .init(folded, stride: Self.fold, offset: 512), batch.edgeBonds, nil,
      to: batch.edgeCenters, into: &sum)
    if let out = layer.out {
      product(sum, stride: 64, out, rows: nodes, into: &atoms, outStride: 64, adding: true)
    }
    atomTraces.append(thrifty ? trace.reduced(to: &scratch) : trace)
  }

  private mutating func atomLayerBackward(_ l: Int) {
    let layer = parameters.atomLayers[l]
    let trace = layer.restored(atomTraces.removeLast(), rows: edges, scratch: &scratch)
    var dSum = zeros(rows: nodes, columns: 64)
    if let out = layer.out {
      product(dAtoms, stride: 64, out, backward: true, rows: nodes, into: &dSum, outStride: 64)
    }
    var dOut = scratch.take(rows: edges, columns: 64)
    GatedKernels.messagesBackward(
      trace.out, weight: batch.edgeWeights, .init(folded, stride: Self.fold, offset: 512), batch.edgeBonds, nil,
      sumGradient: dSum, to: batch.edgeCenters, outGradient: &dOut, uGradient: &dFolded, stride: Self.fold,
      offset: 512)
    let dPre = layer.backward(trace, outGradient: dOut, rows: edges, scratch: &scratch)
    scratch.give(dOut)
    defer { scratch.give(dPre) }
    GatedKernels.scatter(dPre, to: batch.edgeBonds, into: &dFolded, stride: Self.fold, offset: 128 * l)
    if l > 0 && shorts > 0 {
      var dChanges = zeros(rows: shorts, columns: 128)
      for (q, b) in batch.shortBonds.enumerated() {
        let row = b * Self.fold + 128 * l
        for k in 0..<128 { dChanges[128 * q + k] = dFolded[row + k] }
      }
      product(
        dChanges, stride: 128, layer.parts[1], backward: true, rows: shorts, into: &dBondChanges, outStride: 64,
        adding: true)
    }
    // The first layer's atoms are what their elements make them: nothing depends on their gradient.
    guard l > 0 else { return }
    var dParts = zeros(rows: nodes, columns: 256)
    GatedKernels.scatter(dPre, to: batch.edgeCenters, into: &dParts, stride: 256)
    GatedKernels.scatter(dPre, to: batch.edgeNeighbors, into: &dParts, stride: 256, offset: 128)
    product(dParts, stride: 256, layer.parts[0], backward: true, rows: nodes, into: &dAtoms, outStride: 64, adding: true)
    product(
      dParts, stride: 256, offset: 128, layer.parts[2], backward: true, rows: nodes, into: &dAtoms, outStride: 64,
      adding: true)
  }

  private static func addBias(_ bias: [Float], to parts: inout [Float], stride: Int, rows: Int) {
    for r in 0..<rows {
      for k in bias.indices { parts[r * stride + k] += bias[k] }
    }
  }

  // MARK: Bonds and angles

  /// Sums of the first layer's parts on the angles, (A, 128); activated where there is a second layer.
  private mutating func angleSums(_ layer: GatedLayer, foldedOffset: Int?) -> (pre: [Float], activated: [Float]) {
    var bondParts = zeros(rows: shorts, columns: 256)
    product(bonds, stride: 64, layer.parts[0], rows: shorts, into: &bondParts, outStride: 256)
    product(bonds, stride: 64, layer.parts[1], rows: shorts, into: &bondParts, outStride: 256, outOffset: 128)
    var atomParts = zeros(rows: nodes, columns: 128)
    product(atoms, stride: 64, layer.parts[3], rows: nodes, into: &atomParts, outStride: 128)
    Self.addBias(layer.bias, to: &atomParts, stride: 128, rows: nodes)
    var pre = scratch.take(rows: angles, columns: 128)
    if let foldedOffset {
      Self.copy(foldedAngles, of: 320, offset: foldedOffset, count: 128, rows: angles, into: &pre)
    } else {
      product(angleFeatures, stride: 64, layer.parts[2], rows: angles, into: &pre, outStride: 128)
    }
    var activated = layer.second == nil ? [] : scratch.take(rows: angles, columns: 128)
    GatedKernels.gather(
      into: &pre, activated: &activated, adding: true, .init(bondParts, stride: 256), batch.angleFirst,
      .init(bondParts, stride: 256, offset: 128), batch.angleSecond, .init(atomParts, stride: 128),
      batch.angleCenters)
    return (pre, activated)
  }

  /// The transpose of `angleSums`: spreads (A, 128) over bonds, angles and atoms.
  private mutating func angleSumsBackward(_ layer: GatedLayer, _ dPre: [Float], foldedOffset: Int?) {
    var dBondParts = zeros(rows: shorts, columns: 256)
    GatedKernels.scatter(dPre, to: batch.angleFirst, into: &dBondParts, stride: 256)
    GatedKernels.scatter(dPre, to: batch.angleSecond, into: &dBondParts, stride: 256, offset: 128)
    product(
      dBondParts, stride: 256, layer.parts[0], backward: true, rows: shorts, into: &dBonds, outStride: 64, adding: true)
    product(
      dBondParts, stride: 256, offset: 128, layer.parts[1], backward: true, rows: shorts, into: &dBonds,
      outStride: 64, adding: true)
    var dAtomParts = zeros(rows: nodes, columns: 128)
    GatedKernels.scatter(dPre, to: batch.angleCenters, into: &dAtomParts, stride: 128)
    product(
      dAtomParts, stride: 128, layer.parts[3], backward: true, rows: nodes, into: &dAtoms, outStride: 64, adding: true)
    if let foldedOffset {
      for a in 0..<angles {
        for k in 0..<128 { dFoldedAngles[320 * a + foldedOffset + k] += dPre[128 * a + k] }
      }
    } else {
      product(dPre, stride: 128, layer.parts[2], backward: true, rows: angles, into: &dAngles, outStride: 64, adding: true)
    }
  }

  private mutating func bondLayer(_ l: Int) {
    let layer = parameters.bondLayers[l]
    let (pre, activated) = angleSums(layer, foldedOffset: l == 0 ? 0 : nil)
    let trace = layer.forward(pre: pre, activated: activated, rows: angles, scratch: &scratch)
    var sum = zeros(rows: shorts, columns: 64)
    GatedKernels.sumMessages(
      trace.out, weight: batch.angleWeights, .init(bondWeights, stride: 64), batch.angleFirst,
      (bondWeights, batch.angleSecond), to: batch.angleFirst, into: &sum)
    if let out = layer.out {
      product(sum, stride: 64, out, rows: shorts, into: &bonds, outStride: 64, adding: true)
      product(sum, stride: 64, out, rows: shorts, into: &bondChanges, outStride: 64, adding: true)
    }
    bondTraces.append(thrifty ? trace.reduced(to: &scratch) : trace)
  }

  private mutating func bondLayerBackward(_ l: Int) {
    let layer = parameters.bondLayers[l]
    let trace = layer.restored(bondTraces.removeLast(), rows: angles, scratch: &scratch)
    var dSum = zeros(rows: shorts, columns: 64)
    if let out = layer.out {
      product(dBonds, stride: 64, out, backward: true, rows: shorts, into: &dSum, outStride: 64)
      product(dBondChanges, stride: 64, out, backward: true, rows: shorts, into: &dSum, outStride: 64, adding: true)
    }
    var dOut = scratch.take(rows: angles, columns: 64)
    GatedKernels.messagesBackward(
      trace.out, weight: batch.angleWeights, .init(bondWeights, stride: 64), batch.angleFirst,
      batch.angleSecond, sumGradient: dSum, to: batch.angleFirst, outGradient: &dOut, uGradient: &dBondWeights,
      stride: 64)
    let dPre = layer.backward(trace, outGradient: dOut, rows: angles, scratch: &scratch)
    scratch.give(dOut)
    angleSumsBackward(layer, dPre, foldedOffset: l == 0 ? 0 : nil)
    scratch.give(dPre)
  }

  private mutating func angleLayer(_ l: Int) {
    let layer = parameters.angleLayers[l]
    let (pre, _) = angleSums(layer, foldedOffset: l == 0 ? 128 : nil)
    let trace = layer.forward(pre: pre, activated: [], rows: angles, scratch: &scratch)
    for i in 0..<64 * angles { angleFeatures[i] += trace.out[i] }
    angleTraces.append(trace)
  }

  private mutating func angleLayerBackward(_ l: Int) {
    let layer = parameters.angleLayers[l]
    let trace = angleTraces.removeLast()
    let dPre = layer.backward(trace, outGradient: dAngles, rows: angles, scratch: &scratch)
    angleSumsBackward(layer, dPre, foldedOffset: l == 0 ? 128 : nil)
    scratch.give(dPre)
  }

  // MARK: The ends of the way back

  private mutating func startBackward(_ dAtoms: [Float]) {
    self.dAtoms = dAtoms
    dFolded = scratch.take(rows: batch.bonds, columns: Self.fold, zeroed: true)
    dBonds = zeros(rows: shorts, columns: 64)
    dBondChanges = dBonds
    dBondWeights = dBonds
    if angles > 0 {
      dFoldedAngles = scratch.take(rows: angles, columns: 320, zeroed: true)
      dAngles = scratch.take(rows: angles, columns: 64, zeroed: true)
    }
  }

  private mutating func finishBackward(_ output: inout CHGNetOutput) {
    var dBasis = zeros(rows: batch.bonds, columns: 32)
    product(
      dFolded, stride: Self.fold, parameters.bondFold, backward: true, rows: batch.bonds, into: &dBasis, outStride: 32)
    output.byLength = Self.contract(dBasis, batch.atomBasis.slopes)
    for array in [folded, dFolded] { scratch.give(array) }
    // Short bonds: their first features, and their weights in the bond graph.
    var dShort = zeros(rows: shorts, columns: 32)
    product(dBonds, stride: 64, parameters.bondEmbedding, backward: true, rows: shorts, into: &dShort, outStride: 32)
    let slopes = batch.atomBasis.slopes.values
    var dWeights = zeros(rows: shorts, columns: 32)
    product(dBondWeights, stride: 64, parameters.bondWeights, backward: true, rows: shorts, into: &dWeights, outStride: 32)
    let weightSlopes = Self.contract(dWeights, batch.bondBasis.slopes)
    for (q, b) in batch.shortBonds.enumerated() {
      var sum = weightSlopes[q]
      for k in 0..<32 { sum += Double(dShort[32 * q + k]) * Double(slopes[32 * b + k]) }
      output.byLength[b] += sum
    }
    guard angles > 0 else { return }
    for a in 0..<angles {
      for k in 0..<64 { dFoldedAngles[320 * a + 256 + k] = dAngles[64 * a + k] }
    }
    var dAngleBasis = zeros(rows: angles, columns: 32)
    product(
      dFoldedAngles, stride: 320, parameters.angleFold, backward: true, rows: angles, into: &dAngleBasis, outStride: 32)
    for array in [angleFeatures, dFoldedAngles, dAngles] { scratch.give(array) }
    let byAngle = Self.contract(dAngleBasis, batch.angleBasis.slopes)
    output.byCosine = zip(byAngle, batch.angleSlopes).map { $0 * $1 }
  }

  /// The scalar product of each row of two matrices 32 wide.
  private static func contract(_ a: [Float], _ slopes: Matrix) -> [Double] {
    (0..<slopes.rows).map { r in
      var sum = 0.0
      for k in 0..<32 { sum += Double(a[32 * r + k]) * Double(slopes.values[32 * r + k]) }
      return sum
    }
  }
}

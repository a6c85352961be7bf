import Tensors

/// `out = a weight`, or added to `out`; back, `a` times the weight transposed.
func product(
  _ a: [Float], stride: Int, offset: Int = 0, _ weight: Weight, backward: Bool = false, rows: Int,
  into out: inout [Float], outStride: Int, outOffset: Int = 0, adding: Bool = false
) {
  RowProducts.multiply(
    a, stride: stride, offset: offset, backward ? weight.backward : weight.forward, rows: rows,
    inner: backward ? weight.columns : weight.inner, columns: backward ? weight.inner : weight.columns,
    into: &out, outStride: outStride, outOffset: outOffset, adding: adding)
}

/// A matrix of zeros.
func zeros(rows: Int, columns: Int) -> [Float] { [Float](repeating: 0, count: rows * columns) }

/// What a gated layer leaves for its way back.
struct GateTrace: Sendable {
  /// (E, 128) before the first activation; empty where there is one layer.
  var pre: [Float] = []
  /// (E, 128) normalised, (E, 2) reciprocal deviations, (E, 64) gated.
  var normal: [Float] = []
  var inverse: [Float] = []
  var out: [Float] = []

  /// Without what `GatedLayer.restored` makes anew, where there are two layers.
  consuming func reduced(to scratch: inout Scratch) -> GateTrace {
    guard !pre.isEmpty else { return self }
    var small = GateTrace()
    small.pre = pre
    scratch.give(normal)
    scratch.give(inverse)
    scratch.give(out)
    return small
  }

  consuming func release(to scratch: inout Scratch) {
    scratch.give(pre)
    scratch.give(normal)
    scratch.give(inverse)
    scratch.give(out)
  }
}

extension GatedLayer {
  /// A whole trace of one that was reduced.
  func restored(_ trace: consuming GateTrace, rows: Int, scratch: inout Scratch) -> GateTrace {
    guard trace.out.isEmpty else { return trace }
    var activated = scratch.take(rows: rows, columns: 128)
    var pre = trace.pre
    trace.pre = []
    Kernels.biasSiLU(&pre, bias: Self.noBias.span, rows: rows, into: &activated)
    return forward(pre: pre, activated: activated, rows: rows, scratch: &scratch)
  }

  private static let noBias = [Float](repeating: 0, count: 128)

  /// From sums of first-layer parts to gated outputs.
  ///
  /// - Parameters:
  ///   - pre: (E, 128) without activation.
  ///   - activated: (E, 128) `silu(pre)`; empty where there is one layer.
  func forward(
    pre: consuming [Float], activated: consuming [Float], rows: Int, scratch: inout Scratch
  ) -> GateTrace {
    var trace = GateTrace()
    if let second {
      trace.normal = scratch.take(rows: rows, columns: 128)
      product(activated, stride: 128, second.core, rows: rows, into: &trace.normal, outStride: 128)
      product(
        activated, stride: 128, offset: 64, second.gate, rows: rows, into: &trace.normal, outStride: 128,
        outOffset: 64)
      trace.pre = pre
      scratch.give(activated)
    } else {
      trace.normal = pre
    }
    trace.inverse = scratch.take(rows: rows, columns: 2)
    trace.out = scratch.take(rows: rows, columns: 64)
    GatedKernels.gate(
      &trace.normal, rows: rows, bias: gate.bias, scale: gate.scale, shift: gate.shift, inverse: &trace.inverse,
      out: &trace.out)
    return trace
  }

  /// The gradient by `pre` (E, 128) from that by the gated outputs (E, 64).
  func backward(
    _ trace: consuming GateTrace, outGradient: [Float], rows: Int, scratch: inout Scratch
  ) -> [Float] {
    var normal = scratch.take(rows: rows, columns: 128)
    GatedKernels.gateBackward(
      trace.normal, rows: rows, scale: gate.scale, shift: gate.shift, inverse: trace.inverse,
      outGradient: outGradient, into: &normal)
    guard let second else {
      trace.release(to: &scratch)
      return normal
    }
    var gradient = scratch.take(rows: rows, columns: 128)
    product(normal, stride: 128, second.core, backward: true, rows: rows, into: &gradient, outStride: 128)
    product(
      normal, stride: 128, offset: 64, second.gate, backward: true, rows: rows, into: &gradient, outStride: 128,
      outOffset: 64)
    Kernels.siLUBackward(pre: trace.pre, gradient: &gradient, count: rows * 128)
    scratch.give(normal)
    trace.release(to: &scratch)
    return gradient
  }
}

/// What the network says of a batch: energies of the nodes, and derivatives by the inputs.
struct CHGNetOutput: Sendable {
  /// (N) eV an atom, without the elements' own energies.
  var siteEnergies: [Float]
  /// (N) Bohr magnetons.
  var magneticMoments: [Float]
  /// (B) derivative of the energy of all atoms by the length of a bond class, eV/angstrom.
  var byLength: [Double] = []
  /// (A) by the cosine of an angle class, eV.
  var byCosine: [Double] = []
}

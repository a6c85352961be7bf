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

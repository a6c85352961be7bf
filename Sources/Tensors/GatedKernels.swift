import CKernels

/// Rows picked from a matrix by index: `matrix[index[r]]`, the first column at `offset`.
public struct IndexedRows: Sendable {
  public var indices: [Int32]
  /// Rows that the indices may name.
  public let count: Int

  /// - Parameters:
  ///   - indices: (rows), each in `0..<count`.
  public init(_ indices: [Int32], count: Int) {
    precondition(indices.allSatisfy { $0 >= 0 && Int($0) < count })
    self.indices = indices
    self.count = count
  }
}

/// Loops of gated message passing, 64 features wide, as CHGNet has it: gather, gate, weigh, sum, and their transposes.
///
/// Rows of 128 hold the core of a gated layer in columns 0...63 and its gate in 64...127. Shapes are checked here, indices where
/// an `IndexedRows` is made.
public enum GatedKernels {
  public static let features = 64
  public static let width = 128

  /// A matrix of a gather: its values, how wide a row is, and where the 128 columns begin.
  public struct Source {
    let values: [Float]
    let stride: Int
    let offset: Int
    public init(_ values: [Float], stride: Int, offset: Int = 0) {
      self.values = values
      self.stride = stride
      self.offset = offset
    }

    func check(_ rows: IndexedRows, columns: Int) {
      precondition(offset >= 0 && offset + columns <= stride && rows.count * stride <= values.count)
    }
  }

  /// `pre = [pre +] a[ia] + b[ib] + c[ic]`, and `silu(pre)` into `activated`, of which the first rows are written.
  ///
  /// - Parameters:
  ///   - pre: (E, 128).
  ///   - activated: (E, 128); empty where no activation is wanted.
  public static func gather(
    into pre: inout [Float], activated: inout [Float], adding: Bool,
    _ a: Source, _ ia: IndexedRows, _ b: Source, _ ib: IndexedRows, _ c: Source, _ ic: IndexedRows
  ) {
    let rows = ia.indices.count
    a.check(ia, columns: width)
    b.check(ib, columns: width)
    c.check(ic, columns: width)
    precondition(ib.indices.count == rows && ic.indices.count == rows && pre.count >= rows * width)
    precondition(activated.isEmpty || activated.count >= rows * width)
    let activates = !activated.isEmpty
    // Safety: every index is in range (IndexedRows), every source has that many rows (check), outputs have `rows` rows.
    unsafe pre.withUnsafeMutableBufferPointer { p in
      unsafe activated.withUnsafeMutableBufferPointer { o in
        unsafe a.values.withUnsafeBufferPointer { pa in
          unsafe b.values.withUnsafeBufferPointer { pb in
            unsafe c.values.withUnsafeBufferPointer { pc in
              guard let pa = pa.baseAddress, let pb = pb.baseAddress, let pc = pc.baseAddress else { return }
              unsafe frieze_gather(
                p.baseAddress, activates ? o.baseAddress : nil, pa + a.offset, ia.indices, a.stride,
                pb + b.offset, ib.indices, b.stride, pc + c.offset, ic.indices, c.stride, rows, adding ? 1 : 0)
            }
          }
        }
      }
    }
  }

  /// `target[index[r]] += gradient[r]`, 128 columns beginning at `offset` of rows `stride` wide.
  public static func scatter(
    _ gradient: [Float], to index: IndexedRows, into target: inout [Float], stride: Int, offset: Int = 0
  ) {
    let rows = index.indices.count
    precondition(gradient.count >= rows * width && offset >= 0 && offset + width <= stride)
    precondition(index.count * stride <= target.count)
    // Safety: as in `gather`.
    unsafe target.withUnsafeMutableBufferPointer { t in
      guard let t = t.baseAddress else { return }
      unsafe frieze_scatter(gradient, t + offset, index.indices, stride, rows)
    }
  }

  /// Adds a bias, normalises core and gate, and gates: `out = silu(core) sigmoid(gate)`.
  ///
  /// - Parameters:
  ///   - y: (E, 128), left normalised.
  ///   - bias, scale, shift: (128).
  ///   - inverse: (E, 2) reciprocal deviations.
  ///   - out: (E, 64).
  public static func gate(
    _ y: inout [Float], rows: Int, bias: [Float], scale: [Float], shift: [Float], inverse: inout [Float],
    out: inout [Float]
  ) {
    precondition(y.count >= rows * width && inverse.count >= rows * 2 && out.count >= rows * features)
    precondition(bias.count == width && scale.count == width && shift.count == width)
    // Safety: shapes as checked.
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe inverse.withUnsafeMutableBufferPointer { i in
        unsafe out.withUnsafeMutableBufferPointer { o in
          unsafe frieze_gate(y.baseAddress, bias, scale, shift, i.baseAddress, o.baseAddress, rows)
        }
      }
    }
  }

  /// The gradient by `y` before its normalisation, from the gradient by `out`.
  public static func gateBackward(
    _ y: [Float], rows: Int, scale: [Float], shift: [Float], inverse: [Float], outGradient: [Float],
    into gradient: inout [Float]
  ) {
    precondition(y.count >= rows * width && inverse.count >= rows * 2 && outGradient.count >= rows * features)
    precondition(scale.count == width && shift.count == width && gradient.count >= rows * width)
    // Safety: shapes as checked.
    unsafe gradient.withUnsafeMutableBufferPointer { g in
      unsafe frieze_gate_backward(y, scale, shift, inverse, outGradient, g.baseAddress, rows)
    }
  }

  /// `sum[to[r]] += weight[r] out[r] u[iu[r]] v[iv[r]]`, 64 columns; without `v` where that is nil.
  public static func sumMessages(
    _ out: [Float], weight: [Float], _ u: Source, _ iu: IndexedRows, _ v: ([Float], IndexedRows)?,
    to target: IndexedRows, into sum: inout [Float]
  ) {
    let rows = target.indices.count
    u.check(iu, columns: features)
    precondition(weight.count == rows && iu.indices.count == rows && out.count >= rows * features)
    precondition(target.count * features <= sum.count)
    if let v { precondition(v.1.indices.count == rows && v.1.count * features <= v.0.count) }
    // Safety: as in `gather`.
    unsafe sum.withUnsafeMutableBufferPointer { s in
      unsafe u.values.withUnsafeBufferPointer { pu in
        guard let pu = pu.baseAddress else { return }
        if let v {
          unsafe frieze_message(
            out, weight, pu + u.offset, iu.indices, u.stride, v.0, v.1.indices, s.baseAddress, target.indices, rows)
        } else {
          unsafe frieze_message(
            out, weight, pu + u.offset, iu.indices, u.stride, nil, nil, s.baseAddress, target.indices, rows)
        }
      }
    }
  }

  /// The transpose of `sumMessages`: writes the gradient by `out`, adds to that by `u` and, where there is a `v`, by `v`, which is
  /// then the same matrix as `u`.
  ///
  /// - Parameter sumGradient: (targets, 64).
  public static func messagesBackward(
    _ out: [Float], weight: [Float], _ u: Source, _ iu: IndexedRows, _ v: IndexedRows?,
    sumGradient: [Float], to target: IndexedRows, outGradient: inout [Float], uGradient: inout [Float],
    stride: Int, offset: Int = 0
  ) {
    let rows = target.indices.count
    u.check(iu, columns: features)
    precondition(weight.count == rows && iu.indices.count == rows && out.count >= rows * features)
    precondition(target.count * features <= sumGradient.count && outGradient.count >= rows * features)
    precondition(offset >= 0 && offset + features <= stride && iu.count * stride <= uGradient.count)
    if let v {
      precondition(v.indices.count == rows && v.count == iu.count)
      precondition(u.stride == features && stride == features)
    }
    // Safety: as in `gather`; with v, gradients of u and v go to one array of the same shape, one after the other.
    unsafe outGradient.withUnsafeMutableBufferPointer { d in
      unsafe uGradient.withUnsafeMutableBufferPointer { g in
        unsafe u.values.withUnsafeBufferPointer { pu in
          guard let pu = pu.baseAddress, let g = g.baseAddress else { return }
          if let v {
            unsafe frieze_message_backward(
              out, weight, pu, iu.indices, features, pu, v.indices, sumGradient, target.indices, d.baseAddress,
              g, features, g, rows)
          } else {
            unsafe frieze_message_backward(
              out, weight, pu + u.offset, iu.indices, u.stride, nil, nil, sumGradient, target.indices,
              d.baseAddress, g + offset, stride, nil, rows)
          }
        }
      }
    }
  }

  /// Bessel functions with a smooth cut-off: values and derivatives by `r`, 32 columns of which the frequencies' are used.
  ///
  ///     sqrt(2/c) sin(f r/c) / r  (1 - (p+1)(p+2)/2 x^p + p(p+2) x^(p+1) - p(p+1)/2 x^(p+2)),  x = r/c
  ///
  /// - Returns: (E, 32) each.
  public static func radialBasis(
    _ r: [Double], frequencies: [Float], cutoff: Double, order: Double
  ) -> (values: Matrix, slopes: Matrix) {
    precondition(frequencies.count <= 32 && cutoff > 0)
    var values = Matrix(rows: r.count, columns: 32)
    var slopes = values
    // Safety: both matrices have r.count rows of 32.
    unsafe values.values.withUnsafeMutableBufferPointer { v in
      unsafe slopes.values.withUnsafeMutableBufferPointer { s in
        unsafe frieze_radial_basis(
          r, r.count, frequencies, frequencies.count, cutoff, order, v.baseAddress, s.baseAddress)
      }
    }
    return (values, slopes)
  }

  /// A Fourier basis of angles `[1/sqrt 2, sin(f t), cos(f t)] / sqrt(pi)`: values and derivatives by `t`, 32 columns.
  public static func angularBasis(
    _ angles: [Double], frequencies: [Float]
  ) -> (values: Matrix, slopes: Matrix) {
    precondition(2 * frequencies.count < 32)
    var values = Matrix(rows: angles.count, columns: 32)
    var slopes = values
    // Safety: both matrices have angles.count rows of 32.
    unsafe values.values.withUnsafeMutableBufferPointer { v in
      unsafe slopes.values.withUnsafeMutableBufferPointer { s in
        unsafe frieze_angular_basis(
          angles, angles.count, frequencies, frequencies.count, v.baseAddress, s.baseAddress)
      }
    }
    return (values, slopes)
  }
}

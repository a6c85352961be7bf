import Foundation
import Networks
import Tensors

@testable import Generators

/// Layers in float64 without a shortcut, by the names of their arrays: what the slow twins of networks are made of.
struct LayerTwin {
  let layout: ParameterLayout
  let values: [Float]

  func array(_ name: String) -> (values: [Double], shape: [Int]) {
    guard let entry = layout.entries.first(where: { $0.name == name }) else { return ([], []) }
    return (values[entry.range].map(Double.init), entry.shape)
  }

  /// `x W + b`; weights whose rows are split over several arrays are given as several names.
  func linear(_ x: [Double], _ names: [String], bias: String?) -> [Double] {
    var out: [Double] = []
    var first = 0
    for name in names {
      let (w, shape) = array("\(name).weight")
      if out.isEmpty { out = [Double](repeating: 0, count: shape[1]) }
      for i in 0..<shape[0] { for k in 0..<shape[1] { out[k] += x[first + i] * w[i * shape[1] + k] } }
      first += shape[0]
    }
    precondition(first == x.count)
    guard let bias else { return out }
    return zip(out, array("\(bias).bias").values).map(+)
  }

  func silu(_ x: [Double]) -> [Double] { x.map { $0 / (1 + exp(-$0)) } }
}

extension UnitNetwork.Outputs where Rows == Matrix {
  /// The largest difference of each output from a twin's, by name; infinite where there are more numbers or fewer.
  func differences(from twin: UnitNetwork.Outputs<[[Double]]>) -> [(name: String, worst: Double)] {
    [
      ("coordinates", coordinates, twin.coordinates), ("lattice", lattice, twin.lattice), ("elements", elements, twin.elements),
      ("site symmetries", siteSymmetries, twin.siteSymmetries),
    ].map { name, output, twin in
      guard output.values.count == twin.count * output.columns else { return (name, .infinity) }
      return (name, zip(output.values, twin.flatMap { $0 }).map { abs(Double($0) - $1) }.max() ?? .infinity)
    }
  }
}

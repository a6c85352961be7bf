import COneDNN

/// What matrix products read; sums, parameters and everything between products are float32 in both.
public enum Precision: String, Sendable, CaseIterable {
  /// OpenBLAS, everywhere.
  case float32 = "f32"
  /// oneDNN, where the processor has AVX512-BF16 or AMX and the library is installed.
  case bfloat16 = "bf16"

  /// Why bfloat16 products can't be done here; nil where they can.
  public static var bfloat16Missing: String? {
    unsafe frieze_bfloat16_missing().map { unsafe String(cString: $0) }
  }

  /// Why oneDNN can't be used here; nil where it can.
  public static var oneDNNMissing: String? {
    unsafe frieze_onednn_missing().map { unsafe String(cString: $0) }
  }

  /// The version of oneDNN that runs, "2.6.3"; nil where there is none.
  public static var oneDNNVersion: String? {
    unsafe frieze_onednn_version().map { unsafe String(cString: $0) }
  }

  /// Which libraries and kernels run: part of what decides the last bits of a result.
  public var kernels: String {
    let packed = PackedWeights.library(self) == "oneDNN" ? Self.oneDNNVersion.map { "oneDNN \($0)" } : nil
    return [packed, "OpenBLAS \(Products.kernelName)"].compactMap { $0 }.joined(separator: ", ")
  }

  /// Precision and kernels, for one line of a report.
  public var summary: String {
    switch self {
    case .float32: "float32 products by \(kernels)"
    case .bfloat16: "bfloat16 products by \(kernels)"
    }
  }
}

/// The parameters of a network, with a copy rounded to bfloat16 where products read that.
public struct Parameters: Sendable {
  /// In the order of a `ParameterLayout`.
  public internal(set) var values: [Float]
  /// As many as `values`; empty for float32 products.
  public internal(set) var rounded: [UInt16]

  /// What products read.
  public var precision: Precision { rounded.isEmpty ? .float32 : .bfloat16 }

  /// - Parameter precision: what products read; `bfloat16` only where `Precision.bfloat16Missing` is nil.
  public init(_ values: [Float], precision: Precision = .float32) {
    self.values = values
    rounded = []
    guard precision == .bfloat16 else { return }
    precondition(Precision.bfloat16Missing == nil)
    rounded = [UInt16](repeating: 0, count: values.count)
    round()
  }

  private mutating func round() {
    precondition(rounded.count == values.count)
    let count = values.count
    // Safety: both have `count` elements.
    unsafe values.withUnsafeBufferPointer { from in
      unsafe rounded.withUnsafeMutableBufferPointer { to in
        unsafe frieze_round_bfloat16(from.baseAddress, to.baseAddress, count)
      }
    }
  }
}

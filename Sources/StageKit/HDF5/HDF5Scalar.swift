public import CHDF5

/// What a dataset holds.
public enum HDF5Kind: String, Sendable {
  case string, float64, float32, float16, uint8, int16, int32, int64

  /// HDF5's type for it; to be closed by the caller where it is that of strings or of half precision.
  var hdf5Type: hid_t {
    switch self {
    case .string: stringType()
    case .float64: Double.hdf5Type
    case .float32: Float.hdf5Type
    case .float16: frieze_h5_half()
    case .uint8: UInt8.hdf5Type
    case .int16: Int16.hdf5Type
    case .int32: Int32.hdf5Type
    case .int64: Int64.hdf5Type
    }
  }
}

/// A number that HDF5 and Swift store alike.
public protocol HDF5Scalar: BitwiseCopyable, Sendable {
  /// HDF5's name of the type in memory.
  static var hdf5Type: hid_t { get }
  static var hdf5Kind: HDF5Kind { get }
  static var zero: Self { get }
}

extension Double: HDF5Scalar {
  /// A 64-bit float.
  public static var hdf5Type: hid_t { frieze_h5_double() }
  /// A 64-bit float.
  public static var hdf5Kind: HDF5Kind { .float64 }
}
extension Float: HDF5Scalar {
  /// A 32-bit float.
  public static var hdf5Type: hid_t { frieze_h5_float() }
  /// A 32-bit float.
  public static var hdf5Kind: HDF5Kind { .float32 }
}
extension UInt8: HDF5Scalar {
  /// An 8-bit whole number without sign.
  public static var hdf5Type: hid_t { frieze_h5_uint8() }
  /// An 8-bit whole number without sign.
  public static var hdf5Kind: HDF5Kind { .uint8 }
}
extension Int16: HDF5Scalar {
  /// A 16-bit whole number.
  public static var hdf5Type: hid_t { frieze_h5_int16() }
  /// A 16-bit whole number.
  public static var hdf5Kind: HDF5Kind { .int16 }
}
extension Int32: HDF5Scalar {
  /// A 32-bit whole number.
  public static var hdf5Type: hid_t { frieze_h5_int32() }
  /// A 32-bit whole number.
  public static var hdf5Kind: HDF5Kind { .int32 }
}
extension Int64: HDF5Scalar {
  /// A 64-bit whole number.
  public static var hdf5Type: hid_t { frieze_h5_int64() }
  /// A 64-bit whole number.
  public static var hdf5Kind: HDF5Kind { .int64 }
}

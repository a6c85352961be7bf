public import CHDF5

/// A number that HDF5 and Swift store alike.
public protocol HDF5Scalar: BitwiseCopyable, Sendable {
  /// HDF5's name of the type in memory.
  static var hdf5Type: hid_t { get }
  /// For messages.
  static var hdf5Name: String { get }
  static var zero: Self { get }
}

extension Double: HDF5Scalar {
  public static var hdf5Type: hid_t { frieze_h5_double() }
  public static var hdf5Name: String { "float64" }
}
extension Float: HDF5Scalar {
  public static var hdf5Type: hid_t { frieze_h5_float() }
  public static var hdf5Name: String { "float32" }
}
extension UInt8: HDF5Scalar {
  public static var hdf5Type: hid_t { frieze_h5_uint8() }
  public static var hdf5Name: String { "uint8" }
}
extension Int16: HDF5Scalar {
  public static var hdf5Type: hid_t { frieze_h5_int16() }
  public static var hdf5Name: String { "int16" }
}
extension Int32: HDF5Scalar {
  public static var hdf5Type: hid_t { frieze_h5_int32() }
  public static var hdf5Name: String { "int32" }
}
extension Int64: HDF5Scalar {
  public static var hdf5Type: hid_t { frieze_h5_int64() }
  public static var hdf5Name: String { "int64" }
}

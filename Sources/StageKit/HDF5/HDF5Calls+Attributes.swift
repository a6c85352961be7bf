import CHDF5
import Foundation

extension HDF5Calls {
  /// An attribute of an object; nil where there is none.
  static func attribute(_ key: String, of name: String, in file: HDF5Handle) -> HDF5Handle? {
    guard unsafe H5Aexists_by_name(file.id, name, key, frieze_h5_default()) > 0 else { return nil }
    return unsafe HDF5Handle(
      H5Aopen_by_name(file.id, name, key, frieze_h5_default(), frieze_h5_default()), .attribute)
  }

  static func type(ofAttribute attribute: HDF5Handle) -> HDF5Handle? { HDF5Handle(H5Aget_type(attribute.id), .type) }

  /// The dataspace of an attribute that has one value; nil for any other.
  private static func one(_ attribute: HDF5Handle) -> HDF5Handle? {
    guard let space = HDF5Handle(H5Aget_space(attribute.id), .space), H5Sget_simple_extent_npoints(space.id) == 1 else {
      return nil
    }
    return space
  }

  /// The one number of an attribute; nil where it is no number, or not one.
  static func number<Scalar: HDF5Scalar>(_ type: Scalar.Type, of attribute: HDF5Handle) -> Scalar? {
    guard one(attribute) != nil, let stored = self.type(ofAttribute: attribute), let kind = kind(of: stored), kind != .string
    else { return nil }
    var value = [Scalar.zero]
    // Safety: the attribute has one element, as was just asked, and there is room for one of the type named.
    let status = unsafe value.withUnsafeMutableBytes { unsafe H5Aread(attribute.id, Scalar.hdf5Type, $0.baseAddress) }
    return status < 0 ? nil : value[0]
  }

  /// The one text of an attribute, of fixed or variable length; nil where it is no text, or not one, or longer than any.
  static func text(of attribute: HDF5Handle) -> String? {
    guard let space = one(attribute), let type = type(ofAttribute: attribute), kind(of: type) == .string else { return nil }
    if isVariable(type) {
      var pointer = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: 1)
      // Safety: one pointer for one string, which the library allocates with its zero, and reclaims.
      let status = unsafe pointer.withUnsafeMutableBytes { unsafe H5Aread(attribute.id, type.id, $0.baseAddress) }
      guard status >= 0 else { return nil }
      let text = unsafe pointer[0].map { unsafe String(cString: $0) } ?? ""
      _ = unsafe pointer.withUnsafeMutableBytes {
        unsafe H5Dvlen_reclaim(type.id, space.id, frieze_h5_default(), $0.baseAddress)
      }
      return text
    }
    let width = size(of: type)
    guard width > 0, width <= longestAttribute else { return nil }
    var bytes = [UInt8](repeating: 0, count: width)
    // Safety: one element of the stored type, which has this width.
    let status = unsafe bytes.withUnsafeMutableBytes { unsafe H5Aread(attribute.id, type.id, $0.baseAddress) }
    return status < 0 ? nil : String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

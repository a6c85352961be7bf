import CHDF5

/// Something of HDF5's library, given back when nobody has it any more.
final class HDF5Handle {
  enum Kind { case file, group, object, dataset, attribute, type, space, properties }

  let id: hid_t
  private let kind: Kind

  /// nil where the library gave none.
  init?(_ id: hid_t, _ kind: Kind) {
    guard id >= 0 else { return nil }
    (self.id, self.kind) = (id, kind)
  }

  deinit {
    switch kind {
    case .file: H5Fclose(id)
    case .group: H5Gclose(id)
    case .object: H5Oclose(id)
    case .dataset: H5Dclose(id)
    case .attribute: H5Aclose(id)
    case .type: H5Tclose(id)
    case .space: H5Sclose(id)
    case .properties: H5Pclose(id)
    }
  }
}

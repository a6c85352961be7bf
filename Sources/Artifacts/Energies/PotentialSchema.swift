public import Potentials
import StageKit

extension NamedParameter {
  /// The parameters of a potential: the datasets of a file's root group, by name.
  ///
  /// - Throws: `StageError` where it is no HDF5 file, or a dataset holds no finite numbers.
  public static func read(_ path: String) throws -> [String: NamedParameter] {
    let reader = try HDF5Reader(path: path)
    var parameters: [String: NamedParameter] = [:]
    for name in try reader.names(in: "/") {
      let shape = try reader.shape(of: name)
      parameters[name] = NamedParameter(shape: shape, values: try reader.parameters(name, shape: shape))
    }
    return parameters
  }
}

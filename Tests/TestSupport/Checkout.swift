public import Foundation

/// The folder of this package, and what lies beside it.
public enum Checkout {
  /// The folder of this package.
  public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A file or folder of this package.
  public static func path(_ name: String) -> String { root.appendingPathComponent(name).standardizedFileURL.path }

  /// A file of this package; nil where it is not there.
  public static func existing(_ name: String) -> String? {
    FileManager.default.fileExists(atPath: path(name)) ? path(name) : nil
  }

  /// A file beside the datasets (`DATASETS_DIR`) or in `../shared`; nil where there is none.
  public static func shared(_ name: String) -> String? {
    let datasets = ProcessInfo.processInfo.environment["DATASETS_DIR"].map { URL(fileURLWithPath: $0) }
    let folders = [datasets?.appendingPathComponent(".."), root.appendingPathComponent("../shared")].compactMap { $0 }
    return folders.map { $0.appendingPathComponent(name).standardizedFileURL.path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }
}

/// A file of `Tests/References`.
///
/// - Throws: where there is none.
public func reference(_ name: String) throws -> Data {
  try Data(contentsOf: Checkout.root.appendingPathComponent("Tests/References/\(name)"))
}

/// What a JSON file of `Tests/References` holds.
///
/// - Throws: where there is no such file, or it holds something else.
public func reference<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
  try JSONDecoder().decode(type, from: reference(name))
}

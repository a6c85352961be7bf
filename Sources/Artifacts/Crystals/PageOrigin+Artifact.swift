import Foundation
public import Reports
import StageKit

extension PageOrigin {
  /// What made a file and the files before it, as far as those still lie beside it, and last the command that runs.
  public init(of path: String) {
    self.init()
    var seen: Set<String> = []
    add(path, seen: &seen)
    commands.append("\(Artifact.stageName) \(Artifact.configuration)")
  }

  /// The files before come first.
  private mutating func add(_ path: String, seen: inout Set<String>) {
    guard case .artifact = FileKind(path: path), seen.insert(path).inserted, let reader = try? Artifact.open(path),
      let stage = reader.attribute("stage"), let configuration = reader.attribute("configuration")
    else { return }
    let words = configuration.split(separator: " ").map(String.init)
    let models = zip(words, words.dropFirst()).filter { $0.0 == "--model" }.map { ($0.1 as NSString).lastPathComponent }
    var own: [String] = []
    for line in (reader.attribute("inputs") ?? "").split(separator: "\n").map(String.init) {
      guard let mark = line.range(of: " sha256:") else { continue }
      let name = String(line[..<mark.lowerBound])
      if models.contains(name) { own.append(line) }
      // A file of that name with other contents is no part of this one.
      let beside = OutputNames.beside(path, name)
      guard Self.formats.contains(Self.format(of: beside)),
        (try? AtomicFile.hash(of: beside)) == String(line[mark.upperBound...])
      else { continue }
      add(beside, seen: &seen)
    }
    if let weights = reader.attribute("potential_weights"), !weights.isEmpty { own.append(weights) }
    for model in own where !self.models.contains(model) { self.models.append(model) }
    commands.append("\(stage) \(configuration)")
  }

  /// Files that crystals pass through.
  private static let formats: Set = [
    Artifact.Format.blueprints.name, Artifact.Format.samples.name, Artifact.Format.crystals.name, Artifact.Format.relaxed.name,
  ]

  private static func format(of path: String) -> String {
    guard case .artifact = FileKind(path: path), FileManager.default.fileExists(atPath: path) else { return "" }
    return (try? Artifact.open(path))?.attribute("format") ?? ""
  }
}

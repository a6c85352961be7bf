import Crystals
public import Evaluation
import Foundation

/// The crystals that `metrics` judges, from our files or anybody's.
public struct JudgedSet {
  public var ids: [String] = []
  public var crystals: [GeneratedCrystal] = []
  public var rejected: [RejectedRecord] = []
  /// The potential that relaxed them, where one did.
  public var potential: String?
  /// The hull that energies stand above, where there is one.
  public var hull: String?
  /// Files that go into the provenance.
  public var inputs: [String] = []

  public init(reading path: String) throws {
    switch FileKind(path: path) {
    case .artifact: try readArtifact(path)
    default:
      for record in try CrystalSource.records(path) {
        for (id, result) in record.read().crystals {
          switch result {
          case .success(let crystal):
            ids.append(id)
            crystals.append(GeneratedCrystal(crystal))
          case .failure(let rejection):
            rejected.append(RejectedRecord(id: id, code: rejection.code, reason: rejection.description))
          }
        }
      }
    }
  }

  private mutating func readArtifact(_ path: String) throws {
    let reader = try Artifact.open(path)
    inputs = [path]
    ids = try reader.ids()
    let all = try reader.crystals()
    guard ids.count == all.count else {
      throw StageError(.input, "'\(path)': /id has \(ids.count) entries for \(all.count) crystals.")
    }
    let converged =
      reader.contains("/relaxation/converged")
      ? try reader.read(UInt8.self, "/relaxation/converged", shape: [all.count]) : nil
    potential = reader.attribute("potential")
    hull = reader.attribute("hull")
    let energies =
      reader.contains("/relaxation/energy_above_hull")
      ? try reader.read(Double.self, "/relaxation/energy_above_hull", shape: [all.count]) : nil
    rejected = try reader.rejected()
    crystals = all.indices.map { i in
      GeneratedCrystal(
        all[i], askedSpaceGroup: all[i].spaceGroup > 0 ? all[i].spaceGroup : nil, isRelaxed: converged.map { $0[i] != 0 },
        energyAboveHull: energies?[i])
    }
  }

  /// Earlier losses for the funnel, the most frequent first.
  public var drops: [(name: String, label: String, count: Int)] {
    Dictionary(grouping: rejected, by: \.code).map { ($0.key, $0.key.replacingOccurrences(of: "_", with: " "), $0.value.count) }
      .sorted { ($1.2, $0.0) < ($0.2, $1.0) }.map { (name: $0.0, label: $0.1, count: $0.2) }
  }
}

extension StageTime {
  /// The stage and the seconds that a file says it took.
  public init(ofArtifact path: String) throws {
    let reader = try Artifact.open(path)
    self.init(
      stage: reader.attribute("stage") ?? path, seconds: reader.attribute("wall_seconds", as: Double.self) ?? .nan)
  }
}

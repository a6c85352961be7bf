import Foundation
import StageKit

/// How often judges of the same crystals agree on what is stable.
public struct JudgeAgreement: Sendable {
  /// A limit of the energy above the hull, and what two judges say of the crystals that both have an energy for.
  public struct Row: Sendable, Equatable {
    /// Energy above the hull in eV/atom up to which a crystal is stable.
    public var limit: Double
    /// Name of the first judge.
    public var first: String
    /// Name of the second judge.
    public var second: String
    /// Crystals that both have an energy for.
    public var crystals: Int
    /// Stable by both, by the first or the second alone.
    public var both: Int
    /// Stable by the first alone.
    public var firstOnly: Int
    /// Stable by the second alone.
    public var secondOnly: Int

    /// The share of the crystals that both judge alike.
    public var agreement: Double { crystals == 0 ? .nan : Double(crystals - firstOnly - secondOnly) / Double(crystals) }
  }

  /// A row a pair of judges and a limit.
  public var rows: [Row] = []

  /// - Parameters:
  ///   - paths: metrics.h5 of each judge; crystals are told apart by their ids.
  ///   - names: of the judges.
  /// - Throws: `StageError` where a file is no metrics.h5, or two of them have no crystal in common.
  public init(ofTables paths: [String], names: [String]) throws {
    let energies = try paths.map { path -> [String: Double] in
      let reader = try Artifact.open(path, formats: [.metrics])
      let ids = try reader.ids()
      let values = try reader.read(Double.self, "/structure/energy_above_hull", shape: [ids.count])
      return Dictionary(zip(ids, values).filter(\.1.isFinite)) { first, _ in first }
    }
    for i in paths.indices {
      for j in paths.indices where j > i {
        let shared = Set(energies[i].keys).intersection(energies[j].keys)
        guard !shared.isEmpty else {
          throw StageError(.input, "'\(paths[i])' and '\(paths[j])' have no crystal in common that both have an energy for.")
        }
        for limit in [0, 0.1] {
          var row = Row(
            limit: limit, first: names[i], second: names[j], crystals: shared.count, both: 0, firstOnly: 0, secondOnly: 0)
          for id in shared {
            switch ((energies[i][id] ?? .nan) <= limit, (energies[j][id] ?? .nan) <= limit) {
            case (true, true): row.both += 1
            case (true, false): row.firstOnly += 1
            case (false, true): row.secondOnly += 1
            case (false, false): break
            }
          }
          rows.append(row)
        }
      }
    }
  }

  /// A line a limit and pair of judges.
  public var table: String {
    rows.map { row in
      String(
        format: "stable at %.1f: %@ and %@ agree on %.1f %% of %d crystals; both %d, %@ alone %d, %@ alone %d", row.limit,
        row.first,
        row.second, 100 * row.agreement, row.crystals, row.both, row.first, row.firstOnly, row.second, row.secondOnly)
    }.joined(separator: "\n")
  }
}

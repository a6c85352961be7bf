public import Evaluation
public import StageKit

/// `measures.h5`: what `metrics --shard` has measured of some crystals, a group a set (`/crystals`, `/initial`, `/kept`).
///
/// | dataset                                   | holds                                                                    |
/// |-------------------------------------------|--------------------------------------------------------------------------|
/// | `/id`                                     | string[N]                                                                |
/// | `space_group`, `operations_per_atom`      | int16[N], float64[N]                                                     |
/// | `letters`                                 | string[N], the template's; empty where there is none                     |
/// | `strict`                                  | uint8[N,4]: distances, density, round trip, symmetry; 2 where not asked  |
/// | `composition`, `structure`                | float64[N,132], float64[N,61] fingerprints; NaN where there is none       |
/// | `train_match`                             | int32[N], -1 where there is none                                         |
public struct MeasuresFile: Sendable {
  /// Names of the crystals.
  public var ids: [String]
  /// What was measured, an entry a crystal of each set.
  public var sets: [MeasuredSet: [StoredMeasures]]

  /// Which of the judged crystals they are of.
  private let records: RecordRange

  /// Measures some of the crystals that are to be judged.
  ///
  /// - Parameter part: the shard that is measured.
  /// - Throws: where the work is stopped.
  public init(_ input: MetricsInput, of judged: JudgedSet, _ part: Shard) throws {
    let range = part.range(of: judged.ids.count)
    ids = Array(judged.ids[range])
    sets = try input.measured(range)
    records = RecordRange(range, of: judged.ids.count)
  }

  /// - Throws: `StageError` where the file cannot be written.
  public func write(
    to path: String, inputs: [String], options: SharedOptions, seconds: @autoclosure () -> Double
  ) throws {
    try Artifact.write(.measures, to: path, inputs: inputs, options: options, records: records, seconds: seconds()) { writer in
      try writer.write(ids, to: "/id")
      for set in MeasuredSet.allCases {
        guard let measures = sets[set] else { continue }
        let group = "/\(set.rawValue)"
        try writer.write(measures.map { Int16($0.spaceGroup) }, to: "\(group)/space_group")
        try writer.write(measures.map(\.operationsPerAtom), to: "\(group)/operations_per_atom")
        try writer.write(measures.map { String(decoding: $0.letters, as: UTF8.self) }, to: "\(group)/letters")
        let strict = measures.flatMap { $0.strictValidity?.map { $0 ? UInt8(1) : 0 } ?? [2, 2, 2, 2] }
        try writer.write(strict, shape: [measures.count, 4], to: "\(group)/strict")
        for (name, width, value) in Self.fingerprints {
          let nothing = [Double](repeating: .nan, count: width)
          try writer.write(measures.flatMap { value($0) ?? nothing }, shape: [measures.count, width], to: "\(group)/\(name)")
        }
        try writer.write(measures.map { Int32($0.trainMatch) }, to: "\(group)/train_match")
      }
    }
  }

  private static let fingerprints: [(name: String, width: Int, value: @Sendable (StoredMeasures) -> [Double]?)] = [
    ("composition", 132, { $0.compositionFingerprint }), ("structure", 61, { $0.structureFingerprint }),
  ]

  /// - Parameter inputs: the files that the measures must be of.
  /// - Throws: `StageError` where it is no such file, a part of one, or measured of other files.
  public init(reading path: String, inputs: [String]) throws {
    let reader = try Artifact.open(path, formats: [.measures])
    for input in inputs {
      let hash = try AtomicFile.hash(of: input)
      guard reader.attribute("inputs")?.contains(hash) ?? false else {
        throw StageError(.input, "'\(path)' was not measured of '\(input)' as it is now: run 'metrics --shard' again.")
      }
    }
    if let records = reader.attribute("records").flatMap(RecordRange.init), records.range.count != records.total {
      throw StageError(
        .input, "'\(path)' holds records \(records): put all parts together with 'merge' before they are judged.")
    }
    ids = try reader.ids()
    records = RecordRange(0..<ids.count, of: ids.count)
    sets = [:]
    let n = ids.count
    for set in MeasuredSet.allCases where reader.contains("/\(set.rawValue)/space_group") {
      let group = "/\(set.rawValue)"
      let groups = try reader.read(Int16.self, "\(group)/space_group", shape: [n])
      let operations = try reader.read(Double.self, "\(group)/operations_per_atom", shape: [n])
      let letters = try reader.readStrings("\(group)/letters")
      let strict = try reader.read(UInt8.self, "\(group)/strict", shape: [n, 4])
      let matches = try reader.read(Int32.self, "\(group)/train_match", shape: [n])
      let composition = try reader.read(Double.self, "\(group)/composition", shape: [n, 132])
      let structure = try reader.read(Double.self, "\(group)/structure", shape: [n, 61])
      guard letters.count == n else { throw StageError(.input, "'\(path)', \(group)/letters: expected \(n) entries.") }
      func row(_ values: [Double], _ i: Int, _ width: Int) -> [Double]? {
        let row = Array(values[i * width..<(i + 1) * width])
        return row.allSatisfy(\.isNaN) ? nil : row
      }
      sets[set] = (0..<n).map { i in
        StoredMeasures(
          spaceGroup: Int(groups[i]), operationsPerAtom: operations[i], letters: Array(letters[i].utf8),
          strictValidity: strict[4 * i] > 1 ? nil : strict[4 * i..<4 * i + 4].map { $0 == 1 },
          compositionFingerprint: row(composition, i, 132), structureFingerprint: row(structure, i, 61),
          trainMatch: Int(matches[i]))
      }
    }
  }
}

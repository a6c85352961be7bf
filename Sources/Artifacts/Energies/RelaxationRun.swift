public import Crystals
import Foundation
public import Potentials
public import StageKit
import Tensors

/// One run of `relax`: reads, resumes, goes through the crystals in blocks, saves what is done.
public final class RelaxationRun {
  private let output: String
  /// Where an unfinished run keeps what it has done.
  public var unfinished: String { output + ".unfinished.h5" }
  /// What is done.
  public private(set) var file = RelaxedFile()
  /// Crystals of the shard.
  public var total: Int { records.range.count }

  private let source: RelaxationSource
  private let potential: String
  /// What energies are placed above.
  public let hulls: [HullFile]
  private let options: RelaxationOptions
  private let stages: RelaxationStages
  /// Crystals further above the first hull as they are, eV/atom, are not relaxed.
  private let within: Double?
  private let shared: SharedOptions
  /// The crystals of the shard, as they are read.
  public var crystals: [Crystal] { source.crystals }
  /// What of the input could not be read.
  public var rejected: [RejectedRecord] { source.isArtifact ? [] : source.rejected }
  /// The shard; crystals, units and ids are those of these records alone.
  private var records: RecordRange { source.records }

  /// Crystals that a thread relaxes together; fixed, so that nothing depends on the number of threads.
  private static let blockSize = 8

  /// - Parameters:
  ///   - input: any file with `/crystal`, or crystal files.
  ///   - potential: its name, for the file's provenance.
  ///   - within: crystals further above the first hull as they are, in eV/atom, are not relaxed.
  /// - Throws: `StageError` where the input is no such file.
  public init(
    input: String, output: String, potential: String, hulls: [HullFile], options: RelaxationOptions, stages: RelaxationStages,
    within: Double?, shared: SharedOptions
  ) throws {
    (self.hulls, self.stages, self.within) = (hulls, stages, within)
    (file.isRattled, file.isRescued) = (stages.rattle > 0, stages.rescue)
    (self.output, self.potential, self.shared) = (output, potential, shared)
    self.options = {
      var heard = options
      heard.check = Interruption.check
      return heard
    }()
    source = try RelaxationSource(reading: input, symprec: stages.symprec, block: Self.blockSize, shared: shared)
    file.rejected = source.rejected
  }

  /// What must be the same for an unfinished run to be taken up.
  private var protocolText: String {
    "potential=\(potential) fmax=\(options.maxForce) max_steps=\(options.maxSteps) optimizer=\(options.optimizer) "
      + "free=\(options.free) fix_cell=\(options.fixCell)\(options.staticForces ? "" : " forces=none")"
      + (stages.rattle > 0
        ? " rattle=\(stages.rattle) strain=\(stages.strain) symprec=\(stages.symprec) seed=\(stages.seed)" : "")
      + (stages.rescue ? " rescue=true" : "") + (within.map { " within=\($0) of \(hulls.first?.name ?? "")" } ?? "")
  }

  /// Relaxes all that is not done yet and writes the output; true where a signal stopped it.
  ///
  /// - Throws: where the potential as a whole is out of order, or the output cannot be written; what is done is kept.
  public func perform(with judge: any Potential, _ report: StageReport) throws -> Bool {
    try resume()
    let done = Set(file.records.map(\.index))
    let waiting = records.range.filter { !done.contains($0) }
    let blocks = stride(from: 0, to: waiting.count, by: Self.blockSize).map {
      Array(waiting[$0..<min(waiting.count, $0 + Self.blockSize)])
    }
    var progress = Progress("relax", total: total, quiet: shared.quiet)
    var saved = Date()
    let relaxing = relaxer(judge)
    try parallelForEach(count: blocks.count, threads: shared.threadCount) {
      relaxing(blocks[$0])
    } receive: { _, part in
      file.records += part.records
      // Crystals in the middle of their relaxation begin anew when the run goes on.
      if Interruption.isRequested { return }
      if let error = part.error { throw try givenUp(error, report) }
      progress.update(file.records.count)
      if Date().timeIntervalSince(saved) > 60 {
        try write(to: unfinished, report)
        saved = Date()
      }
    }
    if file.records.count < total, Interruption.isRequested {
      try write(to: unfinished, report)
      return true
    }
    progress.finish()
    try write(to: output, report)
    try? FileManager.default.removeItem(atPath: unfinished)
    return false
  }

  /// Counts the outcomes of the relaxations, and of what comes before and behind them.
  public func note(in report: inout StageReport) {
    let results = file.records.map(\.result)
    for outcome in RelaxationOutcome.allCases {
      let count = results.count { $0.outcome == outcome }
      if count > 0 { report.note(outcome.name, count) }
    }
    for rescue in Rescue.allCases where stages.rescue && rescue != .none {
      report.note("rescue_\(rescue.name)", results.count { $0.rescue == rescue })
    }
    if stages.rattle > 0 {
      let falls = results.compactMap(\.rattled).map(\.fall)
      report.note("rattled", falls.count)
      for limit in [0.005, 0.05] { report.note("fell_by_\(limit)", falls.count { $0 > limit }) }
    }
    report.note("seconds_per_crystal", report.seconds / Double(max(1, results.count)))
  }

  /// What is to be said where the potential as a whole is out of order; what is done is kept.
  private func givenUp(_ error: any Error, _ report: StageReport) throws -> StageError {
    guard !file.records.isEmpty else { return StageError(.unavailable, "potential \(potential): \(error).") }
    try write(to: unfinished, report)
    return StageError(
      .unavailable,
      "potential \(potential): \(error); \(file.records.count) of \(total) are saved in '\(unfinished)'. Start again to go on.")
  }

  /// Relaxes the crystals of a block together; one that fails gives what it had done and the error.
  private func relaxer(_ judge: any Potential) -> @Sendable ([Int]) -> (records: [RelaxedFile.Record], error: (any Error)?) {
    let (crystals, units, ids) = (source.crystals, source.units, source.ids)
    let (options, first) = (options, records.range.lowerBound)
    let (stages, within, hull) = (stages, within, hulls.first)
    return { block in
      if Interruption.isRequested { return ([], nil) }
      let start = Date()
      let inputs = block.map { RelaxationInput(crystal: crystals[$0 - first], asymmetricUnit: units[$0 - first]) }
      var results: [(place: Int, result: RelaxationResult)] = []
      var failure: (any Error)?
      do {
        var chosen = Array(inputs.indices)
        if let within, let hull {
          let far = try Self.farAbove(hull, within, inputs, judge, options)
          for (place, result) in far { results.append((place, result)) }
          chosen.removeAll { far[$0] != nil }
        }
        try Potentials.relax(
          chosen.map { inputs[$0] }, numbers: chosen.map { block[$0] }, with: judge, options: options, stages: stages
        ) { results.append((chosen[$0], $1)) }
      } catch {
        failure = error
      }
      let seconds = Date().timeIntervalSince(start) / Double(max(1, results.count))
      let records = results.sorted { $0.place < $1.place }.map { place, result in
        let i = block[place]
        return RelaxedFile.Record(
          index: i, id: ids[i - first], initial: crystals[i - first], result: result, wallSeconds: seconds)
      }
      return (records, failure)
    }
  }

  /// The crystals that stand further above a hull, as they are, than those that are relaxed; by their places.
  private static func farAbove(
    _ hull: HullFile, _ within: Double, _ inputs: [RelaxationInput], _ judge: any Potential, _ options: RelaxationOptions
  ) throws -> [Int: RelaxationResult] {
    var options = options
    (options.maxSteps, options.staticForces) = (0, false)
    var far: [Int: RelaxationResult] = [:]
    for (place, var result) in try Potentials.relax(inputs, with: judge, options: options).enumerated()
    where result.energy.isFinite && hull.place(result.crystal, energy: result.energy).aboveHull > within {
      result.outcome = .leftOut
      far[place] = result
    }
    return far
  }

  private func resume() throws {
    guard FileManager.default.fileExists(atPath: unfinished) else { return }
    let reader = try Artifact.open(unfinished, formats: [.relaxed])
    guard reader.attribute("relaxation") == protocolText, reader.attribute("records") == records.description,
      reader.attribute("source_sha256") ?? reader.attribute("inputs")?.suffix(64).description == source.hash
    else {
      standardError(
        "relax: '\(unfinished)' belongs to other options or another input; the run begins anew and will replace it.")
      return
    }
    let done = try RelaxedFile(reading: unfinished).records
    guard Set(done.map(\.index)).count == done.count, done.allSatisfy({ records.range.contains($0.index) }) else {
      throw StageError(.input, "'\(unfinished)', /relaxation/index: expected each of \(records.range) once at most.")
    }
    file.records = done
    if !shared.quiet { standardError("relax: going on from \(file.records.count) of \(total) in '\(unfinished)'.") }
  }

  private func write(to path: String, _ report: StageReport) throws {
    try file.write(
      to: path, input: source.path, hash: source.isArtifact ? nil : source.hash, potential: potential,
      protocolText: protocolText,
      hulls: path == output ? hulls : [], options: shared, of: records, seconds: report.seconds)
  }
}

import ArgumentParser
import Foundation
import StageKit
import TestSupport

/// `fuzz kills`: stages ended by signals at random moments and started again; at the end their files hold what they hold undisturbed.
struct Kills: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Stages killed at random and started again.")

  @OptionGroup var attack: AttackOptions

  func run() throws {
    let campaign = Campaign("kills", attack)
    let shop = try Workshop(programs: attack.programs)
    defer { shop.remove() }
    try Self.prepare(shop)
    var undisturbed: [String: (content: String, seconds: Double)] = [:]
    for stage in Self.stages {
      let place = try shop.place("whole")
      let outcome = place.run(stage.program, stage.arguments(shop), limit: 120)
      guard outcome.status == 0 else { throw AttackError(description: "\(stage.program): \(outcome.status) \(outcome.errors)") }
      undisturbed[stage.program] = (try Self.content(place, stage), outcome.seconds)
    }
    let whole = undisturbed
    let number = campaign.seed
    try campaign.run { index, lane in
      var random = SplitMix(seed: number, index: index)
      let stage = Self.stages[index % Self.stages.count]
      guard let (content, seconds) = whole[stage.program] else { return ("0", "no undisturbed run") }
      let place = try shop.place("lane\(lane)")
      var words: [String] = []
      var status = -1
      for attempt in 0..<6 where status != 0 {
        let signal = [SIGKILL, SIGKILL, SIGTERM, SIGHUP, SIGINT, SIGUSR1].randomElement(using: &random) ?? SIGKILL
        let after = attempt == 5 ? -1 : Double.random(in: 0..<1.3 * max(0.05, seconds), using: &random)
        let outcome = place.run(
          stage.program, stage.arguments(shop), limit: 120, kill: after < 0 ? nil : (after: after, signal: signal))
        status = outcome.status
        words.append("signal \(signal) after \(String(format: "%.3f", after)) s: \(status)")
        // A program that has not begun to listen ends as the system has it.
        let isStopped = status == 75 || (status == 256 + Int(signal) && (signal == SIGKILL || outcome.errors.isEmpty))
        if status != 0, !isStopped { return ("\(status)", "\(stage.program), \(words): \(outcome.errors)") }
        if after >= 0, outcome.seconds - after > 1.5, outcome.work - after > 1.5 {
          return ("slow", "\(stage.program), \(words): heard the signal \(outcome.seconds - after) s later")
        }
      }
      guard status == 0 else { return ("\(status)", "\(stage.program), \(words): never done") }
      let left = (FileManager.default.subpaths(atPath: place.folder) ?? []).filter {
        $0.contains(".partial-") || $0.contains(".unfinished.")
      }
      if !left.isEmpty { return ("left", "\(stage.program), \(words): \(left) is left") }
      let found = try Self.content(place, stage)
      return (stage.program, found == content ? nil : "\(stage.program), \(words): holds something else")
    }
  }

  private struct KilledStage: Sendable {
    let program: String
    let line: String
    let output: String

    func arguments(_ shop: Workshop) -> [String] {
      line.replacing("SHOP", with: shop.folder).split(separator: " ").map(String.init) + ["--threads", "1"]
    }
  }

  private static let stages = [
    KilledStage(
      program: "train",
      line: "--dataset SHOP/dataset.h5 --config SHOP/model.yaml --epochs 60 --output out.h5 --resume --checkpoint 0.001",
      output: "out.h5"),
    KilledStage(
      program: "relax", line: "--crystals SHOP/many.h5 --potential pair --fmax 0.01 --max-steps 20 --output out.h5",
      output: "out.h5"),
    KilledStage(program: "sample", line: "--model SHOP/model.h5 --count 128 --steps 30 --output out.h5", output: "out.h5"),
    KilledStage(program: "propose", line: "--model SHOP/skeletons.h5 --count 400 --output out.h5", output: "out.h5"),
    KilledStage(program: "reconstruct", line: "--samples SHOP/samples.h5 --output out.h5", output: "out.h5"),
    KilledStage(program: "preprocess", line: "--input SHOP/cifs --output out.h5", output: "out.h5"),
    KilledStage(
      program: "metrics", line: "--crystals SHOP/many.h5 --reference SHOP/dataset.h5 --output out.json", output: "out.h5"),
    KilledStage(program: "merge", line: "SHOP/part0.h5 SHOP/part1.h5 --output out.h5", output: "out.h5"),
    KilledStage(program: "export", line: "--model SHOP/model.h5 --output out.h5", output: "out.h5"),
    KilledStage(program: "convert", line: "--input SHOP/many.h5 --output out.extxyz", output: "out.extxyz"),
    KilledStage(program: "gallery", line: "--crystals SHOP/many.h5 --output page", output: "page/crystals.csv"),
  ]

  private static func prepare(_ shop: Workshop) throws {
    _ = try Seeds(in: shop)
    for (program, line) in [
      ("sample", "--model model.h5 --count 48 --steps 2 --output samples.h5"),
      ("reconstruct", "--samples samples.h5 --output many.h5"),
    ] {
      let outcome = shop.run(program, line.split(separator: " ").map(String.init), limit: 120)
      guard outcome.status == 0 else { throw AttackError(description: "\(program): \(outcome.errors)") }
    }
  }

  /// What a stage's file holds: the digest of its datasets, or its text.
  private static func content(_ place: Workshop, _ stage: KilledStage) throws -> String {
    guard stage.output.hasSuffix(".h5") else {
      return String(decoding: try Data(contentsOf: URL(fileURLWithPath: place.path(stage.output))), as: UTF8.self)
    }
    return try HDF5Reader(path: place.path(stage.output)).attribute("content") ?? ""
  }
}

import ArgumentParser
import Foundation
import Synchronization
import TestSupport

/// Attacks the programs as disks, networks, schedulers and strangers do, and counts what they do not stand.
///
/// Everything follows from `--seed`, so that a run can be repeated; `--only N` repeats one attack of it. Whatever comes, a program
/// ends with a status of the design and a line that says why, within 20 seconds and a gigabyte, and takes no impossible number.
@main
struct Fuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz", abstract: "Attack the programs with damaged files, wrong options and signals.",
    subcommands: [Files.self, WrongOptions.self, Kills.self, Damaged.self])
}

/// What all attacks have in common.
struct AttackOptions: ParsableArguments {
  @Option(help: "Seed; drawn where not given, and printed.")
  var seed: UInt64?

  @Option(help: "How many attacks.")
  var count = 1000

  @Option(help: "Repeat only this one of them.")
  var only: Int?

  @Option(help: "Folder of the programs.")
  var programs = ".build-test/release"

  @Option(help: "How many at a time; 0: as many as there are processors.")
  var jobs = 0

  @Option(help: "Folder that gets the files that were not stood.")
  var keep: String?

  var lanes: Int { jobs > 0 ? jobs : ProcessInfo.processInfo.activeProcessorCount }
}

extension SplitMix {
  /// A generator of every attack's own, so that one can be made again alone.
  init(seed: UInt64, index: Int) {
    self.init(seed: seed ^ UInt64(index) &* 0xD6E8_FEB8_6659_FD93)
    for _ in 0..<2 { _ = next() }
  }
}

/// The attacks of a run, some at a time, and what became of them.
struct Campaign {
  let options: AttackOptions
  let seed: UInt64
  let name: String

  init(_ name: String, _ options: AttackOptions) {
    (self.name, self.options) = (name, options)
    seed = options.seed ?? UInt64.random(in: 0..<1 << 32)
    print("fuzz \(name) --seed \(seed) --count \(options.count)")
  }

  /// Runs all; prints what was not stood; throws where there is any.
  ///
  /// - Parameter attack: gives what is wrong with one of them (nil: nothing), and the class that it is counted in.
  func run(_ attack: @escaping @Sendable (_ index: Int, _ lane: Int) throws -> (count: String, wrong: String?)) throws {
    let indices = options.only.map { $0..<$0 + 1 } ?? 0..<options.count
    let tally = Tally()
    let start = Date()
    let lanes = options.lanes
    DispatchQueue.concurrentPerform(iterations: lanes) { lane in
      while let offset = tally.next(below: indices.count) {
        let index = indices.lowerBound + offset
        do {
          let (count, wrong) = try attack(index, lane)
          tally.add(count, wrong.map { "\(name) \(index): \($0)" })
        } catch { tally.add("error", "\(name) \(index): the attack itself failed: \(error)") }
      }
    }
    let counts = tally.counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    print("\(indices.count) attacks in \(Int(Date().timeIntervalSince(start))) s; ended with \(counts)")
    let wrong = tally.wrong
    print("not stood: \(wrong.count)")
    if !wrong.isEmpty { throw ExitCode(1) }
  }
}

/// Counts from several lanes; prints what is wrong as it comes.
final class Tally: Sendable {
  private struct State {
    var started = 0
    var counts: [String: Int] = [:]
    var wrong: [String] = []
  }

  private let state = Mutex(State())

  var counts: [String: Int] { state.withLock { $0.counts } }
  var wrong: [String] { state.withLock { $0.wrong } }

  func next(below end: Int) -> Int? {
    state.withLock { state in
      guard state.started < end else { return nil }
      state.started += 1
      return state.started - 1
    }
  }

  func add(_ count: String, _ complaint: String?) {
    state.withLock { state in
      state.counts[count, default: 0] += 1
      guard let complaint else { return }
      state.wrong.append(complaint)
      print(complaint)
      fflush(nil)
    }
  }
}

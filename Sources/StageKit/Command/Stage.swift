public import ArgumentParser
import CKernels
import Foundation

/// Version of the software, as `--version` shows it and every file stores it.
public let friezeVersion = "0.1.0"

/// An executable of the line. A stage holds no science: it reads options, opens files, calls a library, writes a file, reports.
public protocol Stage: ParsableCommand {
  var shared: SharedOptions { get }
  /// What it reads and writes, decided about before the work begins.
  var files: StageFiles { get throws }
  /// Whether it runs a network's products, whose kernels are chosen before the program begins.
  static var usesProducts: Bool { get }
  /// Whether it saves what it has done when it is stopped.
  static var savesWork: Bool { get }
  /// The work; `run()` wraps it with signals and exit statuses.
  mutating func perform() throws
}

extension Stage {
  /// Whether it runs a network's products; no.
  public static var usesProducts: Bool { false }
  /// Whether it saves its work when it is stopped; no.
  public static var savesWork: Bool { false }

  private static var name: String { configuration.commandName ?? "frieze" }

  /// Listens to signals, looks at the files, does the work.
  ///
  /// - Throws: what `perform` throws, and `StageError` where files cannot be had.
  public mutating func run() throws {
    Interruption.listen()
    MemoryLimit.watch(stage: Self.name)
    // A stage that saves its work does so between two steps of it, which may take a while.
    Interruption.watch(stage: Self.name, patience: Self.savesWork ? 20 : 0.7)
    try files.check()
    if Self.savesWork { try InputFiles.hashAll() }
    if !shared.quiet, let warning = shared.threadWarning {
      standardError("\(Self.configuration.commandName ?? "frieze"): \(warning)")
    }
    if let words = shared.sourceOfPart { standardError("\(Self.configuration.commandName ?? "frieze"): \(words)") }
    try perform()
  }

  /// Runs the command and leaves with the design's exit status: 0, 64 (usage), 65, 69, 74 or 75.
  public static func main() {
    openStandardDescriptors()
    frieze_keep_memory()
    ProcessorKernels.choose(products: usesProducts)
    do {
      var command = try parseAsRoot()
      try command.run()
      endProcess(0)
    } catch let error as StageError {
      standardError("\(name): \(error.description)")
      endProcess(error.status.rawValue)
    } catch {
      leave(with: error)
    }
  }

  /// Help and versions go to standard output, complaints about the command line to standard error.
  private static func leave(with error: any Error) -> Never {
    let status = exitCode(for: error).rawValue
    let words = fullMessage(for: error)
    if status != 0 {
      standardError(words)
      endProcess(status == 64 ? status : StageError.Status.inputOutput.rawValue)
    }
    do { try standardOutput(words) } catch {
      standardError("\(name): \(error)")
      endProcess(StageError.Status.inputOutput.rawValue)
    }
    endProcess(0)
  }
}

/// A part of a run: records `index` of `count`, as `1/16`-like text counted from 0: `0/16` ... `15/16`.
public struct Shard: ExpressibleByArgument, Equatable, Sendable {
  /// From 0.
  public let index: Int
  /// Shards there are in all.
  public let count: Int

  /// More shards than anybody cuts.
  static let most = 1_000_000

  /// Part `index` of `count`.
  public init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// Reads `1/16`; nil where the text is of another form.
  public init?(argument: String) {
    let parts = argument.split(separator: "/").map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], (1...Self.most).contains(count),
      (0..<count).contains(index)
    else { return nil }
    self.init(index: index, count: count)
  }

  /// Whether the batch system's array leaves out numbers (as where some tasks are done again), so that its size says nothing.
  static var environmentHasGaps: Bool {
    let environment = ProcessInfo.processInfo.environment
    let numbers = ["MIN", "MAX", "COUNT"].compactMap { environment["SLURM_ARRAY_TASK_\($0)"].flatMap { Int($0) } }
    return numbers.count == 3 && (numbers[0] > 1 || numbers[1] - numbers[0] + 1 != numbers[2])
  }

  /// The array task this process is, where a batch system says so; the whole otherwise.
  public static var fromEnvironment: Shard {
    let environment = ProcessInfo.processInfo.environment
    func number(_ keys: [String]) -> Int? { keys.compactMap { environment[$0].flatMap { Int($0) } }.first }
    let first = number(["SLURM_ARRAY_TASK_MIN", "SGE_TASK_FIRST"]) ?? 0
    guard let task = number(["SLURM_ARRAY_TASK_ID", "PBS_ARRAY_INDEX", "SGE_TASK_ID", "LSB_JOBINDEX"]),
      let count = number(["SLURM_ARRAY_TASK_COUNT", "FRIEZE_SHARDS"]), (1...most).contains(count),
      (0...Int(Int32.max)).contains(first), (first..<first + count).contains(task)
    else { return Shard(index: 0, count: 1) }
    return Shard(index: task - first, count: count)
  }

  /// The records of this shard among `total`: contiguous, sizes differ by one at most.
  ///
  /// - Parameter block: records that are worked on together, whose last bits may depend on their neighbours; shards are whole blocks,
  ///   so that the blocks are those of a run without shards, and sizes differ by one block at most.
  public func range(of total: Int, blocksOf block: Int = 1) -> Range<Int> {
    let blocks = (total + block - 1) / block
    func end(_ index: Int) -> Int { min(total, blocks * index / count * block) }
    return end(index)..<end(index + 1)
  }
}

/// Which records of an input a file was made from, `125..<250 of 500` as an attribute.
public struct RecordRange: Equatable, Sendable, CustomStringConvertible {
  /// Numbers of the records, from 0.
  public let range: Range<Int>
  /// Records of the input.
  public let total: Int

  /// Records of an input that has `total`.
  public init(_ range: Range<Int>, of total: Int) { (self.range, self.total) = (range, total) }

  package init?(_ text: String) {
    let words = text.components(separatedBy: " of ")
    let ends = words[0].components(separatedBy: "..<").compactMap { Int($0) }
    guard words.count == 2, ends.count == 2, ends[0] <= ends[1], let total = Int(words[1]), total >= ends[1] else { return nil }
    self.init(ends[0]..<ends[1], of: total)
  }

  /// As the attribute has it.
  public var description: String { "\(range.lowerBound)..<\(range.upperBound) of \(total)" }
}

/// Options of a stage that nothing is random in and that always does the whole.
public struct PlainOptions: ParsableArguments {
  /// `--threads`; 0 means all processors.
  @Option(help: "Threads to use; 0 means all processors.")
  public var threads = 0

  /// `--quiet`.
  @Flag(help: "No progress and no words on standard error but errors.")
  public var quiet = false

  /// `--json`.
  @Flag(help: "One line of JSON that sums up the run, on standard output.")
  public var json = false

  /// The defaults.
  public init() {}

  /// Refuses what no run can have.
  ///
  /// - Throws: `ValidationError` where a value is out of its range.
  public func validate() throws { try SharedOptions.check(threads: threads) }

  /// The same as options of every stage: seed 0, all records, whatever a batch system says.
  public var shared: SharedOptions {
    var shared = SharedOptions()
    (shared.seed, shared.shard) = (0, Shard(index: 0, count: 1))
    (shared.threads, shared.quiet, shared.json) = (threads, quiet, json)
    return shared
  }
}

/// Options of a stage that draws random numbers and always does the whole.
public struct SeededOptions: ParsableArguments {
  /// `--seed`.
  @Option(help: "Seed of all random numbers of the run.")
  public var seed: UInt64 = 0

  @OptionGroup var plain: PlainOptions

  /// The defaults.
  public init() {}

  /// The same as options of every stage.
  public var shared: SharedOptions {
    var shared = plain.shared
    shared.seed = seed
    return shared
  }
}

/// Options of a stage that nothing is random in and that can do a part.
public struct ShardedOptions: ParsableArguments {
  /// `--shard`; nil where the batch system is asked.
  @Option(help: SharedOptions.helpOnShards)
  public var shard: Shard?

  @OptionGroup var plain: PlainOptions

  /// The defaults.
  public init() {}

  /// Refuses a shard that cannot be told.
  ///
  /// - Throws: `ValidationError` where nobody says how many shards there are.
  public func validate() throws { try SharedOptions.check(shard: shard) }

  /// The same as options of every stage.
  public var shared: SharedOptions {
    var shared = plain.shared
    shared.shard = shard
    return shared
  }
}

/// Options of a stage that draws random numbers and can do a part; those of every other are some of them.
public struct SharedOptions: ParsableArguments {
  /// `--seed`.
  @Option(help: "Seed of all random numbers of the run.")
  public var seed: UInt64 = 0

  /// `--threads`; 0 means all processors.
  @Option(help: "Threads to use; 0 means all processors.")
  public var threads = 0

  /// `--shard`; nil where the batch system is asked.
  @Option(help: Self.helpOnShards)
  public var shard: Shard?

  static let helpOnShards = ArgumentHelp(
    "Which part of the records to do, I/N with I from 0 to N-1.",
    discussion: "The default comes from SLURM_ARRAY_TASK_ID and its kin; outside an array job all is done.")

  /// `--quiet`.
  @Flag(help: "No progress and no words on standard error but errors.")
  public var quiet = false

  /// `--json`.
  @Flag(help: "One line of JSON that sums up the run, on standard output.")
  public var json = false

  /// Options that say where and how a stage runs, and that no result depends on: these here but for `--seed`, and `--output` and `--resume`
  /// of the stages that have them. Two runs that differ in them alone are one to `merge`.
  static let runOnly = (valued: ["--output", "--shard", "--threads"], flags: ["--quiet", "--json", "--resume"])

  /// No machine has more processors.
  private static let mostThreads = 1024

  /// The defaults.
  public init() {}

  /// Refuses what no run can have.
  ///
  /// - Throws: `ValidationError` where a value is out of its range, or the shard cannot be told.
  public mutating func validate() throws {
    try Self.check(threads: threads)
    try Self.check(shard: shard)
  }

  static func check(threads: Int) throws {
    guard (0...mostThreads).contains(threads) else {
      throw ValidationError("--threads goes from 0 (all processors) to \(mostThreads).")
    }
  }

  static func check(shard: Shard?) throws {
    guard shard != nil || !Shard.environmentHasGaps else {
      throw ValidationError("this is a task of an array with gaps, which does not tell the number of shards: give --shard I/N.")
    }
  }

  /// Threads to use, 1 or more.
  public var threadCount: Int { threads == 0 ? ProcessInfo.processInfo.activeProcessorCount : threads }

  /// What there is to say about the number of threads, if anything.
  var threadWarning: String? {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    return threads > processors
      ? "--threads \(threads) on \(processors) processors: more threads than processors are slower, not faster." : nil
  }

  /// The part of the records to do.
  public var part: Shard { shard ?? Shard.fromEnvironment }

  /// That a part was taken because the batch system says so and nobody asked for it; nil otherwise.
  var sourceOfPart: String? {
    guard shard == nil, part.count > 1 else { return nil }
    return
      "only shard \(part.index)/\(part.count) of the records is done, as the variables of this array job say; --shard 0/1 does all."
  }
}

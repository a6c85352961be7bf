import Foundation

/// The machine that a file was made on, and what the making took of it.
struct Provenance {
  /// Model of the processor, empty where the system does not tell.
  var processor: String
  /// Threads that the stage was given.
  var threads: Int
  /// Largest resident memory in bytes.
  var peakMemory: Int64

  /// This process so far.
  static func current(_ options: SharedOptions) -> Provenance {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    // Linux counts in units of 1024 bytes.
    return Provenance(processor: processorName, threads: options.threadCount, peakMemory: Int64(usage.ru_maxrss) * 1024)
  }

  static let processorName: String = {
    let text = FileManager.default.contents(atPath: "/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") || $0.hasPrefix("Model") }
    let name = line?.split(separator: ":", maxSplits: 1).last.map(String.init) ?? ""
    return name.trimmingCharacters(in: .whitespaces)
  }()
}

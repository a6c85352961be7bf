import Foundation

/// Counts what a stage took and what it did not, and says so at the end: the counts add up to what came in.
public struct StageReport {
  /// Name of the stage.
  public let stage: String
  private let start = Date()
  /// Records that were taken.
  public private(set) var accepted = 0
  /// Records that were not, in their order.
  public private(set) var rejected: [RejectedRecord] = []
  private var facts: [(String, String)] = []

  /// Begins the report, and its clock.
  public init(stage: String) { self.stage = stage }

  /// Seconds since the report was begun.
  public var seconds: Double { Date().timeIntervalSince(start) }

  /// Sites of the input that were copies of others and were left out.
  public private(set) var mergedCopies = 0

  /// Counts records that were taken.
  ///
  /// - Parameter mergedCopies: sites of theirs that were not.
  public mutating func accept(_ count: Int = 1, mergedCopies: Int = 0) {
    accepted += count
    self.mergedCopies += mergedCopies
  }

  /// Counts a record that was not taken.
  public mutating func reject(_ record: RejectedRecord) { rejected.append(record) }

  /// A further figure for the summary; `json` is its JSON text.
  public mutating func note(_ name: String, json: String) { facts.append((name, json)) }

  /// A further whole number for the summary.
  public mutating func note(_ name: String, _ value: Int) { note(name, json: String(value)) }

  /// A further number for the summary, six digits of it; null where it is not finite.
  public mutating func note(_ name: String, _ value: Double) {
    note(name, json: value.isFinite ? String(format: "%.6g", value) : "null")
  }

  /// Rejections by code, the most frequent first.
  public var rejectionCounts: [(code: String, count: Int)] {
    Dictionary(grouping: rejected, by: \.code).map { ($0.key, $0.value.count) }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map { (code: $0.0, count: $0.1) }
  }

  /// The reason given for the first record of the most frequent rejection, for messages.
  public var mostFrequentReason: String {
    guard let code = rejectionCounts.first?.code, let record = rejected.first(where: { $0.code == code }) else {
      return "nothing was read"
    }
    return "\(code), e.g. \(record.id): \(record.reason)"
  }

  /// The share of what was taken among that and the rejections of one code.
  public func shareWithout(_ code: String) -> Double {
    let lost = rejected.count { $0.code == code }
    return Double(accepted) / Double(max(1, accepted + lost))
  }

  /// Prints the summary: words to standard error, one JSON line to standard output where asked for.
  ///
  /// - Throws: where standard output cannot be written.
  public func finish(_ options: SharedOptions, output: String) throws {
    if !options.quiet {
      var line = "\(stage): \(accepted) of \(accepted + rejected.count) in \(Progress.duration(seconds))"
      if !rejected.isEmpty {
        line += "; rejected: " + rejectionCounts.map { "\($0.count) \($0.code)" }.joined(separator: ", ")
      }
      if mergedCopies > 0 { line += "; \(mergedCopies) copies of sites merged" }
      standardError(line + " -> \(output)")
    }
    if options.json {
      var fields = [
        ("stage", jsonText(stage)), ("output", jsonText(output)), ("accepted", String(accepted)),
        ("rejected", String(rejected.count)),
        ("rejections", "{" + rejectionCounts.map { "\(jsonText($0.code)):\($0.count)" }.joined(separator: ",") + "}"),
        ("seconds", String(format: "%.3f", seconds)),
        ("peak_memory_bytes", String(Provenance.current(options).peakMemory)),
      ]
      if mergedCopies > 0 { fields.append(("merged_copies", String(mergedCopies))) }
      fields += facts
      try standardOutput("{" + fields.map { "\(jsonText($0.0)):\($0.1)" }.joined(separator: ",") + "}")
    }
  }
}

/// A text as JSON.
public func jsonText(_ text: String) -> String {
  var out = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": out += "\\\""
    case "\\": out += "\\\\"
    case "\n": out += "\\n"
    case "\r": out += "\\r"
    case "\t": out += "\\t"
    case let c where c.value < 0x20: out += String(format: "\\u%04x", c.value)
    default: out.unicodeScalars.append(scalar)
    }
  }
  return out + "\""
}

/// A text in quotes, as tables have those of several lines.
public func csvQuoted(_ text: String) -> String { "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }

/// A field of a table: in quotes where it has to be.
public func csvText(_ text: String) -> String { text.contains { ",\"\n\r".contains($0) } ? csvQuoted(text) : text }

/// A record that did not make it, as files keep it under `/rejected`.
public struct RejectedRecord: Sendable, Equatable {
  /// The record's name.
  public var id: String
  /// Why, in a word for tables.
  public var code: String
  /// Why, in a sentence.
  public var reason: String

  /// A record with the reason why it was not taken.
  public init(id: String, code: String, reason: String) {
    self.id = id
    self.code = code
    self.reason = reason
  }
}

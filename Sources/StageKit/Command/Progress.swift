import Foundation

/// A progress line with the rate and the time left: rewritten in place on a terminal, a line every 15 seconds in a log.
public struct Progress {
  private let name: String
  private let total: Int
  private let quiet: Bool
  private let isTerminal = isatty(2) != 0
  private let start = Date()
  private var lastShown: Date?

  /// - Parameters:
  ///   - name: of the stage or phase.
  ///   - total: records there are to do.
  ///   - quiet: whether nothing is shown.
  public init(_ name: String, total: Int, quiet: Bool) {
    self.name = name
    self.total = total
    self.quiet = quiet
  }

  /// Says how many are done; shows it when it is time to.
  ///
  /// - Parameters:
  ///   - fraction: how much of the work that is, where counting records would lie.
  ///   - note: what else to show, e.g. losses.
  public mutating func update(_ done: Int, fraction: Double? = nil, note: String = "") {
    guard !quiet else { return }
    let now = Date()
    let interval = isTerminal ? 0.25 : 15
    guard now.timeIntervalSince(lastShown ?? start) >= interval || (done == total && lastShown != nil) else { return }
    lastShown = now
    let elapsed = now.timeIntervalSince(start)
    let part = fraction ?? Double(done) / Double(max(1, total))
    let left = part > 0 ? elapsed * (1 - part) / part : 0
    let rate = Double(done) / max(elapsed, 1e-9)
    let line =
      "\(name): \(done)/\(total)  \(formatRate(rate))/s  \(note.isEmpty ? "" : note + "  ")\(Self.duration(left)) left"
    standardErrorWords(isTerminal ? "\r\u{1B}[K" + line : line + "\n")
  }

  /// A line of its own, above the progress line where there is one.
  public func say(_ words: String) {
    guard !quiet else { return }
    standardErrorWords((isTerminal ? "\r\u{1B}[K" : "") + "\(name): \(words)\n")
  }

  /// Clears the line of a terminal.
  public func finish() {
    if isTerminal, !quiet, lastShown != nil { standardErrorWords("\r\u{1B}[K") }
  }

  private func formatRate(_ rate: Double) -> String {
    rate >= 1e15 ? "?" : rate >= 100 ? String(Int(rate)) : String(format: rate >= 10 ? "%.1f" : "%.2f", rate)
  }

  /// Seconds as `1h 02m`, `3m 20s`, `12 s`.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e8 else { return "?" }
    let s = Int(seconds.rounded())
    if s >= 3600 { return String(format: "%dh %02dm", s / 3600, s % 3600 / 60) }
    if s >= 60 { return String(format: "%dm %02ds", s / 60, s % 60) }
    return "\(s) s"
  }
}

/// Progress through phases whose names come as they begin, and the seconds that each took.
public struct PhaseProgress {
  private let quiet: Bool
  private var phase = ""
  private var current: Progress?
  private var begun = Date()
  private var phases: [(name: String, seconds: Double)] = []

  /// - Parameter quiet: whether nothing is shown.
  public init(quiet: Bool) { self.quiet = quiet }

  /// Says how far a phase is; a new name, or a count of 0, begins another.
  public mutating func update(_ name: String, _ done: Int, of total: Int) {
    if name != phase || done == 0 {
      endPhase()
      current = Progress(name, total: total, quiet: quiet)
      phase = name
    }
    current?.update(done)
  }

  /// Ends the last phase; gives the wall seconds of all by name, as JSON.
  public mutating func finish() -> String {
    endPhase()
    let fields = phases.map { "\(jsonText($0.name)):\(String(format: "%.3f", $0.seconds))" }
    return "{" + fields.joined(separator: ",") + "}"
  }

  private mutating func endPhase() {
    current?.finish()
    current = nil
    let now = Date()
    defer { begun = now }
    guard !phase.isEmpty else { return }
    if let k = phases.firstIndex(where: { $0.name == phase }) {
      phases[k].seconds += now.timeIntervalSince(begun)
    } else {
      phases.append((phase, now.timeIntervalSince(begun)))
    }
    phase = ""
  }
}

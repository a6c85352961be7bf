/// What went wrong with a run as a whole, with the exit status that tells a script.
public struct StageError: Error, CustomStringConvertible {
  /// The exit statuses of all stages (as in sysexits.h).
  public enum Status: Int32, Sendable {
    case usage = 64
    case input = 65
    case unavailable = 69
    case inputOutput = 74
    case interrupted = 75
  }

  /// The exit status.
  public let status: Status
  /// What is wrong, where, and what to do.
  public let description: String
  /// Whether a file is sound but of another version than this program reads.
  public let isOtherVersion: Bool

  /// - Parameter isOtherVersion: whether a file is sound but of another version.
  public init(_ status: Status, _ description: String, isOtherVersion: Bool = false) {
    self.isOtherVersion = isOtherVersion
    self.status = status
    self.description = description
  }
}

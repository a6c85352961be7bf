import Foundation
import Synchronization

/// Signals that ask a stage to stop: it saves what it has and leaves with status 75.
public enum Interruption {
  private static let signal = Atomic<Int32>(0)

  /// Whether SIGINT, SIGTERM or SIGUSR1 (a batch system's warning) has come.
  public static var isRequested: Bool { signal.load(ordering: .relaxed) != 0 }

  /// Begins to listen; a second signal of the same kind ends the process at once.
  static func listen() {
    // A launcher may have blocked them, and a child inherits that.
    var wanted = sigset_t()
    unsafe sigemptyset(&wanted)
    for number in [SIGINT, SIGTERM, SIGUSR1] { unsafe sigaddset(&wanted, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    for number in [SIGINT, SIGTERM, SIGUSR1] {
      Foundation.signal(number) { received in
        Interruption.signal.store(received, ordering: .relaxed)
        Foundation.signal(received, SIG_DFL)
      }
    }
    for number in [SIGPIPE, SIGXFSZ] { Foundation.signal(number, SIG_IGN) }
  }

  /// Throws where a signal has come; for stages that have nothing to save yet.
  public static func check() throws {
    if isRequested { throw StageError(.interrupted, "stopped by a signal; nothing was written.") }
  }
}

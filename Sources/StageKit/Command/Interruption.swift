import Foundation
import Synchronization

/// Signals that ask a stage to stop: it saves what it has and leaves with status 75.
public enum Interruption {
  private static let signal = Atomic<Int32>(0)
  private static let numbers = [SIGINT, SIGTERM, SIGHUP, SIGUSR1]

  /// Whether SIGINT, SIGTERM, SIGHUP (the terminal is gone) or SIGUSR1 (a batch system's warning) has come.
  public static var isRequested: Bool { signal.load(ordering: .relaxed) != 0 }

  /// Begins to listen; a second signal of the same kind ends the process at once. What the starter has told to ignore (nohup) is
  /// ignored.
  static func listen() {
    // A launcher may have blocked them, and a child inherits that.
    var wanted = sigset_t()
    unsafe sigemptyset(&wanted)
    for number in numbers { unsafe sigaddset(&wanted, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    for number in numbers where !isIgnored(number) {
      Foundation.signal(number) { received in
        Interruption.signal.store(received, ordering: .relaxed)
        Foundation.signal(received, SIG_DFL)
      }
    }
    for number in [SIGPIPE, SIGXFSZ] { Foundation.signal(number, SIG_IGN) }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    // Safety: one structure, as the call fills in; a handler that ignores is the value 1.
    guard unsafe sigaction(number, nil, &action) == 0 else { return false }
    return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  /// Throws where a signal has come; for stages that have nothing to save yet.
  ///
  /// - Throws: `StageError` with status 75.
  public static func check() throws {
    if isRequested { throw StageError(.interrupted, "stopped by a signal; nothing was written.") }
  }

  /// Ends the process where the work does not hear a signal within a while: in the middle of a search or of somebody else's library.
  ///
  /// - Parameter patience: seconds.
  static func watch(stage: String, patience: Double) {
    let thread = Thread {
      while !isRequested { usleep(100_000) }
      usleep(UInt32(patience * 1e6))
      AtomicFile.abandon()
      standardError("\(stage): stopped by a signal; what it was making was not written.")
      endProcess(StageError.Status.interrupted.rawValue)
    }
    thread.start()
  }
}

/// Ends the process without a library's farewells: OpenBLAS's waits for threads that may never have begun.
func endProcess(_ status: Int32) -> Never {
  fflush(nil)
  _exit(status)
}

import Foundation
import Synchronization

/// A limit of memory (`ulimit -v`) that is too low, told in a line.
///
/// Where memory is asked for and not given, Swift ends the process by a signal. Where a limit is set and has been reached, and only
/// there, that is told as what it is; any other such signal stays what it was.
enum MemoryLimit {
  /// What is written then; made before, for there is no memory left.
  private static let words = Mutex<[UInt8]>([])
  /// Bytes that a process that has reached its limit cannot have.
  private static let probe = 8 << 20

  /// Bytes, nil where there is no limit.
  private static var bytes: UInt64? {
    var limit = rlimit()
    // Safety: one structure, as the call fills in.
    let status = unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    return status == 0 && limit.rlim_cur < UInt64(Int64.max) ? UInt64(limit.rlim_cur) : nil
  }

  static var isSet: Bool { bytes != nil }

  static func watch(stage: String) {
    guard let bytes else { return }
    let line = "\(stage): the memory limit of \(bytes >> 20) MiB (ulimit -v) is too low for this; nothing was written.\n"
    words.withLock { $0 = Array(line.utf8) }
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS] {
      Foundation.signal(number) { received in
        Foundation.signal(received, SIG_DFL)
        guard MemoryLimit.isReached else {
          raise(received)
          return
        }
        MemoryLimit.tell()
      }
    }
  }

  /// Whether the system gives no more memory.
  private static var isReached: Bool {
    // Safety: a mapping that nobody uses is made and given back.
    let memory = unsafe mmap(nil, probe, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard unsafe memory != MAP_FAILED else { return true }
    unsafe munmap(memory, probe)
    return false
  }

  private static func tell() -> Never {
    let bytes = words.withLockIfAvailable { $0 } ?? []
    // Safety: the array's own bytes.
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    AtomicFile.abandon()
    _exit(StageError.Status.unavailable.rawValue)
  }
}

import Foundation

/// Writes a line to standard error. Where that is closed or full the words are lost, and nothing else.
public func standardError(_ line: String) { _ = write(line + "\n", to: STDERR_FILENO) }

/// Writes words that are no line to standard error.
func standardErrorWords(_ words: String) { _ = write(words, to: STDERR_FILENO) }

/// Writes a line of results to standard output.
///
/// - Throws: where it cannot be written: results are never lost without a word.
public func standardOutput(_ line: String) throws {
  guard write(line + "\n", to: STDOUT_FILENO) else {
    throw StageError(.inputOutput, "standard output cannot be written: \(systemErrorText()).")
  }
}

/// Whether all of a text could be written.
private func write(_ text: String, to descriptor: Int32) -> Bool {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    // Safety: the slice's own bytes.
    let n = unsafe bytes.withUnsafeBytes { unsafe Foundation.write(descriptor, $0.baseAddress, $0.count) }
    if n > 0 {
      bytes = bytes.dropFirst(n)
    } else if n < 0, errno == EAGAIN, !Interruption.isRequested {
      usleep(1000)
    } else if n >= 0 || errno != EINTR {
      return false
    }
  }
  return true
}

/// Gives descriptors 0 to 2 that are closed something to stand for: else the next file that is opened gets the number, and words go into it.
/// Standard output is opened for reading, so that results that go nowhere are an error.
func openStandardDescriptors() {
  for descriptor in 0..<3 as Range<Int32> where fcntl(descriptor, F_GETFD) < 0 {
    let mode = descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY
    let opened = unsafe open("/dev/null", mode)
    if opened >= 0, opened != descriptor {
      dup2(opened, descriptor)
      close(opened)
    }
  }
}

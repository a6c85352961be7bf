import Foundation
import TestSupport
import Testing

/// `Pipelines/setup.sh` on machines that lack packages, with other programs in the places of dpkg-query and apt-get.
@Suite("Setup") struct SetupTests {

  /// - Parameters:
  ///   - known: what dpkg-query says, a line a package; it fails where it does not know one.
  ///   - status: of dpkg-query.
  private func setUp(known: String, status: Int) throws -> (status: Int32, words: String) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("frieze-setup-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, lines) in [
      ("dpkg-query", "cat <<'END'\n\(known)\nEND\necho 'dpkg-query: no packages found' >&2\nexit \(status)"),
      ("apt-get", "echo apt-get \"$@\" >&2; exit 0"),
    ] {
      let path = folder.appendingPathComponent(name).path
      try "#!/usr/bin/env bash\n\(lines)\n".write(toFile: path, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["bash", "-c", "Pipelines/setup.sh; status=$?; echo \"status $status\"; exit $status"]
    process.currentDirectoryURL = Checkout.root
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = "\(folder.path):\(environment["PATH"] ?? "/usr/bin:/bin")"
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, words)
  }

  @Test("a machine that knows none of the packages gets them, or is told the command")
  func bare() throws {
    for known in ["", "gzip install ok installed\nxz-utils install ok installed"] {
      let (status, words) = try setUp(known: known, status: 1)
      #expect(words.contains("libopenblas-dev") && words.contains("libhdf5-dev") && words.contains("apt-get"), "\(words)")
      #expect(words.contains("gzip") == known.isEmpty, "\(words)")
      // As root it installs; others are told what to run.
      #expect(status == (geteuid() == 0 ? 0 : 69), "\(words)")
    }
  }

  @Test("a package that was removed, with its configuration left, is missing")
  func removed() throws {
    let words = try setUp(known: "libhdf5-dev deinstall ok config-files\ngzip install ok installed", status: 0).words
    #expect(words.contains("libhdf5-dev") && !words.contains("gzip "), "\(words)")
  }
}

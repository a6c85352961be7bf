import Foundation
import TestSupport
import Testing

/// Runs the stages as a user would, each test in a folder of its own.
struct Workplace {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("frieze-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  func write(_ name: String, _ text: String) throws -> String {
    let url = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? [] }

  struct Outcome {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Where the programs lie: beside the test runner.
  static func program(_ name: String) throws -> URL {
    let root = Checkout.root
    let runner = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
    let places = [runner, root.appendingPathComponent(".build-test/release"), root.appendingPathComponent(".build/release")]
    let found = places.map { $0.appendingPathComponent(name) }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
    return try #require(found, "the program \(name) is not built")
  }

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - limit: largest file it may write, in blocks of 512 bytes: stands in for a disk that is full.
  ///   - signalAfter: a file whose appearance triggers SIGTERM.
  ///   - environment: further variables.
  @discardableResult
  func run(
    _ name: String, _ arguments: [String], limit: Int? = nil, signalAfter file: String? = nil,
    environment: [String: String] = [:]
  )
    throws -> Outcome
  {
    let process = Process()
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let program = try Self.program(name)
    if let limit {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "ulimit -f \(limit); exec \"$0\" \"$@\"", program.path] + arguments
    } else {
      process.executableURL = program
      process.arguments = arguments
    }
    process.currentDirectoryURL = folder
    let outputFile = folder.appendingPathComponent(".output-\(UUID().uuidString)")
    let errorFile = folder.appendingPathComponent(".errors-\(UUID().uuidString)")
    for url in [outputFile, errorFile] { try Data().write(to: url) }
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
    if let file {
      while !FileManager.default.fileExists(atPath: path(file)), process.isRunning { usleep(20_000) }
      process.terminate()
    }
    process.waitUntilExit()
    defer { for url in [outputFile, errorFile] { try? FileManager.default.removeItem(at: url) } }
    return Outcome(
      status: process.terminationStatus, output: try String(contentsOf: outputFile, encoding: .utf8),
      errors: try String(contentsOf: errorFile, encoding: .utf8))
  }

  static let model = """
    network: {hidden: 16, layers: 1, embedding: 8, frequencies: 4, coordinate_frequencies: 2}
    training: {batch: 8, epochs: 3}
    """

  /// Crystals of several groups and sizes as CIF files; enough for a line that takes seconds.
  func writeCrystals() throws -> String {
    let cubic: [(String, String, Double, String)] = [
      ("NaCl", "F m -3 m", 5.64, "Na 0 0 0\nCl 0.5 0.5 0.5"), ("CsCl", "P m -3 m", 4.12, "Cs 0 0 0\nCl 0.5 0.5 0.5"),
      ("Cu", "F m -3 m", 3.61, "Cu 0 0 0"), ("Si", "F d -3 m :2", 5.43, "Si 0.125 0.125 0.125"),
      ("ZnS", "F -4 3 m", 5.41, "Zn 0 0 0\nS 0.25 0.25 0.25"), ("CaF2", "F m -3 m", 5.46, "Ca 0 0 0\nF 0.25 0.25 0.25"),
      ("SrTiO3", "P m -3 m", 3.905, "Sr 0 0 0\nTi 0.5 0.5 0.5\nO 0.5 0.5 0"), ("Fe", "I m -3 m", 2.87, "Fe 0 0 0"),
      ("MgO", "F m -3 m", 4.21, "Mg 0 0 0\nO 0.5 0.5 0.5"), ("FeS2", "P a -3", 5.42, "Fe 0 0 0\nS 0.385 0.385 0.385"),
    ]
    for (name, group, a, sites) in cubic {
      let lines = sites.split(separator: "\n").map { "\($0.split(separator: " ")[0]) \($0)" }.joined(separator: "\n")
      _ = try write("crystals/\(name).cif", Self.cif(name, group, a, lines))
    }
    return path("crystals")
  }

  static func cif(_ name: String, _ group: String, _ a: Double, _ sites: String) -> String {
    """
    data_\(name)
    _cell_length_a \(a)
    _cell_length_b \(a)
    _cell_length_c \(a)
    _cell_angle_alpha 90
    _cell_angle_beta 90
    _cell_angle_gamma 90
    _symmetry_space_group_name_H-M '\(group)'
    loop_
    _atom_site_label
    _atom_site_type_symbol
    _atom_site_fract_x
    _atom_site_fract_y
    _atom_site_fract_z
    \(sites)

    """
  }
}

import ArgumentParser
import CDamage
import Foundation

/// `fuzz damage`: one kind of damage to one file, for tests of what is said of it.
struct Damaged: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "damage", abstract: "Damage one HDF5 file in one way.")

  @Argument(help: "The file to damage.")
  var file: String

  @Option(help: "How, by its name; 'foreign' copies it to FILE.foreign.h5 as another program would write it.")
  var kind: String

  @Option(help: "What is chosen follows from it.")
  var seed: UInt64 = 1

  func run() throws {
    if kind == "foreign" {
      guard unsafe frieze_foreign_copy(file, "\(file).foreign.h5", 0) == 0 else { throw ExitCode(1) }
      return
    }
    let names = (0..<frieze_damage_kinds()).map { unsafe String(cString: frieze_damage_name($0)) }
    guard let number = names.firstIndex(of: kind) else {
      throw ValidationError("--kind is one of: \(names.joined(separator: ", ")), foreign.")
    }
    guard unsafe frieze_damage(file, Int32(number), seed) == 0 else { throw ExitCode(1) }
  }
}

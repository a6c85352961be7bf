import Foundation
import Testing

@testable import StageKit

@Suite("Provenance") struct ProvenanceTests {
  private static let programs = [
    "preprocess", "train", "sample", "reconstruct", "hull", "relax", "properties", "metrics", "report", "gallery", "export",
    "convert",
    "merge",
  ]

  @Test("options that a result does not depend on are options that there are, and all that every stage has are among them")
  func runOnly() throws {
    let place = try Workplace()
    defer { place.remove() }
    var (valued, flags): (Set<String>, Set<String>) = ([], [])
    var everywhere: Set<String>?
    for program in Self.programs {
      let help = try place.run(program, ["--help"]).output
      let options = help.matches(of: #/(?m)^  (?:-\w, )?(--[a-z-]+)( <)?/#).map { (name: String($0.1), isValued: $0.2 != nil) }
      for option in options { if option.isValued { valued.insert(option.name) } else { flags.insert(option.name) } }
      let own = Set(options.map(\.name))
      everywhere = everywhere?.intersection(own) ?? own
    }
    let (wantedValued, wantedFlags) = SharedOptions.runOnly
    #expect(valued.isSuperset(of: wantedValued) && flags.isDisjoint(with: wantedValued))
    #expect(flags.isSuperset(of: wantedFlags) && valued.isDisjoint(with: wantedFlags))
    let shared = try #require(everywhere).subtracting(["--help", "--version"])
    #expect(shared == Set(wantedValued + wantedFlags).subtracting(["--resume", "--shard"]))
  }

  @Test("a program takes a seed where something is random, and a shard where it can do a part; else they are refused")
  func seedsAndShards() throws {
    let place = try Workplace()
    defer { place.remove() }
    let (seeded, sharded): (Set, Set) = (
      ["preprocess", "train", "sample", "propose", "relax", "metrics"],
      ["preprocess", "sample", "propose", "reconstruct", "relax", "metrics"]
    )
    for program in Self.programs + ["propose", "ledger"] {
      let help = try place.run(program, ["--help"]).output
      #expect(help.contains("--seed <seed>") == seeded.contains(program), "\(program)")
      #expect(help.contains("--shard <shard>") == sharded.contains(program), "\(program)")
    }
    let refused = try place.run("convert", ["--input", "a.cif", "--output", "b.cif", "--seed", "3"])
    #expect(refused.status == 64 && refused.errors.contains("Unknown option '--seed'"), "\(refused.errors)")
    #expect(try place.run("train", ["--dataset", "d", "--config", "c", "--output", "m", "--shard", "0/2"]).status == 64)
  }
}

import ArgumentParser
import CDamage
import Foundation
import StageKit
import TestSupport

/// `fuzz files`: damaged HDF5 files of all formats, given to all programs that read them.
struct Files: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Damaged HDF5 files, all formats, all readers.")

  @OptionGroup var attack: AttackOptions

  @Option(help: "Ten times what may be in a program's address space, in bytes; 0 for no limit.")
  var addressSpace = 0

  func run() throws {
    let campaign = Campaign("files", attack)
    let shop = try Workshop(programs: attack.programs)
    defer { shop.remove() }
    let seeds = try Seeds(in: shop)
    let expected = FileManager.default.contents(atPath: shop.path("crystals.extxyz")) ?? Data()
    let gate = NSLock()
    let (keep, addressSpace) = (attack.keep, addressSpace)
    let number = campaign.seed
    try campaign.run { index, lane in
      var random = SplitMix(seed: number, index: index)
      let seed = seeds.files.randomElement(using: &random) ?? seeds.files[0]
      let place = try shop.place("lane\(lane)")
      try place.copy(shop.path(seed.name), "bad.h5")
      let (isBytes, words) = try Damage.apply(to: place.path("bad.h5"), gate: gate, &random)
      let reader = Reader.all.filter { $0.kinds.contains(seed.kind) }.randomElement(using: &random) ?? Reader.all[0]
      for (name, copy) in reader.beside { try place.copy(name == "bad.h5" ? place.path(name) : shop.path(name), copy) }
      let outcome = place.run(
        reader.program, reader.arguments.map { $0.replacing("SHOP", with: shop.folder) } + ["--threads", "1"],
        addressSpace: addressSpace)
      var wrong = outcome.complaint
      if wrong == nil, outcome.status == 0 {
        // HDF5's library is no friend of threads.
        wrong = gate.withLock { Self.impossible(in: place) }
        if wrong == nil, isBytes, !seed.isForeign, seed.name == "crystals.h5", place.exists("out.extxyz"),
          FileManager.default.contents(atPath: place.path("out.extxyz")) != expected
        {
          wrong = "another crystal than was written is taken without a word"
        }
      }
      if wrong != nil, let keep {
        try? FileManager.default.createDirectory(atPath: keep, withIntermediateDirectories: true)
        try? FileManager.default.copyItem(atPath: place.path("bad.h5"), toPath: "\(keep)/\(number)-\(index).h5")
      }
      let text = wrong.map { "\(seed.name), \(words), \(reader.program) \(reader.arguments.joined(separator: " ")): \($0)" }
      return ("\(outcome.status)", text)
    }
  }

  /// Numbers in what a program wrote that no crystal has.
  private static func impossible(in place: Workshop) -> String? {
    if let text = FileManager.default.contents(atPath: place.path("out.extxyz")).map({ String(decoding: $0, as: UTF8.self) }) {
      for word in text.split(whereSeparator: { " \n\"".contains($0) }) {
        // Columns of one's own, name=value, may have any unit.
        let isProperty = word.contains("=")
        if let x = Double(word.split(separator: "=").last ?? ""), !x.isFinite || abs(x) > (isProperty ? 1e100 : 1e6) {
          return "out.extxyz has the number \(word)"
        }
      }
    }
    guard place.exists("out.h5") else { return nil }
    do {
      let reader = try HDF5Reader(path: place.path("out.h5"))
      for name in ["/crystal/lattice", "/crystal/frac_coord", "/asymmetric_unit/frac_coord", "/asymmetric_unit/lattice_k"]
      where reader.contains(name) {
        if let x = try reader.read(Double.self, name).first(where: { !$0.isFinite || abs($0) > 1e6 }) {
          return "out.h5, \(name) has the number \(x)"
        }
      }
      for name in try reader.datasetNames() where name.hasPrefix("/network/") {
        if let x = try reader.read(Double.self, name).first(where: { !$0.isFinite }) { return "out.h5, \(name) has \(x)" }
      }
      return nil
    } catch { return "out.h5 cannot be read: \(error)" }
  }
}

/// A way in which a program reads a file: bad.h5.
struct Reader: Sendable {
  let kinds: Set<String>
  let program: String
  let arguments: [String]
  /// Files to be copied before: from the seeds (or bad.h5), and to.
  var beside: [(String, String)] = []

  private init(_ kinds: Set<String>, _ line: String, beside: [(String, String)] = []) {
    let words = line.split(separator: " ").map(String.init)
    (self.kinds, program, arguments, self.beside) = (kinds, words[0], Array(words.dropFirst()), beside)
  }

  private static let units: Set = ["dataset", "crystals", "relaxed", "samples"]
  private static let crystals: Set = ["dataset", "crystals", "relaxed", "metrics"]
  private static let any: Set = [
    "dataset", "model", "skeletons", "property", "policy", "blueprints", "samples", "part", "crystals", "relaxed", "metrics",
  ]

  static let all = [
    Reader(["dataset"], "train --dataset bad.h5 --config SHOP/model.yaml --epochs 1 --output out.h5"),
    Reader(["dataset"], "metrics --crystals SHOP/crystals.h5 --reference bad.h5 --output out.json"),
    Reader(["dataset"], "sample --model SHOP/model.h5 --like bad.h5 --split train --steps 2 --output out.h5"),
    Reader(["model"], "sample --model bad.h5 --count 4 --steps 2 --output out.h5"),
    Reader(["model"], "sample --model bad.h5 --count 3 --steps 1 --composition NaCl --output out.h5"),
    Reader(["model"], "sample --model bad.h5 --count 3 --steps 1 --target density=1..9 --guidance 2 --output out.h5"),
    Reader(["model"], "export --model bad.h5 --output out.h5"),
    Reader(["model"], "report --metrics SHOP/metrics.json --model bad.h5 --output out.html"),
    Reader(["model"], "train --dataset SHOP/dataset.h5 --config SHOP/model.yaml --epochs 2 --initial bad.h5 --output out.h5"),
    Reader(
      ["model"], "train --dataset SHOP/dataset.h5 --config SHOP/model.yaml --epochs 2 --resume --output out.h5",
      beside: [("bad.h5", "out.h5.unfinished.h5")]),
    Reader(["skeletons"], "propose --model bad.h5 --count 4 --output out.h5"),
    Reader(["skeletons"], "propose --model bad.h5 --count 3 --composition NaCl --screen surprisal:2 --output out.h5"),
    Reader(["skeletons"], "propose --model bad.h5 --count 3 --target density=3 --output out.h5"),
    Reader(
      ["property"],
      "propose --model SHOP/skeletons.h5 --count 3 --target density=3 --screen target:3 --screen-model bad.h5 --output out.h5"),
    Reader(["property"], "properties --crystals SHOP/crystals.h5 --model bad.h5 --output out.h5"),
    Reader(["model"], "propose --model bad.h5 --count 4 --output out.h5"),
    Reader(["policy"], "propose --model bad.h5 --count 4 --output out.h5"),
    Reader(["policy"], "propose --model bad.h5 --skeletons SHOP/skeletons.h5 --count 3 --output out.h5"),
    Reader(["relaxed"], "ledger --relaxed bad.h5 --judged SHOP/metrics.h5 --output out.h5"),
    Reader(["dataset"], "propose --model SHOP/skeletons.h5 --like bad.h5 --split train --output out.h5"),
    Reader(["crystals"], "propose --model SHOP/skeletons.h5 --count 2 --prototype bad.h5 --output out.h5"),
    Reader(["blueprints"], "sample --model SHOP/model.h5 --blueprints bad.h5 --steps 2 --output out.h5"),
    Reader(units, "reconstruct --samples bad.h5 --output out.h5"),
    Reader(["samples"], "reconstruct --samples bad.h5 --choice probability --output out.h5"),
    Reader(crystals, "relax --crystals bad.h5 --potential pair --max-steps 3 --output out.h5"),
    Reader(crystals, "convert --input bad.h5 --output out.extxyz"),
    Reader(crystals, "convert --input bad.h5 --output out.h5"),
    Reader(crystals, "preprocess --input bad.h5 --output out.h5"),
    Reader(crystals, "metrics --crystals bad.h5 --reference SHOP/dataset.h5 --output out.json"),
    Reader(any, "metrics --crystals SHOP/crystals.h5 --reference SHOP/dataset.h5 --timing bad.h5 --output out.json"),
    Reader(any, "relax --crystals SHOP/crystals.h5 --potential chgnet:bad.h5 --output out.h5"),
    Reader(any, "merge SHOP/part0.h5 bad.h5 --output out.h5"),
    Reader(["part"], "merge SHOP/part0.h5 bad.h5 --output out.h5"),
    Reader(["part"], "merge bad.h5 SHOP/part0.h5 --output out.h5"),
    Reader(["crystals", "relaxed"], "gallery --crystals bad.h5 --output out"),
    Reader(
      ["relaxed"], "relax --crystals SHOP/crystals.h5 --potential pair --max-steps 5 --output out.h5",
      beside: [("bad.h5", "out.h5.unfinished.h5")]),
    Reader(
      ["metrics"], "report --metrics bad.json --output out.html", beside: [("metrics.json", "bad.json")]),
  ]
}

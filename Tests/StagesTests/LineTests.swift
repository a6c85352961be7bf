import Artifacts
import Crystals
import Foundation
import Generators
import StageKit
import Testing

@Suite("The whole line") struct LineTests {
  @Test("files pass from stage to stage, counts add up, and the page stands alone")
  func line() throws {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    _ = try place.write("model.yaml", Workplace.model)
    func stage(_ name: String, _ arguments: String...) throws -> [String: Any] {
      let outcome = try place.run(name, arguments + ["--json", "--quiet"])
      #expect(outcome.status == 0, "\(name): \(outcome.errors)")
      let line = outcome.output.split(separator: "\n").last ?? ""
      return try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(name): \(outcome.output)")
    }
    let dataset = try stage("preprocess", "--input", crystals, "--output", "dataset.h5")
    #expect(dataset["accepted"] as? Int == 10)
    _ = try stage("train", "--dataset", "dataset.h5", "--config", "model.yaml", "--output", "model.h5")
    let samples = try stage("sample", "--model", "model.h5", "--count", "20", "--steps", "5", "--output", "samples.h5")
    #expect(samples["accepted"] as? Int == 20)
    let full = try stage("reconstruct", "--samples", "samples.h5", "--output", "crystals.h5")
    let unfolded = try #require(full["accepted"] as? Int)
    #expect(unfolded > 0 && unfolded + (full["rejected"] as? Int ?? 0) == 20)
    let back = try stage("reconstruct", "--samples", "dataset.h5", "--output", "back.h5")
    #expect(back["accepted"] as? Int == 10)
    _ = try stage("relax", "--crystals", "back.h5", "--potential", "pair", "--output", "relaxed.h5")
    _ = try stage("metrics", "--crystals", "relaxed.h5", "--reference", "dataset.h5", "--output", "metrics.json")
    _ = try stage("report", "--metrics", "metrics.json", "--model", "model.h5", "--output", "report.html")
    let page = try String(contentsOfFile: place.path("report.html"), encoding: .utf8)
    #expect(page.hasSuffix("</html>\n"))
    #expect(page.contains(", training, at the end ") && page.contains(", validation, at the end "))
    #expect(page.contains("<li><code>metrics --crystals relaxed.h5 --reference dataset.h5</code></li>"))
    #expect(page.contains("<li><code>report --metrics metrics.json --model model.h5</code></li>"))
    #expect(page.contains("<section id=\"glossary\">") && page.contains("of training crystals</title>"))
    // No address but the name of the SVG format; all ten crystals are counted and drawn, and the losses of the model's training.
    #expect(page.replacing("http://www.w3.org/2000/svg", with: "").components(separatedBy: "://").count == 1)
    #expect(page.contains("<div><b>10</b><span>structures sampled</span></div>"))
    #expect(page.components(separatedBy: "<canvas").count == 1 + 10)
    for term in SymmBFN.terms { #expect(page.contains("<title>\(term) by epoch</title>"), "\(term)") }
    let figures = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: place.path("metrics.json"))))
        as? [String: Any])
    #expect(figures["sampled"] as? Int == 10 && figures["judged"] as? Int == 10)
    _ = try stage("convert", "--input", "relaxed.h5", "--output", "all.extxyz")
    let again = try stage("preprocess", "--input", "all.extxyz", "--output", "again.h5")
    #expect(again["accepted"] as? Int == 10)
  }

  @Test("the same seed gives the same samples with 1 or 2 threads and with 1 or 4 shards")
  func sharding() throws {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    _ = try place.write("model.yaml", Workplace.model)
    try place.run("preprocess", ["--input", crystals, "--output", "dataset.h5"])
    try place.run("train", ["--dataset", "dataset.h5", "--config", "model.yaml", "--output", "model.h5"])
    func sample(_ more: [String]) throws {
      let outcome = try place.run("sample", ["--model", "model.h5", "--count", "70", "--steps", "4", "--seed", "5"] + more)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    try sample(["--threads", "1", "--output", "one.h5"])
    try sample(["--threads", "2", "--output", "two.h5"])
    for i in 0..<4 { try sample(["--shard", "\(i)/4", "--output", "part\(i).h5"]) }
    let merged = try place.run("merge", ["part3.h5", "part0.h5", "part2.h5", "part1.h5", "--output", "merged.h5"])
    #expect(merged.status == 0, "\(merged.errors)")
    try expectEqual(place.path("one.h5"), place.path("two.h5"))
    try expectEqual(place.path("one.h5"), place.path("merged.h5"))
    for key in ["content", "configuration", "inputs", "records", "shard"] {
      let one = try Artifact.open(place.path("one.h5"))
      let merged = try Artifact.open(place.path("merged.h5"))
      #expect(one.attribute(key) != nil && one.attribute(key) == merged.attribute(key), "\(key)")
    }

    let missing = try place.run("merge", ["part3.h5", "part0.h5", "part1.h5", "--output", "gap.h5"])
    #expect(missing.status == 65)
    #expect(missing.errors == "merge: shards 2 of 4 are missing.\n")
    try sample(["--shard", "2/4", "--steps", "3", "--output", "other.h5"])
    let mixed = try place.run("merge", ["part3.h5", "part0.h5", "other.h5", "part1.h5", "--output", "mixed.h5"])
    #expect(mixed.status == 65)
    #expect(mixed.errors.contains("is of another run than"))
  }

  @Test("a composition goes through the line, the same with any threads and shards; --like names predictions for metrics")
  func composition() throws {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    _ = try place.write("model.yaml", Workplace.model)
    func run(_ name: String, _ arguments: String...) throws {
      let outcome = try place.run(name, arguments)
      #expect(outcome.status == 0, "\(name): \(outcome.errors)")
    }
    try run("preprocess", "--input", crystals, "--output", "dataset.h5")
    try run("train", "--dataset", "dataset.h5", "--config", "model.yaml", "--output", "model.h5")
    let options = ["--model", "model.h5", "--count", "40", "--steps", "4", "--composition", "MgO", "--space-group", "221,225"]
    for (file, more) in [
      ("one.h5", ["--threads", "1"]), ("two.h5", ["--threads", "2"]), ("part0.h5", ["--shard", "0/2"]),
      ("part1.h5", ["--shard", "1/2"]),
    ] {
      let outcome = try place.run("sample", options + more + ["--output", file])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    try run("merge", "part0.h5", "part1.h5", "--output", "merged.h5")
    try expectEqual(place.path("one.h5"), place.path("two.h5"))
    try expectEqual(place.path("one.h5"), place.path("merged.h5"))
    try run("reconstruct", "--samples", "one.h5", "--output", "crystals.h5")
    let reader = try Artifact.open(place.path("crystals.h5"))
    #expect(try reader.ids().count + reader.rejected().count == 40)
    let all = try reader.crystals()
    #expect(!all.isEmpty && all.allSatisfy { $0.reducedFormula == "MgO" && [221, 225].contains($0.spaceGroup) })

    func refuse(_ status: Int32, _ words: [String], _ arguments: String...) throws {
      let outcome = try place.run("sample", ["--model", "model.h5", "--output", "x.h5"] + arguments)
      #expect(outcome.status == status && words.allSatisfy(outcome.errors.contains), "\(outcome.errors)")
      #expect(!place.files.contains("x.h5"))
    }
    try refuse(64, ["'NaClx' is no formula: there is no element 'Clx'"], "--count", "1", "--composition", "NaClx")
    try refuse(
      65, ["MgO with 1 formula unit", "225 (Fm-3m)"], "--count", "1", "--composition", "MgO", "--formula-units", "1",
      "--space-group", "225")
    try refuse(64, ["Missing expected argument '--count <count>'"], "--composition", "MgO")
    try refuse(64, ["need --like"], "--count", "1", "--known-wyckoff")
    let unseen = try place.run(
      "sample", ["--model", "model.h5", "--count", "1", "--steps", "2", "--composition", "AgBr", "--output", "unseen.h5"])
    #expect(unseen.status == 0 && unseen.errors.contains("sample: the model has never seen Ag, Br.\n"), "\(unseen.errors)")

    for flags in [[], ["--known-wyckoff"]] {
      let like = ["--like", "dataset.h5", "--split", "train", "--per-target", "2", "--steps", "3"]
      let outcome = try place.run("sample", ["--model", "model.h5", "--output", "like.h5"] + like + flags)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let targets = try Dataset(reading: place.path("dataset.h5"))
      let train = targets.indices(of: .train)
      let samples = try Artifact.open(place.path("like.h5"))
      #expect(try samples.ids() == train.flatMap { ["\(targets.ids[$0])#1", "\(targets.ids[$0])#2"] })
      for (n, unit) in try samples.units().enumerated() {
        let target = targets.units[train[n / 2]]
        func atoms(_ unit: AsymmetricUnit) -> [UInt8: Int] {
          let centrings = SpaceGroup.numbered(unit.spaceGroup).centrings
          return unit.sites.reduce(into: [:]) { $0[$1.atomicNumber, default: 0] += $1.multiplicity }
            .mapValues { $0 / centrings }
        }
        #expect(atoms(unit) == atoms(target))
        if !flags.isEmpty {
          #expect(unit.spaceGroup == target.spaceGroup)
          #expect(unit.sites.map(\.siteSymmetry) == target.sites.map(\.siteSymmetry))
        }
      }
    }
  }

  /// Every dataset of two files is the same.
  private func expectEqual(_ a: String, _ b: String) throws {
    let first = try HDF5Reader(path: a)
    let second = try HDF5Reader(path: b)
    let names = try first.datasetNames()
    #expect(try second.datasetNames() == names)
    #expect(names.count > 8)
    for name in names {
      if try first.kind(of: name) == .string {
        #expect(try first.readStrings(name) == second.readStrings(name), "\(name)")
      } else {
        // What is not known is no number in both.
        let (a, b) = (try first.read(Double.self, name), try second.read(Double.self, name))
        #expect(a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "\(name)")
      }
    }
  }

  @Test("training stopped by a signal and taken up again is the training that was never stopped")
  func resume() throws {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    _ = try place.write("model.yaml", Workplace.model.replacingOccurrences(of: "epochs: 3", with: "epochs: 3000000"))
    try place.run("preprocess", ["--input", crystals, "--output", "dataset.h5"])
    let train = ["--dataset", "dataset.h5", "--config", "model.yaml", "--threads", "1", "--checkpoint", "0.001"]
    let stopped = try place.run("train", train + ["--output", "b.h5"], signalAfter: "b.h5.unfinished.h5")
    #expect(stopped.status == 75, "\(stopped.errors)")
    #expect(stopped.errors.contains("'b.h5.unfinished.h5' is saved. Start again to go on."))
    #expect(stopped.errors.contains("train: 3000000 epochs; "), "\(stopped.errors)")
    #expect(place.files.contains("b.h5.unfinished.h5") && !place.files.contains("b.h5"))
    let epochs = try Artifact.open(place.path("b.h5.unfinished.h5")).read(Int64.self, "/training/counters")[1]
    let last = ["--epochs", "\(epochs + 7)"]
    let resumed = try place.run("train", train + last + ["--output", "b.h5"])
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("train: going on from 'b.h5.unfinished.h5', "), "\(resumed.errors)")
    #expect(resumed.errors.contains("train: epoch \(epochs + 7) of \(epochs + 7)  loss "), "\(resumed.errors)")
    #expect(!place.files.contains("b.h5.unfinished.h5"))
    // A line an epoch, those before the stop among them.
    let losses = try String(contentsOfFile: place.path("b.losses.csv"), encoding: .utf8).split(separator: "\n")
    #expect(losses.count == Int(epochs) + 8 && losses[0].hasPrefix("epoch,training,training_"), "\(losses.first ?? "")")
    #expect(
      losses[0].hasSuffix(",learning_rate,seconds") && losses[1].hasPrefix("1,") && !losses.contains { $0.contains("nan") })
    let whole = try place.run("train", train + last + ["--output", "a.h5"])
    #expect(whole.status == 0, "\(whole.errors)")
    let a = try HDF5Reader(path: place.path("a.h5"))
    let b = try HDF5Reader(path: place.path("b.h5"))
    for name in [
      "/training/first_moment", "/training/second_moment", "/network/parameters/head.lattice.1.weight",
      "/network/average/input.0.weight",
    ] {
      #expect(try a.read(Float.self, name) == b.read(Float.self, name), "\(name)")
    }
  }

  @Test("training by the clock says how far it came, and one that is to begin anew drops the checkpoint")
  func minutes() throws {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    _ = try place.write("model.yaml", Workplace.model.replacingOccurrences(of: "epochs: 3", with: "epochs: 3000000"))
    try place.run("preprocess", ["--input", crystals, "--output", "dataset.h5"])
    let train = ["--dataset", "dataset.h5", "--config", "model.yaml", "--threads", "1", "--output", "a.h5"]
    let short = try place.run("train", train + ["--minutes", "0.003"])
    #expect(short.status == 0 && short.errors.contains("train: the 0.003 minutes are over after "), "\(short.errors)")
    #expect(short.errors.contains(" of 3000000 epochs; start again with --resume to go on."), "\(short.errors)")
    let further = try place.run("train", train + ["--minutes", "0.003", "--resume"])
    #expect(further.errors.contains("train: going on, "), "\(further.errors)")
    // A checkpoint of another network is not dropped, unless that is said.
    try FileManager.default.moveItem(atPath: place.path("a.h5"), toPath: place.path("a.h5.unfinished.h5"))
    let other = try place.run("train", train + ["--epochs", "1", "--seed", "5"])
    #expect(
      other.status == 65 && other.errors.contains("'a.h5.unfinished.h5' was trained with --seed 0, not 5"), "\(other.errors)")
    let anew = try place.run("train", train + ["--epochs", "1", "--seed", "5", "--anew"])
    #expect(anew.status == 0 && !place.files.contains("a.h5.unfinished.h5"), "\(anew.errors)")
    #expect(try place.run("train", train + ["--anew", "--resume"]).status == 64)
  }
}

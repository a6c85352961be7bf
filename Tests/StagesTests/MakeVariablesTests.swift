import Foundation
import TestSupport
import Testing

/// Variables of make as strangers set them: no value runs a command, none leads out of its place, and what is meant goes through.
@Suite("Variables of make") struct MakeVariablesTests {

  private func make(_ arguments: [String], in folder: URL = Checkout.root, environment: [String: String] = [:]) throws -> (
    status: Int32, words: String
  ) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Status 124 where it does not end.
    process.arguments = ["timeout", "120", "make", "-n"] + arguments
    process.currentDirectoryURL = folder
    var all = ProcessInfo.processInfo.environment
    for name in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BUILD"] { all[name] = nil }
    process.environment = all.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  @Test("what make eval would do can be asked before any weights are there")
  func freshMachine() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("frieze-fresh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("Artifacts"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["Makefile", "Pipelines", "Sources", "Stages", "Package.swift", "Artifacts/pretrained"] {
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent(name), withDestinationURL: Checkout.root.appendingPathComponent(name))
    }
    let (status, words) = try make(["eval"], in: folder)
    #expect(
      status == 0 && words.contains("/relax ") && words.contains("--potential chgnet"), "\(status): \(words.suffix(2000))")
    #expect(words.split(separator: "\n").count { $0.contains("/sample ") } == 1, "\(words)")
  }

  @Test("no variable runs a command, given on the command line or in the environment")
  func hostile() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("frieze-make-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let touch = "touch \(folder)/X"
    let values = [
      "1;\(touch)", "$(\(touch))", "$$(\(touch))", "`\(touch)`", "$(shell \(touch))", "${shell \(touch)}", "1|\(touch)",
      "1&\(touch)",
      "'\(touch)'", "\"$(\(touch))\"", "1\n\(touch)", "1>\(folder)/X", "a b", "a#b", "a%b", "a\\b", "a*b", "{a,b}",
      "$(eval X:=1)", "1)\(touch)", "-\(touch)",
    ]
    let names = [
      "ARTIFACTS", "DATASET", "MODEL", "SAMPLES", "STEPS", "SEED", "POTENTIAL", "SYMPREC", "FMAX", "SHARDS", "THREADS",
      "EPOCHS",
      "MINUTES", "SPACE_GROUP", "COMPOSITION", "FORMULA_UNITS", "TEMPLATES", "PROPOSER", "SET", "HULL", "LIMIT", "INPUT",
      "COMPARE_WITH",
      "PREDICTION", "STAGE", "CLUSTER", "CPUS", "MEMORY", "TIME", "PARTITION", "ACCOUNT", "JOBS", "WARNING", "TIME_train",
      "DATASETS_DIR", "BUILD", "RELAX", "SYMMETRY", "BIN", "SOURCE", "R", "DRY", "RUN", "OPTIONS_model",
    ]
    for (i, name) in names.enumerated() {
      // Every value meets every third name or so; all would take minutes.
      for (k, value) in values.enumerated() where (i + k) % 3 == 0 || value.contains("shell") {
        let (status, words) = try make(["status", "eval", "\(name)=\(value)"])
        #expect(status == 2, "\(name)=\(value): \(words)")
        #expect(words.contains("***"), "\(name)=\(value)")
      }
      guard name.count > 3, !["SOURCE", "OPTIONS_model"].contains(name) else { continue }
      #expect(try make(["status", "eval"], environment: [name: "1;\(touch)"]).status == 2, "\(name) in the environment")
    }
    for name in [
      "ARTIFACTS", "DATASET", "MODEL", "SAMPLES", "STEPS", "SEED", "POTENTIAL", "SYMPREC", "FMAX", "SHARDS", "THREADS",
    ] {
      let (status, words) = try make(["status", "eval", "\(name)= "])
      #expect(status == 2 && words.contains("\(name) must not be empty"), "\(name): \(words)")
    }
    for value in ["1;\(touch)", "$(shell \(touch))", "`\(touch)`", "$$(\(touch))"] {
      #expect(try make(["status", "SUBMIT=\(value)"]).status == 2)
    }
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/X"))
  }

  @Test("elements and sizes are asked of a model of skeletons, and of no other proposer")
  func skeletons() throws {
    let (status, words) = try make(["eval", "ELEMENTS=Li,O", "REQUIRE=Li", "POTENTIAL=pair"])
    #expect(status == 0 && words.contains("propose --model Artifacts/pretrained/mp20-skeletons.h5 --count"), "\(words)")
    #expect(words.contains("--elements Li,O --require Li") && words.contains("-proposer_skeletons-of_Li_O-with_Li/samples.h5"))
    let other = try make(["eval", "ELEMENTS=Li,O", "PROPOSER=training"])
    #expect(other.status == 2 && other.words.contains("PROPOSER=training knows no elements, sizes and sites to ask for"))
    let screened = try make(["generate", "SCREEN=energy:4", "SCREEN_MODEL=README.md", "HULL="]).words
    #expect(screened.contains("--screen energy:4 --screen-model README.md --distinct --output"), "\(screened)")
    #expect(screened.contains("-energy_4-byREADME.md"), "\(screened)")
    let above = try make(["eval", "SCREEN=energy:4", "HULL=README.md"]).words
    #expect(above.contains("--screen-model Artifacts/pretrained/mp20-tuned-skeleton-energy.h5 --hull README.md"), "\(above)")
    #expect(try !make(["generate", "SCREEN=surprisal:4"]).words.contains("--screen-model"))
    // Energies of a potential, of a dataset that has none: labels above the hull's elements, and what learns them.
    let labels = ["LABELS=chgnet:formation_energy", "HULL=README.md"]
    let energies = try make(["train", "MODEL=skeleton-energy-chgnet"] + labels).words
    #expect(
      energies.contains("--model chgnet:formation_energy --hull README.md --output Artifacts/minerals/labelled.h5"),
      "\(energies)")
    #expect(energies.contains("train --dataset Artifacts/minerals/labelled.h5"), "\(energies)")
    let rounds = try make(["discover"] + labels).words
    #expect(rounds.contains("DATASET='Artifacts/minerals/labelled.h5' ENERGIES_CONFIG='skeleton-energy-chgnet'"), "\(rounds)")
    #expect(try make(["discover", "HULL=README.md"]).words.contains("ENERGIES_CONFIG='skeleton-energy-mp20'"))
    // What another model of energies finds is kept apart.
    let apart = try make(["discover", "HULL=README.md", "SCREEN_MODEL=README.md"]).words
    #expect(apart.contains("-energy_12-mp20-byREADME.md'"), "\(apart)")
    // Properties: the models that were told them, screened by a model that knows them all, and judged by predictors.
    let target = try make([
      "eval", "TARGET=band_gap=1..2 bulk_modulus=100..", "GUIDANCE=2", "SKELETONS=README.md", "SCREEN_MODEL=README.md",
    ])
    #expect(
      target.words.contains(
        "--screen target:64 --screen-model README.md --target band_gap=1..2 --target bulk_modulus=100.. --guidance 2 --distinct"
      ),
      "\(target.words)")
    #expect(target.words.contains("-band_gap_1..2-bulk_modulus_100..-guidance2/") && target.words.contains("/properties.h5"))
    #expect(target.words.contains("--reference Artifacts/minerals/labelled.h5"))
    let trained = try make(["eval", "TARGET=band_gap=1", "PROPOSER=training", "SCREEN="]).words
    #expect(trained.contains("--proposer training --target band_gap=1") && !trained.contains("--screen"), "\(trained)")
    let tuned = try make(["finetune", "DATASET=Tests/References", "PROPERTY=hardness"]).words
    #expect(tuned.contains("preprocess --input Tests/References") && tuned.contains("--set conditioning.properties=hardness"))
    #expect(tuned.contains("--output Artifacts/finetuned/References-hardness.h5"), "\(tuned)")
    let generated = try make(["generate", "PROTOTYPE=README.md", "KEEP=O", "SAMPLES=7"]).words
    #expect(generated.contains("--count 7 --seed 0") && generated.contains("--prototype README.md --keep O"), "\(generated)")
  }

  @Test("what is wrong is named with what it must be")
  func words() throws {
    for (argument, words) in [
      ("THREADS=two", "THREADS must be a whole number"), ("SAMPLES=0", "SAMPLES must be a whole number above 0"),
      ("SPACE_GROUP=0,225", "SPACE_GROUP must be space groups with commas between, numbers from 1 to 230 or symbols as Fd-3m"),
      ("COMPOSITION=na cl", "COMPOSITION must be a formula such as SrTiO3 or Ca(OH)2"),
      ("SYMPREC=0", "SYMPREC must be a number above 0"),
      ("SET=training.batch", "SET must be options of the model by their paths, as in sampling.steps=50 training.batch=128"),
      ("SAMPELS=3", "there is no variable SAMPELS; did you mean SAMPLES? make help names all"),
      ("SPACEGROUP=227", "there is no variable SPACEGROUP; did you mean SPACE_GROUP?"),
      ("samples=3", "there is no variable samples; did you mean SAMPLES?"),
      ("BAND_GAP=2", "there is no variable BAND_GAP; properties are asked for as in TARGET=\"band_gap=2\""),
      ("TEMPERATURE=0.5", "there is no variable TEMPERATURE; there are: ACCOUNT ANONYMOUS_FORMULA ARTIFACTS"),
      ("a'b;c=3", "there is no variable a'b;c; there are: ACCOUNT ANONYMOUS_FORMULA ARTIFACTS"),
      (
        "MODEL=symbfn-smal",
        "there is no model 'symbfn-smal': no Pipelines/models/symbfn-smal.yaml; did you mean symmbfn-small?"
      ),
      (
        "MODEL=pretrained/mp21",
        "there is no model 'pretrained/mp21': no Artifacts/pretrained/mp21.h5; did you mean pretrained/mp20?"
      ),
      ("MODEL=some/model.h5", "make generate, structure and csp take a model's file"),
      ("INPUT=my.csv", "make status does not use INPUT, which is for: judge. Crystals to learn from are DATASET=my.csv"),
      ("ARTIFACTS=", "ARTIFACTS must not be empty"),
      ("DATASETS_DIR=/nowhere/at/all", "DATASETS_DIR: there is no folder '/nowhere/at/all'"),
      ("MODEL=../../etc", "MODEL must be a name, not a path to elsewhere"),
      ("SCREEN_MODEL=nowhere.h5", "SCREEN_MODEL: there is no file 'nowhere.h5'"),
      ("HULL=nowhere.csv", "HULL: there is no file 'nowhere.csv'"),
      ("ELEMENTS=Li,fe", "ELEMENTS must be symbols of elements with commas between"),
      ("SITES=Li", "SITES must be elements and Wyckoff letters, as Li:a,O:d"),
      ("MAX_ATOMS=0", "MAX_ATOMS must be a whole number"),
      ("TARGET=band_gap=wide", "TARGET must be properties with values or ranges"),
      ("TOLERANCE=band_gap=-1", "TOLERANCE must be properties with numbers"),
      ("GUIDANCE=much", "GUIDANCE must be a number above 0"),
      ("PROTOTYPE=nowhere.cif", "PROTOTYPE: there is no file 'nowhere.cif'"),
      ("SKELETONS=nowhere.h5", "SKELETONS: there is no file 'nowhere.h5'"),
      ("GIVEN=half", "GIVEN is composition, group or wyckoff"),
      ("SYMMETRY=some", "SYMMETRY is none, or is not given"),
    ] {
      let (status, said) = try make(["status", argument])
      #expect(status == 2 && said.contains(words), "\(argument): \(said)")
    }
  }

  @Test("a variable that a target does not use is an error, with the targets that use it")
  func useless() throws {
    for (arguments, words) in [
      (
        ["train", "INPUT=my.csv"],
        "make train does not use INPUT, which is for: judge. Crystals to learn from are DATASET=my.csv."
      ),
      (["generate", "DATASET=dozen"], "make generate does not use DATASET, which is for: compare csp"),
      (["generate", "SHARDS=4"], "make generate does not use SHARDS, which is for: compare eval"),
      (
        ["eval", "RELAX=1"],
        "make eval does not use RELAX, which is for: csp generate. The line relaxes by itself: POTENTIAL, FMAX."
      ),
      (
        ["judge", "INPUT=README.md", "TARGET=band_gap=1"],
        "make judge does not use TARGET, which is for: compare eval generate."
      ),
    ] {
      let (status, said) = try make(arguments)
      #expect(status == 2 && said.contains(words), "\(arguments): \(said)")
    }
    // What is in the environment is for many commands.
    #expect(try make(["train"], environment: ["INPUT": "my.csv"]).status == 0)
  }

  @Test(
    "the epochs of the paper's models are those of their YAML, the dataset's are for the small ones; benchmarks have models")
  func epochs() throws {
    // The tables need not be there for a look at what would be done.
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("frieze-data-\(UUID().uuidString)")
    for name in ["perov5", "mpts52"] {
      try FileManager.default.createDirectory(at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = "DATASETS_DIR=\(folder.path)"
    #expect(try make(["train", "DATASET=perov5", "MODEL=symmbfn-small", data]).words.contains("--epochs 40"))
    #expect(try make(["sample", "DATASET=perov5", data]).words.contains("sample --model Artifacts/pretrained/perov5.h5"))
    let large = try make(["sample", "DATASET=mpts52", data]).words
    #expect(
      large.contains("propose --model Artifacts/pretrained/mpts52-skeletons.h5 ")
        && large.contains("--screen energy:36 --screen-model Artifacts/pretrained/mpts52-skeleton-energy.h5"), "\(large)")
    #expect(large.contains("sample --model Artifacts/pretrained/mpts52.h5"))
    let published = try make(["train", "DATASET=perov5", "MODEL=symmbfn", data]).words
    #expect(!published.contains("--epochs") && published.contains("/symmbfn/seed0/model.h5"), "\(published)")
    #expect(try make(["train", "DATASET=perov5", "MODEL=symmbfn", "EPOCHS=3", data]).words.contains("--epochs 3"))
  }

  @Test("make generate samples a trained model, a model's file or the shipped one, and keeps relaxed crystals apart")
  func generators() throws {
    #expect(try make(["generate"]).words.contains("--model Artifacts/pretrained/mp20.h5"))
    let own = try make(["generate", "MODEL=symmbfn-small", "DATASET=dozen", "EPOCHS=2"]).words
    #expect(own.contains("--model Artifacts/dozen/symmbfn-small/seed0-epochs2/model.h5"), "\(own)")
    #expect(own.contains("/generated/dozen-symmbfn-small-seed0-epochs2/"))
    #expect(try make(["generate", "MODEL=some/model.h5"]).words.contains("--model some/model.h5"))
    let plain = try make(["generate", "SAMPLES=7", "POTENTIAL=pair"]).words
    let relaxed = try make(["generate", "SAMPLES=7", "POTENTIAL=pair", "RELAX=1"]).words
    #expect(plain.contains("/n7-steps20-seed0/cif") && relaxed.contains("/n7-steps20-seed0-relaxed-pair/cif"), "\(relaxed)")
  }

  @Test("the default potential does not depend on what has been fetched")
  func potential() throws {
    #expect(try make(["report", "DATASET=minerals"]).words.contains("/chgnet-fmax0.1/"))
    #expect(try make(["report", "DATASET=dozen"]).words.contains("/pair-fmax0.1/"))
  }

  @Test("what is meant goes through, and what tells runs apart is in the path")
  func meant() throws {
    for argument in [
      "COMPOSITION=Ca(OH)2", "SPACE_GROUP=225,166", "SPACE_GROUP=Fd-3m,P6_3/mmc", "SYMPREC=1e-2", "TIME=1-02:00:00",
      "MODEL=pretrained/mp20", "SEED=0",
      "SUBMIT=--constraint=a&b --qos=x", "POTENTIAL=kim:SW_StillingerWeber_1985_Si__MO_405512056662_005", "MEMORY=4G",
      "TIME_train=30",
    ] {
      let (status, words) = try make(["status", argument])
      #expect(status == 0, "\(argument): \(words)")
    }
    func page(_ arguments: [String]) throws -> String {
      let (status, words) = try make(["report"] + arguments)
      #expect(status == 0, "\(words)")
      return words.split(separator: " ").last { $0.contains("relaxed.h5.id") }.map(String.init) ?? ""
    }
    let usual = try page(["POTENTIAL=pair"])
    #expect(usual.contains("minerals/symmcd-finetune/seed0-from_mp20-symmcd/n500-steps20/pair-fmax0.1/"))
    #expect(
      try page(["POTENTIAL=pair", "LIMIT=20"]) != usual && page(["POTENTIAL=pair", "SYMPREC=0.2"]) != usual
        && page(["POTENTIAL=pair", "SYMPREC=0.1"]) == usual)
    #expect(
      try page(["POTENTIAL=pair", "SYMMETRY=none"]).contains(
        "minerals-symmetry_none/symmcd-finetune/seed0-from_mp20-symmcd/n500-steps20/"))
    #expect(try make(["preprocess", "SYMMETRY=none"]).words.contains(" --no-symmetry "))
    #expect(try !make(["preprocess"]).words.contains("--no-symmetry"))
    let hull = FileManager.default.temporaryDirectory.appendingPathComponent("frieze-\(UUID().uuidString).csv").path
    try Data().write(to: URL(fileURLWithPath: hull))
    defer { try? FileManager.default.removeItem(atPath: hull) }
    #expect(try page(["POTENTIAL=chgnet", "HULL=\(hull)"]) != page(["POTENTIAL=chgnet"]))
  }
}

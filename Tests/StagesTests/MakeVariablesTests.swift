import Foundation
import TestSupport
import Testing

/// Variables of make as strangers set them: no value runs a command, none leads out of its place, and what is meant goes through.
@Suite("Variables of make") struct MakeVariablesTests {

  private func make(_ arguments: [String], environment: [String: String] = [:]) throws -> (status: Int32, words: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["make", "-n"] + arguments
    process.currentDirectoryURL = Checkout.root
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
    #expect(screened.contains("--screen energy:4 --screen-model README.md --output"), "\(screened)")
    #expect(screened.contains("-energy_4-byREADME.md"), "\(screened)")
    let above = try make(["eval", "SCREEN=energy:4", "HULL=README.md"]).words
    #expect(above.contains("--screen-model Artifacts/pretrained/mp20-skeleton-energy.h5 --hull README.md"), "\(above)")
    #expect(try !make(["generate", "SCREEN=surprisal:4"]).words.contains("--screen-model"))
    // Properties: the models that were told them, screened by a model that knows them all, and judged by predictors.
    let target = try make([
      "eval", "TARGET=band_gap=1..2 bulk_modulus=100..", "GUIDANCE=2", "SKELETONS=README.md", "SCREEN_MODEL=README.md",
    ])
    #expect(
      target.words.contains(
        "--screen target:64 --screen-model README.md --target band_gap=1..2 --target bulk_modulus=100.. --guidance 2"),
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
      ("SPACE_GROUP=0,225", "SPACE_GROUP must be numbers of space groups, 1 to 230, with commas between"),
      ("COMPOSITION=na cl", "COMPOSITION must be a formula such as SrTiO3 or Ca(OH)2"),
      ("SYMPREC=0", "SYMPREC must be a number above 0"),
      ("SET=training.batch", "SET must be options of the model by their paths, as in sampling.steps=50 training.batch=128"),
      ("SAMPELS=3", "there is no variable SAMPELS; there are: ACCOUNT ARTIFACTS"),
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

  @Test("what is meant goes through, and what tells runs apart is in the path")
  func meant() throws {
    for argument in [
      "COMPOSITION=Ca(OH)2", "SPACE_GROUP=225,166", "SYMPREC=1e-2", "TIME=1-02:00:00", "MODEL=pretrained/mp20", "SEED=0",
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
    #expect(usual.contains("minerals/symmbfn-small/seed0/n500-steps100/pair-fmax0.1/"))
    #expect(
      try page(["POTENTIAL=pair", "LIMIT=20"]) != usual && page(["POTENTIAL=pair", "SYMPREC=0.2"]) != usual
        && page(["POTENTIAL=pair", "SYMPREC=0.1"]) == usual)
    #expect(
      try page(["POTENTIAL=pair", "SYMMETRY=none"]).contains("minerals-symmetry_none/symmbfn-small/seed0/n500-steps100/"))
    #expect(try make(["preprocess", "SYMMETRY=none"]).words.contains(" --no-symmetry "))
    #expect(try !make(["preprocess"]).words.contains("--no-symmetry"))
    let hull = FileManager.default.temporaryDirectory.appendingPathComponent("frieze-\(UUID().uuidString).csv").path
    try Data().write(to: URL(fileURLWithPath: hull))
    defer { try? FileManager.default.removeItem(atPath: hull) }
    #expect(try page(["POTENTIAL=chgnet", "HULL=\(hull)"]) != page(["POTENTIAL=chgnet"]))
  }
}

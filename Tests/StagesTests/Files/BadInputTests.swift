import Artifacts
import Foundation
import StageKit
import Testing

@Suite("Bad input") struct BadInputTests {
  @Test("each bad crystal is rejected by name and the rest goes through")
  func rejected() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.writeCrystals()
    let good = Workplace.cif("x", "P m -3 m", 4.0, "Fe Fe 0 0 0")
    let bad: [(String, String, String)] = [
      ("truncated", String(good.dropLast(30)), "no_atoms"),
      ("element", good.replacingOccurrences(of: "Fe Fe", with: "Xx Xx"), "unknown_element"),
      ("volume", good.replacingOccurrences(of: "_cell_angle_gamma 90", with: "_cell_angle_gamma 180"), "bad_cell"),
      ("nan", good.replacingOccurrences(of: "0 0 0", with: "nan 0 0"), "bad_coordinates"),
      ("garbage", "\u{1}\u{2}garbage", "unreadable_cif"),
      ("empty", "", "no_atoms"),
    ]
    for (name, text, _) in bad { _ = try place.write("crystals/\(name).cif", text) }
    let outcome = try place.run("preprocess", ["--input", "crystals", "--output", "dataset.h5"])
    #expect(outcome.status == 0)
    let reader = try Artifact.open(place.path("dataset.h5"))
    #expect(try reader.ids().count == 10)
    let rejected = try reader.rejected()
    #expect(rejected.count == bad.count)
    for (name, _, code) in bad {
      let record = try #require(rejected.first { $0.id == name }, "\(name)")
      #expect(record.code == code || record.code == "unreadable_cif" || record.code == "empty_file", "\(name): \(record.code)")
      #expect(!record.reason.isEmpty)
    }
  }

  @Test("messages say what is wrong, where and what to do; the status is the design's; nothing half-written is left")
  func messages() throws {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    _ = try place.write("model.yaml", Workplace.model)
    try place.run("preprocess", ["--input", crystals, "--output", "dataset.h5"])
    try place.run("train", ["--dataset", "dataset.h5", "--config", "model.yaml", "--epochs", "0", "--output", "model.h5"])

    func expect(_ name: String, _ arguments: [String], _ status: Int32, _ words: String, _ line: Int = #line) throws {
      let before = place.files
      let outcome = try place.run(name, arguments)
      #expect(outcome.status == status, "line \(line): \(outcome.errors)")
      #expect(outcome.errors.contains(words), "line \(line): \(outcome.errors)")
      #expect(place.files == before, "line \(line)")
    }
    try expect("preprocess", ["--output", "x.h5"], 64, "Missing expected argument '--input <input>'")
    try expect(
      "preprocess", ["--input", "nowhere", "--output", "x.h5"], 65, "preprocess: there is no file or folder 'nowhere'.\n")
    _ = try place.write("table.csv", "material_id,structure\na,b\n")
    try expect("preprocess", ["--input", "table.csv", "--output", "x.h5"], 65, "'table.csv': the table has no column 'cif'")
    _ = try place.write("wrong.yaml", "network: {hiden: 16}")
    try expect(
      "train", ["--dataset", "dataset.h5", "--config", "wrong.yaml", "--output", "x.h5"], 65,
      "'wrong.yaml': 'network.hiden' is not known; known here are coordinate_frequencies, embedding, "
        + "frequencies, hidden, layers.")
    for (text, words) in [
      (
        "network: {pair_directions: true}",
        "'network.pair_directions' is no option any more: 'form: published' has false, 'form: informed' true."
      ),
      ("sampling: {temperature: 0.7}", "'sampling.temperature' is no option any more: 1 is what both forms have."),
      ("training: {known_templates: 0.5}", "'training.known_templates' is no option any more: it is flow.known_templates now."),
      (
        "method: diffcsp",
        "there is no method 'diffcsp'; there are symmbfn, symmcd, crystal-gfn, skeletons, tuned-skeletons, property."
      ),
      ("method: symmcd\ndiffusion: {sigma_max: 0.001}", "diffusion.sigma_max must be larger than diffusion.sigma_min"),
      ("method: symmcd\nsampling: {steps: 2000}", "sampling.steps must be at most diffusion.steps, 1000"),
      ("method: symmcd\nsampling: {steps: 0}", "sampling.steps must be positive"),
      ("method: symmcd\nflow: {sigma_lattice: 0.1}", "'flow' is not known"),
      ("form: better", "form cannot be used"),
      ("network: 3", "network must hold coordinate_frequencies, embedding"),
      ("flow: {sigma_lattice: [1, 2]}", "must be one value"),
      ("- a\n- b", "the whole must hold conditioning, flow, form, network, sampling, training"),
      ("conditioning: {properties: [band_gap]}", "has no property 'band_gap' (columns of text are none); it has none"),
      ("conditioning: {properties: [a, a]}", "conditioning.properties names a property twice"),
    ] {
      _ = try place.write("retired.yaml", text)
      try expect("train", ["--dataset", "dataset.h5", "--config", "retired.yaml", "--output", "x.h5"], 65, words)
    }
    let train = ["--dataset", "dataset.h5", "--config", "model.yaml", "--output", "x.h5"]
    try expect(
      "train", train + ["--set", "training.batsh=3"], 65, "'--set': 'training.batsh' is not known; known here are average_decay"
    )
    try expect("train", train + ["--set", "training.batch"], 64, "expected KEY=VALUE, as in sampling.steps=50")
    try expect("train", train + ["--set", "training.batch=many"], 65, "training.batch")
    try expect("train", train + ["--set", "training.batch=0"], 65, "training.batch must be positive")
    let sample = ["--model", "model.h5", "--count", "1", "--output", "x.h5"]
    try expect("sample", sample + ["--set", "network.hidden=9"], 65, "here 'sampling.' alone can be set")
    try expect("sample", sample + ["--temperature", "0.7"], 64, "--temperature is no option any more")
    try expect("sample", sample + ["--placement-time", "0.4"], 64, "a model's form says it")
    _ = try place.write("negative.yaml", "network: {hidden: -1}")
    try expect(
      "train", ["--dataset", "dataset.h5", "--config", "negative.yaml", "--output", "x.h5"], 65,
      "'negative.yaml': network.hidden must be positive.")
    try expect(
      "train", ["--dataset", "model.h5", "--config", "model.yaml", "--output", "x.h5"], 65,
      "'model.h5' is a frieze-model file, expected frieze-dataset")
    try expect(
      "sample", ["--model", "model.h5", "--count", "3", "--space-group", "231", "--output", "x.h5"], 64,
      "--space-group takes numbers from 1 to 230 or symbols as Fd-3m")
    try expect(
      "relax", ["--crystals", "dataset.h5", "--potential", "magic", "--output", "x.h5"], 69,
      "there is no potential 'magic'; there are")
    try expect(
      "metrics", ["--crystals", "dataset.h5", "--reference", "model.h5", "--output", "x.json"], 65, "expected frieze-dataset")

    let whole = try Data(contentsOf: URL(fileURLWithPath: place.path("dataset.h5")))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: place.path("half.h5")))
    try expect(
      "reconstruct", ["--samples", "half.h5", "--output", "x.h5"], 65, "'half.h5' cannot be opened: it was cut off, or")
    try AtomicFile.write(to: place.path("future.h5")) { path in
      let writer = try HDF5Writer(path: path)
      try writer.setAttribute("format", "frieze-model")
      try writer.setAttribute("format_version", Int64(99))
      try writer.close()
    }
    try expect(
      "sample", ["--model", "future.h5", "--count", "1", "--output", "x.h5"], 65,
      "'future.h5': format_version is 99, this program reads 1. Run 'train' again.")
    try expect("preprocess", ["--input", "crystals", "--output", "/proc/nowhere/x.h5"], 74, "cannot be made")
  }

  @Test("a full disk is a message and leaves no file")
  func fullDisk() throws {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    let before = place.files
    let outcome = try place.run("preprocess", ["--input", crystals, "--output", "dataset.h5"], limit: 8)
    #expect(outcome.status == 74, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("preprocess: 'dataset.h5"), "\(outcome.errors)")
    #expect(outcome.errors.contains("could not be written"))
    #expect(place.files == before)
  }
}

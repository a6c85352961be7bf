import ArgumentParser
import Foundation
import TestSupport

/// `fuzz options`: every option of every program with values that nobody should give.
struct WrongOptions: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "options", abstract: "Wrong options and places.")

  @OptionGroup var attack: AttackOptions

  @Option(help: "Bytes of address space from which on every program has to start.")
  var leastAddressSpace = 400_000_000

  func run() throws {
    let campaign = Campaign("options", attack)
    let shop = try Workshop(programs: attack.programs)
    defer { shop.remove() }
    _ = try Seeds(in: shop)
    let root = try FileManager.default.contentsOfDirectory(atPath: "/").sorted()
    let least = leastAddressSpace
    let number = campaign.seed
    try campaign.run { index, lane in
      var random = SplitMix(seed: number, index: index)
      let place = try Self.furnish("lane\(lane)", of: shop)
      let before = Self.inventory(place)
      let line = Command.all.randomElement(using: &random) ?? Command.all[0]
      let arguments = line.spoiled(&random)
      let isNarrow = Int.random(in: 0..<8, using: &random) == 0
      let space = isNarrow ? Int.random(in: least..<8 * least, using: &random) : 0
      let outcome = place.run(line.program, arguments, addressSpace: space)
      var wrong = outcome.complaint
      let after = Self.inventory(place)
      if wrong == nil,
        let lost = before.first(where: { name, facts in
          after[name].map { $0 != facts } ?? false && !Self.isOutputAlone(name, arguments)
        })
      {
        wrong = "'\(lost.key)' was \(lost.value), is \(after[lost.key] ?? "")"
      }
      if wrong == nil, let gone = before.keys.first(where: { !place.exists($0) && $0 != "dangling" }) {
        wrong = "'\(gone)' is gone"
      }
      if wrong == nil, place.exists("X") { wrong = "a command was run" }
      if wrong == nil, try FileManager.default.contentsOfDirectory(atPath: "/").sorted() != root {
        wrong = "something new in /"
      }
      let words = ([line.program] + arguments.map { $0.count > 80 ? "\($0.prefix(80))…" : $0 }).joined(separator: " ")
      return ("\(outcome.status)", wrong.map { "\(words)\(space > 0 ? " in \(space) bytes" : ""): \($0)" })
    }
  }

  private static let inputs = [
    "dataset.h5", "model.h5", "skeletons.h5", "blueprints.h5", "samples.h5", "crystals.h5", "relaxed.h5", "metrics.json",
    "metrics.h5", "part0.h5", "part1.h5",
    "model.yaml",
  ]

  /// A folder with inputs, and with what should not be written over.
  private static func furnish(_ name: String, of shop: Workshop) throws -> Workshop {
    let place = try shop.place(name)
    for name in inputs { try place.copy(shop.path(name), name) }
    try FileManager.default.copyItem(atPath: shop.path("cifs"), toPath: place.path("cifs"))
    try place.write("precious.h5", "somebody's work")
    for (link, target) in [("link.h5", "precious.h5"), ("input-link.h5", "dataset.h5"), ("dangling", "nowhere.h5")] {
      try FileManager.default.createSymbolicLink(atPath: place.path(link), withDestinationPath: target)
    }
    // The null device under a name of its own; without root there is none.
    _ = unsafe mknod(place.path("device.h5"), S_IFCHR | 0o666, dev_t(0x103))
    _ = unsafe mkfifo(place.path("pipe.h5"), 0o666)
    return place
  }

  /// Whether a file was named as the output and as nothing else: then it may be written over.
  private static func isOutputAlone(_ name: String, _ arguments: [String]) -> Bool {
    // The link is another name of the dataset, metrics.json writes metrics.h5, too.
    var names: Set = [name]
    if name == "dataset.h5" { names.insert("input-link.h5") }
    if name == "metrics.h5" { names.insert("metrics.json") }
    let places = arguments.indices.filter {
      names.contains(arguments[$0].hasPrefix("./") ? String(arguments[$0].dropFirst(2)) : arguments[$0])
    }
    return !places.isEmpty && places.allSatisfy { $0 > 0 && outputs.contains(arguments[$0 - 1]) }
  }

  private static let outputs = ["--output", "--found", "--candidates", "--training-set"]

  /// What each file is; of what may be written over only the kind.
  private static func inventory(_ place: Workshop) -> [String: String] {
    var found: [String: String] = [:]
    for name in inputs + ["link.h5", "input-link.h5", "dangling", "device.h5", "pipe.h5", "cifs"] {
      guard let facts = try? FileManager.default.attributesOfItem(atPath: place.path(name)) else { continue }
      let kind = (facts[.type] as? FileAttributeType)?.rawValue ?? "?"
      found[name] =
        inputs.contains(name) ? "\(kind) of \(facts[.size] ?? 0) bytes, inode \(facts[.systemFileNumber] ?? 0)" : kind
    }
    return found
  }
}

/// A command line that works, and what can be said instead.
struct Command: Sendable {
  let program: String
  /// Options with their values.
  let options: [(name: String, value: String)]
  /// Options that may come to it.
  let further: [String]

  private init(_ line: String, _ further: String) {
    var words = line.split(separator: " ").map(String.init)[...]
    program = words.removeFirst()
    var options: [(String, String)] = []
    while let name = words.popFirst() { options.append((name, name.hasPrefix("--") ? words.popFirst() ?? "" : "")) }
    (self.options, self.further) = (options, further.split(separator: " ").map { "--\($0)" })
  }

  static let all = [
    Command("preprocess --input cifs --output out.h5", "symprec max-sites limit held-out"),
    Command(
      "train --dataset dataset.h5 --config model.yaml --epochs 1 --output out.h5", "initial minutes checkpoint precision resume"
    ),
    Command(
      "sample --model model.h5 --count 2 --steps 2 --output out.h5",
      "placement-time coordinate-update final-choice temperature templates weights space-group composition formula-units like split "
        + "per-target precision known-wyckoff blueprints"),
    Command(
      "propose --model skeletons.h5 --count 2 --output out.h5",
      "weights space-group composition formula-units anonymous-formula prototype keep symprec sites like split per-target limit elements require exclude "
        + "max-atoms max-sites screen screen-model hull"),
    Command("reconstruct --samples samples.h5 --output out.h5", "minimum-distance radii-share choice deviation"),
    Command(
      "relax --crystals crystals.h5 --potential pair --max-steps 2 --output out.h5", "hull fmax optimizer static free fix-cell"),
    Command(
      "properties --crystals crystals.h5 --model geometry --output out.h5", "crystals model hull weights initial list-models"),
    Command(
      "metrics --crystals crystals.h5 --reference dataset.h5 --output out.json",
      "name timing symprec compare-with prediction target"),
    Command("report --metrics metrics.json --output out.html", "model published figures title gallery"),
    Command("convert --input crystals.h5 --output out.extxyz", "symprec limit list-rejected"),
    Command("gallery --crystals crystals.h5 --output page", "symprec drawn title"),
    Command("export --model model.h5 --output out.h5", "weights"),
    Command(
      "ledger --relaxed relaxed.h5 --judged metrics.h5 --output out.h5",
      "ledger second-judge round found candidates dataset training-set learn copies limit per-template per-formula symprec"),
    Command("merge part0.h5 part1.h5 --output out.h5", ""),
  ]

  private static let values = [
    "", " ", "x", "-1", "0", "1", "-0", "1e-320", "1e-9", "nan", "inf", "-inf", "1e308", "1e999", "9223372036854775807",
    "-9223372036854775808", "18446744073709551615", "99999999999999999999", "1000000000", "4294967296", "100000", ".", "..",
    "'", "\"", "$(touch X)", "`touch X`", "; touch X", "a\nb", "é", "--", "-", "*", "~", "0/0", "1/0", "0/1", "3/2",
    "0/9223372036854775807", "4611686018427387904/9223372036854775807", "link.h5", "input-link.h5", "dangling", "device.h5",
    "pipe.h5", "dataset.h5", "crystals.h5", "model.h5", "metrics.json", "precious.h5", "cifs", "cifs/", "cifs/NaCl.cif",
    "nowhere/deep/out.h5", "precious.h5/out.h5", "./dataset.h5", "/proc/self/mem", "/proc/out.h5", "NaCl", "Na999999999999Cl",
    "Ca(OH)2",
    "((((((((", "Xx", "ABC3", "ABC3_cP5_221_a_b_c", "225", "0,225", "231", "225,", "Fm-3m", "a=1", "=", "a=nan", "chgnet",
    "kim:x", "ipi", "ipi:x:y",
    "ipi:unix:/proc/nothing/socket", "pair:x", "chgnet:crystals.h5", "train", "test", "f32", "bf16", "best", "last",
    "training", "network", "geometry:density", "geometry:x,", "megnet", "megnet:band_gap@hse", "megnet=dataset.h5",
    "probability", "lbfgs", "h5", ".h5", "x.cif", "x.vasp", "x.csv", "x.unknown", "x.json",
    String(repeating: "long", count: 1500), String(repeating: "d/", count: 2000) + "x.h5", "y",
  ]

  /// The line with one to three things changed, left out or added.
  func spoiled(_ random: inout SplitMix) -> [String] {
    var options = options
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let value = Self.values.randomElement(using: &random) ?? ""
      let shared = ["--seed", "--threads", "--shard", "--quiet", "--json", "--help", "--version"]
      switch Int.random(in: 0..<8, using: &random) {
      case 0: if !options.isEmpty { options.remove(at: Int.random(in: 0..<options.count, using: &random)) }
      case 1, 2, 3:
        let at = Int.random(in: 0..<max(1, options.count), using: &random)
        guard at < options.count else { continue }
        options[at] = options[at].name.hasPrefix("--") ? (options[at].name, value) : (value, "")
      case 4: options.append((shared.randomElement(using: &random) ?? "", value))
      default: options.append(((further + shared).randomElement(using: &random) ?? "", value))
      }
    }
    return options.flatMap { $0.value.isEmpty && !$0.name.hasPrefix("--") ? [$0.name] : [$0.name, $0.value] }
  }
}

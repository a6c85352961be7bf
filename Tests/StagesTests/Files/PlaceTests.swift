import Artifacts
import Foundation
import StageKit
import Testing

/// Where results go, where words go, what becomes of inputs and of stops.
@Suite("Places and stops") struct PlaceTests {
  private func furnished() throws -> Workplace {
    let place = try Workplace()
    _ = try place.writeCrystals()
    let outcome = try place.run("preprocess", ["--input", "crystals", "--output", "good.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return place
  }

  @Test("outputs that nobody can want are refused before the work begins, and nothing is touched")
  func outputs() throws {
    let place = try furnished()
    defer { place.remove() }
    _ = try place.write("note.txt", "x")
    try FileManager.default.createSymbolicLink(atPath: place.path("same.h5"), withDestinationPath: "good.h5")
    let isDevice = unsafe mknod(place.path("null.h5"), S_IFCHR | 0o666, dev_t(0x103)) == 0
    var cases: [(String, Int32, String)] = [
      ("", 64, "the name of an output is empty."),
      ("good.h5", 64, "'good.h5' is read and can't be written over: give another name."),
      ("same.h5", 64, "'same.h5' is read and can't be written over: give another name."),
      ("crystals", 64, "'crystals' is a folder, expected a file."), ("new/", 64, "'new/' is a folder, expected a file."),
      ("note.txt/x.h5", 74, "'note.txt/x.h5' cannot be written: 'note.txt' is no folder."),
    ]
    if isDevice { cases.append(("null.h5", 64, "'null.h5' is a device or a pipe; results are written to files.")) }
    for (output, status, words) in cases {
      let before = place.files
      let outcome = try place.run("reconstruct", ["--samples", "good.h5", "--output", output])
      #expect(outcome.status == status, "\(output): \(outcome.errors)")
      #expect(outcome.errors == "reconstruct: \(words)\n", "\(outcome.errors)")
      #expect(place.files == before)
    }
    let gallery = try place.run("gallery", ["--crystals", "good.h5", "--output", ""])
    #expect(gallery.status == 64)
  }

  @Test("a link's target is written, a name of one character is a name, what a killed program left goes")
  func links() throws {
    let place = try furnished()
    defer { place.remove() }
    try FileManager.default.createSymbolicLink(atPath: place.path("link.h5"), withDestinationPath: "target.h5")
    var host = [CChar](repeating: 0, count: 256)
    // Safety: room for 255 bytes and a zero.
    unsafe gethostname(&host, 255)
    let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // No process has this number.
    _ = try place.write("target.h5.partial-\(name)-2147483646", "half")
    _ = try place.write("target.h5.partial-elsewhere-7", "another machine's")
    #expect(try place.run("reconstruct", ["--samples", "good.h5", "--output", "link.h5"]).status == 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: place.path("link.h5")) == "target.h5")
    #expect(place.files.contains("target.h5") && !place.files.contains("target.h5.partial-\(name)-2147483646"))
    #expect(place.files.contains("target.h5.partial-elsewhere-7"))
    #expect(try place.run("reconstruct", ["--samples", "good.h5", "--output", "x"]).status == 0)
    #expect(place.files.contains("x"))
    _ = try place.write("page/NaCl.cif.partial-\(name)-2147483646", "half")
    _ = try place.write("page/own.cif", "the user's")
    #expect(try place.run("gallery", ["--crystals", "x", "--output", "page"]).status == 0)
    let pages = try FileManager.default.contentsOfDirectory(atPath: place.path("page"))
    #expect(pages.contains("own.cif") && pages.contains("index.html") && !pages.contains { $0.contains(".partial-") })
    let hull = try place.run(
      "relax", ["--crystals", "good.h5", "--potential", "pair", "--hull", "x", "--output", "y"])
    #expect(
      hull.errors == "relax: 'x': no energies are read from it; known are relaxed.h5, hull.h5, .csv and .json (.gz, .xz).\n")
  }

  /// Runs a line of the shell with the programs' folder in BIN.
  private func shell(_ place: Workplace, _ line: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", line]
    process.currentDirectoryURL = place.folder
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["BIN": try Workplace.program("convert").deletingLastPathComponent().path]) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  @Test("words that cannot be written are lost, results that cannot be written are an error")
  func descriptors() throws {
    let place = try furnished()
    defer { place.remove() }
    let line = "$BIN/reconstruct --samples good.h5 --output x.h5"
    for (words, status) in [
      ("2>&-", 0), ("2>/dev/full", 0), ("0<&- 1>&- 2>&-", 0), ("2>&1 | true; exit ${PIPESTATUS[0]}", 0),
      ("--json >/dev/full", 74), ("--json >&-", 74), ("--json 2>&- >/dev/full", 74), ("--json >/dev/null", 0),
    ] as [(String, Int32)] {
      #expect(try shell(place, "rm -f x.h5; \(line) \(words)").status == status, "\(words)")
      #expect(place.files.contains("x.h5"), "\(words)")
    }
    #expect(try shell(place, "$BIN/convert --help >/dev/full").status == 74)
    #expect(try shell(place, "$BIN/metrics --crystals good.h5 --reference good.h5 --output m.json >/dev/full").status == 74)
  }

  @Test("every signal that asks to stop is heard within a second, by a search in somebody else's hands, too")
  func stops() throws {
    let place = try furnished()
    defer { place.remove() }
    // A pipe that nobody writes to stands for a library that does not come back.
    #expect(unsafe mkfifo(place.path("input.csv.xz"), 0o666) == 0)
    _ = try place.write("model.yaml", Workplace.model.replacingOccurrences(of: "epochs: 3", with: "epochs: 3000000"))
    for signal in ["HUP", "TERM", "INT", "USR1"] {
      let line = """
        $BIN/train --dataset good.h5 --config model.yaml --output \(signal).h5 --threads 1 & child=$!
        sleep 2; kill -\(signal) $child; start=$(date +%s%N); wait $child; status=$?
        echo $(( ($(date +%s%N) - start) / 1000000 )); exit $status
        """
      let (status, output) = try shell(place, "set -m; \(line)")
      #expect(status == 75, "\(signal)")
      #expect(Int(output.trimmingCharacters(in: .newlines)) ?? 99999 < 3000, "\(signal): \(output) ms")
      #expect(place.files.contains("\(signal).h5.unfinished.h5"))
    }
    // What the starter has told to ignore is ignored.
    let ignored =
      "trap '' HUP; $BIN/train --dataset good.h5 --config model.yaml --epochs 200 --output n.h5 --threads 1 & child=$!; "
      + "sleep 0.5; kill -HUP $child; wait $child"
    #expect(try shell(place, ignored).status == 0)
  }

  @Test("an input that is replaced while it is read changes nothing of the result")
  func replaced() throws {
    let place = try furnished()
    defer { place.remove() }
    _ = try place.write("model.yaml", Workplace.model.replacingOccurrences(of: "epochs: 3", with: "epochs: 150"))
    let line = "$BIN/train --dataset input.h5 --config model.yaml --threads 1 --output"
    #expect(try shell(place, "cp good.h5 input.h5; \(line) a.h5").status == 0)
    #expect(try shell(place, "\(line) b.h5 & sleep 0.4; rm input.h5; echo x >input.h5; wait $!").status == 0)
    let a = try Artifact.open(place.path("a.h5"))
    let b = try Artifact.open(place.path("b.h5"))
    #expect(a.attribute("content") != nil && a.attribute("content") == b.attribute("content"))
    #expect(a.attribute("inputs") != nil && a.attribute("inputs") == b.attribute("inputs"))
  }

  @Test("what unpacks to a hundred times its size is refused before it fills the memory")
  func bomb() throws {
    let place = try Workplace()
    defer { place.remove() }
    #expect(try shell(place, "head -c 300000000 /dev/zero | gzip -9 >bomb.csv.gz").status == 0)
    let outcome = try place.run("preprocess", ["--input", "bomb.csv.gz", "--output", "x.h5"])
    #expect(outcome.status == 65)
    #expect(outcome.errors.contains("'bomb.csv.gz' unpacks to more than 64 MiB, a hundred times its size"), "\(outcome.errors)")
  }

  @Test("a limit of memory is a line, or enough")
  func memory() throws {
    let place = try furnished()
    defer { place.remove() }
    for limit in [400_000, 250_000, 200_000, 170_000, 155_000] {
      for line in [
        "$BIN/reconstruct --samples good.h5 --output x.h5 --threads 1",
        "$BIN/metrics --crystals good.h5 --reference good.h5 --output m.json --threads 1",
      ] {
        let (status, _) = try shell(place, "ulimit -v \(limit); timeout 20 \(line)")
        #expect([0, 69].contains(status), "\(limit): \(status)")
      }
    }
  }
}

import Artifacts
import Foundation
import StageKit
import Testing

/// A few attacks of each kind, as `make fuzz` runs them by the thousand; and what is said of damaged files, word for word.
@Suite("Attacks", .serialized) struct AttackTests {
  @Test(
    "programs stand damaged files, wrong options and signals",
    arguments: [("files", 150), ("options", 120), ("kills", 10)])
  func campaign(kind: String, count: Int) throws {
    let place = try Workplace()
    defer { place.remove() }
    let programs = try Workplace.program("fuzz").deletingLastPathComponent().path
    let outcome = try place.run("fuzz", [kind, "--count", "\(count)", "--programs", programs, "--seed", "18"])
    #expect(outcome.status == 0, "\(outcome.output.suffix(3000)) \(outcome.errors)")
    #expect(outcome.output.contains("not stood: 0"))
  }

  private func dataset(_ place: Workplace) throws {
    let crystals = try place.writeCrystals()
    #expect(try place.run("preprocess", ["--input", crystals, "--output", "good.h5"]).status == 0)
  }

  @Test(
    "damage by a program that knows HDF5 is named with file and field",
    arguments: [
      ("claims 1e9 rows", "values, more than there are in the file's"),
      ("claims 2^40 rows", "values, more than there are in the file's"),
      ("link to itself", "has groups within groups without end"), ("300 groups deep", "has groups within groups without end"),
      ("soft link loop", "is a link to elsewhere, which is not followed"),
      ("external link", "is a link to elsewhere, which is not followed"),
      ("external storage", "has its values in another file, which is not read"),
      ("compound type", "expected numbers or strings"),
    ])
  func damage(kind: String, words: String) throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    var isNamed = false
    for seed in 1...12 where !isNamed {
      try? FileManager.default.removeItem(atPath: place.path("bad.h5"))
      try FileManager.default.copyItem(atPath: place.path("good.h5"), toPath: place.path("bad.h5"))
      guard try place.run("fuzz", ["damage", "bad.h5", "--kind", kind, "--seed", "\(seed)"]).status == 0 else { continue }
      let outcome = try place.run("convert", ["--input", "bad.h5", "--output", "x.extxyz"])
      #expect([0, 65].contains(outcome.status), "\(outcome.errors)")
      isNamed = outcome.errors.hasPrefix("convert: 'bad.h5'") && outcome.errors.contains(words)
    }
    #expect(isNamed, "nothing said '\(words)'")
  }

  @Test("attributes of ten values, of another type and of variable length are no attributes, or one text")
  func attributes() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    for kind in ["attribute of ten values", "attribute of another type", "attribute of variable length", "attribute gone"] {
      for seed in 1...15 {
        try? FileManager.default.removeItem(atPath: place.path("bad.h5"))
        try FileManager.default.copyItem(atPath: place.path("good.h5"), toPath: place.path("bad.h5"))
        _ = try place.run("fuzz", ["damage", "bad.h5", "--kind", kind, "--seed", "\(seed)"])
        let reader = try HDF5Reader(path: place.path("bad.h5"))
        for name in try reader.attributeNames() {
          _ = (reader.attribute(name), reader.attribute(name, as: Int64.self), reader.attribute(name, as: Double.self))
          _ = (reader.attribute(name, as: UInt8.self), reader.attributeKind(name))
        }
      }
    }
  }

  @Test("numbers that are none are named with their row, where the file itself does not tell that it was changed")
  func impossible() throws {
    let place = try Workplace()
    defer { place.remove() }
    func write(_ lattice: Double, _ coordinate: Double, _ ids: [String] = ["a", "b"]) throws {
      try AtomicFile.write(to: place.path("bad.h5")) { path in
        let writer = try HDF5Writer(path: path)
        try writer.setAttribute("format", "frieze-crystals")
        try writer.setAttribute("format_version", Int64(1))
        try writer.setAttribute(
          "site_symmetry_table", try Artifact.open(place.path("good.h5")).attribute("site_symmetry_table", as: Int64.self) ?? 0)
        try writer.write(ids, to: "/id")
        try writer.write([Int16(1), 1], to: "/crystal/space_group")
        try writer.write(
          [4.0, 0, 0, 0, 4, 0, 0, 0, 4, lattice, 0, 0, 0, 4, 0, 0, 0, 4], shape: [2, 3, 3], to: "/crystal/lattice")
        try writer.write([Int64(0), 1, 2], to: "/crystal/atom_offset")
        try writer.write([UInt8(26), 26], to: "/crystal/atomic_number")
        try writer.write([0.0, 0, 0, 0, coordinate, 0], shape: [2, 3], to: "/crystal/frac_coord")
        try writer.write([Int32(0), 0], to: "/crystal/orbit")
        try writer.close()
      }
    }
    try dataset(place)
    for (lattice, coordinate, ids, words) in [
      (.nan, 0, ["a", "b"], "'bad.h5', /crystal/lattice: expected cells with a volume, none in row 1."),
      (1e300, 0, ["a", "b"], "'bad.h5', /crystal/lattice: expected cells with a volume, none in row 1."),
      (4, .nan, ["a", "b"], "'bad.h5', /crystal/frac_coord: expected numbers below 10000.0, found nan in row 1."),
      (4, -.infinity, ["a", "b"], "'bad.h5', /crystal/frac_coord: expected numbers below 10000.0, found -inf in row 1."),
      (4, 0, ["a"], "'bad.h5', /id: expected 2 names, found 1."),
    ] as [(Double, Double, [String], String)] {
      try write(lattice, coordinate, ids)
      for (program, arguments) in [
        ("convert", ["--input", "bad.h5", "--output", "x.extxyz"]), ("gallery", ["--crystals", "bad.h5", "--output", "page"]),
        ("metrics", ["--crystals", "bad.h5", "--reference", "good.h5", "--output", "x.json"]),
      ] {
        let outcome = try place.run(program, arguments)
        #expect(outcome.status == 65, "\(program): \(outcome.errors)")
        #expect(outcome.errors.hasSuffix("\(program): \(words)\n"), "\(program): \(outcome.errors)")
      }
    }
  }

  @Test("a bit that turns over in any dataset is noticed by every reader of it")
  func bits() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    let whole = try Data(contentsOf: URL(fileURLWithPath: place.path("good.h5")))
    // The first cell's a, in angstrom.
    let a = try HDF5Reader(path: place.path("good.h5")).read(Double.self, "/crystal/lattice")[0]
    let number = unsafe withUnsafeBytes(of: a) { unsafe Data($0) }
    let found = try #require(whole.range(of: number))
    var bytes = whole
    bytes[found.lowerBound] ^= 1
    try bytes.write(to: URL(fileURLWithPath: place.path("bad.h5")))
    for (program, arguments) in [
      ("convert", ["--input", "bad.h5", "--output", "x.extxyz"]),
      ("relax", ["--crystals", "bad.h5", "--potential", "pair", "--output", "x.h5"]),
      ("relax", ["--crystals", "bad.h5", "--potential", "pair", "--shard", "0/2", "--output", "x.h5"]),
      ("metrics", ["--crystals", "good.h5", "--reference", "bad.h5", "--output", "x.json"]),
    ] {
      let outcome = try place.run(program, arguments)
      #expect(outcome.status == 65, "\(program): \(outcome.errors)")
      #expect(outcome.errors.contains("'bad.h5' is damaged: its content is not what was written"), "\(outcome.errors)")
    }
  }

  @Test("files of other programs, with strings of variable length and no digests, are read")
  func foreign() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    #expect(try place.run("fuzz", ["damage", "good.h5", "--kind", "foreign"]).status == 0)
    #expect(try place.run("convert", ["--input", "good.h5", "--output", "ours.extxyz"]).status == 0)
    let outcome = try place.run("convert", ["--input", "good.h5.foreign.h5", "--output", "theirs.extxyz"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let (ours, theirs) = (
      try Data(contentsOf: URL(fileURLWithPath: place.path("ours.extxyz"))),
      try Data(contentsOf: URL(fileURLWithPath: place.path("theirs.extxyz")))
    )
    #expect(ours == theirs && !ours.isEmpty)
  }
}

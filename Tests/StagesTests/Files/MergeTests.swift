import Artifacts
import Foundation
import StageKit
import Testing

@Suite("Merging shards") struct MergeTests {
  /// A shard of samples with nothing but ids and one column.
  private func part(
    _ place: Workplace, _ name: String, _ shard: Int, _ range: Range<Int>, of total: Int = 10, count: Int? = nil,
    seed: UInt64 = 0, precision: String = "f32", columns: [String] = ["/x"], width: Int = 2, group: String = "",
    ragged: Bool = true
  ) throws {
    var options = SharedOptions()
    (options.seed, options.threads) = (seed, 1)
    options.shard = Shard(index: shard, count: 2)
    let ids = range.prefix(count ?? range.count).map { "sample-\($0)" }
    try Artifact.write(
      .samples, to: place.path(name), inputs: [], options: options, records: RecordRange(range, of: total), seconds: 1
    ) { writer in
      try writer.setAttribute("steps", Int64(7))
      try writer.setAttribute("precision", precision)
      try writer.setAttribute("threshold", 0.25)
      try writer.write(ids, to: "/id")
      for column in columns {
        try writer.write(
          range.flatMap { i in (0..<width).map { Double(10 * i + $0) } }, shape: [range.count, width], to: column)
        try writer.setAttribute("unit", "eV", of: column)
      }
      let offsets = range.map { Int64($0 - range.lowerBound) * 3 } + [Int64(range.count) * 3]
      if ragged { try writer.write(offsets, to: "\(group)/ragged_offset") }
    }
  }

  @Test("a whole has the rows, offsets and attributes that one process would have written")
  func whole() throws {
    let place = try Workplace()
    defer { place.remove() }
    try part(place, "a.h5", 0, 0..<4)
    try part(place, "b.h5", 1, 4..<10)
    let outcome = try place.run("merge", ["b.h5", "a.h5", "--output", "whole.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let reader = try Artifact.open(place.path("whole.h5"))
    #expect(try reader.ids() == (0..<10).map { "sample-\($0)" })
    let rows: [Double] = (0..<20).map { Double(10 * ($0 / 2) + $0 % 2) }
    #expect(try reader.read(Double.self, "/x", shape: [10, 2]) == rows)
    #expect(try reader.read(Int64.self, "/ragged_offset") == (0...10).map { Int64(3 * $0) })
    #expect(reader.attribute("unit", of: "/x") == "eV")
    #expect(reader.attribute("steps", as: Int64.self) == 7)
    #expect(reader.attribute("threshold", as: Double.self) == 0.25)
    #expect(reader.attribute("shard") == "0/1")
    #expect(reader.attribute("records") == "0..<10 of 10")
    #expect(reader.attribute("wall_seconds", as: Double.self) == 2)
    let parts = try Artifact.open(place.path("a.h5"))
    #expect(reader.attribute("configuration") == parts.attribute("configuration"))
  }

  @Test("gaps, overlaps, missing rows, other inputs and other columns are named before anything is written")
  func refused() throws {
    let place = try Workplace()
    defer { place.remove() }
    try part(place, "a.h5", 0, 0..<4)
    func expect(_ words: String, _ line: Int = #line) throws {
      let outcome = try place.run("merge", ["a.h5", "b.h5", "--output", "whole.h5"])
      #expect(outcome.status == 65, "line \(line)")
      #expect(outcome.errors == "merge: \(words)\n", "line \(line)")
      #expect(!place.files.contains { $0.hasPrefix("whole") }, "line \(line)")
    }
    try part(place, "b.h5", 1, 5..<10)
    try expect("'b.h5': records 4 to 4 are missing: it begins at 5, the shard before it ends at 4.")
    try part(place, "b.h5", 1, 2..<10)
    try expect("'b.h5': records 2 to 3 are there twice: it begins at 2, the shard before it ends at 4.")
    try part(place, "b.h5", 1, 4..<9)
    try expect("records 9 to 9 are in no shard.")
    try part(place, "b.h5", 1, 4..<10, count: 5)
    try expect("'b.h5' holds 5 records, expected 6. Make that shard again.")
    try part(place, "b.h5", 1, 4..<11, of: 11)
    try expect("'b.h5' was cut from 11 records, 'a.h5' from 10.")
    try part(place, "b.h5", 1, 4..<10, seed: 3)
    try expect("'b.h5' is of another run than 'a.h5': seed is '3', not '0'.")
    try part(place, "b.h5", 1, 4..<10, precision: "bf16")
    try expect("'b.h5' is of another run than 'a.h5': precision is 'bf16', not 'f32'.")
    try part(place, "b.h5", 1, 4..<10, columns: ["/x", "/y"])
    try expect("'b.h5' and 'a.h5' differ in what they hold: only one of them has /y.")
    try part(place, "b.h5", 1, 4..<10, width: 3)
    try expect("'b.h5' and 'a.h5' differ in /x: float64 x 3 and float64 x 2.")
    try part(place, "b.h5", 0, 0..<4)
    try expect("'b.h5' and 'a.h5' are both shard 0 of 2.")
  }

  @Test("asymmetric units are in the whole where all shards have them, as relax writes them where all crystals have them")
  func partialUnits() throws {
    let place = try Workplace()
    defer { place.remove() }
    try part(place, "a.h5", 0, 0..<4, columns: ["/x"], group: "/asymmetric_unit")
    try part(place, "b.h5", 1, 4..<10, columns: ["/x"], group: "/asymmetric_unit")
    try part(place, "c.h5", 1, 4..<10, group: "/asymmetric_unit", ragged: false)
    for (other, has) in [("b.h5", true), ("c.h5", false)] {
      for order in [["a.h5", other], [other, "a.h5"]] {
        let outcome = try place.run("merge", order + ["--output", "whole.h5"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let reader = try Artifact.open(place.path("whole.h5"))
        #expect(try reader.datasetNames().contains("/asymmetric_unit/ragged_offset") == has)
        #expect(try reader.read(Double.self, "/x").count == 20)
      }
    }
  }

  @Test("shards are whole blocks, cover all records once, and differ by one block at most", arguments: [1, 8, 32])
  func ranges(block: Int) {
    for total in [0, 1, 7, 8, 9, 100, 1000] {
      for count in [1, 2, 3, 16, 200] {
        let ranges = (0..<count).map { Shard(index: $0, count: count).range(of: total, blocksOf: block) }
        #expect(ranges.flatMap { Array($0) } == Array(0..<total))
        #expect(ranges.allSatisfy { $0.isEmpty || $0.lowerBound.isMultiple(of: block) })
        let blocks = ranges.map { ($0.count + block - 1) / block }
        #expect((blocks.max() ?? 0) - (blocks.min() ?? 0) <= 1)
      }
    }
  }

  @Test("a shard with one bit changed is named, and no whole appears", arguments: ["/x", "/id"])
  func damaged(column: String) throws {
    let place = try Workplace()
    defer { place.remove() }
    try part(place, "a.h5", 0, 0..<4)
    try part(place, "b.h5", 1, 4..<10)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: place.path("b.h5")))
    let known = column == "/x" ? unsafe withUnsafeBytes(of: 91.0) { unsafe Data($0) } : Data("sample-7".utf8)
    let found = try #require(bytes.range(of: known))
    bytes[found.upperBound - 1] ^= 1
    try bytes.write(to: URL(fileURLWithPath: place.path("b.h5")))
    let outcome = try place.run("merge", ["a.h5", "b.h5", "--output", "whole.h5"])
    #expect(outcome.status == 65)
    #expect(
      outcome.errors
        == "merge: 'b.h5' is damaged: its content is not what was written (\(column)). Make it again; where another program "
        + "changed it on purpose, have that take away the attribute content.\n")
    #expect(!place.files.contains { $0.hasPrefix("whole") })
  }

  @Test("a lock that somebody holds on a file does not stop a stage that reads it")
  func locks() throws {
    let place = try Workplace()
    defer { place.remove() }
    try part(place, "a.h5", 0, 0..<4)
    try part(place, "b.h5", 1, 4..<10)
    let descriptor = unsafe open(place.path("b.h5"), O_RDWR)
    defer { close(descriptor) }
    #expect(flock(descriptor, LOCK_EX) == 0)
    let locking = try place.run(
      "merge", ["a.h5", "b.h5", "--output", "whole.h5"], environment: ["HDF5_USE_FILE_LOCKING": "TRUE"])
    #expect(locking.status == 65)
    let outcome = try place.run("merge", ["a.h5", "b.h5", "--output", "whole.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("an array with gaps needs --shard; a full one needs none")
  func arrays() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.writeCrystals()
    func preprocess(_ task: Int, _ minimum: Int, _ maximum: Int, _ count: Int, _ more: [String] = []) throws
      -> Workplace.Outcome
    {
      try place.run(
        "preprocess", ["--input", "crystals", "--output", "\(task).h5"] + more,
        environment: [
          "SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_ARRAY_TASK_MIN": "\(minimum)", "SLURM_ARRAY_TASK_MAX": "\(maximum)",
          "SLURM_ARRAY_TASK_COUNT": "\(count)",
        ])
    }
    let sparse = try preprocess(3, 3, 7, 2)
    #expect(sparse.status == 64)
    #expect(
      sparse.errors.contains(
        "this is a task of an array with gaps, which does not tell the number of shards: give --shard I/N."))
    #expect(try preprocess(3, 3, 7, 2, ["--shard", "3/8"]).status == 0)
    #expect(try preprocess(1, 0, 4, 5).status == 0)
    #expect(try Artifact.open(place.path("1.h5")).attribute("shard") == "1/5")
  }
}

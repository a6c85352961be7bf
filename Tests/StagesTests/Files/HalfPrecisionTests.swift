import Foundation
import StageKit
import Testing

@Suite("Half precision") struct HalfPrecisionTests {
  @Test("every number of half precision is read as HDF5's own conversion reads it")
  func conversion() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("frieze-\(UUID().uuidString).h5").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let halves = (UInt16.min...UInt16.max).map { Float16(bitPattern: $0) }.filter(\.isFinite).map { Float($0) }
    let writer = try HDF5Writer(path: path)
    try writer.writeHalf(halves, shape: [halves.count], to: "/half")
    try writer.close()
    let reader = try HDF5Reader(path: path)
    // In double precision the library converts.
    #expect(try reader.read(Double.self, "/half") == halves.map { Double($0) })
    #expect(try reader.read(Float.self, "/half") == halves)
    #expect(try reader.read(Float.self, "/half", rows: 5..<9) == Array(halves[5..<9]))
  }
}

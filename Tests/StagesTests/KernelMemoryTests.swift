import Foundation
import Testing

/// The kernels of products are chosen once a machine: programs that start while it is busy decide as those before.
@Suite("Kernels are remembered") struct KernelMemoryTests {
  @Test("the first start measures, later ones follow it, and what cannot be read is measured again") func memory() throws {
    let place = try Workplace()
    defer { place.remove() }
    func kernels() throws -> String {
      let outcome = try place.run(
        "machine", ["--kernels"],
        environment: ["XDG_CACHE_HOME": place.path("cache"), "OPENBLAS_CORETYPE": "", "FRIEZE_KERNELS_TRIED": ""])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome.output.split(separator: "\n").first.map(String.init) ?? ""
    }
    func file() throws -> URL {
      let folder = URL(fileURLWithPath: place.path("cache/frieze"))
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("kernels-") }
      #expect(names.count == 1, "\(names)")
      return folder.appendingPathComponent(try #require(names.first))
    }
    let measured = try kernels()
    let first = try String(contentsOf: file(), encoding: .utf8)
    #expect(try kernels() == measured)
    // Kernels that every processor has, which no measurement would choose.
    try Data(#"{"kernels":"Nehalem","first":0.1,"share":0.9}"#.utf8).write(to: file())
    #expect(try kernels() == "Nehalem")
    try Data("damaged".utf8).write(to: file())
    #expect(try kernels() != "Nehalem")
    #expect(try String(contentsOf: file(), encoding: .utf8).contains("share") && first.contains("share"))
  }
}

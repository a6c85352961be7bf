import Crystals
import Foundation
import Potentials
import StageKit
import TestSupport
import Testing

/// A socket as the protocol wants it.
struct ClientStream: ByteStream {
  let stream: SocketStream
  func read(_ count: Int) throws -> [UInt8] { try stream.read(count) }
  func write(_ bytes: [UInt8]) throws { try stream.write(bytes) }
  func close() { stream.close() }
}

/// Against ASE's own client; ASE_PYTHON names a Python that has ase.
@Suite(
  "i-PI with ASE",
  .enabled(
    if: ProcessInfo.processInfo.environment["ASE_PYTHON"] != nil, "ASE_PYTHON names no Python with ase"))
struct ASEClientTests {
  struct Direct: Decodable {
    var energy: Double
    var forces: [[Double]]
    var stress: [[Double]]
    var lattice: [[Double]]
    var frac: [[Double]]
  }

  private func python(_ arguments: String...) -> (Process, Pipe) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.environment["ASE_PYTHON"] ?? "")
    process.arguments = [Checkout.path("Tests/References/Potentials/ase_client.py")] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    return (process, pipe)
  }

  @Test("a calculator of ASE gives over the socket what it gives to ASE")
  func client() throws {
    let (direct, pipe) = python("direct")
    try direct.run()
    let expected = try JSONDecoder().decode(Direct.self, from: pipe.fileHandleForReading.readDataToEndOfFile())
    let crystal = CHGNetReference.Cell(
      lattice: expected.lattice, z: expected.frac.map { _ in 29 }, frac: expected.frac
    ).crystal

    let path = "/tmp/ipi_frieze_\(ProcessInfo.processInfo.processIdentifier)"
    let listener = try SocketListener(unixPath: path, patience: 60)
    let (client, _) = python("client", path)
    try client.run()
    do {
      let potential = IPIPotential { try listener.accept(within: $0).map(ClientStream.init) }
      let e = try potential.evaluate([crystal])[0]
      #expect(e.failure == nil)
      #expect(abs(e.energy - expected.energy) < 1e-6)
      for (a, b) in zip(e.forces, expected.forces) { #expect((a - vector(b)).length < 1e-6) }
      for i in 0..<3 { #expect((e.stress[i] - vector(expected.stress[i])).length < 1e-7) }
      let relaxed = try relax([RelaxationInput(crystal: crystal)], with: potential)[0]
      #expect(relaxed.converged && relaxed.energy < e.energy)
    }
    client.waitUntilExit()
    #expect(client.terminationStatus == 0)
  }

  @Test("the client that ships serves any calculator of ASE, for crystals of one element after another")
  func shippedClient() throws {
    let path = "/tmp/frieze_client_\(ProcessInfo.processInfo.processIdentifier)"
    let client = Process()
    client.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.environment["ASE_PYTHON"] ?? "")
    client.arguments = [
      Checkout.path("Pipelines/clients/ase_client.py"), "unix:\(path)", "ase.calculators.lj:LennardJones",
    ]
    // The socket goes with the potential, or the client would wait there for another relaxation.
    do {
      let listener = try SocketListener(unixPath: path, patience: 60)
      try client.run()
      let potential = IPIPotential { try listener.accept(within: $0).map(ClientStream.init) }
      for element in [29, 13] as [UInt8] {
        // Two atoms at twice their distance of least energy, as the calculator has it by itself: 4 (r^-12 - r^-6), cut and moved at 3.
        let crystal = Crystal(
          lattice: Lattice(lengths: Vector3(20, 20, 20), angles: Vector3(repeating: 90)), atomicNumbers: [element, element],
          fractionalCoordinates: [.zero, Vector3(0.1, 0, 0)])
        let e = try potential.evaluate([crystal])[0]
        func energy(_ r: Double) -> Double {
          let sixth = 1 / (r * r * r * r * r * r)
          return 4 * (sixth * sixth - sixth)
        }
        #expect(e.failure == nil && abs(e.energy - (energy(2) - energy(3))) < 1e-9, "\(e)")
        let force = 4 * (12.0 / 8192 - 6.0 / 128)
        // Hartree and bohr are those of another year in ASE.
        #expect((e.forces[1] - Vector3(force, 0, 0)).length < 1e-8 && (e.forces[0] + e.forces[1]).length < 1e-9)
        #expect(abs(e.stress[0].x + force * 2 / crystal.lattice.volume) < 1e-9 && abs(e.stress[1].y) < 1e-12)
      }
    }
    client.waitUntilExit()
    #expect(client.terminationStatus == 0)
  }
}

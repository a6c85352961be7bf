import Crystals
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Potentials

/// A client in memory that answers as the pair potential would, or badly on purpose.
final class ScriptedClient: ByteStream {
  enum Manner { case good, hangsUp, nonsense, wrongCount, notANumber }
  struct Silence: Error, CustomStringConvertible { var description: String { "the client hung up" } }
  struct State {
    var toServer: [UInt8] = []
    var elements: [UInt8] = []
    var evaluation: CrystalEvaluation?
    var closed = false
    var heard: [String] = []
  }
  let state = Mutex(State())
  let manner: Manner

  init(_ manner: Manner) { self.manner = manner }

  private func number(_ b: ArraySlice<UInt8>) -> Double {
    Double(bitPattern: b.reversed().reduce(0) { $0 << 8 | UInt64($1) })
  }
  private func bytes(_ d: Double) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: d.bitPattern >> (8 * UInt64($0))) } }
  private func bytes(_ i: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: i >> (8 * $0)) } }
  private func header(_ s: String) -> [UInt8] { Array((s + "            ").utf8.prefix(12)) }

  func read(_ count: Int) throws -> [UInt8] {
    try state.withLock { state in
      guard state.toServer.count >= count else { throw Silence() }
      defer { state.toServer.removeFirst(count) }
      return Array(state.toServer.prefix(count))
    }
  }

  func close() { state.withLock { $0.closed = true } }

  func write(_ raw: [UInt8]) throws {
    state.withLock { state in
      let command = String(String(decoding: raw.prefix(12), as: UTF8.self).prefix { $0 != " " })
      state.heard.append(command)
      switch command {
      case "STATUS":
        let status = state.elements.isEmpty ? "NEEDINIT" : state.evaluation == nil ? "READY" : "HAVEDATA"
        if manner == .nonsense && status == "HAVEDATA" {
          state.toServer += header("GET / HTTP")
        } else {
          state.toServer += header(status)
        }
      case "INIT":
        let text = String(decoding: raw.dropFirst(20), as: UTF8.self)
        state.elements = text.split(separator: " ").map { UInt8(Element.atomicNumber(String($0)) ?? 0) }
      case "POSDATA": state.evaluation = PairPotential().evaluate([crystal(raw, state.elements)])[0]
      case "GETFORCE":
        if manner != .hangsUp { state.toServer += answer(state) }
        state.evaluation = nil
      default: break
      }
    }
  }

  private func crystal(_ raw: [UInt8], _ elements: [UInt8]) -> Crystal {
    let values = (0..<18).map { number(raw[12 + 8 * $0..<20 + 8 * $0]) * IPIConnection.bohr }
    let columns = Matrix3(
      Vector3(values[0], values[1], values[2]), Vector3(values[3], values[4], values[5]),
      Vector3(values[6], values[7], values[8]))
    let start = 12 + 144 + 4
    let inverse = columns.transpose.inverse
    let points = elements.indices.map { a -> Vector3 in
      let r = (0..<3).map { number(raw[start + 24 * a + 8 * $0..<start + 24 * a + 8 * $0 + 8]) * IPIConnection.bohr }
      return Vector3(r[0], r[1], r[2]) * inverse
    }
    return Crystal(
      lattice: Lattice(vectors: columns.transpose), atomicNumbers: elements, fractionalCoordinates: points)
  }

  private func answer(_ state: State) -> [UInt8] {
    guard let e = state.evaluation else { return [] }
    let unit = IPIConnection.hartree / IPIConnection.bohr
    var out = header("FORCEREADY") + bytes(manner == .notANumber ? .nan : e.energy / IPIConnection.hartree)
    out += bytes(manner == .wrongCount ? 1_000_000 : e.forces.count)
    for f in e.forces { for k in 0..<3 { out += bytes(f[k] / unit) } }
    let volume = e.virialVolume
    for i in 0..<3 { for j in 0..<3 { out += bytes(-volume * e.stress[j][i] / IPIConnection.hartree) } }
    return out + bytes(2) + Array("{}".utf8)
  }
}

extension CrystalEvaluation {
  /// The volume of the only cell that these tests send.
  var virialVolume: Double { IPITests.crystal.lattice.volume }
}

@Suite("i-PI protocol") struct IPITests {
  /// Neither in standard orientation nor at rest.
  static let crystal: Crystal = {
    var random = SplitMix(seed: 8)
    let lattice = Lattice(
      vectors: Matrix3(Vector3(1.1, 3.9, 0.3), Vector3(-3.2, 0.4, 1.7), Vector3(0.2, -0.9, 4.6)))
    return .random(lattice, atoms: 4, apart: 1.5, elements: [22, 8], using: &random)
  }()

  @Test("a client's answer is the potential's own, in units and orientation")
  func good() throws {
    let client = ScriptedClient(.good)
    let potential = IPIPotential { _ in client }
    let expected = PairPotential().evaluate([Self.crystal])[0]
    for _ in 0..<2 {
      let e = try potential.evaluate([Self.crystal])[0]
      #expect(abs(e.energy - expected.energy) < 1e-9)
      for (a, b) in zip(e.forces, expected.forces) { #expect((a - b).length < 1e-8) }
      for i in 0..<3 { #expect((e.stress[i] - expected.stress[i]).length < 1e-9) }
    }
    let heard = client.state.withLock { $0.heard }
    #expect(heard.filter { $0 == "INIT" }.count == 1 && heard.filter { $0 == "POSDATA" }.count == 2)
  }

  @Test(
    "a bad client is dropped, the next one serves",
    arguments: [ScriptedClient.Manner.hangsUp, .nonsense, .wrongCount, .notANumber])
  func bad(manner: ScriptedClient.Manner) throws {
    let clients = [ScriptedClient(manner), ScriptedClient(.good)]
    let next = Atomic<Int>(0)
    let potential = IPIPotential { _ in clients[min(1, next.add(1, ordering: .relaxed).oldValue)] }
    let e = try potential.evaluate([Self.crystal])[0]
    #expect(e.failure == nil && e.isFinite)
    #expect(clients[0].state.withLock { $0.closed })
    #expect(!clients[1].state.withLock { $0.closed })

    let alone = IPIPotential { _ in ScriptedClient(manner) }
    let messages: [ScriptedClient.Manner: String] = [
      .hangsUp: "the client hung up", .nonsense: "the client answered 'GET' to STATUS behind POSDATA",
      .wrongCount: "the client sent forces on 1000000 atoms, not 4",
      .notANumber: "the client sent an energy or force that is not finite",
    ]
    #expect(try alone.evaluate([Self.crystal])[0].failure == .reported(messages[manner] ?? ""))
  }

  @Test("nobody comes, and that ends it") func nobody() {
    let potential = IPIPotential(patience: 0.05) { _ in nil }
    #expect(throws: IPIError.noClient(seconds: 0.05)) { try potential.evaluate([Self.crystal]) }
    #expect(throws: IPIError.noClient(seconds: 0.05)) {
      try relax([RelaxationInput(crystal: Self.crystal)], with: potential)
    }
  }

  @Test("one client serves callers of the same and of other elements one after another, without being sent away in between")
  func oneClient() throws {
    let clients = Mutex<[ScriptedClient]>([])
    // As the loop around a client does it: the next one comes when the last has left.
    let potential = IPIPotential(patience: 5) { seconds in
      clients.withLock { clients in
        if let last = clients.last, !last.state.withLock({ $0.closed }) {
          usleep(useconds_t(seconds * 1e6))
          return nil
        }
        clients.append(ScriptedClient(.good))
        return clients.last
      }
    }
    var other = Self.crystal
    other.atomicNumbers[0] = 40
    let inputs = [Self.crystal, other, Self.crystal, other].map { RelaxationInput(crystal: $0) }
    var options = RelaxationOptions()
    options.fixCell = true
    options.maxSteps = 5
    let expected = try relax(inputs, with: PairPotential(), options: options)
    let results = try parallelMap(count: inputs.count, threads: 2) { [options] k in
      try relax([inputs[k]], with: potential, options: options)[0]
    }
    for (a, b) in zip(results, expected) {
      #expect(a.outcome == b.outcome && a.steps == b.steps && abs(a.energy - b.energy) < 1e-7)
    }
    let heard = clients.withLock { $0.map { $0.state.withLock { $0.heard } } }
    #expect((2...4).contains(heard.count))
    #expect(heard.reduce(0) { $0 + $1.count { $0 == "POSDATA" } } == results.reduce(0) { $0 + $1.steps + 1 })
  }

  @Test("other elements want another connection, and an idle client is sent away for it")
  func elements() throws {
    let clients = [ScriptedClient(.good), ScriptedClient(.good)]
    let next = Atomic<Int>(0)
    let potential = IPIPotential(patience: 5) { _ in
      if next.load(ordering: .relaxed) == 1, !clients[0].state.withLock({ $0.closed }) { return nil }
      return clients[min(1, next.add(1, ordering: .relaxed).oldValue)]
    }
    var other = Self.crystal
    other.atomicNumbers[0] = 40
    let e = try potential.evaluate([Self.crystal, other])
    #expect(e.allSatisfy { $0.failure == nil } && e[0].energy != e[1].energy)
    #expect(clients[0].state.withLock { $0.closed && $0.heard.last == "EXIT" })
  }
}

@Suite("Virials of i-PI's clients") struct VirialTests {
  @Test("one triangle filled is a symmetric matrix; a full one is taken as it is")
  func triangles() {
    let full = Matrix3(Vector3(1, 2, 3), Vector3(2, 4, 5), Vector3(3, 5, 6))
    #expect(Matrix3(Vector3(1, 2, 3), Vector3(0, 4, 5), Vector3(0, 0, 6)).filledFromOneTriangle == full)
    #expect(Matrix3(Vector3(1, 0, 0), Vector3(2, 4, 0), Vector3(3, 5, 6)).filledFromOneTriangle == full)
    #expect(full.filledFromOneTriangle == full)
    let diagonal = Matrix3(Vector3(1, 0, 0), Vector3(0, 2, 0), Vector3(0, 0, 3))
    #expect(diagonal.filledFromOneTriangle == diagonal)
  }
}

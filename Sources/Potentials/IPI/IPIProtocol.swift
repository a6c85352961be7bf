import Crystals

/// Bytes to and from a program at the other end, in order. Waiting longer than its owner set is an error like any other.
public protocol ByteStream: Sendable {
  /// Exactly `count` bytes.
  func read(_ count: Int) throws -> [UInt8]
  func write(_ bytes: [UInt8]) throws
  func close()
}

/// Why a client of the i-PI protocol was given up.
public enum IPIError: Error, Equatable, CustomStringConvertible, Sendable {
  case unexpected(header: String, after: String)
  case wrongAtoms(expected: Int, found: Int)
  case notFinite
  case extraTooLong(Int)
  /// Nobody came, or came back.
  case noClient(seconds: Double)

  /// What a client did, in words.
  public var description: String {
    switch self {
    case .unexpected(let header, let after): "the client answered '\(header)' to \(after)"
    case .wrongAtoms(let expected, let found): "the client sent forces on \(found) atoms, not \(expected)"
    case .notFinite: "the client sent an energy or force that is not finite"
    case .extraTooLong(let n): "the client announced \(n) bytes of remarks"
    case .noClient(let seconds): "no client came within \(seconds) seconds"
    }
  }
}

/// One client of the i-PI socket protocol, this side being the server (Ceriotti et al., Comput. Phys. Commun. 185, 1019, 2014).
///
/// Headers are 12 characters; numbers are little-endian, lengths in bohr, energies in hartree. The cell is sent in standard orientation,
/// a along x and b in the xy plane, which some clients insist on; what comes back is turned back. Elements are no part of the
/// protocol: they go into the text of `INIT`, and a client that cannot change them gets a connection of its own.
struct IPIConnection: Sendable {
  private let stream: any ByteStream
  /// What the client was told it computes.
  let atomicNumbers: [UInt8]

  static let bohr = 0.529177210903
  static let hartree = 27.211386245988

  init(_ stream: any ByteStream, atomicNumbers: [UInt8]) {
    self.stream = stream
    self.atomicNumbers = atomicNumbers
  }

  /// Tells the client to go, and hangs up.
  func end() {
    try? send("EXIT")
    stream.close()
  }

  /// Hangs up without a word.
  func drop() { stream.close() }

  func evaluate(_ crystal: Crystal) throws -> CrystalEvaluation {
    precondition(crystal.atomicNumbers == atomicNumbers)
    try makeReady()
    let standard = Lattice(metric: crystal.lattice.metric)
    let turn = crystal.lattice.vectors.inverse * standard.vectors
    try send("POSDATA", payload: position(crystal, in: standard))
    let status = try ask()
    guard status == "HAVEDATA" else { throw IPIError.unexpected(header: status, after: "STATUS behind POSDATA") }
    let (energy, forces, virial) = try forces()
    // Their virial is minus the derivative by strain.
    let stress = (-1 / crystal.lattice.volume) * virial
    let back = turn.transpose
    let evaluation = CrystalEvaluation(
      energy: energy, forces: forces.map { $0 * back }, stress: turn * stress * back)
    guard evaluation.isFinite else { throw IPIError.notFinite }
    return evaluation
  }

  /// Brings the client to where it waits for positions.
  private func makeReady() throws {
    for _ in 0..<4 {
      let status = try ask()
      switch status {
      case "READY": return
      case "NEEDINIT":
        let text = Array(atomicNumbers.map { Element.symbol(Int($0)) }.joined(separator: " ").utf8)
        try send("INIT", payload: bytes(Int32(0)) + bytes(Int32(text.count)) + text)
      // Left over from a question that nobody waited for.
      case "HAVEDATA": _ = try forces()
      default: throw IPIError.unexpected(header: status, after: "STATUS")
      }
    }
    throw IPIError.unexpected(header: "not READY", after: "INIT")
  }

  private func ask() throws -> String {
    try send("STATUS")
    return try header()
  }

  private func header() throws -> String {
    let raw = try stream.read(12)
    guard raw.allSatisfy({ (32..<127).contains($0) }) else {
      return String(decoding: raw.map { (32..<127).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
    return String(String(decoding: raw, as: UTF8.self).prefix { $0 != " " })
  }

  private func send(_ header: String, payload: [UInt8] = []) throws {
    var raw = Array(header.utf8)
    raw += [UInt8](repeating: UInt8(ascii: " "), count: 12 - raw.count)
    try stream.write(raw + payload)
  }

  /// Cell vectors and their inverse as columns, the number of atoms, positions.
  private func position(_ crystal: Crystal, in lattice: Lattice) -> [UInt8] {
    let cell = lattice.vectors.transpose
    let inverse = cell.inverse
    var payload: [UInt8] = []
    for i in 0..<3 { for j in 0..<3 { payload += bytes(cell[i][j] / Self.bohr) } }
    for i in 0..<3 { for j in 0..<3 { payload += bytes(inverse[i][j] * Self.bohr) } }
    payload += bytes(Int32(crystal.count))
    for x in crystal.fractionalCoordinates {
      let r = lattice.cartesian(x) / Self.bohr
      payload += bytes(r.x) + bytes(r.y) + bytes(r.z)
    }
    return payload
  }

  /// Energy in eV, forces in eV/angstrom, virial in eV.
  private func forces() throws -> (Double, [Vector3], Matrix3) {
    try send("GETFORCE")
    let header = try header()
    guard header == "FORCEREADY" else { throw IPIError.unexpected(header: header, after: "GETFORCE") }
    let energy = try double() * Self.hartree
    let count = Int(try int32())
    guard count == atomicNumbers.count else {
      throw IPIError.wrongAtoms(expected: atomicNumbers.count, found: count)
    }
    let unit = Self.hartree / Self.bohr
    var forces: [Vector3] = []
    for _ in 0..<count { forces.append(unit * Vector3(try double(), try double(), try double())) }
    var virial = Matrix3.identity
    for i in 0..<3 { for j in 0..<3 { virial[j][i] = try double() * Self.hartree } }
    virial = virial.filledFromOneTriangle
    let extra = Int(try int32())
    guard (0...(1 << 20)).contains(extra) else { throw IPIError.extraTooLong(extra) }
    if extra > 0 { _ = try stream.read(extra) }
    return (energy, forces, virial)
  }

  private func double() throws -> Double {
    Double(bitPattern: try stream.read(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
  }

  private func int32() throws -> Int32 {
    Int32(bitPattern: try stream.read(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
  }
}

private func bytes(_ value: Double) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64($0))) }
}

private func bytes(_ value: Int32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: UInt32(bitPattern: value) >> (8 * UInt32($0))) }
}

extension Matrix3 {
  /// The symmetric matrix of one whose other triangle a client has left at zero, as LAMMPS does; any other as it is.
  var filledFromOneTriangle: Matrix3 {
    let pairs = [(0, 1), (0, 2), (1, 2)]
    let isUpper = pairs.allSatisfy { self[$1][$0] == 0 }
    guard isUpper != pairs.allSatisfy({ self[$0][$1] == 0 }) else { return self }
    var matrix = self
    for (i, k) in pairs { if isUpper { matrix[k][i] = self[i][k] } else { matrix[i][k] = self[k][i] } }
    return matrix
  }
}

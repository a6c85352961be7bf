public import Crystals
import Synchronization
import Tensors

/// A potential in other processes, spoken to by the i-PI socket protocol: ASE, LAMMPS, Quantum ESPRESSO, CP2K connect as clients.
///
/// Clients keep their connection for crystals of the same elements in the same order, so that a crystal is relaxed to its end before
/// the next; one that nobody comes back to is let go, and its program may come again for other elements. Callers wait while others
/// are served. A client that hangs up or sends nonsense is dropped and its crystal given to the next, once.
public final class IPIPotential: Potential {
  /// As `--potential` has it.
  public let name = "ipi"
  /// One line for a list of potentials.
  public let description = "clients of the i-PI socket protocol; elements are theirs to know"

  private struct Connections {
    var idle: [(connection: IPIConnection, since: ContinuousClock.Instant)] = []
    var busy = 0

    /// A client of these elements, or one of others to be let go; whether any is at work.
    mutating func take(
      _ atomicNumbers: [UInt8], idleTime: Duration
    ) -> (found: IPIConnection?, leaving: IPIConnection?, busy: Bool) {
      if let index = idle.firstIndex(where: { $0.connection.atomicNumbers == atomicNumbers }) {
        busy += 1
        return (idle.remove(at: index).connection, nil, true)
      }
      let stale = idle.firstIndex { ContinuousClock.now - $0.since > idleTime }
      return (nil, stale.map { idle.remove(at: $0).connection }, busy > 0 || !idle.isEmpty)
    }
  }

  private let clients: Int
  private let patience: Double
  private let accept: @Sendable (_ seconds: Double) throws -> (any ByteStream)?
  private let connections = Mutex(Connections())
  private let accepting = Mutex(())

  /// How long a client may stand idle before other elements may have its place: a step of a relaxation takes less.
  private static let idleTime = Duration.milliseconds(200)
  /// Between two looks at the idle clients while a new one is waited for, seconds.
  private static let interval = 0.01

  /// - Parameters:
  ///   - clients: how many work at once on the crystals of one call; calls from several threads have as many each.
  ///   - patience: seconds without any client at work after which none is expected any more.
  ///   - accept: waits so many seconds for the next client, nil where none came; never called by two threads at once.
  public init(
    clients: Int = 1, patience: Double = 600, accept: @escaping @Sendable (_ seconds: Double) throws -> (any ByteStream)?
  ) {
    precondition(clients > 0)
    self.clients = clients
    self.patience = patience
    self.accept = accept
  }

  deinit {
    for (connection, _) in connections.withLock({ $0.idle }) { connection.end() }
  }

  /// A crystal a client.
  public var crystalsAtOnce: Int { clients }

  /// Every element: the client has to know.
  public func supports(atomicNumber: Int) -> Bool { (1...Element.last).contains(atomicNumber) }

  /// - Throws: `IPIError.noClient` where nobody comes.
  public func evaluate(_ crystals: [Crystal]) throws -> [CrystalEvaluation] {
    try parallelMap(count: crystals.count, threads: clients) { index in
      try self.evaluate(crystals[index])
    }
  }

  private func evaluate(_ crystal: Crystal) throws -> CrystalEvaluation {
    if let failure = unsupportedElement(in: crystal) { return CrystalEvaluation(failure: failure) }
    guard crystal.count > 0 else { return CrystalEvaluation(failure: .noAtoms) }
    guard crystal.lattice.isUsable else { return CrystalEvaluation(failure: .unusableCell) }
    var reason = ""
    for _ in 0..<2 {
      let connection = try connection(for: crystal.atomicNumbers)
      do {
        let evaluation = try connection.evaluate(crystal)
        connections.withLock {
          $0.busy -= 1
          $0.idle.append((connection, .now))
        }
        return evaluation
      } catch {
        connection.drop()
        connections.withLock { $0.busy -= 1 }
        reason = "\(error)"
      }
    }
    return CrystalEvaluation(failure: .reported(reason))
  }

  /// An idle client that knows these elements, else a new one; counted as busy.
  private func connection(for atomicNumbers: [UInt8]) throws -> IPIConnection {
    var waitingSince = ContinuousClock.now
    while true {
      let (found, leaving, busy) = connections.withLock { $0.take(atomicNumbers, idleTime: Self.idleTime) }
      leaving?.end()
      if let found { return found }
      if let stream = try accepting.withLock({ _ in try accept(Self.interval) }) {
        connections.withLock { $0.busy += 1 }
        return IPIConnection(stream, atomicNumbers: atomicNumbers)
      }
      if busy { waitingSince = .now }
      guard ContinuousClock.now - waitingSince < .seconds(patience) else { throw IPIError.noClient(seconds: patience) }
    }
  }
}

public import Crystals
import Synchronization
import Tensors

/// A potential in other processes, spoken to by the i-PI socket protocol: ASE, LAMMPS, Quantum ESPRESSO, CP2K connect as clients.
///
/// Clients keep their connection for crystals of the same elements in the same order; others are let go and a new client is waited for.
/// One that hangs up or sends nonsense is dropped and its crystal given to the next, once.
public final class IPIPotential: Potential {
  public let name = "ipi"
  public let description = "clients of the i-PI socket protocol; elements are theirs to know"

  private let clients: Int
  private let accept: @Sendable () throws -> any ByteStream
  private let idle = Mutex<[IPIConnection]>([])

  /// - Parameters:
  ///   - clients: how many work at once.
  ///   - accept: waits for the next client and throws where none comes in time; called from several threads.
  public init(clients: Int = 1, accept: @escaping @Sendable () throws -> any ByteStream) {
    precondition(clients > 0)
    self.clients = clients
    self.accept = accept
  }

  deinit {
    for connection in idle.withLock({ $0 }) { connection.end() }
  }

  public func supports(atomicNumber: Int) -> Bool { (1...Element.last).contains(atomicNumber) }

  public func evaluate(_ crystals: [Crystal]) throws -> [Evaluation] {
    try parallelMap(count: crystals.count, threads: clients) { index in
      self.evaluate(crystals[index])
    }
  }

  private func evaluate(_ crystal: Crystal) -> Evaluation {
    if let failure = unsupportedElement(in: crystal) { return Evaluation(failure: failure) }
    guard crystal.count > 0 else { return Evaluation(failure: .noAtoms) }
    guard crystal.lattice.isUsable else { return Evaluation(failure: .unusableCell) }
    var reason = ""
    for _ in 0..<2 {
      do {
        let connection = try connection(for: crystal.atomicNumbers)
        do {
          let evaluation = try connection.evaluate(crystal)
          idle.withLock { $0.append(connection) }
          return evaluation
        } catch {
          connection.drop()
          throw error
        }
      } catch {
        reason = "\(error)"
      }
    }
    return Evaluation(failure: .reported(reason))
  }

  /// An idle client that knows these elements; else a new one, for which an idle one of other elements makes room.
  private func connection(for atomicNumbers: [UInt8]) throws -> IPIConnection {
    let (found, leaving) = idle.withLock { idle -> (IPIConnection?, IPIConnection?) in
      if let index = idle.firstIndex(where: { $0.atomicNumbers == atomicNumbers }) {
        return (idle.remove(at: index), nil)
      }
      return (nil, idle.isEmpty ? nil : idle.removeFirst())
    }
    leaving?.end()
    if let found { return found }
    return IPIConnection(try accept(), atomicNumbers: atomicNumbers)
  }
}

import Foundation
public import Potentials
import StageKit

/// The potentials that `--potential` names. Adding one is a line here and a type that conforms to `Potential`.
public enum PotentialCatalog {
  private struct Entry: Sendable {
    let name: String
    let usage: String
    let summary: String
    /// Which it has been made for.
    var elements = "all"
    /// The file that it needs, and how to come by it.
    var file: (path: String, origin: String)? = nil
    /// What else can be said of what it needs, a line each.
    var state: (@Sendable () -> [String])? = nil
    /// Takes what stands behind the name, and the seconds that others are waited for.
    let open: @Sendable (_ argument: String?, _ patience: Double) throws -> any Potential
  }

  private static let entries: [Entry] = [
    Entry(name: "pair", usage: "pair", summary: PairPotential().description) { argument, _ in
      guard argument == nil else { throw StageError(.input, "--potential pair takes no argument.") }
      return PairPotential()
    },
    Entry(
      name: "chgnet", usage: "chgnet[:WEIGHTS.h5]",
      summary: "CHGNet 0.3.0 graph network (Deng et al. 2023), energies with MP2020 corrections; the default",
      elements: "H to Pu (1 to 94)", file: (PotentialWeights.chgnet, "'make potentials' fetches it")
    ) { argument, _ in try chgnet("chgnet", argument ?? PotentialWeights.chgnet) },
    Entry(
      name: "chgnet-r2scan", usage: "chgnet-r2scan[:WEIGHTS.h5]",
      summary:
        "CHGNet fine-tuned on r2SCAN energies (Huang et al. 2025), without corrections; a second judge, with a hull of its own",
      elements: "H to Pu (1 to 94)", file: (PotentialWeights.chgnetR2SCAN, "'make potentials' fetches it")
    ) { argument, _ in try chgnet("chgnet-r2scan", argument ?? PotentialWeights.chgnetR2SCAN) },
    Entry(
      name: "ipi", usage: "ipi:unix:PATH, ipi:HOST:PORT",
      summary: "a client of the i-PI socket protocol (ASE, LAMMPS, Quantum ESPRESSO, CP2K …)", elements: "the client's own"
    ) { argument, patience in
      let parts = (argument ?? "").split(separator: ":").map(String.init)
      guard parts.count == 2 else { throw StageError(.input, "--potential ipi needs unix:PATH or HOST:PORT.") }
      do {
        let listener: SocketListener
        if parts[0] == "unix" {
          listener = try SocketListener(unixPath: parts[1], patience: patience)
        } else {
          guard let port = UInt16(parts[1]) else { throw StageError(.input, "--potential ipi: '\(parts[1])' is no port.") }
          listener = try SocketListener(
            port: port, local: ["localhost", "127.0.0.1"].contains(parts[0]), patience: patience)
        }
        standardError("relax: waiting for a client at \(argument ?? "").")
        return IPIPotential(patience: patience) { try listener.accept(within: $0).map(ClientStream.init) }
      } catch let error as SocketError {
        throw StageError(.unavailable, "\(error.description).")
      }
    },
    Entry(
      name: "kim", usage: "kim:MODEL",
      summary: "a portable model of the KIM API (openkim.org): EAM, MEAM, Tersoff, Stillinger-Weber, SNAP …",
      elements: "the model's own",
      state: kimState
    ) { argument, _ in
      guard let argument else {
        throw StageError(.input, "--potential kim needs a model: kim:SW_StillingerWeber_1985_Si__MO_405512056662_005, for one.")
      }
      do throws(KIMError) {
        return try KIMPotential(model: argument)
      } catch {
        switch error {
        case .simulatorModel, .noPortableModel: throw StageError(.input, "--potential kim: \(error.description).")
        default: throw StageError(.unavailable, "--potential kim: \(error.description).")
        }
      }
    },
  ]

  /// Whether the KIM API is installed, and which models.
  @Sendable private static func kimState() -> [String] {
    do throws(KIMError) {
      let models = try KIMPotential.installedModels()
      let some = models.isEmpty ? "" : ", \(models[0]) for one"
      return ["needs: the KIM API, there", "models installed: \(models.count)\(some)"]
    } catch {
      return ["needs: the KIM API, not there; Debian's packages are libkim-api2 and openkim-models"]
    }
  }

  /// The network with weights of a file.
  @Sendable private static func chgnet(_ name: String, _ path: String) throws -> any Potential {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StageError(
        .unavailable,
        "CHGNet's weights are not at '\(path)'. 'make potentials' fetches them; or name them: --potential \(name):FILE.h5; "
          + "--potential pair needs none.")
    }
    do {
      return try CHGNet(parameters: try NamedParameter.read(path))
    } catch let error as ParameterError {
      throw StageError(.input, "'\(path)': \(error.description).")
    } catch let error as StageError {
      throw StageError(.input, "\(error.description) These are not CHGNet's weights.")
    }
  }

  /// Opens `NAME` or `NAME:ARGUMENT`.
  ///
  /// - Parameter patience: seconds that a client of `ipi` is waited for, and its answers.
  /// - Throws: `StageError` where there is no such potential, or what it needs is not there.
  public static func open(_ text: String, patience: Double) throws -> any Potential {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard let name = parts.first, let entry = entries.first(where: { $0.name == name }) else {
      throw StageError(
        .unavailable, "there is no potential '\(text)'; there are \(entries.map(\.name).joined(separator: ", ")).")
    }
    return try entry.open(parts.count > 1 ? parts[1] : nil, patience)
  }

  /// Each potential with the elements that it knows and the file that it needs.
  public static var listing: String {
    entries.map { entry in
      var lines = [entry.usage, "    " + entry.summary, "    elements: " + entry.elements]
      if let (path, origin) = entry.file {
        lines.append("    needs: \(path), " + (FileManager.default.fileExists(atPath: path) ? "there" : "not there; \(origin)"))
      }
      lines += (entry.state?() ?? []).map { "    " + $0 }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

/// A socket as the protocol wants it.
private struct ClientStream: ByteStream {
  let stream: SocketStream
  func read(_ count: Int) throws -> [UInt8] { try stream.read(count) }
  func write(_ bytes: [UInt8]) throws { try stream.write(bytes) }
  func close() { stream.close() }
}

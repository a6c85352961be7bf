import CKIM
import Crystals
import Foundation

/// Why a model of the KIM API cannot be used.
public enum KIMError: Error, Equatable, CustomStringConvertible, Sendable {
  case noLibrary(String)
  case otherLibrary(String, lacks: String)
  case noModel(String)
  /// An input for another program, such as LAMMPS, rather than code of its own.
  case simulatorModel(String)
  case noPortableModel(String)
  case unusable(String, reason: String)

  /// What is missing or wrong, and what to install.
  public var description: String {
    switch self {
    case .noLibrary(let file):
      "the KIM API's library (\(file)) is not installed; Debian's packages are libkim-api2 and openkim-models"
    case .otherLibrary(let file, let function): "\(file) is not the library of KIM API 2: it has no \(function)"
    case .noModel(let name):
      "no model '\(name)' is installed; names are whole, as SW_StillingerWeber_1985_Si__MO_405512056662_005, and "
        + "'kim-api-collections-management list' (libkim-api-dev) lists them"
    case .simulatorModel(let name):
      "'\(name)' is a simulator model, which only the program that it is for can run; names of portable models have MO, not SM"
    case .noPortableModel(let name): "'\(name)' is a model driver; a portable model is needed"
    case .unusable(let name, let reason): "the model '\(name)' cannot be used: \(reason)"
    }
  }
}

/// The library of the KIM API, opened at run time and never closed; it and its models are entered by one thread at a time.
@safe struct KIMLibrary: @unchecked Sendable {
  fileprivate let pointer: OpaquePointer

  static let standardFile = "libkim-api.so.2"
  /// The one that is installed.
  static let standard = Result { () throws(KIMError) in try KIMLibrary(file: standardFile) }

  init(file: String) throws(KIMError) {
    var lacking: UnsafePointer<CChar>?
    // Safety: the string lives as long as the call; `lacking` is a constant of the shim.
    guard let opened = unsafe frieze_kim_open(file, &lacking) else {
      if let lacking = unsafe lacking { throw .otherLibrary(file, lacks: unsafe String(cString: lacking)) }
      throw .noLibrary(file)
    }
    unsafe pointer = opened
  }

  /// Names of the portable models installed, in order.
  var models: [String] {
    // Safety: the pointer is the one opened; the string is freed after it has been copied.
    guard let text = unsafe frieze_kim_portable_models(pointer) else { return [] }
    defer { unsafe free(text) }
    return unsafe String(cString: text).split(separator: "\n").map(String.init).sorted()
  }

  fileprivate func check(_ name: String) throws(KIMError) {
    // Safety: the pointer is the one opened, and the string lives as long as the call.
    switch unsafe Int(frieze_kim_item(pointer, name)) {
    case FRIEZE_KIM_PORTABLE_MODEL: return
    case FRIEZE_KIM_SIMULATOR_MODEL: throw .simulatorModel(name)
    case FRIEZE_KIM_UNKNOWN: throw .noModel(name)
    default: throw .noPortableModel(name)
    }
  }
}

/// A portable model that is ready to compute.
@safe final class KIMModel: @unchecked Sendable {
  /// A list of neighbours that a model reads.
  struct List: Equatable, Sendable {
    /// How far it goes, angstrom.
    var cutoff: Double
    /// Whether it is read for particles that do not contribute, too.
    var readsPadding: Bool
  }

  let name: String
  /// How far from an atom others may lie that matter to its energy, angstrom.
  let influenceDistance: Double
  let lists: [List]
  /// The model's codes of the elements that it knows, by atomic number.
  let codes: [Int: Int32]
  private let pointer: OpaquePointer

  init(_ name: String, library: KIMLibrary) throws(KIMError) {
    try library.check(name)
    var reason: UnsafePointer<CChar>?
    // Safety: the string lives as long as the call; `reason` is a constant of the shim.
    guard let made = unsafe frieze_kim_model_create(library.pointer, name, &reason) else {
      throw .unusable(name, reason: unsafe reason.map { unsafe String(cString: $0) } ?? "")
    }
    unsafe pointer = made
    self.name = name
    // Safety: the model has just been made, and lists are asked for by numbers that it has.
    influenceDistance = unsafe frieze_kim_influence_distance(made)
    lists = unsafe (0..<frieze_kim_lists(made)).map { list in
      List(cutoff: unsafe frieze_kim_cutoff(made, list), readsPadding: unsafe frieze_kim_reads_padding(made, list) != 0)
    }
    var codes: [Int: Int32] = [:]
    for z in 1...Element.last {
      var code: Int32 = 0
      // Safety: as above; the string lives as long as the call.
      if unsafe frieze_kim_species(made, Element.symbol(z), &code) != 0 { codes[z] = code }
    }
    self.codes = codes
  }

  deinit {
    // Safety: nobody else holds the pointer.
    unsafe frieze_kim_model_destroy(pointer)
  }

  /// The energy of the atoms of a cell, eV, and (P, 3) minus its derivative by all coordinates of the cluster, eV/angstrom; nil where
  /// the model reports an error.
  func compute(_ cluster: PaddedCluster, species: [Int32]) -> (energy: Double, forces: [Double])? {
    let count = cluster.count
    precondition(species.count == count && cluster.coordinates.count == 3 * count)
    precondition(cluster.offsets.count == lists.count * (count + 1))
    let contributing = (0..<count).map { $0 < cluster.ownCount ? Int32(1) : 0 }
    var energy = 0.0
    var forces = [Double](repeating: 0, count: 3 * count)
    // Safety: the arrays have the sizes that the shim asks for, checked above, and live through the call; offsets and neighbours are
    // in range as `PaddedCluster` makes them.
    let status = unsafe species.withUnsafeBufferPointer { species in
      unsafe contributing.withUnsafeBufferPointer { contributing in
        unsafe cluster.coordinates.withUnsafeBufferPointer { coordinates in
          unsafe cluster.offsets.withUnsafeBufferPointer { offsets in
            unsafe cluster.neighbors.withUnsafeBufferPointer { neighbors in
              var particles = unsafe frieze_kim_particles(
                count: Int32(count), species: species.baseAddress, contributing: contributing.baseAddress,
                coordinates: coordinates.baseAddress, offsets: offsets.baseAddress, neighbors: neighbors.baseAddress)
              return unsafe frieze_kim_compute(pointer, &particles, &energy, &forces)
            }
          }
        }
      }
    }
    return status == 0 ? (energy, forces) : nil
  }
}

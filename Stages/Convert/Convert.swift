import ArgumentParser
import Artifacts
import Crystals
import Foundation
import StageKit

/// Turns crystals of one kind of file into another, and weights of PyTorch and of Keras into ours.
///
/// | reads  | CIF (file or folder), extxyz, POSCAR, JSON, CSV, .h5 with /crystal;   |
/// |        | .pth, .hdf5 with .hdf5.json beside it                                 |
/// | writes | a CIF or a folder of them, extxyz, POSCAR, JSON, CSV, a crystals file; |
/// |        | of .pth, .pt and .pth.tar the weights of a potential (.h5)            |
/// | drops  | what cannot be read; counted, and named with --list-rejected          |
@main
struct Convert: Stage {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Turn crystals of one kind of file into another, by the names of the files.",
    discussion: """
      --output NAME.cif writes one file with a data block a crystal, NAME/ a folder with a CIF each, NAME.extxyz, NAME.json, \
      NAME.jsonl (pymatgen's Structure), NAME.csv and NAME.h5 all crystals, NAME.vasp the first one. CIF files carry the symmetry that is found at --symprec.

      --input NAME.pth (or .pt, .pth.tar) --output NAME.h5 takes the weights that PyTorch saved: a dataset a tensor of the state \
      dictionary, the model's arguments as attributes. Nothing in the file is run.

      --input FOLDER --output NAME.h5 takes MEGNet's networks where the folder has them as Keras saved them (X.hdf5 with X.hdf5.json \
      beside it, at any depth): a group a network, a dataset a tensor, for 'properties'.
      """, version: friezeVersion)

  @Option(help: "What to read.")
  var input: String

  @Option(help: "What to write.")
  var output: String

  @Option(help: "Tolerance of the symmetry search, in angstrom; 0 writes all atoms in P1.")
  var symprec = 0.01

  @Option(help: "Convert only the first so many crystals; 0 takes all.")
  var limit = 0

  @Flag(help: "Name every input that was not taken.")
  var listRejected = false

  @OptionGroup var reading: ReadingFlags
  @OptionGroup var plain: PlainOptions
  var shared: SharedOptions { plain.shared }

  func validate() throws {
    guard symprec == 0 || (symprec >= 1e-6 && symprec <= 1) else {
      throw ValidationError("--symprec must be 0 or from 0.000001 to 1 angstrom.")
    }
    guard limit >= 0 else { throw ValidationError("--limit must be 0 or more.") }
  }

  var files: StageFiles {
    var isFolder = output.hasSuffix("/")
    if case .folder = FileKind(path: output) { isFolder = true }
    return StageFiles(inputs: [input], outputs: [isFolder ? .folder(output) : .file(output)])
  }

  func perform() throws {
    if case .pyTorch = FileKind(path: input) { return try convertWeights() }
    if case .artifact = FileKind(path: output), MEGNetWeights.areAt(input) { return try convertNetworks() }
    var report = StageReport(stage: "convert")
    var crystals: [CrystalWriter.Entry] = []
    var names = TakenNames()
    for record in try CrystalSource.records(input, columns: reading.columns) {
      try Interruption.check()
      for item in record.read(reading.options) where limit == 0 || crystals.count < limit {
        switch item.crystal {
        case .success(let crystal):
          let id = names.name(of: item, in: record)
          crystals.append(CrystalWriter.Entry(id: id, crystal: crystal, results: item.results))
          report.accept(crystal)
        case .failure(let rejection): report.reject(item.id, because: rejection)
        }
      }
    }
    if listRejected { for r in report.rejected { standardError("convert: \(r.id): \(r.code): \(r.reason)") } }
    guard !crystals.isEmpty else {
      throw StageError(.input, "'\(input)' gave no crystal: \(report.mostFrequentReason).")
    }
    try CrystalWriter(symprec: symprec).write(
      crystals, to: output, rejected: report.rejected, options: shared, seconds: report.seconds)
    try report.finish(shared, output: output)
  }

  private func convertWeights() throws {
    guard case .artifact = FileKind(path: output) else {
      throw StageError(.input, "'\(output)': weights of PyTorch are written as .h5.")
    }
    var report = StageReport(stage: "convert")
    report.accept(try PotentialWeights.convert(input, to: output))
    try report.finish(shared, output: output)
  }

  private func convertNetworks() throws {
    var report = StageReport(stage: "convert")
    report.accept(try MEGNetWeights.convert(input, to: output))
    try report.finish(shared, output: output)
  }
}

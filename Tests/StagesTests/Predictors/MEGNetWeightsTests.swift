import Crystals
import Foundation
import Predictors
import StageKit
import Testing

@testable import Artifacts

/// Networks of Keras become weights of ours, or it is said why not.
@Suite("Weights of MEGNet") struct MEGNetWeightsTests {
  @Test("convert keeps numbers, settings and where they come from")
  func convert() throws {
    let place = try Workplace()
    defer { place.remove() }
    var folder = KerasFolder(place)
    try folder.write("a/first", seed: 3)
    (folder.activation, folder.steps, folder.cutoff) = ("sigmoid", [3, 3], 5)
    try folder.write("second", hasStates: true, seed: 4)
    let outcome = try place.run("convert", ["--input", "networks", "--output", "out/m.h5"])
    #expect(outcome.status == 0 && outcome.errors.contains("convert: 2 of 2"), "\(outcome.errors)")
    let reader = try HDF5Reader(path: place.path("out/m.h5"))
    let first = try MEGNetWeights.network("a/first", in: reader)
    let second = try MEGNetWeights.network("second", in: reader)
    #expect(
      first.settings == MEGNetSettings(cutoff: 4, lastCenter: 5, width: 0.5, steps: 2, isProbability: false)
        && first.stateCount == 1)
    #expect(second.settings.isProbability && second.settings.steps == 3 && second.stateCount == 4)
    let keras = try HDF5Reader(path: place.path("networks/a/first.hdf5"))
    for tensor in MEGNetWeights.tensors(hasStates: false) {
      let (own, other) = try (
        reader.read(Float.self, "/a/first/\(tensor.name)", shape: tensor.shape),
        keras.read(Float.self, "/model_weights/\(tensor.origin)")
      )
      #expect(own == other, "\(tensor.name)")
    }
    let hash = try AtomicFile.hash(of: place.path("networks/a/first.hdf5"))
    #expect(reader.attribute("source", of: "/a/first/embedding") == "first.hdf5 sha256:\(hash)")
    #expect(throws: StageError.self) { try MEGNetWeights.network("third", in: reader) }
  }

  @Test("what is wrong with a network is named with file and tensor")
  func damage() throws {
    func said(_ change: (inout KerasFolder) -> Void) throws -> String {
      let place = try Workplace()
      defer { place.remove() }
      var folder = KerasFolder(place)
      try folder.write("fine", seed: 3)
      change(&folder)
      try folder.write("net")
      let outcome = try place.run("convert", ["--input", "networks", "--output", "m.h5"])
      #expect(outcome.status == 65 && !place.files.contains("m.h5"), "\(outcome.status) \(outcome.errors)")
      return outcome.errors
    }
    let kernel = "/model_weights/dense_9/dense_9/kernel:0"
    #expect(
      try said { $0.shapes["dense_9/kernel"] = [32, 63] }.contains(
        "net.hdf5', \(kernel): expected shape 32 x 64, found 32 x 63."))
    #expect(try said { $0.missing = ["dense_9/kernel"] }.contains("net.hdf5', \(kernel): expected, not found."))
    #expect(try said { $0.broken = ["dense_9/kernel"] }.contains("net.hdf5', \(kernel): expected numbers below"))
    #expect(try said { $0.hasConfiguration = false }.contains("net.hdf5' has no attribute model_config"))
    #expect(try said { $0.steps = [2, 3] }.contains("expected layers Set2Set with one T, found [2, 3]."))
    #expect(try said { $0.activation = "tanh" }.contains("activation is tanh, expected linear or sigmoid."))
    #expect(try said { $0.centers[7] += 0.1 }.contains("net.hdf5.json', centers: expected 100 that rise evenly from 0"))
    #expect(try said { $0.isIntensive = false }.contains("the target is not intensive"))
    #expect(try said { $0.cutoff = 400 }.contains("are those of no network"))
    #expect(try said { $0.hasSidecar = false }.contains("net.hdf5.json"))
  }
}

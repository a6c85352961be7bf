import Foundation
import TestSupport
import Testing

@testable import StageKit

@Suite("Weights of potentials") struct PotentialWeightsTests {
  typealias P = PickleBytes

  @Test("convert writes tensors as datasets and arguments as attributes") func convert() throws {
    let place = try Workplace()
    defer { place.remove() }
    let pickle = P.weights(
      [
        ("layer.0.weight", P.tensor("0", count: 6, shape: [3, 2], strides: [1, 3])),
        ("layer.0.bias", P.tensor("1", count: 1, shape: [1], strides: [1])),
      ],
      arguments: [
        ("name", P.text("a\"b")), ("width", P.integer(64)), ("rate", P.number(0.5)), ("learns", [0x88]), ("extra", P.op("N")),
        ("hidden", P.op("]") + P.op("(") + P.integer(64) + P.integer(32) + P.op("e")), ("inputs", P.integer(1)),
        ("nested", P.dictionary([("a", P.op("N"))])),
      ])
    let bytes = ZipBytes.file(pickle, [ZipBytes.floats([0, 1, 2, 3, 4, 5]), ZipBytes.floats([-0.0])])
    try Data(bytes).write(to: URL(fileURLWithPath: place.path("x.pth.tar")))
    let outcome = try place.run("convert", ["--input", "x.pth.tar", "--output", "out/x.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")

    let reader = try HDF5Reader(path: place.path("out/x.h5"))
    #expect(try reader.names(in: "/") == ["layer.0.bias", "layer.0.weight"])
    #expect(try reader.kind(of: "layer.0.weight") == .float32)
    #expect(try reader.read(Float.self, "layer.0.weight", shape: [3, 2]) == [0, 3, 1, 4, 2, 5])
    #expect(try reader.read(Float.self, "layer.0.bias").map(\.bitPattern) == [0x8000_0000])
    #expect(
      reader.attribute("name") == "a\"b" && reader.attribute("extra") == "None" && reader.attribute("hidden") == "[64, 32]")
    #expect(reader.attribute("width", as: Int64.self) == 64 && reader.attribute("learns", as: Int64.self) == 1)
    #expect(reader.attribute("rate", as: Double.self) == 0.5 && reader.attribute("n_params", as: Int64.self) == 7)
    #expect(reader.attribute("state_dict_keys_in_order") == "layer.0.weight\nlayer.0.bias")
    #expect(
      reader.attribute("model_args_json")
        == #"{"name": "a\"b", "width": 64, "rate": 0.5, "learns": true, "extra": null, "hidden": [64, 32]}"#)
    #expect(reader.attribute("inputs") == "x.pth.tar sha256:\(try AtomicFile.hash(of: place.path("x.pth.tar")))")
  }

  @Test("messages name the file; nothing is left behind") func messages() throws {
    let place = try Workplace()
    defer { place.remove() }
    let tensor = P.tensor("0", count: 1, shape: [1], strides: [1])
    let good = ZipBytes.file(P.weights([("w", tensor)]), [ZipBytes.floats([1])])
    let files: [(name: String, bytes: [UInt8])] = [
      ("good.pth", good), ("empty.pt", []), ("half.pth", Array(good.prefix(good.count / 2))),
      ("named.pth", ZipBytes.file(P.weights([("a/b", tensor)]), [ZipBytes.floats([1])])),
      ("shell.pth", ZipBytes.file(P.pickle(P.name("os", "system"), P.tuple(P.text("touch owned")), P.op("R")), [])),
    ]
    for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: place.path(name))) }
    let before = place.files
    for (input, output, expected) in [
      ("nowhere.pth", "x.h5", "convert: there is no file 'nowhere.pth'.\n"),
      ("good.pth", "x.cif", "convert: 'x.cif': weights of PyTorch are written as .h5.\n"),
      (
        "empty.pt", "x.h5",
        "convert: 'empty.pt': expected a zip archive as PyTorch 1.6 and newer write it, found something else.\n"
      ),
      ("half.pth", "x.h5", "convert: 'half.pth': the zip archive has no directory at its end; the file was cut off.\n"),
      ("shell.pth", "x.h5", "convert: 'shell.pth': the pickle asks for 'os.system', which no weights need; nothing was run.\n"),
      ("named.pth", "x.h5", "convert: 'named.pth': the name 'a/b' of a tensor cannot name a dataset.\n"),
    ] {
      let outcome = try place.run("convert", ["--input", input, "--output", output])
      #expect(outcome.status == 65 && outcome.errors == expected, "\(outcome.errors)")
      #expect(place.files == before)
    }
    let outcome = try place.run("preprocess", ["--input", "good.pth", "--output", "x.h5"])
    #expect(outcome.status == 65 && outcome.errors.contains("holds weights of a network, no crystals"), "\(outcome.errors)")
  }

  private static let converted = Checkout.existing("Artifacts/potentials/chgnet-0.3.0.h5")
  private static let reference = Checkout.shared("potentials/chgnet-0.3.0.h5")

  @Test(
    "the weights that 'make potentials' wrote equal the reference bit for bit",
    .enabled(if: converted != nil, "run 'make potentials' first"),
    .enabled(if: reference != nil, "no chgnet-0.3.0.h5 in ../shared/potentials or beside DATASETS_DIR"))
  func equalsReference() throws {
    let converted = try HDF5Reader(path: try #require(Self.converted))
    let reference = try HDF5Reader(path: try #require(Self.reference))
    let names = try reference.names(in: "/")
    #expect(try converted.names(in: "/") == names)
    #expect(names.count == 136)
    for name in names {
      #expect(try converted.kind(of: name) == .float32)
      #expect(try converted.shape(of: name) == reference.shape(of: name))
      let (found, expected) = (try converted.read(Float.self, name), try reference.read(Float.self, name))
      #expect(found.map(\.bitPattern) == expected.map(\.bitPattern), "\(name)")
    }
  }
}

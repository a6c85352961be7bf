// swift-tools-version: 6.2
import PackageDescription

/// The arrow of dependencies, read upwards: nothing imports what stands below it.
///
///     stages > StageKit, Generators, Potentials, Evaluation > Networks, Crystals > Tensors, C

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// MARK: C and C++ libraries, one module each

let cTargets: [Target] = [
  .systemLibrary(
    name: "COpenBLAS", path: "Sources/C/COpenBLAS", pkgConfig: "openblas",
    providers: [.apt(["libopenblas-dev"])]),
  .systemLibrary(
    name: "CHDF5", path: "Sources/C/CHDF5", pkgConfig: "hdf5-serial",
    providers: [.apt(["libhdf5-dev"])]),
  .systemLibrary(
    name: "CSpglib", path: "Sources/C/CSpglib", pkgConfig: "spglib",
    providers: [.apt(["libsymspg-dev"])]),
  .systemLibrary(
    name: "COpenSSL", path: "Sources/C/COpenSSL", pkgConfig: "libcrypto",
    providers: [.apt(["libssl-dev"])]),
  // Looks at a file with HDF5's library in a process of its own.
  .target(name: "CHDF5Probe", dependencies: ["CHDF5"], path: "Sources/C/CHDF5Probe"),
  .target(name: "CGemmi", path: "Sources/C/CGemmi"),
  // Opens oneDNN at run time, and needs none of its headers.
  .target(
    name: "COneDNN", path: "Sources/C/COneDNN", cxxSettings: [.unsafeFlags(["-O3"])],
    linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
  // Opens the KIM API's library at run time, and needs none of its headers.
  .target(name: "CKIM", path: "Sources/C/CKIM", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
  .target(
    name: "CKernels", path: "Sources/C/CKernels",
    cSettings: [.unsafeFlags(["-O3", "-ffp-contract=fast", "-fno-math-errno"])]),
]

// MARK: Libraries

let libraries: [Target] = [
  .target(name: "Tensors", dependencies: ["COpenBLAS", "COneDNN", "CKernels"]),
  .target(name: "Crystals", dependencies: ["CSpglib", "CGemmi"]),
  .target(name: "Networks", dependencies: ["Tensors"]),
  .target(name: "Generators", dependencies: ["Networks", "Crystals", "Tensors"]),
  .target(name: "Potentials", dependencies: ["Crystals", "Tensors", "CKIM"]),
  .target(name: "Evaluation", dependencies: ["Crystals", "Tensors"]),
  .target(
    name: "StageKit",
    dependencies: [
      "CHDF5", "CHDF5Probe", "CKernels", "COpenSSL", "Crystals", "Evaluation", "Generators", "Networks", "Potentials",
      "Tensors",
      argumentParser, yams,
    ]),
]

// MARK: Stages, one executable each

func stage(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies + ["StageKit", argumentParser],
    path: "Stages/" + name.prefix(1).uppercased() + name.dropFirst())
}

let stages: [Target] = [
  stage("preprocess", ["Crystals", "Generators", "Tensors"]),
  stage("train", ["Generators", "Networks", "Tensors"]),
  stage("sample", ["Crystals", "Generators", "Tensors"]),
  stage("reconstruct", ["Crystals", "Tensors"]),
  stage("hull", ["Crystals", "Potentials"]),
  stage("relax", ["Crystals", "Potentials", "Tensors"]),
  stage("metrics", ["Crystals", "Evaluation"]),
  stage("report", ["Crystals", "Evaluation", "Generators"]),
  stage("gallery", ["Crystals", "Evaluation"]),
  stage("export", []),
  stage("convert", ["Crystals"]),
  stage("machine", ["Tensors"]),
  stage("merge", []),
]

// MARK: Tests

let tests: [Target] = [
  .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),
  .testTarget(name: "NetworksTests", dependencies: ["Generators", "Networks", "Tensors"]),
  .testTarget(
    name: "StagesTests",
    dependencies: ["StageKit", "Generators", "Networks", "Potentials", "Crystals", "Tensors", argumentParser]),
  .testTarget(name: "GeneratorsTests", dependencies: ["Generators", "Networks", "Crystals", "Tensors"]),
  .testTarget(
    name: "CrystalsTests", dependencies: ["Crystals"]),
  .testTarget(name: "PotentialsTests", dependencies: ["Potentials", "Crystals", "StageKit", "Tensors"]),
  .testTarget(name: "EvaluationTests", dependencies: ["Evaluation", "Crystals"]),
]

// The attacks of `make fuzz`; C for damage by HDF5's own calls, and for programs under limits.
let attacks: [Target] = [
  .executableTarget(
    name: "fuzz", dependencies: ["CDamage", "StageKit", argumentParser], path: "Tests/Fuzz", exclude: ["CDamage"])
]
let attackTargets: [Target] = [
  .target(name: "CDamage", dependencies: ["CHDF5"], path: "Tests/Fuzz/CDamage")
]

// MARK: Package, with one list of settings for all Swift targets

let swiftSettings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

for target in libraries + stages + attacks + tests {
  target.swiftSettings = (target.swiftSettings ?? []) + swiftSettings
}

let package = Package(
  name: "Frieze",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: cTargets + attackTargets + libraries + stages + attacks + tests,
  cxxLanguageStandard: .cxx17)

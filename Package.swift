// swift-tools-version: 6.2
import PackageDescription

/// The arrow of dependencies, read upwards: nothing imports what stands below it.
///
///     stages > Artifacts > StageKit, Reports, Predictors > Generators, Potentials, Evaluation > Networks, Crystals > Tensors, C
///
/// StageKit itself imports no science: Tensors and C alone.

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
  .target(name: "Predictors", dependencies: ["Crystals", "Potentials", "Tensors"]),
  .target(name: "Evaluation", dependencies: ["Crystals", "Tensors"]),
  .target(name: "Reports", dependencies: ["Crystals", "Evaluation", "Potentials"]),
  .target(
    name: "StageKit",
    dependencies: ["CHDF5", "CHDF5Probe", "CKernels", "COpenSSL", "Tensors", argumentParser]),
  .target(
    name: "Artifacts",
    dependencies: [
      "Crystals", "Evaluation", "Generators", "Networks", "Potentials", "Predictors", "Reports", "StageKit", "Tensors",
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
  stage("preprocess", ["Artifacts", "Crystals", "Evaluation", "Generators", "Tensors"]),
  stage("train", ["Artifacts", "Generators", "Networks", "Tensors"]),
  stage("propose", ["Artifacts", "Crystals", "Generators", "Tensors"]),
  stage("sample", ["Artifacts", "Crystals", "Generators", "Tensors"]),
  stage("reconstruct", ["Artifacts", "Crystals", "Tensors"]),
  stage("hull", ["Artifacts", "Crystals", "Potentials"]),
  stage("relax", ["Artifacts", "Crystals", "Potentials"]),
  stage("properties", ["Artifacts"]),
  stage("metrics", ["Artifacts", "Evaluation", "Generators"]),
  stage("ledger", ["Artifacts"]),
  stage("report", ["Artifacts", "Crystals", "Evaluation", "Generators", "Reports"]),
  stage("gallery", ["Artifacts", "Crystals", "Reports"]),
  stage("export", ["Artifacts"]),
  stage("convert", ["Artifacts", "Crystals"]),
  stage("machine", ["Tensors"]),
  stage("merge", ["Artifacts"]),
]

// MARK: Tests

// What several of them need: a generator, files of references, asymmetric units in words.
let testSupport: [Target] = [.target(name: "TestSupport", dependencies: ["Crystals"], path: "Tests/TestSupport")]
let tests: [Target] = [
  .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),
  .testTarget(name: "NetworksTests", dependencies: ["Generators", "Networks", "Tensors"]),
  .testTarget(
    name: "StagesTests",
    dependencies: [
      "Artifacts", "StageKit", "Evaluation", "Generators", "Networks", "Potentials", "Predictors", "Crystals", "Tensors",
      "TestSupport", argumentParser,
    ]),
  .testTarget(name: "GeneratorsTests", dependencies: ["Generators", "Networks", "Crystals", "Tensors", "TestSupport"]),
  .testTarget(name: "CrystalsTests", dependencies: ["Crystals", "TestSupport"]),
  .testTarget(name: "PotentialsTests", dependencies: ["Potentials", "Crystals", "StageKit", "Tensors", "TestSupport"]),
  .testTarget(
    name: "PredictorsTests",
    dependencies: ["Artifacts", "Predictors", "Potentials", "Crystals", "StageKit", "Tensors", "TestSupport"]),
  .testTarget(name: "EvaluationTests", dependencies: ["Reports", "Evaluation", "Potentials", "Crystals", "TestSupport"]),
]

// The attacks of `make fuzz`; C for damage by HDF5's own calls, and for programs under limits.
let attacks: [Target] = [
  .executableTarget(
    name: "fuzz", dependencies: ["CDamage", "StageKit", "TestSupport", argumentParser], path: "Tests/Fuzz", exclude: ["CDamage"]
  )
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

for target in libraries + stages + testSupport + attacks + tests {
  target.swiftSettings = (target.swiftSettings ?? []) + swiftSettings
}

let package = Package(
  name: "Frieze",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: cTargets + attackTargets + libraries + stages + testSupport + attacks + tests,
  cxxLanguageStandard: .cxx17)

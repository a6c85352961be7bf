import Crystals

/// The reference crystals that distances are measured to, with what several figures need of them.
struct ComparedSet {
  let crystals: [Crystal]
  let measures: [CrystalMeasures]
  let properties: [String: [Double]]
  /// `test`, `validation` or `train`.
  let name: String
  /// Whether it is the test set.
  let isTest: Bool
  /// Whether training has not seen it.
  let isHeldOut: Bool
  /// Crystals of a formula that the training set has, too; all false where the training set is the one compared with.
  let isLeaked: [Bool]

  init(_ input: MetricsInput, train: StructureIndex) throws {
    let reference = input.reference
    isTest = !reference.test.isEmpty && input.comparedPart == .test
    let isValidation = !reference.validation.isEmpty && input.comparedPart == .validation
    isHeldOut = isTest || isValidation
    name = isTest ? "test" : isValidation ? "validation" : "train"
    let crystals = isTest ? reference.test : isValidation ? reference.validation : reference.train
    self.crystals = crystals
    properties =
      isTest ? reference.testProperties : isValidation ? reference.validationProperties : reference.trainProperties
    let parts: CrystalMeasures.Parts = input.includesCoverage && !input.crystals.isEmpty ? [.fingerprints] : []
    let symprec = input.settings.symprec
    measures = try input.work.map("measure reference", count: crystals.count) {
      CrystalMeasures(of: crystals[$0], parts, symprec: symprec)
    }
    let isHeldOut = isHeldOut
    isLeaked = measures.map { isHeldOut && train.contains(formula: $0.formula) }
  }

  /// Of those that were classified.
  var spaceGroups: [Int] { measures.map(\.spaceGroup).filter { $0 > 0 } }
}

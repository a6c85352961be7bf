public import ArgumentParser
public import Crystals

/// Space groups and a formula to ask for, of the stages that say what crystals are to be.
public struct CompositionOptions: ParsableArguments {
  /// `--space-group`.
  @Option(help: "Space groups, by number, with commas between; those of the training set where not given.")
  public var spaceGroup: String?

  /// `--composition`.
  @Option(help: "Formula that every crystal is to have, e.g. NaCl or Ca(OH)2.")
  public var composition: String?

  /// `--formula-units`.
  @Option(help: "With --composition: formula units, as written, in the conventional cell; any number where not given.")
  public var formulaUnits: Int?

  /// Nothing asked for.
  public init() {}

  /// Refuses what is no group, no formula, or a number of units without one.
  ///
  /// - Throws: `ValidationError`.
  public func validate() throws {
    guard formulaUnits == nil || composition != nil else { throw ValidationError("--formula-units needs --composition.") }
    guard (1...1000).contains(formulaUnits ?? 1) else { throw ValidationError("--formula-units goes from 1 to 1000.") }
    (_, _) = (try groups(), try formula())
  }

  /// The groups; none where any will do.
  ///
  /// - Throws: `ValidationError` where a number is no group's.
  public func groups() throws -> [Int] {
    guard let spaceGroup else { return [] }
    return try spaceGroup.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let number = Int($0), (1...230).contains(number) else {
        throw ValidationError("--space-group takes numbers from 1 to 230 with commas between, not '\($0)'.")
      }
      return number
    }
  }

  /// The formula; nil where none is asked for.
  ///
  /// - Throws: `ValidationError` where the text is none.
  public func formula() throws -> Formula? {
    do throws(Rejection) { return try composition.map { text throws(Rejection) in try Formula(text) } } catch {
      throw ValidationError("--composition: \(error.description).")
    }
  }
}

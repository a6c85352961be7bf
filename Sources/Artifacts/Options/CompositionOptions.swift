public import ArgumentParser
public import Crystals

/// Space groups and a formula to ask for, of the stages that say what crystals are to be.
public struct CompositionOptions: ParsableArguments {
  /// `--space-group`.
  @Option(
    help: "Space groups, by number or symbol (225, Fm-3m), with commas between; those of the training set where not given.")
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
  /// - Throws: `ValidationError` where one is no group's number or symbol.
  public func groups() throws -> [Int] {
    guard let spaceGroup else { return [] }
    return try spaceGroup.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let number = SpaceGroup.number(String($0)) else {
        throw ValidationError(
          "--space-group takes numbers from 1 to 230 or symbols as Fd-3m, with commas between, not '\($0)'.")
      }
      return number
    }
  }

  /// What was understood, in words: `every crystal is Li1 Fe1 P1 O4, in group 62 (Pnma)`; nil where nothing was asked for.
  ///
  /// - Throws: `ValidationError` where it cannot be understood.
  public func echo() throws -> String? {
    let formula = try formula().map { formula in
      " is " + zip(formula.elements, formula.counts).map { "\(Element.symbol(Int($0)))\($1)" }.joined(separator: " ")
        + (formulaUnits.map { ", \($0) of it in the conventional cell" } ?? "")
    }
    let groups = try groups().map { "\($0) (\(SpaceGroup.numbered($0).plainSymbol))" }
    guard formula != nil || !groups.isEmpty else { return nil }
    let place = groups.isEmpty ? "" : (formula == nil ? " is" : ",") + " in group " + groups.joined(separator: " or ")
    return "every crystal" + (formula ?? "") + place
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

extension SpaceGroup {
  /// The number of a space group by its short or full Hermann-Mauguin symbol, in any spelling (`Fd-3m`, `F d -3 m`, `P2_1/c`, `P 1 21/c 1`), or
  /// by its number; nil where it is neither.
  public static func number(_ text: String) -> Int? {
    if let number = Int(text) { return (1...230).contains(number) ? number : nil }
    // P32 is group 145 by its short symbol; full ones could be read in several ways.
    let plain = text.filter { $0 != " " && $0 != "_" }
    if let short = (1...230).first(where: { numbered($0).plainSymbol == plain }) { return short }
    let numbers = Set(FullSymbols.hallNumbers(of: text).map { spaceGroupNumber(hallNumber: $0) })
    return numbers.count == 1 ? numbers.first : nil
  }

  /// The symbol as papers write it, without the underscore of screws: `P63/mmc`.
  public var plainSymbol: String { symbol.replacing("_", with: "") }
}

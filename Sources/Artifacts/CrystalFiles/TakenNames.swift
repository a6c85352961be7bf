/// Names that crystals of many files have already: one that comes again is told apart by its file.
public struct TakenNames: Sendable {
  private var taken: Set<String> = []

  /// None so far.
  public init() {}

  /// The name of a crystal: its own, or that of its file and its own where another file has had it.
  ///
  /// Rows of tables and artifacts keep the names that they have, however often.
  public mutating func name(of item: SourceRecord.Item, in record: SourceRecord) -> String {
    guard record.isFile else { return item.id }
    var name = item.id
    if taken.contains(name), record.id != name { name = "\(record.id)#\(item.id)" }
    var n = 2
    while !taken.insert(name).inserted {
      name = "\(record.id)#\(n)"
      n += 1
    }
    return name
  }
}

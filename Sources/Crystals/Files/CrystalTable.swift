/// A table of crystals in the field's layout: comma-separated (RFC 4180), one row a crystal, its CIF text in the column `cif`,
/// its name in `material_id`, further columns of numbers such as `formation_energy_per_atom` in eV.
///
/// Built in one pass that notes where fields begin and end; texts are copied when a row is asked for.
public struct CrystalTable: Sendable {
  /// Names of all columns, in the order of the file.
  public let columns: [String]
  /// Names of the columns of numbers: all fields of the column are numbers or empty, and one at least is a number.
  public let propertyNames: [String]
  private let bytes: [UInt8]
  private let fields: [Field]
  private let rows: [RowRange]
  private let idColumn: Int?
  private let cifColumn: Int
  private let propertyColumns: [Int]

  /// A row of the table.
  public struct Row: Sendable {
    /// From `material_id` (or `id`), else the number of the row from 1.
    public var id: String
    /// Text of the column `cif`.
    public var cif: [UInt8]
    /// One a name of `propertyNames`, NaN where the field is empty.
    public var properties: [Double]
  }

  private struct Field {
    var start: Int
    var end: Int
    /// Whether quotes are doubled inside.
    var hasEscapes = false
  }

  private struct RowRange {
    var firstField: Int
    var fieldCount: Int
    /// Line of the file, from 1.
    var line: Int
    var error: Rejection?
  }

  /// Number of rows, the header not counted.
  public var count: Int { rows.count }

  /// Names of the columns of CIF texts and of names, where they are not the field's.
  public struct Columns: Sendable, Equatable {
    /// Of CIF texts; `cif` where nil.
    public var cif: String?
    /// Of names; `material_id`, or `id`, where nil.
    public var id: String?

    /// - Parameters:
    ///   - cif: column of CIF texts.
    ///   - id: column of names.
    public init(cif: String? = nil, id: String? = nil) { (self.cif, self.id) = (cif, id) }
  }

  /// - Parameters:
  ///   - csv: the file, decompressed.
  ///   - chosen: names of columns, where they are not the field's.
  /// - Throws: `Rejection` where there is no header or no such column.
  public init(csv: [UInt8], columns chosen: Columns = Columns()) throws(Rejection) {
    var scanner = Scanner(bytes: csv)
    guard let header = scanner.next() else { throw Rejection("empty_file", "the table has nothing in it") }
    if let error = header.error { throw error }
    let names = scanner.fields.map { Self.string(csv, $0) }
    columns = names
    func column(_ name: String) throws(Rejection) -> Int {
      if let index = names.firstIndex(of: name) { return index }
      throw Rejection("missing_column", "the table has no column '\(name)', only: \(names.joined(separator: ", "))")
    }
    cifColumn = try column(chosen.cif ?? "cif")
    if let id = chosen.id {
      idColumn = try column(id)
    } else {
      idColumn = names.firstIndex(of: "material_id") ?? names.firstIndex(of: "id")
    }
    var rows: [RowRange] = []
    while var row = scanner.next() {
      if row.error == nil, row.fieldCount != names.count {
        row.error = Rejection(
          "ragged_row", "line \(row.line) has \(row.fieldCount) fields, the header \(names.count)")
      }
      rows.append(row)
    }
    bytes = csv
    fields = scanner.fields
    self.rows = rows
    let skipped = [cifColumn, idColumn, names.firstIndex(of: "material_id"), names.firstIndex(of: "id")]
    let candidates = names.indices.filter { !skipped.contains($0) && !names[$0].isEmpty }
    let scan = scanner.fields
    propertyColumns = candidates.filter { column in
      var hasNumber = false
      for row in rows where row.error == nil {
        guard let value = Self.number(csv, scan[row.firstField + column]) else { return false }
        hasNumber = hasNumber || !value.isNaN
      }
      return hasNumber
    }
    propertyNames = propertyColumns.map { names[$0] }
  }

  /// The row with an index below `count`.
  ///
  /// - Throws: `Rejection` where the row has not as many fields as the header or its quotes are not in order.
  public func row(_ index: Int) throws(Rejection) -> Row {
    let row = rows[index]
    if let error = row.error { throw error }
    let cif = fields[row.firstField + cifColumn]
    return Row(
      id: id(index), cif: Self.text(bytes, cif),
      properties: propertyColumns.map { Self.number(bytes, fields[row.firstField + $0]) ?? .nan })
  }

  /// The name of the row with an index below `count`, also of one that is refused.
  public func id(_ index: Int) -> String {
    let row = rows[index]
    guard let idColumn, idColumn < row.fieldCount else { return "row \(index + 1)" }
    let name = Self.string(bytes, fields[row.firstField + idColumn])
    return name.isEmpty ? "row \(index + 1)" : name
  }

  private static func text(_ bytes: [UInt8], _ field: Field) -> [UInt8] {
    let raw = bytes[field.start..<field.end]
    guard field.hasEscapes else { return Array(raw) }
    var text: [UInt8] = []
    text.reserveCapacity(raw.count)
    var isSecond = false
    for byte in raw {
      isSecond = byte == UInt8(ascii: "\"") && !isSecond
      // Of two quotes the first is kept; it sets the flag that the second clears.
      if byte != UInt8(ascii: "\"") || isSecond { text.append(byte) }
    }
    return text
  }

  private static func string(_ bytes: [UInt8], _ field: Field) -> String {
    String(decoding: text(bytes, field), as: UTF8.self)
  }

  /// A number, NaN where the field is empty or says so, nil where it holds something else.
  private static func number(_ bytes: [UInt8], _ field: Field) -> Double? {
    if field.start == field.end { return .nan }
    guard field.end - field.start <= 40 else { return nil }
    var raw = bytes[field.start..<field.end]
    while raw.first == 0x20 { raw.removeFirst() }
    while raw.last == 0x20 { raw.removeLast() }
    let word = Substring(decoding: raw, as: UTF8.self)
    if let value = decimal(word) { return value }
    return ["", "nan", "none", "null", "inf", "-inf"].contains(word.lowercased()) ? .nan : nil
  }

  /// Walks over the bytes of a table row by row.
  private struct Scanner {
    let bytes: [UInt8]
    var fields: [Field] = []
    private var position: Int
    private var line = 1

    init(bytes: [UInt8]) {
      self.bytes = bytes
      position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next row that is not blank; its fields are appended to `fields`.
    mutating func next() -> RowRange? {
      while position < bytes.count, bytes[position] == 0x0A || bytes[position] == 0x0D {
        if bytes[position] == 0x0A { line += 1 }
        position += 1
      }
      guard position < bytes.count else { return nil }
      var row = RowRange(firstField: fields.count, fieldCount: 0, line: line, error: nil)
      repeat {
        if let error = scanField() { row.error = row.error ?? error }
        row.fieldCount += 1
      } while passComma()
      return row
    }

    private mutating func passComma() -> Bool {
      guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else { return false }
      position += 1
      return true
    }

    /// Notes one field and stops at the comma or line end behind it.
    private mutating func scanField() -> Rejection? {
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        let start = position
        skipToEnd()
        fields.append(Field(start: start, end: position))
        return nil
      }
      let firstLine = line
      // The loop that most bytes pass through works on locals.
      let text = bytes
      var end = position + 1
      var lines = 0
      var field = Field(start: end, end: end)
      while end < text.count {
        let byte = text[end]
        if byte == UInt8(ascii: "\"") {
          guard end + 1 < text.count, text[end + 1] == UInt8(ascii: "\"") else { break }
          field.hasEscapes = true
          end += 1
        } else if byte == 0x0A {
          lines += 1
        }
        end += 1
      }
      line += lines
      position = end
      field.end = end
      fields.append(field)
      guard position < bytes.count else {
        return Rejection("unterminated_quote", "the quote opened on line \(firstLine) is never closed")
      }
      position += 1
      let closing = position
      skipToEnd()
      return closing == position ? nil : Rejection("bad_quote", "line \(line) has text behind a closing quote")
    }

    private mutating func skipToEnd() {
      while position < bytes.count {
        let byte = bytes[position]
        if byte == UInt8(ascii: ",") || byte == 0x0A || byte == 0x0D { return }
        position += 1
      }
    }
  }
}

import Foundation
import Testing

@testable import Crystals

@Suite("Tables of crystals") struct CrystalTableTests {
  static let csv = """
    ,material_id,pretty_formula,formation_energy_per_atom,cif,band_gap,stable
    0,mp-1,NaCl,-2.1,"data_a
    _x 'it''s, ""quoted""'
    ",,False
    1,mp-2,Si,0,"data_b",1.5e-1,True
    2,"mp,3",Si,nan,data_c,NaN,True

    """

  @Test("columns by name, quotes over several lines, every line end")
  func columns() throws {
    for csv in [Self.csv, "\u{FEFF}" + Self.csv, Self.csv + "\n\n", String(Self.csv.dropLast())] {
      let table = try CrystalTable(csv: Array(csv.utf8))
      #expect(table.count == 3)
      #expect(table.columns[1] == "material_id" && table.columns.count == 7)
      #expect(table.propertyNames == ["formation_energy_per_atom", "band_gap"])
      let rows = try (0..<3).map { try table.row($0) }
      #expect(rows.map(\.id) == ["mp-1", "mp-2", "mp,3"])
      #expect(String(decoding: rows[0].cif, as: UTF8.self) == "data_a\n_x 'it''s, \"quoted\"'\n")
      #expect(String(decoding: rows[1].cif, as: UTF8.self) == "data_b")
      #expect(rows[0].properties[0] == -2.1 && rows[0].properties[1].isNaN)
      #expect(rows[1].properties == [0, 0.15])
      #expect(rows[2].properties.count { $0.isNaN } == 2)
    }
    let windows = try CrystalTable(csv: Array(Self.csv.replacing("\n", with: "\r\n").utf8))
    #expect(windows.count == 3 && windows.propertyNames.count == 2)
    let first = try windows.row(0)
    #expect(String(decoding: first.cif, as: UTF8.self).hasPrefix("data_a\r\n_x"))
    let mac = try CrystalTable(csv: Array(Self.csv.replacing("\n", with: "\r").utf8))
    #expect(mac.count == 3 && mac.id(2) == "mp,3")
  }

  @Test("a table without what it needs")
  func refused() {
    #expect(throws: Rejection("missing_column", "the table has no column 'cif', only: id, CIF")) {
      try CrystalTable(csv: Array("id,CIF\n1,2\n".utf8))
    }
    #expect(throws: Rejection("empty_file", "the table has nothing in it")) { try CrystalTable(csv: Array("\n\r\n".utf8)) }
    #expect(throws: Rejection("unterminated_quote", "the quote opened on line 1 is never closed")) {
      try CrystalTable(csv: Array("id,\"cif\n1,2\n".utf8))
    }
  }

  @Test("rows that are refused leave the others alone")
  func badRows() throws {
    let table = try CrystalTable(
      csv: Array("id,cif,x\na,data_a,1\nb,data_b\nc,data_c,2,3\nd,\"data_d\"e,4\nf,data_f,5\ng,\"open,6\n".utf8))
    #expect(table.count == 6 && table.propertyNames == ["x"])
    #expect(try table.row(0).properties == [1])
    #expect(throws: Rejection("ragged_row", "line 3 has 2 fields, the header 3")) { try table.row(1) }
    #expect(throws: Rejection("ragged_row", "line 4 has 4 fields, the header 3")) { try table.row(2) }
    #expect(throws: Rejection("bad_quote", "line 5 has text behind a closing quote")) { try table.row(3) }
    #expect(try table.row(4).properties == [5])
    #expect(throws: Rejection("unterminated_quote", "the quote opened on line 7 is never closed")) { try table.row(5) }
    #expect((0..<6).map(table.id) == ["a", "b", "c", "d", "f", "g"])
    let nameless = try CrystalTable(csv: Array("cif\ndata_a\n".utf8))
    #expect(nameless.id(0) == "row 1")
  }

  @Test("27,000 rows of 2 kB are split in well under a second")
  func speed() throws {
    let text = Array(repeating: "  Ga  Ga0  1  0.33333300  0.66666700  0.18295900  1\n", count: 38).joined()
    let row = "mp-1,-0.5750923537499997,0.8979999999999997,0.0,GaTe,\"\(text)\"\r\n"
    let csv = Array(("material_id,e,g,h,f,cif\r\n" + String(repeating: row, count: 27_000)).utf8)
    let start = ContinuousClock.now
    let table = try CrystalTable(csv: csv)
    var length = 0
    for index in 0..<table.count { length += try table.row(index).cif.count }
    let time = ContinuousClock.now - start
    print("\(csv.count) bytes in \(time)")
    #expect(length == 27_000 * text.utf8.count)
    // Three times what a loaded machine needs.
    #expect(time < .seconds(1.5))
  }
}

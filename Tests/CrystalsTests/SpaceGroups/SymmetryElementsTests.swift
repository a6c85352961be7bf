import TestSupport
import Testing

@testable import Crystals

@Suite("Symmetry elements of groups") struct SymmetryElementsTests {
  /// `Tests/References/SpaceGroups/symmetry_elements.json`.
  private struct Reference: Decodable {
    var columns: [String]
    /// A centring and fifteen hexadecimal numbers a group, whose bits are columns.
    var groups: [String]
  }

  @Test("the elements of all 230 groups along 15 axes are PyXtal's")
  func table() throws {
    let reference = try reference("SpaceGroups/symmetry_elements.json", as: Reference.self)
    #expect(reference.columns == SymmetryElements.kinds && reference.groups.count == 230)
    for (index, line) in reference.groups.enumerated() {
      let words = line.split(separator: " ").map(String.init)
      let elements = SymmetryElements(SpaceGroup.numbered(index + 1))
      #expect(SymmetryElements.centrings[elements.centring] == words[0], "group \(index + 1)")
      for (axis, word) in words.dropFirst().enumerated() {
        let bits = try #require(Int(word, radix: 16))
        let expected = SymmetryElements.kinds.indices.filter { bits >> $0 & 1 == 1 }
        let found = elements.axes[axis].sorted()
        #expect(found == expected, "group \(index + 1), axis \(axis): \(found.map { SymmetryElements.kinds[$0] })")
      }
    }
  }

  @Test("no two groups have the same code, and a code has a centring and at least the identity on every axis")
  func codes() {
    var codes: Set<[UInt8]> = []
    for number in 1...230 {
      let code = SymmetryElements(SpaceGroup.numbered(number)).code
      #expect(code.count == 397 && code.prefix(7).reduce(0, +) == 1 && code.reduce(0) { $0 + Int($1) } >= 16)
      codes.insert(code)
    }
    #expect(codes.count == 230)
  }
}

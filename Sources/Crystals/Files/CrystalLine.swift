/// A crystal as a JSON object, one a line of a `.jsonl` file.
///
/// | field                     | holds                                                                    |
/// |---------------------------|--------------------------------------------------------------------------|
/// | `material_id` or `id`     | its name                                                                 |
/// | `lattice`                 | a, b, c (angstrom), alpha, beta, gamma (degrees)                         |
/// | `species`                 | symbols, one an atom, with blanks between them                           |
/// | `frac`                    | fractional coordinates, three an atom                                    |
public enum CrystalLine {
  /// Whether a line has this form, by the name of its coordinates.
  public static func isLine(_ line: [UInt8]) -> Bool {
    let key = Array("\"frac\"".utf8)
    guard line.count > key.count else { return false }
    return (0...line.count - key.count).contains { line[$0] == key[0] && line[$0..<$0 + key.count].elementsEqual(key) }
  }

  /// - Throws: `Rejection`, code `unreadable_json`, or why the crystal cannot be used.
  public static func read(_ line: [UInt8]) throws(Rejection) -> (name: String?, crystal: Crystal) {
    let value: JSONValue
    do throws(JSONTextError) { value = try JSONText.read(line) } catch {
      throw Rejection("unreadable_json", error.description)
    }
    func numbers(_ key: String) throws(Rejection) -> [Double] {
      let all = value[key]?.array ?? []
      let finite = all.compactMap(\.double).filter(\.isFinite)
      guard finite.count == all.count, !all.isEmpty else {
        throw Rejection("unreadable_json", "'\(key)' is no list of numbers")
      }
      return finite
    }
    let cell = try numbers("lattice")
    guard cell.count == 6 else { throw Rejection("bad_cell", "'lattice' has \(cell.count) numbers, expected 6") }
    let lattice = try Lattice.checked(lengths: Vector3(cell[0], cell[1], cell[2]), angles: Vector3(cell[3], cell[4], cell[5]))
    var elements: [UInt8] = []
    for symbol in (value["species"]?.string ?? "").split(separator: " ") {
      guard let z = Element.atomicNumber(String(symbol)) else {
        throw Rejection("unknown_element", "'\(symbol)' is no element")
      }
      elements.append(UInt8(z))
    }
    let flat = try numbers("frac")
    guard !elements.isEmpty, flat.count == 3 * elements.count else {
      throw Rejection("bad_coordinates", "\(flat.count) coordinates for \(elements.count) atoms")
    }
    let crystal = try Crystal.checked(
      lattice: lattice, atomicNumbers: elements,
      fractionalCoordinates: elements.indices.map { Vector3(flat[3 * $0], flat[3 * $0 + 1], flat[3 * $0 + 2]) })
    return (value["material_id"]?.string ?? value["id"]?.string, crystal)
  }
}

import Foundation
import StageKit

/// What the name of a crystal file says beside its kind: the crystal's own name.
enum CrystalFileNames {
  private static let endings = [
    ".cif", ".mcif", ".extxyz", ".xyz", ".vasp", ".poscar", ".contcar", ".json", ".jsonl", ".ndjson", ".csv",
  ]

  /// Whether a name is one that VASP's users give: `POSCAR`, `CONTCAR.NaCl`, `mp-1_POSCAR`.
  static func isPOSCAR(_ name: String) -> Bool {
    let lower = name.lowercased()
    return ["poscar", "contcar"].contains { word in
      guard let range = lower.range(of: word) else { return false }
      func ends(_ character: Character?) -> Bool { character.map { !$0.isLetter && !$0.isNumber } ?? true }
      let before = range.lowerBound == lower.startIndex ? nil : lower[lower.index(before: range.lowerBound)]
      let after = range.upperBound == lower.endIndex ? nil : lower[range.upperBound]
      return ends(before) && (ends(after) || before == nil)
    }
  }

  /// The crystal's name in a path: `POSCAR.NaCl` and `NaCl_CONTCAR` are NaCl, `runs/NaCl.cif.gz` is runs/NaCl.
  static func identifier(_ path: String) -> String {
    let folder = path.folderPath
    let file = PackedFiles.unpacked((path as NSString).lastPathComponent)
    var name = file
    for ending in endings where name.lowercased().hasSuffix(ending) && name.count > ending.count {
      name = String(name.dropLast(ending.count))
      break
    }
    if isPOSCAR(name) {
      for word in ["poscar", "contcar"] {
        guard let range = name.range(of: word, options: .caseInsensitive) else { continue }
        let marks = CharacterSet(charactersIn: "._- ")
        let rest = [name[..<range.lowerBound], name[range.upperBound...]]
          .map { $0.trimmingCharacters(in: marks) }.filter { !$0.isEmpty }
        if !rest.isEmpty { name = rest.joined(separator: "_") }
        break
      }
    }
    return folder.isEmpty ? name : "\(folder)/\(name)"
  }
}

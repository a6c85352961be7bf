public import Crystals
import Foundation

/// Switches that were experiments: those that won are the informed form, those that lost are gone.
extension SymmBFNConfiguration {
  /// By path: what it is in the published form, in the informed one, and what it was where nothing was said.
  private typealias Switch = (path: String, published: String, informed: String, unsaid: String)

  private static let switches: [Switch] = [
    ("network.geometry_features", "false", "true", "false"), ("network.composition_features", "false", "true", "false"),
    ("network.position_features", "false", "true", "false"), ("network.template_features", "false", "true", "false"),
    ("network.pair_directions", "false", "true", "false"), ("network.charge_balance", "false", "true", "false"),
    ("flow.lattice_output", "noise", "posterior", "posterior"), ("flow.coordinate_output", "noise", "posterior", "noise"),
    ("flow.class_output", "direct", "posterior", "direct"), ("flow.class_loss", "squared", "cross_entropy", "squared"),
    ("training.origin_shifts", "false", "true", "false"),
    ("sampling.coordinate_update", "wrapped", "unwrapped", "unwrapped"), ("sampling.final_choice", "draw", "draw", "draw"),
    ("sampling.code_draw", "axes", "positions", "positions"), ("sampling.temperature", "1", "1", "1"),
    ("sampling.placement_time", "1", "0.4", "0.4"),
  ]

  private static let renamed = [
    "training.known_templates": "flow.known_templates", "sampling.templates": "sampling.proposer",
  ]

  /// Switches of earlier versions, which the two forms have taken the place of.
  public static var retired: [String: String] {
    var sentences = renamed.mapValues { "it is \($0) now" }
    for old in switches {
      sentences[old.path] =
        old.published == old.informed
        ? "\(old.published) is what both forms have"
        : "'form: published' has \(old.published), 'form: informed' \(old.informed)"
    }
    return sentences
  }

  /// The options of a model that was trained when there were switches.
  ///
  /// - Throws: `Rejection` where they make neither of the two forms.
  public static func renewed(_ old: [String: String]) throws(Rejection) -> [String: String] {
    guard old["form"] == nil, old.keys.contains(where: { retired[$0] != nil }) else { return old }
    func differing(_ value: (Switch) -> String) -> [String] {
      switches.filter { !same(old[$0.path] ?? $0.unsaid, value($0)) }
        .map { "\($0.path) \(old[$0.path] ?? $0.unsaid)" }
    }
    let (published, informed) = (differing { $0.published }, differing { $0.informed })
    guard published.isEmpty || informed.isEmpty else {
      throw Rejection(
        "neither_form",
        "it was trained with switches that make neither form: published it would be but for \(published.joined(separator: ", ")); "
          + "informed but for \(informed.joined(separator: ", ")). Train it anew with one of the two")
    }
    var new = old
    for path in switches.map(\.path) { new[path] = nil }
    for (path, name) in renamed {
      if let value = new.removeValue(forKey: path) { new[name] = value }
    }
    new["form"] = published.isEmpty ? UnitForm.published.rawValue : UnitForm.informed.rawValue
    return new
  }

  /// Whether two values are one, numbers as float32 has them.
  private static func same(_ a: String, _ b: String) -> Bool {
    if let x = Float(a), let y = Float(b) { return abs(x - y) <= 1e-6 * max(1, abs(y)) }
    return a == b
  }
}

import Crystals
import Foundation
import Testing

@testable import Evaluation
@testable import Reports

@Suite("Glossary") struct GlossaryTests {
  @Test("every figure and distribution of a judgement is explained, and every word that a page links to stands in its list")
  func complete() throws {
    let crystals = try MetricsTests.crystals()
    let run = try ReportTests.run("run", crystals: Array(crystals.prefix(40)), sampled: 50)
    for figure in run.summary.figures { #expect(Glossary.id(ofFigure: figure.name) != nil, "\(figure.name)") }
    for distribution in run.summary.distributions {
      #expect(Glossary.id(ofFigure: distribution.name) != nil, "\(distribution.name)")
    }
    let page = Report(title: "t", runs: [run]).html
    let linked = Set(page.split(separator: "href=\"#term-").dropFirst().map { String($0.prefix { $0 != "\"" }) })
    #expect(linked.count > 20 && linked.isSuperset(of: ["sun", "wasserstein", "floor", "interval", "loss"]))
    for id in linked { #expect(page.components(separatedBy: "id=\"term-\(id)\"").count == 2, "\(id)") }
    // No word that the page does not use.
    #expect(!page.contains("id=\"term-metre\"") && !page.contains("id=\"term-tie_line\""))
    #expect(page.contains("title=\"Stable, unique and novel at once, as a share of the crystals sampled.\""))
  }

  @Test("names of figures of any kind find their entries")
  func names() {
    let names = [
      "initial_density_distance": "wasserstein", "space_group_distance_at_1000": "jensen_shannon",
      "initial_atoms_distance_floor_at_1000": "floor", "sun_0.1_template_over_100": "sun", "stable_0.0_above_filled": "stable",
      "band_gap_in_range_sun_0.1": "in_range", "band_gap_target_error": "target_error", "band_gap_mean_train": "moments",
      "match_rate_best_of_20_crmse": "match_rate", "reconstructed_space_group_higher": "space_group_kept",
      "seconds_per_sun_0.0_generation": "cost", "in_known_mpts52": "in_held_out", "training-coordinates": "loss",
      "unique_published": "published", "reconstructed_p1": "p1", "fell_0.005": "saddle",
    ]
    for (name, id) in names { #expect(Glossary.id(ofFigure: name) == id, "\(name)") }
    #expect(Glossary.id(ofFigure: "nobody knows") == nil && Glossary.link("a <b>", to: nil) == "a &lt;b&gt;")
    #expect(Set(Glossary.entries.map(\.id)).count == Glossary.entries.count)
  }
}

import Crystals
import Foundation
import Testing

@testable import Generators

@Suite("Rewards") struct RewardTests {
  private func value(_ text: String, _ values: [String: Double] = [:]) throws -> Double {
    let reward = try Reward(text)
    return reward.value(reward.names.map { values[$0] ?? .nan })
  }

  @Test("values, with the rules of arithmetic")
  func values() throws {
    #expect(try value("1 + 2 * 3 - 4 / 2") == 5)
    #expect(try value("-2^2") == -4 && value("2^3^2") == 512 && value("2 ^ -1") == 0.5)
    #expect(try value("(1 + 2) * 3") == 9 && value("--3") == 3 && value("1.5e-1 + .5") == 0.65)
    #expect(try abs(value("exp(-8 * e)", ["e": -0.5]) - exp(4)) < 1e-12)
    #expect(try abs(value("window(gap, 1.34, 0.3)", ["gap": 1.64]) - exp(-0.5)) < 1e-12)
    #expect(try value("above(x, 1, 0.1) + below(x, 1, 0.1)", ["x": 1]) == 1)
    #expect(try value("min(a, b) + max(a, b) * abs(a)", ["a": -2, "b": 3]) == 4)
    #expect(try value("log(0)") == -.infinity)
  }

  @Test("names in the order in which they come, and who must say them")
  func names() throws {
    let reward = try Reward("exp(-8*formation_energy_per_atom)*window(band_gap,1.34,0.3)*below(atoms, 20, 2) + band_gap")
    #expect(reward.names == ["formation_energy_per_atom", "band_gap", "atoms"])
    #expect(reward.predicted == ["formation_energy_per_atom", "band_gap"])
  }

  @Test(
    "what is no expression is refused with its place",
    arguments: [
      ("", "a number or a name is missing"), ("exp(", "a number or a name is missing"), ("exp(1", "a closing parenthesis"),
      ("exp", "exp takes 1 values"), ("window(1, 2)", "window takes 3 values"), ("sin(1)", "there is no function sin"),
      ("1 2", "an operator is missing"), ("a b", "an operator is missing"), ("1 +", "a number or a name is missing"),
      ("1e999", "is no number"), ("1.2.3", "is no number"), ("a; b", "an operator is missing"), ("{}", "a number or a name"),
      (String(repeating: "(", count: 200), "too many parentheses"),
      (String(repeating: "-", count: 200) + "1", "too many signs"),
    ])
  func refused(text: String, reason: String) {
    do throws(Rejection) {
      _ = try Reward(text)
      Issue.record("'\(text)' was taken")
    } catch { #expect(error.description.contains(reason), "\(error.description)") }
  }

  @Test("a reward that is never positive, or that nobody says, is refused before training")
  func hopeless() throws {
    func complaint(_ reward: String) -> String {
      do throws(Rejection) {
        var options = CrystalGFNConfiguration()
        options.reward = reward
        options.space.groups = [221]
        options.space.elements = ["Li", "F", "O"]
        _ = try CrystalGFN(options, statistics: SmallWorld.statistics).asking([])
        return ""
      } catch { return "\(error.code): \(error.description)" }
    }
    #expect(complaint("0 - exp(atoms)").hasPrefix("no_reward") && complaint("log(0 - 1)").hasPrefix("no_reward"))
    #expect(complaint("exp(band_gap)").hasPrefix("no_predictor") && complaint("exp(band_gap)").contains("band_gap"))
    #expect(complaint("density").isEmpty)
  }

  @Test("what crystals say of themselves")
  func known() throws {
    var blueprint = Blueprint(spaceGroup: 225)
    blueprint.composition = .init(try Formula("Na4Cl4"), content: .formulaUnits(1))
    blueprint.lattice = LatticeLogMetric(Lattice(lengths: Vector3(5.64, 5.64, 5.64), angles: Vector3(90, 90, 90)))
    func value(_ name: String) throws -> Double {
      try CrystalReward(Reward(name), [], least: 1e-8).values([blueprint])[0]
    }
    #expect(try abs(value("density") - 2.163) < 0.01 && abs(value("volume_per_atom") - 22.43) < 0.01)
    #expect(try value("atoms") == 8 && value("elements") == 2)
  }
}

public import Crystals
import Foundation

/// What a crystal is worth, as an expression of what is known or predicted of it: `exp(-8 * formation_energy_per_atom) * window(band_gap, 1.34,
/// 0.3)`.
///
/// Numbers, names, `+ - * / ^`, parentheses, and
///
/// | function           | value                                                                     |
/// |--------------------|---------------------------------------------------------------------------|
/// | exp, log, abs      | as everywhere; log of what is not positive is -infinity                   |
/// | min(a, b), max     | the smaller, the greater                                                  |
/// | window(x, c, w)    | exp(-((x - c) / w)^2 / 2): 1 at c, 0.6 at c + w                             |
/// | above(x, c, w)     | 1 / (1 + exp((c - x) / w)): 1 well above c                                  |
/// | below(x, c, w)     | 1 / (1 + exp((x - c) / w)): 1 well below c                                  |
///
/// Names are columns of predictors, or one of `Reward.known`, which are read off the crystal itself.
public struct Reward: Sendable {
  private indirect enum Term: Sendable {
    case number(Double)
    case name(Int)
    case call(String, [Term])
  }

  /// Names that the expression has, in the order in which they come first.
  public let names: [String]
  private let term: Term

  /// What any crystal says of itself: cubic angstrom an atom, gram a cubic centimetre, atoms of the conventional cell, different elements.
  public static let known = ["volume_per_atom", "density", "atoms", "elements"]

  private static let functions = ["exp": 1, "log": 1, "abs": 1, "min": 2, "max": 2, "window": 3, "above": 3, "below": 3]

  /// Reads an expression.
  ///
  /// - Throws: `Rejection` with code `bad_reward`, which says where.
  public init(_ text: String) throws(Rejection) {
    var parser = Parser(text)
    term = try parser.whole()
    names = parser.names
  }

  /// Names that a predictor must say.
  public var predicted: [String] { names.filter { !Self.known.contains($0) } }

  /// The value.
  ///
  /// - Parameter values: of `names`, in their order.
  public func value(_ values: [Double]) -> Double { Self.value(term, values) }

  private static func value(_ term: Term, _ values: [Double]) -> Double {
    switch term {
    case .number(let x): return x
    case .name(let index): return values[index]
    case .call(let function, let arguments):
      let x = arguments.map { value($0, values) }
      switch function {
      case "+": return x[0] + x[1]
      case "-": return x[0] - x[1]
      case "*": return x[0] * x[1]
      case "/": return x[0] / x[1]
      case "^": return pow(x[0], x[1])
      case "exp": return exp(x[0])
      case "log": return log(x[0])
      case "abs": return abs(x[0])
      case "min": return min(x[0], x[1])
      case "max": return max(x[0], x[1])
      case "window": return exp(-0.5 * (x[0] - x[1]) * (x[0] - x[1]) / (x[2] * x[2]))
      case "above": return 1 / (1 + exp((x[1] - x[0]) / x[2]))
      default: return 1 / (1 + exp((x[0] - x[1]) / x[2]))
      }
    }
  }

  /// Sums of products of powers of what is called, named or in parentheses.
  private struct Parser {
    private let text: String
    private var rest: Substring
    private(set) var names: [String] = []

    init(_ text: String) {
      self.text = text
      rest = text[...]
    }

    private func failure(_ reason: String) -> Rejection {
      Rejection("bad_reward", "'\(text)': \(reason)\(rest.isEmpty ? " at the end" : " before '\(rest.prefix(20))'")")
    }

    private mutating func take(_ symbols: String) -> String? {
      rest = rest.drop { $0.isWhitespace }
      guard let first = rest.first, symbols.contains(first) else { return nil }
      rest.removeFirst()
      return String(first)
    }

    mutating func whole() throws(Rejection) -> Term {
      guard text.utf8.count <= 1000 else { throw Rejection("bad_reward", "an expression has 1000 characters at most") }
      let term = try sum(depth: 0)
      guard take("") == nil, rest.isEmpty else { throw failure("an operator is missing") }
      return term
    }

    private mutating func sum(depth: Int) throws(Rejection) -> Term {
      guard depth < 50 else { throw failure("too many parentheses") }
      var term = try product(depth: depth)
      while let sign = take("+-") { term = .call(sign, [term, try product(depth: depth)]) }
      return term
    }

    private mutating func product(depth: Int) throws(Rejection) -> Term {
      var term = try signed(depth: depth)
      while let sign = take("*/") { term = .call(sign, [term, try signed(depth: depth)]) }
      return term
    }

    /// A minus binds less than a power, as in mathematics.
    private mutating func signed(depth: Int) throws(Rejection) -> Term {
      guard depth < 50 else { throw failure("too many signs") }
      if take("-") != nil { return .call("-", [.number(0), try signed(depth: depth + 1)]) }
      let base = try factor(depth: depth)
      guard take("^") != nil else { return base }
      return .call("^", [base, try signed(depth: depth + 1)])
    }

    private mutating func factor(depth: Int) throws(Rejection) -> Term {
      if take("(") != nil {
        let term = try sum(depth: depth + 1)
        guard take(")") != nil else { throw failure("a closing parenthesis is missing") }
        return term
      }
      guard let first = rest.first else { throw failure("a number or a name is missing") }
      if first.isNumber || first == "." { return try number() }
      guard first.isLetter || first == "_" else { throw failure("a number or a name is missing") }
      let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
      rest.removeFirst(name.count)
      guard take("(") != nil else {
        if Reward.functions[name] != nil { throw failure("\(name) takes \(Reward.functions[name] ?? 1) values in parentheses") }
        if let index = names.firstIndex(of: name) { return .name(index) }
        names.append(name)
        return .name(names.count - 1)
      }
      guard let count = Reward.functions[name] else {
        throw failure("there is no function \(name); there are \(Reward.functions.keys.sorted().joined(separator: ", "))")
      }
      var arguments = [try sum(depth: depth + 1)]
      while take(",") != nil { arguments.append(try sum(depth: depth + 1)) }
      guard take(")") != nil else { throw failure("a closing parenthesis is missing") }
      guard arguments.count == count else { throw failure("\(name) takes \(count) values, not \(arguments.count)") }
      return .call(name, arguments)
    }

    private mutating func number() throws(Rejection) -> Term {
      var digits = String(rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") })
      rest.removeFirst(digits.count)
      if let e = rest.first, e == "e" || e == "E" {
        let sign = rest.dropFirst().first.map { "+-".contains($0) ? String($0) : "" } ?? ""
        let power = rest.dropFirst(1 + sign.count).prefix { $0.isASCII && $0.isNumber }
        if !power.isEmpty {
          digits += "e" + sign + power
          rest.removeFirst(1 + sign.count + power.count)
        }
      }
      guard let value = Double(digits), value.isFinite else { throw failure("'\(digits)' is no number") }
      return .number(value)
    }
  }
}

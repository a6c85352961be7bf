import Artifacts
import Crystals
import Generators
import StageKit

/// What every blueprint is to have, by its number, before a proposer fills in the rest.
struct RequestSource: Sendable {
  private let base: Blueprint
  private var targets: [(id: String, blueprint: Blueprint)] = []
  private let perTarget: Int

  /// Blueprints that --like asks for.
  var count: Int { targets.count * perTarget }
  var hasTargets: Bool { !targets.isEmpty }

  init(_ options: RequestOptions, _ chemistry: ChemistryOptions, _ asked: PropertyRequest, _ loaded: LoadedProposer) throws {
    var base = Blueprint()
    base.properties = asked.targets
    base.chemistry = try chemistry.chemistry()
    perTarget = options.perTarget ?? 1
    base.composition = try options.asked.formula().map { formula in
      Blueprint.Composition(formula, content: options.asked.formulaUnits.map { .formulaUnits($0) } ?? .any)
    }
    let given = try options.givenSites()
    if let group = try options.asked.groups().first, !given.isEmpty {
      base.spaceGroup = group
      base.begin(with: given)
    }
    if let path = options.prototypeFile { try Self.take(path, options, into: &base) }
    if let label = options.prototypeLabel {
      do throws(Rejection) { base.take(try Prototype(label: label)) } catch {
        throw StageError(.usage, "--prototype: there is no such file, and \(error.description).")
      }
    }
    if let path = options.like {
      let data = try Dataset(reading: path)
      let chosen = data.indices(of: options.split ?? .test)
      for i in options.limit == 0 ? chosen[...] : chosen.prefix(options.limit) {
        var blueprint = base
        let unit = data.units[i]
        let atoms = unit.sites.reduce(into: [UInt8: Int]()) { $0[$1.atomicNumber, default: 0] += $1.multiplicity }
        let (elements, centrings) = (atoms.keys.sorted(), SpaceGroup.numbered(unit.spaceGroup).centrings)
        let formula = Formula(elements: elements, counts: elements.map { max(1, (atoms[$0] ?? 0) / centrings) })
        blueprint.composition = .init(formula, content: .primitiveCell)
        if options.knownGroup { blueprint.spaceGroup = unit.spaceGroup }
        targets.append((data.ids[i], blueprint))
      }
      guard !targets.isEmpty else { throw StageError(.input, "'\(path)': there is no crystal in that part.") }
    }
    self.base = base
    let asksElements = base.chemistry != Chemistry() || base.composition != nil || !base.sites.isEmpty || hasTargets
    guard loaded.namesElements || !asksElements else {
      throw StageError(
        .input,
        "the model names no elements: it was not trained with method: skeletons. Take one that was, as "
          + "Artifacts/pretrained/mp20-skeletons.h5.")
    }
  }

  /// The space group and positions of a crystal, its elements open but for those that stay.
  private static func take(_ path: String, _ options: RequestOptions, into blueprint: inout Blueprint) throws {
    let items = try CrystalSource.records(path).flatMap { $0.read() }
    guard let item = items.first else { throw StageError(.input, "'\(path)' holds no crystal.") }
    do throws(Rejection) {
      let unit = try AsymmetricUnit.standardize(try item.crystal.get(), symprec: options.symprec).unit
      let kept = (try? RequestOptions.elements(options.keep, "--keep")) ?? []
      let own = try Blueprint(unit)
      if let z = kept.sorted().first(where: { own.atoms[$0] == nil }) {
        throw Rejection("no_such_element", "--keep asks for \(Element.symbol(Int(z))), which the prototype has not")
      }
      blueprint.spaceGroup = unit.spaceGroup
      blueprint.take(
        own.sites.map { site in
          let element = site.element.flatMap { kept.contains($0) ? $0 : nil }
          return Blueprint.Site(
            spaceGroup: unit.spaceGroup, wyckoffPosition: site.wyckoffPosition, elementLabel: site.elementLabel,
            element: element)
        })
    } catch { throw StageError(.input, "'\(path)': \(error.code): \(error.description).") }
  }

  /// What blueprint number `index` begins with.
  func blueprint(_ index: Int) -> Blueprint { targets.isEmpty ? base : targets[index / perTarget % targets.count].blueprint }

  /// Its name.
  func id(_ index: Int) -> String {
    guard !targets.isEmpty else { return "blueprint-\(index)" }
    let name = targets[index / perTarget % targets.count].id
    return perTarget == 1 ? name : "\(name)#\(index % perTarget + 1)"
  }
}

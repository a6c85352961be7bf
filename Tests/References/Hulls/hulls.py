"""Writes hulls.json: places above the convex hull by pymatgen's PhaseDiagram, for entries in one to six elements.

Usage: python hulls.py [QUERIES [FILE]]     (pymatgen 2024 or later; no data are needed: entries are drawn at random)

Each system has its own entries, written as pymatgen's JSON (ComputedEntry, ComputedStructureEntry, PDEntry in turn; energy
adjustments in some systems); queries are compounds of the system, some of them entries themselves. The committed file has 240
queries, 2,000 are `python hulls.py 2000 /tmp/hulls.json` and `FRIEZE_HULLS=/tmp/hulls.json make test`.
"""

import json, random, sys
from monty.json import MontyEncoder
from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
from pymatgen.core import Composition, Lattice, Structure
from pymatgen.entries.computed_entries import (
    CompositionEnergyAdjustment, ComputedEntry, ComputedStructureEntry, ConstantEnergyAdjustment)

queries_wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 240
path = sys.argv[2] if len(sys.argv) > 2 else "hulls.json"
random.seed(19)
symbols = "Li Na K Mg Ca Sr Ba Al Si Ti V Mn Fe Co Ni Cu Zn Zr Nb La O S Se N P F Cl Br C B".split()


def entry(kind, composition, energy, name, corrected):
    if kind == "PDEntry":
        return PDEntry(composition, energy, name=name)
    adjustments = []
    if corrected and len(composition) > 1:
        z = sorted(composition.elements)[-1]
        value = round(random.uniform(-0.7, -0.1), 3)
        adjustments = [
            CompositionEnergyAdjustment(
                value, composition[z], name=f"MP2020 anion correction ({z})",
                cls={"@class": "MaterialsProject2020Compatibility"}),
            ConstantEnergyAdjustment(0.01, name="a constant", cls={"@class": "MaterialsProject2020Compatibility"}),
        ]
    parameters = {"run_type": random.choice(["GGA", "GGA+U"])}
    if kind == "ComputedEntry":
        return ComputedEntry(composition, energy, energy_adjustments=adjustments, parameters=parameters, entry_id=name)
    atoms = [s for s, n in composition.items() for _ in range(round(n))]
    structure = Structure(Lattice.cubic(9), atoms, [[random.random() for _ in range(3)] for _ in atoms])
    return ComputedStructureEntry(structure, energy, energy_adjustments=adjustments, parameters=parameters, entry_id=name)


systems, queries = [], 0
while queries < queries_wanted:
    size = 1 + len(systems) % 6
    elements = random.sample(symbols, size)
    corrected = len(systems) % 3 == 1
    kinds = ["ComputedEntry", "ComputedStructureEntry", "PDEntry"]
    kind = kinds[(len(systems) // 6) % 3]
    entries = []
    # Elements in cells of several atoms, some twice.
    base = {e: random.uniform(-10, -0.5) for e in elements}
    for e in elements:
        for copy in range(random.choice([1, 1, 2])):
            n = random.choice([1, 2, 4, 8])
            entries.append(entry(kind, Composition({e: n}), n * (base[e] + 0.1 * copy), f"{e}-{copy}", False))
    for i in range(random.choice([4, 15, 40]) if size > 1 else 3):
        chosen = random.sample(elements, random.randint(1, size))
        composition = Composition({e: random.randint(1, 6) for e in chosen})
        n = composition.num_atoms
        energy = sum(base[e.symbol] * a for e, a in composition.items())
        energy += n * (0.2 if len(chosen) == 1 else random.uniform(-2.0, 0.3)) * (1 if len(chosen) == 1 else 0.9)
        entries.append(entry(kind, composition, energy, f"phase-{i}", corrected))
    diagram = PhaseDiagram(entries)
    wanted = []
    for _ in range(min(queries_wanted - queries, 12)):
        if random.random() < 0.3:
            e = random.choice(entries)
            composition, energy = e.composition, e.energy
        else:
            composition = Composition({e: random.randint(1, 7) for e in random.sample(elements, random.randint(1, size))})
            energy = composition.num_atoms * random.uniform(-10, 0)
        formation = energy - sum(a * diagram.el_refs[s].energy_per_atom for s, a in composition.items())
        hull = diagram.get_hull_energy_per_atom(composition)
        wanted.append({
            "composition": {s.symbol: a for s, a in composition.items()}, "energy": energy,
            "formation_energy": formation / composition.num_atoms, "above_hull": energy / composition.num_atoms - hull,
        })
    systems.append({"entries": json.loads(json.dumps(entries, cls=MontyEncoder)), "queries": wanted})
    queries += len(wanted)
# Structures are long, and only their species are read.
for system in systems:
    for e in system["entries"]:
        for site in e.get("structure", {}).get("sites", []):
            for key in ("xyz", "label", "properties"):
                site.pop(key, None)
            site["abc"] = [0, 0, 0]
        if e["@class"] == "ComputedStructureEntry" and random.random() < 0.5:
            e.pop("composition", None)
for system in systems:
    system["entries"] = json.dumps(system["entries"])  # as a text: uncertainties are NaN, which is no JSON
json.dump({"source": "pymatgen PhaseDiagram on random entries", "systems": systems}, open(path, "w"))
print(queries, "queries of", len(systems), "systems")

"""Writes hull.json: places above the convex hull by pymatgen's PhaseDiagram, for a sample of MP-20's test rows.

Usage: python hull.py DATASETS_DIR     (pymatgen 2024 or later; the datasets of the README)
"""

import csv, io, json, lzma, random, sys
from collections import defaultdict
from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
from pymatgen.core import Composition

root = sys.argv[1]
random.seed(4)
csv.field_size_limit(10**9)
rows = list(csv.DictReader(io.TextIOWrapper(lzma.open(f"{root}/mp20/test.csv.xz"))))
rows = [r for r in rows if r["e_above_hull"]]
by_size = defaultdict(list)
for r in rows:
    by_size[len(Composition(r["pretty_formula"]))].append(r)
chosen = [r for n in sorted(by_size) for r in random.sample(by_size[n], min(len(by_size[n]), 14))]

table = [l.rstrip("\n") for l in io.TextIOWrapper(lzma.open(f"{root}/hull/mp.csv.xz"))]
phases = []
for line in table[1:]:
    parts = [p.split(":") for p in line.split(",")[0].split()]
    phases.append(({e: float(f) for e, f in parts}, float(line.split(",")[1]), line))

queries, lines = [], set()
for r in chosen:
    composition = Composition(r["pretty_formula"])
    elements = {e.symbol for e in composition}
    inside = [p for p in phases if set(p[0]) <= elements]
    entries = [PDEntry(Composition(p[0]), p[1]) for p in inside]
    entries += [PDEntry(Composition(e), 0.0) for e in elements]
    diagram = PhaseDiagram(entries)
    energy = float(r["formation_energy_per_atom"])
    decomposition = diagram.get_decomposition(composition)
    hull = diagram.get_hull_energy_per_atom(composition)
    queries.append({
        "formula": composition.formula.replace(" ", ""), "formation_energy": energy, "mp": float(r["e_above_hull"]),
        "pymatgen": energy - hull,
        "products": {Composition(e.composition.get_integer_formula_and_factor(max_denominator=400)[0]).formula.replace(" ", ""): round(w, 5)
                     for e, w in decomposition.items() if w > 1e-4},
    })
    lines |= {p[2] for p in inside}
json.dump({
    "source": "pymatgen PhaseDiagram on the hull table of the Materials Project's MP-20 and MPTS-52 labels (CC BY 4.0)",
    "table": "\n".join([table[0]] + sorted(lines)) + "\n", "queries": queries,
}, open("hull.json", "w"), indent=0)

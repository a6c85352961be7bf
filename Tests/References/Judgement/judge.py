"""References for EvaluationTests/LargerReferences.swift, made with pymatgen and matminer's conventions.

    judge.py TABLE.csv[.xz] COUNT OUTPUT_FOLDER [SEED]

Draws COUNT crystals (at most 30 atoms) of a table with a column `cif`, distorts and randomises some of them, and writes
metrics.json (density, volume, CrystalNN fingerprint) and matcher.json (pairs at two settings). The tests run on them with
FRIEZE_REFERENCES=OUTPUT_FOLDER. Needs pymatgen (checked with 2026.10); `CrystalNNFingerprint.from_preset("ops")` of matminer 0.9.3
is CrystalNN at its defaults with the order parameters below.
"""
import csv, json, lzma, random, sys, warnings
import numpy as np
from pymatgen.analysis.local_env import CrystalNN, LocalStructOrderParams, cn_opt_params
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

warnings.filterwarnings("ignore")
csv.field_size_limit(10**9)
table, count, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
seed = int(sys.argv[4]) if len(sys.argv) > 4 else 0
rng, draw = np.random.default_rng(seed), random.Random(seed)

MOTIFS = {
    1: ["sgl_bd"],
    2: ["L-shaped", "water-like", "bent 120 degrees", "bent 150 degrees", "linear"],
    3: ["trigonal planar", "trigonal non-coplanar", "T-shaped"],
    4: ["square co-planar", "tetrahedral", "rectangular see-saw-like", "see-saw-like", "trigonal pyramidal"],
    5: ["pentagonal planar", "square pyramidal", "trigonal bipyramidal"],
    6: ["hexagonal planar", "octahedral", "pentagonal pyramidal"],
    7: ["hexagonal pyramidal", "pentagonal bipyramidal"],
    8: ["body-centered cubic", "hexagonal bipyramidal"],
    9: ["q2", "q4", "q6"], 10: ["q2", "q4", "q6"], 11: ["q2", "q4", "q6"],
    12: ["cuboctahedral", "q2", "q4", "q6"],
}


def parameter(number, name):
    kind, *options = cn_opt_params.get(number, {}).get(name, [name])
    return LocalStructOrderParams([kind], parameters=[options[0] if options else None])


PARAMETERS = {n: [parameter(n, name) for name in names] for n, names in MOTIFS.items()}
SEARCH = CrystalNN()


def site_fingerprint(structure, index):
    data = SEARCH.get_nn_data(structure, index)
    entries = []
    for number in range(1, 25):
        weight = data.cn_weights.get(number, 0)
        entries.append(weight)
        for parameter in PARAMETERS.get(number, []):
            value = 0
            if weight:
                near = [n["site"] for n in data.cn_nninfo[number]]
                sites = [structure[index]] + near
                value = parameter.get_order_parameters(sites, 0, indices_neighs=list(range(1, len(sites))))[0] or 0
            entries.append(weight * value)
    return entries


def fingerprint(structure):
    return np.mean([site_fingerprint(structure, i) for i in range(len(structure))], axis=0).tolist()


def distorted(structure, rattle, strain):
    lattice = structure.lattice.matrix @ (np.eye(3) + strain * rng.normal(size=(3, 3)))
    places = structure.frac_coords @ lattice + rattle * rng.normal(size=(len(structure), 3))
    return Structure(Lattice(lattice), structure.species, places, coords_are_cartesian=True)


def random_places(structure):
    return Structure(structure.lattice, structure.species, rng.random((len(structure), 3)))


def supercell(structure, matrix):
    copy = structure.copy()
    copy.make_supercell(matrix)
    return copy


def packed(structure):
    return {"lattice": structure.lattice.matrix.tolist(), "z": [s.Z for s in structure.species],
            "frac": structure.frac_coords.tolist()}


def verdict(a, b, **settings):
    matcher = StructureMatcher(**settings)
    distance = matcher.get_rms_dist(a, b)
    return {"fit": bool(matcher.fit(a, b)), "rms": distance and float(distance[0]), "max": distance and float(distance[1])}


with (lzma.open if table.endswith("xz") else open)(table, "rt") as file:
    rows = list(csv.DictReader(file))
crystals = []
for row in draw.sample(rows, len(rows)):
    structure = Structure.from_str(row["cif"], fmt="cif")
    if len(structure) <= 30:
        crystals.append((row["material_id"], structure))
    if len(crystals) == count:
        break

records, pairs = [], []
for number, (name, structure) in enumerate(crystals):
    kinds = {"": structure}
    if number % 4 == 0: kinds["-rattled"] = distorted(structure, 0.05, 0.01)
    if number % 4 == 1: kinds["-distorted"] = distorted(structure, 0.2, 0.05)
    if number % 8 == 2: kinds["-random"] = random_places(structure)
    for suffix, crystal in kinds.items():
        records.append({"id": name + suffix, **packed(crystal), "density": float(crystal.density),
                        "volume": float(crystal.volume), "struct_fp": fingerprint(crystal)})
    others = {"noise": distorted(structure, rng.choice([0.05, 0.1, 0.2]), 0.02),
              "noise_big": distorted(structure, rng.choice([0.3, 0.4, 0.6]), 0.03),
              "basis": distorted(supercell(structure, [[1, 1, 0], [0, 1, -1], [0, 0, 1]]), 0.1, 0.03)}
    if len(structure) <= 12: others["supercell"] = distorted(supercell(structure, [[1, 1, 0], [0, 1, 0], [0, 0, 2]]), 0.05, 0.01)
    if number % 3 == 0: others["random"] = random_places(structure)
    for kind, other in others.items():
        pairs.append({"kind": kind, "a": packed(structure), "b": packed(other),
                      "default": verdict(structure, other, ltol=0.2, stol=0.3, angle_tol=5),
                      "cdvae": verdict(structure, other, ltol=0.3, stol=0.5, angle_tol=10)})

for name, value in [("metrics.json", {"records": records}), ("matcher.json", {"pairs": pairs})]:
    with open(f"{folder}/{name}", "w") as file:
        json.dump(value, file)
print(f"{len(records)} crystals, {len(pairs)} pairs")

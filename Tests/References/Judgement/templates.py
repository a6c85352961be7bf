"""How many crystals have Wyckoff positions that occur together in a training set.

    python templates.py dataset.h5 FILE[,METRICS] ...

FILE is samples.h5 or crystals.h5 of Frieze; its crystals are counted by what they share with a crystal of the dataset's training part, in
the same space group: the site symmetries of all sites ("codes"), their Wyckoff letters, and the letters of each element ("template").
Samples have no letters yet. METRICS is the metrics.h5 of FILE's crystals after relaxation: it adds how many of those with a known template,
and of the rest, are at most 0.0 and 0.1 eV/atom above the hull. The first line is the dataset's test part. Needs h5py and numpy.
"""
import collections
import sys

import h5py


def keys(path):
    file = h5py.File(path)
    unit = file["asymmetric_unit"]
    offset, group = unit["site_offset"][:], unit["space_group"][:]
    element, code = unit["atomic_number"][:], unit["site_symmetry"][:].astype("u1")
    letter = unit["wyckoff_letter"][:] if "wyckoff_letter" in unit else None
    has_letters = letter is not None and len(letter) == offset[-1] and letter.all()
    rows = []
    for i, g in enumerate(group):
        sites = range(offset[i], offset[i + 1])
        row = [(g, tuple(sorted(bytes(code[s]) for s in sites)))]
        if has_letters:
            of_element = collections.defaultdict(list)
            for s in sites:
                of_element[element[s]].append(letter[s])
            row.append((g, tuple(sorted(letter[s] for s in sites))))
            row.append((g, tuple(sorted(tuple(sorted(x)) for x in of_element.values()))))
        rows.append(row)
    return rows, file["split"][:] if "split" in file else None


data, split = keys(sys.argv[1])
known = [{row[k] for row, part in zip(data, split) if part == 0} for k in range(3)]


def show(name, rows):
    shares = [sum(row[k] in known[k] for row in rows) / len(rows) for k in range(len(rows[0]))]
    print(name, *(f"{kind} {100 * share:.1f} %" for kind, share in zip(("codes", "letters", "template"), shares)))


show("test part:", [row for row, part in zip(data, split) if part == 2])
for argument in sys.argv[2:]:
    path, _, metrics = argument.partition(",")
    rows = keys(path)[0]
    show(f"{path}:", rows)
    if not metrics:
        continue
    energies = h5py.File(metrics)["structure/energy_above_hull"][:]
    for kind, is_known in (("known", True), ("new", False)):
        chosen = [e for row, e in zip(rows, energies, strict=True) if (row[2] in known[2]) == is_known]
        shares = [100 * sum(e <= limit for e in chosen) / len(chosen) for limit in (0.0, 0.1)]
        print(f"  {kind} templates: {len(chosen)}, {shares[0]:.1f} % at most 0.0, {shares[1]:.1f} % at most 0.1 eV/atom above the hull")

"""How many crystals have Wyckoff positions that occur together in a training set.

    python templates.py dataset.h5 FILE [FILE ...]

FILE is samples.h5 or crystals.h5 of Frieze; its crystals are counted by what they share with a crystal of the dataset's training part, in
the same space group: the site symmetries of all sites ("codes"), their Wyckoff letters, and the letters of each element ("template").
Samples have no letters yet. The first line is the dataset's test part. Needs h5py and numpy.
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
for path in sys.argv[2:]:
    show(f"{path}:", keys(path)[0])

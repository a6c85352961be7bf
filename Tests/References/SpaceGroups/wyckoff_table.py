"""Derives the table of Wyckoff positions in Sources/Crystals/WyckoffPositions/WyckoffTable.swift.

The positions come from the symmetry operations alone (exact integers over 24): a special position is the set fixed by the
stabiliser of a point, so every one of them passes through a point whose coordinates are multiples of 1/24. Stabilisers of
all 24^3 of those points are computed, then the lines and planes through them that stabilisers leave fixed; what the group
maps onto each other is one position. Only the letter is a convention: it is asked of spglib, on a crystal with one atom on
the general position and one on the special one.

usage: python wyckoff_table.py > Sources/Crystals/WyckoffPositions/WyckoffTable.swift        (needs numpy and spglib; made with spglib 2.8.0)
"""
import itertools
import sys

import numpy as np
import spglib

D = 24


def chosen_hall_numbers():
    """Unique axis b and cell choice 1; origin choice 2; hexagonal axes of the rhombohedral groups."""
    groups = {}
    for hall in range(1, 531):
        kind = spglib.get_spacegroup_type(hall)
        groups.setdefault(kind.number, []).append((hall, kind.choice, kind.international_short))
    chosen = {}
    for number, settings in groups.items():
        wanted = [s for s in settings if s[1] in ("b", "b1", "2", "H")]
        chosen[number] = (wanted or settings)[0]
    return chosen


def canonical_sign(v):
    for c in v:
        if c:
            return tuple(int(x) for x in (v if c > 0 else [-x for x in v]))
    return tuple(int(x) for x in v)


def primitive(v):
    g = np.gcd.reduce([abs(int(x)) for x in v])
    return np.array([int(x) // g for x in v])


DIRECTIONS = sorted({canonical_sign(primitive(v)) for v in itertools.product(range(-2, 3), repeat=3) if any(v)})
GRID = np.array(list(itertools.product(range(D), repeat=3)))


def line_key(point, direction):
    d = np.array(canonical_sign(direction))
    points = (point + np.arange(D)[:, None] * d) % D
    return ("line", tuple(d), min(map(tuple, points.tolist())))


def plane_key(point, covector):
    h = np.array(canonical_sign(covector))
    return ("plane", tuple(h), int(h @ point) % D)


def derive(rotations, translations):
    """Every special position as (kind, orbit of keys, order of the stabiliser)."""
    images = np.einsum("gij,pj->gpi", rotations, GRID) + translations[:, None]
    fixed = np.all((images - GRID[None]) % D == 0, axis=2)
    found = {}
    patterns, inverse = np.unique(fixed.T, axis=0, return_inverse=True)
    inverse = np.asarray(inverse).ravel()
    for index, pattern in enumerate(patterns):
        stabiliser = np.where(pattern)[0]
        points = GRID[inverse == index]
        projection = rotations[stabiliser].sum(0)
        if not projection.any():
            for p in points:
                found[("point", (), tuple(p.tolist()))] = len(stabiliser)
        for d in DIRECTIONS:
            keeps = [g for g in stabiliser if (rotations[g] @ d == d).all()]
            s = rotations[keeps].sum(0)
            if round(np.trace(s) / len(keeps)) == 1:
                for p in points:
                    found[line_key(p, np.array(d))] = len(keeps)
        for g in stabiliser:
            r = rotations[g]
            if round(np.linalg.det(r)) == -1 and np.trace(r) == 1:
                row = next(row for row in (r - np.eye(3, dtype=int)) if row.any())
                for p in points:
                    found[plane_key(p, primitive(row))] = 2
    positions = []
    remaining = dict(found)
    while remaining:
        key, order = next(iter(remaining.items()))
        orbit = {image_key(key, r, t) for r, t in zip(rotations, translations)}
        assert orbit <= set(found), (key, orbit - set(found))
        for k in orbit:
            assert remaining.pop(k) == order
        positions.append((key[0], orbit, order))
    return positions


def image_key(key, r, t):
    kind, vector, where = key
    if kind == "point":
        return ("point", (), tuple(((r @ np.array(where) + t) % D).tolist()))
    if kind == "line":
        return line_key(r @ np.array(where) + t, r @ np.array(vector))
    h = np.array(vector)
    i = next(i for i in range(3) if abs(h[i]) == 1)
    point = np.zeros(3, dtype=int)
    point[i] = where * h[i]
    inverse = np.round(np.linalg.inv(r)).astype(int)
    return plane_key(r @ point + t, h @ inverse)


def parametrise(key):
    """(3x3 integer matrix, translation over 24): the points W (x,y,z) + w of the flat, and a rank of how plain it reads."""
    kind, vector, where = key
    W = np.zeros((3, 3), dtype=int)
    if kind == "point":
        return W, np.array(where)
    v = np.array(vector)
    if kind == "line":
        i = next(i for i in range(3) if abs(v[i]) == 1)
        v = v * v[i]
        W[:, i] = v
        w = (np.array(where) - where[i] * v) % D
        return W, w
    i = max(i for i in range(3) if abs(v[i]) == 1)
    w = np.zeros(3, dtype=int)
    for j in range(3):
        if j != i:
            W[j, j] = 1
            W[i, j] = -v[j] * v[i]
    w[i] = where * v[i] % D
    return W, w


def triplet(W, w):
    parts = []
    for row, c in zip(W, w):
        s = ""
        for k, name in zip(row, "xyz"):
            if k:
                s += ("-" if k < 0 else "+" if s else "") + ("" if abs(k) == 1 else str(abs(k))) + name
        if c or not s:
            g = np.gcd(int(c), D)
            s += ("+" if s else "") + (f"{c // g}/{D // g}" if c else "0")
        parts.append(s)
    return ",".join(parts)


def plainness(item):
    W, w = item
    return (int((W < 0).sum()), int(np.abs(W).sum()), int((w > 0).sum()), int(w.sum()), tuple(-W.ravel()), tuple(w))


def lattice(number):
    a, b, c, al, be, ga = 7.1, 8.3, 9.7, 81, 97, 104
    if number >= 195: b = c = a; al = be = ga = 90
    elif number >= 143: b = a; al = be = 90; ga = 120
    elif number >= 75: b = a; al = be = ga = 90
    elif number >= 16: al = be = ga = 90
    elif number >= 3: al = ga = 90
    al, be, ga = np.radians([al, be, ga])
    x = (np.cos(al) - np.cos(be) * np.cos(ga)) / np.sin(ga)
    return np.array([[a, 0, 0], [b * np.cos(ga), b * np.sin(ga), 0],
                     [c * np.cos(be), c * x, c * np.sqrt(1 - np.cos(be) ** 2 - x * x)]])


def orbit_of(point, rotations, translations):
    images = (np.einsum("gij,j->gi", rotations, point) + translations / D) % 1
    kept = []
    for p in images:
        if all(np.abs((p - q + .5) % 1 - .5).max() > 1e-6 for q in kept):
            kept.append(p)
    return kept


def contains(key, x):
    kind, vector, where = key
    W, w = parametrise(key)
    for n in itertools.product((-2, -1, 0, 1, 2), repeat=3):
        r = x - np.array(n) - w / D
        if kind == "point" and np.abs(r).max() < 1e-5: return True
        if kind == "line":
            i = next(i for i in range(3) if abs(vector[i]) == 1)
            if np.abs(r - r[i] * W[:, i]).max() < 1e-5: return True
    if kind == "plane":
        value = np.array(vector) @ x * D - where
        return abs((value + D / 2) % D - D / 2) < 1e-4
    return False


def letters(number, hall, rotations, translations, positions):
    rng = np.random.default_rng(number)
    L = lattice(number)
    named = {}
    for p, (kind, orbit, order) in enumerate(positions):
        W, w = parametrise(sorted(orbit, key=lambda k: plainness(parametrise(k)))[0])
        x = (W @ rng.uniform(.13, .37, 3) + w / D) % 1
        general = orbit_of(np.array([.1234, .2718, .3817]), rotations, translations)
        special = orbit_of(x, rotations, translations)
        cell = (L, general + special, [1] * len(general) + [2] * len(special))
        data = spglib.get_symmetry_dataset(cell, symprec=1e-5, hall_number=hall)
        assert data.number == number and data.hall_number == hall, (number, data.number)
        y = (data.transformation_matrix @ special[0] + data.origin_shift) % 1
        candidates = [q for q, other in enumerate(positions) if other[0] == kind and other[2] == order
                      and any(contains(k, y) for k in other[1])]
        assert len(candidates) == 1, (number, kind, y, candidates)
        letter = data.wyckoffs[len(general)]
        assert named.setdefault(candidates[0], letter) == letter
    assert len(named) == len(positions) == len(set(named.values())), (number, named)
    return named


def main():
    rows = []
    total = 0
    for number, (hall, choice, symbol) in sorted(chosen_hall_numbers().items()):
        ops = spglib.get_symmetry_from_database(hall)
        rotations = np.array(ops["rotations"])
        translations = np.round(ops["translations"] * D).astype(int) % D
        positions = derive(rotations, translations)
        named = letters(number, hall, rotations, translations, positions)
        entries = []
        for p, (kind, orbit, order) in enumerate(positions):
            best = sorted((parametrise(k) for k in orbit), key=plainness)[0]
            entries.append((named[p], triplet(*best)))
        general = "abcdefghijklmnopqrstuvwxyzA"[len(positions)]
        entries.append((general, "x,y,z"))
        entries.sort(key=lambda e: "abcdefghijklmnopqrstuvwxyzA".index(e[0]))
        assert "".join(e[0] for e in entries) == "abcdefghijklmnopqrstuvwxyzA"[: len(entries)]
        total += len(entries)
        rows.append(f"{number} {hall} {symbol.replace(' ', '')} " + " ".join(e[1] for e in entries))
        print(number, len(entries), file=sys.stderr)
    assert total == 1731, total
    print("// Written by Tests/References/SpaceGroups/wyckoff_table.py; do not edit by hand.")
    print()
    print("extension SpaceGroup {")
    print("  /// One line a space group: number, Hall number (as in spglib), Hermann-Mauguin symbol, then one point of every")
    print("  /// Wyckoff position in the order of its letters (a, b, …). All else is derived from the operations.")
    print('  static let table = """')
    for row in rows:
        print("    " + row)
    print('    """')
    print("}")


main()

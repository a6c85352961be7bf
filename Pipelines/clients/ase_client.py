"""Any calculator of ASE as a potential of relax (needs ase and numpy):

    relax --crystals crystals.h5 --potential ipi:unix:/tmp/frieze --output relaxed.h5 &
    python3 Pipelines/clients/ase_client.py unix:/tmp/frieze ase.calculators.emt:EMT

The first argument is the socket, unix:PATH or HOST:PORT; the second MODULE:NAME of what makes the calculator, further ones KEY=VALUE for it.
The protocol is i-PI's; the elements come in the text of INIT, so the client says NEEDINIT first. Stopped when relax has ended.
"""

import importlib, os, socket, struct, sys, time
import numpy as np
from ase import Atoms, units


def serve(link, calculator):
    """Answers until EXIT; what is sent is in hartree and bohr."""
    recv = lambda n: link.recv(n, socket.MSG_WAITALL) if n else b""
    numbers = lambda kind, n: np.frombuffer(recv(np.dtype(kind).itemsize * n), kind)
    say = lambda word, payload=b"": link.sendall(word.ljust(12).encode() + payload)
    atoms, state = None, "NEEDINIT"
    while (word := recv(12).decode().strip()) not in ("", "EXIT"):
        if word == "STATUS":
            say(state)
        elif word == "INIT":
            numbers("<i4", 1)
            symbols = recv(numbers("<i4", 1)[0]).decode().split()
            atoms, state = Atoms(symbols, pbc=True, calculator=calculator), "READY"
        elif word == "POSDATA":
            cell, _ = numbers("<f8", 9).reshape(3, 3).T, numbers("<f8", 9)
            positions = numbers("<f8", 3 * numbers("<i4", 1)[0]).reshape(-1, 3)
            atoms.set_cell(cell * units.Bohr)
            atoms.set_positions(positions * units.Bohr)
            state = "HAVEDATA"
        elif word == "GETFORCE":
            energy, forces = atoms.get_potential_energy() / units.Ha, atoms.get_forces() * units.Bohr / units.Ha
            virial = -atoms.get_volume() * atoms.get_stress(voigt=False) / units.Ha
            say("FORCEREADY", struct.pack("<di", energy, len(atoms)) + forces.astype("<f8").tobytes()
                + virial.T.astype("<f8").tobytes() + struct.pack("<i", 0))
            state = "READY"


def connect(place, patience):
    """A socket to relax, waited for so many seconds; None where nobody listens."""
    for _ in range(int(10 * patience) + 1):
        try:
            if place.startswith("unix:"):
                link = socket.socket(socket.AF_UNIX)
                link.connect(place[5:])
                return link
            host, port = place.rsplit(":", 1)
            return socket.create_connection((host, int(port)))
        except OSError:
            time.sleep(0.1)


if __name__ == "__main__":
    if len(sys.argv) < 3 or ":" not in sys.argv[2]:
        sys.exit("usage: ase_client.py unix:PATH|HOST:PORT MODULE:NAME [KEY=VALUE …], as unix:/tmp/frieze ase.calculators.emt:EMT")
    sys.path.insert(0, os.getcwd())
    module, name = sys.argv[2].split(":", 1)
    calculator = getattr(importlib.import_module(module), name)(**dict(pair.split("=", 1) for pair in sys.argv[3:]))
    # relax may let a client go and take it again, for other elements.
    link = connect(sys.argv[1], 60) or sys.exit(f"ase_client.py: nobody listens at {sys.argv[1]}; start relax first")
    while link:
        serve(link, calculator)
        link.close()
        link = connect(sys.argv[1], 2)

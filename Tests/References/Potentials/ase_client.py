"""ASE's side of the i-PI test: `direct` prints what its calculator says as JSON, `client SOCKET` serves it (ase 3.22 or later)."""

import json, sys
import numpy as np
from ase import Atoms
from ase.calculators.emt import EMT

cell = [[1.2, 3.5, 0.2], [-3.4, 0.3, 0.9], [0.1, -0.6, 3.7]]
atoms = Atoms("Cu4", scaled_positions=[[0, 0, 0], [0.5, 0.52, 0.01], [0.49, 0.02, 0.5], [0.03, 0.5, 0.48]], cell=cell, pbc=True)
atoms.calc = EMT()
if sys.argv[1] == "direct":
    print(json.dumps({
        "energy": atoms.get_potential_energy(), "forces": atoms.get_forces().tolist(),
        "stress": atoms.get_stress(voigt=False).tolist(), "lattice": cell, "frac": atoms.get_scaled_positions().tolist()}))
else:
    from ase.calculators.socketio import SocketClient
    # ASE names its sockets /tmp/ipi_NAME.
    SocketClient(unixsocket=sys.argv[2].removeprefix("/tmp/ipi_")).run(atoms, use_stress=True)

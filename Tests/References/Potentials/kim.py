"""Writes kim.json: energies, forces and stresses of models of the KIM API, by ASE's calculator, whose neighbours and stress are kimpy's.

Usage: python kim.py     (ase 3.29, numpy, kimpy 2.1.4; Debian's libkim-api-dev, openkim-models 2021.01.28)
"""

import json
import ase, kimpy, numpy
from ase import Atoms
from ase.build import bulk, make_supercell
from ase.calculators.kim import KIM
from ase.calculators.kim.kimpy_wrappers import PortableModel

# ASE refreshes a model before its first energy, which changes what the driver of MEAM gives: by 0.2 eV for the first crystal of silicon
# carbide below. LAMMPS 22Jul2025 with its own MEAM and the same parameters has the energies without: -7.945575195832, -23.721812962893.
PortableModel.clear_then_refresh = lambda self: None

salt = lambda a, b, d: bulk(a + b, "rocksalt", d)
zinc_blende = lambda a, b, d: bulk(a + b, "zincblende", d)
diamond = lambda a, d: bulk(a, "diamond", d)
# One model of each kind of driver: pairs, several lists of neighbours, Fortran, neighbours of padding, many bodies, machine-learned.
models = {
    "LJ_ElliottAkerson_2015_Universal__MO_959249795837_003": salt("Na", "Cl", 5.64),
    "Morse_Shifted_GirifalcoWeizer_1959MedCutoff_Cu__MO_173787283511_004": bulk("Cu", "fcc", 3.6),
    "ex_model_Ar_P_Morse_MultiCutoff": bulk("Ar", "fcc", 5.3),
    "ex_model_Ar_SLJ_MultiCutoff": bulk("Ar", "fcc", 4.8),
    "ex_model_Ar_P_MLJ_Fortran": bulk("Ar", "fcc", 5.3),
    "EAM_Dynamo_MishinFarkasMehl_1999_Al__MO_651801486679_005": bulk("Al", "fcc", 4.05),
    "EAM_Dynamo_Mishin_2004_NiAl__MO_101214310689_005": bulk("NiAl", "cesiumchloride", 2.89),
    "EAM_MagneticCubic_MendelevHanSrolovitz_2003_Fe__MO_856295952425_002": bulk("Fe", "bcc", 2.86),
    "EMT_Asap_Standard_JacobsenStoltzeNorskov_1996_AlAgAuCuNiPdPt__MO_115316750986_001": bulk("CuAu", "cesiumchloride", 3.05),
    "SW_StillingerWeber_1985_Si__MO_405512056662_005": diamond("Si", 5.43),
    "EDIP_JustoBazantKaxiras_1998_Si__MO_958932894036_002": diamond("Si", 5.43),
    "ThreeBodyBondOrder_PPM_PurjaPunMishin_2017_Si__MO_566683736730_000": diamond("Si", 5.43),
    "Tersoff_LAMMPS_ErhartAlbe_2005_SiC__MO_903987585848_004": zinc_blende("Si", "C", 4.36),
    "Tersoff_LAMMPS_AlbeNordlundNord_2002_GaAs__MO_799020228312_003": zinc_blende("Ga", "As", 5.65),
    "MEAM_LAMMPS_Wagner_2007_SiC__MO_430846853065_000": zinc_blende("Si", "C", 4.36),
    "SNAP_ZuoChenLi_2019_Si__MO_869330304805_000": diamond("Si", 5.43),
    "hNN_WenTadmor_2019Grx_C__MO_421038499185_001": Atoms(
        "C4", scaled_positions=[[0, 0, .25], [1 / 3, 2 / 3, .25], [0, 0, .75], [2 / 3, 1 / 3, .75]],
        cell=[2.46, 2.46, 6.7, 90, 90, 120], pbc=True),
}

random = numpy.random.default_rng(8)
records = []
for model, ideal in models.items():
    # The cell as it is, and a skewed one of the same lattice with twice as many atoms.
    for matrix in [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 1, 0], [-1, 1, 0], [1, 2, 1]]:
        atoms = make_supercell(ideal, matrix)
        atoms.set_cell(atoms.cell @ (numpy.eye(3) + random.uniform(-0.04, 0.04, (3, 3))), scale_atoms=True)
        atoms.positions += random.uniform(-0.1, 0.1, atoms.positions.shape)
        atoms.calc = KIM(model)
        records.append({
            "model": model, "lattice": atoms.cell.tolist(), "z": atoms.numbers.tolist(),
            "frac": atoms.get_scaled_positions(wrap=False).tolist(), "energy": atoms.get_potential_energy(),
            "forces": atoms.get_forces().tolist(), "stress": atoms.get_stress(voigt=False).tolist()})
json.dump({"source": f"ase {ase.__version__}, kimpy {kimpy.__version__}, openkim-models 2021.01.28", "records": records}, open("kim.json", "w"), indent=0)

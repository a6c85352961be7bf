#!/usr/bin/env bash
# What strangers type, as they type it, and what must come of it: a status, words, files. Every task is one that once ended with the wrong
# thing and not a word, or a question that people come with. Ends with a table, and with status 1 where a task failed.
#   trial.sh PROGRAMS [TASK]      PROGRAMS: the folder of built programs; TASK: a pattern of the names of tasks to do
# Works in a temporary folder, needs no network and no data set but the minerals; what needs weights or tables of others is left out where
# they are not there, and named.
set -uo pipefail
cd "$(dirname "$0")/../.."
# Not where links lead: make knows a folder of builds by its name.
build=${1%/release} programs=$([[ $1 == /* ]] || echo "$PWD/")$1 chosen=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ARTIFACTS=$work/results BUILD=$build
source Tests/Trial/common.sh
PATH=$programs:$PATH
mkdir -p "$work/mine" "$ARTIFACTS"

name='' problems=() seen=''

# Ends the task before this one.
finish() {
  [[ $name ]] || return 0
  if ((${#problems[@]})); then
    failed=$((failed + 1))
    table+=("$name"$'\t'"${problems[0]}"$'\t'FAILED)
    printf '\nFAILED %s\n  %s\n' "$name" "$command" >&2
    printf '  %s\n' "${problems[@]}" >&2
    tail -n 15 "$work/said" | sed 's/^/  | /' >&2
  else
    passed=$((passed + 1))
    table+=("$name"$'\t'"$seen"$'\t'yes)
  fi
  name=''
}

# $1: the task, $2: the status, $3: the command as it is typed. The words of both streams are kept.
task() {
  finish
  [[ $1 == *"$chosen"* ]] || return 0
  name=$1 command=$3 problems=() seen=''
  local status=0
  timeout 120 bash -c "$3" >"$work/said" 2>&1 </dev/null || status=$?
  ((status == $2)) || problems+=("status $status, expected $2")
}
# Words that must be said; the first of them stand in the table.
says() {
  [[ $name ]] || return 0
  local line
  if line=$(grep -aF -m 1 -- "$1" "$work/said"); then
    [[ $seen ]] || seen=$(cut -c 1-110 <<<"${line##*\*\*\* }")
  else
    problems+=("does not say: $1")
  fi
}
lacks() { [[ ! $name ]] || ! grep -aqF -- "$1" "$work/said" || problems+=("says: $1"); }
leaves() { [[ ! $name || -e $1 ]] || problems+=("there is no $1"); }
# A further condition, in the shell's words, and what it means.
holds() { [[ ! $name ]] || bash -c "$2" >/dev/null 2>&1 || problems+=("$1"); }
# Whether a task can be done here.
needs() { # TASK FILE
  [[ $1 == *"$chosen"* ]] || return 1
  [[ ! -e $2 ]] || return 0
  finish
  left_out=$((left_out + 1))
  table+=("$1"$'\t'"needs $2"$'\t'"left out")
  return 1
}

# Crystals of one's own.
cat >"$work/mine/NaCl.cif" <<'END'
data_NaCl
_cell_length_a 5.64
_cell_length_b 5.64
_cell_length_c 5.64
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na1 Na 0 0 0
Cl1 Cl 0.5 0.5 0.5
END
cat >"$work/mine/MgO.vasp" <<'END'
MgO
1.0
0.0 2.1 2.1
2.1 0.0 2.1
2.1 2.1 0.0
Mg O
1 1
Direct
0 0 0
0.5 0.5 0.5
END
cat >"$work/mine/SrTiO3.extxyz" <<'END'
5
Lattice="3.9 0 0 0 3.9 0 0 0 3.9" Properties=species:S:1:pos:R:3 pbc="T T T"
Sr 0 0 0
Ti 1.95 1.95 1.95
O 1.95 1.95 0
O 1.95 0 1.95
O 0 1.95 1.95
END
echo 'data_broken' >"$work/mine/broken.cif"

# Variables of make.
task "a property as a variable" 2 "make generate BAND_GAP=2"
says 'there is no variable BAND_GAP; properties are asked for as in TARGET="band_gap=2"'
task "a variable nearly right" 2 "make generate SPACEGROUP=227"
says 'there is no variable SPACEGROUP; did you mean SPACE_GROUP?'
task "a variable that nothing is like" 2 "make generate TEMPERATURE=0.5"
says 'there is no variable TEMPERATURE; there are: ACCOUNT ANONYMOUS_FORMULA ARTIFACTS'
task "elements that are asked for" 0 "make generate ELEMENTS=Li,Fe,P,O REQUIRE=Li SAMPLES=4 STEPS=5"
says 'page: '
holds "a crystal has another element, or no lithium" "! cut -d, -f4 '$ARTIFACTS'/generated/*/*of_Li_Fe_P_O*/cif/crystals.csv | tail -n +2 | grep -vE '^(Li|Fe|P|O|[0-9])+$' && \
  ! cut -d, -f4 '$ARTIFACTS'/generated/*/*of_Li_Fe_P_O*/cif/crystals.csv | tail -n +2 | grep -v Li"
task "data of one's own in the wrong variable" 2 "make train INPUT=my.csv"
says 'make train does not use INPUT, which is for: judge. Crystals to learn from are DATASET=my.csv'
task "a model that is not trained" 2 "make generate MODEL=symmbfn"
says "Train it first, make train MODEL=symmbfn DATASET=minerals, or leave MODEL out for the shipped model."
task "a model that is misspelt" 2 "make eval MODEL=symbfn-smal"
says "there is no model 'symbfn-smal': no Pipelines/models/symbfn-smal.yaml; did you mean symmbfn-small?"
task "a dataset for the shipped model" 2 "make generate DATASET=dozen"
says "make generate does not use DATASET"
task "a target's own variable elsewhere" 2 "make eval RELAX=1"
says 'make eval does not use RELAX, which is for: csp generate. The line relaxes by itself: POTENTIAL, FMAX.'
mkdir -p "$work/tables/perov5"
task "a choice where nothing is chosen" 2 "make judge INPUT=x SCREEN=none"
says "make judge does not use SCREEN, which is for: compare csp discover eval generate."
task "the paper's epochs" 0 "make -n train DATASET=perov5 DATASETS_DIR=$work/tables MODEL=symmbfn"
says 'Pipelines/models/symmbfn.yaml'
lacks ' --epochs '
task "groups by their symbols, and an echo" 0 "make generate SPACE_GROUP=Fm-3m,P6_3/mmc COMPOSITION=NaCl SAMPLES=2 STEPS=5"
says 'sample: every crystal is Na1 Cl1, in group 225 (Fm-3m) or 194 (P63/mmc)'
task "a symbol of no group" 2 "make generate SPACE_GROUP=Fm-9m SAMPLES=2"
says "--space-group takes numbers from 1 to 230 or symbols as Fd-3m, with commas between, not 'Fm-9m'."
task "a property that a model was not told" 2 "make generate MODEL=pretrained/mp20 TARGET=band_gap=2 PROPOSER=training SCREEN= SAMPLES=2"
says 'band_gap'
task "a formula with brackets" 0 "make generate COMPOSITION='Ca(OH)2' SAMPLES=2 STEPS=5"
says 'page: '
holds "a crystal has another formula" "! cut -d, -f4 '$ARTIFACTS'/generated/*/*Ca_OH_2*/cif/crystals.csv | tail -n +2 | grep -vE '^Ca\(?H?2?O2?H?2?\)?2?$'"

task "an anonymous formula" 0 "make generate ANONYMOUS_FORMULA=A3BC REQUIRE=O SAMPLES=6 STEPS=5"
says 'propose: every crystal is ABC3:'
holds "a crystal has another formula" "tail -n +2 '$ARTIFACTS'/generated/*/*anonymous_A3BC*/cif/crystals.csv | cut -d, -f4 | grep -q . && ! tail -n +2 '$ARTIFACTS'/generated/*/*anonymous_A3BC*/cif/crystals.csv | cut -d, -f4 | grep -vE '^([A-Z][a-z]?){2}[A-Z][a-z]?3\$|^([A-Z][a-z]?)?[A-Z][a-z]?3[A-Z][a-z]?\$|^[A-Z][a-z]?3([A-Z][a-z]?){2}\$'"
task "a prototype by its label" 0 "make generate PROTOTYPE=A2BC4_cF56_227_d_a_e SAMPLES=3 STEPS=5"
says 'page: '
task "an anonymous formula that no crystal has" 2 "make generate ANONYMOUS_FORMULA=A13B17 SAMPLES=2"
says '--anonymous-formula: no crystal of the training set is A13B17; of as many elements it has AB,'

# The line, twice, and copied.
task "the whole line on a dozen" 0 "make eval DATASET=dozen SAMPLES=6 STEPS=5 EPOCHS=2 THREADS=2"
says 'page: '
says 'train: epoch 2 of 2  loss '
leaves "$ARTIFACTS/dozen/symmbfn-small/seed0-epochs2/model.losses.csv"
task "the line again: nothing is done twice" 0 "make eval DATASET=dozen SAMPLES=6 STEPS=5 EPOCHS=2 THREADS=2"
says 'page: '
for stage in preprocess train sample relax metrics report; do lacks "$build/release/$stage "; done
task "a copy without dates: nothing is done twice" 0 "cp -r '$ARTIFACTS' '$work/copy' && find '$work/copy' -exec touch -d 2001-01-01 {} + && touch '$work/copy/dozen/dataset.h5' &&
  make eval ARTIFACTS='$work/copy' DATASET=dozen SAMPLES=6 STEPS=5 EPOCHS=2 THREADS=2"
says 'page: '
for stage in preprocess train sample relax metrics report; do lacks "$build/release/$stage "; done
task "the default potential does not change" 0 "make -n relax DATASET=dozen SAMPLES=6 STEPS=5 EPOCHS=2"
says '/pair-fmax0.1/relaxed.h5'
task "crystals of a trained model" 0 "make generate DATASET=dozen MODEL=symmbfn-small EPOCHS=2 SAMPLES=3 STEPS=5"
says "sample --model $ARTIFACTS/dozen/symmbfn-small/seed0-epochs2/model.h5"
says 'page: '

# One's own data.
task "a table with columns of other names" 2 "convert --input '$ARTIFACTS/dozen/dataset.h5' --output '$work/alloys.csv' && sed -i '1s/material_id,cif/name,structure/' '$work/alloys.csv' &&
  make preprocess DATASET='$work/alloys.csv'"
says "the table has no column 'cif', only: name, structure"
says '--cif-column names the one with the CIF texts'
task "a table of one's own through the line" 0 "make eval DATASET='$work/alloys.csv' CIF_COLUMN=structure ID_COLUMN=name EPOCHS=2 SAMPLES=4 STEPS=5 POTENTIAL=pair"
says 'page: '
leaves "$ARTIFACTS/alloys/dataset.h5"
leaves "$ARTIFACTS/alloys/symmcd-finetune/seed0-epochs2-from_mp20-symmcd/model.losses.csv"
task "a table that has changed is read again" 0 "convert --input '$ARTIFACTS/dozen/dataset.h5' --limit 7 --output '$work/alloys.csv' && sed -i '1s/material_id,cif/name,structure/' '$work/alloys.csv' &&
  make preprocess DATASET='$work/alloys.csv' CIF_COLUMN=structure ID_COLUMN=name"
says 'preprocess: 7 of 7 in'
task "a folder of one's own" 0 "make preprocess DATASET='$work/mine'"
says 'preprocess: 3 of 4 in'
task "data of one's own with the name of ours" 0 "mkdir -p '$work/else' && cp -r '$work/mine' '$work/else/mp20' && make -n preprocess DATASET='$work/else/mp20'"
says 'own-mp20/dataset.h5'

# Jobs.
task "jobs with the shipped model" 0 "make submit STAGE=relax CLUSTER=local MODEL=pretrained/mp20 DATASET=dozen SAMPLES=4 STEPS=5 SHARDS=2"
says 'relax: job '
lacks 'No rule to make'
task "status of what is done" 0 "make status CLUSTER=local MODEL=pretrained/mp20 DATASET=dozen SAMPLES=4 STEPS=5 SHARDS=2"
says 'relax        done'
lacks 'train '
lacks failed
task "status while shards run" 0 "line='CLUSTER=local MODEL=pretrained/mp20 DATASET=dozen SAMPLES=240 STEPS=50 SHARDS=3'
  make submit STAGE=sample JOBS=1 THREADS=1 \$line >'$work/submitted' 2>&1 & for i in {1..50}; do make -s status \$line | tee '$work/status'
    ! grep -q '1 running' '$work/status' || break; sleep 0.2; done; wait"
says '1 running, 2 waiting, 0 failed'
lacks killed

# Training.
# Its folder, then the model's YAML: the small network, and epochs without end.
small="$work/small.yaml"
sed 's/^\( *epochs:\).*/\1 100000/' Pipelines/models/symmbfn-small.yaml >"$small"
data="$ARTIFACTS/dozen/dataset.h5"
train="train --dataset $data --config $small --threads 1 --output $work/model.h5"
task "training by the clock" 0 "$train --minutes 0.02"
says 'train: the 0.02 minutes are over after '
says ' of 100000 epochs; start again with --resume to go on.'
says 'train: epoch 1 of 100000  loss '
leaves "$work/model.losses.csv"
task "training that is stopped" 75 "rm -f $work/model.h5; $train --checkpoint 0.005 & pid=\$!; while [[ ! -e $work/model.h5.unfinished.h5 ]]; do sleep 0.1; done; kill \$pid; wait \$pid"
says "model.h5.unfinished.h5' is saved. Start again to go on."
task "training that is started again" 0 "$train --minutes 0.01"
says "train: going on from '$work/model.h5.unfinished.h5', "
task "a checkpoint of another seed" 65 "mv $work/model.h5 $work/model.h5.unfinished.h5; $train --seed 3 --epochs 1"
says "was trained with --seed 0, not 3; --anew trains from the first epoch."
leaves "$work/model.h5.unfinished.h5"

# Relaxed crystals.
task "relaxed crystals without a hull" 0 "make generate SAMPLES=5 STEPS=5 RELAX=1 POTENTIAL=pair"
says 'energies of different compositions cannot be compared without a hull, so nothing is ranked; relax --hull places them above one.'
holds "crystals.csv has no energies" "head -1 '$ARTIFACTS'/generated/mp20/n5-steps5-seed0-relaxed-pair/cif/crystals.csv | grep -q ',energy \[eV/atom\],' &&
  awk -F, 'NR > 1 && \$10 != \"\" { n++ } END { exit !(n > 0) }' '$ARTIFACTS'/generated/mp20/n5-steps5-seed0-relaxed-pair/cif/crystals.csv"
task "the same without relaxation" 0 "make generate SAMPLES=5 STEPS=5"
leaves "$ARTIFACTS/generated/mp20/n5-steps5-seed0/cif/index.html"
leaves "$ARTIFACTS/generated/mp20/n5-steps5-seed0-relaxed-pair/cif/index.html"
says 'page: '
relaxed=$ARTIFACTS/generated/mp20/n5-steps5-seed0-relaxed-pair/relaxed.h5
task "atoms of the CIF's cell" 0 "cat '$ARTIFACTS'/generated/mp20/n5-steps5-seed0/cif/crystals.csv"
says 'space_group_symbol,atoms,'
holds "atoms are not those of the CIF" "cd '$ARTIFACTS'/generated/mp20/n5-steps5-seed0/cif; tail -n +2 crystals.csv | while IFS=, read -r rank file id formula group symbol atoms rest; do
  sum=\$(awk '/^_atom_site_occupancy|^ _atom_site_occupancy/ { on = 1; next } on && NF > 4 { n += \$3 } END { print n }' \"\$file\"); [[ \$sum == \"\$atoms\" ]] || exit 1; done"
task "energies in CSV" 0 "convert --input $relaxed --output $work/out.csv"
holds "no energies" "head -1 '$work/out.csv' | grep -q '^material_id,cif,energy_per_atom'"
says 'convert: 5 of 5'
task "energies and forces in CSV" 0 "convert --input $relaxed --symprec 0 --output $work/out0.csv"
holds "no forces" "head -1 '$work/out0.csv' | grep -q '^material_id,cif,energy_per_atom,energy,.*forces\|^material_id,cif,energy_per_atom,energy,forces'"
says 'convert: 5 of 5'
task "energies and forces in extxyz" 0 "convert --input $relaxed --output $work/out.extxyz && sed -n 2p $work/out.extxyz"
says 'energy='
says 'forces:R:3'
task "relax takes a folder of crystal files" 0 "relax --crystals $work/mine --potential pair --output $work/relaxed.h5"
says 'relax: broken: '
says 'relax: 3 of 4 in'
holds "a file is gone" "ls $work/mine/{NaCl.cif,MgO.vasp,SrTiO3.extxyz,broken.cif}"
task "a folder where a file is meant" 65 "train --dataset $work/mine --config $small --output $work/x.h5"
says "'$work/mine' is a folder, expected a file."
lacks emove
task "a CIF where a dataset is meant" 65 "train --dataset $work/mine/NaCl.cif --config $small --output $work/x.h5"
says "is no HDF5 file; 'preprocess' makes a dataset of crystal files"
lacks emove

# Answers.
task "are they stable, without a hull" 0 "make stable FILES=$work/mine POTENTIAL=pair DATASET=dozen"
says "stable: there is no hull of pair's energies, so how stable crystals are stays open: HULL=FILE names one, make hull"
says 'SrTiO3'
says 'page: '
holds "no JSON" "python3 -c 'import json, glob; d = json.load(open(glob.glob(\"$ARTIFACTS/stable/mine-*/cif/crystals.json\")[0])); assert len(d[\"crystals\"]) == 3 and d[\"hull\"] is None'"
mkdir -p "$work/hull"
printf 'composition_fractions,formation_energy_per_atom,source\nNa:0.5 Cl:0.5,-2,x\nNa:1,0,x\nCl:1,0,x\n' >"$work/hull/mine.csv"
printf 'element,energy_per_atom,entry_id\nNa,-1.3,a\nCl,-1.85,b\n' >"$work/hull/elements.csv"
task "are they stable, above a hull of one's own" 0 "make stable FILES=$work/mine/NaCl.cif POTENTIAL=pair DATASET=dozen HULL=$work/hull/mine.csv"
says 'above hull  formation'
says 'energies in eV/atom by pair, above mine.csv'
task "stable without files" 2 "make stable"
says 'make stable FILES=…: a CIF, POSCAR, extxyz or .h5 file, a table, or a folder of them'
task "stable of files that are not there" 2 "make stable FILES=nowhere"
says "FILES: there is no file or folder 'nowhere'"
hull=$(ls -d "${DATASETS_DIR:-../shared/datasets}"/hull/mp.csv.xz 2>/dev/null || echo ../shared/datasets/hull/mp.csv.xz)
if needs "are they stable, by CHGNet" Artifacts/potentials/chgnet-0.3.0.h5 && needs "are they stable, by CHGNet" "$hull"; then
  task "are they stable, by CHGNet" 0 "make stable FILES=$work/mine DATASET=dozen HULL=$hull"
  says 'above hull  formation  symmetry broken'
  says 'NaCl'
  says 'energies in eV/atom by chgnet, above mp.csv.xz'
  holds "SrTiO3 is not within 0.05 eV/atom of the hull" "cat '$ARTIFACTS'/stable/mine-*/cif/crystals.csv |
    awk -F, '\$4 == \"SrTiO3\" && \$8 != \"\" { near = \$8 >= 0 && \$8 < 0.05 } END { exit !near }'"
fi
task "a page of crystal files" 0 "gallery --crystals $work/mine --output $work/page --table"
says 'SrTiO3   Pm-3m (221)'
leaves "$work/page/index.html"
leaves "$work/page/crystals.cif"
leaves "$work/page/crystals.json"

# Potentials from Python.
python=$(for p in "${ASE_PYTHON:-}" python3; do ! [[ $p ]] || ! "$p" -c 'import ase' 2>/dev/null || { command -v "$p"; break; }; done)
if needs "a calculator of ASE as a potential" "${python:-Python with ase}"; then
  task "a calculator of ASE as a potential" 0 "printf '1\nLattice=\"0 1.85 1.85 1.85 0 1.85 1.85 1.85 0\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\nCu 0 0 0\n' >$work/cu.extxyz
    relax --crystals $work/cu.extxyz --potential ipi:unix:$work/socket --fmax 0.01 --output $work/cu.h5 & '$python' Pipelines/clients/ase_client.py unix:$work/socket ase.calculators.emt:EMT; wait
    convert --input $work/cu.h5 --output $work/cu0.extxyz && grep -o 'energy=[-0-9.]*' $work/cu0.extxyz"
  says 'energy=-0.0'
  says 'relax: 1 of 1 in'
fi

# Feedback.
task "make help begins with what newcomers need" 0 "make help"
says 'make generate SAMPLES=100'
# Every variable that there is, as make itself names them all.
for variable in $(make TEMPERATURE=0.5 2>&1 | sed 's/.*there are: //; s/\. *Stop.*//'); do says "$variable"; done
task "no build where nothing changed" 0 "start=\$(date +%s%N); make build; echo took \$(((\$(date +%s%N) - start) / 1000000)) ms"
holds "it took longer than a second" "(( \$(sed -n 's/took \([0-9]*\) ms/\1/p' '$work/said') < 1000 ))"
says 'took '
lacks 'Build complete'
task "50 crystals within seconds" 0 "start=\$(date +%s%N); make generate SAMPLES=50; echo took \$(((\$(date +%s%N) - start) / 1000000)) ms"
holds "it took longer than 12 seconds" "(( \$(sed -n 's/took \([0-9]*\) ms/\1/p' '$work/said') < 12000 ))"
says 'took '
task "a seed where nothing is random" 64 "convert --input a.cif --output b.cif --seed 3"
says "Unknown option '--seed'"
finish

summary '%-46s %-112s %s' $'task\twhat a user sees\tpassed' 'N tasks passed'

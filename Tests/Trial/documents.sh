#!/usr/bin/env bash
# What README.md and Documentation show is true: commands and programs in them are run, or checked where running takes long; links lead
# somewhere; nothing that can be set is missing. Ends with a table, and with status 1 where something failed.
#   documents.sh PROGRAMS [DOCUMENT]      PROGRAMS: the folder of built programs; DOCUMENT: a pattern of the documents whose commands are run
#
# How a block is opened says what is done with it:
#   ```sh                 run, in the order of the document, in a scratch folder that looks like a fresh checkout
#   ```sh check           commands of make are asked what they would do (make -n); of programs the options are looked for in --help
#   ```sh left out: WHY   not done, and counted with the reason
#   ```python             run in the same folder by FRIEZE_PYTHON, or a python3 that has h5py; left out where there is none
# Other blocks (text, yaml, none) are what programs say or files hold. A scratch folder also holds what examples take for granted: mine.csv with
# a column hardness, folder/ and mine.cif with crystals, spinel.cif, mine.h5 and hull.h5, and models of the name that make finetune gives.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
root=$PWD
build=${1%/release} chosen=${2:-}
[[ $build == /* ]] || build=$root/$build
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source Tests/Trial/common.sh
unset ARTIFACTS FRIEZE_SHARE
export BUILD=${build##*/}
if [[ ! ${DATASETS_DIR:-} ]]; then
  for folder in "$root/datasets" "$root/../shared/datasets"; do
    [[ -d $folder && ! ${DATASETS_DIR:-} ]] && DATASETS_DIR=$(cd "$folder" && pwd) && export DATASETS_DIR
  done
fi
PATH=$build/release:$PATH
# Where there is no batch system, one that has no jobs: enough to see what would be submitted.
mkdir -p "$work/bin"
for program in squeue qstat; do printf '#!/bin/sh\n' >"$work/bin/$program" && chmod +x "$work/bin/$program"; done
PATH=$PATH:$work/bin
python=$(for p in "${FRIEZE_PYTHON:-}" python3; do ! [[ $p ]] || ! "$p" -c 'import h5py' 2>/dev/null || { command -v "$p"; break; }; done)

mapfile -t documents < <(ls README.md Documentation/*.md Documentation/*/*.md)
before=0
# $1: where, $2: what, $3: yes, FAILED or left out, $4: why. Behind SUM: what is said of a check where nothing has failed since `before`.
note() {
  if [[ $1 == SUM ]]; then
    ((failed > before)) || note "$2" "$3" yes "$4"
    before=$failed
    return
  fi
  case $3 in yes) ((++passed)) ;; FAILED) ((++failed)) ;; *) ((++left_out)) ;; esac
  [[ $3 == yes && ! ${4:-} ]] || table+=("$1"$'\t'"$2"$'\t'"$3${4:+: $4}")
  [[ $3 != FAILED ]] || printf 'FAILED %s: %s\n  %s\n' "$1" "$2" "${4:-}" >&2
}

# A folder that looks like a fresh checkout, and the files of examples.
scratch() { # FOLDER
  local item
  mkdir -p "$1/Artifacts"
  for item in Makefile Package.swift Package.resolved Pipelines Sources Stages Tests Documentation README.md; do
    [[ ! -e $root/$item ]] || { ln -s "$root/$item" "$1/$item" && touch -h -d 2001-01-01 "$1/$item"; }
  done
  ln -s "$build" "$1/$BUILD"
  for item in "$root"/Artifacts/*/; do
    item=${item%/}
    case ${item##*/} in pretrained | potentials | predictors) ln -s "$item" "$1/Artifacts/${item##*/}" ;; esac
  done
  mkdir "$1/Artifacts/finetuned"
  ln -s "$root/Artifacts/pretrained/mp20-properties.h5" "$1/Artifacts/finetuned/mine-hardness.h5"
  ln -s "$root/Artifacts/pretrained/mp20-skeletons-properties.h5" "$1/Artifacts/finetuned/mine-hardness-skeletons.h5"
  cp -r "$work/examples/." "$1"
}

# Crystals of one's own.
mkdir -p "$work/examples/folder"
cif() { # NAME GROUP LENGTH SITE…
  printf 'data_%s\n_cell_length_a %s\n_cell_length_b %s\n_cell_length_c %s\n_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n' "$1" "$3" "$3" "$3"
  printf "_space_group_name_H-M_alt '%s'\nloop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n" "$2"
  printf '%s\n' "${@:4}"
}
cif NaCl 'F m -3 m' 5.64 'Na1 Na 0 0 0' 'Cl1 Cl 0.5 0.5 0.5' >"$work/examples/mine.cif"
cif MgO 'F m -3 m' 4.21 'Mg1 Mg 0 0 0' 'O1 O 0.5 0.5 0.5' >"$work/examples/folder/MgO.cif"
cif SrTiO3 'P m -3 m' 3.905 'Sr1 Sr 0 0 0' 'Ti1 Ti 0.5 0.5 0.5' 'O1 O 0.5 0.5 0' >"$work/examples/folder/SrTiO3.cif"
cif MgAl2O4 'F d -3 m' 8.083 'Mg1 Mg 0.125 0.125 0.125' 'Al1 Al 0.5 0.5 0.5' 'O1 O 0.2624 0.2624 0.2624' |
  sed "s/'F d -3 m'/'F d -3 m :2'/" >"$work/examples/spinel.cif"
cp "$work/examples/spinel.cif" "$work/examples/folder/MgAl2O4.cif"
(
  cd "$work" && preprocess --input /usr/share/avogadro2/crystals --limit 24 --output m.h5 --quiet && convert --input m.h5 --output m.csv --quiet
) >/dev/null 2>&1
printf 'formula,formation_energy_per_atom\nNaCl,-2\nNa,0\nCl,0\n' >"$work/entries.csv"
printf 'element,energy_per_atom\nNa,-1.3\nCl,-1.85\n' >"$work/elements.csv"
(cd "$work/examples" && cp ../m.h5 mine.h5 && hull --input ../entries.csv --output hull.h5 --quiet)
with_hardness() { awk -v n=0 '/^material_id/ { print "material_id,hardness," substr($0, index($0, ",") + 1); next }
  match($0, /^[^,]*,"data_/) { n++; k = index($0, ","); print substr($0, 1, k) (n % 9 + 1) "," substr($0, k + 1); next } { print }' "$1"; }
with_hardness "$work/m.csv" >"$work/examples/mine.csv"

# Blocks of a document as files: NUMBER-LINE-KIND, kinds with _ for blanks.
blocks() { # DOCUMENT FOLDER
  mkdir -p "$2"
  awk -v folder="$2" '
    !inside && /^```/ { kind = substr($0, 4); inside = 1; start = NR + 1; file = sprintf("%s/%03d", folder, ++n)
      print start "\t" kind > (file ".kind"); close(file ".kind"); printf "" > file; next }
    inside && /^```/ { inside = 0; close(file); next }
    inside { print > file }' "$1"
}

run_block() { # WHERE FILE COMMAND…
  local where=$1 file=$2 status=0 words start
  start=$(date +%s)
  (cd "$place" && timeout 300 "${@:3}" <"$file") >"$work/said" 2>&1 || status=$?
  words=$(grep -m 1 -v '^ *#\|^$\|^import' "$file" | cut -c 1-90)
  if ((status == 0)); then
    note "$where" "$words" yes "run in $(($(date +%s) - start)) s"
  else
    note "$where" "$words" FAILED "status $status"
    tail -n 12 "$work/said" | sed 's/^/  | /' >&2
  fi
}

# What make says of data that are not here, of a batch system that does not answer, and of a run that was never begun.
absent='is not here|are not here|cannot be asked for its jobs|nothing was submitted'
check_line() { # WHERE LINE
  local said status=0 line=$2 program options help option
  line=$(sed -E 's/ +#.*//' <<<"$line")
  [[ $line ]] || return 0
  if [[ $line == make\ * ]]; then
    said=$(cd "$place" && eval "timeout 60 make -n ${line#make }" 2>&1 </dev/null | head -c 1000000) || status=$?
    if ((status == 0)); then note "$1" "$line" yes
    elif grep -qE "$absent" <<<"$said"; then note "$1" "$line" 'left out' "$(grep -m 1 -oE "$absent" <<<"$said")"
    else note "$1" "$line" FAILED "$(grep -m 1 '\*\*\*' <<<"$said" || tail -n 1 <<<"$said")"; fi
    return
  fi
  program=${line%% *}
  if [[ ! -x $build/release/$program ]]; then note "$1" "$line" FAILED "there is no program '$program'"; return; fi
  help=$("$program" --help 2>&1)
  options=$(grep -oE '(^| )--[a-z-]+' <<<"$line" | tr -d ' ' || true)
  for option in $options; do
    grep -qE -- "(^|[ ,/])$option([ ,/]|$)" <<<"$help" || { note "$1" "$line" FAILED "$program has no option $option"; return; }
  done
  note "$1" "$line" yes
}

for document in "${documents[@]}"; do
  [[ $document == *"$chosen"* ]] || continue
  folder=$work/blocks/$document place=$work/scratch/$document
  blocks "$document" "$folder"
  scratch "$place"
  for kind in "$folder"/*.kind; do
    [[ -e $kind ]] || continue
    IFS=$'\t' read -r line words <"$kind"
    file=${kind%.kind} where=$document:$line
    case $words in
      sh) run_block "$where" "$file" bash -euo pipefail -s ;;
      'sh check')
        while IFS= read -r -u 3 command; do check_line "$where" "$command"; done 3< <(sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' "$file")
        ;;
      'sh left out: '*) note "$where" "$(head -n 1 "$file")" 'left out' "${words#sh left out: }" ;;
      python)
        if [[ $python ]]; then run_block "$where" "$file" "$python" -
        else note "$where" 'a program in Python' 'left out' 'FRIEZE_PYTHON names no Python with h5py'; fi
        ;;
      '' | text | yaml | json) ;;
      *) note "$where" "\`\`\`$words" FAILED 'a block that nobody knows how to check' ;;
    esac
  done
done

before=$failed
# Sentences of README: code in quotes counts with its words; blocks, tables, pages' marks and targets of links do not count.
while IFS=$'\t' read -r count sentence; do
  note README.md "$(cut -c 1-90 <<<"$sentence")" FAILED "a sentence of $count words"
done < <(awk '
  /^```/ { inside = !inside; print ""; next }
  inside || /^\|/ || /^#/ || /^<|^!\[/ { print ""; next }
  /^ *([-*]|[0-9]+\.) / { print ""; sub(/^ *([-*]|[0-9]+\.) /, "") }
  { print }' README.md |
  awk -v RS= '{ gsub(/\n/, " "); gsub(/\]\([^)]*\)/, "]"); print }' |
  awk '{
    text = $0
    while (match(text, /`[^`]*`/)) {
      code = substr(text, RSTART + 1, RLENGTH - 2); gsub(/[.!?]/, "_", code)
      text = substr(text, 1, RSTART - 1) code substr(text, RSTART + RLENGTH)
    }
    gsub(/[.!?]["*)]* +/, "&\n", text)
    n = split(text, sentences, "\n")
    for (i = 1; i <= n; i++) if ((words = split(sentences[i], w, " ")) > 30) print words "\t" sentences[i]
  }')
note SUM README.md 'no sentence of more than 30 words' 'looked at'

# Links to files, and to headings of documents.
slugs() { grep -E '^#+ ' "$1" | sed -E 's/^#+ +//; s/`//g' | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'; }
links=0
for document in "${documents[@]}"; do
  while read -r target; do
    links=$((links + 1)) path=${target%%#*}
    file=$(dirname "$document")/$path
    [[ $path ]] || file=$document
    if [[ ! -e $file ]]; then note "$document" "$target" FAILED 'a link to nothing'
    elif [[ $target == *.md#* || $target == \#* ]]; then
      slugs "$file" | grep -qxF -- "${target#*#}" || note "$document" "$target" FAILED 'no such heading'
    fi
  done < <(awk '/^```/ { inside = !inside } !inside' "$document" | sed 's/`[^`]*`//g' | grep -oE '\]\([^)]+\)|src="[^"]+"' |
    sed -E 's/^\]\(//; s/\)$//; s/^src="//; s/"$//' | grep -vE '^(https?|mailto):')
done
note SUM Documentation "$links links" 'lead to files and headings'

# Keys of the models' YAML files.
keys=$(for file in Pipelines/models/*.yaml; do
  awk '/^ *#/ || /^ *$/ || !/^ *[a-z_]+:/ { next }
    { match($0, /^ */); depth = RLENGTH / 2; key = $0; sub(/^ */, "", key); sub(/:.*/, "", key); path[depth] = key
      rest = $0; sub(/^[^:]*: */, "", rest); sub(/#.*/, "", rest); if (rest ~ /^ *$/) next
      text = path[0]; for (i = 1; i <= depth; i++) text = text "." path[i]; print text }' "$file"
done | sort -u)
for key in $keys; do
  grep -qF "\`$key\`" Documentation/Configuration.md || note Documentation/Configuration.md "$key" FAILED 'a key of a YAML file that is not there'
done
note SUM Documentation/Configuration.md "$(wc -w <<<"$keys") keys of Pipelines/models" 'are described'
# And every key that a method takes, as the program itself names them.
takes() { # PREFIX
  local said key
  said=$(train --dataset "$work/m.h5" --config "$work/method.yaml" --set "$1zzz=1" --output "$work/none.h5" 2>&1)
  [[ $said == *'known here are '* ]] || { [[ $said == *'must be '* ]] && echo "${1%.}"; return; }
  for key in $(sed 's/.*known here are //; s/[,.]/ /g' <<<"$said"); do takes "$1$key."; done
}
methods=$(echo 'method: none' >"$work/method.yaml" && train --dataset "$work/m.h5" --config "$work/method.yaml" --output "$work/none.h5" 2>&1 |
  sed 's/.*there are //; s/[,.]/ /g')
keys=$(for method in $methods; do echo "method: $method" >"$work/method.yaml" && takes ''; done | sort -u)
for key in $keys; do
  grep -qF "\`$key\`" Documentation/Configuration.md || note Documentation/Configuration.md "$key" FAILED 'a key of a method that is not there'
done
(($(wc -w <<<"$keys") > 60)) || note Documentation/Configuration.md "$keys" FAILED 'expected more keys'
note SUM Documentation/Configuration.md "$(wc -w <<<"$keys") keys of $(wc -w <<<"$methods") methods" 'are described'

# Variables of make: all of them are in its help, and all of them in the documents.
cat "${documents[@]}" >"$work/all.md"
variables=$(make TEMPERATURE=0.5 2>&1 | sed 's/.*there are: //; s/\. *Stop.*//')
for variable in $variables; do
  grep -qw "$variable" Pipelines/help.txt || note Pipelines/help.txt "$variable" FAILED 'a variable that is not there'
  grep -qE "\`[^\`]*\b$variable\b[^\`]*\`" "$work/all.md" || note Documentation "$variable" FAILED 'a variable of make that no document describes'
done
note SUM Documentation "$(wc -w <<<"$variables") variables of make" 'are described'

summary '%-44s %-92.92s %s' $'where\twhat\tresult' 'documents: N true'

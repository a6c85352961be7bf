#!/usr/bin/env bash
# Speed of the stages on this machine, as the programs themselves report it; whole processes, wall clock, two threads.
#   bench.sh FOLDER_OF_PROGRAMS
set -euo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
table=$(ls -d datasets/mp20 ../shared/datasets/mp20 ${DATASETS_DIR:+"$DATASETS_DIR"/mp20} 2>/dev/null | head -1 || true)
if [[ -z $table ]]; then
  echo "bench: MP-20 is not here (datasets/mp20 or DATASETS_DIR); the minerals stand in for it."
  table=/usr/share/avogadro2/crystals
fi
field() { sed -E "s/.*\"$1\":([^,}]+).*/\1/"; }
run() { "$bin/$1" "${@:2}" --threads 2 --quiet --json; }
awk_rate() { awk -v n="$1" -v s="$2" 'BEGIN { printf "%.1f", n / (s > 0.001 ? s : 0.001) }'; }
line=$(run preprocess --input "$table" --limit 5000 --output "$work/dataset.h5")
printf '%-42s %10s\n' 'preprocess, structures a second' "$(field per_second <<<"$line")"
line=$(run reconstruct --samples "$work/dataset.h5" --output "$work/crystals.h5")
printf '%-42s %10s\n' 'reconstruct, crystals a second' "$(awk_rate "$(field accepted <<<"$line")" "$(field seconds <<<"$line")")"
for model in symmbfn-small symmbfn; do
  line=$(run train --dataset "$work/dataset.h5" --config Pipelines/models/$model.yaml --minutes 0.5 --output "$work/$model.h5")
  steps=$(field steps <<<"$line")
  batch=$(sed -nE 's/^ +batch: ([0-9]+).*/\1/p' Pipelines/models/$model.yaml)
  printf '%-42s %10s\n' "train $model, ms a structure" "$(awk -v s="$(field seconds <<<"$line")" -v n="$((steps * batch))" 'BEGIN { printf "%.2f", 1000 * s / n }')"
  line=$(run sample --model "$work/$model.h5" --count 256 --steps 10 --output "$work/samples.h5")
  printf '%-42s %10s\n' "sample $model, ms a crystal, 100 steps" "$(awk -v s="$(field seconds <<<"$line")" 'BEGIN { printf "%.1f", 1000 * s / 256 * 101 / 11 }')"
done
# The judge: the dataset's own crystals against it. A phase's seconds by its name.
phase() { sed -E "s/.*\"$1\":([0-9.]+).*/\1/"; }
line=$(run metrics --crystals "$work/crystals.h5" --reference "$work/dataset.h5" --output "$work/metrics.json")
count=$(field accepted <<<"$line")
printf '%-42s %10s\n' 'judge, crystals a second' "$(awk_rate "$count" "$(field seconds <<<"$line")")"
printf '%-42s %10s\n' 'judge: measured with fingerprints' "$(awk_rate "$count" "$(phase 'measure crystals' <<<"$line")")"
printf '%-42s %10s\n' 'judge: compared with each other' "$(awk_rate "$count" "$(phase 'compare crystals' <<<"$line")")"
printf '%-42s %10s\n' 'judge: looked up in the training set' "$(awk_rate "$count" "$(phase 'look up crystals' <<<"$line")")"

#!/usr/bin/env bash
# What the asymmetric unit saves (Ruple et al. 2026, table 3; Levy et al. 2025, table 4): SymmBFN at the paper's size, with random weights,
# on asymmetric units and on all atoms of the conventional cells, which are drawn from the training sets. Sampling at 100 steps is measured
# over ten of them, an epoch over some of its crystals; what a program takes to start is left out by a difference. Two threads.
#   full-cell.sh FOLDER_OF_PROGRAMS
set -euo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
field() { sed -E "s/.*\"$1\":([^,}]+).*/\1/"; }
seconds() { field seconds < "$work/$1.json"; }
reckon() { awk "BEGIN { printf \"$1\", $2 }"; }
ours() { "$bin/$1" "${@:2}" --threads 2 --quiet --json; }
declare -A took
printf '%-8s %-8s %16s %12s %16s %14s %14s\n' dataset sites "ms, 100 steps" "sample, MB" "reconstruct, ms" "an epoch, s" "train, MB"
for dataset in mp20 mpts52; do
  table=$(ls -d datasets/$dataset ../shared/datasets/$dataset ${DATASETS_DIR:+"$DATASETS_DIR"/$dataset} 2>/dev/null | head -1 || true)
  [[ -n $table ]] || { echo "full-cell: $dataset is not here (datasets or DATASETS_DIR); left out." >&2; continue; }
  for sites in orbits atoms; do
    flag=() count=256 part=1024
    if [[ $sites == atoms ]]; then flag=(--no-symmetry) count=64 part=192; fi
    ours preprocess --input "$table" "${flag[@]}" --output "$work/d.h5" >"$work/d.json"
    ours preprocess --input "$table" --limit $part "${flag[@]}" --output "$work/p.h5" >"$work/p.json"
    rm -f "$work/m.h5"
    ours train --dataset "$work/d.h5" --config Pipelines/models/symmbfn.yaml --epochs 0 --output "$work/m.h5" >"$work/m.json"
    for steps in 2 12; do ours sample --model "$work/m.h5" --count $count --steps $steps --output "$work/s.h5" >"$work/s$steps.json"; done
    ours reconstruct --samples "$work/s.h5" --output "$work/c.h5" >"$work/c.json"
    for epochs in 1 2; do
      rm -f "$work/t.h5"
      ours train --dataset "$work/p.h5" --config Pipelines/models/symmbfn.yaml --epochs $epochs --output "$work/t.h5" >"$work/t$epochs.json"
    done
    took[$dataset,$sites]=$(reckon %.1f "($(seconds s12) - $(seconds s2)) / 10 * 101 / $count * 1000")
    printf '%-8s %-8s %16s %12s %16s %14s %14s\n' $dataset $sites "${took[$dataset,$sites]}" "$(reckon %.0f "$(field peak_memory_bytes <"$work/s12.json") / 1e6")" \
      "$(reckon %.2f "$(seconds c) / $count * 1000")" \
      "$(reckon %.0f "($(seconds t2) - $(seconds t1)) / $(field accepted <"$work/t1.json") * $(field accepted <"$work/m.json")")" \
      "$(reckon %.0f "$(field peak_memory_bytes <"$work/t2.json") / 1e6")"
  done
done
for sites in orbits atoms; do
  [[ -n ${took[mp20,$sites]:-} && -n ${took[mpts52,$sites]:-} ]] || continue
  echo "$sites: MPTS-52 takes $(reckon %.2f "${took[mpts52,$sites]} / ${took[mp20,$sites]}") times MP-20 (published: 1.14 orbits, 3.31 atoms)"
done
for dataset in mp20 mpts52; do
  [[ -n ${took[$dataset,orbits]:-} ]] || continue
  echo "$dataset: all atoms take $(reckon %.1f "${took[$dataset,atoms]} / ${took[$dataset,orbits]}") times the asymmetric unit"
done

#!/usr/bin/env bash
# What the asymmetric unit saves: the network of the paper's size on asymmetric units and on all atoms of the conventional cells, in one
# run. Its parameters are random, which changes no time. Beside it table 3 of SymmBFN's paper and table 4 of SymmCD's.
#   full-cell.sh FOLDER_OF_PROGRAMS [SAMPLES] [CRYSTALS] [PART]     PART of MP-20 and MPTS-52 whose numbers of sites are drawn: train, test
set -euo pipefail
bin=$1 samples=${2:-1024} crystals=${3:-512} part=${4:-train}
config=Pipelines/models/symmbfn.yaml
declare -A name=([mp20]=MP-20 [mpts52]=MPTS-52) cell=([unit]='asymmetric unit' [cell]='full cell')
declare -A table=() count=() ms=() epoch=() peak=() once=()
seconds=()
for set in mp20 mpts52; do
  table[$set]=$(ls -d datasets/$set/"$part".csv* ../shared/datasets/$set/"$part".csv* ${DATASETS_DIR:+"$DATASETS_DIR"/$set/"$part".csv*} \
    2>/dev/null | head -1 || true)
  [[ ${table[$set]} ]] || { echo "full-cell: ${name[$set]} is not here (datasets/$set or DATASETS_DIR)" >&2; exit 69; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { "$bin/$1" "${@:2}" --threads 2 --quiet --json; }
field() { sed -E "s/.*\"$1\":\"?([^,}\"]+).*/\1/"; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }

value() { sed -nE "s/^ +$1: ([0-9]+).*/\1/p" "$config" | head -1; }

# Of a file with asymmetric units: mean sites, and mean sites squared, the edges.
means() {
  h5dump -d /asymmetric_unit/site_offset -y -w 1 "$1" | grep -oE '^ +[0-9]+' | awk '
    NR > 1 { m = $1 - last; n += m; square += m * m }
    { last = $1 }
    END { print n / (NR - 1), square / (NR - 1) }'
}
# The same with billions of operations a call, of the products that the published network makes; see NetworkSpeed.
size() {
  means "$1" | awk -v c="$(value hidden)" -v l="$(value layers)" -v e="$(value embedding)" -v f="$(value frequencies)" \
    -v w="$(value coordinate_frequencies)" '{
      layer = c * c * (5 * $1 + $2) + 3 * f * c * ($2 - $1) + 6 * c
      input = 295 * e + (4 * e + 3 + 6 * w) * c + c * c
      heads = 3 * c * c + 298 * c
      printf "%7.1f %8.0f %10.2f", $1, $2, 2e-9 * (l * layer + $1 * (input + heads) + c * c + 6 * c)
    }'
}
# Gigabytes that a batch of 512 keeps of its edges for the backward pass: four matrices a layer, of float32.
kept() { means "$1" | awk -v c="$(value hidden)" -v l="$(value layers)" '{ printf "%.1f", 512 * $2 * l * 4 * c * 4 / 1e9 }'; }

echo "Sampling: ms a sample at 100 steps, from $samples samples of 6 calls and of 2; reconstruction of the part's own units apart."
printf '%-24s %7s %8s %10s %10s %10s %16s\n' '' sites edges 'GFLOP/call' ms GB 'reconstruct, ms'
for set in mp20 mpts52; do
  for kind in unit cell; do
    flags=()
    [[ $kind == unit ]] || flags=(--no-symmetry)
    data=$work/$set-$kind.h5 some=$work/some-$set-$kind.h5 model=$work/model.h5
    count[$set]=$(run preprocess --input "${table[$set]}" --held-out 0 "${flags[@]}" --output "$data" | field accepted)
    # A hundredth to validate on, which takes no time.
    run preprocess --input "${table[$set]}" --held-out 0.01 --limit $((crystals + crystals / 50)) "${flags[@]}" --output "$some" > "$work/line"
    run train --dataset "$data" --config "$config" --epochs 0 --output "$model" > "$work/line"
    short=$(run sample --model "$model" --count "$samples" --steps 1 --output "$work/samples.h5" | field seconds)
    run sample --model "$model" --count "$samples" --steps 5 --output "$work/samples.h5" > "$work/line"
    long=$(field seconds < "$work/line")
    ms[$set-$kind]=$(calc %.1f "1000 * 101 * ($long - $short) / 4 / $samples")
    memory=$(calc %.2f "$(field peak_memory_bytes < "$work/line") / 1e9")
    precision=$(field precision < "$work/line")
    run reconstruct --samples "$data" --output "$work/crystals.h5" > "$work/line"
    unfolding=$(calc %.2f "1000 * $(field seconds < "$work/line") / $(field accepted < "$work/line")")
    printf '%-24s %s %10s %10s %16s\n' "${name[$set]}, ${cell[$kind]}" "$(size "$work/samples.h5")" "${ms[$set-$kind]}" "$memory" "$unfolding"
  done
done
ratio() { calc %.2f "$1 / $2"; }
times() { ratio "${ms[$1]}" "${ms[$2]}"; }
echo "full cell to asymmetric unit: MP-20 $(times mp20-cell mp20-unit) (published 2.29), MPTS-52 $(times mpts52-cell mpts52-unit) (6.63)"
echo "MPTS-52 to MP-20: asymmetric unit $(times mpts52-unit mp20-unit) (published 1.14), full cell $(times mpts52-cell mp20-cell) (3.31; CrysBFN 3.39)"
echo "precision $precision, two threads, numbers of sites of the parts '$part'"

echo
echo "Training: an epoch in seconds, extrapolated from about $crystals crystals; the largest memory, parameters and optimiser included. Threads go"
echo "through a batch a few crystals at a time, so any batch fits; beside it what the edges of 512 crystals would take at once, computed."
printf '%-24s %10s %12s %12s %10s %10s %10s\n' '' crystals 'batch 64, s' 'batch 512, s' 'GB at 64' 'GB at 512' 'at once'
for set in mp20 mpts52; do
  for kind in unit cell; do
    for batch in 64 512; do
      for epochs in 0 1; do
        rm -f "$work/trained.h5"
        run train --dataset "$work/some-$set-$kind.h5" --config "$config" --set training.batch=$batch --epochs $epochs \
          --output "$work/trained.h5" > "$work/line"
        seconds[epochs]=$(field seconds < "$work/line")
      done
      epoch[$set-$kind-$batch]=$(calc %.0f "(${seconds[1]} - ${seconds[0]}) / $(field accepted < "$work/line") * ${count[$set]}")
      peak[$set-$kind-$batch]=$(calc %.2f "$(field peak_memory_bytes < "$work/line") / 1e9")
    done
    key=$set-$kind
    once[$key]=$(kept "$work/$key.h5")
    printf '%-24s %10s %12s %12s %10s %10s %10s\n' "${name[$set]}, ${cell[$kind]}" "${count[$set]}" "${epoch[$key-64]}" \
      "${epoch[$key-512]}" "${peak[$key-64]}" "${peak[$key-512]}" "${once[$key]}"
  done
done
for set in mp20 mpts52; do
  printf 'full cell to asymmetric unit, %s: time %s, memory %s, at once %s\n' "${name[$set]}" \
    "$(ratio "${epoch[$set-cell-512]}" "${epoch[$set-unit-512]}")" "$(ratio "${peak[$set-cell-512]}" "${peak[$set-unit-512]}")" \
    "$(ratio "${once[$set-cell]}" "${once[$set-unit]}")"
done
echo "SymmCD as published, MP-20 at batch 512 on a slice of an A100: time 1.9 (27 and 52 s an epoch), memory 8.6 (3.6 and 31 GB)"

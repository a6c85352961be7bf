#!/usr/bin/env bash
# Ratios against the peers, in one run: the published networks of SymmBFN and SymmCD in PyTorch, and the Python package chgnet. What a program takes to
# start and to read its model is left out of both by taking the difference of a long and a short run.
#   peers.sh FOLDER_OF_PROGRAMS PYTHON FOLDER_OF_PEERS      PYTHON with torch, chgnet and pymatgen
set -euo pipefail
bin=$1 python=$2 peers=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
table=$(ls -d datasets/mp20 ../shared/datasets/mp20 ${DATASETS_DIR:+"$DATASETS_DIR"/mp20} 2>/dev/null | head -1 || true)
[[ -n $table ]] || { echo "peers: MP-20 is not here (datasets/mp20 or DATASETS_DIR); left out." >&2; exit 0; }
field() { sed -E "s/.*\"$1\":([^,}]+).*/\1/"; }
ratio() { # WHAT OURS PEER UNIT
  awk -v w="$1" -v o="$2" -v p="$3" -v u="$4" 'BEGIN { printf "%-58s %9.2f  peer %9.2f %s: %5.1f times\n", w, o, p, u, p / o }'
}
"$bin/preprocess" --input "$table" --limit 4000 --output "$work/dataset.h5" --quiet
"$bin/train" --dataset "$work/dataset.h5" --config Pipelines/models/symmbfn.yaml --epochs 0 --output "$work/paper.h5" --quiet

# Sampling and training at the paper's size, two threads. The peer's milliseconds are of 5 of its steps: 100 steps are 20 times that.
peer_sample=$("$python" "$peers/peer_symmbfn_torch.py" sample --steps 5 --batch 256 --threads 2 2>/dev/null | sed -nE 's/.*: ([0-9.]+) ms.*/\1/p')
peer_train=$("$python" "$peers/peer_symmbfn_torch.py" train --batch 256 --threads 2 2>/dev/null | sed -nE 's/.*: ([0-9.]+) ms.*/\1/p')
sampling() { # PRECISION STEPS: seconds of 256 crystals
  "$bin/sample" --model "$work/paper.h5" --count 256 --steps "$2" --precision "$1" --threads 2 --quiet --json --output "$work/s.h5" | field seconds
}
training() { # PRECISION EPOCHS: seconds of so many epochs of 1,024 crystals
  rm -f "$work/t.h5"
  "$bin/train" --dataset "$work/small.h5" --config Pipelines/models/symmbfn.yaml --epochs "$2" --precision "$1" --threads 2 --quiet --json \
    --output "$work/t.h5" | field seconds
}
"$bin/preprocess" --input "$table" --limit 1024 --output "$work/small.h5" --quiet
structures=$("$bin/train" --dataset "$work/small.h5" --config Pipelines/models/symmbfn.yaml --epochs 0 --quiet --json --output "$work/t.h5" | field accepted)
precisions=f32
"$bin/sample" --model "$work/paper.h5" --count 1 --steps 1 --precision bf16 --quiet --output "$work/s.h5" 2>/dev/null && precisions="f32 bf16"
for precision in $precisions; do
  long=$(sampling $precision 22) short=$(sampling $precision 2)
  ratio "sampling, paper's size, $precision, ms a crystal at 100 steps" "$(awk -v a="$long" -v b="$short" 'BEGIN { print (a - b) / 20 * 101 / 256 * 1000 }')" \
    "$(awk -v p="$peer_sample" 'BEGIN { print 20 * p }')" "(PyTorch float32)"
done
for precision in $precisions; do
  long=$(training $precision 3) short=$(training $precision 1)
  ratio "training, paper's size, $precision, ms a structure" "$(awk -v a="$long" -v b="$short" -v n="$structures" 'BEGIN { print (a - b) / 2 / n * 1000 }')" \
    "$peer_train" "(PyTorch float32)"
done

# SymmCD as published: two calls of the network a step, 1,000 steps; both sides take some of the steps.
"$bin/train" --dataset "$work/dataset.h5" --config Pipelines/models/symmcd.yaml --epochs 0 --output "$work/paper.h5" --quiet
peer_sample=$("$python" Tests/Performance/peer_symmcd_torch.py sample --steps 3 --batch 128 --threads 2 2>/dev/null | sed -nE 's/.*: ([0-9.]+) ms.*/\1/p')
for precision in $precisions; do
  long=$(sampling $precision 7) short=$(sampling $precision 2)
  ratio "sampling, SymmCD as published, $precision, ms a crystal" "$(awk -v a="$long" -v b="$short" 'BEGIN { print (a - b) / 5 * 1000 / 256 * 1000 }')" \
    "$(awk -v p="$peer_sample" 'BEGIN { print 1000 / 3 * p }')" "(PyTorch float32)"
done

# CHGNet on one thread: the peer's crystals as they are, then the same within their symmetry. Ten times as many, less as many.
weights=$(ls Artifacts/potentials/chgnet-0.3.0.h5 ../shared/potentials/chgnet-0.3.0.h5 2>/dev/null | head -1 || true)
[[ -n $weights ]] || { echo "peers: CHGNet's weights are not here (make potentials); left out."; exit 0; }
peer=$("$python" "$peers/peer_chgnet.py" "$table/test.csv.xz" --count 60 --threads 1 --extxyz "$work/c1.extxyz" 2>/dev/null | sed -nE 's/.*: ([0-9.]+) s for.*/\1/p')
for _ in {1..11}; do cat "$work/c1.extxyz"; done > "$work/c11.extxyz"
for n in 1 11; do
  "$bin/convert" --input "$work/c$n.extxyz" --output "$work/p1-$n.h5" --symprec 0 --quiet
  "$bin/preprocess" --input "$work/c$n.extxyz" --symprec 0.1 --output "$work/symmetric-$n.h5" --quiet
done
evaluating() { # FILE: seconds, the least of three
  for _ in 1 2 3; do
    "$bin/relax" --crystals "$1" --potential "chgnet:$weights" --static --threads 1 --quiet --json --output "$work/r.h5" | field seconds
  done | sort -n | head -1
}
for what in p1 symmetric; do
  long=$(evaluating "$work/$what-11.h5") short=$(evaluating "$work/$what-1.h5")
  ratio "CHGNet, $what, one thread, ms a crystal" "$(awk -v a="$long" -v b="$short" 'BEGIN { print (a - b) / 600 * 1000 }')" \
    "$(awk -v s="$peer" 'BEGIN { print 1000 * s / 60 }')" "(the package chgnet)"
done

#!/usr/bin/env bash
# Processor time, divided by two threads, that SymmBFN written the usual way in PyTorch takes for a crystal: the peer of NetworkSpeed.
#   peer.sh PYTHON SCRIPT      PYTHON with torch; SCRIPT takes sample|train, --dtype, --steps, --repeat, --batch, --threads
# A run of three repeats less a run of one, so that loading does not count.
set -euo pipefail
user() { ( TIMEFORMAT=%U; time "$@" >/dev/null 2>&1 ) 2>&1; }
for mode in "sample --steps 20" "train --steps 1"; do
  for dtype in f32 bf16; do
    one=$(user "$1" "$2" $mode --dtype $dtype --threads 2 --batch 256 --repeat 1)
    three=$(user "$1" "$2" $mode --dtype $dtype --threads 2 --batch 256 --repeat 3)
    awk -v a="$one" -v b="$three" -v m="${mode%% *}" -v d=$dtype 'BEGIN {
      ms = 1000 * (b - a) / 2 / 2 / 256; if (m == "sample") ms *= 5
      printf "peer, %s %s: %.2f ms a crystal%s\n", m, d, ms, m == "sample" ? " (100 steps, from 20)" : "" }'
  done
done

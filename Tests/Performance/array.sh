#!/usr/bin/env bash
# What cutting a run into shards costs: processor seconds, bytes and files of one process against N shards and their merge, on about
# 1,000 crystals. One thread; processor time, not wall clock, so that other work on the machine does not count.
#   array.sh FOLDER_OF_PROGRAMS [SHARDS] [CRYSTALS] [POTENTIAL]
set -euo pipefail
bin=$1 shards=${2:-16} count=${3:-1000} potential=${4:-pair}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quiet=(--quiet --threads 1)
"$bin/preprocess" --input /usr/share/avogadro2/crystals --output "$work/dataset.h5" --quiet
"$bin/train" --dataset "$work/dataset.h5" --config Pipelines/models/symmbfn-small.yaml --epochs 10 --output "$work/model.h5" --quiet
cpu() { # NAME COMMAND…: adds its user and system seconds, and the bytes that it asked the system for, to NAME
  local name=$1 line
  shift
  line=$( { TIMEFORMAT='%U %S'; time "$@" >&2; } 2>&1 | tail -n 1)
  seconds[$name]=$(awk -v a="${seconds[$name]:-0}" -v t="$line" 'BEGIN { split(t, x, " "); print a + x[1] + x[2] }')
}
stage() { # NAME FILE COMMAND…
  local name=$1 file=$2 i parts=()
  shift 2
  cpu "$name whole" "$@" --output "$work/$file.h5" "${quiet[@]}"
  for ((i = 0; i < shards; i++)); do
    parts+=("$work/$file.$i.h5")
    cpu "$name shards" "$@" --output "$work/$file.$i.h5" --shard "$i/$shards" "${quiet[@]}"
  done
  cpu "$name merge" "$bin/merge" --output "$work/$file.merged.h5" "${parts[@]}" --quiet
  h5diff -c --exclude-path /relaxation/wall_seconds "$work/$file.h5" "$work/$file.merged.h5" | grep '^dataset' && exit 1
  printf '%-12s %8.2f s %8.2f s in %d shards %8.2f s merge %10d bytes whole %10d bytes in shards\n' "$name" "${seconds[$name whole]}" \
    "${seconds[$name shards]}" "$shards" "${seconds[$name merge]}" "$(stat -c %s "$work/$file.h5")" \
    "$(cat "${parts[@]}" | wc -c)"
}
declare -A seconds
cpu start "$bin/merge" --version
printf '%-12s %8.3f s\n' "start-up" "${seconds[start]}"
stage sample samples "$bin/sample" --model "$work/model.h5" --count "$count" --steps 20
stage reconstruct crystals "$bin/reconstruct" --samples "$work/samples.h5"
stage relax relaxed "$bin/relax" --crystals "$work/crystals.h5" --potential "$potential"
printf '%-12s %8d crystals of %d samples\n' "" "$(h5ls "$work/crystals.h5/id" | sed -E 's/.*\{([0-9]+).*/\1/')" "$count"
cpu metrics "$bin/metrics" --crystals "$work/relaxed.h5" --reference "$work/dataset.h5" --output "$work/metrics.json" --quiet
printf '%-12s %8.2f s\n' metrics "${seconds[metrics]}"

# What test.sh and pbs.sh check with.

fail() { echo "$0: FAILED: $*" >&2; exit 1; }

step() { echo "== $* ($SECONDS s)"; }

# A sentence and a test: expect "two are done" "$n" = 2
expect() { test "${@:2}" || fail "$1: expected ${*:3}, found $2"; }

# Runs a command that must stand in the documents as it is.
documented() {
  grep -qE "^$1( |$)" Documentation/Cluster.md || fail "Documentation/Cluster.md does not show '$1'"
  echo "$1" >>"$work/ran.txt"
  echo "\$ $1" >&2
  eval "${1/#make /make -s }"
}

# All commands of that document's first section have been run.
all_documented() {
  local line
  while read -r line; do
    line=$(sed -E 's/ +#.*//' <<<"$line")
    grep -qxF "$line" "$work/ran.txt" || fail "Documentation/Cluster.md shows '$line', which the test does not run"
  done < <(sed -n '/^## Commands/,/^## /p' Documentation/Cluster.md | grep '^make ')
}

await_within() { # SECONDS WHAT COMMAND…
  local end=$((SECONDS + $1))
  until "${@:3}" >/dev/null; do
    ((SECONDS < end)) || fail "waited $1 s for $2"
    sleep 0.2
  done
}
await() { await_within 120 "$@"; }

queue_empty() { [[ ! $(squeue --noheader) ]]; }
drained() { await_within 240 "the queue to empty" queue_empty; }

attribute() { h5dump -a "/$2" "$1" | sed -nE 's/^ *\(0\): //p'; } # FILE NAME

# Two files hold the same: all datasets and attributes but clocks, places and what follows from them.
same() { # FILE FOLDER FOLDER
  local clocks='^attribute: <(command|configuration|content|created|host|inputs|peak_memory_bytes|wall_seconds) of </>>|is an empty dataset$'
  [[ -e $2/$1 && -e $3/$1 ]] || fail "$1 is missing in $2 or $3"
  { h5diff -c --exclude-path /relaxation/wall_seconds --exclude-path /training/history --exclude-path /training/seconds "$2/$1" "$3/$1" || true; } |
    { grep -E '^(attribute|dataset|group|Not)' || true; } | { grep -vE "$clocks" || true; } >"$work/h5diff.txt"
  [[ ! -s $work/h5diff.txt ]] || { cat "$work/h5diff.txt"; fail "$1 differs"; }
  # h5diff is content with files that have nothing in common, and passes over empty datasets.
  expect "$1 holds the same names" "$(h5ls -r "$2/$1" | md5sum)" = "$(h5ls -r "$3/$1" | md5sum)"
  echo "   $1: the same"
}

# Also the history of losses, without its last column, the seconds.
same_model() { # FILE FILE
  same "$(basename "$1")" "$(dirname "$1")" "$(dirname "$2")"
  history() { h5dump -m %.17g -d /training/history --start="0,0" --count="$EPOCHS,9" "$1" | tail -n +2; }
  expect "the history has an epoch a line" "$(history "$1" | grep -c "($((EPOCHS - 1)),")" -ge 1
  expect "the losses are the same" "$(history "$1" | md5sum)" = "$(history "$2" | md5sum)"
  echo "   $(basename "$1"): $EPOCHS epochs of losses, the same"
}

same_line() { # FOLDER FOLDER
  local m=minerals/symmbfn-small/seed0-epochs$EPOCHS
  same dataset.h5 "$1/minerals" "$2/minerals"
  same_model "$1/$m/model.h5" "$2/$m/model.h5"
  same samples.h5 "$1/minerals/$run" "$2/minerals/$run"
  same crystals.h5 "$1/minerals/$run" "$2/minerals/$run"
  same relaxed.h5 "$1/$relaxed" "$2/$relaxed"
  same metrics.h5 "$1/$relaxed" "$2/$relaxed"
}

# Turns a byte in the middle of a file over.
damage() {
  local middle=$(($(stat -c %s "$1") / 2)) byte
  byte=$(od -An -tu1 -j "$middle" -N 1 "$1")
  printf "\\x$(printf %02x $((255 - byte)))" | dd of="$1" bs=1 seek="$middle" conv=notrunc status=none
}

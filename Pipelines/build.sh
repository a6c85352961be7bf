#!/usr/bin/env bash
# Builds the programs, unless they are newer than everything that they are built from: a look at dates, in milliseconds.
#   build.sh FOLDER FLAGS… -- PROGRAMS…      FOLDER: .build or .build-test, which has release/PROGRAM and the note of the last build
set -euo pipefail
folder=$1
shift
flags=()
while [[ $1 != -- ]]; do
  flags+=("$1")
  shift
done
shift
note=$folder/release/frieze-built

# By what, and how; another compiler or other flags build anew.
by() { echo "$(command -v swift || true) ${flags[*]}"; }
current() {
  local program
  [[ -e $note && $(<"$note") == "$(by)" ]] || return 1
  for program in "$@"; do [[ -x $folder/release/$program ]] || return 1; done
  [[ ! $(find Package.swift Package.resolved Sources Stages -newer "$note" -print -quit) ]]
}
if current "$@"; then exit; fi

if ! command -v swift >/dev/null; then
  echo "build: there is no 'swift' on the PATH. Install Swift 6.2 or newer from swift.org and try again." >&2
  exit 69
fi
if [[ -e $folder/release ]]; then
  echo "build: sources have changed since the last build" >&2
else
  echo "build: the first build takes some minutes; libraries of Swift are fetched for it" >&2
fi
begun=$(mktemp)
trap 'rm -f "$begun"' EXIT
swift build "${flags[@]}" 2>&1 | { grep -vE '^\[[0-9]+/[0-9]+\]|^Build|^Fetch|^Comput|^Creat|^Work|^Updat' || true; }
# Of the time before the build: what changed meanwhile is newer.
by >"$note.new"
touch -r "$begun" "$note.new"
mv "$note.new" "$note"

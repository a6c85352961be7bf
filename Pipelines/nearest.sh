#!/usr/bin/env bash
# Prints which of some words is nearest to one: the fewest letters to change, put in or leave out, case and underscores aside. Nothing
# where none is near.
#   nearest.sh WORD CANDIDATES…
set -euo pipefail
printf '%s\n' "$@" | awk '
  function plain(text) { text = toupper(text); gsub(/[-_]/, "", text); return text }
  function least(a, b) { return a < b ? a : b }
  function distance(a, b,   i, j, row, last, kept) {
    for (j = 0; j <= length(b); j++) row[j] = j
    for (i = 1; i <= length(a); i++) {
      last = row[0]; row[0] = i
      for (j = 1; j <= length(b); j++) {
        kept = row[j]
        row[j] = least(least(row[j], row[j - 1]) + 1, last + (substr(a, i, 1) != substr(b, j, 1)))
        last = kept
      }
    }
    return row[length(b)]
  }
  NR == 1 { word = plain($0); best = int((length(word) + 2) / 3) + 1; next }
  { d = distance(word, plain($0)); if (d < best) { best = d; found = $0 } }
  END { if (found != "") print found }'

#!/bin/bash
# Runs `swift test`, given as arguments: shows what fails, and at the end a line for each suite or test that was left out, with its reason.
set -uo pipefail
events=$(mktemp)
trap 'rm -f "$events"' EXIT
"$@" --quiet --event-stream-output-path "$events" --event-stream-version 0
status=$?
# A suite that is left out is named, its tests are not.
sed -nE 's/.*"kind":"testSkipped".*"text":"(Suite|Test) (.*) skipped(: \\"(.*)\\"|\.)"\}\].*/\1\t\2\t\4/p' "$events" |
  sed -E 's/\\(["\/])/\1/g' | awk -F '\t' '
    $1 == "Suite" && !suites[$2]++ { whole[$3] = 1; print "left out: " $2 ": " $3; next }
    $1 != "Suite" { tests[++count] = $2 "\t" $3 }
    END {
      for (i = 1; i <= count; i++) {
        split(tests[i], part, "\t")
        if (!whole[part[2]] && !seen[tests[i]]++) print "left out: " part[1] ": " part[2]
      }
    }'
exit "$status"

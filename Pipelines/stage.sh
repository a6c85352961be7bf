#!/usr/bin/env bash
# Makes one file of the line, unless it is current; another make that makes the same file is waited for.
#   stage.sh FILE NEEDS COMMAND [WHOLE]      WHOLE: the file that FILE is a part of; where that is current the part is not needed
set -euo pipefail
file=$1 needs=$2 command=$3 whole=${4:-}
source Pipelines/current.sh
mkdir -p "$(dirname "$file")"
if [[ $whole ]] && current "$whole" $needs; then exit; fi
exec {lock}>>"$file.lock"
status=0
flock -n -E 75 "$lock" 2>/dev/null || status=$?
# Where the disk has no locks (another status) nothing can be waited for.
if ((status == 75)); then
  echo "another make is at work on $file: waiting for it" >&2
  flock "$lock"
fi
if current "$file" $needs; then exit; fi
now=$(made_of $needs)
printf '%s\n' "$command" >&2
# The program itself does not hold the lock: what it starts might live longer.
bash -euo pipefail -c "$command" {lock}>&-
note_made "$file" "$now"

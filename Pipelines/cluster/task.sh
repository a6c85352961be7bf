#!/usr/bin/env bash
# One job of the line, on the machine it was given: makes one file, unless it is there and current.
#   task.sh CLUSTER FILE NEEDS COMMAND       $INDEX in FILE and COMMAND is the number of the shard
# The log says "# begin ID …" and "# end STATUS …" around each attempt; line.sh reads them. A job that runs out of time is told so
# (SIGUSR1), passes it on, and where the program has saved its work (status 75) asks to be put into the queue again.
set -uo pipefail
source "Pipelines/cluster/$1.sh"
source Pipelines/current.sh
INDEX=$(task_index)
export INDEX
file=${2//\$INDEX/$INDEX} needs=$3 command=$4
begun=$(date +%s)
echo "# begin $(task_id) on ${HOSTNAME} at $(date -u +%FT%TZ): $file"

finish() { # STATUS WORDS
  echo "# end $1${2:+ $2} after $(($(date +%s) - begun)) s"
  exit "$1"
}

# A shared disk may show another machine's file up to a minute late.
appears() {
  local patience
  for ((patience = ${FRIEZE_PATIENCE:-60}; patience > 0; patience--)); do
    [[ ! -e $1 ]] || return 0
    ls "$(dirname "$1")" >/dev/null 2>&1
    sleep 1
  done
  [[ -e $1 ]]
}

for need in $needs; do
  appears "$need" || { echo "'$need' is not there; was the stage before this one run?"; finish 65; }
done
if current "$file" $needs; then finish 0 "there already"; fi
made=$(made_of $needs)

# What a process that was killed while it wrote has left behind; line.sh lets no second job write the same file.
rm -f "$file".partial-* "$file".unfinished.h5.partial-*

warning='' interrupted=''
warned() { # time or cancelled; a program ends at once at the second signal, so it gets one.
  interrupted=yes
  if [[ ! $warning ]]; then kill -USR1 "$child" 2>/dev/null; fi
  warning=${warning:-$1}
}
[[ $command == *'; exec '* ]] || command="exec $command"
bash -c "$command" &
child=$!
trap 'warned time' USR1
trap 'warned cancelled' TERM INT HUP
while :; do
  interrupted=
  # Without the shell's own words about a process that was killed.
  wait "$child" 2>/dev/null
  status=$?
  [[ $interrupted ]] || break
done

if ((status == 0)); then
  note_made "$file" "$made" || finish 74 "what it was made of cannot be written"
  # Parts are checked by the merge.
  [[ $INDEX ]] || Pipelines/stamp.sh "$file" || finish 74 "the hash cannot be written"
  finish 0
fi
if ((status > 128)); then finish "$status" "killed by signal $((status - 128))"; fi
if ((status == 75)) && [[ $warning == time ]]; then
  saved=$file.unfinished.h5
  if [[ ! -e $saved ]] || (($(stat -c %Y "$saved") < begun)); then
    echo "the time limit came before anything could be saved: a longer TIME= or more SHARDS= is needed."
  elif (($(grep -c '^# end 75 again' "${file}.log") >= ${FRIEZE_ATTEMPTS:-100})); then
    echo "put back ${FRIEZE_ATTEMPTS:-100} times: a longer TIME= or more SHARDS= is needed."
  else
    echo "# end 75 again after $(($(date +%s) - begun)) s"
    run_again || finish 75 "cannot be put back into the queue"
    exit 75
  fi
fi
finish "$status"

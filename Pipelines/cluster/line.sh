#!/usr/bin/env bash
# The line as jobs: what is there, what runs, what is missing; and submits what is missing.
#   line.sh submit STAGE | resume [STAGE] | status
# From cluster.mk: FRIEZE_LINE (described there), FRIEZE_CLUSTER, DRY.
#
# A file is current where it was made of what it needs as that is now (Pipelines/current.sh). FILE.jobs remembers what was submitted, a job a line:
# cluster, id, shards and options (a checksum), indices (- for a whole file or a merge). FILE.log is the log of the job of FILE.
set -euo pipefail
action=$1 upto=${2:-}
fail() { echo "line.sh: $2" >&2; exit "$1"; }
unique() { printf '%s\n' "$@" | awk 'NF && !seen[$1]++ { printf " %s", $1 }'; }

source Pipelines/current.sh

# What was submitted for a stage: JOB[index], and KEY[index] for shards and options.
read_jobs() { # FILE
  local id key indices range i
  JOB=() KEY=()
  [[ -e $1.jobs ]] || return 0
  while read -r _ id key indices; do
    for range in ${indices//,/ }; do
      if [[ $range == - ]]; then JOB[-]=$id KEY[-]=$key; continue; fi
      for ((i = ${range%-*}; i <= ${range#*-}; i++)); do JOB[$i]=$id KEY[$i]=$key; done
    done
  done <"$1.jobs"
}

# LIVE[id] and LIVE[id_index]: waiting or running, and why; started where only the log can tell.
ask_cluster() {
  local id state
  if [[ ! ${FRIEZE_CLUSTER:-} ]]; then
    # The one of the last submission.
    FRIEZE_CLUSTER=$(cut -f2 <<<"$FRIEZE_LINE" | while read -r file; do tail -qn 1 "$file.jobs" 2>/dev/null || true; done |
      tail -n 1 | cut -d' ' -f1)
    [[ $FRIEZE_CLUSTER ]] || return 0
  fi
  source "Pipelines/cluster/$FRIEZE_CLUSTER.sh"
  while read -r id state; do LIVE[$id]=$state; done < <(live_jobs || echo failed)
  [[ ${LIVE[failed]+yes} ]] || return 0
  # What would be submitted can be asked anywhere.
  [[ ${DRY:-} ]] || fail 69 "$FRIEZE_CLUSTER cannot be asked for its jobs; try again when it answers."
  unset 'LIVE[failed]'
  echo "line.sh: $FRIEZE_CLUSTER cannot be asked for its jobs here; this is what would be submitted if there were none." >&2
}

live() { echo "${LIVE[${JOB[$1]:-none}_$1]:-${LIVE[${JOB[$1]:-none}]:-}}"; } # INDEX

# waiting, running, failed or missing, and the reason.
state_of() { # FILE INDEX
  local live line
  live=$(live "$2")
  case $live in waiting* | running*) echo "$live"; return ;; esac
  line=$( (grep -E '^# (begin|end)' "$1.log" 2>/dev/null || true) | tail -n 1)
  case $line in
    '# begin '*)
      line=${line#\# begin }
      if [[ ${LIVE[${line%% *}]:-} ]]; then echo running; else echo "failed: killed: $(last_words "$1.log")"; fi ;;
    '' | '# end 0'*) if [[ $live ]]; then echo waiting; else echo missing; fi ;;
    *) if [[ $live ]]; then echo waiting; else echo "failed: ${line#\# end }: $(last_words "$1.log")"; fi ;;
  esac
}

last_words() { (grep -v -e '^#' -e '^ *$' "$1" || true) | tail -n 1 | cut -c 1-240; }

# Lines 0 1 2 5 as 0-2,5.
ranges() {
  awk 'function put() { printf "%s%s%s", sep, first, (last > first ? "-" last : ""); sep = "," }
    NR > 1 && $1 == last + 1 { last = $1; next } NR > 1 { put() } { first = last = $1 } END { put() }'
}

# Submits a job or an array for what waits for the jobs of $after; its id comes in $id.
send() { # FILE INDICES COMMAND
  local pair pairs command
  IFS=';' read -r -a pairs <<<"$resources"
  for pair in "${pairs[@]}"; do declare "${pair# }"; done
  command=${3//\$CPUS/$CPUS}
  submitted() { # ID
    id=$1
    [[ ${DRY:-} ]] || echo "$FRIEZE_CLUSTER $id $key ${2:--}" >>"$whole.jobs"
    echo "$stage${2:+ $2}: job $id${after:+ after$after}" >&2
  }
  [[ ${DRY:-} ]] || mkdir -p "$(dirname "$1")"
  submit_job "$stage" "$1" "$2" "$after" Pipelines/cluster/task.sh "$FRIEZE_CLUSTER" "$1" "$needs" "$command"
}

# One stage. What waits or runs is left alone, unless what it waits for is made again; what is missing is submitted.
# UPSTREAM: the job that the stage has to wait for. RENEWED: that job, or one before it, is new.
submit_stage() {
  local stage=$1 whole=$2 parts=$3 shards=$4 needs=$5 resources=$6 command=$7 part=${8:-}
  local key i file state id='' after='' waited='' todo=() old=()
  key=$shards:$(cksum <<<"$command$part" | cut -d' ' -f1)
  if [[ ! $UPSTREAM ]] && current "$whole" $needs; then return; fi
  read_jobs "$whole"
  for i in "${!JOB[@]}"; do
    [[ ${KEY[$i]} == "$key" || ! $(live "$i") ]] || fail 64 \
      "$stage: jobs with other options or another number of shards wait or run ($(unique "${JOB[@]}") ): wait for them or cancel them."
  done
  for i in $([[ $parts == - ]] || seq 0 $((shards - 1))) -; do
    if [[ $i == - ]]; then file=$whole; else file=$parts/$i.h5; fi
    if [[ $i != - && ! $UPSTREAM ]] && current "$file" $needs; then continue; fi
    state=$(state_of "$file" "$i")
    case $state in
      running*) waited+=" ${JOB[$i]}"; continue ;;
      waiting*)
        if [[ ! $RENEWED && ($i != - || ${#todo[@]} == 0) ]]; then waited+=" ${JOB[$i]}"; continue; fi
        old+=("${JOB[$i]}$([[ $i == - ]] || echo "_$i")") ;;
    esac
    todo+=("$i")
  done
  send_stage
}

send_stage() {
  local merge=
  if ((${#todo[@]})) && [[ ${todo[-1]} == - ]]; then merge=yes; unset 'todo[-1]'; fi
  if ((${#old[@]})); then ${DRY:+echo} cancel_job "${old[@]}"; fi
  after=$UPSTREAM
  if ((${#todo[@]})); then
    send "$parts/\$INDEX.h5" "$(printf '%s\n' "${todo[@]}" | ranges)" "$part"
    waited+=" $id" RENEWED=yes
  fi
  if [[ $merge ]]; then
    [[ $parts == - ]] || after=$(unique $waited)
    send "$whole" "" "$command"
    RENEWED=yes
  else
    id=${JOB[-]}
  fi
  UPSTREAM=" $id"
}

submit() {
  local asked fields UPSTREAM='' RENEWED=''
  # The last submission of this line went up to the stage that stands beside its last file.
  asked=$(tail -n 1 <<<"$FRIEZE_LINE" | cut -f2).asked
  if [[ $action == resume && ! $upto && -e $asked ]]; then upto=$(<"$asked"); fi
  [[ $upto ]] || fail 64 "nothing was submitted; make submit STAGE=… says up to which stage."
  if [[ ! ${DRY:-} ]]; then
    mkdir -p "$(dirname "$asked")"
    echo "$upto" >"$asked"
  fi
  while IFS=$'\t' read -r -a fields <&3; do
    submit_stage "${fields[@]}"
    [[ ${fields[0]} != "$upto" ]] || break
  done 3<<<"$FRIEZE_LINE"
  [[ $RENEWED ]] || echo "nothing to submit up to $upto${UPSTREAM:+: its jobs wait or run}" >&2
}

status() {
  local stage whole parts shards needs known
  while IFS=$'\t' read -r stage whole parts shards needs; do
    read_jobs "$whole"
    if current "$whole" $needs; then printf '%-12s %-8s %s\n' "$stage" done "$whole"; continue; fi
    # The number of shards of the last submission, where there was one.
    known=$( (tail -n 1 "$whole.jobs" 2>/dev/null || true) | cut -d' ' -f3)
    if [[ $known ]]; then shards=${known%:*}; fi
    status_of_stage "$shards" "${whole%.*}.shards$shards"
  done <<<"$FRIEZE_LINE"
}

status_of_stage() { # SHARDS PARTS
  local i file whole_state state done=0 running=0 waiting=0 missing=0 failed=() shards=$1
  whole_state=$(state_of "$whole" -)
  for ((i = 0; shards > 1 && i < shards; i++)); do
    file=$2/$i.h5
    if current "$file" $needs; then ((++done)); continue; fi
    state=$(state_of "$file" "$i")
    case $state in
      running*) ((++running)) ;;
      waiting*) ((++waiting)) ;;
      failed*) failed+=("shard $i ${state/:/,}"$'\n'"               log: $file.log") ;;
      *) ((++missing)) ;;
    esac
  done
  if ((shards > 1)); then file=merge\ ; else file=; fi
  if [[ $whole_state == failed* ]]; then failed+=("$file${whole_state/:/,}"$'\n'"               log: $whole.log"); fi
  state=${whole_state%%[: ]*}
  if ((${#failed[@]})); then state=failed; elif ((running)); then state=running; fi
  printf '%-12s %-8s %s' "$stage" "$state" "$whole"
  if ((shards > 1)); then
    printf ': %d shards: %d done, %d running, %d waiting, %d failed, %d missing' "$shards" $done $running $waiting \
      $((shards - done - running - waiting - missing)) $missing
  elif [[ $whole_state == waiting* ]]; then
    printf ' (%s)' "${whole_state#waiting }"
  fi
  printf '\n'
  for i in "${failed[@]:0:10}"; do printf '             %s\n' "$i"; done
  ((${#failed[@]} <= 10)) || printf '             and %d more\n' $((${#failed[@]} - 10))
}

declare -A JOB KEY LIVE
FRIEZE_LINE=$(sed 's/^ *//; /^$/d' <<<"$FRIEZE_LINE")
ask_cluster
case $action in submit | resume) submit ;; status) status ;; *) fail 64 "submit, resume or status" ;; esac

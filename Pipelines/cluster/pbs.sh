# PBS (OpenPBS, PBS Professional). An example: tested against programs that stand in for qsub, qstat and qdel (Tests/Cluster/pbs.sh), not on a
# real PBS. For the functions see slurm.sh. What is not as in Slurm:
#
# - An array has one range of indices. It goes from the first index to the last; tasks that nobody asked for end at once.
# - A job is not told before its time is over. `timeout` tells it WARNING seconds before TIME, so TIME must be given for that.
# - qrerun needs the rights of an operator at most sites. Without them a job that ran out of time ends, and `make resume` goes on.

# TIME as Slurm reads it (minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S) in seconds.
seconds_of() {
  local days=0 rest=$1 parts
  if [[ $rest == *-* ]]; then
    days=${rest%%-*} rest=${rest#*-}
    IFS=: read -r -a parts <<<"$rest:0:0"
  else
    IFS=: read -r -a parts <<<"$rest"
    case ${#parts[@]} in
      1) parts=(0 "${parts[0]}" 0) ;;
      2) parts=(0 "${parts[@]}") ;;
    esac
  fi
  echo $((86400 * 10#$days + 3600 * 10#${parts[0]} + 60 * 10#${parts[1]} + 10#${parts[2]}))
}

# MEMORY as Slurm reads it (megabytes, or with K, M, G, T) as PBS does.
memory_of() {
  case $1 in
    *[0-9]) echo "$1mb" ;;
    *[KMGTkmgt]) echo "${1,,}b" ;;
    *) echo "${1,,}" ;;
  esac
}

submit_job() {
  local stage=$1 log=$2.log indices=$3 after=${4# } command options further limit=() select="select=1:ncpus=$CPUS" script
  read -r -a further <<<"$SUBMIT"
  [[ ! $MEMORY ]] || select+=":mem=$(memory_of "$MEMORY")"
  # The log is written by the job itself, since PBS shows one only at the end.
  options=(-N "frieze-$stage" -S /bin/bash -V -r y -j oe -o /dev/null -l "$select")
  if [[ $TIME ]]; then
    local seconds
    seconds=$(seconds_of "$TIME")
    options+=(-l "walltime=$seconds")
    ((seconds <= WARNING)) || limit=(timeout --foreground --preserve-status --signal=USR1 $((seconds - WARNING)))
  fi
  [[ ! $PARTITION ]] || options+=(-q "$PARTITION")
  [[ ! $ACCOUNT ]] || options+=(-A "$ACCOUNT")
  [[ ! $after ]] || options+=(-W "depend=afterok:${after// /:}")
  printf -v command '%q ' "${limit[@]}" "${@:5}"
  script=$(script_of "$log" "$indices" "$command")
  # An array of one task is none.
  [[ $indices != *[,-]* ]] || options+=(-J "${indices%%[,-]*}-${indices##*[,-]}$([[ $JOBS == 0 ]] || echo "%$JOBS")")
  if [[ ${DRY:-} ]]; then
    printf '%q ' qsub "${options[@]}" "${further[@]}"
    printf '<<<%q\n' "$script"
    submitted "<$stage${indices:+:$indices}>" "$indices"
    return
  fi
  local answer
  # What line.sh knows of the whole line is not for jobs.
  answer=$(env -u FRIEZE_LINE qsub "${options[@]}" "${further[@]}" <<<"$script") || fail 69 "$stage: qsub took no job."
  submitted "${answer%%.*}" "$indices"
}

# What a job runs: in the folder it was submitted from, with the number of its shard, into its log.
script_of() { # LOG INDICES COMMAND
  local log
  printf -v log '%q' "${1//\$INDEX/@@}"
  echo "cd \"\$PBS_O_WORKDIR\" || exit 74"
  if [[ $2 ]]; then
    echo "export FRIEZE_INDEX=\${PBS_ARRAY_INDEX:-${2%%[,-]*}}"
    if [[ $2 == *,* ]]; then
      echo "case ,$(listed "$2"), in *,\$FRIEZE_INDEX,*) ;; *) exit 0 ;; esac"
    fi
  else
    echo "unset FRIEZE_INDEX"
  fi
  echo "exec >>${log//@@/\$FRIEZE_INDEX} 2>&1 </dev/null"
  echo "exec $3"
}

# 0-2,5 as 0,1,2,5.
listed() {
  local range
  for range in ${1//,/ }; do seq "${range%-*}" "${range#*-}"; done | paste -sd ,
}

# A job whose dependency can never be satisfied is deleted by PBS. Arrays stand there with their tasks, which tell more than the whole.
live_jobs() {
  local user
  user=$(id -un)
  qstat -t -u "$user" | awk '
    $1 !~ /^[0-9]+(\[[0-9]+\])?(\.|$)/ { next }
    { id = $1; sub(/\..*/, "", id); if (sub(/\]$/, "", id)) sub(/\[/, "[]_", id) }
    $10 == "H" { print id, "waiting Dependency" }
    $10 == "Q" || $10 == "W" || $10 == "T" { print id, "waiting Queued" }
    $10 == "R" || $10 == "E" || $10 == "S" || $10 == "U" { print id, "running" }'
}

cancel_job() {
  local id ids=()
  for id in "$@"; do
    case $id in
      *'[]_'*) ids+=("${id%%\[*}[${id##*_}]") ;;
      *) ids+=("${id%_*}") ;;
    esac
  done
  qdel "${ids[@]}"
}

run_again() { qrerun "$PBS_JOBID"; }

task_index() { echo "${FRIEZE_INDEX:-}"; }

task_id() {
  local id=${PBS_JOBID%%.*}
  [[ $id != *\[*\] ]] || { id=${id%\]}; id="${id%\[*}[]_${id##*\[}"; }
  echo "$id"
}

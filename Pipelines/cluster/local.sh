# Processes of this machine, JOBS at a time, one stage after the other; for the functions see slurm.sh. A stage of which a shard
# fails does its other shards and then ends the line.

submit_job() {
  local stage=$1 file=$2 indices=$3 command=("${@:5}")
  if [[ ${DRY:-} ]]; then
    [[ ! $indices ]] || printf 'for FRIEZE_INDEX in %s, %s at a time: ' "$indices" "$JOBS"
    printf '%q ' "${command[@]}"
    echo
    submitted "<$stage>" "$indices"
    return
  fi
  submitted $$ "$indices"
  local ended status
  ended=$(mktemp)
  each_index "$indices" | FRIEZE_ENDED=$ended xargs -P "$JOBS" -I @@ env FRIEZE_INDEX=@@ FRIEZE_LOG="${file//\$INDEX/@@}.log" \
    bash -c '"$@" >>"$FRIEZE_LOG" 2>&1 || { status=$?; echo "$status" >>"$FRIEZE_ENDED"; exit "$status"; }' - "${command[@]}" || true
  # The status of the first that failed, as the program gave it.
  status=$(head -n 1 "$ended")
  rm -f "$ended"
  [[ ! $status ]] || fail "$status" "$stage: not all is done. make status says what failed; make resume goes on."
}

each_index() {
  [[ $1 ]] || { echo -; return; }
  local range
  for range in ${1//,/ }; do seq "${range%-*}" "${range#*-}"; done
}

# Only the log of a task tells whether it has begun.
live_jobs() {
  local file
  for file in $(grep -lazE '(^|/)Pipelines/cluster/(line|task)\.sh$' /proc/[0-9]*/cmdline 2>/dev/null); do
    file=${file#/proc/}
    [[ ${file%/cmdline} == "$$" ]] || echo "${file%/cmdline} started"
  done
}

# All of a submission end with the process that started them.
cancel_job() { fail 64 "another make on this machine works on this line (process $1): wait for it, or end it."; }

run_again() { false; }

task_index() { [[ ${FRIEZE_INDEX:--} == - ]] || echo "$FRIEZE_INDEX"; }

task_id() { echo $$; }

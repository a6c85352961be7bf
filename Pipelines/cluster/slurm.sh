# Slurm. What a batch system has to offer; another one is another file of this kind.
#
#   submit_job STAGE FILE INDICES AFTER PROGRAM ARGUMENT…   submits a job, or an array where INDICES (0-3,7) is not empty, that runs
#       after the jobs AFTER have all succeeded; calls `submitted ID INDICES`. $INDEX in FILE is the number of the task. The log is
#       FILE.log, appended to. With DRY it prints what it would do. What to ask for: CPUS, MEMORY, TIME, PARTITION, ACCOUNT,
#       SUBMIT (further options), JOBS (tasks at a time), WARNING (seconds before the limit at which SIGUSR1 comes); empty: the site's.
#   live_jobs        prints `ID waiting REASON` or `ID running` for each job of this user, ID_INDEX for a task of an array
#   cancel_job ID…
#   run_again        in a job: puts it back into the queue
#   task_index, task_id   in a job: the number of the shard, empty where whole; the ID as live_jobs prints it

submit_job() {
  local stage=$1 log=${2//\$INDEX/%a}.log indices=$3 after=${4# } options further
  # Words, but no patterns of files.
  read -r -a further <<<"$SUBMIT"
  options=(--parsable --job-name="frieze-$stage" --output="$log" --open-mode=append --requeue
    --nodes=1 --ntasks=1 --cpus-per-task="$CPUS" --signal="B:USR1@$WARNING")
  [[ ! $indices ]] || options+=(--array="$indices$([[ $JOBS == 0 ]] || echo "%$JOBS")")
  [[ ! $after ]] || options+=(--dependency="afterok:${after// /:}" --kill-on-invalid-dep=yes)
  [[ ! $TIME ]] || options+=(--time="$TIME")
  [[ ! $MEMORY ]] || options+=(--mem="$MEMORY")
  [[ ! $PARTITION ]] || options+=(--partition="$PARTITION")
  [[ ! $ACCOUNT ]] || options+=(--account="$ACCOUNT")
  if [[ ${DRY:-} ]]; then
    printf '%q ' sbatch "${options[@]}" "${further[@]}" "${@:5}"
    echo
    submitted "<$stage${indices:+:$indices}>" "$indices"
    return
  fi
  local answer
  answer=$(sbatch "${options[@]}" "${further[@]}" "${@:5}") || fail 69 "$stage: sbatch took no job."
  submitted "${answer%%;*}" "$indices"
}

# A job whose dependency can never be satisfied is as good as gone.
live_jobs() {
  squeue --me --noheader --array --format='%i %T %r' |
    awk '$3 != "DependencyNeverSatisfied" { print $1, $2 == "PENDING" ? "waiting " $3 : "running" }'
}

cancel_job() { scancel "$@"; }

run_again() { scontrol requeue "$SLURM_JOB_ID"; }

task_index() { echo "${SLURM_ARRAY_TASK_ID:-}"; }

task_id() { echo "${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}"; }

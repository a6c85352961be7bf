#!/usr/bin/env bash
# The line as jobs of PBS, with programs that stand in for qsub, qstat, qdel and qrerun: what is submitted, that jobs wait for each other, that
# only what is missing is submitted again. Says nothing of a real PBS.
#   pbs.sh PROGRAMS
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1%/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PBS_STUB=$work/pbs ARTIFACTS=$work/results BUILD=$build
export SAMPLES=9 STEPS=3 EPOCHS=2 POTENTIAL=pair DATASET=dozen MODEL=symmbfn-small
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES CLUSTER SHARDS THREADS SEED HULL
source Tests/Cluster/checks.sh

# The programs. A job N is a folder: script, options, state (Q, F, X), tasks.
mkdir -p "$work/bin" "$PBS_STUB"
cat >"$work/bin/qsub" <<'END'
#!/usr/bin/env bash
n=$(($(ls "$PBS_STUB" | wc -l) + 1)) job=$PBS_STUB/$(printf %03d $n)
mkdir "$job"
printf '%s\n' "$@" >"$job/options"
cat >"$job/script"
pwd >"$job/folder"
echo Q >"$job/state"
while (($#)); do
  case $1 in
    -J) range=${2%\%*}; seq "${range%-*}" "${range#*-}" >"$job/tasks"; ((${range%-*} < ${range#*-})) || exit 1 ;;
    -W) tr : '\n' <<<"${2#depend=afterok:}" | tr -d '[]' >"$job/after" ;;
  esac
  shift
done
[[ -e $job/tasks ]] && echo "${n}[].stub" || echo "$n.stub"
END
cat >"$work/bin/qstat" <<'END'
#!/usr/bin/env bash
printf '\nstub:\n                                                            Reqd  Reqd   Elap\n'
printf 'Job ID          Username Queue    Jobname    SessID NDS TSK Memory Time  S Time\n'
printf -- '--------------- -------- -------- ---------- ------ --- --- ------ ----- - -----\n'
row() { printf '%-15s %-8s workq    frieze-x      --    1   1    --    --  %s   --\n' "$1" "$(id -un)" "$2"; }
for job in "$PBS_STUB"/*; do
  [[ $(<"$job/state") == Q ]] || continue
  n=$((10#${job##*/})) state=Q
  [[ ! -e $job/after ]] || state=H
  if [[ -e $job/tasks ]]; then
    row "${n}[].stub" "$state"
    while read -r i; do row "${n}[$i].stub" "$state"; done <"$job/tasks"
  else
    row "$n.stub" "$state"
  fi
done
END
printf '#!/usr/bin/env bash\nprintf "%%s\\n" "$@" >>"${PBS_STUB%%/*}/deleted"\n' >"$work/bin/qdel"
printf '#!/usr/bin/env bash\nexit 159\n' >"$work/bin/qrerun"
chmod +x "$work/bin"/*
PATH=$work/bin:$PATH

# Runs all jobs that wait, in their order; one whose dependency failed is deleted, as PBS does.
drain() {
  local job n before i status
  for job in "$PBS_STUB"/*; do
    [[ $(<"$job/state") == Q ]] || continue
    n=$((10#${job##*/})) status=0
    if [[ -e $job/after ]]; then
      while read -r before; do [[ $(<"$PBS_STUB/$(printf %03d "$before")/state") == F ]] || status=1; done <"$job/after"
    fi
    for i in $(if ((status)); then :; elif [[ -e $job/tasks ]]; then cat "$job/tasks"; else echo -; fi); do
      (
        cd /
        export PBS_O_WORKDIR PBS_JOBID=$n.stub PBS_ARRAY_INDEX
        PBS_O_WORKDIR=$(<"$job/folder")
        if [[ $i == - ]]; then unset PBS_ARRAY_INDEX; else PBS_ARRAY_INDEX=$i PBS_JOBID="${n}[$i].stub"; fi
        exec bash "$job/script"
      ) || status=1
    done
    ((status)) && echo X >"$job/state" || echo F >"$job/state"
  done
}
jobs() { find "$PBS_STUB" -mindepth 1 -maxdepth 1 | wc -l; }
last_options() { paste -sd ' ' "$PBS_STUB/$(ls "$PBS_STUB" | tail -n "${1:-1}" | head -n 1)/options"; }

make -n eval CLUSTER=pbs SHARDS=3 TIME=90 WARNING=60 MEMORY=2G CPUS=2 PARTITION=short ACCOUNT=mine JOBS=2 >"$work/dry.txt" 2>"$work/dry.errors" ||
  { cat "$work/dry.errors"; fail "make -n"; }
expect "make -n shows 10 submissions" "$(grep -c '^qsub ' "$work/dry.txt")" = 10
expect "make -n submits nothing" "$(jobs)" = 0
for words in '-l select=1:ncpus=2:mem=2gb -l walltime=5400' '-q short -A mine' '-J 0-2%2' 'signal=USR1 5340' '-W depend=afterok:'; do
  grep -qF -- "$words" "$work/dry.txt" || { cat "$work/dry.txt"; fail "make -n does not show $words"; }
done

make -s eval CLUSTER=pbs SHARDS=3 CPUS=1 2>"$work/said"
expect "ten jobs" "$(jobs)" = 10
make -s status CLUSTER=pbs SHARDS=3 >"$work/status"
expect "shards wait" "$(grep -c '3 shards: 0 done, 0 running, 3 waiting' "$work/status")" = 3
drain
make -s status CLUSTER=pbs SHARDS=3 >"$work/status"
expect "all is done" "$(grep -c ' done ' "$work/status")" = 7
echo "pbs: ten jobs, seven stages done"

relaxed=$(ls "$work"/results/dozen/*/*/*/*/relaxed.h5)
rm "$relaxed" "${relaxed%.h5}.shards3"/{0,2}.h5
make -s resume CLUSTER=pbs SHARDS=3 CPUS=1 2>"$work/said"
expect "two of three shards are submitted" "$(grep -c '^relax 0,2: job 11\[\]' "$work/said")" = 1
drain
expect "the third was not made again" "$(grep -c '^# begin' "${relaxed%.h5}.shards3/1.h5.log")" = 1
rm "$relaxed" "${relaxed%.h5}.shards3/1.h5"
make -s submit STAGE=relax CLUSTER=pbs SHARDS=3 CPUS=1 2>"$work/said"
grep -q ' -J ' <<<"$(last_options 2)" && fail "one shard is submitted as an array"
drain
make -s status CLUSTER=pbs SHARDS=3 >"$work/status"
expect "relax is done" "$(grep -c 'relax        done' "$work/status")" = 1
echo "pbs: only missing shards are submitted again"

rm "$relaxed" "${relaxed%.h5}.shards3"/*.h5 "${relaxed%/*}/../crystals.h5"
printf 'damaged' >"${relaxed%/*}/../crystals.shards3/1.h5"
make -s submit STAGE=relax CLUSTER=pbs SHARDS=3 CPUS=1 2>"$work/said"
drain
make -s status CLUSTER=pbs SHARDS=3 >"$work/status"
expect "a failure is named with its log" "$(grep -c 'log: .*crystals.h5.log' "$work/status")" = 1
expect "what waits for it is not made" "$(ls "$relaxed" 2>/dev/null | wc -l)" = 0
echo "pbs: a failed job is named"

# What has no job here.
source Pipelines/cluster/pbs.sh
expect "minutes" "$(seconds_of 90)" = 5400
expect "minutes and seconds" "$(seconds_of 1:30)" = 90
expect "hours, minutes, seconds" "$(seconds_of 08:09:10)" = 29350
expect "days and hours" "$(seconds_of 2-12)" = 216000
expect "days, hours, minutes" "$(seconds_of 1-0:30)" = 88200
expect "megabytes" "$(memory_of 500)" = 500mb
expect "gigabytes" "$(memory_of 8G)" = 8gb
expect "as PBS writes it" "$(memory_of 8gb)" = 8gb
cancel_job '12[]_3' 14 15_2
expect "jobs, tasks and single shards are deleted" "$(paste -sd ' ' "$work/deleted")" = '12[3] 14 15'
expect "the id of a task" "$(PBS_JOBID='7[4].host' task_id)" = '7[]_4'
expect "the id of a job" "$(PBS_JOBID=7.host task_id)" = 7
echo "pbs: all of it holds, in $SECONDS s"

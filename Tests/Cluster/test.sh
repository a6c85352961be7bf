#!/usr/bin/env bash
# The line on a real Slurm of one node, in four shards, against the line in one piece: undisturbed, with tasks killed, with training
# that runs out of time twice, on a full disk, with a damaged shard. Whatever happens, the files at the end are the same, bit for
# bit where no clock is stored. Runs the commands of Documentation/Cluster.md, word for word; needs root.
#   test.sh [KEEP]      KEEP: a folder to work in, left behind; a temporary one, removed at the end, where not given
set -euo pipefail
cd "$(dirname "$0")/../.."
if ((EUID)); then echo "test-cluster: only root can start a Slurm and mount a disk to fill." >&2; exit 69; fi
work=${1:-$(mktemp -d)}
mkdir -p "$work"
disk=$work/disk
cleanup() {
  Tests/Cluster/slurm.sh stop "$work/slurm"
  if mountpoint -q "$disk"; then umount "$disk"; fi
  [[ ${keep:-} ]] || rm -rf "$work"
}
keep=${1:-}
trap cleanup EXIT
source Tests/Cluster/checks.sh

# Sizes, and the folder of results, as the environment gives them; everything else stands in the commands.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS CLUSTER SHARDS THREADS DATASET SEED
export SAMPLES=400 STEPS=5 EPOCHS=4 WARNING=10 FMAX=0.02 POTENTIAL=pair MODEL=symmbfn-small
bin=$(make -s bin)

step "a Slurm of one node"
Tests/Cluster/slurm.sh start "$work/slurm"
export SLURM_CONF=$work/slurm/slurm.conf

step "the line in one piece, and as jobs in four shards"
ARTIFACTS=$work/whole make -s eval THREADS=1 >"$work/whole.txt" 2>&1 || { tail "$work/whole.txt"; fail "the line in one piece"; }
export ARTIFACTS=$work/jobs
run=symmbfn-small/seed0-epochs$EPOCHS/n$SAMPLES-steps$STEPS
relaxed=minerals/$run/pair-fmax$FMAX
documented "make -n eval CLUSTER=slurm SHARDS=4" >"$work/dry.txt" 2>/dev/null
expect "make -n shows 10 submissions" "$(grep -c ^sbatch "$work/dry.txt")" = 10
expect "make -n submits nothing" "$(squeue --noheader | wc -l)" = 0
documented "make eval CLUSTER=slurm SHARDS=4"
documented "make status"
expect "the array waits for its turn" "$(make -s status | grep -c waiting)" -gt 3
drained
same_line "$work/whole" "$work/jobs"
expect "status says done" "$(make -s status | grep -c ' done ')" = 7

step "tasks that are cancelled, and killed with signal 9"
rm -r "$work/jobs/$relaxed"
documented "make submit STAGE=relax CLUSTER=slurm SHARDS=4"
array=$(sed -nE 's/^slurm ([0-9]+) .* 0-3$/\1/p' "$work/jobs/$relaxed/relaxed.h5.jobs")
await "shard 0 to run" pgrep -f -- "--shard 0/4"
scancel "${array}_0"
await "shard 2 to run" pgrep -f -- "--shard 2/4"
pkill -KILL -f -- "relax --crystals .* --shard 2/4"
drained
make -s status | tee "$work/status.txt"
expect "both are named" "$(grep -A1 -E 'shard [02] failed, ' "$work/status.txt" | grep -cE 'log: .*[02]\.h5\.log')" = 2
expect "one was killed by signal 9" "$(grep -c 'shard 2 failed, 137 killed by signal 9' "$work/status.txt")" = 1
expect "two are done" "$(grep -c '4 shards: 2 done, 0 running, 0 waiting, 2 failed, 0 missing' "$work/status.txt")" = 1
expect "no merge without them" "$(ls "$work/jobs/$relaxed" | grep -c '^relaxed.h5$')" = 0
documented "make resume CLUSTER=slurm SHARDS=4" 2>&1 | tee "$work/resume.txt"
expect "only what is missing is submitted" "$(grep -cE '^relax 0,2: job' "$work/resume.txt")" = 1
drained
same relaxed.h5 "$work/whole/$relaxed" "$work/jobs/$relaxed"

step "a damaged shard"
samples=minerals/$run
rm "$work/jobs/$samples/samples.h5"
damage "$work/jobs/$samples/samples.shards4/1.h5"
make -s submit STAGE=sample CLUSTER=slurm SHARDS=4
drained
make -s status | tee "$work/status.txt"
expect "merge names it" "$(grep -c "merge failed, 65 .*samples.shards4/1.h5' is damaged" "$work/status.txt")" = 1
rm "$work/jobs/$samples/samples.shards4/1.h5"
make -s resume STAGE=sample CLUSTER=slurm SHARDS=4 2>&1 | tee "$work/resume.txt"
expect "only that shard is made again" "$(grep -cE '^sample 1: job' "$work/resume.txt")" = 1
drained
same samples.h5 "$work/whole/$samples" "$work/jobs/$samples"

step "a full disk"
mkdir -p "$disk"
mount -t tmpfs -o size=64m frieze-test "$disk" || fail "no disk can be mounted here (a container without that right?)"
cp -a "$work/whole/minerals" "$disk/"
rm -r "$disk/$relaxed"
# Room for two and a half shards.
room=$(($(du -kc "$work/jobs/$relaxed"/relaxed.shards4/*.h5 | tail -n 1 | cut -f1) * 5 / 8))
fallocate -l $((($(df -k --output=avail "$disk" | tail -n 1) - room) * 1024)) "$disk/ballast"
ARTIFACTS=$disk make -s submit STAGE=relax CLUSTER=local SHARDS=4 JOBS=1 || true
ARTIFACTS=$disk make -s status SHARDS=4 | tee "$work/status.txt"
expect "finished shards are there" "$(ls "$disk/$relaxed"/relaxed.shards4/ | grep -cE '^[0-9]\.h5$')" = 2
expect "nothing half-written is" "$(ls "$disk/$relaxed"/relaxed.shards4/ | grep -c partial)" = 0
expect "the others say why" "$(grep -cE 'shard [23] failed, 74 .*could not be written' "$work/status.txt")" = 2
rm "$disk/ballast"
ARTIFACTS=$disk make -s resume STAGE=relax CLUSTER=local SHARDS=4 JOBS=1 2>&1 | tee "$work/resume.txt"
expect "only the unfinished are done again" "$(grep -cE '^relax 2-3: job' "$work/resume.txt")" = 1
same relaxed.h5 "$work/whole/$relaxed" "$disk/$relaxed"

step "another number of shards, as processes of this machine"
rm -r "$work/jobs/$relaxed/relaxed.h5"
documented "make submit STAGE=relax CLUSTER=local JOBS=2 SHARDS=3"
expect "no part of the four is among the three" "$(ls "$work/jobs/$relaxed/relaxed.shards3" | grep -cE '^[0-9]\.h5$')" = 3
same relaxed.h5 "$work/whole/$relaxed" "$work/jobs/$relaxed"
documented "make eval CLUSTER=local JOBS=2 SHARDS=4"

step "training that runs out of time twice"
# So many epochs that two limits of a minute are hit: a job is warned after 20 to 50 seconds.
seconds=$(attribute "$work/whole/minerals/symmbfn-small/seed0-epochs$EPOCHS/model.h5" wall_seconds)
EPOCHS=$(awk -v s="$seconds" -v n="$EPOCHS" 'BEGIN { printf "%d", n * 140 / s }')
export EPOCHS
model=minerals/symmbfn-small/seed0-epochs$EPOCHS
ARTIFACTS=$work/whole make -s train THREADS=1 >"$work/train.txt" 2>&1 &
documented "make submit STAGE=train CLUSTER=slurm TIME=1 WARNING=10"
await_within 600 "the job to end" queue_empty
wait $!
cat "$work/jobs/$model/model.h5.log"
expect "it was put back at least twice" "$(grep -c '^# end 75 again' "$work/jobs/$model/model.h5.log")" -ge 2
same_model "$work/whole/$model/model.h5" "$work/jobs/$model/model.h5"

all_documented
echo "test-cluster: all of it holds, in $SECONDS s"

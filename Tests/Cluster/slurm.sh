#!/usr/bin/env bash
# A Slurm of one node and two processors in a folder, as root: no systemd, no cgroups, nothing outside the folder.
#   slurm.sh start FOLDER     starts munged, slurmctld and slurmd, and waits until the node takes jobs
#   slurm.sh stop FOLDER      ends them
# Clients find it through SLURM_CONF=FOLDER/slurm.conf.
set -euo pipefail
action=$1
folder=$(realpath -m "$2")

start() {
  for program in munged slurmctld slurmd sbatch; do
    command -v "$program" >/dev/null || { echo "slurm.sh: there is no '$program': apt-get install slurm-wlm munge" >&2; exit 69; }
  done
  mkdir -p "$folder"/{state,spool,log}
  chmod 755 "$folder"
  configure
  # munged wants its folders safe from others all the way up; a temporary folder is not, hence --force.
  mkdir -m 755 -p "$folder/munge"
  head -c 1024 /dev/urandom >"$folder/munge/key"
  chmod 400 "$folder/munge/key"
  munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
    --log-file="$folder/log/munged" --seed-file="$folder/munge/seed" 2>>"$folder/log/munged"
  export SLURM_CONF=$folder/slurm.conf
  slurmctld -D -i >>"$folder/log/slurmctld" 2>&1 &
  echo $! >"$folder/slurmctld.process"
  slurmd -D -N frieze >>"$folder/log/slurmd" 2>&1 &
  echo $! >"$folder/slurmd.process"
  for _ in {1..120}; do
    if sinfo --noheader --format=%T 2>/dev/null | grep -q '^idle'; then return; fi
    sleep 0.5
  done
  echo "slurm.sh: the node does not come up; logs in $folder/log" >&2
  tail -n 5 "$folder"/log/* >&2
  exit 69
}

# select/cons_tres shares processors among jobs; what a job asks for in memory is not enforced without cgroups.
configure() {
  local port=16817
  while in_use "$port" || in_use $((port + 1)); do port=$((port + 2)); done
  cat >"$folder/slurm.conf" <<CONF
ClusterName=frieze
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A job that is put back into the queue waits until its credential has run out.
AuthInfo=socket=$folder/munge/socket,cred_expire=5
CredType=cred/munge
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0,bf_interval=5
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=5
MinJobAge=10
InactiveLimit=0
NodeName=frieze NodeAddr=127.0.0.1 NodeHostname=$(hostname -s) CPUs=2 State=UNKNOWN
PartitionName=short Nodes=frieze Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
}

in_use() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

stop() {
  local name process
  for name in slurmd.process slurmctld.process munge/pid; do
    [[ -e $folder/$name ]] || continue
    process=$(<"$folder/$name")
    kill "$process" 2>/dev/null || continue
    for _ in {1..40}; do
      kill -0 "$process" 2>/dev/null || break
      sleep 0.25
    done
    kill -KILL "$process" 2>/dev/null || true
  done
}

case $action in
  start) start ;;
  stop) stop ;;
  *) echo "slurm.sh start|stop FOLDER" >&2; exit 64 ;;
esac

#!/bin/bash
# Ends what up.sh started in DIR, process by process; leaves the logs.    down.sh DIR
set -u
dir=$(cd "$1" && pwd)
. "$dir/env.sh"
pid_of() { awk -v name="$1" '$1 == name {print $2}' "$dir/pids"; }
alive() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }
stop() {
  alive "$1" || return 0
  kill -TERM "$1"
  for ((i = 0; i < 100; ++i)); do alive "$1" || return 0; sleep 0.05; done
  kill -KILL "$1"
}

# jobs outlive slurmd by design: they first
if alive "$(pid_of slurmctld)"; then
  timeout 10 scancel --state=PENDING 2>/dev/null
  timeout 10 scancel --full --signal=KILL --state=RUNNING 2>/dev/null
  timeout 10 scancel --state=RUNNING 2>/dev/null
  for ((i = 0; i < 150; ++i)); do [ -z "$(timeout 5 squeue -h -t R,CG,S,CF 2>/dev/null)" ] && break; sleep 0.1; done
fi
for name in slurmd.n1 slurmd.n2 slurmd.n3 slurmd.n4 slurmd.n5 slurmd.n6 slurmctld munged; do stop "$(pid_of $name)"; done
# processes of jobs that got away: those whose Slurm is ours
for file in /proc/[0-9]*/environ; do
  pid=${file#/proc/} pid=${pid%/environ}
  grep -zqsxF "SLURM_CONF=$SLURM_CONF" "$file" 2>/dev/null || continue
  grep -zqs '^SLURM_JOB_ID=\|^SLURMD_NODENAME=' "$file" 2>/dev/null || continue
  echo "down.sh: left over: $pid $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")" >&2
  kill -KILL "$pid" 2>/dev/null
done
rm -f "$dir/pids"

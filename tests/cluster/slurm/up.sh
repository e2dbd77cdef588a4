#!/bin/bash
# A private Slurm for the tests: munged, slurmctld and six slurmd on this machine, on the loopback device alone, without
# systemd, away from /etc/slurm, as any user.     up.sh DIR      then: . DIR/env.sh      at the end: down.sh DIR
# Debian 12: slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge (scripts/setup --slurm).
# Nodes n1-n3: partition main; n4: low and high, which pre-empts low; n5-n6: frail. Two fake GPUs a node.
set -euo pipefail
PATH=$PATH:/usr/sbin
for program in munged slurmctld slurmd sbatch; do
  command -v $program >/dev/null || { echo "up.sh: no $program, run scripts/setup --slurm" >&2; exit 1; }
done
here=$(cd "$(dirname "$0")" && pwd)
[ -e "$1/pids" ] && "$here/down.sh" "$1"
rm -rf "$1"
mkdir -p "$1"/{run,log,state,munge,cwd}
dir=$(cd "$1" && pwd) host=$(hostname -s) cpus=4
chmod 755 "$dir" "$dir/run"
chmod 700 "$dir/munge"
: >"$dir/pids"
daemon() { # NAME COMMAND...: in the foreground, so that $! is the process to end
  (cd "$dir/cwd" && exec "${@:2}" >>"$dir/log/$1.out" 2>&1 </dev/null) &
  echo "$1 $!" >>"$dir/pids"
  disown
}

head -c 1024 /dev/urandom >"$dir/munge/key"
chmod 600 "$dir/munge/key"
daemon munged munged --foreground --key-file="$dir/munge/key" --socket="$dir/run/munge.sock" \
  --pid-file="$dir/run/munged.pid" --log-file="$dir/log/munged.log" --seed-file="$dir/munge/seed" --num-threads=2
for ((i = 0; i < 200; ++i)); do [ -S "$dir/run/munge.sock" ] && break; sleep 0.02; done

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port=$((20000 + RANDOM % 600 * 16)) # below the ports that the kernel hands out itself
for ((i = 0; i < 7; ++i)); do is_free $((port + i)) || { port=$((port + 7)); i=-1; }; done

# cred_expire: also how long a requeued job waits. TmpFS: ranks by PMIx on several nodes of one machine need their own.
cat >"$dir/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.sock,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
TmpFS=$dir/tmp/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
MailProg=/bin/true
SwitchType=switch/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1,batch_sched_delay=0
PriorityType=priority/basic
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
SlurmdParameters=config_overrides
ReturnToService=2
GresTypes=gpu
JobRequeue=1
KillWait=5
MinJobAge=3600
InactiveLimit=0
SlurmctldTimeout=30
SlurmdTimeout=30
MessageTimeout=20
PropagateResourceLimits=NONE
NodeName=n[1-6] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + 6))] CPUs=$cpus Boards=1 SocketsPerBoard=1 CoresPerSocket=$cpus ThreadsPerCore=1 RealMemory=16000 Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes=n[1-3] Default=YES MaxTime=INFINITE DefaultTime=10 PriorityTier=10 State=UP
PartitionName=low Nodes=n4 MaxTime=INFINITE DefaultTime=10 PriorityTier=1 PreemptMode=REQUEUE GraceTime=20 State=UP
PartitionName=high Nodes=n4 MaxTime=INFINITE DefaultTime=10 PriorityTier=100 State=UP
PartitionName=frail Nodes=n[5-6] MaxTime=INFINITE DefaultTime=10 PriorityTier=10 State=UP
END
# fake GPUs: a character device that exists for each
for node in n1 n2 n3 n4 n5 n6; do
  printf 'NodeName=%s Name=gpu File=/dev/null\nNodeName=%s Name=gpu File=/dev/zero\n' $node $node
done >"$dir/gres.conf"
printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n' >"$dir/cgroup.conf" # no cgroups wanted, but the plugin is loaded
# the nodes claim more cores than there are, so ranks that wait must make way for others
cat >"$dir/env.sh" <<END
export SLURM_CONF=$dir/slurm.conf
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader,tcp
END
. "$dir/env.sh"

daemon slurmctld slurmctld -D -f "$SLURM_CONF"
for node in n1 n2 n3 n4 n5 n6; do
  mkdir -p "$dir/spool/$node" "$dir/tmp/$node"
  daemon slurmd.$node slurmd -D -N $node -f "$SLURM_CONF"
done
for ((i = 0; i < 300; ++i)); do
  up=$(timeout 5 sinfo -h -N -t idle -o %N 2>/dev/null | sort -u | wc -l) || true
  [ "$up" = 6 ] && exit 0
  while read -r name pid; do
    kill -0 "$pid" 2>/dev/null || { echo "up.sh: $name died:" >&2; tail -n 5 "$dir/log/$name.out" >&2; exit 1; }
  done <"$dir/pids"
  sleep 0.1
done
echo "up.sh: only $up of 6 nodes are idle" >&2
tail -n 5 "$dir"/log/*.log >&2
exit 1

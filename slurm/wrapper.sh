# shellcheck shell=bash
# This part keeps the ranks of a study running inside a Slurm job. `lorahub submit` puts it into the
# job's script, behind the variables that it needs. `lorahub run` ends with 0: all is done, 1: some
# trial failed, 2: bad input (or, on a restart, a disk that is not there yet), 75: it was interrupted,
# or another run holds the journal. Any other code says that a rank died.
: "${restarts:?}" "${requeues:?}" "${warning:?}" "${shards:?}"
: "${launcher[0]:?}" "${program[0]:?}" "${arguments[0]:?}"

job=$SLURM_JOB_ID # of an array, this is one task or the whole array; "41_2" is always one task
[ -z "${SLURM_ARRAY_TASK_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
life=${SLURM_RESTART_COUNT:-0}
ranks_pid='' warned='' cancelled='' where=''

case ${launcher[0]} in
  srun*)
    # srun's own failures must not look like an exit code of the program.
    export SLURM_EXIT_ERROR=200
    # Since Slurm 22.05 srun does not ask for sbatch's --cpus-per-task by itself.
    [ -z "${SLURM_CPUS_PER_TASK:-}" ] || export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
    # srun ends the other ranks after the death of one on another node only when it is told to: 30 s
    # after the first rank has ended. (--kill-on-bad-exit=1 would kill ranks that are just ending
    # with 1 or 75, and turn the code into 137.)
    launcher+=(--kill-on-bad-exit=0 --wait=30)
    place() { where="--nodes=$1 --ntasks=$2 --nodelist=$3"; }
    ;;
  *)
    # Without these a cut network shows after 8 minutes.
    export OMPI_MCA_oob_tcp_keepalive_time=10 OMPI_MCA_oob_tcp_keepalive_intvl=5 OMPI_MCA_oob_tcp_keepalive_probes=3
    # mpirun would bind a rank to one core, whose threads are to use several.
    [ "${SLURM_CPUS_PER_TASK:-1}" = 1 ] ||
      export OMPI_MCA_hwloc_base_binding_policy=${OMPI_MCA_hwloc_base_binding_policy:-none}
    place() { return 1; } # mpirun starts its daemons on all nodes of the job
    ;;
esac

run_study() { # becomes the ranks, so it wants a process of its own
  [ "$shards" = 0 ] || arguments+=(--shard "$SLURM_ARRAY_TASK_ID/$shards")
  # shellcheck disable=SC2086 # $where is several words, or none
  exec "${launcher[@]}" $where "${program[@]}" run "${arguments[@]}"
}
say() { echo "[$(date -u +%FT%TZ) $(hostname -s)] job $job, life $life: $*"; }
hand() { [ -z "$ranks_pid" ] || kill "-$1" "$ranks_pid" 2>/dev/null; }
pause() { sleep "$1" & wait $!; } # until a signal at most
# shellcheck disable=SC2317,SC2329 # a trap calls it
is_running() { scontrol show -o job "$job" 2>/dev/null | grep -q 'JobState=RUNNING'; }
# shellcheck disable=SC2317,SC2329 # a trap calls it
on_warning() {
  warned=1
  say "warned: asking the ranks to end"
  hand USR1
  { sleep $((warning / 2)); hand KILL; } & # ranks that do not listen must not cost the requeue
  guard=$!
}
# shellcheck disable=SC2317,SC2329 # a trap calls it
on_end() { # scancel and pre-emption say TERM; a job to be pre-empted is still RUNNING
  if is_running; then on_warning; return; fi
  cancelled=1
  say "asked to end"
  hand TERM
}
trap on_warning USR1
trap on_end TERM
ranks() { # starts all of them and waits for their end; leaves the exit code in $code
  run_study & ranks_pid=$!
  [ -z "$warned" ] || hand USR1
  until wait "$ranks_pid"; ! kill -0 "$ranks_pid" 2>/dev/null; do :; done # a signal ends a wait
  wait "$ranks_pid"; code=$?
  ranks_pid=''
  [ -z "${guard:-}" ] || kill "$guard" 2>/dev/null
}
answering() { # prints the job's nodes that start a task within seconds
  for node in $(scontrol show hostnames "$SLURM_JOB_NODELIST"); do
    { timeout -k 1 15 srun --overlap -Q -N1 -n1 -w "$node" true </dev/null >/dev/null 2>&1 && echo "$node"; } &
  done
  wait
}
look() { # leaves out nodes that do not answer from now on, and as many ranks; fails where it can't
  [ "${SLURM_JOB_NUM_NODES:-1}" -gt 1 ] || return 0
  local alive count
  alive=$(answering | sort | paste -sd,)
  count=$(echo "$alive" | tr , '\n' | grep -c .)
  [ "$count" -lt "$SLURM_JOB_NUM_NODES" ] || return 0
  say "$count of $SLURM_JOB_NUM_NODES nodes answer (${alive:-none})"
  [ "$count" -gt 0 ] || return 1
  local ranks=$((${SLURM_NTASKS:-$SLURM_JOB_NUM_NODES} * count / SLURM_JOB_NUM_NODES))
  place "$count" "$((ranks > count ? ranks : count))" "$alive"
}

say "on $SLURM_JOB_NODELIST"
code=75
for ((try = 0; ; ++try)); do
  [ -z "$warned$cancelled" ] || break
  ranks
  [ "$code" != 0 ] || { say "every trial is done"; exit 0; }
  # Slurm ends the ranks of a job a moment before its script, so a failure waits for the signal.
  [ -n "$warned$cancelled" ] || pause 2
  [ -z "$cancelled" ] || { say "cancelled; what is done is kept"; exit 143; }
  # mpirun that was itself told to end says 1, so after a warning 1 is no news.
  [ "$code" != 1 ] || [ -n "$warned" ] || { say "some trial failed, the others are kept"; exit 1; }
  [ "$code $try $life" != "2 0 0" ] || { say "bad input, see above"; exit 2; }
  { [ -z "$warned" ] && [ "$try" -lt "$restarts" ] && look; } || break
  say "the ranks ended with $code, starting them again (restart $((try + 1)) of $restarts)"
  pause $((2 * try))
done
[ -z "$cancelled" ] || { say "cancelled; what is done is kept"; exit 143; }
if [ "$code" = 2 ] || [ "$life" -ge "$requeues" ]; then
  say "the ranks ended with $code, after $life requeues: giving up; what is done is kept"
  exit "$code"
fi
say "the ranks ended with $code: back into the queue (requeue $((life + 1)) of $requeues)"
trap 'exit 0' TERM # the requeue ends this script
scontrol requeue "$job" && { sleep 60 & wait $!; }
say "still here after the requeue: giving up; what is done is kept"
exit 75

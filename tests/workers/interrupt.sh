#!/bin/bash
# A signal to a working group of ranks: all of them end with 75 in seconds, none stays behind.
#   interrupt.sh MPIRUN RANKS_PROGRAM R WHO SIGNAL      WHO: coordinator, worker, mpirun
set -u
mpirun=$1 program=$2 size=$3 who=$4 signal=$5
folder=$(mktemp -d)
export TMPDIR=$folder # mpirun's own files too, which a killed one leaves
segments=             # and the ranks' shared memory
trap 'rm -rf "$folder" $segments' EXIT
fail() { echo "interrupt.sh: $*" >&2; kill -KILL "$job" $(cat "$folder"/pid.* 2>/dev/null) 2>/dev/null; exit 1; }

"$mpirun" -np "$size" "$program" work "$size" "$folder" & job=$!
for ((i = 0; i < 300; ++i)); do
  [ "$(cat "$folder"/pid.* 2>/dev/null | wc -l)" = "$size" ] && break
  sleep 0.1
done
[ "$(cat "$folder"/pid.* | wc -l)" = "$size" ] || fail "the ranks did not start"
sleep 0.3 # into a call

case $who in
  coordinator) target=$(cat "$folder/pid.0") ;;
  worker) target=$(cat "$folder/pid.1") ;;
  mpirun) target=$job ;;
esac
pids=$(cat "$folder"/pid.*)
for pid in $pids; do segments="$segments $(grep -o '/dev/shm/vader_segment[^ ]*' "/proc/$pid/maps" | sort -u)"; done
start=$(date +%s%N)
kill "-$signal" "$target"
if [ "$who" = worker ]; then
  sleep 1
  for pid in $pids; do kill -0 "$pid" 2>/dev/null || fail "rank of pid $pid ended by a signal to a worker"; done
  kill "-$signal" "$(cat "$folder/pid.0")"
fi
wait "$job"; code=$?
elapsed=$((($(date +%s%N) - start) / 1000000))
tries=30
[ "$signal" = KILL ] && tries=6 # killed by the kernel, at once; by themselves ranks notice after more than a second
for ((i = 0; i < tries; ++i)); do
  left=; for pid in $pids; do grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$pid/status" && left="$left $pid"; done
  [ -z "$left" ] && break
  sleep 0.1
done
[ -z "$left" ] || fail "still there:$left"
[ "$elapsed" -lt 5000 ] || fail "took $elapsed ms"
if [ "$signal" = KILL ]; then
  echo "all gone"
  exit 0
fi
# mpirun's own code for TERM is 1, whatever the ranks say.
[ "$code" = 75 ] || { [ "$who" = mpirun ] && [ "$signal" = TERM ]; } || fail "mpirun ended with $code"
echo "all ended with 75 after $elapsed ms"

#!/usr/bin/env bash
# Seconds of a script for the original `lorahub` package (0.1.0, PyPI) with the original and with this one: start, loading,
# search (20 modules, 40 evaluations, 5 examples) and 20 answers, on one core of this machine. Alternating; medians.
#
#   tests/bench/python/compare.sh [small|base|large|tiny]
#
# LORAHUB_PROGRAM  the program     (default build/release/lorahub)
# PYTHON           a Python with torch, transformers, peft, nevergrad, datasets, pandas
# ROUNDS           alternations    (default 3)
# STEPS            evaluations     (default 40)
#
# Measured 2026-11-22 on a virtual machine with 2 cores (AMD EPYC), ahead of other work (nice -15), two rounds: small 75.9 s
# against 34.9 s (2.2 times as fast). 2026-11-21, one round, preset dev: tiny 17.8 s against 5.4 s (3.3 times).
set -euo pipefail
cd "$(dirname "$0")/../../.."
size=${1:-small} python=${PYTHON:?a Python with torch, transformers, peft, nevergrad, datasets, pandas}
export LORAHUB_PROGRAM=${LORAHUB_PROGRAM:-$PWD/build/release/lorahub}
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m pip install -q --no-deps --target "$work/original" lorahub==0.1.0 2>/dev/null
"$python" tests/bench/official/make_model.py "$size" "$work/made" 0
head -n 20 configs/tasks/mini/unseen/E1_isa_letter/test.jsonl >"$work/test.jsonl"
seconds() { # PACKAGE
  local started ended
  started=$(date +%s.%N)
  PYTHONPATH=$1 taskset -c 0 "$python" tests/python/example_script.py "$work/made/model" "$work/made/library" "$work/made/task.jsonl" \
    "$work/test.jsonl" 20 "${STEPS:-40}" >"$work/out" 2>"$work/err" || { tail -n 5 "$work/err" >&2; exit 1; }
  ended=$(date +%s.%N)
  awk "BEGIN {print $ended - $started}"
}
for ((round = 0; round < ${ROUNDS:-3}; ++round)); do
  seconds "$work/original" >>"$work/theirs"
  seconds python >>"$work/ours"
done
median() { sort -n "$1" | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
theirs=$(median "$work/theirs") ours=$(median "$work/ours")
awk "BEGIN {printf \"flan-t5-$size shapes: original %.1f s, this package %.1f s, %.1f times as fast\n\", $theirs, $ours, $theirs / $ours}"

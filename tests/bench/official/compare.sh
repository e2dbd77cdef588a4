#!/usr/bin/env bash
# Seconds per evaluation of the official LoraHub Python loop against `lorahub score`, equal work,
# one thread each, on this machine. See README.md.
#
#   tests/bench/official/compare.sh [small|base|large|tiny] [--keep FOLDER]
#
# LORAHUB  the program          (default build/release/lorahub)
# PYTHON   a Python with torch 2.11, transformers 5.23.0, peft 0.21.2 (default: a fresh venv)
# ROUNDS   alternations         (default 5, large 3)
# VECTORS  weight vectors timed in each round (default 20 small, 8 base, 4 large)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
size=small
folder=
while (($#)); do
  case $1 in
    tiny | small | base | large) size=$1 ;;
    --keep) folder=${2:?--keep needs a folder} && shift ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
  esac
  shift
done
lorahub=${LORAHUB:-$here/../../../build/release/lorahub}
[[ -x $lorahub ]] || { echo "$lorahub is not there: build the release preset or set LORAHUB" >&2; exit 1; }
case $size in
  large) rounds=${ROUNDS:-3} vectors=${VECTORS:-4} ;;
  base) rounds=${ROUNDS:-5} vectors=${VECTORS:-8} ;;
  *) rounds=${ROUNDS:-5} vectors=${VECTORS:-20} ;;
esac

if [[ -n $folder ]]; then
  mkdir -p "$folder"
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
python=${PYTHON:-}
if [[ -z $python ]]; then
  python3 -m venv "$folder/venv"
  python=$folder/venv/bin/python
  "$python" -m pip install --quiet torch==2.11.0 transformers==5.23.0 peft==0.21.2 sentencepiece \
    protobuf safetensors numpy
fi
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 CUDA_VISIBLE_DEVICES= HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false

data=$folder/$size
rm -rf "$data"
echo "making flan-t5-$size shapes with random weights in $data" >&2
"$python" "$here/make_model.py" "$size" "$data" "$vectors" 2>"$folder/make_model.log" ||
  { cat "$folder/make_model.log" >&2; exit 1; }

# Runs `lorahub score` on weight file $1: one line with its output, wall, processor s and peak bytes.
ours() {
  "$python" -S -c '
import json, resource, subprocess, sys, time
start = time.perf_counter()
output = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True).stdout
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"output": json.loads(output), "wall": wall, "cpu": used.ru_utime + used.ru_stime,
                  "peak_bytes": used.ru_maxrss * 1024}))' \
    "$lorahub" score --json --threads 1 --model "$data/model" --library "$data/library" \
    --task "$data/task.jsonl" --weights "$1"
}

for ((round = 1; round <= rounds; ++round)); do
  echo "round $round of $rounds, load average $(cut -d' ' -f1 /proc/loadavg)" >&2
  "$python" "$here/official_loop.py" "$data" >>"$data/official.jsonl" 2>"$folder/official.log" ||
    { cat "$folder/official.log" >&2; exit 1; }
  ours "$data/weights_one.json" >>"$data/ours_one.jsonl"
  ours "$data/weights.json" >>"$data/ours_many.jsonl"
done
"$python" "$here/summary.py" "$size" "$data"

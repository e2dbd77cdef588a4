#!/usr/bin/env bash
# `lorahub score` and `lorahub infer` beside the official Python loop, the same loop done well, and CTranslate2: equal
# work, random weights, one thread each, interleaved. See ../README.md.
#
#   tests/bench/peers/compare.sh [small|base|large|tiny] [TASK ...]    (default: date_understanding causal_judgement)
#
# LORAHUB  the program                (default build/release/lorahub)
# PYTHON   a Python with the packages (default: a venv in the cache folder, made at the first run; a few GB)
# ROUNDS   turns of each side         (default 5, large 2)
# VECTORS  weight vectors of a turn   (default 8, small 20, large 2)
# BF16     0 leaves bf16 out
# ANSWERS  0 leaves generation out
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
size=${1:-small}
(($#)) && shift
tasks=("$@")
((${#tasks[@]})) || tasks=(date_understanding causal_judgement)
case $size in
  small | tiny) rounds=${ROUNDS:-5} vectors=${VECTORS:-20} ;;
  base) rounds=${ROUNDS:-5} vectors=${VECTORS:-8} ;;
  large) rounds=${ROUNDS:-2} vectors=${VECTORS:-2} ;;
  *) sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
esac
lorahub=${LORAHUB:-$root/build/release/lorahub}
[[ -x $lorahub ]] || { echo "$lorahub is not there: build the release preset or set LORAHUB" >&2; exit 1; }

python=${PYTHON:-}
if [[ -z $python ]]; then
  venv=${LORAHUB_DEPS:-$HOME/.cache/lorahub}/bench
  python=$venv/bin/python
  if [[ ! -e $venv/.done ]]; then
    python3 -m venv "$venv"
    "$python" -m pip install --quiet torch==2.11.0 transformers==5.23.0 peft==0.21.2 ctranslate2==4.8.5 pyyaml \
      sentencepiece protobuf safetensors numpy
    touch "$venv/.done"
  fi
fi
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 CUDA_VISIBLE_DEVICES= HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
export TRANSFORMERS_VERBOSITY=error

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" "$root/tests/bench/official/make_model.py" "$size" "$folder/$size" "$vectors" >&2
for task in "${tasks[@]}"; do
  "$python" "$here/peers.py" "$folder/$size" "$root/configs/tasks/lorahub_bbh/$task/example.jsonl" "$lorahub" "$rounds" \
    $([[ ${BF16:-1} == 0 ]] && echo --no-bf16) $([[ ${ANSWERS:-1} == 0 ]] && echo --no-answers)
done
[[ -z ${KEEP:-} ]] || cp "$folder/$size"/peers_*.json "$KEEP"

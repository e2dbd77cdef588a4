#!/usr/bin/env bash
# `lorahub score` and `lorahub infer` of SmolLM2-135M-Instruct beside transformers and CTranslate2: equal work, one thread
# each, interleaved. See ../README.md.
#
#   tests/bench/peers/decoders.sh [TASK ...]    (default: date_understanding boolean_expressions web_of_lies navigate)
#
# RANDOM_SHAPE     "llama-3.2-1b --layers 16" or "qwen2.5-7b --layers 8 --numbers bf16": random weights of that shape instead
# LORAHUB          the program                (default build/release/lorahub)
# LORAHUB_SMOLLM2  the folder of the model    (default: scripts/fetch-smollm2 fetches it)
# PYTHON           a Python with the packages (default: a venv in the cache folder, made at the first run; a few GB)
# ROUNDS, VECTORS  turns of each side, weight vectors of a turn (default 3, 6)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
tasks=("$@")
((${#tasks[@]})) || tasks=(date_understanding boolean_expressions web_of_lies navigate)
lorahub=${LORAHUB:-$root/build/release/lorahub}
[[ -x $lorahub ]] || { echo "$lorahub is not there: build the release preset or set LORAHUB" >&2; exit 1; }
model=${LORAHUB_SMOLLM2:-$(dirname "$("$root/scripts/fetch-smollm2")")}

python=${PYTHON:-}
if [[ -z $python ]]; then
  venv=${LORAHUB_DEPS:-$HOME/.cache/lorahub}/bench_decoders
  python=$venv/bin/python
  if [[ ! -e $venv/.done ]]; then
    python3 -m venv "$venv"
    "$python" -m pip install --quiet torch==2.11.0 transformers==5.24.0 ctranslate2==4.8.5 gguf==0.19.0 safetensors numpy
    touch "$venv/.done"
  fi
fi
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 CUDA_VISIBLE_DEVICES='' HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
export TRANSFORMERS_VERBOSITY=error
# shellcheck disable=SC2086  # the words of the shape are options
"$python" "$here/decoders.py" "$model" "$lorahub" "${ROUNDS:-3}" "${VECTORS:-6}" ${RANDOM_SHAPE:+--random $RANDOM_SHAPE} \
  "${tasks[@]/#/$root/configs/tasks/lorahub_bbh/}"

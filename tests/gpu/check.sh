#!/usr/bin/env bash
# Checks the program on a machine with a GPU, where nothing is built, in at most 8 minutes. From the root of a copy of the
# tree, with a python3 that has torch 2.11.0+cu130 (with safetensors for the steps of the made model):
#   bash tests/gpu/check.sh BUNDLE.tar.xz            (tests/gpu/bundle.sh makes it)
#   bash tests/gpu/check.sh BUNDLE.tar.xz cpu        a rehearsal without a GPU, in which the steps for one fail: with smaller
#                                                    shapes, fewer trials, and three times the time
# The steps stand in the order of their value. Each has a limit, and all go on after a failure; what is skipped has failed.
# $OUT (a new folder otherwise) gets check.txt, a table; check.json, the same; the steps' logs; and what `bench` measures.
# Needs $HOME; NCCL's ranks meet at the loopback interface.
set -uo pipefail
[ $# -ge 1 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
bundle=$1 device=${2:-cuda}
large_shape=flan-t5-large llama_shape=llama-3.2-1b bench_seconds=50 trials=60 stretch=1
if [ "$device" = cpu ]; then large_shape=flan-t5-small llama_shape=smollm2-135m bench_seconds=10 trials=6 stretch=3; fi
seconds_in_all=$((${SECONDS_IN_ALL:-480} * stretch))
root=$PWD out=${OUT:-$(mktemp -d)} work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" && tar -C "$work" -xf "$bundle" || exit 2
source_dir=$(cat "$work/source_dir") # which the tests read their files from
[ -e "$source_dir" ] || { mkdir -p "${source_dir%/*}" && ln -s "$root" "$source_dir"; }
site=$(python3 -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')/..
libraries=$work/lib:$site/torch/lib
for folder in "$site"/nvidia/*/lib; do libraries+=:$folder; done
export LORAHUB_CONFIGS=$root/configs NCCL_SOCKET_IFNAME=${NCCL_SOCKET_IFNAME:-lo} HOME=${HOME:-/root}
begun=$(date +%s) deadline=0 failures=0 rows=()

ours() { LD_LIBRARY_PATH=$libraries "$@"; } # never for python, which has a libcrypto of its own
remaining() { local s=$((deadline - $(date +%s))); echo $((s > 1 ? s : 1)); } # of the step, whose commands share its limit
lorahub() { ours timeout "$(remaining)" "$work/bin/lorahub" "$@"; }
compare() { python3 "$root/tests/gpu/compare.py" "$@"; }
step() { # NAME LIMIT COMMAND...
  local name=$1 limit=$(($2 * stretch)) from to word code=0 left=$((begun + seconds_in_all - $(date +%s))); shift 2
  from=$(date +%s%N) deadline=$(($(date +%s) + (limit < left ? limit : left)))
  if [ $left -lt 5 ]; then
    word="FAILED: no time left" code=1
  elif "$@" >"$out/$name.log" 2>&1; then
    word=ok
  else
    code=$? word="FAILED ($code)"
  fi
  if [ "$name" != tests_refusal ] && grep -qs 'could not be recorded' "$out/$name.log"; then
    word+=", NOT RECORDED" code=1
  fi
  [ $code = 0 ] || failures=$((failures + 1))
  to=$(date +%s%N)
  printf '%-16s %-28s %6d.%d s of %d\n' "$name" "$word" $(((to - from) / 1000000000)) $(((to - from) / 100000000 % 10)) "$limit" |
    tee -a "$out/check.txt"
  rows+=("{\"step\": \"$name\", \"ok\": $([ $code = 0 ] && echo true || echo false), \"result\": \"$word\", \"seconds\": $(((to - from) / 1000000000)), \"limit\": $limit}")
}

machine() {
  uname -a; nproc; cat "$work/commit"
  lorahub --version
  ours ldd "$work"/bin/* | grep -E 'not found|torch_cuda|cudart|nccl|cublas' | sort -u
  ! ours ldd "$work"/bin/* | grep -q 'not found' &&
    nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit --format=csv
}
gtest() { # GoogleTest returns 0 where tests are skipped, and where none has the name
  local code log=$work/gtest.log
  ours timeout "$(remaining)" "$@" | tee "$log"; code=${PIPESTATUS[0]}
  [ "$code" = 0 ] && grep -q '\[  PASSED  \] [1-9]' "$log" && ! grep -q '\[  SKIPPED \]' "$log"
}
tests() {
  local code=0
  gtest "$work/bin/tensor_test" --gtest_filter='*on_a_gpu*' || code=1
  gtest "$work/bin/model_test" --gtest_filter='*on_a_gpu*-*goes_on_with*' || code=1
  gtest "$work/bin/train_test" --gtest_filter='*on_a_gpu*' || code=1
  return $code
}
tests_refusal() { gtest "$work/bin/model_test" --gtest_filter='*on_a_gpu*goes_on_with*'; } # alone: it spoils its process
tests_nccl() { gtest "$work/bin/run_test" --gtest_filter='Load.on_a_gpu*' --gtest_repeat=20; }
mini=(--model configs/model/mini --library configs/library/mini/r16)
pool=configs/tasks/mini/unseen/E6_desc_comma/pool.jsonl
modules=$(cd configs/library/mini/r16 && printf '%s\n' */ | tr -d / | head -20 | paste -sd,)
both() { # NAME ARGUMENTS...: what the command prints by the CPU and by the device, as NAME_cpu and NAME_device
  local name=$1 kind; shift
  for kind in cpu "$device"; do
    lorahub "$@" --device "$kind" --json >"$work/${name}_$([ "$kind" = cpu ] && echo cpu || echo device)" || return 1
    [ "$device" != cpu ] || cp "$work/${name}_cpu" "$work/${name}_device"
  done
}
score_mini() { # every form of the loss beside the CPU's of the same machine
  local precision composition engine tolerance code=0
  compare weights 20 12 "$work/w.json"
  while read -r precision composition engine tolerance; do
    both s score "${mini[@]}" --modules "$modules" --task $pool --rows 0:5 --weights "$work/w.json" --precision "$precision" \
      --composition "$composition" --engine "$engine" || return 1
    compare sums "$work/s_cpu" "$work/s_device" "$tolerance" "$precision $composition $engine" || code=1
  done <<'FORMS'
f32 factor fast 3e-5
f32 product fast 3e-5
f32 factor reference 3e-5
bf16 factor fast 2e-2
bf16 product fast 2e-2
delta-bf16 factor fast 1e-2
FORMS
  return $code
}
infer() {
  local precision code=0
  head -60 configs/tasks/mini/unseen/E6_desc_comma/test.jsonl >"$work/rows.jsonl"
  echo '[[0.5,0.5]]' >"$work/two.json"
  for precision in f32 bf16; do
    both a infer "${mini[@]}" --modules find_letter,max_letter --weights "$work/two.json" --task "$work/rows.jsonl" \
      --precision $precision || return 1
    compare answers "$work/a_cpu" "$work/a_device" "$([ $precision = f32 ] && echo 60 || echo 54)" || code=1
  done
  return $code
}
study() { # two trials in flight; four, by 8 threads; option scoring; the CPU's
  local run=(lorahub run experiments/quickstart.yaml --quiet) each
  "${run[@]}" --only seed=1 --device "$device" --out "$work/run/two" &&
    "${run[@]}" --only seed=2 --device "$device" --trials-per-rank 4 --threads 8 --out "$work/run/four" &&
    "${run[@]}" --only seed=1 --device "$device" --set scoring=options --out "$work/run/options" &&
    "${run[@]}" --only seed=1 --device cpu --out "$work/run/cpu" || return 1
  for each in two four options cpu; do lorahub status "$work/run/$each" || return 1; done
  ! grep -l '"faults"' "$work"/run/*/journal.ndj # a candidate that counts as infinite
}
made() {
  timeout "$(remaining)" python3 tests/bench/official/make_model.py small "$work/small" 12 &&
    timeout "$(remaining)" python3 tests/gpu/make_llama.py "$work/llama"
}
score_small() { # flan-t5-small's shape, random weights
  local s=$work/small precision tolerance code=0
  while read -r precision tolerance; do
    both s score --model "$s/model" --library "$s/library" --task "$s/task.jsonl" --weights "$s/weights.json" \
      --precision "$precision" || return 1
    compare sums "$work/s_cpu" "$work/s_device" "$tolerance" "small $precision" || code=1
    [ "$precision" != f32 ] || cp "$work/s_device" "$work/small_f32"
  done <<'FORMS'
f32 2e-5
bf16 1e-2
delta-bf16 5e-3
FORMS
  # The sums of the first vector by the CPU of another machine (an AMD EPYC, f32).
  compare first "$work/small_f32" 52.072515 62.765482 68.104797 65.837639 56.516063 || code=1
  return $code
}
llama() { # losses and answers at SmolLM2-135M's shape, random weights
  local s=$work/llama precision tolerance code=0
  local made=(--model "$s/model" --library "$s/library" --task "$s/task.jsonl")
  compare weights 20 1 "$work/w.json"
  while read -r precision tolerance; do
    both s score "${made[@]}" --weights "$work/w.json" --precision "$precision" || return 1
    compare sums "$work/s_cpu" "$work/s_device" "$tolerance" "llama $precision" || code=1
    [ "$precision" != f32 ] || cp "$work/s_device" "$work/llama_f32"
  done <<'FORMS'
f32 2e-5
bf16 1e-2
FORMS
  compare first "$work/llama_f32" 78.656957 75.979712 74.908305 76.535510 79.368687 || code=1
  echo "[[$(yes 0.1 | head -20 | paste -sd,)]]" >"$work/one.json"
  both a infer "${made[@]}" --weights "$work/one.json" --max-tokens 12 && compare answers "$work/a_cpu" "$work/a_device" 5 || code=1
  return $code
}
commands() {
  local data=configs/tasks/mini/upstream/find_letter.jsonl
  lorahub adapt "${mini[@]}" --task $pool --out "$work/adapted" --budget 40 --device "$device" --json &&
    lorahub adapt "${mini[@]}" --task $pool --out "$work/followed" --device "$device" --json &&
    lorahub probe "${mini[@]}" --modules find_letter,max_letter --task $pool --cache "$work/pc" --device "$device" --json &&
    lorahub train configs/train/lorahub.yaml --set model=configs/model/mini data=$data out="$work/trained" epochs=5 --quiet \
      --device "$device" &&
    lorahub train configs/train/lorahub.yaml --set train=base model=configs/model/mini data=$data out="$work/base" epochs=1 \
      --quiet --device "$device" &&
    lorahub infer --model configs/model/mini --adapter "$work/trained" --task $data --device "$device" >"$work/answers"
}
watched() { # FILE COMMAND...: memory in use, load and power, by the second
  local file=$1 code watcher; shift
  while sleep 1; do nvidia-smi --query-gpu=memory.used,utilization.gpu,power.draw --format=csv,noheader,nounits; done \
    >"$file" 2>/dev/null &
  watcher=$!
  "$@"; code=$?
  kill "$watcher"; wait "$watcher" 2>/dev/null
  return $code
}
bench() { # SHAPE SECONDS
  watched "$out/bench_$1.csv" lorahub bench --shape "$1" --device "$device" --precision bf16 --seconds "$2" \
    --json "$out/bench_$1.json" --force
}
growth() { # trials of one size: the memory in use must stop growing
  local s=$work/small configs=$work/configs
  mkdir -p "$configs"/{model,library}
  ln -sfn "$root/configs/tasks" "$configs/tasks"; ln -sfn "$root/configs/search" "$configs/search"
  echo "model: $s/model" >"$configs/model/small.yaml"
  echo "library: $s/library" >"$configs/library/small.yaml"
  cat >"$work/growth.yaml" <<YAML
question: Does the GPU's memory stop growing?
uses: {model: small, library: small, tasks: lorahub_bbh, search: cma}
set:  {modules: 20, shots: 5, search.budget: 40, method: lorahub, max_tokens: 1, precision: bf16}
vary: {task: [date_understanding], seed: [$(seq -s, $trials)]}
YAML
  LORAHUB_CONFIGS=$configs watched "$out/growth.csv" lorahub run "$work/growth.yaml" --device "$device" --quiet \
    --out "$work/run/growth" &&
    compare growth "$out/growth.csv" && ! grep -l '"faults"' "$work/run/growth/journal.ndj"
}
sanitize() {
  ours timeout "$(remaining)" compute-sanitizer --error-exitcode 9 "$work/bin/tensor_test" \
    --gtest_filter='GpuKernels.on_a_gpu*-*f64*'
}

step machine 30 machine
step tests 90 tests
step tests_refusal 30 tests_refusal
step tests_nccl 40 tests_nccl
step score_mini 60 score_mini
step infer 40 infer
step study 90 study
step bench_large 90 bench $large_shape $bench_seconds
step made 50 made
step score_small 40 score_small
step llama 50 llama
step growth 70 growth
step commands 60 commands
step bench_llama 50 bench $llama_shape $((bench_seconds * 3 / 5))
step sanitize 50 sanitize

seconds=$(($(date +%s) - begun))
echo "$failures of ${#rows[@]} steps failed, $seconds s; files in $out" | tee -a "$out/check.txt"
{
  printf '{"device": "%s", "gpu": "%s", "commit": "%s", "seconds": %d, "failed": %d, "steps": [\n' "$device" \
    "$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -1)" "$(cat "$work/commit")" $seconds $failures
  (IFS=$'\n'; sed '$!s/$/,/' <<<"${rows[*]}")
  echo ']}'
} >"$out/check.json"
[ $failures = 0 ]

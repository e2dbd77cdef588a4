#!/bin/sh
# What `lorahub compose` writes, loaded by PEFT and transformers: losses to 1e-5, equal greedy answers.
#   tests/golden/round_trip.sh build/dev/lorahub PYTHON     (from the top of the repository; about a minute)
set -eu
program=$1 python=$2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
model=configs/model/mini task=configs/tasks/mini/unseen/E1_isa_letter/test.jsonl
mix="--library configs/library/mini/r16 --modules find_letter,max_letter,hid_rev_comma --weights $out/w.json"
echo '[[0.7, 0.4, -0.3]]' > "$out/w.json"
echo '[[1]]' > "$out/one.json"
head -n 40 $task > "$out/rows.jsonl"
check() { # NAME MODEL ADAPTER
  echo "$1"
  OMP_NUM_THREADS=1 "$python" tests/golden/peft_check.py "$2" "$3" "$out/rows.jsonl" --rows 0:40 \
    --expect "$out/score.json" --answers "$out/infer.json" 2>&1 >/dev/null | grep -E 'largest|equal'
}
for how in "--composition factor" "--composition product" "--composition product --rank 24"; do
  rm -rf "$out/library" && "$program" compose --model $model $mix $how --out "$out/library/a" 2>/dev/null
  "$program" score --model $model --library "$out/library" --weights "$out/one.json" --task "$out/rows.jsonl" --json > "$out/score.json"
  "$program" infer --model $model --adapter "$out/library/a" --task "$out/rows.jsonl" --max-tokens 64 --json > "$out/infer.json"
  check "adapter $how" $model "$out/library/a"
done
"$program" compose --model $model $mix --composition product --merge f32 --out "$out/merged"
"$program" infer --model "$out/merged" --task "$out/rows.jsonl" --max-tokens 64 --json > "$out/infer.json"
"$program" score --model $model $mix --composition product --task "$out/rows.jsonl" --json > "$out/score.json"
check "merged f32" "$out/merged" -

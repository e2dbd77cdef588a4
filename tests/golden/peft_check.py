#!/usr/bin/env python3
"""Loads a PEFT folder in PEFT and prints the loss sum of each row of a task file, one JSON list.

    OMP_NUM_THREADS=1 python tests/golden/peft_check.py MODEL_DIR ADAPTER_DIR TASK.jsonl [--rows 0:5] [--f64]
        [--expect SCORE.json] [--answers INFER.json]

ADAPTER_DIR `-`: the model alone (a merged one, say). --expect: output of `lorahub score --json` for one weight vector;
ends with 1 when a sum differs by more than 1e-5 max(1, |L|). --answers: output of `lorahub infer --json` for the same
rows; ends with 1 when a greedy answer differs. MODEL_DIR needs spiece.model beside its weights.
Used with peft 0.21.2, transformers 5.23.0; round_trip.sh runs it on the mini-lab.
"""
import argparse
import json
import pathlib
import sys

import sentencepiece
import torch
from peft import PeftModel
from transformers import T5ForConditionalGeneration


def read_rows(file, span):
    rows = [json.loads(line) for line in pathlib.Path(file).read_text().splitlines() if line.strip()]
    first, last = (int(x) if x else None for x in span.split(":"))
    pairs = [(r.get("context", r.get("input")), r.get("completion", r.get("target"))) for r in rows]
    return pairs[first:last]


@torch.no_grad()
def loss_sum(model, pieces, row):
    source, target = (torch.tensor([pieces.encode(text) + [1]]) for text in row)
    logits = model(input_ids=source, labels=target).logits
    return torch.nn.functional.cross_entropy(logits[0], target[0], reduction="sum").item()


@torch.no_grad()
def answer(model, pieces, text, most):
    """Greedy, as plain argmax over the whole prefix."""
    source = torch.tensor([pieces.encode(text) + [1]])
    inner = model.base_model.model if isinstance(model, PeftModel) else model
    encoded, ids = inner.encoder(input_ids=source), [0]
    for _ in range(most):
        scores = inner(encoder_outputs=encoded, decoder_input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
        ids.append(scores.argmax().item())
        if ids[-1] == 1:
            break
    return pieces.decode([i for i in ids[1:] if i not in (0, 1)])


def main():
    parser = argparse.ArgumentParser()
    for name in ("model", "adapter", "task"):
        parser.add_argument(name)
    parser.add_argument("--rows", default="0:5")
    parser.add_argument("--f64", action="store_true")
    parser.add_argument("--expect")
    parser.add_argument("--answers")
    parser.add_argument("--max-tokens", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = T5ForConditionalGeneration.from_pretrained(args.model, dtype=torch.float32)
    if args.adapter != "-":
        model = PeftModel.from_pretrained(model, args.adapter)
    model = model.eval()
    if args.f64:
        model = model.double()
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(pathlib.Path(args.model) / "spiece.model"))
    rows = read_rows(args.task, args.rows)
    sums = [loss_sum(model, pieces, row) for row in rows]
    print(json.dumps(sums))
    failed = False
    if args.expect:
        expected = json.loads(pathlib.Path(args.expect).read_text())["loss_sum"][0]
        worst = max(abs(a - b) / max(1, abs(a)) for a, b in zip(sums, expected, strict=True))
        print(f"largest difference {worst:.2e}", file=sys.stderr)
        failed = worst > 1e-5
    if args.answers:
        ours = json.loads(pathlib.Path(args.answers).read_text())["answers"]
        first = int(args.rows.split(":")[0] or 0)
        theirs = [answer(model, pieces, text, args.max_tokens) for text, _ in rows]
        same = sum(a == b for a, b in zip(theirs, ours[first:first + len(rows)], strict=True))
        print(f"{same} of {len(rows)} answers equal", file=sys.stderr)
        failed = failed or same < len(rows)
    sys.exit(failed)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Loads a PEFT folder in PEFT and prints the loss sum of each row of a task file, one JSON list.

    OMP_NUM_THREADS=1 python tests/golden/peft_check.py MODEL_DIR ADAPTER_DIR TASK.jsonl [--rows 0:5] [--f64]
        [--expect SCORE.json]

--expect: output of `lorahub score --json` for one weight vector; ends with 1 when a sum differs by more than
1e-5 max(1, |L|). MODEL_DIR needs spiece.model beside its weights. Used with peft 0.21.2, transformers 5.23.0.
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


def main():
    parser = argparse.ArgumentParser()
    for name in ("model", "adapter", "task"):
        parser.add_argument(name)
    parser.add_argument("--rows", default="0:5")
    parser.add_argument("--f64", action="store_true")
    parser.add_argument("--expect")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = T5ForConditionalGeneration.from_pretrained(args.model, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, args.adapter).eval()
    if args.f64:
        model = model.double()
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(pathlib.Path(args.model) / "spiece.model"))
    sums = [loss_sum(model, pieces, row) for row in read_rows(args.task, args.rows)]
    print(json.dumps(sums))
    if args.expect:
        expected = json.loads(pathlib.Path(args.expect).read_text())["loss_sum"][0]
        worst = max(abs(a - b) / max(1, abs(a)) for a, b in zip(sums, expected, strict=True))
        print(f"largest difference {worst:.2e}", file=sys.stderr)
        sys.exit(worst > 1e-5)


if __name__ == "__main__":
    main()

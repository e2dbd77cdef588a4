"""Writes golden.json: which pool rows LoraHub's few-shot prompts show, and the prompts (two in full, all as hashes).

Usage: make_golden.py DATA_BBH   (the unpacked data_bbh.zip of LoraHub's release 0.1, with its few_shot.jsonl files)
"""
import hashlib
import json
import os
import sys


def rows(folder, name):
    with open(os.path.join(folder, name + ".jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main(data):
    golden = {"source": "data_bbh.zip of LoraHub's release 0.1, few_shot.jsonl", "tasks": {}}
    for task in sorted(t for t in os.listdir(data) if os.path.isdir(os.path.join(data, t))):
        folder = os.path.join(data, task)
        pool, prompts = rows(folder, "example"), [r["context"] for r in rows(folder, "few_shot")]
        head = os.path.commonprefix([r["context"] for r in pool]).split("\n\n")[0] + "\n\n"
        shown = [r["context"][len(head):] + r["completion"] + "\n\n" for r in pool]
        at, found = len(head), []
        while len(found) < 5:  # each demonstration is one row of the pool, and only one
            here = [i for i, text in enumerate(shown) if prompts[0].startswith(text, at)]
            assert len(here) == 1, (task, here)
            found += here
            at += len(shown[here[0]])
        golden["tasks"][task] = {"demonstrations": found, "sha256": [hashlib.sha256(p.encode()).hexdigest()[:16] for p in prompts]}
        if task in ("boolean_expressions", "ruin_names"):
            golden["tasks"][task]["first"] = prompts[0]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json"), "w", encoding="ascii") as file:
        json.dump(golden, file, separators=(",", ":"))


main(sys.argv[1])

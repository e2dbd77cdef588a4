"""One evaluation of a weight vector as LoraHub's official Python code does it, timed.

usage: official_loop.py FOLDER                (a folder made by make_model.py)

Per vector w: every cached tensor of the 20 state dicts is summed with the scalars w_i, the sum is
set on the PeftModel, the five examples go through it as one padded batch with labels, and

    objective = (mean cross entropy over target tokens) / examples + 0.05 * mean |w|

The official data loader and tokenization are left out: the batch is made once. The first vector
warms up and is not timed. Prints one line of JSON.
"""

import json
import pathlib
import resource
import sys
import time

import peft
import torch
import transformers
from peft import PeftModel, set_peft_model_state_dict
from safetensors.torch import load_file


def load(folder):
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder / "model", dtype=torch.float32)
    assert not torch.equal(model.lm_head.weight, model.shared.weight), "the head must stay untied"
    modules = sorted((folder / "library").iterdir())
    model = PeftModel.from_pretrained(model, modules[0]).eval()
    return model, [load_file(module / "adapter_model.safetensors") for module in modules]


def read_batch(folder):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "model")
    rows = [json.loads(line) for line in (folder / "task.jsonl").read_text().splitlines()]
    batch = tokenizer([row["context"] for row in rows], padding=True, return_tensors="pt")
    assert batch["attention_mask"].bool().all(), "every source must be equally long"
    labels = tokenizer([row["completion"] for row in rows], padding=True, return_tensors="pt").input_ids
    labels[labels == tokenizer.pad_token_id] = -100
    return {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"], "labels": labels}


def combine(weights, cache):
    mixed = {key: weights[0] * tensor for key, tensor in cache[0].items()}
    for weight, module in zip(weights[1:], cache[1:]):
        for key in mixed:
            mixed[key] = mixed[key] + weight * module[key]
    return mixed


def evaluate(weights, model, cache, batch):
    """(objective, wall seconds of combine, set, forward)"""
    marks = [time.perf_counter()]
    mixed = combine(weights, cache)
    marks.append(time.perf_counter())
    set_peft_model_state_dict(model, mixed)
    marks.append(time.perf_counter())
    with torch.no_grad():
        loss = float(model(**batch).loss)
    marks.append(time.perf_counter())
    regularizer = 0.05 * sum(abs(w) for w in weights) / len(weights)
    objective = loss / len(batch["labels"]) + regularizer
    return objective, [after - before for before, after in zip(marks, marks[1:])]


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    started = time.perf_counter()
    model, cache = load(folder)
    batch = read_batch(folder)
    loaded = time.perf_counter()
    result = {"objective": [], "wall": [], "cpu": [], "phases": []}
    for weights in json.loads((folder / "weights.json").read_text()):
        before = time.process_time()
        objective, phases = evaluate(weights, model, cache, batch)
        result["cpu"].append(time.process_time() - before)
        result["objective"].append(objective)
        result["phases"].append(phases)
        result["wall"].append(sum(phases))
    for key in ("wall", "cpu", "phases"):
        del result[key][0]
    result["load"] = loaded - started
    result["source_tokens"] = batch["input_ids"].shape[1]
    result["target_tokens"] = int((batch["labels"] >= 0).sum()) / len(batch["labels"])
    result["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    result["versions"] = {module.__name__: module.__version__ for module in (torch, transformers, peft)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()

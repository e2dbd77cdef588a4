#!/usr/bin/env python3
"""What the original package's lorahub_learning computes on the mini-lab, its cached modules copied.

    pip install --no-deps --target ORIGINAL lorahub==0.1.0
    python tests/golden/python_package.py ORIGINAL      # from the top of the repository; writes python_package.json

The original keeps references to live parameters in its cache, so that its objective depends on what was evaluated
before; here each cached tensor is a copy. Needs torch, transformers, peft, nevergrad, datasets, pandas.
"""
import json
import pathlib
import platform
import random
import sys

sys.path.insert(0, sys.argv[1])
import nevergrad
import peft
import scipy
import torch
import transformers
from lorahub import algorithm

OUT = pathlib.Path(__file__).with_suffix(".json")
TASK = pathlib.Path("configs/tasks/mini/unseen/E1_isa_letter")
MODEL = "configs/model/mini"
MODULES = ["find_letter", "max_letter", "hid_rev_comma", "isa_full", "last_full", "kind_letter"]
STEPS, SHOTS, ASKED = 14, 5, 20

live = algorithm.get_peft_model_state_dict
algorithm.get_peft_model_state_dict = lambda model: {key: tensor.clone() for key, tensor in live(model).items()}
score = algorithm.get_score
loaded = algorithm.AutoModelForSeq2SeqLM.from_pretrained  # transformers 5 would compute in the f16 that the base is stored as
algorithm.AutoModelForSeq2SeqLM.from_pretrained = lambda name: loaded(name, dtype=torch.float32)


def squares(weights):
    return 0.1 * sum(w * w for w in weights)


def rows(name, count):
    lines = [json.loads(line) for line in (TASK / name).read_text().splitlines()[:count]]
    return [row["context"] for row in lines], [row["completion"] for row in lines]


def run(batch_size, get_regular):
    trace = []

    def recorded(weights, *arguments, **options):
        value = score(weights, *arguments, **options)
        trace.append({"weights": [float(w) for w in weights], "objective": float(value)})
        return value

    algorithm.get_score = recorded
    inputs, outputs = rows("pool.jsonl", SHOTS)
    weights, model, tokenizer = algorithm.lorahub_learning(
        [f"configs/library/mini/r16/{name}" for name in MODULES], inputs, outputs, STEPS, model_name_or_path=MODEL,
        batch_size=batch_size, get_regular=get_regular)
    return trace, weights, model, tokenizer


def dense():
    """Objectives of weights as a search never asks for them: all at once, of both signs."""
    generator = random.Random(1)
    vectors = [[generator.uniform(-1.5, 1.5) for _ in MODULES] for _ in range(8)]
    model, tokenizer, cache = algorithm.load_base_model_and_lora_modules(
        [f"configs/library/mini/r16/{name}" for name in MODULES], MODEL)
    dataset = algorithm.load_dataset(*rows("pool.jsonl", SHOTS), tokenizer)
    return [{"weights": vector, "objective": float(score(vector, model, cache, dataset, None, algorithm.default_get_loss,
                                                         algorithm.default_l1_regularization))} for vector in vectors]


def main():
    torch.set_num_threads(1)
    cases = []
    for batch_size, name, regular in ((None, "default", algorithm.default_l1_regularization), (2, "squares", squares)):
        trace, weights, model, tokenizer = run(batch_size, regular)
        inputs, outputs = rows("test.jsonl", ASKED)
        answers, accuracy = algorithm.lorahub_inference(inputs, model, tokenizer, 10, outputs)
        cases.append({"batch_size": batch_size, "get_regular": name, "trace": trace, "weights": list(map(float, weights)),
                      "answers": answers, "accuracy": accuracy})
    versions = {"python": platform.python_version(), "lorahub": "0.1.0", "scipy": scipy.__version__}
    versions |= {module.__name__: module.__version__ for module in (torch, transformers, peft, nevergrad)}
    OUT.write_text(json.dumps({"versions": versions, "modules": MODULES, "steps": STEPS, "shots": SHOTS, "cases": cases,
                               "dense": dense()},
                              indent=1) + "\n")


main()

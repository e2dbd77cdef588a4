"""PEFT and transformers load what `lorahub train` writes, and find the loss of the card's self-test.

    python tests/golden/train_check.py build/release/lorahub      # a minute; writes nothing

Measured with torch 2.11.0, transformers 5.23.0, peft 0.21.2, difference of the self-test's cross entropy in nats:
lora 1.5e-07 (of 0.0054), ia3 1.9e-06 (of 20.46), full 1.4e-07 (of 0.0028), base 1.2e-06 (of 2.69); same answers.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from peft import PeftModel
from transformers import AutoModelForSeq2SeqLM, T5Tokenizer

ROOT = pathlib.Path(__file__).parents[2]
MODEL = ROOT / "configs/model/mini"
DATA = ROOT / "configs/tasks/mini/upstream/find_letter.jsonl"
KINDS = ("lora", "ia3", "full", "base")
TOLERANCE = 1e-6  # relative to max(1, loss)


def train(program, kind, out):
    config = out.parent / f"{kind}.yaml"
    config.write_text(f"train: {kind}\nmodel: {MODEL}\ndata: {DATA}\nout: {out}\n"
                      "lr: 2e-3\nsteps: 20\nbatch: 16\nheld_out: 0.4\ntargets: [q, v, wo]\n")
    subprocess.run([program, "train", config, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return json.loads((out / "training.json").read_text())


def load(kind, out):
    if kind in ("full", "base"):
        return AutoModelForSeq2SeqLM.from_pretrained(out), T5Tokenizer.from_pretrained(out)
    base = AutoModelForSeq2SeqLM.from_pretrained(MODEL, dtype=torch.float32)
    return PeftModel.from_pretrained(base, out), T5Tokenizer.from_pretrained(MODEL)


def check(program, kind, folder):
    test = train(program, kind, folder / kind)["self_test"]
    model, tokenizer = load(kind, folder / kind)
    ids = tokenizer(test["input"], return_tensors="pt").input_ids
    labels = tokenizer(text_target=test["target"], return_tensors="pt").input_ids
    with torch.no_grad():
        scores = model.eval()(input_ids=ids, labels=labels).logits[0]
        answer = model.generate(input_ids=ids, max_new_tokens=64)[0]
    loss = torch.nn.functional.cross_entropy(scores, labels[0], reduction="sum").item()
    assert labels.shape[1] == test["tokens"]
    difference = abs(loss - test["loss_sum"])
    said = tokenizer.decode(answer, skip_special_tokens=True)
    print(f"{kind}: lorahub {test['loss_sum']:.7f}, here {loss:.7f}, difference {difference:.1e}, answers {said!r}")
    assert difference < TOLERANCE * max(1, loss) and said == test["answer"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for each in KINDS:
            check(pathlib.Path(sys.argv[1]).resolve(), each, pathlib.Path(name))

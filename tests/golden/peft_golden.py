#!/usr/bin/env python3
"""Losses of mixed LoRA modules as PEFT and transformers compute them, in f64, on the mini-lab.
(transformers itself takes the variance of its norms and its softmax in f32, whatever the dtype.)

    OMP_NUM_THREADS=1 python tests/golden/peft_golden.py     (from the top of the repository; about a minute)

Writes peft_golden.json (versions are in it) and peft_bin/: one module as PEFT saves it, in both formats.
Weights are multiples of 2^-20, so f32 and f64 mix with the same numbers.
"""
import json
import pathlib
import random

import peft
import sentencepiece
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model, set_peft_model_state_dict
from peft.utils import get_peft_model_state_dict
from transformers import T5ForConditionalGeneration

HERE = pathlib.Path(__file__).parent
LAB = HERE.parent.parent / "configs"
BASE, LIBRARY = LAB / "model/mini", LAB / "library/mini/r16"
TARGETS = ["D1_min_letter", "D4_kind_index", "D5_rev_brack", "D8_after_brack", "D9_hid_last_letter"]


def base_model():
    return T5ForConditionalGeneration.from_pretrained(BASE, dtype=torch.float32).double().eval()


def examples():
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(BASE / "spiece.model"))
    rows = []
    for target in TARGETS:  # one row each: sources and targets of different lengths
        row = json.loads((LAB / f"tasks/mini/unseen/{target}/pool.jsonl").read_text().splitlines()[0])
        rows.append({"source": pieces.encode(row["context"]) + [1], "target": pieces.encode(row["completion"]) + [1]})
    return rows


@torch.no_grad()
def sums(model, rows):
    """Sum of target-token cross entropies of each row, each row alone (no padding)."""
    out = []
    for row in rows:
        labels = torch.tensor([row["target"]])
        logits = model(input_ids=torch.tensor([row["source"]]), labels=labels).logits
        out.append(torch.nn.functional.cross_entropy(logits[0], labels[0], reduction="sum").item())
    return out


def factor_sums(model, dicts, weights, rows):
    """LoraHub's mixture: the state dicts (all A, all B) are added with the weights."""
    mixed = {key: sum(w * d[key] for w, d in zip(weights, dicts)) for key in dicts[0]}
    set_peft_model_state_dict(model, mixed)
    return sums(model, rows)


def product_sums(model, dicts, weights, rows, scaling):
    """sum w (alpha/r) B A merged into the base's own weights."""
    linears = dict(model.named_modules())
    before = {}
    for key in dicts[0]:
        if ".lora_A." not in key:
            continue
        name = key.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
        before[name] = linears[name].weight.data.clone()
        for w, d in zip(weights, dicts):
            linears[name].weight.data += w * scaling * d[key.replace("lora_A", "lora_B")] @ d[key]
    result = sums(model, rows)
    for name, weight in before.items():
        linears[name].weight.data = weight
    return result


def save_both_formats():
    torch.manual_seed(7)
    config = LoraConfig(task_type="SEQ_2_SEQ_LM", r=2, lora_alpha=3, target_modules=["q", "v"], init_lora_weights=False)
    model = get_peft_model(T5ForConditionalGeneration.from_pretrained(BASE, dtype=torch.float32), config)
    model.peft_config["default"].base_model_name_or_path = "base"
    for folder, safe in (("bin", False), ("safetensors", True)):
        model.save_pretrained(HERE / "peft_bin" / folder, safe_serialization=safe)
        (HERE / "peft_bin" / folder / "README.md").unlink(missing_ok=True)


def main():
    torch.set_num_threads(1)
    draw = random.Random(11)
    names = draw.sample(sorted(p.name for p in LIBRARY.iterdir() if p.is_dir()), 20)
    rows = examples()
    weights = [[round(draw.uniform(-1.5, 1.5) * 2**20) / 2**20 for _ in names] for _ in range(50)]
    model = PeftModel.from_pretrained(base_model(), LIBRARY / names[0]).double()
    dicts = []
    for name in names:
        single = PeftModel.from_pretrained(base_model(), LIBRARY / name).double()
        dicts.append({k: v.clone() for k, v in get_peft_model_state_dict(single).items()})
    assert len(dicts[0]) == 32 and all(v.dtype == torch.float64 for v in dicts[0].values())
    scaling = model.peft_config["default"].lora_alpha / model.peft_config["default"].r
    one = [[float(i == j) for j in range(20)] for i in range(20)]
    base = base_model()
    golden = {
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__},
        "modules": names,
        "examples": rows,
        "base": sums(base, rows),
        "singles": [factor_sums(model, dicts, w, rows) for w in one],
        "weights": weights,
        "factor": [factor_sums(model, dicts, w, rows) for w in weights],
        "product": [product_sums(base, dicts, w, rows, scaling) for w in weights],
    }
    (HERE / "peft_golden.json").write_text(json.dumps(golden, indent=0) + "\n")
    save_both_formats()


if __name__ == "__main__":
    main()

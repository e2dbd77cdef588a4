"""Gradients and AdamW steps of transformers and PEFT, for tests/train.

    python tests/golden/train_golden.py         # writes tests/golden/train/*.json

Weights are hash_weights.py's, so is the start of what is trained. Of every tensor the file keeps its norm and its
inner products with four hashed directions: an error in any value shows in them. All in f64 (what f32 gives in
transformers itself is in `f32_deviation`, the largest over tensors, relative to the tensor's norm).
"""

import json
import pathlib
import platform
import re

import numpy as np
import peft
import torch
import transformers
from peft import IA3Config, LoraConfig, get_peft_model
from transformers.models.t5 import modeling_t5

import hash_weights
import t5_golden

HERE = pathlib.Path(__file__).parent / "train"
VERSIONS = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__,
            "transformers": transformers.__version__, "peft": peft.__version__}
CASES = {
    "lora": ("tiny_gated", {"rank": 4, "alpha": 6, "targets": ["q", "v"]}),
    "lora_all": ("tiny_relu", {"rank": 3, "alpha": 3, "targets": ["k", "o", "q", "v", "wi", "wo"]}),
    "ia3": ("tiny_gated", {}),
    "ia3_relu": ("tiny_relu", {}),
    "full": ("tiny_gated", {}),
    "full_tied": ("tiny_relu", {}),
}
STEPS = {"count": 20, "lr": 0.003, "warmup": 5, "weight_decay": 0.01, "clip": 1.0, "rows": 3}


def hashed(name, shape, scale, center=0.0):
    u = (hash_weights.hashes(name, int(np.prod(shape))) % np.uint64(2**24)).astype(np.float64) / 2.0**23 - 1.0
    return torch.from_numpy((center + scale * u).astype(np.float32).reshape(shape))


def batch(shape, rows):
    c = t5_golden.SHAPES[shape]
    sizes = [t5_golden.LENGTHS[shape][r] for r in rows]
    sources = [hash_weights.token_ids(f"{shape}.source.{r}", s, c["vocab_size"]) for r, (s, _) in zip(rows, sizes)]
    targets = [hash_weights.token_ids(f"{shape}.target.{r}", t, c["vocab_size"]) for r, (_, t) in zip(rows, sizes)]

    def pad(lists, filler):
        longest = max(map(len, lists))
        return torch.tensor([x + [filler] * (longest - len(x)) for x in lists])

    ones = [[1] * len(s) for s in sources]
    return {"input_ids": pad(sources, 0), "attention_mask": pad(ones, 0), "labels": pad(targets, -100)}


def plain_name(name):
    for part in ("base_model.model.", ".default", ".base_layer"):
        name = name.replace(part, "")
    return name


def trained(case):
    shape, settings = CASES[case]
    model = t5_golden.model_of(t5_golden.SHAPES[shape])
    if case.startswith("lora"):
        model = get_peft_model(model, LoraConfig(task_type="SEQ_2_SEQ_LM", r=settings["rank"],
                               lora_alpha=settings["alpha"], target_modules=settings["targets"], lora_dropout=0.0))
    elif case.startswith("ia3"):
        model = get_peft_model(model, IA3Config(task_type="SEQ_2_SEQ_LM"))
    parameters = {plain_name(n): p for n, p in model.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for name, p in parameters.items():
            if "lora_A" in name:
                p.copy_(hashed(name, p.shape, p.shape[1] ** -0.5))
            elif "lora_B" in name:
                p.copy_(hashed(name, p.shape, 0.1))
            elif "ia3_l" in name:
                p.copy_(hashed(name, p.shape, 0.2, 1.0))
    return model.eval(), parameters  # eval: no dropout


def figures(name, tensor):
    wide = tensor.detach().double().flatten()
    inner = [float(wide @ hashed(f"direction.{k}.{name}", wide.shape, 1.0).double()) for k in range(4)]
    return {"norm": float(wide.norm()), "inner": inner}


def gradients(model, parameters, shape):
    rows = list(range(len(t5_golden.LENGTHS[shape])))
    model.zero_grad(set_to_none=True)
    loss = model(**batch(shape, rows), use_cache=False).loss
    loss.backward()
    return float(loss.detach()), {n: p.grad.clone() for n, p in parameters.items()}


def adamw(model, parameters, shape):
    count = len(t5_golden.LENGTHS[shape])
    optimizer = torch.optim.AdamW(parameters.values(), lr=STEPS["lr"], weight_decay=STEPS["weight_decay"])
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, STEPS["warmup"], STEPS["count"])
    losses = []
    for step in range(STEPS["count"]):
        rows = [(step * STEPS["rows"] + i) % count for i in range(STEPS["rows"])]
        optimizer.zero_grad()
        loss = model(**batch(shape, rows), use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), STEPS["clip"])
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    return losses


def measure(case):
    shape, settings = CASES[case]
    single_loss, single = gradients(*trained(case), shape)
    modeling_t5.T5LayerNorm.forward = t5_golden.exact_norm
    model, parameters = trained(case)
    model.double()
    loss, double = gradients(model, parameters, shape)
    deviation = max(float((single[n].double() - g).norm() / g.norm()) for n, g in double.items())
    before = {n: p.detach().clone() for n, p in parameters.items()}
    losses = adamw(model, parameters, shape)
    out = {"made_by": "tests/golden/train_golden.py", "versions": VERSIONS, "shape": shape, **settings, "loss": loss,
           "f32_deviation": deviation, "steps": STEPS, "losses": losses,
           "gradients": {n: figures(n, g) for n, g in double.items()},
           "moved": {n: figures(n, p.detach() - before[n]) for n, p in parameters.items()}}
    lines = json.dumps(out, indent=1).splitlines()
    text = "\n".join(lines)
    for key in ("inner", "losses"):  # one line a list
        text = re.sub(r'("%s": \[)([^\]]*)\]' % key, lambda m: m[1] + re.sub(r"\s+", " ", m[2]).strip() + "]", text)
    (HERE / f"{case}.json").write_text(text + "\n")
    print(case, len(double), "tensors, loss", loss, "f32", single_loss, "deviation", deviation, "losses", losses[0], losses[-1])


if __name__ == "__main__":
    torch.set_num_threads(1)
    HERE.mkdir(exist_ok=True)
    original = modeling_t5.T5LayerNorm.forward
    for each in CASES:
        modeling_t5.T5LayerNorm.forward = original
        measure(each)

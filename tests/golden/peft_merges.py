#!/usr/bin/env python3
"""Losses of modules that PEFT itself merges (add_weighted_adapter) or routes (Arrow), in f64, on the mini-lab's base.
(transformers itself takes the variance of its norms and its softmax in f32, whatever the dtype.)

    OMP_NUM_THREADS=1 python tests/golden/peft_merges.py     (from the top of the repository; about a minute)

Writes peft_merges.json (versions are in it). The modules are made of random numbers by the program's own generator
(base::Stream), which the test repeats; DARE's masks come from the same generator and are given to PEFT in the place of
torch.bernoulli. Arrow's prototypes are a power iteration in PEFT, which is given enough steps here to converge.
"""
import hashlib
import json
import pathlib

import numpy as np
import peft
import torch
import transformers
from peft import ArrowConfig, LoraConfig, get_peft_model
from peft.tuners.lora.arrow import ArrowLoraLinearLayer
from peft.tuners.lora.layer import LoraLayer
from peft_golden import base_model, examples, sums

HERE = pathlib.Path(__file__).parent
RANK = 4
# Module: alpha, and the layers that it adapts. Scalings differ, and one module lacks places of the others.
MODULES = {"first": (8, ["q", "v"]), "second": (8, ["q", "v"]), "third": (6, ["q"]), "fourth": (2, ["q", "v"])}
ROUTED = ["first", "second", "fourth"]  # Arrow takes modules of one shape alone
WEIGHTS = [[1, 1, 1, 1], [0.25, 0.25, 0.25, 0.25], [0.75, -0.5, 1.25, 0.25], [-1, 0.5, 0, 1.5]]
RULES = [
    {"composition": "linear"},
    {"composition": "magnitude_prune", "density": 0.2},
    {"composition": "ties", "density": 0.2},
    {"composition": "ties", "density": 0.7},
    {"composition": "dare_linear", "density": 0.5, "seed": 3},
    {"composition": "dare_ties", "density": 0.5, "seed": 3},
    {"composition": "svd", "rank": 0},
    {"composition": "svd", "rank": 7},
]
ROUTES = [{"experts": 2, "temperature": 1.0}, {"experts": 1, "temperature": 1.0}, {"experts": 3, "temperature": 0.25}]


def uniform(seed, purpose, count):
    """base::Stream(seed, purpose).uniform(), `count` times: Philox4x32-10, keyed by SHA-256."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).hexdigest()
    key = [np.uint64(int(digest[:8], 16)), np.uint64(int(digest[8:16], 16))]
    low = np.uint64(0xFFFFFFFF)
    blocks = np.arange((count + 1) // 2, dtype=np.uint64)
    counter = [blocks & low, blocks >> np.uint64(32), np.zeros_like(blocks), np.zeros_like(blocks)]
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * counter[0], np.uint64(0xCD9E8D57) * counter[2]
        counter = [(p1 >> np.uint64(32)) ^ counter[1] ^ key[0], p1 & low, (p0 >> np.uint64(32)) ^ counter[3] ^ key[1], p0 & low]
        key = [(key[0] + np.uint64(0x9E3779B9)) & low, (key[1] + np.uint64(0xBB67AE85)) & low]
    pairs = [(counter[0], counter[1]), (counter[2], counter[3])]
    values = [((high >> np.uint64(5) << np.uint64(26)) | (rest >> np.uint64(6))).astype(np.float64) * 2.0**-53 for high, rest in pairs]
    return np.stack(values, 1).reshape(-1)[:count]


def factor(module, layer, which, shape):
    values = (uniform(1, f"{module}/{layer}/{which}", shape[0] * shape[1]) - 0.5) * (0.5 if which == "a" else 0.25)
    return torch.tensor(values.astype(np.float32).astype(np.float64)).view(shape)


def linear_layers(base):
    """The linear layers in the order in which the program numbers them."""
    names = []
    for stack, blocks in (("encoder", base.config.num_layers), ("decoder", base.config.num_decoder_layers)):
        for i in range(blocks):
            parts = ["SelfAttention"] + (["EncDecAttention"] if stack == "decoder" else [])
            for j, part in enumerate(parts):
                names += [f"{stack}.block.{i}.layer.{j}.{part}.{x}" for x in "qkvo"]
            names += [f"{stack}.block.{i}.layer.{len(parts)}.DenseReluDense.{x}" for x in ("wi_0", "wi_1", "wo")]
    return names + ["lm_head"]


def with_modules(names):
    base = base_model()
    model = None
    for name in names:
        alpha, targets = MODULES[name]
        config = LoraConfig(task_type="SEQ_2_SEQ_LM", r=RANK, lora_alpha=alpha, target_modules=targets, lora_dropout=0.0)
        if model is None:
            model = get_peft_model(base, config, adapter_name=name)
        else:
            model.add_adapter(name, config)
    for layer, target in lora_layers(model):
        for name in names:
            if name in target.lora_A:
                for which, part in (("a", target.lora_A), ("b", target.lora_B)):
                    part[name].weight.data = factor(name, layer, which, part[name].weight.shape)
    return model.double().eval()


def lora_layers(model):
    for name, target in model.base_model.model.named_modules():
        if isinstance(target, LoraLayer):
            yield name, target


def masks(model, seed, density):
    """DARE's masks in the order in which PEFT draws them."""
    slots = {name: slot for slot, name in enumerate(linear_layers(model.base_model.model))}
    for layer, target in lora_layers(model):
        for which, part in (("a", target.lora_A), ("b", target.lora_B)):
            for name in MODULES:
                if name in part:
                    shape = part[name].weight.shape
                    kept = uniform(seed, f"dare/{name}/{slots[layer]}/{which}", shape[0] * shape[1]) < density
                    yield torch.tensor(kept).double().view(shape)


def merged(model, rule, weights, rows):
    drawn = masks(model, rule["seed"], rule["density"]) if "seed" in rule else iter(())
    bernoulli = torch.bernoulli
    torch.bernoulli = lambda like: next(drawn)
    more = {"density": rule["density"]} if "density" in rule else {"svd_rank": rule.get("rank") or None}
    model.add_weighted_adapter(list(MODULES), weights, "merged", combination_type=rule["composition"], **more)
    torch.bernoulli = bernoulli
    assert next(drawn, None) is None, "PEFT drew fewer masks than there are factors"
    model.set_adapter("merged")
    result = sums(model, rows)
    model.delete_adapter("merged")
    return result


def routed(route, rows):
    model = with_modules(ROUTED)
    arrow = ArrowConfig(top_k=route["experts"], router_temperature=route["temperature"], rng_seed=1)
    arrow.task_adapter_names, arrow.gks_adapter_names = list(ROUTED), []
    model.add_adapter("arrow_router", LoraConfig(task_type="SEQ_2_SEQ_LM", r=RANK, target_modules=["q", "v"], arrow_config=arrow))
    model.set_adapter("arrow_router")
    return sums(model.double().eval(), rows)


def main():
    torch.set_num_threads(1)
    ArrowLoraLinearLayer.top_right_singular_vec_from_BA.__defaults__ = (3000, 1e-8)
    rows = examples()
    model = with_modules(list(MODULES))
    golden = {
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__},
        "examples": rows,
        "modules": [{"name": name, "rank": RANK, "alpha": alpha, "layers": layers} for name, (alpha, layers) in MODULES.items()],
        "routed": ROUTED,
        "base": sums(base_model(), rows),
        "weights": WEIGHTS,
        "merges": [rule | {"sums": [merged(model, rule, w, rows) for w in WEIGHTS]} for rule in RULES],
        "routes": [route | {"sums": routed(route, rows)} for route in ROUTES],
    }
    (HERE / "peft_merges.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Adapters of every supported kind, saved by PEFT, and what PEFT and transformers compute with them in f64.

    OMP_NUM_THREADS=1 python tests/golden/peft_variants.py     (from the top of the repository; seconds)

Writes peft_variants/<name>/ (adapter_config.json, adapter_model.*) and peft_variants/golden.json. The bases are those of
t5_golden.py: tiny_gated (v1.1, head of its own) and tiny_relu (v1.0, tied head, outputs scaled).
"""
import json
import pathlib
import shutil

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from transformers.models.t5 import modeling_t5

import t5_golden

HERE = pathlib.Path(__file__).parent
OUT = HERE / "peft_variants"
ALL = ["q", "k", "v", "o", "wo"]
# name: (base, dtype of the file, safetensors, settings)
VARIANTS = {
    "every_linear": ("tiny_gated", torch.float32, True,
                     {"r": 3, "lora_alpha": 6, "target_modules": [*ALL, "wi_0", "wi_1", "lm_head"]}),
    "patterns": ("tiny_gated", torch.bfloat16, False,
                 {"r": 4, "lora_alpha": 6, "target_modules": ["q", "v", "wi_0"], "use_rslora": True,
                  "rank_pattern": {"wi_0": 2, r"decoder\..*\.q": 3},
                  "alpha_pattern": {r"block\.1\..*\.q": 5, "v": 9}}),
    "regular_expression": ("tiny_gated", torch.float16, True,
                           {"r": 3, "lora_alpha": 6, "target_modules": r".*\.(SelfAttention\.(k|o)|DenseReluDense\.wo)",
                            "exclude_modules": r"encoder\.block\.0\..*"}),
    "some_layers": ("tiny_gated", torch.float32, True,
                    {"r": 3, "lora_alpha": 6, "target_modules": ["q", "wo"], "layers_to_transform": [1],
                     "layers_pattern": "block", "fan_in_fan_out": True, "bias": "lora_only"}),
    "all_linear": ("tiny_relu", torch.float32, True, {"r": 2, "lora_alpha": 3, "target_modules": "all-linear"}),
    "dora": ("tiny_gated", torch.float32, True,
             {"r": 3, "lora_alpha": 5, "target_modules": ["q", "wi_0", "wo", "lm_head"], "use_dora": True, "use_rslora": True}),
    # Whole layers beside the factors, which equal the base's: PEFT saves these as they are in the base here.
    "saved_layers": ("tiny_gated", torch.float32, True,
                     {"r": 2, "lora_alpha": 5, "target_modules": "all-linear", "bias": "all", "init_lora_weights": "mica",
                      "modules_to_save": ["lm_head", "final_layer_norm", "DenseReluDense.wo"]}),
    "saved_embeddings": ("tiny_relu", torch.float32, True,
                         {"r": 2, "lora_alpha": 5, "target_modules": ["q", "lm_head"], "init_lora_weights": "orthogonal"}),
    "tied_head": ("tiny_relu", torch.float32, True,
                  {"r": 2, "lora_alpha": 5, "target_modules": [*ALL, "wi", "lm_head"]}),
}
WEIGHTS = [[0.75, -1.25, 0.5, 1.5], [-0.5, 0.875, 1.0, -0.25]]  # of the four modules of tiny_gated
FACTOR = ["every_linear", "regular_expression", "some_layers"]  # of one rank and alpha, at different layers


def save(name):
    base, dtype, safe, settings = VARIANTS[name]
    model = get_peft_model(t5_golden.model_of(t5_golden.SHAPES[base]),
                           LoraConfig(task_type="SEQ_2_SEQ_LM", **{"init_lora_weights": False, **settings}))
    torch.manual_seed(sum(name.encode()))
    for key, tensor in model.named_parameters():
        if "lora_" in key:
            if "magnitude" in key:
                tensor.data *= 1 + 0.2 * torch.randn_like(tensor)
            else:
                tensor.data.normal_(0, 0.12 if "lora_A" in key else 0.2)
            tensor.data = tensor.data.to(dtype)
    shutil.rmtree(OUT / name, ignore_errors=True)
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(OUT / name, safe_serialization=safe, save_embedding_layers=name == "saved_embeddings")
    (OUT / name / "README.md").unlink(missing_ok=True)


def load(name):
    """The adapter's own base with the adapter put into its layers, in f64."""
    base = t5_golden.model_of(t5_golden.SHAPES[VARIANTS[name][0]])
    PeftModel.from_pretrained(base, OUT / name)  # replaces layers of `base`
    return base.double().eval()


def rows(base):
    sizes, words = t5_golden.LENGTHS[base], t5_golden.SHAPES[base]["vocab_size"]
    ids = t5_golden.hash_weights.token_ids
    return [(ids(f"{base}.source.{i}", s, words), ids(f"{base}.target.{i}", t, words)) for i, (s, t) in enumerate(sizes)]


def sums(model, base):
    return [t5_golden.loss_sum(model, source, target) for source, target in rows(base)]


def adapted(model):
    return {n: m for n, m in model.named_modules() if hasattr(m, "lora_A") and m.lora_A}


def product(weights):
    """Each layer's own delta as PEFT computes it, added to the base's weights."""
    merged = t5_golden.model_of(t5_golden.SHAPES["tiny_gated"]).double()
    layers = dict(merged.named_modules())
    for weight, name in zip(weights, gated()):
        for key, layer in adapted(load(name)).items():
            layers[key].weight.data += weight * layer.get_delta_weight("default")
    return sums(merged, "tiny_gated")


def factor(weights):
    """LoraHub's mixture; a layer that a module does not adapt counts as zero there."""
    merged = t5_golden.model_of(t5_golden.SHAPES["tiny_gated"]).double()
    layers = dict(merged.named_modules())
    a, b = {}, {}
    for weight, name in zip(weights, FACTOR):
        for key, layer in adapted(load(name)).items():
            a[key] = a.get(key, 0) + weight * layer.lora_A["default"].weight.data
            b[key] = b.get(key, 0) + weight * layer.lora_B["default"].weight.data
    for key in a:
        layers[key].weight.data += 2.0 * b[key] @ a[key]
    return sums(merged, "tiny_gated")


def gated():
    return ["every_linear", "patterns", "regular_expression", "some_layers"]


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    for name in VARIANTS:
        save(name)
    modeling_t5.T5LayerNorm.forward = t5_golden.exact_norm
    golden = {"made_by": "tests/golden/peft_variants.py",
              "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__},
              "variants": {}, "modules": gated(), "weights": WEIGHTS, "product": [product(w) for w in WEIGHTS],
              "factor_modules": FACTOR, "factor": [factor(w) for w in WEIGHTS]}
    for name, (base, *_) in VARIANTS.items():
        model = load(name)
        greedy = [t5_golden.greedy(model, source, t5_golden.NEW_TOKENS[base]) for source, _ in rows(base)]
        layers = {key: [layer.r["default"], layer.scaling["default"]] for key, layer in adapted(model).items()}
        golden["variants"][name] = {"base": base, "layers": layers, "loss_sum": sums(model, base),
                                    "greedy": [ids for ids, _ in greedy], "gap": min(min(gaps) for _, gaps in greedy)}
        print(name, len(layers), [round(x, 3) for x in golden["variants"][name]["loss_sum"]],
              golden["variants"][name]["gap"])
    (OUT / "golden.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()

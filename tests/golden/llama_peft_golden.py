"""What PEFT computes with adapters of tiny decoder-only models, in f64: mixtures and gradients.

    python tests/golden/llama_peft_golden.py       # writes tests/golden/llama_peft/*.json
    python tests/golden/llama_peft_golden.py --check MODEL ADAPTER_DIR   # loss sums of the examples with a written adapter

Models and examples are llama_golden.py's; the values of adapters come from hash_weights.py, by name.
mixture_*: three adapters mixed in both forms. factor: state dicts added with the weights and set on a PeftModel, as LoraHub
does; product: add_weighted_adapter with `cat`. Weights are multiples of 2^-20, so f32 and f64 mix with the same numbers.
train_*: gradients of the mean loss; of each its norm and its inner products with four hashed directions.
"""

import json
import math
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
import llama_golden  # also takes this folder out of the path while it imports torch

import peft
import torch
from peft import IA3Config, LoraConfig, PeftModel, get_peft_model, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

import hash_weights

OUT = HERE / "llama_peft"
VERSIONS = {**llama_golden.VERSIONS, "peft": peft.__version__}
SEVEN = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]
MIXTURES = {"mixture_llama": ("llama", {"r": 4, "lora_alpha": 6, "target_modules": SEVEN}),
            "mixture_qwen2": ("qwen2", {"r": 4, "lora_alpha": 8, "target_modules": SEVEN, "use_rslora": True}),
            "mixture_qwen3": ("qwen3", {"r": 4, "lora_alpha": 6, "target_modules": SEVEN}),
            "mixture_tied_head": ("qwen3", {"r": 2, "lora_alpha": 3, "target_modules": ["lm_head", "q_proj", "v_proj"]})}
WEIGHTS = [[round(w * 2**20) / 2**20 for w in row]
           for row in ([0.4, -0.3, 0.9], [1.5, 0, -1.1], [-0.7, 0.2, 0.1], [1, 1, 1])]
TRAININGS = {"train_lora_llama": ("llama", {"rank": 4, "alpha": 6, "targets": SEVEN}),
             "train_lora_qwen3": ("qwen3", {"rank": 3, "alpha": 3, "targets": ["k_proj", "o_proj", "lm_head"]}),
             "train_ia3_qwen2": ("qwen2", {}),
             "train_full_qwen2": ("qwen2", {}),
             "train_full_qwen3": ("qwen3", {})}


def golden(name):
    return json.loads((HERE / "llama" / f"{name}.json").read_text())


def base_model(name):
    return llama_golden.model_of(golden(name)["config"])[0]


@torch.no_grad()
def sums(model, examples):
    return [llama_golden.loss_sum(model, e["source"], e["target"]) for e in examples]


def hashed(name, shape, scale, center=0.0):
    count = math.prod(shape)
    u = (hash_weights.hashes(name, count) % 2**24).astype("float64") / 2.0**23 - 1.0
    return torch.from_numpy((center + scale * u).astype("float32").reshape(tuple(shape)))


def value(name, shape):
    if "lora_A" in name:
        return hashed(name, shape, shape[1] ** -0.5)
    return hashed(name, shape, 0.15) if "lora_B" in name else hashed(name, shape, 0.2, 1.0)


def modules(name, settings, folder):
    """Three adapters as PEFT saves them, but for their values."""
    config = LoraConfig(task_type="CAUSAL_LM", **settings)
    model = get_peft_model(base_model(name), config)
    model.peft_config["default"].base_model_name_or_path = "tiny"
    model.save_pretrained(folder / "saved", save_embedding_layers=False)
    saved = {k: v.shape for k, v in load_file(folder / "saved/adapter_model.safetensors").items()}
    config = json.loads((folder / "saved/adapter_config.json").read_text())
    config["target_modules"] = sorted(config["target_modules"])
    for i in range(3):
        (folder / str(i)).mkdir()
        (folder / str(i) / "adapter_config.json").write_text(json.dumps(config))
        save_file({k: value(f"module.{i}.{k}", s) for k, s in saved.items()}, folder / str(i) / "adapter_model.safetensors")
    return config, saved


def lora_state(model, adapter):
    return get_peft_model_state_dict(model, adapter_name=adapter, save_embedding_layers=False)


def mixture(case):
    name, settings = MIXTURES[case]
    examples = golden(name)["examples"]
    with tempfile.TemporaryDirectory() as at:
        folder = pathlib.Path(at)
        config, saved = modules(name, settings, folder)
        model = PeftModel.from_pretrained(base_model(name), folder / "0", adapter_name="m0")
        for i in (1, 2):
            model.load_adapter(folder / str(i), adapter_name=f"m{i}")
        model.double().eval()
        assert (model.base_model.model.lm_head.weight.data_ptr() ==
                model.base_model.model.model.embed_tokens.weight.data_ptr()) == (name == "qwen3")
        product = []
        for j, weights in enumerate(WEIGHTS):
            model.add_weighted_adapter([f"m{i}" for i in range(3)], weights, f"mix{j}", combination_type="cat")
            model.double().set_adapter(f"mix{j}")
            for layer in model.modules():  # the scalings are in the factors; with rslora PEFT 0.21.2 scales once more
                if isinstance(layer, LoraLayer):
                    layer.scaling[f"mix{j}"] = 1.0
            product.append(sums(model, examples))
        dicts = [{k: v.clone() for k, v in lora_state(model, f"m{i}").items()} for i in range(3)]
        assert dicts[0].keys() == saved.keys() and all(v.dtype == torch.float64 for d in dicts for v in d.values())
        model.set_adapter("m0")
        factor = []
        for weights in WEIGHTS:
            mixed = {k: sum(w * d[k] for w, d in zip(weights, dicts)) for k in dicts[0]}
            set_peft_model_state_dict(model, mixed, adapter_name="m0")
            factor.append(sums(model, examples))
        base = sums(base_model(name), examples)
    write(case, {"made_by": "tests/golden/llama_peft_golden.py", "versions": VERSIONS, "model": name, "config": config,
                 "tensors": {k: list(s) for k, s in saved.items()}, "weights": WEIGHTS, "base": base, "factor": factor,
                 "product": product})
    print(case, [round(x, 3) for x in base[:3]], [[round(x, 3) for x in row[:3]] for row in factor + product])


def plain_name(name):
    for part in ("base_model.model.", ".default", ".base_layer"):
        name = name.replace(part, "")
    return name


def figures(name, tensor):
    wide = tensor.detach().double().flatten()
    inner = [float(wide @ hashed(f"direction.{k}.{name}", wide.shape, 1.0).double()) for k in range(4)]
    return {"norm": float(wide.norm()), "inner": inner}


def training(case):
    name, settings = TRAININGS[case]
    model = base_model(name)
    if "lora" in case:
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=settings["rank"], lora_alpha=settings["alpha"],
                                                 target_modules=settings["targets"], lora_dropout=0.0))
    elif "ia3" in case:
        model = get_peft_model(model, IA3Config(task_type="CAUSAL_LM"))
    model.double().eval()  # eval: no dropout
    parameters = {plain_name(n): p for n, p in model.named_parameters() if p.requires_grad}
    if "full" not in case:
        with torch.no_grad():
            for n, p in parameters.items():
                p.copy_(value(n, p.shape))
    examples = golden(name)["examples"]
    loss = 0
    for e in examples:
        scores = model(input_ids=torch.tensor([e["source"] + e["target"]]), use_cache=False).logits[0, len(e["source"]) - 1:-1]
        loss = loss + torch.nn.functional.cross_entropy(scores, torch.tensor(e["target"]), reduction="sum")
    loss = loss / sum(len(e["target"]) for e in examples)
    loss.backward()
    write(case, {"made_by": "tests/golden/llama_peft_golden.py", "versions": VERSIONS, "model": name, **settings,
                 "loss": loss.item(), "gradients": {n: figures(n, p.grad) for n, p in parameters.items()}})
    print(case, len(parameters), "tensors, loss", loss.item())


def write(case, figures):
    lines = [json.dumps(key) + ": " + json.dumps(part) for key, part in figures.items()]
    (OUT / f"{case}.json").write_text("{" + ",\n ".join(lines) + "}\n")


def check(name, folder):
    model = PeftModel.from_pretrained(base_model(name), folder).double().eval()
    assert model.peft_config["default"].task_type == "CAUSAL_LM"
    print(json.dumps(sums(model, golden(name)["examples"])))


if __name__ == "__main__":
    torch.set_num_threads(1)
    OUT.mkdir(exist_ok=True)
    if sys.argv[1:2] == ["--check"]:
        check(*sys.argv[2:])
    else:
        for each in MIXTURES:
            mixture(each)
        for each in TRAININGS:
            training(each)

"""Adapters of a tiny decoder-only model with biases and a tied head whose files hold more than factors, as PEFT saves them, and
what PEFT and transformers compute with them in f64.

    OMP_NUM_THREADS=1 python tests/golden/llama_variants.py     # writes llama_variants/<name>/ and llama_variants/golden.json

The base and the examples are those of llama_golden.py.
"""

import json
import pathlib
import shutil

HERE = pathlib.Path(__file__).parent
import llama_golden  # also takes this folder out of the path while it imports torch

import peft
import torch
from peft import LoraConfig, PeftModel, get_peft_model

OUT = HERE / "llama_variants"
BASE = "llama_biases"
VARIANTS = {  # settings; whether the embedding is saved
    "biases": ({"r": 2, "lora_alpha": 5, "target_modules": ["q_proj", "down_proj"], "bias": "lora_only"}, False),
    "saved_layers": ({"r": 2, "lora_alpha": 5, "target_modules": "all-linear", "bias": "all",
                      "modules_to_save": ["embed_tokens", "lm_head", "norm"]}, False),
    "saved_head": ({"r": 2, "lora_alpha": 5, "target_modules": ["v_proj", "lm_head"]}, True),
    "dora": ({"r": 3, "lora_alpha": 5, "target_modules": ["q_proj", "up_proj", "down_proj"], "use_dora": True}, False),
}


def golden_base():
    golden = json.loads((HERE / "llama" / f"{BASE}.json").read_text())
    return llama_golden.model_of(golden["config"])[0], golden["examples"]


def save(name):
    settings, whole = VARIANTS[name]
    model = get_peft_model(golden_base()[0].float(), LoraConfig(task_type="CAUSAL_LM", init_lora_weights=False, **settings))
    torch.manual_seed(sum(name.encode()))
    for key, tensor in model.named_parameters():
        if "magnitude" in key:
            tensor.data *= 1 + 0.2 * torch.randn_like(tensor)
        elif "lora_" in key:
            tensor.data.normal_(0, 0.12 if "lora_A" in key else 0.2)
    shutil.rmtree(OUT / name, ignore_errors=True)
    model.peft_config["default"].base_model_name_or_path = BASE
    model.save_pretrained(OUT / name, save_embedding_layers=whole)
    (OUT / name / "README.md").unlink(missing_ok=True)
    (OUT / name / "adapter_model.safetensors").chmod(0o644)


def sums(name):
    base, examples = golden_base()
    PeftModel.from_pretrained(base, OUT / name)  # replaces layers of `base`
    return [llama_golden.loss_sum(base.double().eval(), e["source"], e["target"]) for e in examples]


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    for name in VARIANTS:
        save(name)
    golden = {"made_by": "tests/golden/llama_variants.py", "versions": {**llama_golden.VERSIONS, "peft": peft.__version__},
              "base": BASE, "loss_sum": {name: sums(name) for name in VARIANTS}}
    (OUT / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
    for name, values in golden["loss_sum"].items():
        print(name, [round(value, 3) for value in values])


if __name__ == "__main__":
    main()

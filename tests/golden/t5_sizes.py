"""Parameters of the published sizes of T5, as transformers counts them without making the weights.

    python tests/golden/t5_sizes.py            # writes tests/golden/t5/sizes.json

The fields are those of the models' own config.json that differ from the defaults.
"""
import json
import pathlib

import torch
import transformers
from transformers import MT5Config, MT5ForConditionalGeneration, T5Config, T5ForConditionalGeneration


def v1_0(d_model, d_kv, d_ff, layers, heads):
    return {"model_type": "t5", "d_model": d_model, "d_kv": d_kv, "d_ff": d_ff, "num_layers": layers, "num_heads": heads,
            "vocab_size": 32128}


def v1_1(*shape):
    return {**v1_0(*shape), "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}


def mt5(*shape):
    return {**v1_1(*shape), "model_type": "mt5", "vocab_size": 250112}


MODELS = {
    "t5-small": v1_0(512, 64, 2048, 6, 8), "t5-base": v1_0(768, 64, 3072, 12, 12), "t5-large": v1_0(1024, 64, 4096, 24, 16),
    "t5-3b": v1_0(1024, 128, 16384, 24, 32), "t5-11b": v1_0(1024, 128, 65536, 24, 128),
    "flan-t5-small": v1_1(512, 64, 1024, 8, 6), "flan-t5-base": v1_1(768, 64, 2048, 12, 12),
    "flan-t5-large": v1_1(1024, 64, 2816, 24, 16), "flan-t5-xl": v1_1(2048, 64, 5120, 24, 32),
    "flan-t5-xxl": v1_1(4096, 64, 10240, 24, 64), "mt5-small": mt5(512, 64, 1024, 8, 6), "mt5-base": mt5(768, 64, 2048, 12, 12),
    "mt5-large": mt5(1024, 64, 2816, 24, 16), "mt5-xl": mt5(2048, 64, 5120, 24, 32), "mt5-xxl": mt5(4096, 64, 10240, 24, 64),
}


def parameters(fields):
    is_mt5 = fields["model_type"] == "mt5"
    with torch.device("meta"):
        config = (MT5Config if is_mt5 else T5Config)(**{k: v for k, v in fields.items() if k != "model_type"})
        model = (MT5ForConditionalGeneration if is_mt5 else T5ForConditionalGeneration)(config)
    # transformers 5 ties the head of every T5; the files of v1.1 and mT5 hold one of its own.
    head = 0 if fields.get("tie_word_embeddings", True) else fields["vocab_size"] * fields["d_model"]
    tied = model.lm_head.weight is model.shared.weight
    return sum(p.numel() for p in model.parameters()) + (head if tied else 0)


models = [{"name": n, "config": c, "parameters": parameters(c)} for n, c in MODELS.items()]
text = ",\n  ".join(json.dumps(m) for m in models)
(pathlib.Path(__file__).parent / "t5/sizes.json").write_text(
    f'{{"made_by": "tests/golden/t5_sizes.py", "versions": {{"transformers": "{transformers.__version__}"}},\n "models": [\n  {text}\n ]}}\n')

"""What Hugging Face's T5 computes, in f64: loss sums and greedy ids, for tests/model/t5.

    python tests/golden/t5_golden.py            # writes tests/golden/t5/*.json

transformers squares in f32 inside T5LayerNorm, and makes attention without a fused kernel only when asked; both are
set right here, so that the f64 figures are f64 throughout.
"""

import json
import pathlib
import platform

import numpy as np
import torch
import transformers
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5 import modeling_t5

import hash_weights

HERE = pathlib.Path(__file__).parent
VERSIONS = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__,
            "transformers": transformers.__version__}


def shape(d_model, d_kv, heads, d_ff, layers, vocabulary, *, v1_1=True, buckets=32, distance=128):
    return {
        "architectures": ["T5ForConditionalGeneration"], "model_type": "t5",
        "d_model": d_model, "d_kv": d_kv, "num_heads": heads, "d_ff": d_ff,
        "num_layers": layers[0], "num_decoder_layers": layers[1], "vocab_size": vocabulary,
        "relative_attention_num_buckets": buckets, "relative_attention_max_distance": distance,
        "feed_forward_proj": "gated-gelu" if v1_1 else "relu", "tie_word_embeddings": not v1_1,
        "layer_norm_epsilon": 1e-6, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0,
        "dropout_rate": 0.0,
    }


SHAPES = {
    "tiny_gated": shape(24, 8, 4, 40, (2, 3), 96),
    "tiny_relu": shape(32, 8, 3, 48, (3, 2), 80, v1_1=False, buckets=12, distance=40),
    "small": shape(512, 64, 6, 1024, (8, 8), 32128),
    "base": shape(768, 64, 12, 2048, (12, 12), 32128),
}
LENGTHS = {  # (source, target)
    "tiny_gated": [(1, 1), (2, 12), (7, 3), (60, 5), (33, 2), (60, 12), (18, 7), (5, 1)],
    "tiny_relu": [(1, 2), (3, 1), (59, 12), (24, 6), (40, 4), (24, 9)],
    "small": [(60, 3), (17, 12), (1, 1), (42, 5)],
    "base": [(48, 4), (13, 2), (29, 12)],
}
NEW_TOKENS = {"tiny_gated": 12, "tiny_relu": 12, "small": 8, "base": 6}


def exact_norm(self, x):
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def model_of(c):
    with torch.device("meta"):
        model = T5ForConditionalGeneration(T5Config(**c, attn_implementation="eager"))
    model = model.to_empty(device="cpu")
    tied = c["tie_word_embeddings"]
    assert model.config.scale_decoder_outputs == tied
    made = {}
    for name, parameter in model.state_dict().items():
        kept = "embed_tokens" not in name and not (tied and name == "lm_head.weight")
        if kept:
            made[name] = torch.from_numpy(hash_weights.weight(name, tuple(parameter.shape), c))
    shared = torch.nn.Parameter(made["shared.weight"])
    model.shared.weight = model.encoder.embed_tokens.weight = model.decoder.embed_tokens.weight = shared
    model.lm_head.weight = shared if tied else torch.nn.Parameter(made["lm_head.weight"])
    missing, unexpected = model.load_state_dict(made, strict=False)
    assert not unexpected and all("embed_tokens" in m or m == "lm_head.weight" for m in missing)
    assert (model.lm_head.weight.data_ptr() == model.shared.weight.data_ptr()) == tied
    return model.eval()


def loss_sum(model, source, target):
    labels = torch.tensor([target])
    scores = model(input_ids=torch.tensor([source]), labels=labels, use_cache=False).logits[0]
    return torch.nn.functional.cross_entropy(scores, labels[0], reduction="sum").item()


def greedy(model, source, count):
    encoded = model.encoder(input_ids=torch.tensor([source]))
    ids, gaps = [0], []
    for _ in range(count):
        scores = model(encoder_outputs=encoded, decoder_input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
        top = scores.topk(2)
        ids.append(top.indices[0].item())
        gaps.append((top.values[0] - top.values[1]).item())
        if ids[-1] == 1:
            break
    return ids[1:], gaps


def measure(name):
    c = SHAPES[name]
    sizes = LENGTHS[name]
    sources = [hash_weights.token_ids(f"{name}.source.{i}", s, c["vocab_size"]) for i, (s, _) in enumerate(sizes)]
    targets = [hash_weights.token_ids(f"{name}.target.{i}", t, c["vocab_size"]) for i, (_, t) in enumerate(sizes)]
    model = model_of(c)
    with torch.no_grad():
        single = [loss_sum(model, s, t) for s, t in zip(sources, targets)]
        modeling_t5.T5LayerNorm.forward = exact_norm
        model = model.double()
        double = [loss_sum(model, s, t) for s, t in zip(sources, targets)]
        written = [greedy(model, s, NEW_TOKENS[name]) for s in sources]
    rows = [{"source": s, "target": t, "loss_sum": d, "loss_sum_f32": f, "greedy": g, "gaps": gaps}
            for s, t, d, f, (g, gaps) in zip(sources, targets, double, single, written)]
    path = HERE / "t5" / f"{name}.json"
    head = {"made_by": "tests/golden/t5_golden.py", "versions": VERSIONS, "config": c, "max_tokens": NEW_TOKENS[name]}
    if name.startswith("tiny"):
        linears = [(n, m) for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and n != "lm_head"]
        head["linears"] = [[n, m.out_features, m.in_features] for n, m in linears]
    head = json.dumps(head, indent=1)
    body = ",\n  ".join(json.dumps(row) for row in rows)
    path.write_text(head[:-2] + f',\n "examples": [\n  {body}\n ]\n}}\n')
    print(name, max(abs(a - b) for a, b in zip(double, single)), [round(d, 3) for d in double])


def buckets():
    tables = []
    for count, distance in ((32, 128), (12, 40), (8, 20), (64, 512)):
        relative = torch.arange(-700, 701)
        bucket = modeling_t5.T5Attention._relative_position_bucket
        tables.append({"buckets": count, "max_distance": distance, "first": -700,
                       "both": bucket(relative, True, count, distance).tolist(),
                       "causal": bucket(relative, False, count, distance).tolist()})
    body = ",\n  ".join(json.dumps(table) for table in tables)
    versions = json.dumps(VERSIONS)
    (HERE / "t5" / "buckets.json").write_text(
        f'{{"made_by": "tests/golden/t5_golden.py", "versions": {versions},\n "tables": [\n  {body}\n ]}}\n')


if __name__ == "__main__":
    torch.set_num_threads(1)
    buckets()
    original = modeling_t5.T5LayerNorm.forward
    for each in SHAPES:
        modeling_t5.T5LayerNorm.forward = original
        measure(each)

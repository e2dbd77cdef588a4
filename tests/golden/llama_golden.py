"""What transformers computes with tiny decoder-only models, in f64: loss sums and greedy ids, for tests/model/llama.

    python tests/golden/llama_golden.py            # writes tests/golden/llama/*.json

Weights come from tests/golden/hash_weights.py, by name. transformers squares in f32 inside its RMSNorms; they are set
right here, so that the f64 figures are f64 throughout but for the angles of RoPE, which are f32 everywhere.
"""

import json
import math
import pathlib
import platform
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.remove(str(HERE))  # a file there has the name of a module that torch imports

import numpy as np
import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.llama import modeling_llama
from transformers.models.ministral import modeling_ministral
from transformers.models.mistral import modeling_mistral
from transformers.models.qwen2 import modeling_qwen2
from transformers.models.qwen3 import modeling_qwen3

sys.path.append(str(HERE))
import hash_weights

VERSIONS = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__,
            "transformers": transformers.__version__}


def shape(kind, d, heads, kv_heads, d_ff, layers, vocabulary, **more):
    return {"model_type": kind, "hidden_size": d, "num_attention_heads": heads, "num_key_value_heads": kv_heads,
            "intermediate_size": d_ff, "num_hidden_layers": layers, "vocab_size": vocabulary,
            "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "hidden_act": "silu", **more}


YARN = {"factor": 4.0, "original_max_position_embeddings": 16}
SHAPES = {
    "llama": shape("llama", 64, 4, 2, 96, 3, 90, rope_theta=10000.0, rope_scaling=None, torch_dtype="float32"),
    "llama_narrow": shape("llama", 32, 4, 4, 40, 2, 80, rope_theta=500.0, tie_word_embeddings=True),
    "llama_biases": shape("llama", 48, 3, 1, 64, 2, 80, attention_bias=True, mlp_bias=True, tie_word_embeddings=True,
                          rope_scaling={"type": "linear", "factor": 2.5}),
    "llama3": shape("llama", 64, 4, 1, 64, 2, 96, rope_theta=5000.0, rope_scaling={
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32}),
    "mistral": shape("mistral", 32, 4, 2, 48, 3, 80, head_dim=16, sliding_window=7,
                     rope_parameters={"rope_type": "default", "rope_theta": 1000.0}, dtype="float32"),
    "mistral_narrow": shape("mistral", 32, 4, 2, 48, 2, 80, sliding_window=5, rope_theta=1000.0),
    "mistral_all": shape("mistral", 32, 2, 1, 48, 2, 80, sliding_window=None),
    "mistral_types": shape("mistral", 32, 4, 2, 48, 3, 80, head_dim=8, sliding_window=6, rope_theta=1000.0, layer_types=[
        "full_attention", "sliding_attention", "full_attention"]),
    "qwen2": shape("qwen2", 64, 4, 2, 48, 4, 80, use_sliding_window=True, sliding_window=20, max_window_layers=2,
                   rope_parameters={"rope_type": "yarn", "rope_theta": 1000.0, **YARN}),
    "qwen2_types": shape("qwen2", 32, 2, 2, 48, 2, 80, use_sliding_window=True, sliding_window=6, tie_word_embeddings=True,
                         layer_types=["sliding_attention", "full_attention"],
                         rope_parameters={"rope_type": "default", "rope_theta": 1000.0}),
    "qwen3": shape("qwen3", 64, 4, 2, 48, 2, 80, head_dim=32, tie_word_embeddings=True,
                   rope_parameters={"rope_type": "default", "rope_theta": 1000.0}),
    "qwen3_yarn": shape("qwen3", 32, 4, 2, 48, 2, 80, head_dim=16, attention_bias=True, rope_theta=1000.0,
                        rope_scaling={"type": "yarn", "attention_factor": 0.9, "beta_fast": 8.0, "beta_slow": 0.5,
                                      "truncate": False, **YARN}),
    "qwen3_nulls": shape("qwen3", 32, 4, 2, 48, 2, 80, head_dim=16, rope_theta=1000.0, use_sliding_window=True,
                         sliding_window=None, max_window_layers=0, rope_scaling={
                             "type": "yarn", "beta_fast": 8.0, "beta_slow": 0.5, "truncate": None, **YARN}),
}
LENGTHS = [(1, 1), (2, 12), (7, 3), (60, 5), (33, 2), (18, 7), (5, 1)]  # (prompt, target)
NEW_TOKENS = 12


def scale(name, shape, c):
    """Unit activations behind each norm, logits of a few nats."""
    if len(shape) == 1:
        return 0.1
    head = "lm_head" in name or (c.get("tie_word_embeddings") and "embed_tokens" in name)
    return (3.0 if head else 1.0) * math.sqrt(3.0 / shape[1])


def weight(name, shape, c):
    u = (hash_weights.hashes(name, math.prod(shape)) % np.uint64(2**24)).astype(np.float64) / 2.0**23 - 1.0
    center = 1.0 if "norm" in name else 0.0
    return (center + scale(name, shape, c) * u).astype(np.float32).reshape(shape)


def exact_norm(self, x):
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


for module, kind in ((modeling_llama, "Llama"), (modeling_mistral, "Mistral"), (modeling_ministral, "Ministral"),
                     (modeling_qwen2, "Qwen2"), (modeling_qwen3, "Qwen3")):
    getattr(module, kind + "RMSNorm").forward = exact_norm


def model_of(c):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "config.json").write_text(json.dumps(c))
        config = AutoConfig.from_pretrained(folder)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")
    tied = c.get("tie_word_embeddings", False)
    made = {name: torch.from_numpy(weight(name, tuple(value.shape), c)) for name, value in model.state_dict().items()
            if not (tied and name == "lm_head.weight")}
    missing, unexpected = model.load_state_dict(made, strict=False)
    assert not unexpected and missing in ([], ["lm_head.weight"])
    model.tie_weights()
    assert (model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()) == tied
    return model.double().eval(), {name: list(value.shape) for name, value in made.items()}


def loss_sum(model, source, target):
    scores = model(input_ids=torch.tensor([source + target]), use_cache=False).logits[0, len(source) - 1:-1]
    return torch.nn.functional.cross_entropy(scores, torch.tensor(target), reduction="sum").item()


def greedy(model, source, ends):
    ids, gaps = list(source), []
    for _ in range(NEW_TOKENS):
        top = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].topk(2)
        gaps.append((top.values[0] - top.values[1]).item())
        if top.indices[0].item() in ends:
            break
        ids.append(top.indices[0].item())
    written = ids[len(source):]
    generated = model.generate(torch.tensor([source]), max_new_tokens=NEW_TOKENS, do_sample=False, eos_token_id=ends,
                               pad_token_id=0)[0, len(source):].tolist()
    assert [i for i in generated if i not in ends] == written, (generated, written)
    return written, gaps


def measure(name):
    c = SHAPES[name]
    vocabulary = c["vocab_size"]
    sources = [hash_weights.token_ids(f"{name}.source.{i}", s + 1, vocabulary)[:-1] for i, (s, _) in enumerate(LENGTHS)]
    model, shapes = model_of(c)
    with torch.no_grad():
        # Ends that some answers reach: tokens that others begin with, as a list where the name asks for one.
        free = [greedy(model, s, [vocabulary - 1])[0] for s in sources]
        ends = [free[1][4], free[3][2]]
        if name != "llama3":
            ends = ends[:1]
        c = {**c, "eos_token_id": ends if len(ends) > 1 else ends[0], "bos_token_id": None, "pad_token_id": None}
        targets = [hash_weights.token_ids(f"{name}.target.{i}", t, vocabulary)[:-1] + [ends[0]]
                   for i, (_, t) in enumerate(LENGTHS)]
        sums = [loss_sum(model, s, t) for s, t in zip(sources, targets)]
        written = [greedy(model, s, ends) for s in sources]
    rows = [{"source": s, "target": t, "loss_sum": l, "greedy": g, "gaps": gaps}
            for s, t, l, (g, gaps) in zip(sources, targets, sums, written)]
    head = json.dumps({"made_by": "tests/golden/llama_golden.py", "versions": VERSIONS, "config": c,
                       "max_tokens": NEW_TOKENS, "tensors": shapes})
    body = ",\n  ".join(json.dumps(row) for row in rows)
    (HERE / "llama" / f"{name}.json").write_text(head[:-1] + f',\n "examples": [\n  {body}\n ]}}\n')
    print(name, [round(s, 3) for s in sums], [len(g) for g, _ in written], min(min(g) for _, g in written))


if __name__ == "__main__":
    torch.set_num_threads(1)
    (HERE / "llama").mkdir(exist_ok=True)
    for each in sys.argv[1:] or SHAPES:
        measure(each)

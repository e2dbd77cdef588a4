#!/usr/bin/env python3
"""Mixing weights of each input by itself, as LoGo (arXiv 2511.07129) and LoraRetriever (arXiv 2402.09997) choose them, with
PEFT's losses and greedy answers by these weights, in f64.

    OMP_NUM_THREADS=1 python tests/golden/input_weights.py     (from the top of the repository; a minute)

Writes input_weights.json (versions are in it). Models and examples are those of t5_golden.py and llama_golden.py; the values of
modules come from hash_weights.py, by name. LoGo: all modules are attached, one forward pass; the signal is that of the query
projection of the last block on that block's hidden state (`hidden_states`, before its norm) at the last token; of T5 that is the
encoder's. Then the chosen modules alone are attached, their scalings multiplied by their weights (the authors'
rescale_adapter_scale_multi). LoraRetriever: `mixture` multiplies scalings by 1/k, `fusion` averages A and B each. Its vectors of
texts are words weighted by their rarity (this is where the program differs from the source, which trains an encoder).
"""
import collections
import json
import math
import pathlib

HERE = pathlib.Path(__file__).parent
import llama_golden  # also takes this folder out of the path while it imports torch
import t5_golden

import peft
import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from transformers.models.t5 import modeling_t5

import hash_weights

RANK, TARGETS = 4, {"t5": ["q", "v"], "llama": ["q_proj", "v_proj"]}
ALPHAS = [8, 3, 6, 4, 8, 5]  # of LoGo's modules; LoraRetriever's have one alpha, since a fusion has one
K = {"logo": 3, "retriever": 2}
SAMPLES = [["name the colour of the sky", "what colour has grass ?"], ["add 2 and 3", "add 7 and 1 , please"],
           ["past tense of go :", "past tense of sing :", "Past Tense of walk"], ["what is the capital of France ?"],
           ["add the letters of go", "count letters : banana"], ["sky high", "the grass is high"]]
PROMPTS = ["what is the colour of grass ?", "add 4 and 9", "past tense of add :", "the capital of the sky", "letters", "zebra",
           "Which colour ? What colour ?", "count 3 and 4"]


def hashed(name, shape, scale):
    u = (hash_weights.hashes(name, math.prod(shape)) % 2**24).astype("float64") / 2.0**23 - 1.0
    return torch.from_numpy((scale * u).astype("float32").reshape(tuple(shape))).double()


class Subject:
    """A tiny model with modules m0, m1, ..."""

    def __init__(self, kind, alphas):
        self.kind, self.alphas = kind, alphas
        if kind == "t5":
            self.golden = json.loads((HERE / "t5/tiny_gated.json").read_text())
            base = t5_golden.model_of(self.golden["config"]).double()
            self.blocks = base.encoder.block
            self.query = lambda: self.blocks[-1].layer[0].SelfAttention.q
        else:
            self.golden = json.loads((HERE / "llama/llama.json").read_text())
            base = llama_golden.model_of(self.golden["config"])[0]
            self.blocks = base.model.layers
            self.query = lambda: self.blocks[-1].self_attn.q_proj
        task = {"t5": "SEQ_2_SEQ_LM", "llama": "CAUSAL_LM"}[kind]
        for i, alpha in enumerate(alphas):
            config = LoraConfig(task_type=task, r=RANK, lora_alpha=alpha, target_modules=TARGETS[kind], lora_dropout=0.0)
            if i == 0:
                self.model = get_peft_model(base, config, adapter_name="m0")
            else:
                self.model.add_adapter(f"m{i}", config)
        self.fill()

    def layers(self):
        for name, layer in self.model.base_model.model.named_modules():
            if isinstance(layer, LoraLayer):
                yield name, layer

    def fill(self):
        self.model.double().eval()
        for name, layer in self.layers():
            for i in range(len(self.alphas)):
                a, b = layer.lora_A[f"m{i}"].weight, layer.lora_B[f"m{i}"].weight
                a.data = hashed(f"module.{i}.{name}.a", a.shape, a.shape[1] ** -0.5)
                b.data = hashed(f"module.{i}.{name}.b", b.shape, 0.15)
                layer.scaling[f"m{i}"] = self.alphas[i] / RANK

    def attach(self, weights):
        self.fill()
        self.model.base_model.set_adapter([f"m{i}" for i, w in enumerate(weights) if w != 0])
        for _, layer in self.layers():
            for i, w in enumerate(weights):
                layer.scaling[f"m{i}"] *= w

    def fuse(self, weights):
        """A and B each averaged, as module m0."""
        self.fill()
        self.model.base_model.set_adapter(["m0"])
        for _, layer in self.layers():
            for part in (layer.lora_A, layer.lora_B):
                part["m0"].weight.data = sum(w * part[f"m{i}"].weight.data for i, w in enumerate(weights))

    def projections(self, source):
        """What each module adds to the query of the last token in the last block that reads the prompt."""
        self.attach([1] * len(self.alphas))
        ids, inner = torch.tensor([source]), self.model.base_model.model
        reader = inner.encoder if self.kind == "t5" else inner.model
        state = reader(input_ids=ids, output_hidden_states=True).hidden_states[len(self.blocks) - 1][0, -1]
        layer = self.query()
        return [layer.lora_B[f"m{i}"].weight @ (layer.lora_A[f"m{i}"].weight @ state) * layer.scaling[f"m{i}"]
                for i in range(len(self.alphas))]

    def result(self, row):
        inner = self.model.base_model.model
        if self.kind == "t5":
            written, gaps = t5_golden.greedy(inner, row["source"], self.golden["max_tokens"])
            written = [i for i in written if i != 1]
            loss = t5_golden.loss_sum(inner, row["source"], row["target"])
        else:
            written, gaps = llama_golden.greedy(inner, row["source"], [self.golden["config"]["eos_token_id"]])
            loss = llama_golden.loss_sum(inner, row["source"], row["target"])
        return {"loss_sum": loss, "greedy": written, "gap": min(gaps)}


def signal(by, x):
    if by == "norm":
        return x.norm().item()
    shares = torch.softmax(x, -1)
    return 1 / ((-(shares * torch.log(shares + 1e-8)).sum()).item() + 1e-6)


def strongest(signals, k):
    values, places = torch.tensor(signals, dtype=torch.float64).topk(k)
    weights = [0.0] * len(signals)
    for value, place in zip(values / values.sum(), places):
        weights[place] = value.item()
    return weights, (values[-1] - sorted(signals)[-k - 1]).item() / values[-1].item()


def logo(kind):
    subject, rows = Subject(kind, ALPHAS), []
    for row in subject.golden["examples"]:
        added = subject.projections(row["source"])
        for by in ("norm", "entropy"):
            signals = [signal(by, x) for x in added]
            weights, margin = strongest(signals, K["logo"])
            subject.attach(weights)
            rows.append({"by": by, "source": row["source"], "target": row["target"], "signals": signals, "weights": weights,
                         "margin": margin, **subject.result(row)})
    return rows


def words(text):
    kept = "".join(c.lower() if c.isalnum() else " " for c in text)
    return collections.Counter(kept.split())


def likeness():
    """For each prompt the cosines with the mean directions of the modules' samples: smooth inverse document frequencies."""
    documents = [words(text) for own in SAMPLES for text in own]
    vocabulary = sorted(set().union(*documents, *map(words, PROMPTS)))
    rarity = [math.log((1 + len(documents)) / (1 + sum(w in d for d in documents))) + 1 for w in vocabulary]

    def unit(text):
        counts = words(text)
        x = torch.tensor([counts[w] * r for w, r in zip(vocabulary, rarity)], dtype=torch.float64)
        return x / x.norm()

    means = torch.stack([torch.stack([unit(t) for t in own]).mean(0) for own in SAMPLES])
    means = means / means.norm(dim=1, keepdim=True)
    return [(means @ unit(prompt)).tolist() for prompt in PROMPTS]


def nearest(cosines, k):
    chosen = sorted(range(len(cosines)), key=lambda i: -cosines[i])[:k]  # stable: the first among equals
    return [1 / k if i in chosen else 0.0 for i in range(len(cosines))]


def retriever(kind):
    subject, rows = Subject(kind, [8] * len(SAMPLES)), []
    for row, cosines in zip(subject.golden["examples"], likeness()):
        weights = nearest(cosines, K["retriever"])
        entry = {"source": row["source"], "target": row["target"], "weights": weights}
        subject.attach(weights)
        entry["mixture"] = subject.result(row)
        subject.fuse(weights)
        entry["fusion"] = subject.result(row)
        rows.append(entry)
    return rows


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    modeling_t5.T5LayerNorm.forward = t5_golden.exact_norm
    golden = {
        "made_by": "tests/golden/input_weights.py", "versions": {**llama_golden.VERSIONS, "peft": peft.__version__},
        "rank": RANK, "targets": TARGETS, "alphas": ALPHAS, "k": K, "samples": SAMPLES, "prompts": PROMPTS, "cosines": likeness(),
        "logo": {kind: logo(kind) for kind in TARGETS}, "retriever": {kind: retriever(kind) for kind in TARGETS},
    }
    for kind, rows in golden["logo"].items():
        print(kind, "least margin of a selection", min(r["margin"] for r in rows), "of a token", min(r["gap"] for r in rows))
    parts = []
    for key, part in golden.items():
        if key in ("logo", "retriever"):
            part = "{" + ",\n  ".join(json.dumps(kind) + ": [\n   " + ",\n   ".join(map(json.dumps, rows)) + "]"
                                      for kind, rows in part.items()) + "}"
        else:
            part = json.dumps(part)
        parts.append(json.dumps(key) + ": " + part)
    (HERE / "input_weights.json").write_text("{" + ",\n ".join(parts) + "}\n")


if __name__ == "__main__":
    main()

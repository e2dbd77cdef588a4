"""The mini-lab's reference table by other programs: transformers (network, answers), nevergrad and cmaes (searches).

usage: python3 reference_table.py [OUT.json]     (default: reference.json here; about 10 minutes on a core)

Needs SciPy before 1.16: from then on its COBYLA is another program (PRIMA), with other candidates than Powell's, which
LoraHub was published with.

Targets and draws are those of reference_draws.py; shots, modules and seeds are drawn there. Of each target and draw the
exact match on the first 100 test rows, answers of at most 16 tokens, by
  zero       the base                                          icl      the five shots in the prompt
  best1      the module of least loss on the shots, alone      unif     all weights 1/20
  cobyla40   nevergrad NGOpt, from 0, |w| <= 1.5, 40 evaluations (the official search)
  cma40, cma400   cmaes.CMA, population 10, sigma 0.2, mean 0.1, answer: the best candidate     lin400   product form
Objective: mean cross entropy of the shots' tokens / number of shots + 0.05 mean |w| (LoraHub, eq. 2 and its code). The
weights' sum is merged into the matrices, (sum w B)(sum w A), or sum w B A for the product form.
"""
import importlib.metadata
import json
import pathlib
import random
import sys

import numpy as np
import scipy
import sentencepiece
import torch
from cmaes import CMA
from safetensors.torch import load_file
from transformers import T5ForConditionalGeneration

from reference_draws import DRAWS, TARGETS, module_seed, search_seed, shots

HERE = pathlib.Path(__file__).parent
CONFIGS = HERE.parent.parent / "configs"
ROWS, MODULES, TOKENS, PAD, EOS = 100, 20, 16, 0, 1
PACKAGES = ("torch", "transformers", "nevergrad", "cmaes", "scipy", "sentencepiece")


def rows(path):
    return [(row["context"], row["completion"]) for row in map(json.loads, path.read_text().splitlines())]


class Base:
    def __init__(self):
        folder = CONFIGS / "model/mini"
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))
        self.model = T5ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
        self.layers = {name: layer for name, layer in self.model.named_modules() if name.split(".")[-1] in ("q", "v")}
        self.plain = {name: layer.weight.data.clone() for name, layer in self.layers.items()}

    def ids(self, texts):
        encoded = [self.pieces.encode(text) + [EOS] for text in texts]
        longest = max(map(len, encoded))
        return torch.tensor([one + [PAD] * (longest - len(one)) for one in encoded])

    def merge(self, change):
        for name, layer in self.layers.items():
            layer.weight.data = self.plain[name] + change[name] if change else self.plain[name]

    @torch.no_grad()
    def loss(self, pairs):
        source, labels = self.ids([a for a, _ in pairs]), self.ids([b for _, b in pairs])
        return self.model(input_ids=source, attention_mask=(source != PAD).long(),
                          labels=labels.masked_fill(labels == PAD, -100)).loss.item()

    @torch.no_grad()
    def accuracy(self, pairs, prompts=None):
        source = self.ids(prompts or [a for a, _ in pairs])
        answers = self.model.generate(input_ids=source, attention_mask=(source != PAD).long(), max_new_tokens=TOKENS,
                                      num_beams=1, do_sample=False)
        texts = [self.pieces.decode([i for i in answer if i > EOS]) for answer in answers.tolist()]
        return sum(" ".join(t.split()) == " ".join(b.split()) for t, (_, b) in zip(texts, pairs)) / len(pairs)


class Module:
    def __init__(self, folder, layers):
        tensors = load_file(folder / "adapter_model.safetensors")
        config = json.loads((folder / "adapter_config.json").read_text())
        scale = config["lora_alpha"] / config["r"]
        part = lambda name, kind: tensors[f"base_model.model.{name}.lora_{kind}.weight"].float()
        self.a = {name: part(name, "A") for name in layers}
        self.b = {name: scale * part(name, "B") for name in layers}


def composed(weights, modules, product):
    change = {}
    for name in modules[0].a:
        a, b = (torch.stack([getattr(m, kind)[name] for m in modules]) for kind in "ab")
        w = torch.as_tensor(weights, dtype=torch.float32).view(-1, 1, 1)
        change[name] = (w * (b @ a)).sum(0) if product else (w * b).sum(0) @ (w * a).sum(0)
    return change


def objective(base, few, modules, product=False):
    def value(weights):
        base.merge(composed(weights, modules, product))
        return base.loss(few) / len(few) + 0.05 * float(np.mean(np.abs(weights)))
    return value


def nevergrad_search(value, count, seed):
    import nevergrad
    weights = nevergrad.p.Array(init=[0] * count, upper=[1.5] * count, lower=[-1.5] * count)
    weights.random_state.seed(seed)
    return nevergrad.optimizers.NGOpt(parametrization=weights, budget=40).minimize(value).value


def cma_search(value, count, seed, budget):
    search = CMA(mean=np.full(count, 0.1), sigma=0.2, bounds=np.array([[-1.5, 1.5]] * count), population_size=10, seed=seed)
    best = (np.inf, None)
    for _ in range(budget // 10):
        told = [(w, value(w)) for w in (search.ask() for _ in range(10))]
        search.tell(told)
        best = min([best, *((v, w) for w, v in told)], key=lambda pair: pair[0])
    return best[1]


def answers_of(base, library, target, draw):
    folder = CONFIGS / "tasks/mini/unseen" / target
    pool, test = rows(folder / "pool.jsonl"), rows(folder / "test.jsonl")[:ROWS]
    few = [pool[row] for row in shots(target, draw)]
    names = random.Random(module_seed(draw)).sample(sorted(library), MODULES)
    modules = [library[name] for name in names]
    seed = search_seed(draw)

    def by(weights, product=False):
        base.merge(composed(weights, modules, product))
        return base.accuracy(test)

    factor, product = objective(base, few, modules), objective(base, few, modules, product=True)
    alone = [objective(base, few, [module])([1.0]) for module in modules]
    shown = " ".join(f"{a} => {b} ;" for a, b in few)
    base.merge(None)
    result = {"zero": base.accuracy(test), "icl": base.accuracy(test, [f"{shown} {a} =>" for a, _ in test])}
    result["best1"] = by(np.eye(MODULES)[int(np.argmin(alone))])
    result["unif"] = by(np.full(MODULES, 1 / MODULES))
    result["cobyla40"] = by(nevergrad_search(factor, MODULES, draw))
    for budget in (40, 400):
        result[f"cma{budget}"] = by(cma_search(factor, MODULES, seed, budget))
    result["lin400"] = by(cma_search(product, MODULES, seed, 400), product=True)
    return result


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "reference.json")
    if tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 16):
        sys.exit(f"SciPy {scipy.__version__} has another COBYLA than LoraHub was published with, install scipy<1.16")
    torch.set_num_threads(1)
    base = Base()
    folders = sorted((CONFIGS / "library/mini/r16").iterdir())
    library = {folder.name: Module(folder, base.layers) for folder in folders if folder.is_dir()}
    table = {"versions": {name: importlib.metadata.version(name) for name in PACKAGES}}
    for target in TARGETS:
        for draw in DRAWS:
            table[f"{target}/{draw}"] = answers_of(base, library, target, draw)
            print(target, draw, *(f"{k} {100 * v:.0f}" for k, v in table[f"{target}/{draw}"].items()), flush=True)
    out.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()

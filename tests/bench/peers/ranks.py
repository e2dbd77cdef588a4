"""Do candidates keep their order in a narrower precision? Error and rank agreement with f32, set by set.

usage: ranks.py LORAHUB MODEL LIBRARY TASK [PRECISION ...]     (default: bf16 delta-bf16 delta-int8; rows 0:5 of TASK)

A set is VECTORS (environment, default 12) weight vectors of 20 modules, the library's first: where a search begins, goes
and ends. Delta evaluation takes a set as one generation of a search. Per set and precision: the standard deviation of
the error over that of the f32 loss (penalty left out), Spearman's and Kendall's rank correlation, and whether the best
candidate is the same.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
from scipy import stats

CANDIDATES, MODULES = int(os.environ.get("VECTORS", 12)), 20


def sets(modules):
    draw = numpy.random.default_rng(1)
    shape = (CANDIDATES, modules)
    point = numpy.where(draw.random(modules) < 0.3, draw.uniform(0.5, 1.5, modules), draw.normal(0, 0.2, modules))
    yield "one module at 0.5", 0.5 * numpy.eye(modules)[draw.choice(modules, CANDIDATES, modules < CANDIDATES)]
    yield "uniform, 0.5", draw.uniform(-0.5, 0.5, shape)
    yield "uniform, 1.5", draw.uniform(-1.5, 1.5, shape)
    for sigma in (0.05, 0.1, 0.3):
        yield f"mean 0.1, sigma {sigma}", 0.1 + sigma * draw.standard_normal(shape)
    for sigma in (0.05, 0.1):
        yield f"a far point, sigma {sigma}", numpy.clip(point + sigma * draw.standard_normal(shape), -1.5, 1.5)


def losses(program, model, library, modules, task, precision, weights):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(weights.tolist(), file)
        file.flush()
        out = subprocess.run([program, "score", "--model", model, "--library", library,
                              "--modules", ",".join(modules), "--task", task, "--rows", "0:5",
                              "--weights", file.name, "--precision", precision, "--threads", "1", "--json"],
                             stdout=subprocess.PIPE, check=True).stdout
    score = json.loads(out)
    return numpy.array(score["loss_sum"]).sum(1) / sum(score["tokens"])


def main():
    program, model, library, task = sys.argv[1:5]
    precisions = sys.argv[5:] or ["bf16", "delta-bf16", "delta-int8"]
    modules = sorted(file.parent.name for file in pathlib.Path(library).glob("*/adapter_config.json"))[:MODULES]
    names, vectors = zip(*sets(len(modules)))
    exact, *others = [numpy.stack([losses(program, model, library, modules, task, p, own) for own in vectors])
                      for p in ["f32"] + precisions]
    print("| set | spread, f32 | " + " | ".join(precisions) + " |\n| --- | ---: |" + " --- |" * len(precisions))
    for i, name in enumerate(names):
        cells = []
        for other in others:
            error = numpy.std(other[i] - exact[i]) / numpy.std(exact[i])
            spearman, kendall = stats.spearmanr(exact[i], other[i])[0], stats.kendalltau(exact[i], other[i])[0]
            best = "" if exact[i].argmin() == other[i].argmin() else ", another best"
            cells.append(f"{error:.3f}, {spearman:.3f}, {kendall:.3f}{best}")
        print(f"| {name} | {numpy.std(exact[i]):.2g} | " + " | ".join(cells) + " |")


main()

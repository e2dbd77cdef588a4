#!/usr/bin/python3
"""Writes cmaes_trace.json: what the CMA-ES of the Python package `cmaes` makes of candidates and losses.

    apt-get install python3-cmaes && ./cmaes_trace.py

The candidates are its own (seeded, within the bound if there is one), rounded to 5 decimals; the losses are those of
a seeded ellipsoid, rounded, too. Both are fed back as they stand in the file, so that any other implementation can
be fed the same. A loss of null was fed as infinity.
"""
import importlib.metadata
import json
import math
import pathlib
import platform

import cmaes
import numpy as np

GENERATIONS = 60
KEPT = {1, 2, 3, 5, 10, 20, 30, 40, 50, 60}  # the states written; each follows from all before it

CASES = [
    # population 0: the default; bound 0: none; faults: one candidate in so many has no loss;
    # levels: losses are rounded to so many steps in 1; stretch: of the first generation, away from the mean.
    dict(dim=5, population=0, bound=0, mean=3.0, sigma=0.02, condition=1e2, faults=0, levels=0, stretch=1.4),
    dict(dim=10, population=0, bound=1.5, mean=0.1, sigma=0.5, condition=1e3, faults=0, levels=0),
    dict(dim=20, population=0, bound=0, mean=0.1, sigma=0.2, condition=1e4, faults=0, levels=0),
    dict(dim=20, population=0, bound=1.5, mean=1.4, sigma=0.4, condition=1.0, faults=0, levels=0),
    dict(dim=10, population=7, bound=1.5, mean=0.1, sigma=0.3, condition=1e2, faults=5, levels=0),
    dict(dim=5, population=3, bound=0, mean=0.5, sigma=0.3, condition=1e1, faults=0, levels=0),
    dict(dim=5, population=25, bound=1.5, mean=0.1, sigma=0.5, condition=1e2, faults=0, levels=8),
    dict(dim=2, population=2, bound=0, mean=0.5, sigma=0.3, condition=1e1, faults=0, levels=0),
]


def rounded(values, digits=5):
    return [round(float(v), digits) for v in values]


def trace(index, case):
    n = case["dim"]
    random = np.random.RandomState(1000 + index)
    optimizer = cmaes.CMA(
        mean=np.full(n, case["mean"]),
        sigma=case["sigma"],
        bounds=np.array([[-case["bound"], case["bound"]]] * n) if case["bound"] else None,
        population_size=case["population"] or None,
        seed=index + 1,
    )
    rotation, _ = np.linalg.qr(random.randn(n, n))
    centre = random.uniform(-1, 1, n)
    scale = case["condition"] ** (np.arange(n) / (n - 1) / 2)
    candidates, losses, states = [], [], []
    for generation in range(1, GENERATIONS + 1):
        told = []
        for p in range(optimizer.population_size):
            x = optimizer.ask()
            if generation == 1:
                x = case["mean"] + case.get("stretch", 1) * (x - case["mean"])
            x = rounded(x)
            loss = float(np.sum((scale * (rotation @ (np.array(x) - centre))) ** 2))
            if case["levels"]:  # equal losses
                loss = math.floor(loss * case["levels"]) / case["levels"]
            loss = float(f"{loss:.9g}")
            if case["faults"] and random.randint(case["faults"]) == 0:
                loss = math.inf
            told.append((np.array(x), loss))
            candidates += x
            losses.append(None if loss == math.inf else loss)
        optimizer.tell(told)
        if generation in KEPT:
            covariance = optimizer._C
            states.append(
                dict(
                    generation=generation,
                    mean=optimizer._mean.tolist(),
                    sigma=float(optimizer._sigma),
                    path_sigma=optimizer._p_sigma.tolist(),
                    path_c=optimizer._pc.tolist(),
                    covariance=covariance[np.tril_indices(n)].tolist(),  # lower triangle, by rows
                )
            )
    return dict(case, population=optimizer.population_size, candidates=candidates, losses=losses, states=states)


def main():
    data = dict(
        made_by="tests/golden/cmaes_trace.py",
        cmaes=importlib.metadata.version("cmaes"),
        numpy=np.__version__,
        python=platform.python_version(),
        generations=GENERATIONS,
        cases=[trace(i, case) for i, case in enumerate(CASES)],
    )
    lines = ",\n  ".join(json.dumps(case, separators=(",", ":")) for case in data.pop("cases"))
    head = json.dumps(data)[:-1]
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(f'{head}, "cases": [\n  {lines}\n]}}\n')
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Writes cobyla_trace.json: longer and rougher walks of Powell's own COBYLA than traces/ngopt_budget40.json.

    apt-get install python3-scipy && ./cobyla_trace.py      # SciPy before 1.16, which replaced the Fortran code

COBYLA is called as nevergrad's NGOpt calls it (tolerance 0, first radius 1, unit 0.5), and its points are brought into
the box as nevergrad does (reflected once at the wall, then clipped) before the function sees them. The functions:

    bowl        sum_i (1 + i / N) (w_i - c_i)^2 + sum_i w_i w_(i+1) / 4
    rosenbrock  sum_i 100 (v_(i+1) - v_i^2)^2 + (1 - v_i)^2 where v = w + c
    even        1 - exp(-(sum_i c_i w_i)^2 / N) + mean |w_i| / 20, the same at w and -w

`stable`: so many points, from the first on, stay within 1e-6 when the values are off by a few units in the last
place (50 walks). Beyond, rounding chooses the path, and no two programs need agree.
"""
import json
import pathlib
import platform

import numpy as np
import scipy
from scipy.optimize import minimize

BOUND = 1.5
CASES = [
    dict(function="bowl", dim=1, budget=40, centre=0.4),
    dict(function="bowl", dim=5, budget=200, centre=1.0),
    dict(function="bowl", dim=10, budget=200, centre=3.0),  # its minimum lies outside the box
    dict(function="bowl", dim=20, budget=200, centre=1.0),
    dict(function="rosenbrock", dim=5, budget=200, centre=0.5),
    dict(function="even", dim=20, budget=150, centre=1.0),
]


def bowl(w, c):
    i = np.arange(len(w))
    return float(np.sum((1 + i / len(w)) * (w - c) ** 2) + np.sum(w[:-1] * w[1:]) / 4)


def rosenbrock(w, c):
    v = w + c
    return float(np.sum(100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2))


def even(w, c):
    return float(1 - np.exp(-np.dot(c, w) ** 2 / len(w)) + np.mean(np.abs(w)) / 20)


FUNCTIONS = dict(bowl=bowl, rosenbrock=rosenbrock, even=even)


def into_box(w):
    w = np.where(w > BOUND, 2 * BOUND - w, np.where(w < -BOUND, -2 * BOUND - w, w))
    return np.clip(w, -BOUND, BOUND)


def walk(case, centre, noise):
    points, values = [], []

    def asked(x):
        w = into_box(0.5 * x)
        points.append(w)
        values.append(FUNCTIONS[case["function"]](w, centre) * (1 + noise()))
        return values[-1]

    minimize(asked, np.zeros(case["dim"]), method="COBYLA", tol=0, options=dict(maxiter=case["budget"]))
    assert len(points) == case["budget"], (case, len(points))
    return np.array(points), values


def trace(index, case):
    random = np.random.RandomState(index)
    centre = random.uniform(-case["centre"], case["centre"], case["dim"]).round(4)
    points, values = walk(case, centre, lambda: 0.0)
    stable = case["budget"]
    for _ in range(50):
        other, _ = walk(case, centre, lambda: random.uniform(-1e-15, 1e-15))
        far = np.flatnonzero(np.abs(other - points).max(axis=1) > 1e-6)
        stable = min(stable, int(far[0]) if len(far) else stable)
    rows = [[round(float(v), 10) for v in point] for point in points]
    return dict(case, centre=centre.tolist(), stable=stable, points=rows, values=values)


def main():
    data = dict(
        made_by="tests/golden/cobyla_trace.py",
        scipy=scipy.__version__,
        numpy=np.__version__,
        python=platform.python_version(),
        bound=BOUND,
    )
    lines = ",\n  ".join(json.dumps(trace(i, case), separators=(",", ":")) for i, case in enumerate(CASES))
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(f'{json.dumps(data)[:-1]}, "cases": [\n  {lines}\n]}}\n')
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()

"""What check.sh compares. Each form ends with 1 where the comparison fails.

usage: compare.py weights MODULES VECTORS FILE     writes random vectors, the last one zero
       compare.py sums CPU GPU TOLERANCE NAME      loss sums of `lorahub score --json`
       compare.py first FILE SUM...                those of the first vector, beside given ones
       compare.py answers CPU GPU LEAST            answers of `lorahub infer --json`, of which so many must be alike
       compare.py growth CSV                       memory in use, by the second: no more at the end than in the middle
"""

import json
import random
import sys


def load(name):
    with open(name) as file:
        return json.load(file)


def weights(modules, vectors, name):
    random.seed(7)
    rows = [[round(random.uniform(-0.5, 0.5), 3) for _ in range(int(modules))] for _ in range(int(vectors))]
    with open(name, "w") as file:
        json.dump(rows + [[0.0] * int(modules)], file)


def sums(one, other, tolerance, name):
    pairs = [(x, y) for a, b in zip(load(one)["loss_sum"], load(other)["loss_sum"], strict=True)
             for x, y in zip(a, b, strict=True)]
    differences = [abs(x - y) / abs(x) for x, y in pairs]
    print(f"{name}: largest relative difference {max(differences):.2e}, limit {tolerance}")
    return all(difference <= float(tolerance) for difference in differences)  # false for NaN, too


def first(name, *expected):
    found = load(name)["loss_sum"][0]
    worst = max(abs(x - float(y)) / abs(x) for x, y in zip(found, expected, strict=True))
    print(f"beside the numbers of another machine: {worst:.2e} ({found})")
    return worst < 1e-4


def answers(one, other, least):
    same = sum(x == y for x, y in zip(load(one)["answers"], load(other)["answers"], strict=True))
    print(f"{same} answers alike, at least {least}")
    return same >= int(least)


def growth(name):
    with open(name) as file:
        used = [int(line.split(",")[0]) for line in file if line.strip()]
    if len(used) < 9:
        print(f"{len(used)} seconds tell nothing")
        return False
    third = len(used) // 3
    middle, last = max(used[third:2 * third]), max(used[2 * third:])
    print(f"MiB in use: {used[0]} at first, at most {middle} in the middle, {last} at last")
    return last < 1.1 * middle


if __name__ == "__main__":
    forms = {form.__name__: form for form in (weights, sums, first, answers, growth)}
    if len(sys.argv) < 2 or sys.argv[1] not in forms:
        sys.exit(__doc__)
    sys.exit(0 if forms[sys.argv[1]](*sys.argv[2:]) is not False else 1)

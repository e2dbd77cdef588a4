"""Our results of the minilab_reference studies beside the reference table (reference_table.py), on the same draws.

    python3 experiments/lab/compare_reference.py results/minilab_reference*/*.h5

Prints, for each method, the mean accuracy over the 15 evaluation targets for each of the three draws, ours and the table's, and
the largest difference of a target's mean, on the first 100 test rows of a target.
Needs h5py and numpy (scripts/setup --test).
"""
import json, os, sys
import h5py
import numpy as np

TABLE = json.load(open(os.path.join(os.path.dirname(__file__), "reference.json")))  # "E1_isa_letter/0": {"zero": 0.0, ...}
ROWS = 100


def name_of(run):
    """The table's name for a trial of ours."""
    method, search = run["method"].decode(), run["search_method"].decode()
    budget, product = int(run["search_budget"]), run["composition"].decode() == "product"
    if method == "lorahub":
        return "cobyla40" if search == "official" else f"lin{budget}" if product else f"cma{budget}"
    return {"zero_shot": "zero", "icl": "icl", "best_single": "best1", "uniform": "unif"}[method]


def main(files):
    ours = {}  # (method, task) -> accuracies of the draws
    for path in files:
        with h5py.File(path, "r") as file:
            runs, answers = file["runs"][:], file["answers"][:]
            for run in runs:
                mine = answers[(answers["id"] == run["id"]) & (answers["row"] < ROWS)]
                if len(mine):
                    ours.setdefault((name_of(run), run["task"].decode()), []).append(mine["hit"].mean())
    tasks = sorted({t for _, t in ours if t.startswith("E")}, key=lambda t: int(t[1:].split("_")[0]))
    print(f"{'method':10s} {'ours':>6s} {'table':>6s} {'its draws':>18s}   largest difference of a target's mean")
    for method in ("zero", "unif", "best1", "cobyla40", "cma40", "icl", "cma400", "lin400"):
        have = [t for t in tasks if (method, t) in ours]
        table = {t: [TABLE[f"{t}/{d}"][method] for d in range(3)] for t in have}
        if not table:
            continue
        mean = 100 * np.mean([np.mean(ours[method, t]) for t in table])
        draws = [100 * np.mean([table[t][d] for t in table]) for d in range(3)]
        gaps = {t: 100 * (np.mean(ours[method, t]) - np.mean(table[t])) for t in table}
        worst = max(gaps, key=lambda t: abs(gaps[t]))
        print(f"{method:10s} {mean:6.1f} {np.mean(draws):6.1f} {' '.join(f'{d:5.1f}' for d in draws):>18s}   {worst} {gaps[worst]:+.1f}")


main(sys.argv[1:])

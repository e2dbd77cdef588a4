"""Writes statistics.json: what SciPy and plain NumPy formulas say about fixed inputs, for tests/report.

python report_statistics.py > statistics.json
"""
import itertools
import json
import sys

import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(20240131)


def signed_rank(d):
    """exact for all sign changes of the ranks (ties and all), by enumeration; SciPy's own where it is exact or normal"""
    d = np.asarray(d, float)
    kept = d[d != 0]
    ranks = stats.rankdata(np.abs(kept))
    plus, minus = ranks[kept > 0].sum(), ranks[kept < 0].sum()
    case = {"differences": d.tolist(), "plus": plus, "minus": minus, "rank_biserial": (plus - minus) / (plus + minus)}
    n, ties = len(kept), len(set(np.abs(kept))) < len(kept)
    if n > 50:
        case["p"] = stats.wilcoxon(d, zero_method="wilcox", correction=False, method="asymptotic").pvalue
    elif not ties:
        case["p"] = stats.wilcoxon(kept, method="exact").pvalue
    else:
        assert n <= 18
        sums = np.array([np.dot(ranks, signs) for signs in itertools.product((0, 1), repeat=n)])
        case["p"] = min(1.0, 2 * min((sums <= plus + 1e-9).mean(), (sums >= plus - 1e-9).mean()))
        if n == len(d) <= 13:  # SciPy permutes here too
            assert abs(case["p"] - stats.wilcoxon(d, method=stats.PermutationMethod(n_resamples=np.inf)).pvalue) < 1e-12
    return case


def holm(p):
    """statsmodels' multipletests(method="holm"), written out"""
    p = np.asarray(p)
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1, np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]))
    return {"p": p.tolist(), "adjusted": adjusted.tolist()}


def friedman(table):
    table = np.asarray(table, float)
    found = stats.friedmanchisquare(*table.T)
    return {"table": table.tolist(), "statistic": found.statistic, "p": found.pvalue,
            "mean_ranks": stats.rankdata(table, axis=1).mean(0).tolist()}


def scores(values):
    """rliable's aggregate metrics, as their formulas"""
    v = np.asarray(values, float)
    return {"values": v.tolist(), "iqm": stats.trim_mean(v, 0.25), "gap": 1.0 - np.mean(np.minimum(v, 1.0)),
            "quantiles": np.quantile(v, [0.0, 0.1, 0.25, 0.5, 0.9, 1.0]).tolist(), "sd": np.std(v, ddof=1) if len(v) > 1 else 0.0}


def bootstrap(strata):
    """rliable's StratifiedBootstrap (runs resampled within tasks), mean of task means and pooled IQM"""
    strata = [np.asarray(s, float) for s in strata]
    means, iqms = [], []
    for _ in range(200000):
        sample = [s[rng.integers(len(s), size=len(s))] for s in strata]
        means.append(np.mean([s.mean() for s in sample]))
        iqms.append(np.concatenate(sample))
    iqms = stats.trim_mean(np.array(iqms), 0.25, axis=1)
    return {"strata": [s.tolist() for s in strata], "mean": np.percentile(means, [2.5, 97.5]).tolist(),
            "iqm": np.percentile(iqms, [2.5, 97.5]).tolist()}


def crossed(table):
    """pigeonhole bootstrap of a rows x columns table: both resampled"""
    t = np.asarray(table, float)
    r = rng.integers(t.shape[0], size=(200000, t.shape[0]))
    c = rng.integers(t.shape[1], size=(200000, t.shape[1]))
    means = [t[np.ix_(a, b)].mean() for a, b in zip(r, c)]
    return {"table": t.tolist(), "mean": np.percentile(means, [2.5, 97.5]).tolist()}


def shared(table):
    """rows: tasks, columns: draws of modules that all tasks share; whole columns are resampled"""
    t = np.asarray(table, float)
    c = rng.integers(t.shape[1], size=(200000, t.shape[1]))
    return {"table": t.tolist(), "mean": np.percentile(t[:, c].mean((0, 2)), [2.5, 97.5]).tolist()}


def rows(differences):
    """[draw][row] differences of hits; rows and draws are both resampled"""
    d = np.asarray(differences)
    chosen = d[:, rng.integers(d.shape[1], size=(100000, d.shape[1]))].sum(2)  # [draw, replicate]
    draws = rng.integers(d.shape[0], size=(d.shape[0], 100000))
    sums = np.take_along_axis(chosen, draws, 0).sum(0)
    return {"differences": d.tolist(), "interval": (100 / d.size * np.percentile(sums, [2.5, 97.5])).tolist()}


def profile(strata, thresholds):
    """rliable's run-score distribution, tasks of equal size"""
    v = np.asarray(strata, float)
    return {"strata": v.tolist(), "thresholds": thresholds, "shares": [float((v > t).mean()) for t in thresholds]}


def paired_wins(first, second):
    a, b = np.asarray(first, float), np.asarray(second, float)
    return {"first": a.tolist(), "second": b.tolist(),
            "probability": float(np.mean([(x > y).mean() + 0.5 * (x == y).mean() for x, y in zip(a, b)]))}


r = lambda *shape: np.round(rng.normal(size=shape), 3)
result = {
    "versions": {"python": sys.version.split()[0], "numpy": np.__version__, "scipy": scipy.__version__},
    "signed_rank": [signed_rank(d) for d in (
        [1.5], [1, 2], r(6) + 1, r(15) + 0.4, r(50) + 0.2, np.arange(1, 19) - 6.5,
        [1, 1, -1, 2, 3, 3, 0, 0, 5], [2, 2, 2, 2, 2], [5, -5, 5, -5], np.round(2 * r(16) + 1),
        np.concatenate([r(60) + 0.2, [0, 0]]), np.round(3 * r(80) + 0.5))],
    "holm": [holm(p) for p in ([0.01], [0.04, 0.01, 0.03], [0.2, 0.2, 0.001, 0.9, 0.04])],
    "friedman": [friedman(t) for t in (
        r(5, 3), r(15, 4) + np.arange(4) / 3, np.round(r(12, 6)), np.round(r(9, 7)), [[1, 2, 3], [1, 2, 3]])],
    "chi_squared": [[x, k, stats.chi2.sf(x, k)] for x in (0.0, 0.3, 4.2, 30.0) for k in (1, 2, 3, 6, 9)],
    "mcnemar": [[b, c, stats.binomtest(b, b + c).pvalue if b + c else 1.0] for b, c in
                ((0, 0), (1, 0), (3, 9), (9, 3), (25, 25), (0, 60), (70, 101))],
    "scores": [scores(v) for v in ([0.4], r(3), r(4), r(17), 0.7 + r(40))],
    "bootstrap": bootstrap([10 * r(5), 5 + 10 * r(8), 20 + 5 * r(3)]),
    "crossed": crossed(r(6, 1) * 5 + r(1, 4) * 10 + r(6, 4)),
    "shared": shared(r(5, 1) + 8 * r(1, 7) + r(5, 7)),
    "rows": [rows(rng.integers(-1, 2, size=(1, 100))), rows([[1] * 6 + [0] * 19]),
             rows(np.clip(rng.integers(-1, 3, size=200) - rng.integers(0, 3, size=(3, 1)), -1, 1))],
    "profile": profile(np.round(r(4, 6), 1), [-1.0, 0.0, 0.1, 0.5, 2.0]),
    "wins": paired_wins(np.round(r(4, 6)), np.round(r(4, 6))),
}
print(json.dumps(result, default=float))

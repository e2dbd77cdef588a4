"""Runs the Python snippets of results/README.md as they stand, and compares what they read with what was written.

python read_results.py results/README.md make_sample
"""
import math
import os
import re
import subprocess
import sys
import tempfile
import warnings

ONE, TWO = "1a5e1876d96499f6", "494c392cb91c00d0"


def equal(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def same(found, expected):  # lists of numbers, NaN equal to NaN
    found = list(found)
    ok = len(found) == len(expected) and all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(found, expected))
    assert ok, f"{found!r} is not {expected!r}"


def check_pandas(names):
    runs, answers, pd = names["runs"], names["answers"], names["pd"]
    equal(list(runs.status), ["done", "done", "failed", "running", "missing", "done"])
    equal(list(runs.id)[:2], [ONE, TWO])
    same(runs.accuracy, [100 / 3, 100.0, math.nan, math.nan, math.nan, 100 / 3])
    same(runs.best_loss[:5], [1.75, math.nan, math.nan, math.nan, math.nan])
    equal(list(runs.evaluations), [8, 0, -1, -1, -1, 33])
    equal(list(runs["seed_search"]), [1, -1, 3, 4, 1, 1])
    same(runs["search_sigma0"], [0.25, math.nan, 0.25, 0.25, 0.25, 0.25])
    equal(list(runs.task), ["E1", "E1", "E1", "E1", "E2", "E1"])
    equal([str(runs[c].dtype) for c in ("evaluations", "accuracy", "seed_search", "planned")],
          ["int64", "float64", "int64", "int8"])
    equal(list(answers.id)[:4], [ONE] * 3 + [TWO])
    equal(list(answers.answer)[:4], ["Yes.", '"\n☃', "", "yes"])
    equal(list(answers.hit)[:4], [1, 0, 0, 1])
    weights = pd.read_hdf("x.h5", "weights")
    equal(list(weights.module)[:2], ["a", "b_mödule"])
    equal(list(weights.weight)[:2], [0.5, -0.25])
    for table in ("evaluations", "shots", "dropped", "inputs", "resolved", "failures", "headers/starts", "headers/environment"):
        assert len(pd.read_hdf("x.h5", table)) > 0, table
    equal(list(pd.read_hdf("x.h5", "failures").message), ["no such file"])


def check_xarray(names):
    trace, best = names["trace"], names["best"]
    equal(dict(trace.sizes), {"evaluation": 5, "module": 2})
    equal(trace.weights.dims, ("evaluation", "module"))
    equal(trace.loss.dims, ("evaluation",))
    equal(set(trace.coords), {"evaluation", "module"})
    equal(list(trace.evaluation.values), [0, 1, 2, 3, 4])
    equal(list(trace.generation.values), [0, 0, 1, 1, 2])
    equal([str(m) for m in trace.module.values], ["a", "b_mödule"])
    same(trace.loss.values, [2.5, 2.25, 1.75, math.inf, math.nan])
    same(trace.weights.values[4], [1e-300, 0.7])
    equal(math.copysign(1, trace.weights.values[3, 0]), -1.0)
    equal(trace.loss.attrs["units"], "nat")
    same(best.values, [0.5, -0.25])
    check_state(names)


def check_state(names):  # of CMA-ES, in the sample's last trial
    trace = names["xr"].open_dataset("x.h5", group=f"trace/{names['runs'].id.iloc[-1]}", engine="h5netcdf", phony_dims="access")
    equal(dict(trace.sizes), {"evaluation": 33, "module": 3, "step": 6, "run": 1})
    equal([trace[name].dims for name in ("sigma", "axis_ratio", "mean")], [("step", "run"), ("step", "run"), ("step", "run", "module")])
    equal(set(trace.coords), {"evaluation", "module", "step", "run"})
    equal((trace.sigma.values[0, 0], trace.axis_ratio.values[0, 0]), (0.25, 1.0))
    same(trace["mean"].values[0, 0], [0.125] * 3)
    trace.close()


def check_h5py(names):
    h5py, evaluations = names["h5py"], names["evaluations"]
    import json
    same(evaluations["loss"][:5], [2.5, 2.25, 1.75, math.inf, math.nan])
    equal(list(evaluations["candidate"])[:5], [0, 1, 0, 1, 0])
    units = json.loads(names["units"])
    equal(units["accuracy"]["units"], "percent")
    equal(units["search_sigma0"]["knob"], "search.sigma0")
    with h5py.File("x.h5") as file:
        weights = file[f"trace/{ONE}/weights"]
        equal([list(d.keys()) for d in weights.dims], [["evaluation"], ["module"]])
        equal([d.label for d in weights.dims], ["", ""])
        assert file[f"trace/{ONE}/module"].is_scale
        assert h5py.h5ds.is_attached(weights.id, file[f"trace/{ONE}/module"].id, 1)
        equal(list(units), list(file["runs"].dtype.names))
        equal(file["config/yaml"][()].decode(), "question: x\nset: {shots: 2}\n")
        equal(file["config/question"][()].decode(), "Does it work, in Zürich too?")


def main(readme, make_sample):
    snippets = re.findall(r"```python\n(.*?)```", open(readme, encoding="utf-8").read(), re.S)
    checks = {"import pandas": check_pandas, "import xarray": check_xarray, "import h5py": check_h5py}
    equal(len(snippets), len(checks))
    make_sample = os.path.abspath(make_sample)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        subprocess.run([make_sample, "x.h5"], check=True)
        names = {}
        warnings.simplefilter("error")  # a user should see none
        for snippet, (first, check) in zip(snippets, checks.items()):
            assert snippet.startswith(first), snippet
            exec(compile(snippet, readme, "exec"), names)
            check(names)
        names["trace"].close()
        os.chdir("/")
    print("ok:", ", ".join(f"{m} {sys.modules[m].__version__}" for m in ("pandas", "tables", "xarray", "h5netcdf", "h5py", "numpy")))


main(*sys.argv[1:])

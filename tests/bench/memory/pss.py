"""Memory of a node (proportional set size, all ranks together) for 1, 2 and 4 ranks of one study.

usage: pss.py LORAHUB FOLDER [f32|bf16] [factor|product]

FOLDER: what tests/bench/official/make_model.py wrote. One trial, whose candidates all ranks share;
the largest sum of the ranks' Pss (/proc/PID/smaps_rollup) over the run, sampled every half second.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

lorahub, data = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
precision = sys.argv[3] if len(sys.argv) > 3 else "f32"
composition = sys.argv[4] if len(sys.argv) > 4 else "factor"

STUDY = """question: How much memory do the ranks of a node take?
uses: {{model: made, library: made, tasks: made}}
set: {{task: made, modules: all, shots: 5, method: lorahub, composition: {composition}, precision: {precision},
      search.population: 8, search.budget: 16, max_tokens: 2}}
"""
ENVIRONMENT = {f"OMPI_{key}": value for key, value in {
    "ALLOW_RUN_AS_ROOT": "1", "ALLOW_RUN_AS_ROOT_CONFIRM": "1", "MCA_rmaps_base_oversubscribe": "1",
    "MCA_hwloc_base_binding_policy": "none", "MCA_mpi_yield_when_idle": "1", "MCA_pml": "ob1",
    "MCA_btl": "self,vader,tcp"}.items()}


def pss(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def ranks_of(program):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/exe") == program:
                found.append(pid)
        except OSError:
            pass
    return found


def peak(ranks, folder):
    command = ["mpirun", "-np", str(ranks), lorahub, "run", str(folder / "study.yaml"), "--quiet",
               "--threads", "1", "--out", str(folder / f"out{ranks}")]
    run = subprocess.Popen(command, env={**os.environ, **ENVIRONMENT})
    largest = 0
    while run.poll() is None:
        largest = max(largest, sum(map(pss, ranks_of(os.path.realpath(lorahub)))))
        time.sleep(0.5)
    assert run.returncode == 0, run.returncode
    return largest


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for kind, text in {"model": f"model: {data}/model", "library": f"library: {data}/library",
                       "tasks": "tasks: [made]\npool: pool.jsonl\ntest: test.jsonl"}.items():
        (folder / kind).mkdir()
        (folder / kind / "made.yaml").write_text(text + "\n")
    rows = (data / "task.jsonl").read_text()
    (folder / "tasks/pool.jsonl").write_text(rows)
    turned = [json.loads(row) for row in rows.splitlines()]
    for row in turned:
        row["context"] = " ".join(reversed(row["context"].split()))
    (folder / "tasks/test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in turned))
    (folder / "study.yaml").write_text(STUDY.format(composition=composition, precision=precision))
    ENVIRONMENT["LORAHUB_CONFIGS"] = name
    one = peak(1, folder)
    print(f"{precision} {composition}, 1 rank: {one / 1e9:.2f} GB", flush=True)
    for ranks in (2, 4):
        bytes_ = peak(ranks, folder)
        print(f"{precision} {composition}, {ranks} ranks: {bytes_ / 1e9:.2f} GB, {bytes_ / one:.2f} x", flush=True)

"""The table and JSON of compare.sh from one line of JSON per run.  usage: summary.py SIZE FOLDER"""

import json
import os
import pathlib
import platform
import statistics
import sys

median = statistics.median


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def processor():
    info = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    value = lambda key: next((row.split(":")[1].strip() for row in info if row.startswith(key)), "?")
    return f"{value('model name')} (model {value('model' + chr(9))}), {os.cpu_count()} cores"


def ours(folder):
    """Seconds per evaluation: (1 + P vectors) - (1 vector), over P; loading cancels."""
    one, many = lines(folder / "ours_one.jsonl"), lines(folder / "ours_many.jsonl")
    vectors = len(many[0]["output"]["objective"]) - 1
    rate = lambda key: [(b[key] - a[key]) / vectors for a, b in zip(one, many)]
    peak = max(run["peak_bytes"] for run in many)
    objective = many[0]["output"]["objective"]
    assert all(run["output"]["objective"] == objective for run in many), "runs must repeat exactly"
    rest = median(run["wall"] for run in one) - median(rate("wall"))
    return {"wall_rounds": rate("wall"), "cpu_rounds": rate("cpu"), "load": rest, "peak_bytes": peak,
            "objective": objective}


def official(folder):
    runs = lines(folder / "official.jsonl")
    phases = list(zip(*(phases for run in runs for phases in run["phases"])))
    return {"wall_rounds": [median(run["wall"]) for run in runs],
            "cpu_rounds": [median(run["cpu"]) for run in runs],
            "load": median(run["load"] for run in runs),
            "peak_bytes": max(run["peak_bytes"] for run in runs),
            "phases": dict(zip(("combine", "set", "forward"), map(median, phases))),
            "objective": runs[0]["objective"], "versions": runs[0]["versions"],
            "source_tokens": runs[0]["source_tokens"], "target_tokens": runs[0]["target_tokens"]}


def main():
    size, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    theirs, mine = official(folder), ours(folder)
    weight_bytes = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
    pairs = list(zip(theirs["objective"], mine["objective"], strict=True))
    difference = max(abs(a - b) / abs(a) for a, b in pairs)
    gib = lambda amount: amount / 2**30
    print(f"\nflan-t5-{size} shapes, 5 examples of {theirs['source_tokens']} source and "
          f"{theirs['target_tokens']:g} target tokens, 20 modules of rank 16, one thread, f32")
    print(f"{processor()}; {len(mine['wall_rounds'])} rounds of {len(pairs) - 1} weight vectors, medians\n")
    print("| side     | s/evaluation | CPU s/evaluation | load s | peak GiB | peak / weight bytes |")
    print("|----------|-------------:|-----------------:|-------:|---------:|--------------------:|")
    for name, side in (("official", theirs), ("lorahub", mine)):
        side["wall"], side["cpu"] = median(side["wall_rounds"]), median(side["cpu_rounds"])
        print(f"| {name:8} | {side['wall']:12.3f} | {side['cpu']:16.3f} | {side['load']:6.2f} "
              f"| {gib(side['peak_bytes']):8.2f} | {side['peak_bytes'] / weight_bytes:19.2f} |")
    rounds = [a / b for a, b in zip(theirs["wall_rounds"], mine["wall_rounds"])]
    print(f"\nspeed-up {theirs['wall'] / mine['wall']:.2f}x wall (rounds {min(rounds):.2f} to {max(rounds):.2f}), "
          f"{theirs['cpu'] / mine['cpu']:.2f}x processor time")
    print("official phases: " + ", ".join(f"{k} {v:.3f} s" for k, v in theirs["phases"].items()))
    print(f"weights of model and modules: {gib(weight_bytes):.2f} GiB")
    print(f"objectives {pairs[0][0]:.7f} {pairs[0][1]:.7f}, ...: largest relative difference {difference:.1e}")
    result = {"size": size, "machine": processor(), "weight_bytes": weight_bytes, "official": theirs,
              "lorahub": mine, "largest_relative_difference": difference}
    (folder / "result.json").write_text(json.dumps(result) + "\n")
    if difference > 1e-5:
        sys.exit("the two sides disagree by more than 1e-5: the times do not compare equal work")


main()

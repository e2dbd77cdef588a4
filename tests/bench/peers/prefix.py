"""What computing the common beginning of rows once saves: the loss of rows as they are, and behind numbers of their own.

usage: prefix.py LORAHUB MODEL LIBRARY MODULES TASK ...     (MODULES: two names with a comma; rows 0:5 of each TASK, a JSONL file)

With "1 " to "5 " in front rows have no beginning in common, and one or two tokens more each. Measured are user seconds of one thread for a
weight vector, (1 + 8 vectors) - (1 vector) over 8, in three turns each.
"""

import json
import pathlib
import resource
import subprocess
import sys
import tempfile

ROWS, VECTORS, TURNS = 5, 8, 3


def seconds(command, folder, vectors):
    weights = folder / "weights.json"
    weights.write_text(json.dumps([[0.3 + 0.01 * i, 0.5 - 0.01 * i] for i in range(vectors)]))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command + ["--weights", str(weights), "--threads", "1", "--json"], stdout=subprocess.DEVNULL, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    program, model, library, modules, *tasks = sys.argv[1:]
    for task in tasks:
        rows = [json.loads(line) for line in pathlib.Path(task).read_text().splitlines()[:ROWS]]
        ratios = []
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            files = {"alike": folder / "alike.jsonl", "apart": folder / "apart.jsonl"}
            for which, file in files.items():
                with file.open("w") as out:
                    for i, row in enumerate(rows):
                        said = row.get("input", row.get("context"))
                        print(json.dumps({"input": said if which == "alike" else f"{i + 1} {said}",
                                          "target": row.get("target", row.get("completion"))}), file=out)
            for _ in range(TURNS):
                spent = {}
                for which, file in files.items():
                    command = [program, "score", "--model", model, "--library", library, "--modules", modules, "--task", str(file)]
                    spent[which] = (seconds(command, folder, 1 + VECTORS) - seconds(command, folder, 1)) / VECTORS
                ratios.append(spent["apart"] / spent["alike"])
        print(f"{task}: {sorted(ratios)[TURNS // 2]:.2f} ({min(ratios):.2f} to {max(ratios):.2f})", flush=True)


if __name__ == "__main__":
    main()

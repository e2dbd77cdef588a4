"""compare.py says no where it must: a GPU's numbers that are off, missing or not numbers."""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

COMPARE = pathlib.Path(__file__).with_name("compare.py")
failed = []


def expect(code, *arguments):
    ended = subprocess.run([sys.executable, COMPARE, *map(str, arguments)], capture_output=True, text=True)
    if (ended.returncode == 0) != (code == 0):
        failed.append((arguments, ended.returncode, ended.stdout + ended.stderr))


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)

    def file(name, text):
        (folder / name).write_text(text)
        return folder / name

    def sums(name, *rows):
        return file(name, json.dumps({"loss_sum": rows}))

    cpu = sums("cpu", [10, 20], [30, 40])
    expect(0, "sums", cpu, sums("near", [10.00001, 20], [30, 40]), 1e-5, "f32")
    expect(1, "sums", cpu, sums("far", [10.001, 20], [30, 40]), 1e-5, "f32")
    expect(1, "sums", cpu, sums("nan", [math.nan, 20], [30, 40]), 1e-5, "f32")
    expect(1, "sums", cpu, sums("nan_later", [10, 20], [30, math.nan]), 1e-5, "f32")
    expect(1, "sums", cpu, sums("short", [10, 20]), 1e-5, "f32")
    expect(0, "first", cpu, 10.0001, 20)
    expect(1, "first", cpu, 10.1, 20)
    expect(1, "first", cpu, 10, 20, 30)

    def answers(name, *texts):
        return file(name, json.dumps({"answers": texts}))

    a = answers("a", "x", "y", "z")
    expect(0, "answers", a, answers("b", "x", "y", "w"), 2)
    expect(1, "answers", a, answers("b", "x", "y", "w"), 3)

    def used(name, *mib):
        return file(name, "".join(f"{m}, 50, 300.1\n" for m in mib))

    expect(0, "growth", used("level", 500, 900, 2000, 2000, 2100, 2100, 2100, 2050, 2100))
    expect(1, "growth", used("growing", 500, 900, 1300, 1700, 2100, 2500, 2900, 3300, 3700))
    expect(1, "growth", used("none"))

    expect(0, "weights", 20, 12, folder / "w")
    rows = json.loads((folder / "w").read_text())
    if [len(row) for row in rows] != [20] * 13 or rows[-1] != [0] * 20 or rows[0] == rows[1]:
        failed.append(("weights", rows))

for each in failed:
    print(*each)
sys.exit(1 if failed else 0)

"""What each way of retrieval found: modules of the word lab among those that were kept, seconds, accuracy.

usage: hits.py RESULTS MODULES      (RESULTS: an HDF5 file of study.yaml; MODULES: the library that make_library.py began with; needs h5py)

A target is called skill_form, and its two modules skill_plain and word_form. "Seconds" are of the choice and the 33 steps after it.
"""

import pathlib
import statistics
import sys

import h5py


def main():
    file, real = h5py.File(sys.argv[1]), {folder.name for folder in pathlib.Path(sys.argv[2]).iterdir()}
    kept = {}
    for row in file["weights"]:
        kept.setdefault(row["id"], set()).add(row["module"].decode())
    ways = {}
    for run in file["runs"]:
        if run["method"] == b"gradient" and run["status"] == b"done":
            ways.setdefault(run["retrieve"].decode(), []).append(run)
    print("| way | of the lab's modules kept | of the target's two | seconds | accuracy, % |\n| --- | ---: | ---: | ---: | ---: |")
    for way, runs in ways.items():
        found, both = [], []
        for run in runs:
            skill, form = run["task"].decode().split("_")
            modules = kept[run["id"]]
            found.append(len(modules & real))
            both.append(len(modules & {f"{skill}_plain", f"word_{form}"}))
        print(f"| {way} | {' '.join(map(str, found))} | {' '.join(map(str, both))} | {statistics.median(run['search_s'] for run in runs):.0f} "
              f"| {' '.join(format(run['accuracy'], '.1f') for run in runs)} |")


main()

#!/usr/bin/env python3
"""Counts the source files that see a header, and so compile again when it changes.

    rebuilds.py TOP HEADER SHARE     HEADER as it is included, of src/; exit code 1 where more than SHARE of the .cpp
                                     files of TOP/src and TOP/tests see it
"""
import functools
import pathlib
import re
import sys

INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)
top, header, share = pathlib.Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])


@functools.cache
def included(file):
    """The files of this repository that a file includes by itself."""
    found = []
    for name in INCLUDE.findall(file.read_text()):
        for folder in (top / "src", file.parent, top / "tests"):
            if (folder / name).is_file():
                found.append((folder / name).resolve())
                break
    return found


def sees(file, wanted):
    seen, left = set(), [file]
    while left:
        for one in included(left.pop()):
            if one not in seen:
                seen.add(one)
                left.append(one)
    return wanted in seen


files = [file for part in ("src", "tests") for file in sorted((top / part).rglob("*.cpp"))]
wanted = (top / "src" / header).resolve()
count = sum(sees(file, wanted) for file in files)
print(f"{count} of {len(files)} files see {header}")
sys.exit(0 if 0 < count <= share * len(files) else 1)

#!/usr/bin/env python3
"""Finds names that mean two things in the program: of types, and of files.

    one_meaning.py FOLDER    exit code 1 where two files define types of one name in their namespaces, named or not, or
                             where files of one name stand in two folders. A type within a class has the class's name
                             before its own, aliases of one type may have one name, a file of cli/ is named after its
                             command, and the families of models are alike on purpose (model/t5, model/llama)
"""
import collections
import pathlib
import re
import sys

TYPE = re.compile(r"^(?:struct|class|enum(?: class| struct)?)(?: \[\[\w+\]\])? (\w+)(?: final)?(?: :[^:].*)? ?(?:\{.*)?$", re.M)
ALIAS = re.compile(r"^using (\w+) =\s*([^;]+);", re.M)
FAMILY = re.compile(r"^model/(t5|llama)$")
# One thing said twice: what the families and a plan say of memory, the table of methods and their code.
SAME_FILES = {"memory": {"model", "plan"}, "methods": {"run/lead/methods", "study"}, "submit": {"cluster/slurm"}}


def types(text):
    """Pairs of a name and what it stands for: an alias's type, or "" for a type of its own."""
    yield from ((found.group(1), "") for found in TYPE.finditer(text))
    yield from ((found.group(1), " ".join(found.group(2).split())) for found in ALIAS.finditer(text))


def types_of_two_meanings(root, files):
    seen = {}
    for file in files:
        family = bool(FAMILY.match(file.parent.relative_to(root).as_posix()))
        for name, meaning in types(file.read_text()):
            for other, other_meaning, other_family in seen.setdefault(name, []):
                alike = other == file or (meaning and meaning == other_meaning) or (family and other_family)
                if not alike:
                    yield f"{file}: {name} is another type in {other}, give one of them a name of its own"
            seen[name].append((file, meaning, family))


def files_of_two_meanings(root, files):
    folders = collections.defaultdict(set)
    for file in files:
        folder = file.parent.relative_to(root).as_posix()
        folders[file.stem].add(FAMILY.sub("model", folder))
    for name, where in sorted(folders.items()):
        where -= {"cli"}
        if len(where) > 1 and where != SAME_FILES.get(name):
            yield f"{name} is a file of {' and '.join(sorted(where))}, give one of them a name of its own"


root = pathlib.Path(sys.argv[1])
files = sorted(file for file in root.rglob("*") if file.suffix in (".hpp", ".cpp", ".cu", ".cuh"))
found = [*types_of_two_meanings(root, files), *files_of_two_meanings(root, files)]
print("\n".join(found))
sys.exit(1 if found else 0)

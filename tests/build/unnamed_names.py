#!/usr/bin/env python3
"""Finds names that stand in the unnamed namespaces of two files of a folder.

The preset `ci` compiles the files of a folder as one, where such names would clash.
    unnamed_names.py FOLDER...     exit code 1 where a name stands twice. A folder of src/ is looked at by itself; of
                                   tests/ all *_test.cpp below a first-level folder are one program
"""
import collections
import pathlib
import re
import sys

BODY = re.compile(r"^namespace \{\n(.*?)^\}  // namespace$", re.S | re.M)
TYPE = re.compile(r"(?:struct|class|enum(?: class)?) (\w+)")
NAME = re.compile(r"(\w+)\s*(\(|=|\{|;|\[)")
ALIAS = re.compile(r"using (\w+) =")
CONSTANT = re.compile(r"inline (?:constexpr|const) .*?(\w+)\s*[={;]")
NO_DEFINITION = ("using ", "TEST", "namespace ", "template", "INSTANTIATE", "TYPED_TEST")
USING = re.compile(r"^using nlohmann::(\w+);$", re.M)  # a type; many files may borrow it
APART = re.compile(r"tensor/")  # not compiled as one (src/CMakeLists.txt)
ALONE = re.compile(r"run/nccl/|slurm/|vhosts/")  # programs of their own (tests/CMakeLists.txt)


def parameters(line, at):
    """The types of a function's parameters: functions of one name and other types are others."""
    listed = line[at:].split(")")[0]
    return "(" + ",".join(re.sub(r"\s*\w+$", "", one.strip()) for one in listed.split(",")) + ")"


def names(file):
    """What the unnamed namespaces of a file define at their begin of lines."""
    found = set()
    for body in BODY.finditer(file.read_text()):
        for line in body.group(1).splitlines():
            if not line or line[0] in " \t/}#" or line.startswith(NO_DEFINITION):
                continue
            if "constexpr" in line and ";" in line:  # several in a line
                found.update(re.findall(r"(\w+)(?:\[\w*\])? = ", line))
                continue
            kind = TYPE.match(line)
            word = kind or NAME.search(line)
            if word:
                of = parameters(line, word.end()) if not kind and word.group(2) == "(" else ""
                if "::" not in line[: word.start()].split(" ")[-1]:
                    found.add(word.group(1) + of)
    return found


def compiled_as_one(root):
    """Lists of the files that compile as one."""
    together = collections.defaultdict(list)
    for file in sorted(root.rglob("*.cpp")):
        path = file.relative_to(root)
        if root.name == "tests" and file.name.endswith("_test.cpp") and not ALONE.search(path.as_posix()):
            together[path.parts[0]].append(file)
        elif root.name != "tests" and not APART.match(path.as_posix()):
            together[path.parent].append(file)
    return together.values()


def declared(header):
    """Types and constants that a header of the folder declares by themselves."""
    found = set()
    for line in header.read_text().splitlines():
        word = TYPE.match(line) or CONSTANT.match(line) or ALIAS.match(line)
        if word and not line.endswith(";") or word and "=" in line:
            found.add(word.group(1))
    return found


def clashes(files):
    first = {}
    for folder in sorted({file.parent for file in files}):
        for header in sorted(folder.glob("*.hpp")):
            first.update((name, header) for name in declared(header))
    borrowed = {name: file for file in files for name in USING.findall(file.read_text())}
    for file in files:
        for name in sorted(names(file)):
            if name.split("(")[0] in borrowed:
                yield f"{file}: {name} is another thing in {borrowed[name.split('(')[0]]}, give it another name"
            if name in first:
                yield (f"{file}: {name} stands in {first[name]}, too (the files of a folder compile as one), give it "
                       "another name or share it")
            first.setdefault(name, file)


found = [clash for root in sys.argv[1:] for files in compiled_as_one(pathlib.Path(root)) for clash in clashes(files)]
print("\n".join(found))
sys.exit(1 if found else 0)

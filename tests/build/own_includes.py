#!/usr/bin/env python3
"""Finds source files that see a declaration only through another file of their unity build, so that a preset that compiles
each file alone fails.

    own_includes.py TOP SOURCES...    every name that a .cpp of SOURCES qualifies by a folder of TOP/src (base::format) must be
                                      declared by a header of that folder that the file includes, by itself or through others;
                                      so must a constant (kBpe) of the file's own folder that the file does not define itself,
                                      and a type that is named by itself in the namespace that declares it;
                                      fmt:: needs a header that includes <fmt/...>. Exit code 1 where one is not
"""
import functools
import pathlib
import re
import sys

INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)
DECLARED = re.compile(r"^ {0,2}(?:template.*> ?)?(?:[\w:<>,&*]+ )*?[\w:<>,&* ]+?[ &*](\w+)\(|"
                      r"^(?:struct|class|enum class|using) (?:\w+::)*(\w+)|^(?:inline )?constexpr [\w:<>,* ]+? (\w+)", re.M)
CONSTANT = re.compile(r"^(?:extern const|(?:inline )?constexpr) [\w:<>,* ]+?[ *](k[A-Z]\w+)\b", re.M)
TYPE = re.compile(r"^ *(?:template *<.*> )?(?:struct|class|enum class|enum|using) (\w+)\b", re.M)
NAMESPACE = re.compile(r"^namespace lorahub::([\w:]+) \{", re.M)
top, sources = pathlib.Path(sys.argv[1]).resolve(), [pathlib.Path(each).resolve() for each in sys.argv[2:]]


@functools.cache
def code(file):
    """The text without comments and without what stands in quotation marks."""
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', re.sub(r"//.*", "", file.read_text()))


@functools.cache
def included(file):
    places = (top / "src", file.parent, top / "tests")
    found = [[place / name for place in places if (place / name).is_file()] for name in INCLUDE.findall(file.read_text())]
    return [each[0].resolve() for each in found if each]


def seen_by(file):
    seen, left = set(), [file]
    while left:
        one = left.pop()
        if one not in seen:
            seen.add(one)
            left += included(one)
    return seen


constants = {}  # headers by folder and name
for header in (top / "src").rglob("*.hpp"):
    for name in CONSTANT.findall(code(header)):
        constants.setdefault((header.parent.resolve(), name), set()).add(header.resolve())
types = {}  # headers by namespace and name
for header in (top / "src").rglob("*.hpp"):
    for space in NAMESPACE.findall(code(header)):
        for name in re.findall(r"^(?:struct|class|enum class) (\w+)(?: final)?(?: :[^:].*)? \{", code(header), re.M):
            types.setdefault((space, name), set()).add(header.resolve())
declared = {}  # headers by folder and name
for header in (top / "src").rglob("*.hpp"):
    for names in DECLARED.findall(code(header)):
        for folder in header.relative_to(top / "src").parts[:-1]:
            declared.setdefault((folder, "".join(names)), set()).add(header.resolve())
faults = []
for file in sorted(each for source in sources for each in source.rglob("*.cpp") if "build" not in each.relative_to(source).parts):
    seen = seen_by(file)
    for used in sorted(set(re.findall(r"\b(\w+)::(\w+)", code(file)))):
        if declared.get(used, seen) and not declared.get(used, seen) & seen:
            faults.append(f"{file} uses {'::'.join(used)} of {min(declared[used]).name}, which it does not include")
    for name in sorted(set(re.findall(r"(?<!:)\bk[A-Z]\w+", code(file))) - set(CONSTANT.findall(code(file)))):
        headers = constants.get((file.parent, name), seen)
        if not headers & seen and not re.search(rf"^\s*(?:static |inline |constexpr |const ).*\b{name}\b", code(file), re.M):
            faults.append(f"{file} uses {name} of {min(headers).name}, which it does not include")
    without_suites = re.sub(r"^TEST(_F|_P)?\(\w+", "", code(file), flags=re.M)
    bare = set(re.findall(r"(?<![:.>\w])[A-Z]\w+\b", without_suites))
    for space in NAMESPACE.findall(code(file)):
        for name in sorted(name for name in bare if (space, name) in types):
            if not types[space, name] & seen and not any(name in TYPE.findall(code(each)) for each in seen):
                faults.append(f"{file} uses {name} of {min(types[space, name]).name}, which it does not include")
    if "fmt::" in code(file) and not any("<fmt/" in each.read_text() for each in seen):
        faults.append(f"{file} uses fmt:: and includes no header that includes it (base/text.hpp does)")
print("\n".join(faults) or f"every file of {', '.join(map(str, sources))} includes what it names")
sys.exit(1 if faults else 0)

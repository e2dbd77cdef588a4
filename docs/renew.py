#!/usr/bin/env python3
"""Brings docs/ up to date with the program: `docs/renew.py build/dev/lorahub`.

It writes docs/reference from `--help` and `lorahub knobs`, and runs the examples of the pages: the commands of every
```console block, in a folder of the page's own that has the repository's configs/ and experiments/. With --check it
writes nothing, and fails where a page says something else than the program. Numbers, names of modules and the width of
columns may differ then: they are another processor's.

A block ```yaml title="study.yaml" is a file of that folder. A comment before a block, <!-- shown: 3 first, 2 last -->,
leaves out the middle of what its last command prints. Progress lines are always left out.
"""

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
RENEW = "docs/renew.py PROGRAM renews it"
COMMANDS = """\
This page holds what `lorahub COMMAND --help` prints. A command ends with one of these [exit
codes](../cluster.md#when-something-breaks). What went wrong is one sentence on standard error. A command that was asked for JSON
(`--json`, `--json-lines`) also prints it as the last line of standard output, with that code: `{"error": "...", "exit_code": 2}`."""
FENCE = re.compile(r"(?P<shown><!-- shown: (\d+) first, (\d+) last -->\n)?```(?P<kind>\w+)(?: title=\"(?P<file>[^\"]+)\")?\n"
                   r"(?P<body>.*?)^```$", re.M | re.S)
PROGRESS = re.compile(r"^\s*\d+ ?%")
# What another machine may print otherwise, in the order in which it is replaced.
MASKS = [(r"(?<=\| )/[^|\n]*(?=\|)", "PATH "), (r"\b[0-9a-f]{12,64}\b", "HASH"),
         (r"(?<!exit code )\b[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?([.,][0-9]+)*\b", "#"),
         (r"# (s|ms|min|h)( # (s|min))?\b", "TIME"), (r"# [kMGT]?B\b", "SIZE"), (r"[-+]#", "#"), (r"p [<=] #", "p #"),
         (r"[-─]{2,}:?", "--"), (r"[ \t]+", " ")]


def environment(program):
    home = tempfile.mkdtemp(prefix="lorahub_docs_home")
    return os.environ | {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}", "HOME": home, "COLUMNS": "100", "LC_ALL": "C.UTF-8",
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_hwloc_base_binding_policy": "none"}


def output(command, folder, env):
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    shown = done.stdout.replace(str(ROOT), "/home/you/lorahub")  # no page names the machine that wrote it
    lines = [line.rstrip() for line in shown.splitlines() if not PROGRESS.match(line)]
    if done.returncode:
        lines.append(f"(exit code {done.returncode})")
    return lines


def commands_of(body):
    """The commands of a console block; a line that ends in a backslash goes on."""
    commands, lines = [], iter(body.splitlines())
    for line in lines:
        if line.startswith("$ "):
            while line.endswith("\\"):
                line += "\n" + next(lines)
            commands.append(line[2:])
    return commands


def shortened(lines, first, last):
    return lines if len(lines) <= first + last + 1 else lines[:first] + ["..."] + lines[len(lines) - last:]


def folded(line):
    """A long line goes on in the next, as on a terminal; a row of a table or of a task stays whole."""
    if line.startswith(("|", "{")) or "   " in line:
        return [line]
    return textwrap.wrap(line, 84, break_on_hyphens=False, break_long_words=False) or [""]


def with_examples(text, env):
    """The page's text with the output of its commands as the program prints it."""
    with tempfile.TemporaryDirectory(prefix="lorahub_docs_page") as folder:
        for name in ["configs", "experiments"]:
            os.symlink(ROOT / name, Path(folder) / name)

        def renewed(fence):
            if fence["file"]:
                path = Path(folder) / fence["file"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(fence["body"])
            if fence["kind"] != "console":
                return fence[0]
            body = []
            commands = commands_of(fence["body"])
            for command in commands:
                lines = output(command, folder, env)
                if fence["shown"] and command == commands[-1]:
                    lines = shortened(lines, int(fence[2]), int(fence[3]))
                body += [f"$ {command}"] + [part for line in lines for part in folded(line)]
            return (fence["shown"] or "") + "```console\n" + "\n".join(body) + "\n```"

        return FENCE.sub(renewed, text)


def masked(text):
    names = {path.name for path in (ROOT / "configs/library/mini/r16").iterdir()} | set(re.findall(r"my_library/(\w+)", text))
    text = re.sub(r"\b(" + "|".join(sorted(names, reverse=True)) + r")\b", "MODULE", text)
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return text


def wrapped(help_text):
    """Long lines of an option's meaning go on below it."""
    lines = []
    for line in help_text.splitlines():
        indent = " " * 30 if line.startswith(" ") else ""
        lines += textwrap.wrap(line, 110, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False) or [""]
    return "\n".join(lines).strip()


def subcommands(help_text):
    part = help_text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  (\S+)", part, re.M)


def command_pages(program, env, words=()):
    text = subprocess.run([program, *words, "--help"], env=env, capture_output=True, text=True, check=True).stdout
    if words:
        yield f"{'#' * (1 + len(words))} lorahub {' '.join(words)}\n\n```text\n{wrapped(text)}\n```\n"
    for word in subcommands(text):
        yield from command_pages(program, env, [*words, word])


def reference(program, env):
    knobs = subprocess.run([program, "knobs"], env=env, capture_output=True, text=True, check=True).stdout
    made = "<!-- Made by docs/renew.py from the program. -->\n"
    return {
        "reference/commands.md":
            f"# Commands\n\n{made}\n{COMMANDS}\n\n" + "\n".join(command_pages(program, env)),
        "reference/knobs.md":
            f"# Knobs\n\n{made}\nA knob is a setting of a [study](../../experiments/README.md#writing-one). This page holds what "
            f"`lorahub knobs` prints.\n\n{knobs}"}


def differences(page, old, new):
    return "".join(difflib.unified_diff(old.splitlines(True), new.splitlines(True), f"docs/{page}", "the program"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("program", type=lambda path: Path(path).resolve())
    parser.add_argument("pages", nargs="*", help="names of guide pages, first-study.md say (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a page is not current")
    parser.add_argument("--only", choices=["reference", "examples"])
    arguments = parser.parse_args()
    env = environment(arguments.program)
    bad = []

    def settle(page, new, mask):
        path = DOCS / page
        old = path.read_text() if path.exists() else ""
        if mask(old).split() != mask(new).split():
            bad.append(differences(page, mask(old), mask(new)))
        if not arguments.check and old != new:
            path.write_text(new)

    if arguments.only != "examples":
        for page, new in reference(arguments.program, env).items():
            settle(page, new, lambda text: text)
    if arguments.only != "reference":
        for path in [DOCS / page for page in arguments.pages] or sorted(DOCS.glob("*.md")):
            settle(path.name, with_examples(path.read_text(), env), masked)
    if arguments.check and bad:
        sys.exit("\n".join(bad) + f"\nThe pages are not what the program prints; {RENEW}, then read the difference.")


if __name__ == "__main__":
    main()

"""tables_test.py REPOSITORY: tables of Markdown can be read as text: no cell is longer than 200 characters."""

import subprocess
import sys
import unittest
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(sys.argv.pop(1)).resolve()
LONGEST = 200  # characters, as they are written


def cells(markdown):
    """Line and text of each cell. A browser shows them the same, however long they are written."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    line, inside = 0, False
    for token in tokens:
        if token.type == "tr_open":
            line = token.map[0] + 1
        inside = token.type in ("th_open", "td_open") or inside and token.type not in ("th_close", "td_close")
        if inside and token.type == "inline":
            yield line, token.content


def long_cells(markdown):
    return [(line, len(text)) for line, text in cells(markdown) if len(text) > LONGEST]


class Tables(unittest.TestCase):
    def test_a_long_cell_is_found_wherever_it_stands(self):
        table = "x\n\na | b\n--- | ---\n1 | 2\n" + "3" * 200 + " | `" + "4 \\| " * 60 + "`\n"
        self.assertEqual([line for line, _ in long_cells(table)], [6])
        self.assertEqual(long_cells("- y\n\n  | a |\n  |---|\n  | " + "5" * 201 + " |\n"), [(5, 201)])
        self.assertEqual(long_cells("```\n| a |\n|---|\n| " + "6" * 300 + " |\n```\n"), [])

    def test_no_cell_of_the_repository_is_too_long(self):
        files = subprocess.check_output(["git", "ls-files", "-z", "*.md"], cwd=ROOT, text=True).split("\0")[:-1]
        self.assertGreater(len(files), 20)
        found = [f"{file}:{line}: a cell of {length} characters"
                 for file in files for line, length in long_cells((ROOT / file).read_text())]
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()

"""renew_test.py REPOSITORY: docs/renew.py writes what a program prints, and with --check finds what a page says otherwise."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(sys.argv.pop(1)).resolve()
PROGRAM = """#!/bin/sh
case "$*" in
  --help) printf 'Usage\\n\\nSubcommands:\\n  greet  say it\\n  hub    many\\n\\nExample\\n' ;;
  'hub --help') printf 'Usage: hub\\n\\nSubcommands:\\n  list  names\\n' ;;
  *--help) echo "Usage: $*" ;;
  knobs) echo '| knob |' ;;
  greet) echo ' 12% of it' >&2; echo "loss 0.25 of 1_rev after 3 s in $(cat study.yaml)" ;;
  count) seq 9 ;;
  *) echo "no $1" >&2; exit 2 ;;
esac
"""
PAGE = """# Title

```yaml title="study.yaml"
shots: 5
```

```console
$ lorahub greet
```

<!-- shown: 2 first, 1 last -->
```console
$ lorahub wrong \\
    --and long
$ lorahub count
```
"""
SHOWN = """
```console
$ lorahub greet
loss 0.25 of 1_rev after 3 s in shots: 5
```

<!-- shown: 2 first, 1 last -->
```console
$ lorahub wrong \\
    --and long
no wrong
(exit code 2)
$ lorahub count
1
2
...
9
```
"""


class Renew(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for module in ["1_rev", "2_rev"]:
            (self.root / "configs/library/mini/r16" / module).mkdir(parents=True)
        (self.root / "experiments").mkdir()
        (self.root / "docs/reference").mkdir(parents=True)
        shutil.copy(ROOT / "docs/renew.py", self.root / "docs")
        self.page = self.root / "docs/page.md"
        self.page.write_text(PAGE)
        self.program = self.root / "lorahub"
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)
        self.renew()

    def renew(self, *options):
        return subprocess.run([sys.executable, self.root / "docs/renew.py", self.program, *options], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def change(self, path, old, new):
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def test_the_output_of_commands_is_written_without_progress(self):
        self.assertTrue(self.page.read_text().endswith(SHOWN), self.page.read_text())

    def test_every_command_of_every_level_is_in_the_reference(self):
        commands = (self.root / "docs/reference/commands.md").read_text()
        for part in ["## lorahub greet\n\n```text\nUsage: greet --help\n", "## lorahub hub\n", "### lorahub hub list\n"]:
            self.assertIn(part, commands)
        self.assertIn("| knob |", (self.root / "docs/reference/knobs.md").read_text())

    def test_what_was_renewed_passes_and_is_not_written_again(self):
        before = self.page.stat().st_mtime_ns
        done = self.renew("--check")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual(self.page.stat().st_mtime_ns, before)

    def test_numbers_and_modules_of_another_machine_pass(self):
        self.change(self.program, "loss 0.25 of 1_rev after 3 s", "loss 0.26113 of 2_rev after 1 min 10 s")
        self.assertEqual(self.renew("--check").returncode, 0)

    def test_other_words_are_found_and_nothing_is_written(self):
        before = self.page.read_text()
        self.change(self.program, "loss 0.25", "objective 0.25")
        done = self.renew("--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("-loss # of MODULE", done.stdout)
        self.assertIn("+objective # of MODULE", done.stdout)
        self.assertEqual(self.page.read_text(), before)

    def test_another_exit_code_is_found(self):
        self.change(self.program, "exit 2", "exit 1")
        self.assertIn("+(exit code 1)", self.renew("--check").stdout)

    def test_a_page_that_was_written_by_hand_is_found(self):
        self.change(self.page, "in shots: 5", "in shots 5")
        self.assertEqual(self.renew("--check").returncode, 1)

    def test_another_help_is_found(self):
        self.change(self.program, "Usage: hub", "Usage: hub 2")
        done = self.renew("--check", "--only", "reference")
        self.assertEqual(done.returncode, 1)
        self.assertIn("+Usage: hub 2", done.stdout)


if __name__ == "__main__":
    unittest.main()

"""What the tests of installations share: an installed program, started without anything of this machine that could help."""
import atexit
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

MPI_OF_THE_TEST = {name: value for name, value in os.environ.items() if name.startswith(("OMPI_", "PRTE_", "PMIX_"))}
STUDY = """\
uses: {model: mini, library: mini}
set: {method: lorahub, search.budget: 10}
vary: {task: [mini/unseen/E1_isa_letter, mini/unseen/E6_desc_comma]}
"""


def output(*command, **options):
    """Standard output of a command that must succeed."""
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if ended.returncode:
        raise AssertionError(f"{command} ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")
    return ended.stdout


def run_path(program):
    """The folders in which the loader looks for the program's libraries first."""
    return re.search(r"\(RPATH\).*\[(.*)\]", output("readelf", "-d", program))[1].split(":")


def temporary():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lorahub_installed_"))
    atexit.register(shutil.rmtree, folder)
    return folder


class Installation(unittest.TestCase):
    """A fresh folder; `prefix` in it is where something is installed, `empty` is where it is started."""

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="lorahub_installed_"))
        self.addCleanup(shutil.rmtree, self.work)
        self.prefix, self.empty, self.home = (self.work / name for name in ("prefix", "empty", "home"))
        self.empty.mkdir()
        self.home.mkdir()

    def started(self, *command, **variables):
        """Standard output of the command, in an empty folder, with these variables and HOME alone."""
        return output(*command, cwd=self.empty, env={"HOME": str(self.home), **variables})

    def check_program(self, *program, **variables):
        """The program says its version, finds its knobs, and adapts by the pieces that came with it."""
        self.assertRegex(self.started(*program, "--version", **variables), r"^lorahub \d+\.\d+\.\d+ \(commit ")
        self.assertIn("search.budget", self.started(*program, "knobs", **variables))
        said = self.started(*program, "adapt", "--model", "mini", "--library", "mini", "--task", "mini/unseen/E6_desc_comma",
                            "--set", "search.budget=10", "--out", "adapted", "--force", "--json", "--quiet", **variables)
        adapted = json.loads(said.splitlines()[-1])
        self.assertLess(adapted["loss"], 0.9 * adapted["zero_loss"])
        self.assertGreater((self.empty / "adapted/adapter_model.safetensors").stat().st_size, 10000)

    def check_ranks(self, *command, path, **variables):
        """Two ranks of mpirun run a study of two trials. Returns what they recorded of their surroundings."""
        (self.empty / "study.yaml").write_text(STUDY)
        self.started(*command, "run", "study.yaml", "--out", "results", PATH=path, **{**MPI_OF_THE_TEST, **variables})
        records = [json.loads(line)["record"] for line in (self.empty / "results/journal.ndj").read_text().splitlines()]
        self.assertEqual(records[0]["environment"]["ranks"], "2")
        self.assertEqual(len(records[0]["planned"]), 2)
        return records[0]["environment"]

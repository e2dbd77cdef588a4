"""`cmake --install`: a program that starts in any folder and has its pieces, manual pages, completions and licence.

usage: program_test.py SOURCE BUILD
"""
import os
import pathlib
import stat
import sys
import unittest

from installed import Installation, output

SOURCE, BUILD = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))
SHARED = ["man/man1/lorahub.1", "man/man1/lorahub-hub-add.1", "bash-completion/completions/lorahub",
          "zsh/site-functions/_lorahub", "fish/vendor_completions.d/lorahub.fish", "doc/lorahub/copyright",
          "lorahub/configs/study.schema.json", "lorahub/configs/search/recommended.yaml", "lorahub/configs/train",
          "lorahub/experiments/quickstart.yaml", "lorahub/slurm/serve.sbatch", "lorahub/slurm/lorahub.service"]


class Program(Installation):
    def setUp(self):
        super().setUp()
        for component in ("program", "data", "manual"):
            output("cmake", "--install", BUILD, "--prefix", self.prefix, "--component", component)

    def test_starts_in_an_empty_folder_without_variables(self):
        self.check_program(self.prefix / "bin/lorahub")

    def test_ranks_run_a_study_of_installed_pieces(self):
        self.check_ranks("mpirun", "-np", "2", self.prefix / "bin/lorahub", path="/usr/bin:/bin")

    def test_runs_an_installed_study_by_its_path(self):
        plan = self.started(self.prefix / "bin/lorahub", "plan", self.prefix / "share/lorahub/experiments/quickstart.yaml")
        self.assertIn("40 trials", plan)
        self.assertNotIn("missing here", plan)

    def test_has_its_pages_completions_scripts_and_licence(self):
        for shared in SHARED:
            self.assertTrue((self.prefix / "share" / shared).exists(), shared)

    def test_takes_a_library_that_lies_in_its_own_folder_first(self):
        """A torch folder at lib/lorahub of the prefix wins over the one of the build."""
        private = self.prefix / "lib/lorahub"
        private.mkdir(parents=True)
        (private / "libfmt.so.9").write_text("no library")
        with self.assertRaisesRegex(AssertionError, "lib/lorahub/libfmt.so.9"):
            self.started(self.prefix / "bin/lorahub", "--version")


class WithoutLibTorch(Installation):
    def test_the_error_names_scripts_setup(self):
        python = self.empty / "python3"  # one without torch
        python.write_text("#!/bin/sh\nexit 1\n")
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
        script = self.work / "find.cmake"
        script.write_text(f"list(PREPEND CMAKE_MODULE_PATH {SOURCE}/src/cmake)\nfind_package(LibTorch 2.6 REQUIRED)\n")
        environment = {"HOME": str(self.home), "PATH": f"{self.empty}:{os.environ['PATH']}"}
        with self.assertRaisesRegex(AssertionError, "(?s)LibTorch.*scripts/setup"):
            output("cmake", "-P", script, env=environment)


if __name__ == "__main__":
    unittest.main()

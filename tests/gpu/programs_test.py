"""Each program of the tests that names a GPU is built by the preset `cuda`, packed by bundle.sh and run by check.sh.

usage: programs_test.py SOURCE
"""
import json
import pathlib
import re
import sys
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1))
TESTS = SOURCE / "tests"


def programs():
    """tensor_test and others: those of the folders whose tests have on_a_gpu in their names."""
    named = re.compile(r"^TEST(_[FP])?\(\w+, on_a_gpu_", re.M)
    return {file.relative_to(TESTS).parts[0] + "_test" for file in TESTS.rglob("*_test.cpp") if named.search(file.read_text())}


class Programs(unittest.TestCase):
    def test_there_are_some(self):
        self.assertLessEqual({"tensor_test", "model_test"}, programs())

    def test_are_built(self):
        presets = json.loads((SOURCE / "CMakePresets.json").read_text())["buildPresets"]
        built = next(preset["targets"] for preset in presets if preset["name"] == "cuda")
        self.assertEqual(set(built), programs() | {"lorahub"})

    def test_are_packed(self):
        packed = re.search(r'"\$build"/tests/\{([\w,]+)\}_test', (TESTS / "gpu/bundle.sh").read_text())[1]
        self.assertEqual({word + "_test" for word in packed.split(",")}, programs())

    def test_run(self):
        run = re.findall(r"\$work/bin/(\w+_test)\" --gtest_filter='[^']*on_a_gpu", (TESTS / "gpu/check.sh").read_text())
        self.assertEqual(set(run), programs())

    def test_are_in_the_documented_command(self):
        said = re.search(r"for folder in ([\w ]+); do build/cuda/tests/", (TESTS / "bench/README.md").read_text())[1]
        self.assertEqual({word + "_test" for word in said.split()}, programs())


if __name__ == "__main__":
    unittest.main()

"""scripts/release: the same sources give the same bytes, the bill of materials fits its standard and the program, and the versions
of all files agree.

usage: release_test.py SOURCE BUILD DEPS
"""
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import unittest

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from installed import output, temporary

SOURCE, BUILD, DEPS = (pathlib.Path(sys.argv.pop(1)) for _ in range(3))
VERSION = re.search(r"project\(lorahub VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text())[1]


def release(*parts):
    folder = temporary()
    output("env", f"BUILD={BUILD}", f"LORAHUB_DEPS={DEPS}", SOURCE / "scripts/release", folder, *parts)
    return folder


class Sources(unittest.TestCase):
    def test_are_the_same_bytes_twice_and_those_of_the_commit(self):
        first, second = (release("source") / f"lorahub-{VERSION}.tar.gz" for _ in range(2))
        self.assertEqual(first.read_bytes(), second.read_bytes())
        listed = output("git", "-C", SOURCE, "ls-tree", "-r", "--name-only", "-z", "HEAD").split("\0")[:-1]
        with tarfile.open(first) as archive:
            members = archive.getmembers()
        self.assertEqual({member.name.removeprefix(f"lorahub-{VERSION}/") for member in members if not member.isdir()}, set(listed))
        self.assertEqual({(member.uid, member.gid) for member in members}, {(0, 0)})
        self.assertEqual(len({member.mtime for member in members}), 1)

    def test_sums_are_of_the_files(self):
        folder = release("source")
        self.assertIn(": OK", output("sha256sum", "-c", "SHA256SUMS", cwd=folder))
        self.assertEqual(len((folder / "SHA256SUMS").read_text().splitlines()), 1)

    def test_an_unknown_part_is_refused(self):
        ended = subprocess.run([SOURCE / "scripts/release", temporary(), "tarball"], stderr=subprocess.PIPE, text=True)
        self.assertEqual(ended.returncode, 2)
        self.assertIn("'tarball'", ended.stderr)

    def test_versions_agree(self):
        for file, pattern in (("pyproject.toml", r'^version = "(.*)"'), ("python/lorahub/__init__.py", r'^__version__ = "(.*)"'),
                              ("CITATION.cff", r"^version: (.*)"), ("CHANGELOG.md", r"^## (\S+)"),
                              ("src/store/provenance.cpp", r'^#define LORAHUB_VERSION "(.*)"')):
            self.assertEqual(re.search(pattern, (SOURCE / file).read_text(), re.M)[1], VERSION, file)
        torch = re.search(r"\btorch=(\d+\.\d+)", (SOURCE / "scripts/setup").read_text())[1]
        self.assertIn(f'"torch=={torch}.*"', (SOURCE / "pyproject.toml").read_text())


class Gpu(unittest.TestCase):
    def test_what_the_check_takes_is_packed_with_its_libraries(self):
        """Of a build for CPUs here, which does for a rehearsal."""
        with tarfile.open(release("gpu") / f"lorahub-{VERSION}-gpu-check.tar.xz") as archive:
            names = {name.removeprefix("./") for name in archive.getnames()}
        self.assertLessEqual({"bin/lorahub", "bin/tensor_test", "bin/model_test", "bin/train_test", "bin/run_test", "commit", "source_dir"}, names)
        self.assertTrue(any(name.startswith("lib/libhdf5_serial.so") for name in names))
        self.assertFalse([name for name in names if "libtorch" in name or "libc.so" in name])


class BillOfMaterials(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.texts = [(release("sbom") / f"lorahub-{VERSION}.cdx.json").read_text() for _ in range(2)]
        cls.bill = json.loads(cls.texts[0])
        cls.components = {component["name"]: component for component in cls.bill["components"]}

    def test_fits_cyclonedx(self):
        validator = JsonStrictValidator(SchemaVersion.V1_6)
        self.assertIsNone(validator.validate_str(self.texts[0]))
        self.assertIsNotNone(validator.validate_str(self.texts[0].replace('"library"', '"book"', 1)))

    def test_is_the_same_twice(self):
        self.assertEqual(*self.texts)

    def test_each_component_has_a_licence_and_a_version(self):
        self.assertGreater(len(self.components), 20)
        for name, component in self.components.items():
            self.assertTrue(component["licenses"], name)
            if name != "huggingface_hub":
                self.assertTrue(component["version"], name)

    def test_lists_what_the_program_is_linked_to(self):
        """By the names in the program's dynamic section: Debian's package of such a library begins with the library's name."""
        needed = re.findall(r"NEEDED.*\[(.*)\]", output("readelf", "-d", BUILD / "lorahub"))
        self.assertGreater(len(needed), 10)
        other_names = {"libhdf5_serial": "libhdf5-103-1", "libmpi": "libopenmpi3", "libcrypto": "libssl3", "libz": "zlib1g",
                       "libm": "libc6", "libc": "libc6", "libgcc_s": "libgcc-s1", "libtorch_cpu": "torch", "libc10": "torch",
                       "libsentencepiece_train": "libsentencepiece0"}
        for library in needed:
            stem = library.split(".so")[0]
            names = [name for name in self.components if name == other_names.get(stem) or name.startswith(stem)]
            self.assertTrue(names, library)

    def test_versions_are_those_of_the_installed_packages(self):
        for name in ("libhdf5-103-1", "libopenmpi3", "nlohmann-json3-dev", "libcli11-dev"):
            self.assertEqual(self.components[name]["version"], output("dpkg-query", "-W", "-f", "${Version}", name))
        said = output(BUILD / "lorahub", "--version")
        self.assertIn(f"libtorch  {self.components['torch']['version']}\n", said)


if __name__ == "__main__":
    unittest.main()

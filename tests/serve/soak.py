"""Many short jobs of several clients while the service is killed again and again: none is lost, and each has the bits that it has alone.

    soak.py PROGRAM CONFIGS WORK [JOBS [CLIENTS [KILLS]]]
"""
import hashlib, http.client, os, shutil, signal, sys, threading, time
from pathlib import Path

from running_service import Service

program, configs, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), Path(sys.argv[3])
jobs, clients, kills = (int(word) for word in (sys.argv[4:] + ["1000", "8", "20"][len(sys.argv) - 4:]))
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
Service.usual = {"examples": [{"input": "which one is a : animal options: (A) lamp (B) fox", "target": "(B)"}],
                 "modules": 3, "search": "official", "budget": 8}
SEEDS = 20  # that repeat, so that equal jobs can be compared
tokens = {name: hashlib.sha256(name.encode()).hexdigest() for name in ["admin"] + [f"client{i}" for i in range(clients)]}
(work / "tokens").write_text("".join(f"{name}:{token}\n" for name, token in tokens.items()))


def start(port="0"):
    return Service(program, configs, work / "data", "--token-file", str(work / "tokens"), "--max-queue", "2000")


class Client(threading.Thread):
    """Asks for jobs by ids of its own, again after a lost connection, until all have ended."""

    def __init__(self, number):
        super().__init__()
        self.token, self.ids, self.found = tokens[f"client{number}"], {}, {}
        for i in range(number, jobs, clients):
            self.ids[f"job-{i}"] = i % SEEDS

    def ask(self, *words, **more):
        while True:
            service = current[0]
            other = object.__new__(Service)
            other.port, other.token = service.port, self.token
            try:
                return other.ask(*words, **more)
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)

    def run(self):
        for job, seed in self.ids.items():
            status, reply = self.ask("PUT", f"/predictions/{job}", {"input": Service.usual | {"seed": seed}}, Prefer="respond-async")
            assert status in (200, 202), (status, reply)
        for job in self.ids:
            while not (now := self.ask("GET", f"/predictions/{job}")[1])["completed_at"]:
                time.sleep(0.5)
            self.found[job] = now


class Watcher(threading.Thread):
    """How long the service takes to say that it lives, and to list: its own clock, in milliseconds. A killed one is not waited for."""

    paths = ("/health-check", "/api/libraries/mini/modules", "/predictions")

    def __init__(self):
        super().__init__(daemon=True)
        self.took = {path: [] for path in self.paths}

    def run(self):
        while True:
            for path in self.paths:
                began, service = time.perf_counter(), current[0]
                try:
                    assert service.ask("GET", path)[0] == 200
                    self.took[path].append(1000 * (time.perf_counter() - began))
                except (OSError, http.client.HTTPException):
                    pass
            time.sleep(0.1)

    def said(self):
        for path, took in self.took.items():
            took.sort()
            yield f"{path}: {len(took)} requests, p50 {took[len(took) // 2]:.1f} ms, p99 {took[len(took) * 99 // 100]:.1f} ms, most {took[-1]:.1f} ms"


def resident():
    return int(Path(f"/proc/{current[0].process.pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


current = [start()]
watcher = Watcher()
watcher.start()
threads = [Client(i) for i in range(clients)]
begin = time.time()
for thread in threads:
    thread.start()
killed = 0
while any(thread.is_alive() for thread in threads):
    time.sleep(max(2.0, 0.02 * jobs / max(1, kills)))
    if killed < kills:
        current[0].process.send_signal(signal.SIGKILL)
        current[0].process.wait()
        current[0].process.stdout.close()
        current[0] = start()
        killed += 1
for thread in threads:
    thread.join()
weights = {}
for thread in threads:
    assert len(thread.found) == len(thread.ids)
    for job, now in thread.found.items():
        assert now["status"] == "succeeded", now
        weights.setdefault(thread.ids[job], set()).add(
            hashlib.sha256((work / "data/jobs" / job / "adapter/adapter_model.safetensors").read_bytes()).hexdigest())
assert all(len(one) == 1 for one in weights.values()), weights
print(f"{jobs} jobs of {clients} clients, {killed} kills: {time.time() - begin:.0f} s, resident {resident():.0f} MiB", *watcher.said(), sep="\n")
assert current[0].end() == 75

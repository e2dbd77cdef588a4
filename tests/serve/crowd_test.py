"""All that clients do, at once, and a signal or a kill in the middle of it: the service neither crashes nor loses its way. Under a
sanitizer (CONTRIBUTING.md) it looks for what threads do to each other.

    crowd_test.py PROGRAM CONFIGS WORK [ROUNDS [SECONDS]]
"""
import base64, collections, http.client, json, os, random, shutil, signal, sys, threading, time
from pathlib import Path

from running_service import Service

program, configs, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), Path(sys.argv[3]).absolute()
rounds, seconds = (int(word) for word in (sys.argv[4:] + ["3", "3"][len(sys.argv) - 4:]))
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
MINI, SHELF = Path(configs) / "library/mini/r4", work / "shelf"
for name in ("add_roman", "find_letter"):
    shutil.copytree(MINI / name, SHELF / name)
ROWS = [{"input": f"which one is a : animal options: (A) {a} (B) {b}", "target": t} for a, b, t in [("lamp", "fox", "(B)"), ("goat", "tram", "(A)")]]
ADAPT = {"examples": ROWS, "modules": 2, "search": "official", "budget": 8}
COMMIT = "".join(json.dumps(line) + "\n" for line in [{"key": "header", "value": {"summary": "s"}}] + [
    {"key": "file", "value": {"content": base64.b64encode(file.read_bytes()).decode(), "path": file.name, "encoding": "base64"}}
    for file in (MINI / "copy_comma").iterdir()])


class Client(threading.Thread):
    """Does one thing after another, by chance, until it is stopped or the service is gone."""

    def __init__(self, service, seed):
        super().__init__()
        self.service, self.dice, self.jobs = service, random.Random(seed), ["none"]
        self.stops, self.faults, self.codes = threading.Event(), [], collections.Counter()

    def ask(self, *words, **more):
        status, reply = self.service.ask(*words, **more)
        self.codes[status] += 1
        if status >= 500:
            self.faults.append((words[:2], status, reply))
        if words[0] in ("PUT", "POST") and status == 202:
            self.jobs.append(reply["id"])

    def act(self):
        job, module = self.dice.choice(self.jobs), f"module{self.dice.randrange(3)}"
        repository = {"name": module, "organization": "commons"}
        later = {"Prefer": "respond-async"}
        self.dice.choice([
            lambda: self.ask("PUT", f"/predictions/job{self.dice.randrange(100)}",
                             {"input": ADAPT | {"budget": self.dice.choice([8, 400])}}, **later),
            lambda: self.ask("POST", "/predictions", {"input": {"probe": "all", "examples": ROWS}}, **later),
            lambda: self.ask("POST", "/predictions", {"input": {"prompts": ["a b c"] * 12, "max_tokens": self.dice.choice([5, 300]),
                                                                "weights": {"find_letter": 2}}}, **later),
            lambda: self.ask("POST", "/v1/predictions", {"version": "lorahub/adapt", "input": ADAPT}, Prefer="wait=1"),
            lambda: self.ask("POST", f"/predictions/{job}/cancel"),
            lambda: self.ask("DELETE", f"/predictions/{job}"),
            lambda: self.ask("POST", f"/predictions/{job}/publish", {"name": f"made{self.dice.randrange(5)}", "library": "commons"}),
            lambda: self.ask("POST", "/api/estimate", {"input": ADAPT}),
            lambda: self.ask("POST", "/api/repos/create", repository),
            lambda: self.ask("POST", f"/api/models/commons/{module}/commit/main", COMMIT, Content_Type="application/x-ndjson"),
            lambda: self.ask("DELETE", "/api/repos/delete", repository),
            lambda: [self.ask("GET", path) for path in ("/predictions", "/metrics", "/health-check", "/api/models?author=commons")],
            lambda: [self.ask("GET", f"/api/libraries/commons/{what}") for what in ("modules", "similarity")],
            lambda: [self.ask("GET", path) for path in (f"/predictions/{job}/files/adapter.zip",
                                                        f"/commons/{module}/resolve/main/adapter_model.safetensors")],
            lambda: self.look_on(job),
        ])()

    def look_on(self, job):
        """At a job's events, for a moment."""
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)
        connection.request("GET", f"/predictions/{job}/events", headers={"Authorization": f"Bearer {self.service.token}"})
        connection.getresponse().read(self.dice.choice([1, 300]))
        connection.close()

    def run(self):
        while not self.stops.is_set():
            try:
                self.act()
            except (OSError, http.client.HTTPException) as error:
                if not self.stops.is_set():
                    self.faults.append(error)


for number in range(rounds):
    service = Service(program, configs, work / "data", "--library", f"commons={SHELF}", "--open-library", "commons", "--model", "mini",
                      "--slice", "1", "--max-queue", "40")
    crowd = [Client(service, 10 * number + i) for i in range(6)]
    for client in crowd:
        client.start()
    time.sleep(seconds)
    assert service.process.poll() is None
    for client in crowd:
        client.stops.set()  # who may be in the middle of something
    ended = service.end(signal.SIGKILL if number == 1 else signal.SIGTERM)
    for client in crowd:
        client.join()
    codes = sum((client.codes for client in crowd), collections.Counter())
    faults = sum((client.faults for client in crowd), [])
    said = (work / "data.stderr").read_text()
    assert ended == (-signal.SIGKILL if number == 1 else 75) and not faults and "Sanitizer" not in said, (ended, faults, said)
    assert codes[202] > 3 and codes[200] > 30, codes
    print(f"round {number}: {dict(sorted(codes.items()))}", flush=True)
service = Service(program, configs, work / "data", "--library", f"commons={SHELF}", "--open-library", "commons", "--model", "mini")
for job in service.ask("GET", "/predictions")[1]["results"]:
    service.ask("POST", f"/predictions/{job['id']}/cancel")
for job in service.ask("GET", "/predictions")[1]["results"]:
    assert service.wait(job["id"])["status"] in ("succeeded", "failed", "canceled"), job
assert service.wait(service.start(**ADAPT))["status"] == "succeeded"
assert service.end() == 75

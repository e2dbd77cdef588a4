"""`lorahub serve` as its tests start it and ask it."""
import http.client, json, os, re, signal, subprocess, time
from pathlib import Path

os.environ |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}  # a service of this machine is asked directly


def until(condition, seconds=120):
    """What the condition gives once it holds; it is looked at again and again."""
    end = time.time() + seconds
    while not (found := condition()):
        assert time.time() < end, "it did not come to that"
        time.sleep(0.02)
    return found


class Service:
    """One started program; `ranks`: by mpirun."""

    usual = {}  # the input of start(), but for its changes

    def __init__(self, program, configs, data, *options, ranks=1):
        words = [program, "serve", "--data", str(data), "--port", "0", "--threads", "1", *options]
        if ranks > 1:
            words = ["mpirun", "-np", str(ranks), *words]
        errors = Path(data).with_suffix(".stderr")
        with open(errors, "a") as log:
            self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True,
                                            env=os.environ | {"LORAHUB_CONFIGS": configs})
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/(?:#token=(\w+))?", line)
        assert found, f"no address in {line!r}; {errors.read_text()}"
        self.url = found[0]
        self.port, self.token = int(found[1]), found[2]

    def ask(self, method, path, body=None, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        headers |= {name.replace("_", "-"): value for name, value in fields.items()}
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        data = reply.read()
        if reply.getheader("Content-Type", "").endswith("json"):
            data = json.loads(data)
        return reply.status, data

    def start(self, **changes):
        status, job = self.ask("POST", "/predictions", {"input": self.usual | changes},
                               Prefer="respond-async")
        assert status == 202 and job["status"] in ("starting", "processing"), (status, job)
        return job["id"]

    def wait(self, job):
        while True:
            status, now = self.ask("GET", f"/predictions/{job}")
            assert status == 200, now
            if now["completed_at"]:
                return now
            time.sleep(0.1)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(120)
        self.process.stdout.close()
        return code

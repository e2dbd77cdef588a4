"""What a service loses while it works: ranks, the folders that it reads, connections of clients in the middle of a file.

    losses_test.py PROGRAM CONFIGS WORK [TEST...]
"""
import hashlib, json, os, shutil, signal, socket, subprocess, sys, threading, time
from pathlib import Path

from running_service import Service, until

program, configs, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), Path(sys.argv[3]).absolute()
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
environment = dict(os.environ, LORAHUB_CONFIGS=configs)
MINI = Path(configs) / "library/mini/r16"
EXAMPLES = [{"input": f"which one is a : animal options: (A) {a} (B) {b}", "target": t}
            for a, b, t in [("lamp", "fox", "(B)"), ("goat", "tram", "(A)"), ("spoon", "rat", "(B)")]]
Service.usual = {"examples": EXAMPLES, "modules": 6, "search": "official", "budget": 24, "seed": 3}
LONG = {"modules": "all", "budget": 1200}


def adapter_of(service, job):
    status, data = service.ask("GET", f"/predictions/{job}/files/adapter_model.safetensors")
    assert status == 200
    return data


def by_command_line(job):
    """The adapter that the command line of the prediction gives, on one rank."""
    folder = work / "command" / job["id"]
    folder.mkdir(parents=True)
    (folder / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in job["input"]["examples"]))
    subprocess.run(job["command"].replace("lorahub", program, 1) + " --threads 1", shell=True, check=True, cwd=folder,
                   env=environment, capture_output=True)
    return (folder / "adapter/adapter_model.safetensors").read_bytes()


def ranks_of(service):
    """The processes of the program under mpirun; the coordinator, which listens, is the first."""
    parent = service.process.pid
    return sorted(int(one) for one in Path(f"/proc/{parent}/task/{parent}/children").read_text().split())


def course_of(service, job):
    return service.ask("GET", f"/predictions/{job}")[1]["course"]


def ranks():
    """Four ranks: the bits of one, also where a rank, and then all of them, are killed in the middle."""
    service = Service(program, configs, work / "ranks", ranks=4)
    assert service.ask("GET", "/api/service")[1]["ranks"] == 4
    short = service.wait(service.start())
    assert short["status"] == "succeeded" and adapter_of(service, short["id"]) == by_command_line(short), short
    long, waiting = service.start(**LONG), service.start(seed=4)
    until(lambda: course_of(service, long))
    processes = ranks_of(service)
    assert len(processes) == 4, processes
    os.kill(processes[2], signal.SIGKILL)
    assert service.process.wait(120) != 0
    service.process.stdout.close()
    until(lambda: not any(Path(f"/proc/{one}").exists() for one in processes), 30)
    service = Service(program, configs, work / "ranks", ranks=4)
    reached = len(until(lambda: course_of(service, long)))
    until(lambda: len(course_of(service, long)) > reached)
    processes = ranks_of(service)
    for one in processes + [service.process.pid]:
        os.kill(one, signal.SIGKILL)
    service.process.wait()
    service.process.stdout.close()
    service = Service(program, configs, work / "ranks", ranks=4)
    done = service.wait(long)
    assert done["status"] == "succeeded" and adapter_of(service, long) == by_command_line(done), done
    evaluations = [evaluation for evaluation, _ in done["course"]]
    assert evaluations == sorted(set(evaluations)) and evaluations[-1] == LONG["budget"], evaluations
    assert service.wait(waiting)["status"] == "succeeded"
    service.end()  # with mpirun's own code


def folders():
    """A model or a library that is gone fails its job by one sentence that does not say where it lay; others are computed."""
    places = {"second": work / "gone/second", "other": work / "gone/other"}
    sources = {"second": Path(configs) / "model/mini", "other": MINI}
    for name, place in places.items():
        shutil.copytree(sources[name], place)
    service = Service(program, configs, work / "folders", "--model", "mini", "--library", "mini",
                      "--model", f"second={places['second']}", "--library", f"other={places['other']}")
    mini = {"model": "mini", "library": "mini"}

    def wait_for_failure(job, words):
        ended = service.wait(job)
        assert ended["status"] == "failed" and ended["error"].startswith(words), ended
        assert str(work) not in ended["error"] and "\n" not in ended["error"] and " --" not in ended["error"], ended

    running = service.start(**mini | LONG)
    lost = {"other": service.start(**mini | {"library": "other"}), "second": service.start(**mini | {"model": "second"})}
    probe = service.ask("POST", "/predictions", {"input": mini | {"library": "other", "probe": "all", "examples": EXAMPLES}},
                        Prefer="respond-async")[1]["id"]
    good = service.start(**mini, seed=5)
    until(lambda: course_of(service, running))
    for place in places.values():
        shutil.rmtree(place)
    assert service.ask("POST", f"/predictions/{running}/cancel")[0] == 200
    wait_for_failure(lost["other"], "The service can't read its library 'other' any more")
    wait_for_failure(lost["second"], "The service can't read its model 'second' any more")
    wait_for_failure(probe, "The service can't read its library 'other' any more")
    assert service.wait(good)["status"] == "succeeded"
    # While its modules are searched: what was read by then may do.
    for name, place in places.items():
        shutil.copytree(sources[name], place)
        search = service.start(**mini | LONG | {"model": "second", "library": "other"})
        until(lambda: course_of(service, search) or service.ask("GET", f"/predictions/{search}")[1]["completed_at"])
        shutil.rmtree(place)
        ended = service.wait(search)
        assert ended["status"] == "succeeded" or str(work) not in ended["error"], ended
    # The job's own folder.
    search = service.start(**mini | LONG)
    until(lambda: course_of(service, search))
    shutil.rmtree(work / "folders/jobs" / search)
    wait_for_failure(search, "The files of the job are gone")
    assert service.wait(service.start(**mini, seed=6))["status"] == "succeeded"
    assert service.end() == 75


class CuttingProxy:
    """Passes connections on, and ends the first `cuts` that carry a large file after `size` bytes of it."""

    def __init__(self, port, cuts, size):
        self.port, self.cuts, self.size, self.ranges = port, cuts, size, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        service = socket.create_connection(("127.0.0.1", self.port))
        threading.Thread(target=self.pass_requests, args=(client, service), daemon=True).start()
        sent = 0
        while data := service.recv(8192):
            sent += len(data)
            if sent > self.size and self.cuts > 0:
                self.cuts -= 1
                client.sendall(data[:-(sent - self.size)] if sent - self.size < len(data) else b"")
                break
            client.sendall(data)
        for one in (client, service):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def pass_requests(self, client, service):
        try:
            while data := client.recv(8192):
                self.ranges += [line for line in data.decode("latin-1").split("\r\n")
                                if line.lower().startswith("range: bytes=") and not line.lower().endswith("=0-")]
                service.sendall(data)
        except OSError:
            pass


def downloads():
    """A file whose download is cut goes on where it was, by Hugging Face's client and by curl."""
    service = Service(program, configs, work / "downloads")
    weights = "/mini/find_letter/resolve/main/adapter_model.safetensors"
    status, whole = service.ask("GET", weights)
    assert status == 200 and len(whole) > 100_000
    proxy = CuttingProxy(service.port, cuts=2, size=50_000)
    version = os.environ.get("HUB_VERSION", "")  # "": whichever is there
    fetch = ("import huggingface_hub as hub; from huggingface_hub import constants; constants.DOWNLOAD_CHUNK_SIZE = 10_000; "
             f"assert hub.__version__.startswith({version!r}), hub.__version__; "
             "print(hub.hf_hub_download('mini/find_letter', 'adapter_model.safetensors'))")
    for attempt in range(3):  # some versions of the client go on by themselves, others when they are asked again
        ended = subprocess.run([sys.executable, "-c", fetch], capture_output=True, text=True, env=environment | {
            "HF_ENDPOINT": proxy.url, "HF_TOKEN": service.token, "HF_HOME": str(work / "hf")})
        if ended.returncode == 0:
            break
    assert ended.returncode == 0, ended.stderr
    assert Path(ended.stdout.split()[-1]).read_bytes() == whole
    assert proxy.cuts == 0 and len(proxy.ranges) == 2, proxy.ranges
    job = service.start()
    assert service.wait(job)["status"] == "succeeded"
    for path in (weights, f"/predictions/{job}/files/adapter_model.safetensors", f"/predictions/{job}/files/adapter.zip"):
        proxy = CuttingProxy(service.port, cuts=1, size=50_000)
        file = work / "part"
        file.unlink(missing_ok=True)
        codes = [subprocess.run(["curl", "-s", "-C", "-", "-o", file, "-H", f"Authorization: Bearer {service.token}", proxy.url + path],
                                env=environment).returncode for _ in range(2)]
        assert codes == [18, 0] and len(proxy.ranges) == 1, (codes, proxy.ranges)  # 18: a part of the file
        assert file.read_bytes() == service.ask("GET", path)[1], path
    assert service.end() == 75


for test in (ranks, folders, downloads):
    if not sys.argv[4:] or test.__name__ in sys.argv[4:]:
        begin = time.time()
        test()
        print(f"{test.__name__}: {time.time() - begin:.1f} s", flush=True)

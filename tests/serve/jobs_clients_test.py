"""Jobs of the service from outside: answers between generations, turns of several users, webhooks, studies.

    jobs_clients_test.py PROGRAM CONFIGS WORK [TEST...]
"""
import hashlib, http.server, json, os, shutil, ssl, subprocess, sys, threading, time
from pathlib import Path

from running_service import Service, until

program, configs, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), Path(sys.argv[3])
work.mkdir(parents=True, exist_ok=True)
environment = dict(os.environ, LORAHUB_CONFIGS=configs)
EXAMPLES = [{"input": f"which one is a : animal options: (A) {a} (B) {b}", "target": t}
            for a, b, t in [("lamp", "fox", "(B)"), ("goat", "tram", "(A)"), ("spoon", "rat", "(B)")]]
PROMPTS = [row["input"] for row in EXAMPLES] + ["put in falling order = 14 62 8", "a line\nand another one"]
SHORT = {"examples": EXAMPLES, "modules": 4, "search": "official", "budget": 12, "seed": 3}
LONG = {"search": "official", "modules": "all", "budget": 1200}
Service.usual = SHORT


def service_at(name, *options, **more):
    shutil.rmtree(work / name, ignore_errors=True)
    return Service(program, configs, work / name, *options, **more)


def adapter_of(service, job):
    status, data = service.ask("GET", f"/predictions/{job}/files/adapter_model.safetensors")
    assert status == 200, data
    return data


def by_command_line(job):
    """The bytes of the adapter that the command line of the prediction gives."""
    folder = work / "command" / job["id"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in job["input"]["examples"]))
    subprocess.run(job["command"].replace("lorahub", program, 1) + " --threads 1", shell=True, check=True,
                   cwd=folder, env=environment, capture_output=True)
    return (folder / "adapter/adapter_model.safetensors").read_bytes()


def course_of(service, job):
    return service.ask("GET", f"/predictions/{job}")[1]["course"]


def answers(service, **more):
    status, done = service.ask("POST", "/predictions", {"input": {"prompts": PROMPTS, "max_tokens": 20} | more})
    assert status == 200 and done["status"] == "succeeded", done
    assert done["model"] == "lorahub/infer", done
    return done


def inferred(done, adapter=None, weights=None):
    """The answers that the command line of the prediction gives, beside these files."""
    folder = work / "infer" / done["id"]
    folder.mkdir(parents=True)
    (folder / "prompts.jsonl").write_text("".join(json.dumps({"input": one}) + "\n" for one in done["input"]["prompts"]))
    if adapter:
        shutil.copytree(adapter, folder / "adapter")
    (folder / "weights.json").write_text(json.dumps(weights))
    command = done["command"].replace("lorahub", program, 1).replace("--adapter mini/", f"--adapter {configs}/library/mini/r16/")
    ended = subprocess.run(command + " --threads 1", shell=True, cwd=folder, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, (command, ended.stderr)
    return json.loads(ended.stdout)["answers"]


def try_out():
    """By base, job, module and weights the answers of `lorahub infer`, byte for byte; and during a search, too."""
    service = service_at("tryout")
    job = service.start(budget=40)
    assert service.wait(job)["status"] == "succeeded"
    folder = work / "tryout/jobs" / job / "adapter"
    shutil.rmtree(work / "infer", ignore_errors=True)
    base = answers(service)
    assert base["output"]["answers"] == inferred(base), base
    adapted = answers(service, job=job)
    assert adapted["output"]["answers"] == inferred(adapted, adapter=folder), adapted
    assert adapted["output"] != base["output"], base
    module = answers(service, module="find_letter")
    assert module["output"]["answers"] == inferred(module), module
    weights = answers(service, weights={"find_letter": 0.75, "add_roman": -0.5})
    assert weights["output"]["answers"] == inferred(weights, weights=[[-0.5, 0.75]]), weights
    merge = answers(service, weights={"find_letter": 0.75, "add_roman": -0.5}, composition="ties")
    assert merge["output"]["answers"] == inferred(merge, weights=[[-0.5, 0.75]]), merge
    assert merge["output"] != weights["output"], merge
    long = service.start(**LONG)
    before = until(lambda: service.ask("GET", f"/predictions/{long}")[1]["progress"])
    during = answers(service, job=job)
    now = service.ask("GET", f"/predictions/{long}")[1]
    assert now["status"] == "processing" and now["progress"]["evaluation"] < LONG["budget"], now
    assert during["output"] == adapted["output"], (before, during)
    for wrong, field in (({"job": "none"}, "job"), ({"job": long}, "job"), ({"module": "no"}, "module"),
                         ({"weights": {"no": 1}}, "weights"), ({"weights": {"add_roman": "x"}}, "weights"),
                         ({"prompts": []}, "prompts"), ({"prompts": ["x"] * 101}, "prompts"), ({"prompts": [" "]}, "prompts"),
                         ({"max_tokens": 0}, "max_tokens"), ({"max_tokens": 2**63}, "max_tokens"), ({"seed": 1}, "seed"),
                         ({"job": job, "module": "find_letter"}, "job"), ({"composition": "factor"}, "composition"),
                         ({"weights": {"add_roman": 1}, "composition": "faktor"}, "composition"),
                         ({"model": "other"}, "model"), ({"library": "mini"}, "library")):
        status, reply = service.ask("POST", "/predictions", {"input": {"prompts": PROMPTS} | wrong})
        assert status == 422 and reply["detail"][0]["loc"][-1] == field, (wrong, reply)
    status, done = service.ask("POST", "/predictions", {"input": {"prompts": ["word " * 60000]}})
    assert status == 200 and done["status"] == "failed" and "shorten it" in done["error"], done
    service.ask("POST", f"/predictions/{long}/cancel")
    os.environ["REPLICATE_BASE_URL"] = f"http://127.0.0.1:{service.port}"
    import replicate
    client = replicate.Client(api_token=service.token)
    asked = {"prompts": PROMPTS, "max_tokens": 20, "job": job}
    assert client.run("lorahub/infer", input=asked)["answers"] == adapted["output"]["answers"]
    version = client.models.get("lorahub/infer").latest_version
    assert "prompts" in version.openapi_schema["components"]["schemas"]["Input"]["properties"]
    assert client.run(f"lorahub/infer:{version.id}", input=asked)["answers"] == adapted["output"]["answers"]
    service.end()


def long_answers():
    """Answers that take long keep a search waiting for seconds at most, wait for a turn of their own, hear of a cancel and a
    signal, and are those of `lorahub infer`; also where they were put aside in the middle."""
    service = service_at("long-answers", "--slice", "10")
    never_ends = {"prompts": [f"put in falling order = {i} 62 8" for i in range(40)], "weights": {"first_letter": 2}}
    def ask(tokens):
        return service.ask("POST", "/predictions", {"input": never_ends | {"max_tokens": tokens}}, Prefer="respond-async")[1]["id"]

    def status(job):
        return service.ask("GET", f"/predictions/{job}")[1]["status"]

    search = service.start(**LONG | {"budget": 10000})
    until(lambda: course_of(service, search))
    parts, whole = ask(300), ask(2048)  # of whose batches of ten some, and none, fit between two generations
    seen, times, begin = 0, [], time.monotonic()
    while time.monotonic() - begin < 8:  # before the answers have their turn
        now = len(course_of(service, search))
        if now > seen:
            times.append(time.monotonic())
        seen = now
        time.sleep(0.02)
    longest = max(later - earlier for earlier, later in zip(times, times[1:]))
    assert 2 < longest < 9, longest  # on a machine that does nothing else it is 4 s
    until(lambda: service.ask("GET", f"/predictions/{whole}")[1]["started_at"] and status(search) == "processing")
    done = service.wait(parts)
    assert done["status"] == "succeeded", done
    shutil.rmtree(work / "infer", ignore_errors=True)
    assert done["output"]["answers"] == inferred(done, weights=[[2]]), done
    begin = time.monotonic()
    assert service.ask("POST", f"/predictions/{whole}/cancel")[0] == 200
    ended = service.wait(whole)["status"]
    heard = time.monotonic() - begin
    service.ask("POST", f"/predictions/{search}/cancel")
    service.wait(search)
    last = ask(2048)
    until(lambda: status(last) == "processing")
    begin = time.monotonic()
    assert service.end() == 75
    stopped = time.monotonic() - begin
    assert ended == "canceled" and heard < 5 and stopped < 5, (ended, heard, stopped)
    print(f"the search waited {longest:.1f} s at most, a cancel was heard after {heard:.1f} s, a signal after {stopped:.1f} s", flush=True)


def turns():
    """Who was served least comes next, a long search pauses for others, and has the same bits all the same."""
    tokens = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("ann", "bob", "admin")}
    work.mkdir(exist_ok=True)
    (work / "tokens").write_text("".join(f"{name}:{token}\n" for name, token in tokens.items()))
    service = service_at("turns", "--token-file", str(work / "tokens"), "--slice", "1", "--quota", "4")
    assert service.token == tokens["admin"]

    def by(name):
        service.token = tokens[name]
        return service

    long = by("ann").start(**LONG)
    until(lambda: service.ask("GET", f"/predictions/{long}")[1]["course"])
    more = [service.start(seed=seed) for seed in range(10, 14)]
    status, reply = service.ask("POST", "/predictions", {"input": SHORT}, Prefer="respond-async")
    assert status == 429 and "your jobs" in reply["detail"], reply
    assert service.ask("GET", f"/predictions/{more[3]}")[1]["queue_position"] == 4
    short = by("bob").start(budget=40)
    waiting = service.ask("GET", f"/predictions/{short}")[1]
    assert waiting["status"] != "starting" or waiting["queue_position"] == 1, waiting
    done = service.wait(short)
    for path in (f"/predictions/{long}", f"/predictions/{long}/events", f"/v1/predictions/{long}"):
        assert service.ask("GET", path)[0] == 404, path
    for path in (f"/predictions/{long}/cancel", f"/v1/predictions/{long}/cancel"):
        assert service.ask("POST", path)[0] == 404, path
    assert service.ask("DELETE", f"/predictions/{long}")[0] == 404
    assert [one["id"] for one in service.ask("GET", "/predictions")[1]["results"]] == [short]
    assert len(by("admin").ask("GET", "/predictions")[1]["results"]) == 6
    now = by("ann").ask("GET", f"/predictions/{long}")[1]
    assert now["completed_at"] is None and done["status"] == "succeeded", now
    assert service.ask("DELETE", f"/predictions/{long}")[0] == 409
    for job in more:
        assert service.ask("POST", f"/predictions/{job}/cancel") == (200, {})
    others = [by("bob").start(seed=seed) for seed in range(3)]
    whole = by("ann").wait(long)
    assert adapter_of(service, long) == by_command_line(whole)
    evaluations = [evaluation for evaluation, _ in whole["course"]]
    assert evaluations == sorted(set(evaluations)) and evaluations[-1] == LONG["budget"], evaluations
    assert all(by("bob").wait(job)["status"] == "succeeded" for job in others)
    assert by("ann").ask("DELETE", f"/predictions/{long}") == (200, {})
    assert not (work / "turns/jobs" / long).exists() and service.ask("GET", f"/predictions/{long}")[0] == 404
    service.end()


def expected_times():
    """Before a job is asked for, and while it waits."""
    service = service_at("times")
    status, first = service.ask("POST", "/api/estimate", {"input": SHORT})
    assert status == 200 and first["expected_seconds"] > 0 and first["starts_in_seconds"] == 0, first
    larger = service.ask("POST", "/api/estimate", {"input": SHORT | {"budget": 1200}})[1]
    assert larger["expected_seconds"] > 5 * first["expected_seconds"], (first, larger)
    assert service.ask("POST", "/api/estimate", {"input": {}})[0] == 422
    assert not list((work / "times/drafts").glob("*"))
    for seed in range(3):
        service.wait(service.start(seed=seed, budget=400))
    learnt = service.ask("POST", "/api/estimate", {"input": SHORT | {"budget": 400}})[1]["expected_seconds"]
    took = [job["metrics"]["predict_time"] for job in service.ask("GET", "/predictions")[1]["results"]]
    assert min(took) / 3 < learnt < 3 * max(took), (learnt, took)
    long, waiting = service.start(**LONG), service.start()
    until(lambda: (service.ask("GET", f"/predictions/{long}")[1]["progress"] or {}).get("eta_seconds"))
    now = service.ask("GET", f"/predictions/{waiting}")[1]
    assert now["queue_position"] == 1 and now["starts_in_seconds"] > 0 and now["expected_seconds"] > 0, now
    service.end()


def one_base_model():
    """Resident memory after many short jobs is that after a few."""
    service = service_at("memory")
    resident = lambda: int(Path(f"/proc/{service.process.pid}/status").read_text().split("VmRSS:")[1].split()[0])
    sizes = {}
    for count in range(1, 51):
        service.wait(service.start(seed=count))
        if count in (5, 50):
            sizes[count] = resident()
    print(f"resident: {sizes[5] / 1024:.1f} MiB after 5 jobs, {sizes[50] / 1024:.1f} MiB after 50", flush=True)
    assert sizes[50] < sizes[5] + 8 * 1024, sizes
    pages_of_jobs(service)
    service.end()


def pages_of_jobs(service):
    """Lists have 100 jobs a page, also for Replicate's client, and none is missing or there twice."""
    service.ask("POST", "/predictions", {"input": {"prompts": ["x"], "max_tokens": 1}})
    waiting = [service.start(**LONG)] + [service.start(seed=seed) for seed in range(70)]
    status, first = service.ask("GET", "/predictions")
    assert status == 200 and len(first["results"]) == 100 and first["results"][0]["id"] == waiting[-1], first["next"]
    later = service.start(seed=70)  # moves no page that was begun
    second = service.ask("GET", first["next"])[1]
    assert len(second["results"]) == 22 and second["next"] is None, second["next"]
    ids = [one["id"] for one in first["results"] + second["results"]]
    assert len(set(ids)) == 122 and later not in ids
    done = service.ask("GET", "/predictions?status=succeeded")[1]
    assert len(done["results"]) == 51 and done["next"] is None
    for cursor in ("x", "-1", "1.5", "9" * 40):
        assert service.ask("GET", f"/predictions?cursor={cursor}")[0] == 422, cursor
    os.environ["REPLICATE_BASE_URL"] = f"http://127.0.0.1:{service.port}"
    import replicate
    client = replicate.Client(api_token=service.token)
    pages = [[one.id for one in page.results] for page in replicate.paginate(client.predictions.list)]
    assert [len(page) for page in pages] == [100, 23] and set(sum(pages, [])) == {later, *ids}, pages
    for job in [later] + waiting:
        service.ask("POST", f"/predictions/{job}/cancel")


class Receiver:
    """A web server that keeps what it is sent; the first `refuses` messages of a kind of event it answers with 503. With
    a `certificate` (a file with its key) it speaks https."""

    def __init__(self, refuses=0, certificate=None):
        kept = self.kept = []
        state = {"refuses": refuses}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                refused = json.loads(body)["completed_at"] and state["refuses"] > 0
                state["refuses"] -= 1 if refused else 0
                kept.append((self.path, dict(self.headers), body, 503 if refused else 200))
                self.send_response(503 if refused else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.server.server_address[1]}/hooks/"

    def of(self, job):
        return [(json.loads(body), status) for _, _, body, status in self.kept if json.loads(body)["id"] == job]


def webhooks():
    """Signed as Replicate signs; sent again until they arrive, after a restart, too; to allowed addresses alone."""
    receiver = Receiver(refuses=3)
    service = service_at("webhooks", "--webhook-to", receiver.url)
    os.environ["REPLICATE_BASE_URL"] = f"http://127.0.0.1:{service.port}"
    import replicate
    from replicate.webhook import InvalidSignatureError, Webhooks
    client = replicate.Client(api_token=service.token)
    prediction = client.predictions.create(version="lorahub/adapt", input=SHORT, webhook=receiver.url + "a",
                                           webhook_events_filter=["start", "completed"])
    until(lambda: [one for one, status in receiver.of(prediction.id) if one["completed_at"] and status == 200])
    told = receiver.of(prediction.id)
    assert [one["status"] for one, _ in told] == ["processing"] + ["succeeded"] * 4, told  # three were refused
    assert told[-1][0]["version"] and told[-1][0]["urls"]["get"].startswith("http://127.0.0.1"), told[-1]
    secret = client.webhooks.default.secret()
    for path, headers, body, _ in receiver.kept:
        assert path == "/hooks/a"
        headers = {name.lower(): value for name, value in headers.items()}
        Webhooks.validate(headers=headers, body=body.decode(), secret=secret)
        try:
            Webhooks.validate(headers=headers, body=body.decode() + " ", secret=secret)
            raise AssertionError("a changed body was taken")
        except InvalidSignatureError:
            pass
    completed = [headers["webhook-id"] for _, headers, body, _ in receiver.kept if json.loads(body)["completed_at"]]
    assert len(set(completed)) == 1, completed  # one message, however often it was sent
    status, job = service.ask("POST", "/predictions", {"input": SHORT | {"budget": 100}, "webhook": receiver.url + "b"},
                              Prefer="respond-async")
    def kinds():
        return [one["status"] for one, _ in receiver.of(job["id"])]

    until(lambda: kinds().count("succeeded") == 2)  # its output and its end, each a message of its own
    assert kinds()[0] == "processing", kinds()
    for wrong in ("http://127.0.0.1:1/", "http://169.254.169.254/", receiver.url + "../x", receiver.url + "x" * 2000, 7):
        assert service.ask("POST", "/predictions", {"input": SHORT, "webhook": wrong})[0] == 422, wrong
    for events in ([], ["none"], "start"):
        asked = {"input": SHORT, "webhook": receiver.url, "webhook_events_filter": events}
        assert service.ask("POST", "/predictions", asked)[0] == 422, events
    assert service.ask("POST", "/predictions", {"input": SHORT, "webhook_events_filter": ["start"]})[0] == 422
    receiver.server.shutdown()
    receiver.server.server_close()
    asked = {"input": SHORT | {"seed": 8}, "webhook": receiver.url + "c"}
    lost = service.ask("POST", "/predictions", asked, Prefer="respond-async")[1]["id"]
    service.wait(lost)
    service.end()
    assert json.loads((work / "webhooks/jobs" / lost / "job.json").read_text())["webhook_told"] is False
    later = Receiver()
    saved = json.loads((work / "webhooks/jobs" / lost / "job.json").read_text())
    (work / "webhooks/jobs" / lost / "job.json").write_text(json.dumps(saved | {"webhook": later.url + "c"}))
    service = Service(program, configs, work / "webhooks", "--webhook-to", later.url)
    until(lambda: later.of(lost))
    assert later.of(lost)[0][0]["status"] == "succeeded", later.kept
    service.end()


def certificate(name, of):
    """A file with a key and its certificate for `of`, which nobody else has signed."""
    file = work / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
                    f"subjectAltName={of}", "-keyout", file, "-out", f"{file}.crt"], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


def secure_webhooks():
    """Over https to whoever has a certificate that the machine trusts, for the address that was named; to nobody else."""
    here, unknown = certificate("trusted", "IP:127.0.0.1"), certificate("unknown", "IP:127.0.0.1")
    elsewhere = certificate("elsewhere", "DNS:hooks.example")
    (work / "trusted.crt").write_text(here.read_text() + elsewhere.read_text())
    receivers = [Receiver(certificate=one) for one in (unknown, elsewhere, here)]
    os.environ["SSL_CERT_FILE"] = str(work / "trusted.crt")
    service = service_at("secure", *sum((["--webhook-to", one.url] for one in receivers), []))
    del os.environ["SSL_CERT_FILE"]
    jobs = [service.ask("POST", "/predictions", {"input": SHORT | {"seed": seed}, "webhook": receiver.url + "a"})[1]["id"]
            for seed, receiver in enumerate(receivers)]
    until(lambda: [one for one, _ in receivers[2].of(jobs[2]) if one["completed_at"]])
    assert not receivers[0].kept and not receivers[1].kept
    service.end()
    told = [json.loads((work / "secure/jobs" / job / "job.json").read_text())["webhook_told"] for job in jobs]
    assert told == [False, False, True], told


STUDY = """question: Is it seen?
uses: {model: mini, library: mini, tasks: mini/unseen, search: cma}
set: {modules: 4, shots: 5, search.population: 10, search.budget: 40}
vary:
  task: [E1_isa_letter]
  method: [zero_shot, lorahub]
  seed: [1, 2]
"""


def studies():
    """Results folders as `lorahub status` and `lorahub report` tell of them, also while a study runs or is damaged."""
    results = work / "results"
    shutil.rmtree(results, ignore_errors=True)
    (results / "empty").mkdir(parents=True)
    (work / "study.yaml").write_text(STUDY)
    (work / "long.yaml").write_text(STUDY.replace("seed: [1, 2]", "seed: [1, 2, 3, 4]").replace("budget: 40", "budget: 4000"))

    def lorahub(*words):
        ended = subprocess.run([program, *words], env=environment, capture_output=True, text=True, cwd=results)
        assert ended.returncode == 0, (words, ended.stderr)
        return ended.stdout

    lorahub("run", str(work / "study.yaml"), "--out", "done", "--threads", "1")
    shutil.copytree(results / "done", results / "damaged")
    journal = results / "damaged/journal.ndj"
    lines = journal.read_bytes().split(b"\n")
    lines[3] = lines[3].replace(b"0", b"1", 1)
    journal.write_bytes(b"\n".join(lines))
    service = service_at("studies", "--results", str(results))
    running = subprocess.Popen([program, "run", str(work / "long.yaml"), "--out", "running", "--threads", "1"], cwd=results,
                               env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listed():
        return {one["name"]: one for one in service.ask("GET", "/api/studies")[1]["studies"]}

    until(lambda: listed().get("running", {}).get("done"))
    while True:  # the counts of a study that goes on are those of the same moment
        before = json.loads(lorahub("status", "running", "--json"))
        status, now = service.ask("GET", "/api/studies/running")
        if before == json.loads(lorahub("status", "running", "--json")):
            assert status == 200 and now == before, (now, before)
            break
    found = listed()
    assert {"done", "damaged", "empty", "running"} == set(found), found
    planned = json.loads(lorahub("status", "done", "--json"))["planned"]
    assert found["done"]["done"] == found["done"]["planned"] == planned > 2 and found["done"]["problem"] is None, found
    assert found["done"]["best"]["accuracy"] >= 0, found
    assert found["running"]["planned"] > planned and found["running"]["seconds_left"] > 0, found
    assert "no journal" in found["empty"]["problem"] and "damaged" in found["damaged"]["problem"], found
    for one in found.values():
        assert str(work) not in json.dumps(one), one
    assert service.ask("GET", "/api/studies/empty")[0] == 409
    for path in ("/api/studies/none", "/api/studies/none/trials", "/studies/none/report", "/studies/done/report?with=none",
                 "/api/studies/done/trials/none", "/api/studies/jobs/../done"):
        assert service.ask("GET", path)[0] in (400, 404), path
    trials = service.ask("GET", "/api/studies/done/trials")[1]["trials"]
    assert len(trials) == planned and all(one["status"] == "done" for one in trials), trials
    searched = next(one for one in trials if one["evaluations"] == 40)
    trial = service.ask("GET", f"/api/studies/done/trials/{searched['id']}")[1]
    assert len(trial["weights"]) == len(trial["modules"]) == 4 and trial["course"][-1][0] == 40 and trial["answers"], trial
    lorahub("report", "done", "--out", "report.html")
    status, page = service.ask("GET", "/studies/done/report")
    assert status == 200 and page.decode() == (results / "report.html").read_text()
    shutil.copytree(results / "done", results / "second")
    lorahub("report", "done", "second", "--out", "both.html")
    assert service.ask("GET", "/studies/done/report?with=second")[1].decode() == (results / "both.html").read_text()
    assert service.ask("GET", "/studies/empty/report")[0] == 409
    running.terminate()
    running.wait()
    service.end()


tests = [try_out, long_answers, turns, expected_times, one_base_model, webhooks, secure_webhooks, studies]
for test in tests:
    if not sys.argv[4:] or test.__name__ in sys.argv[4:]:
        begin = time.time()
        test()
        print(f"{test.__name__}: {time.time() - begin:.1f} s", flush=True)

"""Names as an attacker would choose them, in all that the service is given and says.

    hostile_names_test.py PROGRAM CONFIGS WORK
"""
import html.parser, http.client, json, os, re, shlex, shutil, subprocess, sys, urllib.parse
from pathlib import Path

from running_service import Service

program, configs, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), Path(sys.argv[3])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
CANARY = work / "canary"
TOUCH = f"touch {CANARY}".replace("/", "${HOME:0:1}")  # names of folders hold no slash
NAMES = [f"$({TOUCH})", f"`{TOUCH}`", f"'; {TOUCH}; '", f'"; {TOUCH}; "', f"a\n{TOUCH}\nb", f"=cmd|' {TOUCH}'!A1",
         "<script>alert(1)<", '"><img src=x onerror=alert(1)>', "</script><script>alert(1)<", "a\r\nSet-Cookie: x=1",
         "\x1b[31mred\x1b[0m", "a\x00".rstrip("\x00") + "\x7f", "\u202egnp.exe", "\u2028", "{{7*7}}", "%s%n%d", "a}b{c",
         "data: {}\n\nevent: x", "\\u0000\\", "..x", "-rf", "a b?c#d&e=%2e%2e"]
FOLDERS = [name.replace("/", "_") for name in NAMES]
SIGNS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def strict(text):
    """The JSON of a reply, which holds no NaN, and no object a key twice."""
    def once(pairs):
        assert len({key for key, _ in pairs}) == len(pairs), pairs
        return dict(pairs)
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")
    return json.loads(text, object_pairs_hook=once, parse_constant=refuse)


def ask(method, path, body=None):
    """Status and body of a reply whose head is whole: a name may add no line to it."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=300)
    fields = {"Authorization": f"Bearer {service.token}"}
    if body is not None:
        fields["Content-Type"] = "application/json"
        body = json.dumps(body)
    connection.request(method, path, body, fields)
    reply = connection.getresponse()
    text = reply.read()
    assert "set-cookie" not in {name.lower() for name, _ in reply.getheaders()}, reply.getheaders()
    for name, value in reply.getheaders():
        assert not SIGNS.search(value), (path, name, value)
    assert reply.status < 500, (path, reply.status, text[:300])
    text.decode("utf-8")
    if reply.getheader("Content-Type", "").split(";")[0].endswith("json"):
        return reply.status, strict(text)
    return reply.status, text.decode("utf-8")


class Markup(html.parser.HTMLParser):
    """Finds elements and attributes that only a name could have brought."""
    def handle_starttag(self, tag, attributes):
        assert tag != "img" or dict(attributes).get("src") != "x", attributes
        assert not any(name.startswith("on") for name, _ in attributes), attributes
    def handle_data(self, text):
        assert self.lasttag != "script" or "alert(1)" not in text, text


def quoted(name):
    return urllib.parse.quote(name, safe="")


def made_study(name, number):
    """A results folder of that name: a study of that question, name and task."""
    folder = work / f"source{number}"
    folder.mkdir()
    task = re.sub("[\x00-\x1f\x7f/]", "_", name)
    rows = [{"input": f"which is a : fruit options: (A) van (B) {fruit}", "target": name} for fruit in ("fig", "pear", "plum")]
    (folder / f"{task}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    study = {"question": name, "uses": {"model": "mini"}, "set": {"task": f"./{task}.jsonl", "method": "zero_shot", "shots": 1, "max_tokens": 1}}
    (folder / "study.yaml").write_text(json.dumps(study))
    ended = subprocess.run([program, "run", "study.yaml", "--out", str(work / "results" / name.replace("/", "_")), "--quiet"], cwd=folder, capture_output=True,
                           text=True, env=os.environ | {"LORAHUB_CONFIGS": configs})
    assert ended.returncode in (0, 2) and not SIGNS.search(ended.stderr), (name, ended)
    return ended.returncode == 0


module = Path(configs) / "library/mini/r4/find_letter"
SHOWN = [name for name in FOLDERS if not SIGNS.search(name) and "\n" not in name]
for name in SHOWN:
    shutil.copytree(module, work / "library" / name)
(work / "results").mkdir()
made = [name.replace("/", "_") for number, name in enumerate(NAMES) if made_study(name, number)]
assert len(made) > len(NAMES) / 2, made
service = Service(program, configs, work / "data", "--library", f"odd={work / 'library'}", "--results", str(work / "results"))


def libraries_and_their_modules():
    look_at_the_library()
    for name in FOLDERS:  # a module whose name can't be shown comes while the service runs
        if name not in SHOWN:
            shutil.copytree(module, work / "library" / name)
            look_at_the_library()
            shutil.rmtree(work / "library" / name)


def look_at_the_library():
    status, modules = ask("GET", "/api/libraries/odd/modules")
    assert status == 200 or "rename its folder" in str(modules), modules
    assert ask("GET", "/api/libraries/odd/similarity")[0] in (200, 400, 404, 422)
    assert ask("GET", "/api/models")[0] == 200
    for name in NAMES:
        for path in ("/api/models/odd/{}", "/api/models/odd/{}/tree/main", "/api/models/odd/{}/revision/main",
                     "/odd/{}/resolve/main/adapter_config.json", "/api/libraries/{}/modules", "/api/studies/{}", "/predictions/{}",
                     "/predictions/x/files/{}", "/v1/predictions/{}"):
            ask("GET", path.format(quoted(name)))


def studies_and_their_reports():
    status, studies = ask("GET", "/api/studies")
    assert status == 200
    seen = 0
    for name in made:
        status, now = ask("GET", f"/api/studies/{quoted(name)}")
        seen += status == 200
        if status == 200:
            trials = ask("GET", f"/api/studies/{quoted(name)}/trials")[1]
            for trial in re.findall(r"\b[0-9a-f]{16}\b", json.dumps(trials)):
                ask("GET", f"/api/studies/{quoted(name)}/trials/{trial}")
        status, report = ask("GET", f"/studies/{quoted(name)}/report")
        if status == 200:
            Markup().feed(report)
    assert seen > 5, seen


def jobs_and_their_errors():
    ended = 0
    for name in NAMES:
        rows = [{"input": f"{name} which is a : fruit options: (A) van (B) {fruit}", "target": name} for fruit in ("fig", "pear", "plum")]
        whole = {"examples": rows, "modules": 2, "search": "official", "budget": 2}
        for changes in ({"search": name}, {"library": name}, {"model": name}, {name: 1}):
            status, said = ask("POST", "/predictions", {"input": whole | changes})
            assert status in (400, 404, 422), (changes, status, said)
        status, job = ask("POST", "/predictions", {"input": whole | {"modules": [name]}})
        assert (job.get("status") == "succeeded") == (name in SHOWN), (name, status, job)
        assert str(work) not in (job.get("error") or ""), job
        if name in SHOWN:
            assert job["output"]["modules"] == [name] and name in shlex.split(job["command"]), job
            assert not SIGNS.search(ask("GET", job["output"]["files"]["README.md"])[1]), job
        assert ask("PUT", f"/predictions/{quoted(name)}", {"input": whole | {"search": name}})[0] >= 400
    for name in NAMES[::4]:
        rows = [{"input": f"{name} which is a : fruit options: (A) van (B) {fruit}", "target": name} for fruit in ("fig", "pear", "plum")]
        job = service.start(examples=rows, modules=2, search="official", budget=2)
        ended += service.wait(job)["status"] == "succeeded"
        ask("GET", f"/predictions/{job}")
        events = ask("GET", f"/predictions/{job}/events")[1]
        for line in events.splitlines():
            kind, _, value = line.partition(":")
            assert kind in ("", "data", "event", "id", "retry"), line
            if kind == "data" and value.strip().startswith("{"):
                strict(value)
    assert ended == len(NAMES[::4]), ended
    assert ask("GET", "/predictions")[0] == 200


for test in (libraries_and_their_modules, studies_and_their_reports, jobs_and_their_errors):
    test()
    assert service.process.poll() is None and not CANARY.exists(), test
    print(f"{test.__name__}: good", flush=True)
assert service.end() == 75
for log in (work / "data.stderr", work / "data/serve.log"):
    assert not (found := SIGNS.search(log.read_text())), (log, found, log.read_text()[max(0, found.start() - 80):found.start() + 80])
assert not CANARY.exists()

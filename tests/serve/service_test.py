"""The service from outside: one program, asked by Python's own HTTP client and by Replicate's.

    service_test.py PROGRAM CONFIGS WORK
"""
import hashlib, io, json, os, re, shutil, signal, subprocess, sys, time, zipfile
from pathlib import Path

from running_service import Service

program, configs, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), Path(sys.argv[3])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
environment = dict(os.environ, LORAHUB_CONFIGS=configs)
EXAMPLES = [{"input": f"which one is a : animal options: (A) {a} (B) {b}", "target": t}
            for a, b, t in [("lamp", "fox", "(B)"), ("goat", "tram", "(A)"), ("spoon", "rat", "(B)")]]
SHORT = {"examples": EXAMPLES, "modules": 4, "search": "official", "budget": 12, "seed": 3}
Service.usual = SHORT


def service_at(folder, **options):
    return Service(program, configs, folder, **options)


def adapter_of(service, job):
    status, data = service.ask("GET", f"/predictions/{job}/files/adapter_model.safetensors")
    assert status == 200
    return hashlib.sha256(data).hexdigest()


def by_command_line(job):
    """The adapter that the command line of the prediction gives."""
    folder = work / "command" / job["id"]
    folder.mkdir(parents=True)
    rows = "".join(json.dumps(row) + "\n" for row in job["input"]["examples"])
    (folder / "examples.jsonl").write_text(rows)
    subprocess.run(job["command"].replace("lorahub", program, 1) + " --threads 1", shell=True,
                   check=True, cwd=folder, env=environment, capture_output=True)
    return hashlib.sha256((folder / "adapter/adapter_model.safetensors").read_bytes()).hexdigest()


def same_bits_as_the_command_line():
    service = service_at(work / "bits")
    job = service.start()
    done = service.wait(job)
    assert done["status"] == "succeeded", done
    assert done["output"]["evaluations"] == 12 and len(done["output"]["weights"]) == 4, done
    assert done["course"][-1][0] == 12 and done["progress"]["of"] == 12, done
    expected = by_command_line(done)
    assert adapter_of(service, job) == expected
    status, archive = service.ask("GET", f"/predictions/{job}/files/adapter.zip")
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        assert status == 200 and files.testzip() is None and len(files.namelist()) == 3
        assert hashlib.sha256(files.read("adapter_model.safetensors")).hexdigest() == expected
    card = service.ask("GET", f"/predictions/{job}/files/README.md")[1].decode()
    config = service.ask("GET", f"/predictions/{job}/files/adapter_config.json")[1].decode()
    for text in (card, config):  # neither the user's rows nor this machine's folders
        assert "options:" not in text and "/" + str(work).split("/")[1] not in text, text
    assert json.loads(config)["base_model_name_or_path"] == "mini"
    status, usual = service.ask("POST", "/predictions", {"input": {"examples": EXAMPLES}})
    assert status == 200 and usual["output"]["evaluations"] == 33, usual  # along the gradient, of all modules
    assert adapter_of(service, usual["id"]) == by_command_line(usual)
    budget = service.ask("POST", "/predictions", {"input": {"examples": EXAMPLES, "search": "gradient", "budget": 9}})
    assert budget[0] == 422 and budget[1]["detail"][0]["loc"] == ["body", "input", "search"], budget
    assert service.end() == 75
    many = service_at(work / "ranks", ranks=2)
    assert adapter_of(many, many.wait(many.start())["id"]) == expected
    many.end()


def jobs_survive_a_kill():
    long = {"search": "recommended", "modules": "all", "budget": 400}
    service = service_at(work / "kill")
    first, second = service.start(**long), service.start()
    while not service.ask("GET", f"/predictions/{first}")[1]["course"]:
        time.sleep(0.05)
    assert service.ask("GET", f"/predictions/{second}")[1]["queue_position"] == 1
    service.end(signal.SIGKILL)
    again = service_at(work / "kill")
    done = again.wait(first)
    assert done["status"] == "succeeded", done
    assert adapter_of(again, first) == by_command_line(done)
    assert again.wait(second)["status"] == "succeeded"
    third = again.start(**long, seed=4)
    while not again.ask("GET", f"/predictions/{third}")[1]["course"]:
        time.sleep(0.05)
    assert again.ask("POST", f"/predictions/{third}/cancel") == (200, {})
    assert again.wait(third)["status"] == "canceled"
    status, other = again.ask("PUT", "/predictions/mine", {"input": SHORT}, Prefer="respond-async")
    assert status == 202 and other["id"] == "mine"
    assert again.wait("mine")["status"] == "succeeded"
    assert again.ask("PUT", "/predictions/mine", {"input": SHORT})[0] == 200
    assert again.ask("PUT", "/predictions/mine", {"input": SHORT | {"seed": 9}})[0] == 409
    again.end()


def cogs_clients():
    service = service_at(work / "cog")
    status, done = service.ask("POST", "/predictions", {"input": SHORT})
    assert status == 200 and done["status"] == "succeeded" and done["metrics"]["predict_time"] > 0
    status, text = service.ask("POST", "/predictions", {"input": SHORT}, Accept="text/event-stream")
    events = re.findall(rb"^event: (\w+)$", text, re.M)
    assert status == 200 and events[0] == b"start" and events[-1] == b"completed", text
    assert b"metric" in events, text
    status, text = service.ask("POST", "/predictions", {"input": {"examples": EXAMPLES, "sed": 1}})
    assert status == 422 and text["detail"][0]["loc"] == ["body", "input", "sed"], text
    assert service.ask("POST", "/predictions", "{}", Content_Type="text/plain")[0] == 415
    for wrong in ({"webhook": "http://169.254.169.254/"}, {"id": 7}, {"context": {"a": 1}}):
        assert service.ask("POST", "/predictions", {"input": SHORT} | wrong)[0] == 422, wrong
    assert service.ask("POST", "/predictions", "[", Content_Type="application/json")[0] == 400
    for path in ("/predictions", "/v1/models/lorahub/adapt/predictions", "/api/estimate", "/api/repos/create"):
        status, text = service.ask("POST", path, '{"input": {"seed": 1, "seed": 2}}', Content_Type="application/json")
        assert status == 422 and "`seed` is given twice" in text["detail"], (path, text)
    for path in ("/predictions/none", "/predictions/none/files/README.md", "/predictions/none/events",
                 f"/predictions/{done['id']}/files/job.json", f"/predictions/{done['id']}/files/token"):
        assert service.ask("GET", path)[0] == 404, path
    assert service.ask("GET", "/health-check")[1]["status"] in ("READY", "BUSY")
    assert service.ask("GET", "/health-check", Host="evil.example")[0] == 403
    listed = service.ask("GET", "/predictions")[1]["results"]
    assert len(listed) == 2 and all(one["status"] == "succeeded" for one in listed)
    for path in ("/api/service", "/predictions", f"/predictions/{done['id']}",
                 "/api/libraries/mini/modules", "/v1/predictions", "/v1/account"):
        assert service.ask("GET", path, Authorization="Bearer wrong")[0] == 401, path
    listed = service.ask("GET", "/api/libraries/mini/modules")[1]["modules"]
    found = service.ask("GET", "/api/libraries/mini/modules?search=LETTER")[1]["modules"]
    assert len(listed) == 40 and found == [one for one in listed if "letter" in one["name"]]
    log = (work / "cog/serve.log").read_text()
    assert "POST /predictions 200" in log and "options:" not in log and service.token not in log
    service.end()


def for_those_who_watch():
    """Counts for Prometheus, by its own parser of the format and by promtool (scripts/setup --test); and what cog's servers
    say at /."""
    from prometheus_client.parser import text_string_to_metric_families as families
    service = service_at(work / "metrics")
    service.ask("POST", "/predictions", {"input": SHORT})
    service.ask("GET", "/predictions/none")
    service.ask("GET", "/api/service", Authorization="Bearer wrong")
    assert service.ask("GET", "/metrics", Authorization="")[0] == 401
    status, text = service.ask("GET", "/metrics")
    found = {family.name: family for family in families(text.decode())}
    assert status == 200 and all(family.documentation for family in found.values())
    promtool = Path(sys.prefix).parent / "promtool"
    if promtool.exists():
        judged = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True)
        assert (judged.returncode, judged.stdout, judged.stderr) == (0, b"", b""), judged
    def value(name, **labels):
        [sample] = [one for one in found[name].samples if labels.items() <= one.labels.items()]
        return sample.value
    requests = "lorahub_http_requests"
    assert value(requests, route="/predictions", method="POST", code="200") == 1
    assert value(requests, route="/predictions/{id}", code="404") == 1 and value(requests, route="", code="401") == 2
    assert value("lorahub_jobs", state="succeeded") == 1 and value("lorahub_jobs", state="failed") == 0
    assert value("lorahub_evaluations") == SHORT["budget"] and value("lorahub_queue_length") == 0
    assert value("lorahub_library_modules", library="mini") == 40 and value("lorahub_ranks") == 1
    assert value("lorahub_resident_bytes") > 1e7
    status, reply = service.ask("GET", "/", Authorization="")
    assert status == 200 and reply["predictions_url"] == "/predictions", reply
    assert b"<!DOCTYPE html>" in service.ask("GET", "/", Accept="text/html,*/*")[1]
    service.end()


def the_description():
    """OpenAPI that validates; each of its paths wants the token; its inputs are those that are taken."""
    import openapi_spec_validator
    service = service_at(work / "openapi")
    status, spec = service.ask("GET", "/openapi.json")
    assert status == 200 and service.ask("GET", "/openapi.json", Authorization="")[0] == 401
    openapi_spec_validator.validate(spec)
    for path, operations in spec["paths"].items():
        for method in operations:
            wrong = service.ask(method.upper(), path.replace("{id}", "x"), Authorization="Bearer no")[0]
            assert wrong == (200 if path == "/health-check" else 401), (path, method, wrong)
    for name in spec["components"]["schemas"]["Input"]["properties"]:
        status, reply = service.ask("POST", "/predictions", {"input": {name: {}}})
        assert status == 422 and "is no input" not in reply["detail"][0]["msg"], reply
    service.end()


def replicates_client():
    service = service_at(work / "replicate")
    os.environ["REPLICATE_BASE_URL"] = f"http://127.0.0.1:{service.port}"
    import replicate
    client = replicate.Client(api_token=service.token)
    demo = {"example_inputs": "\n".join(row["input"] for row in EXAMPLES),
            "example_outputs": "\n".join(row["target"] for row in EXAMPLES),
            "lora_modules_specified": " add_roman, find_letter", "num_random_lora_modules": 20,
            "max_inference_step": 10, "seed": 5}
    output = client.run("lorahub/adapt", input=demo)
    assert output["modules"] == ["add_roman", "find_letter"] and output["evaluations"] == 10, output
    slow = demo | {"max_inference_step": 100, "lora_modules_specified": "", "seed": 6}
    assert client.run("lorahub/adapt", input=slow, wait=1) is not None
    version = client.models.get("lorahub/adapt").latest_version.id
    prediction = client.predictions.create(version=version, input=slow | {"seed": 7})
    prediction.cancel()
    prediction.wait()
    assert prediction.status in ("canceled", "succeeded"), prediction
    kinds = [str(event.event) for event in client.predictions.create(
        version="lorahub/adapt", input=demo, stream=True).stream()]
    assert kinds[-1].lower().endswith("done"), kinds
    assert len(client.predictions.list().results) == 4
    try:
        replicate.Client(api_token="wrong").predictions.list()
        raise AssertionError("a wrong token was taken")
    except replicate.exceptions.ReplicateError as error:
        assert error.status == 401, error
    service.end()


def hugging_faces_client():
    """The library as a hub: safetensors alone, and nothing that names this machine."""
    service = Service(program, configs, work / "hub", "--library",
                      f"mine={configs}/library/mini/r4", "--library", "mini")
    os.environ |= {"HF_ENDPOINT": service.url.partition("/#")[0], "HF_TOKEN": service.token,
                   "HF_HOME": str(work / "hf")}
    import huggingface_hub as hub
    names = [model.id for model in hub.list_models(author="mine", search="roman", limit=100)]
    assert names == ["mine/add_roman", "mine/succ_roman"], names
    assert len(list(hub.list_models())) == 80  # of both libraries
    paths = [Path(hub.snapshot_download("mine/add_roman")) for _ in range(2)]
    assert paths[0] == paths[1] and sorted(file.name for file in paths[0].iterdir()) == [
        "README.md", "adapter_config.json", "adapter_model.safetensors"], paths
    original = Path(configs) / "library/mini/r4/add_roman"
    given = json.loads((paths[0] / "adapter_config.json").read_text())
    assert given["r"] == json.loads((original / "adapter_config.json").read_text())["r"]
    assert "/" not in given["base_model_name_or_path"], given
    assert tensors_of(paths[0]) == tensors_of(original)
    assert hub.file_exists("mine/add_roman", "adapter_config.json")
    assert not hub.file_exists("mine/add_roman", "adapter_model.bin")
    for wrong in ("mine/no_such", "nobody/add_roman"):
        try:
            hub.model_info(wrong)
            raise AssertionError(f"{wrong} was found")
        except hub.errors.RepositoryNotFoundError:
            pass
    assert hub.whoami()["name"] == "lorahub"
    status, part = service.ask("GET", "/mine/add_roman/resolve/main/adapter_config.json",
                               Range="bytes=2-5")
    assert status == 206 and part == (paths[0] / "adapter_config.json").read_bytes()[2:6]
    for path in ("/mine/../mini/resolve/main/adapter_config.json", "/mine/add_roman/resolve/main/x",
                 "/mine/add_roman/resolve/other/adapter_config.json"):
        assert service.ask("GET", path)[0] in (400, 404), path
    service.end()


def tensors_of(folder):
    """Names and bytes of the tensors of a safetensors file."""
    data = (folder / "adapter_model.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {name: (entry["dtype"], entry["shape"],
                   data[8 + length:][slice(*entry["data_offsets"])]) for name, entry in header.items()}


def who_may_not():
    """What is refused when the program starts."""
    def code(*options):
        return subprocess.run([program, "serve", "--data", str(work / "no"), "--port", "0", *options],
                              env=environment, capture_output=True, text=True, timeout=120)
    for options, words in ((["--host", "0.0.0.0", "--no-token"], "without a token"),
                           (["--model", "x=/nowhere"], "/nowhere"),
                           (["--library", "x=/nowhere"], "/nowhere"),
                           (["--host", "nowhere"], "no address")):
        ended = code(*options)
        assert ended.returncode == 2 and words in ended.stderr, (options, ended)
    open_one = Service(program, configs, work / "open", "--no-token")
    assert open_one.token is None and open_one.ask("GET", "/api/service")[0] == 200
    assert (work / "open").stat().st_mode & 0o777 == 0o700
    open_one.end()
    service = service_at(work / "lock")
    ended = subprocess.run([program, "serve", "--data", str(work / "lock"), "--port", "0"],
                           env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 75 and "lock" in ended.stderr, ended
    service.end()


for test in (same_bits_as_the_command_line, jobs_survive_a_kill, cogs_clients, for_those_who_watch, the_description, replicates_client,
             hugging_faces_client, who_may_not):
    begin = time.time()
    test()
    print(f"{test.__name__}: {time.time() - begin:.1f} s", flush=True)

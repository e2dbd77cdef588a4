"""Probes of a library by the service: the numbers of `lorahub probe --json`, progress, turns, cancel, a kill.

    probe_test.py PROGRAM CONFIGS WORK [TEST...]
"""
import json, os, shutil, signal, subprocess, sys, time
from pathlib import Path

from running_service import Service, until

program, configs, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), Path(sys.argv[3]).absolute()
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
os.environ["XDG_CACHE_HOME"] = str(work / "cache")  # of what the service has probed; the command line has one of its own
ROWS = [{"input": f"which one is a : animal options: (A) {a} (B) {b}", "target": t}
        for a, b, t in [("lamp", "fox", "(B)"), ("goat", "tram", "(A)"), ("spoon", "rat", "(B)")]]
MANY = [row | {"input": f"{row['input']} {i}"} for i in range(400) for row in ROWS[:1]]
Service.usual = {"probe": "all", "examples": ROWS}


def service_at(name, *options):
    return Service(program, configs, work / name, *options)


def by_command_line(done):
    """What the command line of the prediction says, without a cache and without the similarities."""
    folder = work / "command" / done["id"]
    folder.mkdir(parents=True)
    (folder / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in done["input"]["examples"]))
    command = done["command"].replace("lorahub", program, 1).replace("--library spoilt", f"--library {work}/spoilt")
    ended = subprocess.run(f"{command} --threads 2 --quiet --cache cache", shell=True, cwd=folder, capture_output=True, text=True,
                           env=os.environ | {"LORAHUB_CONFIGS": configs})
    assert ended.returncode == 0, (command, ended.stderr)
    said = json.loads(ended.stdout)
    assert len(said.pop("similarity")) == len(said["modules"]), said
    return said


def same_numbers():
    service = service_at("same")
    status, done = service.ask("POST", "/predictions", {"input": Service.usual})
    assert status == 200 and done["status"] == "succeeded" and done["model"] == "lorahub/probe", done
    assert len(done["output"]["modules"]) == 40 and done["output"]["left_out"] == [], done
    assert done["output"] == by_command_line(done)
    assert (done["progress"]["evaluation"], done["progress"]["of"]) == (40, 40), done["progress"]
    losses = [done["output"]["base"]["loss"], *(one["loss"] for one in done["output"]["modules"])]
    assert done["progress"]["best_loss"] == min(losses) < max(losses), done["progress"]
    two = service.wait(service.start(probe=["find_letter", "add_roman"]))
    assert [one["name"] for one in two["output"]["modules"]] == ["find_letter", "add_roman"], two
    assert two["output"] == by_command_line(two)
    for wrong, field in (({"probe": "some"}, "probe"), ({"probe": []}, "probe"), ({"probe": [1]}, "probe"),
                         ({"probe": ["find_lettre"]}, "probe"), ({"examples": []}, "examples"), ({"examples": [{}]}, "examples"),
                         ({"seed": 1}, "seed"), ({"library": "other"}, "library"), ({"model": "other"}, "model")):
        status, reply = service.ask("POST", "/predictions", {"input": Service.usual | wrong})
        assert status == 422 and reply["detail"][0]["loc"][-1] == field, (wrong, reply)
    assert "did you mean 'find_letter'?" in service.ask("POST", "/predictions", {"input": Service.usual | {
        "probe": ["find_lettre"]}})[1]["detail"][0]["msg"]
    long = service.wait(service.start(examples=[{"input": "word " * 60000, "target": "x"}]))
    assert long["status"] == "failed" and "the examples row 0" in long["error"], long
    os.environ["REPLICATE_BASE_URL"] = f"http://127.0.0.1:{service.port}"
    import replicate
    client = replicate.Client(api_token=service.token)
    assert client.run("lorahub/probe", input={"examples": ROWS}) == done["output"]
    version = client.models.get("lorahub/probe").latest_version
    assert "probe" in version.openapi_schema["components"]["schemas"]["Input"]["properties"]
    assert service.end() == 75


def what_is_said_before():
    """How long it takes, and which examples are cut: before it is asked for, and in the prediction, as the command says it."""
    service = service_at("before")
    short = service.ask("POST", "/api/estimate", {"input": Service.usual})[1]
    assert short["expected_seconds"] > 0 and short["warnings"] == [], short
    rows = MANY[:120]
    long = service.ask("POST", "/api/estimate", {"input": Service.usual | {"examples": rows}})[1]
    assert long["expected_seconds"] > 10 * short["expected_seconds"], (short, long)
    two = service.ask("POST", "/api/estimate", {"input": Service.usual | {"examples": rows, "probe": ["find_letter", "add_roman"]}})[1]
    assert two["expected_seconds"] < long["expected_seconds"] / 5, (two, long)
    assert service.ask("POST", "/api/estimate", {"input": {"probe": "all"}})[0] == 422
    done = service.wait(service.start(examples=rows))
    took, expected = done["metrics"]["predict_time"], done["expected_seconds"]
    print(f"  a probe of {len(rows)} rows: {took:.1f} s, {expected:.1f} s were expected", flush=True)
    assert abs(expected - long["expected_seconds"]) < 1e-6 and expected / 10 < took < 10 * expected, (took, expected)
    cut = [row | {"input": "word " * 3000 + row["input"]} for row in ROWS[:2]] + ROWS[2:]
    told = service.ask("POST", "/api/estimate", {"input": Service.usual | {"examples": cut}})[1]["warnings"]
    done = service.wait(service.start(examples=cut, probe=["find_letter"]))
    assert done["status"] == "succeeded" and done["warnings"] == told and len(told) == 1 and "of 2 of 3 shots" in told[0], (done, told)
    search = service.ask("POST", "/predictions", {"input": {"examples": cut, "modules": 2, "search": "official", "budget": 2}})[1]
    assert search["warnings"] == told, search
    assert service.end() == 75
    folder = work / "command/cut"
    folder.mkdir(parents=True)
    (folder / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in cut))
    ended = subprocess.run(done["command"].replace("lorahub", program, 1) + " --cache cache", shell=True, cwd=folder, capture_output=True,
                           text=True, env=os.environ | {"LORAHUB_CONFIGS": configs})
    assert told[0] in ended.stderr, ended.stderr
    service = service_at("before")  # what was said is kept
    assert service.ask("GET", f"/predictions/{search['id']}")[1]["warnings"] == told
    assert service.end() == 75


def modules_that_do_not_fit():
    """They are left out, with a sentence that does not say where the library lies."""
    shutil.copytree(configs + "/library/mini/r16/find_letter", work / "spoilt/find_letter")
    shutil.copytree(configs + "/library/mini/r16/add_roman", work / "spoilt/another")
    config = work / "spoilt/another/adapter_config.json"
    config.write_text(config.read_text().replace('"r": 16', '"r": 8'))
    service = service_at("misfits", "--model", "mini", "--library", f"spoilt={work}/spoilt")
    done = service.wait(service.start())
    assert done["status"] == "succeeded", done
    assert [one["name"] for one in done["output"]["modules"]] == ["find_letter"], done
    assert len(done["output"]["left_out"]) == 1 and "another" in done["output"]["left_out"][0], done
    assert str(work) not in json.dumps(done), done
    said = by_command_line(done)
    assert said["modules"] == done["output"]["modules"] and len(said["left_out"]) == 1, said
    named = service.wait(service.start(probe=["another"]))
    assert named["status"] == "failed" and "another" in named["error"], named
    assert service.end() == 75


def turns_and_cancel():
    """A probe has its turn while a search of the same user goes on, and ends where it is called off."""
    service = service_at("turns", "--slice", "1")
    status, search = service.ask("POST", "/predictions", {"input": {"examples": ROWS, "search": "official", "budget": 1200}},
                                 Prefer="respond-async")
    until(lambda: service.ask("GET", f"/predictions/{search['id']}")[1]["progress"])
    done = service.wait(service.start())
    now = service.ask("GET", f"/predictions/{search['id']}")[1]
    assert now["status"] == "processing" and done["status"] == "succeeded", (now, done)
    assert service.ask("POST", f"/predictions/{search['id']}/cancel")[0] == 200
    probe = service.start(examples=MANY)
    until(lambda: (service.ask("GET", f"/predictions/{probe}")[1]["progress"] or {}).get("evaluation"))
    assert service.ask("POST", f"/predictions/{probe}/cancel")[0] == 200
    ended = service.wait(probe)
    assert ended["status"] == "canceled" and ended["progress"]["evaluation"] < ended["progress"]["of"] == 40, ended
    assert service.end() == 75


def ends_of_the_program():
    """SIGTERM and a kill in the middle: the probe goes on, and comes to what the command line says."""
    service = service_at("ends")
    probe = service.start(examples=MANY[:200])
    reached = 0
    for number, code in ((signal.SIGTERM, 75), (signal.SIGKILL, -9)):
        until(lambda: (service.ask("GET", f"/predictions/{probe}")[1]["progress"] or {}).get("evaluation", 0) > reached + 1)
        assert service.end(number) == code
        service = service_at("ends")
        reached = until(lambda: service.ask("GET", f"/predictions/{probe}")[1]["progress"])["evaluation"]
    done = service.wait(probe)
    assert done["status"] == "succeeded" and done["output"] == by_command_line(done), done
    assert service.end() == 75


def products(folder):
    """What the module adds to each weight, as the file's factors say."""
    import numpy
    data = (folder / "adapter_model.safetensors").read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    factors = {name: numpy.frombuffer(data[begin + one["data_offsets"][0]:begin + one["data_offsets"][1]],
                                      {"F32": "<f4", "F16": "<f2"}[one["dtype"]]).reshape(one["shape"])
               for name, one in json.loads(data[8:begin]).items() if name != "__metadata__"}
    return {name: factors[name.replace("lora_A", "lora_B")].astype(float) @ a.astype(float)
            for name, a in factors.items() if "lora_A" in name}


def maps():
    """Cosines are those of the full matrices by numpy; like modules are neighbours; the bound, the search and the cache."""
    import numpy
    library = work / "alike"
    shutil.copytree(configs + "/library/mini/r16", library)
    shutil.copytree(library / "find_letter", library / "zz_copy")
    service = service_at("maps", "--model", "mini", "--library", f"alike={library}")
    path = "/api/libraries/alike/similarity"
    status, found = service.ask("GET", path)
    names = found["modules"]
    assert status == 200 and found["left_out"] == [] and found["total"] == 41, found
    assert sorted(names) == sorted(one.parent.name for one in library.glob("*/adapter_config.json")), names
    added = [numpy.concatenate([one.ravel() for _, one in sorted(products(library / name).items())]) for name in names]
    added = numpy.array([one / numpy.linalg.norm(one) for one in added])
    difference = numpy.abs(numpy.array(found["similarity"]) - added @ added.T).max()
    assert difference < 5.1e-5, difference  # they are rounded to four digits
    assert abs(names.index("zz_copy") - names.index("find_letter")) == 1, names
    assert service.ask("GET", path)[1] == found
    two = service.ask("GET", path + "?search=ZZ_copy")[1]
    assert two["modules"] == ["zz_copy"] and two["similarity"] == [[1.0]] and two["total"] == 1, two
    assert service.ask("GET", path + "?search=nothing")[1] == {"modules": [], "similarity": [], "left_out": [], "total": 0}
    for wrong, kind in (("/api/libraries/other/similarity", "library"), (path + "?model=other", "model")):
        status, reply = service.ask("GET", wrong)
        assert status == 404 and reply["detail"].startswith(f"there is no {kind} 'other' (there are: "), reply
    shutil.copytree(library / "add_roman", library / "broken")
    (library / "broken/adapter_model.safetensors").write_bytes(b"no weights")
    for i in range(165):
        shutil.copytree(library / "add_roman", library / f"a{i:03}")
    time.sleep(3)  # a folder that has just changed is looked through again
    many = until(lambda: (lambda now: now if now["total"] > 200 else None)(service.ask("GET", path)[1]))
    assert many["total"] == 207 and len(many["modules"]) + len(many["left_out"]) == 200, (many["total"], many["left_out"])
    assert str(work) not in json.dumps(many["left_out"]), many["left_out"]
    assert service.end() == 75


for test in (maps, same_numbers, what_is_said_before, modules_that_do_not_fit, turns_and_cancel, ends_of_the_program):
    if not sys.argv[4:] or test.__name__ in sys.argv[4:]:
        began = time.time()
        test()
        print(f"{test.__name__} passed in {time.time() - began:.0f} s", flush=True)

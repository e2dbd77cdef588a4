"""The page in a real browser, with axe: page_test.py PROGRAM CONFIGS WORK [PICTURES]. It needs playwright and
axe-playwright-python, and Debian's chromium (`scripts/setup --browser`)."""
import json, os, pathlib, re, shutil, subprocess, sys, zipfile
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from running_service import Service

PICTURES = pathlib.Path(sys.argv[4]) if len(sys.argv) > 4 else None
shutil.rmtree(sys.argv[3], ignore_errors=True)
os.makedirs(sys.argv[3])
LIBRARY = sys.argv[3] + "/library"
shutil.copytree(sys.argv[2] + "/library/mini/r16", LIBRARY)
SERVICE = Service(sys.argv[1], sys.argv[2], sys.argv[3] + "/data", "--model", "mini", "--library", f"mini={LIBRARY}",
                  "--open-library", "mini")
URL = SERVICE.url
ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(URL))
WAIT = 300_000  # ms: a search on a busy machine
problems, origins = [], set()


def watch(page):
    page.on("console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.on("request", lambda r: origins.add("{0.scheme}://{0.netloc}".format(urlsplit(r.url)))
            if not r.url.startswith(("data:", "blob:")) else None)
    return page


def check_look(page, name):
    """Axe finds nothing serious and nothing sticks out, on a desktop and on a phone, in light and dark."""
    for width, scheme in ((1280, "light"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)
        out = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert out <= 0, f"{name}: the page is {out} pixels too wide at {width}"
        found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
        assert not found, f"{name} {width} {scheme}: " + json.dumps(
            [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found], indent=1)
        if PICTURES:
            page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def paste(page, box, text):
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    box.focus()
    page.keyboard.press("Control+v")


def cells(page, column):
    return [area.input_value() for area in page.locator(f"#examples textarea[name={column}]").all()]


def test_wrong_token(context):
    page = context.new_page()
    page.goto(ORIGIN + "/#token=wrong")
    expect(page.get_by_role("heading", name="Token")).to_be_visible()
    check_look(page, "token")
    page.get_by_label("Token").fill(URL.partition("#token=")[2])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Adapt the model")).to_be_visible()
    page.close()


def test_pastes(page):
    first = page.get_by_label("Input").first
    paste(page, first, "input\ttarget\na\tb\nonly one\n")
    expect(page.get_by_role("alert")).to_contain_text("Line 3 has 1 column instead of 2")
    expect(page.get_by_role("alert")).to_be_focused()
    assert first.input_value() == "input\ttarget\na\tb\nonly one\n", "a refused paste is kept as text"
    first.fill("")
    paste(page, first, '{"input": "a\\nb", "target": "c"}\n{"input": \n')
    expect(page.get_by_role("alert")).to_contain_text("Line 2 is no JSON")
    first.fill("")
    paste(page, first, 'question,answer\r\n"one,\n ""two""",x\r\nthree,y\r\n')
    assert (cells(page, "input"), cells(page, "target")) == (['one,\n "two"', "three"], ["x", "y"])
    page.get_by_role("button", name="Keep it as one text").click()
    assert cells(page, "input") == ['question,answer\n"one,\n ""two""",x\nthree,y\n']
    first.fill("")
    paste(page, first, "A sentence, with commas,\nand a second line.\n")
    assert cells(page, "input") == ["A sentence, with commas,\nand a second line.\n"]
    page.get_by_role("button", name="Add a row").first.click()
    page.get_by_role("group", name="Example 1").get_by_role("button", name="Remove").click()
    chooser = page.get_by_label("Read a file").first
    rows = [{"context": f"line 1\n  line {i} <img src=x onerror=alert(1)>", "completion": "t"} for i in range(6)]
    chooser.set_input_files({"name": "rows.jsonl", "mimeType": "text/plain",
                             "buffer": "\n".join(map(json.dumps, rows)).encode()})
    expect(page.get_by_label("Input")).to_have_count(7)  # with the empty test row
    assert cells(page, "input") == [row["context"] for row in rows]


def submit(page):
    page.get_by_role("button", name="Search the weights").click()


def test_refusals(page):
    page.get_by_text("More settings").click()
    page.locator("#seed").fill("")
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("Seed")
    page.locator("#seed").fill("1")
    expect(page.locator("#budget")).to_be_hidden()  # steps along the gradient have none
    page.get_by_label("Recommended: what did best").check()
    page.locator("#budget").fill("0")
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("budget")
    problems.clear()  # the browser logs the 422 itself
    page.locator("#budget").fill("")
    page.get_by_label("Gradient: steps along").check()


def test_module_choice(page):
    page.get_by_label("The ones that I choose").check()
    page.get_by_role("checkbox").first.check()
    expect(page.locator("#modules-note")).to_contain_text("1 chosen")
    name = page.locator("#modules-list label").nth(1).inner_text().strip()
    page.get_by_label("Search the modules").fill(name)
    expect(page.locator("#modules-note")).to_contain_text("1 chosen, ")
    page.get_by_role("checkbox", name=name, exact=True).check()
    expect(page.locator("#modules-note")).to_contain_text("2 chosen")
    check_look(page, "adapt")
    page.get_by_label("All of the library").check()


def test_adaptation(page):
    page.get_by_role("button", name="Load a sample").click()
    assert len(cells(page, "input")) >= 2 and all(cells(page, "input"))
    sample = cells(page, "input")
    submit(page)
    page.wait_for_url(re.compile("#/p/"))
    expect(page.locator("#job-plot path.course")).to_be_visible(timeout=WAIT)
    if page.get_by_role("button", name="Cancel").is_visible():
        check_look(page, "running")
    points = page.locator("#job-plot path.course").get_attribute("d").count("H")
    page.reload()
    expect(page.locator("#job-plot path.course")).to_be_visible()
    assert page.locator("#job-plot path.course").get_attribute("d").count("H") >= points, "a reload keeps the course"
    expect(page.locator("#job-state")).to_contain_text("done", timeout=WAIT)
    expect(page.get_by_role("heading", name="Did it help?")).to_be_visible()
    compared = page.locator("#compared tbody tr")
    assert compared.count() == 3 and "(the answer)" in page.locator("#compared").inner_text()
    assert page.locator("#weights svg.bar rect").count() == page.locator("#weights tbody tr").count() > 0
    assert "lorahub adapt" in page.get_by_label("Command line", exact=True).inner_text()
    assert "PeftModel" in page.get_by_label("Python", exact=True).inner_text()
    check_look(page, "done")
    page.get_by_label("Name of the new module").fill("add_roman")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_contain_text("already")
    problems.clear()  # the browser logs the 409 itself
    page.get_by_label("Name of the new module").fill("mixed")
    page.get_by_label("Task in a sentence").fill("Fruit <img src=x onerror=alert(1)>")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#publish-note")).to_contain_text("mixed is in the library")
    page.get_by_role("button", name="Copy the command line").click()
    expect(page.locator("#live")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()").startswith("lorahub adapt")
    with page.expect_download() as coming:
        page.get_by_role("button", name="adapter.zip").click()
    with zipfile.ZipFile(coming.value.path()) as archive:
        assert "adapter_config.json" in " ".join(archive.namelist())
    asked = page.evaluate("""id => fetch('/predictions/' + id, {headers: {Authorization: 'Bearer ' +
        sessionStorage.token}}).then(reply => reply.json())""", page.url.rpartition("/")[2])["input"]
    assert [row["input"] for row in asked["examples"]] == sample, "prompts arrive byte for byte"
    page.get_by_role("link", name="Adapt").click()
    expect(page.get_by_role("heading", name="Adapt the model")).to_be_focused()
    page.get_by_role("button", name="Load a sample").click()


def test_library(page):
    """Cards, an upload that is refused and one that is listed, and a module that is deleted."""
    page.get_by_role("link", name="Library").first.click()
    page.get_by_label("Search", exact=True).fill("fruit")
    page.get_by_role("button", name="mixed", exact=True).click()
    expect(page.get_by_role("heading", name="mixed")).to_be_focused()
    expect(page.get_by_label("Card of the module", exact=True)).to_contain_text("a LoRA adapter composed by lorahub")
    assert '"lorahub/mixed"' in page.get_by_label("Python that loads the module", exact=True).inner_text()
    assert not page.locator("#library img").count(), "a card is text"
    folder = pathlib.Path(sys.argv[3]) / "upload"
    shutil.copytree(LIBRARY + "/copy_comma", folder)
    (folder / "optimizer.pt").write_bytes(b"x")
    weights = bytearray((folder / "adapter_model.safetensors").read_bytes())
    (folder / "adapter_model.safetensors").write_bytes(weights[:-2] + b"\x00\x7e")  # NaN
    send = page.get_by_role("button", name="Upload and check")
    page.get_by_label("Folder of the adapter").set_input_files(folder)
    send.click()
    expect(page.get_by_role("alert")).to_contain_text("no name")
    page.get_by_label("Name of the module").fill("commas")
    send.click()
    expect(page.get_by_role("alert")).to_contain_text("NaN")
    problems.clear()  # the browser logs the 422 itself
    page.get_by_label("Search", exact=True).fill("")
    coming = page.locator("#coming-list tbody tr")
    expect(coming).to_contain_text("quarantined")
    expect(coming).to_contain_text("holds NaN")
    check_look(page, "library-open")
    (folder / "adapter_model.safetensors").write_bytes(weights)
    page.get_by_label("Folder of the adapter").set_input_files(folder)
    page.get_by_label("Name of the module").fill("commas")
    send.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#upload-note")).to_contain_text("commas was checked and is listed. Left out: optimizer.pt.")
    problems.clear()  # the browser logs the 409 of a name that is there, which is replaced
    expect(coming).to_have_count(0)
    row = page.locator("#shelf tbody tr", has=page.get_by_role("button", name="commas", exact=True))
    expect(row).to_contain_text("good, 1 self-test(s)")
    page.once("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button").click()
    page.get_by_role("button", name="Delete the module").click()
    expect(row).to_have_count(0)


def test_probe(page):
    """Each module alone on the examples: the numbers of the command line that the page shows, and what follows from them."""
    page.get_by_role("link", name="Library").click()
    page.get_by_role("link", name="Try each module on examples of mine").click()
    expect(page.get_by_role("heading", name="Which modules fit my task?")).to_be_focused()
    page.get_by_role("button", name="Try each module").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no example")
    page.get_by_role("button", name="Load a sample").click()
    examples = [area.input_value() for area in page.locator("#probe-examples textarea[name=input]").all()]
    page.locator("#probe-estimate").click()
    expect(page.locator("#probe-note")).to_have_text(re.compile(r"^It takes about .* and begins at once\.$"))
    page.get_by_role("button", name="Try each module").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#/probe/"))
    expect(page.locator("#probe-state")).to_contain_text("done", timeout=WAIT)
    page.reload()
    expect(page.get_by_role("heading", name="Modules by their loss alone")).to_be_visible()
    assert [area.input_value() for area in page.locator("#probe-examples textarea[name=input]").all()] == examples
    folder = pathlib.Path(sys.argv[3]) / "probe"
    folder.mkdir()
    rows = zip(examples, [area.input_value() for area in page.locator("#probe-examples textarea[name=target]").all()])
    (folder / "examples.jsonl").write_text("".join(json.dumps({"input": i, "target": t}) + "\n" for i, t in rows))
    command = page.get_by_label("Command line of the probe", exact=True).inner_text().replace("lorahub", os.path.abspath(sys.argv[1]), 1)
    command = command.replace("--library mini", "--library " + os.path.abspath(LIBRARY)) + " --quiet --cache cache"
    said = json.loads(subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=True,
                                     env=os.environ | {"LORAHUB_CONFIGS": os.path.abspath(sys.argv[2])}).stdout)
    best = sorted(said["modules"], key=lambda one: one["loss"])
    page.locator("#probe-rest summary").click()
    rows = page.locator("#probed tbody tr, #probed-rest tbody tr")
    shown = [[cell.inner_text() for cell in row.locator("th, td").all()] for row in rows.all()]
    number = lambda x: f"{x:.4f}".replace("-", "−")
    assert [[name, loss, less] for name, loss, less, *_ in shown] == [
        [one["name"], number(one["loss"]), number(said["base"]["loss"] - one["loss"])] for one in best], shown
    assert shown[0][4] == f"{best[0]['accuracy']:.0f}\xa0%", shown[0]
    helpful = sum(one["loss"] < said["base"]["loss"] for one in best)
    expect(page.locator("#probe-answer")).to_contain_text(f"{number(said['base']['loss'])}; {helpful} of {len(best)} modules have less")
    check_look(page, "probe")
    page.locator("#probed a").first.click()
    expect(page.get_by_role("heading", name=best[0]["name"], exact=True)).to_be_focused()
    page.go_back()
    page.get_by_role("button", name="Adapt with the best 20").click()
    expect(page.get_by_role("heading", name="Adapt the model")).to_be_focused()
    assert cells(page, "input") == examples
    names = [box.get_attribute("value") for box in page.locator("#modules-list input:checked").all()]
    assert names == [one["name"] for one in best[:20]], names
    page.get_by_role("link", name="Library").click()
    page.get_by_role("link", name="Try each module on examples of mine").click()
    many = "".join(json.dumps({"input": f"which one is a : fruit {i}", "target": "a"}) + "\n" for i in range(900))
    page.locator("#probe-examples").get_by_label("Read a file").set_input_files(
        {"name": "rows.jsonl", "mimeType": "text/plain", "buffer": many.encode()})
    page.get_by_role("button", name="Try each module").click()
    expect(page.locator("#probe-count")).to_contain_text(f"of {len(best)} modules, least loss", timeout=WAIT)
    page.get_by_role("button", name="Cancel the probe").click()
    expect(page.locator("#probe-state")).to_contain_text("canceled", timeout=WAIT)
    expect(page.get_by_role("button", name="Cancel the probe")).to_be_hidden()
    page.get_by_role("link", name="Jobs").click()
    expect(page.locator("#jobs-list tbody tr").first).to_contain_text("Probe")


def test_map(page):
    """How alike the modules are: the numbers of the service, in a picture and in a table."""
    page.get_by_role("link", name="Library").click()
    page.get_by_role("link", name="How alike the modules are").click()
    expect(page.get_by_role("heading", name="How alike are the modules?")).to_be_focused()
    expect(page.locator("#map-note")).to_contain_text("modules found.", timeout=WAIT)
    asked = """search => fetch('/api/libraries/mini/similarity?search=' + search, {headers: {Authorization: 'Bearer ' +
        sessionStorage.token}}).then(reply => reply.json())"""
    found = page.evaluate(asked, "")
    names, similarity = found["modules"], found["similarity"]
    rows = [[cell.inner_text() for cell in row.locator("th, td").all()] for row in page.locator("#map-table tbody tr").all()]
    for i, (name, nearest, cosine) in enumerate(rows):
        j = max((j for j in range(len(names)) if j != i), key=lambda j: abs(similarity[i][j]))
        assert (name, nearest, cosine.replace("−", "-")) == (names[i], names[j], f"{similarity[i][j]:.4f}"), (i, j)
    assert len(rows) == len(names) == found["total"]
    box = page.locator("#map-plot svg svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 2.5 / len(names), box["y"] + box["height"] * 0.5 / len(names))
    expect(page.locator("#map-cell")).to_contain_text(f"{names[0]} and {names[2]}: ")
    check_look(page, "map")
    page.get_by_label("Search the map").fill("letter")
    page.keyboard.press("Enter")
    expect(page.locator("#map-table tbody tr")).to_have_count(len(page.evaluate(asked, "letter")["modules"]))
    page.get_by_label("Search the map").fill("no such module")
    page.keyboard.press("Enter")
    expect(page.locator("#map-note")).to_have_text("0 modules found.")
    expect(page.locator("#map-plot")).to_be_hidden()


def test_cancel(page):
    submit(page)
    page.get_by_role("button", name="Cancel the search").click(timeout=WAIT)
    expect(page.locator("#job-state")).to_contain_text("canceled", timeout=WAIT)
    expect(page.get_by_role("button", name="Cancel the search")).to_be_hidden()


def test_lists(page):
    page.get_by_role("link", name="Library").click()
    expect(page.locator("#shelf tbody tr").first).to_be_visible()
    page.get_by_label("Search", exact=True).fill("no such module")
    expect(page.locator("#shelf-note")).to_contain_text("0 modules")
    page.get_by_label("Search", exact=True).fill("")
    expect(page.locator("#shelf tbody tr").first).to_be_visible()
    check_look(page, "library")
    page.get_by_role("link", name="Jobs").click()
    expect(page.locator("#jobs-list tbody tr").first).to_contain_text("canceled")
    check_look(page, "jobs")
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_contain_text("does not answer")
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_have_text("")
    problems[:] = [text for text in problems if "ERR_INTERNET_DISCONNECTED" not in text]
    page.locator("#jobs-list a").nth(1).click()
    expect(page.get_by_role("heading", name="Did it help?")).to_be_visible()


def test_keyboard(page):
    """The sample is loaded and the search started with keys alone."""
    page.goto(ORIGIN + "/#/")
    page.reload()
    for name in ("Load a sample", "Search the weights"):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == name:
                break
        else:
            raise AssertionError(f"Tab does not reach '{name}'")
        page.keyboard.press("Enter")
        page.wait_for_timeout(200)
    page.get_by_role("button", name="Cancel the search").click(timeout=WAIT)


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(60_000)
    expect.set_options(timeout=30_000)
    if "#token=" in URL:
        test_wrong_token(context)
    page = watch(context.new_page())
    page.goto(URL)
    expect(page.get_by_role("heading", name="Adapt the model")).to_be_visible()
    assert "token" not in page.url, "the token leaves the address bar"
    for test in (test_pastes, test_refusals, test_module_choice, test_adaptation, test_cancel, test_lists, test_library, test_probe, test_map, test_keyboard):
        test(page)
        print(test.__name__, "passed", flush=True)
    assert not problems, problems
    assert origins == {ORIGIN}, origins
    browser.close()
assert SERVICE.end() == 75
print("the page passed")

"""The try-out, the expected time and the studies in a real browser: jobs_page_test.py PROGRAM CONFIGS WORK."""
import json, os, shutil, subprocess, sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from running_service import Service

program, configs, work = sys.argv[1], sys.argv[2], Path(sys.argv[3])
shutil.rmtree(work, ignore_errors=True)
(work / "results/empty").mkdir(parents=True)
(work / "study.yaml").write_text("""question: Is it seen?
uses: {model: mini, library: mini, tasks: mini/unseen, search: cma}
set: {modules: 4, shots: 5, search.population: 10, search.budget: 40}
vary: {task: [E1_isa_letter], method: [zero_shot, lorahub], seed: [1]}
""")
for name in ("one", "two"):
    subprocess.run([program, "run", work / "study.yaml", "--out", work / "results" / name, "--threads", "1"], check=True,
                   env=os.environ | {"LORAHUB_CONFIGS": configs}, capture_output=True)
service = Service(program, configs, work / "data", "--results", str(work / "results"))
origin = f"http://127.0.0.1:{service.port}"
WAIT = 300_000  # ms
problems = []


def check_look(page, name):
    """Axe finds nothing serious and nothing sticks out, on a desktop and on a phone."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
        found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
        assert not found, (name, json.dumps([(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found], indent=1))
    page.set_viewport_size({"width": 1280, "height": 900})


def test_time_and_try_out(page):
    page.get_by_role("button", name="Load a sample").click()
    page.get_by_role("button", name="How long will it take?").click()
    expect(page.locator("#estimate-note")).to_contain_text("begins at once")
    page.get_by_role("button", name="Search the weights").click()
    expect(page.get_by_role("heading", name="Did it help?")).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Answer by the base and by the adapter").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no prompt")
    page.get_by_label("Prompt").fill("which one is a : fruit options: (A) wolf (B) plum")
    page.get_by_role("button", name="Answer by the base and by the adapter").click()
    rows = page.locator("#tryout-answers tbody tr")
    expect(rows).to_have_count(2, timeout=WAIT)
    job = page.url.split("/p/")[1]
    prompt = {"prompts": ["which one is a : fruit options: (A) wolf (B) plum"], "max_tokens": 128}
    for i, more in enumerate(({}, {"job": job})):
        given = service.ask("POST", "/predictions", {"input": prompt | more})[1]["output"]["answers"][0]
        assert rows.nth(i).locator("td").text_content() == given, (i, given)
    check_look(page, "try-out")


def test_studies(page):
    page.get_by_role("link", name="Studies").click()
    expect(page.locator("#studies-list tbody tr")).to_have_count(3)
    expect(page.locator("#studies-list")).to_contain_text("holds no journal")
    check_look(page, "studies")
    page.get_by_role("link", name="one", exact=True).click()
    expect(page.locator("#study-state")).to_contain_text("2 of 2 trials done")
    page.locator("#study-trials button").first.click()
    expect(page.locator("#trial-answers tbody tr").first).to_be_visible()
    check_look(page, "study")
    for button in ("The report, as a page", "Compare the two, as a page"):
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        assert "<!DOCTYPE html>" in Path(download.value.path()).read_text()


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    page = browser.new_context().new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=30_000)
    page.on("console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.goto(service.url)
    for test in (test_time_and_try_out, test_studies):
        test(page)
        print(test.__name__, "passed", flush=True)
    assert not problems, problems
    browser.close()
assert service.end() == 75

"""site_test.py REPOSITORY: the site is built, its links lead somewhere, and a browser needs neither scripts nor a network."""

import html.parser
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

ROOT = Path(sys.argv.pop(1)).resolve()
NOWHERE = "http://127.0.0.1:9"  # a proxy that answers nothing


def build(config, site):
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1", "http_proxy": NOWHERE, "https_proxy": NOWHERE}
    return subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "-f", config, "-d", site], env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class Page(html.parser.HTMLParser):
    """What a page links to, loads, and says where scripts do not run."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads, self.tags, self.text, self.hidden, self.article = set(), [], [], [], "", 0, 0
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids |= {values.get("id"), values.get("name")} - {None}
        self.article += tag == "article"
        if self.article:
            self.tags.append(tag)
        self.hidden += tag in ("script", "style")
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        elif tag in ("script", "img", "iframe", "source") and values.get("src"):
            self.loads.append(values["src"])
        elif tag == "link" and values.get("rel") not in ("canonical", "prev", "next"):
            self.loads.append(values["href"])

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")
        self.article -= tag == "article"

    def handle_data(self, data):
        self.text += data if self.article and not self.hidden else ""


class Site(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.site = Path(cls.folder.name) / "site"
        done = build(ROOT / "mkdocs.yml", cls.site)
        assert done.returncode == 0, done.stdout
        # 404.html is for a server: its links begin at the top.
        cls.pages = {path: Page(path) for path in cls.site.rglob("*.html") if path.name != "404.html"}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_every_link_leads_to_a_page_and_a_place_in_it(self):
        checked = 0
        for path, page in self.pages.items():
            for link in page.links + page.loads:
                parts = urlsplit(link)
                if parts.scheme or parts.netloc:
                    continue
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                target = target / "index.html" if target.is_dir() else target
                self.assertTrue(target.is_file(), f"{path.relative_to(self.site)}: {link}")
                if parts.fragment and target in self.pages:
                    self.assertIn(unquote(parts.fragment), self.pages[target].ids, f"{path.relative_to(self.site)}: {link}")
                checked += 1
        self.assertGreater(checked, 1000)

    def test_a_page_loads_nothing_from_elsewhere(self):
        for path, page in self.pages.items():
            for load in page.loads:
                self.assertFalse(urlsplit(load).scheme or urlsplit(load).netloc, f"{path}: {load}")
        for style in [*self.site.rglob("*.css"), *self.site.rglob("*.svg")]:
            self.assertNotRegex(style.read_text(), r"(url\(|xlink:href=)['\"]?(https?:)?//")

    def test_every_page_is_reached_and_read_without_scripts(self):
        home = self.site / "index.html"
        reached = {(home.parent / unquote(urlsplit(link).path)).resolve() for link in self.pages[home].links}
        for path, page in self.pages.items():
            self.assertGreater(len(page.text.split()), 40, path)
            self.assertIn(path, reached | {home})

    def test_the_site_shows_what_a_forge_shows(self):
        """Python-Markdown and CommonMark read some lists and tables in different ways."""
        markdown = MarkdownIt("commonmark").enable("table")
        for path, page in self.pages.items():
            name = path.relative_to(self.site).with_suffix(".md")
            name = "README.md" if str(name) == "index.md" else name
            source = ROOT / "docs" / name if (ROOT / "docs" / name).exists() else ROOT / name
            shown = markdown.render(source.read_text())
            for tag in ["h1", "h2", "h3", "li", "table", "tr", "pre", "img"]:
                self.assertEqual(page.tags.count(tag), len(re.findall(f"<{tag}[ >]", shown)), f"<{tag}> of {source}")


class BrokenLinks(unittest.TestCase):
    def refusal(self, line):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "docs").mkdir()
            (root / "docs/site.py").write_text((ROOT / "docs/site.py").read_text())
            (root / "notes").mkdir()
            (root / "notes/a.md").write_text("# Part one\n\n[its source](a.cpp) [home](../docs/index.md)\n")
            (root / "notes/a.cpp").write_text("")
            (root / "docs/index.md").write_text(f"# Title\n\n{line}\n")
            settings, nav = (ROOT / "mkdocs.yml").read_text().split("\nnav:\n")
            self.assertIn("README.md", nav)
            (root / "mkdocs.yml").write_text(settings + "\nnav: [Home: docs/index.md, Notes: notes/a.md]\n")
            done = build(root / "mkdocs.yml", root / "site")
            return done.returncode, done.stdout

    def test_good_links_pass(self):
        code, said = self.refusal("[notes](../notes/a.md#part-one), [source](../notes/a.cpp), [folder](../notes)")
        self.assertEqual(code, 0, said)

    def test_a_page_that_is_missing_is_refused(self):
        code, said = self.refusal("[notes](../notes/b.md)")
        self.assertEqual(code, 1)
        self.assertIn("notes/b.md", said)

    def test_a_source_that_is_missing_is_refused(self):
        self.assertEqual(self.refusal("[source](../notes/b.cpp)")[0], 1)

    def test_a_heading_that_is_missing_is_refused(self):
        code, said = self.refusal("[notes](../notes/a.md#part-two)")
        self.assertEqual(code, 1)
        self.assertIn("part-two", said)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Makes docs/images from the study of docs/first-study.md: `docs/pictures.py build/dev/lorahub`.

The terminal while it runs, its figure, and its report in a browser. Needs rich (from PyPI) and chromium; the terminal's
picture is that of one moment, so no test makes it again.
"""

import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from renew import DOCS, FENCE, ROOT, environment
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

IMAGES = DOCS / "images"
COLUMNS = 96
# rich's own format loads a font from elsewhere.
SVG = """<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg"><style>
.{unique_id}-matrix {{ font: {char_height}px monospace; line-height: {line_height}px; }}
{styles}</style><defs><clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs><rect width="{terminal_width}" height="{terminal_height}" rx="6" fill="#272822"/>
<g transform="translate(9, 14)" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def on_a_terminal(command, folder, env):
    """All that the command writes to a terminal."""
    master, slave = pty.openpty()
    os.set_blocking(master, True)
    subprocess.run(["stty", "cols", str(COLUMNS), "rows", "24"], stdin=slave, check=True)
    child = subprocess.Popen(command, cwd=folder, env=env, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    written = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the last writer has closed it
            break
        if not part:
            break
        written += part
    if child.wait():
        sys.exit(written.decode())
    return written.decode()


def terminal_picture(path, lines):
    console = Console(record=True, width=max(map(len, lines)) + 2, file=open(os.devnull, "w"))
    for line in [*lines, ""]:  # rich counts no room for the upper margin
        console.print(Text.from_ansi(line))
    path.write_text(console.export_svg(code_format=SVG, theme=MONOKAI, unique_id="terminal"))


def main():
    program = Path(sys.argv[1]).resolve()
    env = environment(program)
    study = next(fence["body"] for fence in FENCE.finditer((DOCS / "first-study.md").read_text()) if fence["file"] == "my_study.yaml")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.symlink(ROOT / "configs", folder / "configs")
        (folder / "my_study.yaml").write_text(study)
        states = re.split(r"\r\x1b\[K|\r?\n", on_a_terminal([program, "run", "my_study.yaml"], folder, env))
        bars = [state for state in states if re.search(r"\b[5-9]\d ?%", state) and len(state) < COLUMNS]
        terminal_picture(IMAGES / "run.svg", ["$ lorahub run my_study.yaml", bars[0]])
        for report in ["report.md", "report.html"]:
            subprocess.run([program, "report", "results/my_study", "--out", report], cwd=folder, env=env, check=True)
        shutil.copy(folder / "my_study.svg", IMAGES)
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=900,760",
                        f"--screenshot={IMAGES / 'report.png'}", (folder / "report.html").as_uri()], check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()

"""``python -m tests.html_picture FILE.png``: the picture of the page in the README, made from the lab's demo."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import open_lab
from tests.browser import browser
from tests.command import TODAY, scan

_WIDTH, _HEIGHT = 1280, 1390
# What is read first and the map, one below the other.
_SHORTENED = """for (const one of document.querySelectorAll('#todo, .top, .past')) one.remove();
document.querySelector('#map').style.marginTop = 0"""


def make(picture: Path) -> None:
    """Scan the demo and write the picture."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with open_lab(estate("demo"), folder / "lab", TODAY) as lab:
            scan(lab, "-o", folder / "report.html")
        with (
            browser(folder / "profile") as running,
            running.page(folder / "report.html", width=_WIDTH, height=_HEIGHT) as page,
        ):
            page.run(_SHORTENED)
            page.screenshot(picture)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m tests.html_picture FILE.png")
    make(Path(sys.argv[1]))

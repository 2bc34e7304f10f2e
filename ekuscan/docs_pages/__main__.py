"""``python -m ekuscan.docs_pages FOLDER``: writes the generated pages, and the generated parts of the others."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from ekuscan.docs_pages.pages import parts, whole
from ekuscan.docs_pages.sections import NOTICE
from ekuscan.rules.load import packaged


def write(folder: Path) -> None:
    """Write every generated page below ``folder``. Raises OSError, and ValueError for a page without its marks."""
    pages = whole(packaged())
    for path in stale(folder, pages):
        path.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    for name, fill in parts().items():
        path = folder / name
        path.write_text(fill(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def stale(folder: Path, pages: Collection[str]) -> list[Path]:
    """Pages of rows that are gone: generated ones, in the folders that have a page for each row."""
    kept = {folder / name for name in pages}
    found = (path for one in {path.parent for path in kept} - {folder} for path in sorted(one.glob("*.md")))
    return [path for path in found if path not in kept and path.read_text(encoding="utf-8").startswith(NOTICE)]


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m ekuscan.docs_pages FOLDER")
    write(Path(sys.argv[1]))

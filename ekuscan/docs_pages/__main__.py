"""``python -m ekuscan.docs_pages FOLDER``: writes the generated pages, and the generated parts of the others."""

from __future__ import annotations

import sys
from pathlib import Path

from ekuscan.docs_pages.pages import parts, whole
from ekuscan.rules.load import packaged


def write(folder: Path) -> None:
    """Write every generated page below ``folder``. Raises OSError, and ValueError for a page without its marks."""
    tables = packaged()
    for name, text in whole(tables).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    for name, fill in parts().items():
        path = folder / name
        path.write_text(fill(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m ekuscan.docs_pages FOLDER")
    write(Path(sys.argv[1]))

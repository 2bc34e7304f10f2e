"""Paragraphs of `ekuscan.explain` as Markdown, and rows of tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from textwrap import fill

from ekuscan.docs_pages.links import Places, linked
from ekuscan.explain.paragraph import Paragraph
from ekuscan.explain.words import explain
from ekuscan.rules.tables import Tables

NOTICE = "<!-- Made from the tables by `python -m ekuscan.docs_pages docs`: change the tables, not this page. -->"


def page_text(title: str, intro: str, blocks: Iterable[str]) -> str:
    """A whole page: its title, what stands on it, and the blocks with an empty line between them."""
    wrapped = fill(intro, 120, break_on_hyphens=False, break_long_words=False)
    return "\n\n".join([NOTICE, f"# {title}", wrapped, *blocks]) + "\n"


def paragraphs_of(word: str, head: str, tables: Tables) -> list[Paragraph]:
    """The paragraphs of the one row whose heading begins with ``head``, without the heading. Raises ValueError."""
    found = explain(word, tables)
    heads = [place for place, paragraph in enumerate(found) if not paragraph.label]
    for place in heads:
        if found[place].text.startswith(head):
            end = next((later for later in heads if later > place), len(found))
            return found[place + 1 : end]
    raise ValueError(f"explain has nothing that begins with {head!r} under {word!r}")


def listed(paragraphs: Sequence[Paragraph], page: str, where: Places) -> str:
    """Paragraphs as a list, those of one label together; sources become one line of links."""
    items = []
    for label, group in groupby(paragraphs, key=lambda paragraph: paragraph.label):
        texts = [paragraph.text for paragraph in group]
        if label in ("source", "page"):
            continue
        if label != " ":
            items.append(_item(label, [linked(text, label, page, where) for text in texts], page, where))
    codes = [paragraph.text.partition(":")[0] for paragraph in paragraphs if paragraph.label == "source"]
    if codes:
        items.append(f"- **Source:** {cited(codes, page, where)}")
    return "\n".join(items)


def _item(label: str, texts: list[str], page: str, where: Places) -> str:
    own_name = label in where.of["row"] or label == "ekuscan"
    shown = where.link("row", label, page) if own_name else label.capitalize()
    if len(texts) == 1 and texts[0].startswith("- "):
        return f"- **{shown}:**\n  " + _indented(texts[0])
    if len(texts) == 1:
        return f"- **{shown}:** " + _indented(texts[0])
    return f"- **{shown}:**\n" + "\n".join(f"  - {text}" for text in texts)


def _indented(text: str) -> str:
    """Further lines of a text below the item that it belongs to, lists in it apart from the paragraph before."""
    lines: list[str] = []
    for line in text.strip().split("\n"):
        if line.startswith("- ") and lines and lines[-1] and not lines[-1].startswith("- "):
            lines.append("")
        lines.append(line)
    return "\n".join(f"  {line}" if place and line else line for place, line in enumerate(lines))


def cited(codes: Iterable[str], page: str, where: Places) -> str:
    """Sources by code, as links."""
    return ", ".join(where.link("source", code, page) for code in codes)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; cells are Markdown already."""
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def code(text: str) -> str:
    """A code span."""
    return f"`{text}`"

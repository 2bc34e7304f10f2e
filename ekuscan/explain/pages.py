"""Where the documentation has a page on a row of the packed tables."""

from __future__ import annotations

from collections.abc import Iterator

from ekuscan.explain.paragraph import Paragraph
from ekuscan.rules.load import packaged
from ekuscan.rules.tables import Rule


def rule_page(id_: str) -> str:
    """The page of a packed rule, below the documentation's folder."""
    return f"rules/{id_}.md"


def use_case_page(name: str) -> str:
    """The page of a packed use case, below the documentation's folder."""
    return f"use-cases/{name}.md"


def page_of(rule: Rule) -> Iterator[Paragraph]:
    """Where a rule's page is; a site's own rule has none."""
    if any(one.id == rule.id for one in packaged().rules):
        yield Paragraph("page", f"docs/{rule_page(rule.id)}")

"""Every generated page, and the generated parts of pages that people write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ekuscan.docs_pages import discovery_page, links, policy_page, reference_pages, rule_pages
from ekuscan.explain.pages import rule_page, use_case_page
from ekuscan.rules.tables import Tables


def whole(tables: Tables) -> dict[str, str]:
    """The generated pages: file names below the documentation's folder, and their texts."""
    where = links.places(tables)
    return {
        links.RULES: rule_pages.rules(tables, where),
        **{rule_page(row.id): rule_pages.rule(row, tables, where) for row in tables.rules},
        links.USE_CASES: rule_pages.use_cases(tables, where),
        **{use_case_page(row.name): rule_pages.use_case(row, tables, where) for row in tables.use_cases.values()},
        links.VERIFIERS: rule_pages.verifiers(tables, where),
        links.SLOTS: rule_pages.slots(tables, where),
        links.SETTINGS: rule_pages.settings(tables, where),
        links.REMEDIES: rule_pages.remedies(tables, where),
        links.STEPS: rule_pages.steps(tables, where),
        links.POLICY: policy_page.text(where),
        links.QUESTIONS: reference_pages.questions(tables, where),
        links.NOTICES: reference_pages.notices(tables, where),
        links.ALERTS: reference_pages.alerts(tables, where),
        links.GLOSSARY: reference_pages.glossary(tables, where),
        links.FAR_ENDS: reference_pages.far_ends(tables, where),
        links.PORTS: reference_pages.ports(where),
        links.SOURCES: reference_pages.sources(),
    }


def parts() -> Mapping[str, Callable[[str], str]]:
    """What fills in the generated parts of pages that people write: the old text in, the new text out."""
    return {
        "discover.md": lambda text: filled(text, "records", discovery_page.records()),
        "wire.md": lambda text: filled(text, "reasons", reference_pages.reasons()),
    }


def filled(text: str, name: str, content: str) -> str:
    """A page with new content between the two comments of this name. Raises ValueError where they are not there."""
    begin, end = f"<!-- begin generated: {name} -->", f"<!-- end generated: {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"the page needs {begin} and {end}, once each")
    between = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    return between.sub(lambda _: f"{begin}\n{content}\n{end}", text)

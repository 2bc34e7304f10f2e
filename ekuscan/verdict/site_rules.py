"""The packed tables with a site's own behind them: as strictly read, and held to their own examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ekuscan.rules.site import SiteRow, read
from ekuscan.rules.tables import Rule, Tables, Verifier
from ekuscan.targets.errors import Problems
from ekuscan.verdict import examples


def with_site_rules(tables: Tables, files: Sequence[tuple[str, bytes]]) -> Tables:
    """Tables with those of a site's files, named contents, behind them.

    Raises `InvalidInput` with everything that is wrong in any of them: an unknown key, a name that is taken or not
    defined, an example that does not hold, cases that do not partition their facts.
    """
    problems = Problems()
    merged, rows = read(files, tables, problems)
    # Without a setting or a verifier that is meant, an example would say something else.
    if not any(row.built is None and row.kind in ("setting", "verifier") for row in rows):
        for row in rows:
            for sentence in _faults(row, merged):
                problems.add(row.at("example" if "example" in sentence else "case"), sentence)
    problems.raise_if_any()
    return merged


def _faults(row: SiteRow, tables: Tables) -> Iterator[str]:
    if isinstance(row.built, Rule):
        found = examples.rule_faults(row.built, tables)
    elif isinstance(row.built, Verifier):
        found = examples.verifier_faults(row.built, tables)
    else:
        return
    for sentence in found:
        yield sentence.removeprefix(f"{row.name}: ")

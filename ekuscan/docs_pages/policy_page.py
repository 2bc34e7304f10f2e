"""The page of dates, of what each CA issues, and of how long certificates may last."""

from __future__ import annotations

from collections.abc import Iterator

from ekuscan.docs_pages.links import POLICY, Places, escaped, mark
from ekuscan.docs_pages.sections import cited, code, page_text, table
from ekuscan.policy.days import spoken
from ekuscan.policy.load import Authority, DateRow, IssuanceRow, Policy, packaged

_SCOPES = {
    "programme": "Root programmes and the CA/Browser Forum",
    "validity": "How long certificates may last",
    "authority": "CAs",
    "product": "Cisco releases",
    "peer": "Services that Cisco products talk to",
}
_ISSUES = """## What each CA issues

A row holds from its day until the next one. A CA without rows of its own is judged by the general ones."""
_DEFAULTS = {"server": "serverAuth only", "both": "both EKUs", "keep": "what the present certificate has"}


def text(where: Places) -> str:
    """The page."""
    policy = packaged()
    intro = (
        f"Dated facts, as checked until {spoken(policy.checked)}. A date that was moved stays beside the one in "
        "force. `ekuscan calendar` prints those that are still to come, with the last days of your own certificates."
    )
    blocks = [
        *_dates(policy, where),
        _ISSUES,
        *(_authority(authority, policy, where) for authority in policy.authorities),
        _validity(policy, where),
    ]
    return page_text("Policy: dates and CAs", intro, blocks)


def _dates(policy: Policy, where: Places) -> Iterator[str]:
    for scope, title in _SCOPES.items():
        rows = sorted((row for row in policy.dates.values() if row.scope == scope), key=lambda row: row.day)
        if rows:
            yield f"## {title}\n\n" + "\n".join(_date(row, policy, where) for row in rows)


def _date(row: DateRow, policy: Policy, where: Places) -> str:
    lines = [f"- {mark(row.id)}**{spoken(row.day, row.precision)}** ({code(row.id)}): {escaped(row.text)}"]
    if row.superseded_by:
        later = policy.dates[row.superseded_by]
        target = where.link("date", later.id, POLICY, spoken(later.day, later.precision))
        lines.append(f"  Moved to {target}. {escaped(row.change or '')}")
    if row.conflict:
        lines.append(f"  Sources disagree: {escaped(row.conflict)}")
    if row.document:
        lines.append("  The document: " + ", ".join(where.link("answer", id_, POLICY) for id_ in row.document) + ".")
    lines.append(f"  Source: {cited(row.source, POLICY, where)}; confidence {row.confidence}.")
    return "\n".join(lines)


def _authority(authority: Authority, policy: Policy, where: Places) -> str:
    known_by = [
        f"{word} {', '.join(escaped(name) for name in names)}"
        for word, names in (
            ("roots", authority.roots),
            ("issuing organizations", authority.organizations),
            ("owners", authority.owners),
            ("hierarchy", authority.classes),
        )
        if names
    ]
    rows = (_issuance(row, policy, where) for row in authority.row)
    heads = ("From", "By default", "Both on request", "Notes", "Source")
    return (
        f"{mark('ca-' + authority.id)}\n### {escaped(authority.name)}\n\nKnown by {'; '.join(known_by)}.\n\n"
        + table(heads, rows)
    )


def _issuance(row: IssuanceRow, policy: Policy, where: Places) -> tuple[str, ...]:
    start = "always"
    if row.from_ is not None:
        date = policy.dates[row.from_]
        start = where.link("date", date.id, POLICY, spoken(date.day, date.precision))
    notes = [row.note or "", f"Sources disagree: {row.conflict}" if row.conflict else ""]
    asked = "" if row.default != "server" else "yes" if row.on_request else "no"
    source = f"{cited(row.source, POLICY, where)}; {row.confidence}"
    return start, _DEFAULTS[row.default], asked, escaped(" ".join(note for note in notes if note)), source


def _validity(policy: Policy, where: Places) -> str:
    rows = (
        (
            where.link("date", row.from_, POLICY, spoken(policy.day(row.from_))) if row.from_ else "before",
            f"{row.days} days",
            f"{cited(row.source, POLICY, where)}; {row.confidence}",
        )
        for row in policy.validity
    )
    practice = policy.practice
    below = "a day" if practice.days == 1 else f"{practice.days} days"
    told = f"CAs stay {below} below the limit ({cited(practice.source, POLICY, where)}; {practice.confidence})."
    return f"## The longest lifetime\n\n{table(('Issued from', 'At most', 'Source'), rows)}\n\n{told}"

"""The pages beside the rules: the Cisco document's questions, alerts, terms, ports, sources, failure reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ekuscan.answers import far_ends as named
from ekuscan.answers import load as answers
from ekuscan.docs_pages import links
from ekuscan.docs_pages.links import Places, escaped, mark
from ekuscan.docs_pages.sections import cited, code, listed, page_text, paragraphs_of, table
from ekuscan.notices.table import packaged as notice_table
from ekuscan.policy.days import spoken
from ekuscan.profiles.load import ROLES, Profile, ProfilePort, profile
from ekuscan.rules.tables import Tables
from ekuscan.sources import sources as all_sources
from ekuscan.wire.reasons import REASONS

_GROUPS = {
    "F": "Questions",
    "T": "Tables",
    "L": "Lists",
    "D": "The decision tree",
    "A": "Ambiguities, and what is decided",
    "U": "Unified CM, IM and Presence, Unity Connection, Emergency Responder",
}
_BLANK = re.compile(r"\{[^{}]*\}")


def questions(tables: Tables, where: Places) -> str:
    intro = (
        "What the Cisco document answers, by its own numbers; what newer sources changed; and what ekuscan's verdicts "
        "say; where it is ambiguous or contradicts itself, and what is decided. At the end: what people ask about the "
        "products of its sibling notices. `ekuscan explain F16` prints one of them."
    )
    return page_text("Questions of the Cisco document", intro, _questions(tables, where))


def _questions(tables: Tables, where: Places) -> Iterator[str]:
    group = ""
    for row in answers.packaged().answers.values():
        if row.id[0] != group:
            group = row.id[0]
            yield f"## {_GROUPS[group]}"
        body = listed(paragraphs_of(row.id, f"{row.id}: ", tables), links.QUESTIONS, where)
        yield f"{mark(row.id)}\n### {row.id}: {escaped(row.question)}\n\n{body}"


def notices(tables: Tables, where: Places) -> str:
    intro = (
        "What a scan notices beside the verdicts: no use case is judged by it, and the exit code leaves it out. The "
        "report has a section for it, JSON a list. `ekuscan explain certificate-reuse` prints one of them."
    )
    blocks = (
        f"{mark(row.id)}\n## {code(row.id)}: {escaped(row.title)}\n\n"
        + listed(paragraphs_of(row.id, f"Notice {row.id}: ", tables), links.NOTICES, where)
        for row in notice_table().kinds.values()
    )
    return page_text("Notices", intro, blocks)


def alerts(tables: Tables, where: Places) -> str:
    intro = (
        "What a TLS alert in a log, or in a report, says about a client certificate, and what it does not. "
        "`ekuscan explain 43` prints one of them."
    )
    blocks = (
        f"{mark(str(row.number))}\n## {row.number} {code(row.name)}\n\n"
        + listed(paragraphs_of(str(row.number), f"Alert {row.number} ", tables), links.ALERTS, where)
        for row in answers.packaged().alerts.values()
    )
    return page_text("TLS alerts", intro, blocks)


def glossary(tables: Tables, where: Places) -> str:
    blocks = []
    for row in answers.packaged().terms:
        spellings = f" Also: {', '.join(row.also)}." if row.also else ""
        rest = listed(paragraphs_of(row.id, f"{row.id}: ", tables), links.GLOSSARY, where)
        parts = (f"{mark(row.id)}\n## {escaped(row.id)}", escaped(row.meaning + spellings), rest)
        blocks.append("\n\n".join(part for part in parts if part))
    return page_text("Glossary", "Words of the report, of the rules and of the sources.", blocks)


def far_ends(tables: Tables, where: Places) -> str:
    intro = (
        "Peers of other makers and cloud services that are hit by the same change: what is known of each, and how it "
        "stands in a [targets file](targets.md). What a TLS stack does by default: [verifiers](verifiers.md#stacks)."
    )
    blocks = []
    for row in named.packaged():
        rest = listed(paragraphs_of(row.id, f"Far end {row.id}: ", tables), links.FAR_ENDS, where)
        blocks.append(f"{mark(row.id)}\n## {escaped(row.title)}\n\n{rest}")
    return page_text("Far ends by name", intro, blocks)


def ports(where: Places) -> str:
    intro = (
        "Which ports each role has, which certificate a port shows, whether it is documented to ask for a client "
        "certificate, and which ports are never dialled. A target without a role is tried on the dialled ports of all "
        "roles, each once, but for those that are asked only where the role is known."
    )
    heads = ("Port", "Protocol", "Service", "Slot", "If closed", "Asks for a certificate", "Dialled", "Source")
    blocks = []
    for role in ROLES:
        row = profile(role)
        names = (
            code(slot.name) + (f" (one with `{slot.same_as}` before {slot.separate_since})" if slot.same_as else "")
            for slot in row.slots
        )
        listing = table(heads, (_port(port, where) for port in row.ports)) if row.ports else "No port is dialled."
        heading = f"{mark(role)}\n## {code(role)}: {escaped(row.title)}"
        blocks.append(f"{heading}\n\nSlots: {', '.join(names)}.\n\n{_key_types(row, where)}{listing}")
    return page_text("Ports and slots by role", intro, blocks)


def _port(port: ProfilePort, where: Places) -> tuple[str, ...]:
    return (
        str(port.port),
        port.protocol,
        port.service,
        port.slot or "",
        "fine" if port.optional else "a failure",
        port.request,
        _dialled(port),
        f"{cited(port.source, links.PORTS, where)}; {port.confidence}",
    )


def _key_types(row: Profile, where: Places) -> str:
    if row.key_types is None:
        return ""
    told = f"{cited(row.key_types.source, links.PORTS, where)}; {row.key_types.confidence}"
    return f"Looked at with RSA alone and with ECDSA alone too: {escaped(row.key_types.note or '')} ({told}).\n\n"


def _dialled(port: ProfilePort) -> str:
    if port.reason is None:
        return "yes"
    return f"{'where the role is known' if port.probe else 'never'}: {escaped(port.reason)}"


def sources() -> str:
    intro = "Where the statements of the tables come from, and when each was last read. Every row names these codes."
    rows = (
        (
            f"{mark(name)}{name}",
            f"[{escaped(row.title)}]({row.url})" if row.url else escaped(row.title),
            escaped(row.revision or ""),
            spoken(row.read),
        )
        for name, row in all_sources().items()
    )
    return page_text("Sources", intro, [table(("Code", "Title", "Revision", "Read"), rows)])


def reasons() -> str:
    """The table of failure reasons, for the page about the wire."""
    rows = (
        (f"{mark(name)}{code(name)}", ", ".join(reason.stages), escaped(_BLANK.sub("…", reason.text)))
        for name, reason in REASONS.items()
    )
    return table(("Reason", "Stage", "Means"), rows)

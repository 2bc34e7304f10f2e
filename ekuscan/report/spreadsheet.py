"""The result as CSV (RFC 4180) for a spreadsheet: a row per verdict, then a row per port.

The file begins with a byte order mark: without one Excel reads UTF-8 in the code page of the machine, and the names of
half of Europe are garbled. Programs read JSON, or open the file as "utf-8-sig". A cell that a spreadsheet would take
for a formula begins with an apostrophe (OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from ekuscan.model import Certificate, Observation, Target, Verdict
from ekuscan.report.rendering import Rendering, day, eku_words, leaf_of, peer_of, request_of, said, shown_chain

COLUMNS = (
    "kind",
    "target",
    "role",
    "release",
    "cluster",
    "peer",
    "use_case",
    "title",
    "outcome",
    "now",
    "next",
    "when",
    "severity",
    "certainty",
    "confidence",
    "if_used",
    "rule",
    "text",
    "remedy",
    "remedy_until",
    "slot",
    "host",
    "port",
    "protocol",
    "status",
    "client_certificate",
    "failure",
    "subject",
    "issuer",
    "issued_by",
    "eku",
    "ends",
    "sha256",
    "line",
    "id",
    "waived_until",
    "waived_by",
    "waived_because",
)
_BYTE_ORDER_MARK = "\ufeff"
# The last four are the wide forms, which spreadsheets take for the narrow ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def render(given: Rendering) -> Iterator[str]:
    """The file in pieces; each row ends with CR LF."""
    line = io.StringIO()
    writer = csv.DictWriter(line, COLUMNS, restval="", lineterminator="\r\n")
    yield _BYTE_ORDER_MARK
    writer.writeheader()
    for row in _rows(given):
        writer.writerow({name: guarded(text) for name, text in row.items()})
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


def guarded(text: str) -> str:
    """A cell's text that no spreadsheet computes; the mark of it is one apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _rows(given: Rendering) -> Iterator[dict[str, str]]:
    run = given.run
    targets = {target.id: target for target in run.targets}
    issued = {leaf_of(run, id_): chain.hierarchy.class_ for id_, chain in reversed(tuple(run.chains.items()))}
    held = {
        sha256: {**_certificate(certificate, sha256), "issued_by": issued.get(sha256, "")}
        for sha256, certificate in run.certificates.items()
    }
    for verdict in run.verdicts:
        unknown = {"sha256": verdict.sha256 or ""}
        shown = held.get(verdict.sha256 or "", unknown)
        yield {**_box(verdict.target, targets), **_verdict(verdict, given), **shown}
    for observation in run.observations:
        leaf = leaf_of(run, shown_chain(observation))
        yield {**_box(observation.endpoint.target, targets), **_port(observation), **held.get(leaf or "", {})}


def _box(name: str, targets: Mapping[str, Target]) -> dict[str, str]:
    target = targets.get(name)
    if target is None:
        return {"target": said(name)}
    return {
        "target": said(name),
        "role": target.role,
        "release": said(target.release or ""),
        "cluster": said(target.cluster or ""),
        "line": str(target.line) if target.line is not None else "",
    }


def _verdict(verdict: Verdict, given: Rendering) -> dict[str, str]:
    remedy = verdict.remedies[0] if verdict.remedies else None
    return {
        "kind": "verdict",
        "peer": peer_of(verdict),
        "use_case": said(verdict.use_case),
        "title": given.title(verdict),
        "outcome": verdict.outcome,
        "now": verdict.now,
        "next": verdict.next,
        "when": day(verdict.when),
        "severity": verdict.severity,
        "certainty": verdict.certainty,
        "confidence": verdict.confidence,
        "if_used": "yes" if verdict.if_used else "",
        "rule": said(verdict.rule),
        "text": said(verdict.text),
        "remedy": said(remedy.text) if remedy else "",
        "remedy_until": day(remedy.until) if remedy else "",
        "slot": said(verdict.slot or ""),
        "id": said(verdict.id),
        "waived_until": verdict.waived.until.isoformat() if verdict.waived else "",
        "waived_by": said(verdict.waived.owner) if verdict.waived else "",
        "waived_because": said(verdict.waived.reason) if verdict.waived else "",
    }


def _port(observation: Observation) -> dict[str, str]:
    endpoint, failure = observation.endpoint, observation.failure
    return {
        "kind": "port",
        "slot": said(endpoint.slot or ""),
        "host": said(endpoint.host),
        "port": str(endpoint.port),
        "protocol": said(endpoint.protocol),
        "status": observation.status,
        "client_certificate": request_of(observation) if observation.sights else "",
        "failure": said(f"{failure.stage}: {failure.detail or failure.reason}") if failure else "",
        "id": said(endpoint.id),
    }


def _certificate(found: Certificate, sha256: str) -> dict[str, str]:
    return {
        "subject": said(found.subject),
        "issuer": said(found.issuer),
        "eku": eku_words(found.eku),
        "ends": day(found.not_after),
        "sha256": sha256,
    }

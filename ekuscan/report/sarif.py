"""The result as SARIF 2.1.0 (OASIS): each finding on the line of the inventory file that an engineer edits.

A finding is a verdict that is not fine, a port that was not seen, or a target that could not be judged. Its fingerprint
comes from the verdict's id, which holds neither certificate nor date: an alert stays one alert over a renewal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from ekuscan.advice import is_fine
from ekuscan.model import Observation, Problem, Run, Verdict, Waiver
from ekuscan.report import encode
from ekuscan.report.rendering import Rendering, instant, said

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "ekuscan/v1"
_LEVELS = {"breaks-now": "error", "breaks-at-renewal": "warning"}
_UNSEEN, _OPEN = "port-unseen", "not-judged"
_OWN_RULES = {
    _UNSEEN: ("A port was not seen", "Nothing is known of what it shows, so what hangs on it is not judged."),
    _OPEN: ("Not judged", "Something is not known without which no use case can be judged."),
}


def render(given: Rendering) -> Iterator[bytes]:
    """The log file, one run in it."""
    results = list(_results(given))
    ids = list(dict.fromkeys(result["ruleId"] for result in results))
    for result in results:
        result["ruleIndex"] = ids.index(result["ruleId"])
    info = given.run.run
    invocation: dict[str, Any] = {
        "executionSuccessful": info.complete,
        "startTimeUtc": instant(info.started),
        "exitCode": given.run.summary.exit,
    }
    if info.finished is not None:
        invocation["endTimeUtc"] = instant(info.finished)
    run = {
        "tool": {"driver": {"name": "ekuscan", "version": said(info.ekuscan), "rules": _rules(ids, given)}},
        "automationDetails": {"id": f"ekuscan/{quote(said(info.vantage), safe='') + '/' if info.vantage else ''}"},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"rules": info.rules, "trustData": info.trust_data, "asOf": instant(info.as_of)},
    }
    yield encode.plain({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + b"\n"


def _results(given: Rendering) -> Iterator[dict[str, Any]]:
    run = given.run
    lines = _lines(run)
    for verdict in run.verdicts:
        if not is_fine(verdict):
            yield _verdict(verdict, given, lines)
    for observation in run.observations:
        if observation.status in ("failed", "skipped"):
            yield _port(observation, run, lines)
    for problem in run.problems:
        if not problem.verdicts:
            yield _open(problem, run, lines)


def _verdict(verdict: Verdict, given: Rendering, lines: Mapping[str, int]) -> dict[str, Any]:
    used = " (if used)" if verdict.if_used else ""
    ways = [remedy.text for remedy in verdict.remedies[:1]]
    asks = [fork.question for fork in verdict.forks]
    told = " ".join(
        said(one) for one in (f"{given.title(verdict)}{used}: {verdict.outcome}.", verdict.text, *asks, *ways)
    )
    line = lines.get(verdict.connection or "", lines.get(verdict.target))
    found = _result(verdict.rule, _LEVELS.get(verdict.outcome, "note"), told, verdict.id, given.run, line)
    found["properties"] = {
        "outcome": verdict.outcome,
        "severity": verdict.severity,
        "certainty": verdict.certainty,
        "confidence": verdict.confidence,
        "useCase": said(verdict.use_case),
    }
    if verdict.waived is not None:
        found["suppressions"] = [_suppression(verdict.waived)]
    return found


def _suppression(waiver: Waiver) -> dict[str, Any]:
    """Kept in the inventory, beside what is scanned (SARIF 2.1.0, 3.35.2)."""
    told = f"{said(waiver.reason)} ({said(waiver.owner)}, until {waiver.until})"
    return {"kind": "external", "status": "accepted", "justification": told}


def _port(observation: Observation, run: Run, lines: Mapping[str, int]) -> dict[str, Any]:
    endpoint, failure = observation.endpoint, observation.failure
    why = f"{failure.stage}: {failure.detail or failure.reason}" if failure else observation.status
    told = said(f"{endpoint.id} was not seen: {why}.")
    return _result(_UNSEEN, "warning", told, f"{endpoint.id}/{_UNSEEN}", run, lines.get(endpoint.target))


def _open(problem: Problem, run: Run, lines: Mapping[str, int]) -> dict[str, Any]:
    told = f"{said(problem.title)} {said(problem.text)} {said(problem.action)}"
    name = f"{problem.target}>{problem.peer}" if problem.peer else problem.target
    return _result(_OPEN, "note", told, f"{name}/{_OPEN}/{problem.title}", run, lines.get(problem.target))


def _result(rule: str, level: str, told: str, id_: str, run: Run, line: int | None) -> dict[str, Any]:
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": said(id_), "kind": "resource"}]}
    if run.run.inventory is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": uri(run.run.inventory)},
            # What stands in no line is told at the first: without one nothing is shown.
            "region": {"startLine": max(line or 1, 1)},
        }
    fingerprint = hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "ruleId": said(rule),
        "level": level,
        "message": {"text": told},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }


def uri(path: str) -> str:
    """A path as a URI (RFC 3986): a relative one stays relative, with "/" between its parts."""
    windows = PureWindowsPath(path)
    if windows.drive:
        return "file:///" + quote(windows.as_posix(), safe="/:", errors="surrogatepass")
    posix = PurePosixPath(path)
    if posix.is_absolute():
        return "file://" + quote(str(posix), safe="/", errors="surrogatepass")
    return quote(str(PurePosixPath(path.replace("\\", "/"))), safe="/", errors="surrogatepass")


def _lines(run: Run) -> dict[str, int]:
    """The line of each target and connection that has one, by name and id."""
    found = {target.id: target.line for target in run.targets}
    found |= {connection.id: connection.line for connection in run.connections}
    return {name: line for name, line in found.items() if line is not None}


def _rules(ids: list[str], given: Rendering) -> list[dict[str, Any]]:
    known = {said(verdict.rule): verdict for verdict in reversed(given.run.verdicts)}
    return [_rule(id_, known[id_], given) if id_ in known else _own_rule(id_) for id_ in ids]


def _rule(id_: str, verdict: Verdict, given: Rendering) -> dict[str, Any]:
    title = given.title(verdict)
    sources = [f"{said(one.title)} ({said(one.url)}, read {said(one.read)})" for one in verdict.source]
    help_ = "\n".join([f"ekuscan explain {id_}", *sources])
    found: dict[str, Any] = {
        "id": id_,
        "name": id_,
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{title}: does it work with the certificates as they are, and after renewal?"},
        "help": {"text": help_},
        "properties": {"tags": ["certificates", "mutual-tls"]},
    }
    address = next((one.url for one in verdict.source if one.url.startswith("https://")), None)
    if address is not None:
        found["helpUri"] = quote(address, safe=":/?#[]@!$&'()*+,;=%~", errors="surrogatepass")
    return found


def _own_rule(id_: str) -> dict[str, Any]:
    title, told = _OWN_RULES.get(id_, (id_, id_))
    return {
        "id": id_,
        "shortDescription": {"text": title},
        "fullDescription": {"text": told},
        "help": {"text": told},
        "properties": {"tags": ["coverage"]},
    }

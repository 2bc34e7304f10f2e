"""The result as JUnit XML, which every build server draws: a suite per target, a case per verdict and per port.

A case fails where something breaks, now or at renewal; it is an error where nothing could be seen or said; it is
skipped where a fact that nobody stated decides, the use case does not exist here, or a waiver accepts it. What is fine
passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ekuscan.advice import is_fine
from ekuscan.model import Observation, Verdict
from ekuscan.record import record
from ekuscan.report.rendering import Rendering, day, instant, said

Result = Literal["failure", "error", "skipped"]
_UNSEEN = ("failed", "skipped")


@record
class _Case:
    """``result`` is None for one that passes; ``kind`` is its type attribute."""

    group: str
    name: str
    result: Result | None
    kind: str
    message: str
    text: str


def render(given: Rendering) -> Iterator[str]:
    """The document."""
    run = given.run
    cases = _cases(given)
    root = Element("testsuites", _counts("ekuscan", [case for found in cases.values() for case in found], whole=True))
    for name, found in cases.items():
        suite = SubElement(root, "testsuite", _counts(said(name), found), timestamp=instant(run.run.started)[:-1])
        for case in found:
            _add(suite, case)
    indent(root, " ")
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield tostring(root, encoding="unicode") + "\n"


def result_of(verdict: Verdict) -> Result | None:
    """How a verdict stands in a report of tests; None for one that passes."""
    if verdict.outcome == "not-applicable" or verdict.waived is not None:
        return "skipped"
    if is_fine(verdict):
        return None
    if verdict.outcome in ("breaks-now", "breaks-at-renewal"):
        return "failure"
    return "error" if verdict.outcome == "unknown" else "skipped"


def _cases(given: Rendering) -> dict[str, list[_Case]]:
    """By target; a target of which nothing is known has a suite too."""
    found: dict[str, list[_Case]] = {target.id: [] for target in given.run.targets}
    for observation in given.run.observations:
        found.setdefault(observation.endpoint.target, []).append(_port(observation))
    for verdict in given.run.verdicts:
        found.setdefault(verdict.target, []).append(_case(verdict, given))
    for problem in given.run.problems:
        if not problem.verdicts:
            open_ = _Case("open", said(problem.title), "error", "unknown", said(problem.title), said(problem.action))
            found.setdefault(problem.target, []).append(open_)
    return found


def _port(observation: Observation) -> _Case:
    failure = observation.failure
    told = f"{failure.stage}: {failure.detail or failure.reason}" if failure else observation.status
    unseen = observation.status in _UNSEEN
    kind = failure.reason if failure else observation.status
    return _Case("port", said(observation.endpoint.id), "error" if unseen else None, said(kind), said(told), "")


def _case(verdict: Verdict, given: Rendering) -> _Case:
    ends = f", from {day(verdict.when)} on" if verdict.outcome == "breaks-at-renewal" and verdict.when else ""
    waiver = verdict.waived
    accepted = f", waived until {waiver.until} by {waiver.owner}: {waiver.reason}" if waiver is not None else ""
    message = f"{given.title(verdict)}: {verdict.outcome}{ends}{accepted}"
    lines = [verdict.text, *(f"Way out: {remedy.text}" for remedy in verdict.remedies[:3])]
    lines += [f"Question: {fork.question}" for fork in verdict.forks]
    lines += [f"Source: {source.title} {source.url}" for source in verdict.source]
    text = "\n".join(said(line) for line in lines if line)
    return _Case(said(verdict.use_case), said(verdict.id), result_of(verdict), verdict.outcome, said(message), text)


def _counts(name: str, cases: Sequence[_Case], *, whole: bool = False) -> dict[str, str]:
    def count(result: Result) -> str:
        return str(sum(case.result == result for case in cases))

    counts = {"name": name, "tests": str(len(cases)), "failures": count("failure"), "errors": count("error")}
    return counts if whole else {**counts, "skipped": count("skipped")}


def _add(suite: Element, case: _Case) -> None:
    element = SubElement(suite, "testcase", classname=f"ekuscan.{case.group}", name=case.name)
    if case.result is not None:
        SubElement(element, case.result, type=case.kind, message=case.message).text = case.text or None

"""What a situation is: a targets file, the day, and the whole set of answers that it has to get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from textwrap import dedent, indent
from typing import Any

Pair = tuple[str, str]
TODAY = "2026-11-23"


@dataclass(frozen=True, slots=True)
class Expected:
    """An answer ``now`` and ``next``. ``forks``: what each value of a deciding fact gives; a fact that is a release
    names single releases, each of which has to lie in a branch that gives this; None where they are not looked at.
    ``assumed``: vendor defaults taken. ``renewal`` (the row that says what a renewal does) and ``confidence`` are
    looked at only where they are stated."""

    now: str
    next: str
    forks: Mapping[str, Mapping[str, Pair]] | None = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    if_used: bool = False
    renewal: str | None = None
    confidence: str | None = None


Shorthand = str | Pair | Expected


@dataclass(frozen=True, slots=True)
class Situation:
    """One state of an estate. ``says`` is the fact that it shows, ``ids`` the numbers of the document it answers.

    ``targets`` is the text of a targets file; ``args`` are further arguments of ``scan``. ``remedies`` and ``no_way``
    name ways out that a verdict must, or must not, offer.
    """

    says: str
    ids: tuple[str, ...]
    targets: str
    expect: Mapping[str, Shorthand]
    as_of: str = TODAY
    args: tuple[str, ...] = ("--no-assume",)
    remedies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    no_way: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The situation's name as a test id."""
        return re.sub(r"[^a-z0-9]+", "-", self.says.lower()).strip("-")


@dataclass(frozen=True, slots=True)
class Upload:
    """A certificate file judged for a role by ``inspect``. ``expect`` holds the verdicts about the upload alone, their
    ids without the target, which is the file's affair."""

    says: str
    ids: tuple[str, ...]
    file: str
    role: str
    expect: Mapping[str, Shorthand]
    settings: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    remedies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The upload's name as a test id."""
        return re.sub(r"[^a-z0-9]+", "-", self.says.lower()).strip("-")


# --- writing a situation ------------------------------------------------------------------------------------------


def inventory(boxes: str, connections: str = "", trust: str = "") -> str:
    """A targets file from the lines below ``targets:`` and ``connections:`` and a list of trust files."""
    text = "schema: ekuscan.targets/1\ntargets:\n" + indent(dedent(boxes).strip("\n"), "  ") + "\n"
    if connections:
        text += "connections:\n" + indent(dedent(connections).strip("\n"), "  ") + "\n"
    return text + (f"trust: [{trust}]\n" if trust else "")


def answer(shorthand: Shorthand) -> Expected:
    """``"ok"`` and ``("ok", "breaks")`` written out."""
    if isinstance(shorthand, Expected):
        return shorthand
    return Expected(shorthand, shorthand) if isinstance(shorthand, str) else Expected(*shorthand)


def fork(fact: str, branches: Mapping[str, str | Pair], *, unseen: bool = False) -> Expected:
    """An answer that hangs on one fact. ``unseen``: a certificate that nobody saw decides as well."""
    pairs = {value: (given, given) if isinstance(given, str) else given for value, given in branches.items()}
    open_ = "unknown" if unseen else "depends"
    now, next_ = (_common({pair[tense] for pair in pairs.values()}, open_) for tense in (0, 1))
    return Expected(now, next_, {fact: pairs})


def _common(answers: set[str], otherwise: str) -> str:
    return answers.pop() if len(answers) == 1 else otherwise


def if_used(shorthand: Shorthand) -> Expected:
    """The same where no connection says that the use case exists."""
    return replace(answer(shorthand), if_used=True)


def assuming(shorthand: Shorthand, *facts: str) -> Expected:
    """The same where it stands on a vendor's default."""
    return replace(answer(shorthand), assumed=tuple(sorted(facts)))


def renewed_by(shorthand: Shorthand, row: str) -> Expected:
    """The same, with the row that says what the renewal does."""
    return replace(answer(shorthand), renewal=row)


def believed(shorthand: Shorthand, confidence: str) -> Expected:
    """The same, with how sure its sources make it: H, M or L."""
    return replace(answer(shorthand), confidence=confidence)


def edge(name: str, https: Shorthand = "ok", browsers: Shorthand = "ok") -> dict[str, Shorthand]:
    """What every Expressway-E has: its web interface (X01), licensing (X35), and whether browsers trust it (X39)."""
    return {**core(name, https), f"{name}/browser-trust/X39": browsers}


def core(name: str, https: Shorthand = "ok") -> dict[str, Shorthand]:
    """What every Expressway has: its web interface (X01) and licensing, which asks it for no certificate (X35)."""
    return {f"{name}/https/X01": https, f"{name}/smart-licensing/X35": "ok"}


# --- comparing ----------------------------------------------------------------------------------------------------


def differences(expect: Mapping[str, Shorthand], verdicts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line for every verdict that is missing, too many, or another one than expected."""
    found = {verdict["id"]: verdict for verdict in verdicts}
    for name in sorted(expect.keys() - found.keys()):
        yield f"{name}: no such verdict"
    for name in sorted(found.keys() - expect.keys()):
        yield f"{name}: not expected, but {found[name]['now']} / {found[name]['next']}"
    for name in sorted(expect.keys() & found.keys()):
        wanted = answer(expect[name])
        got = _as_expected(found[name], wanted)
        if got != wanted:
            yield f"{name}: expected {_shown(wanted)}; found {_shown(got)}"


def _as_expected(verdict: Mapping[str, Any], wanted: Expected) -> Expected:
    forks = {
        fork["fact"]: {value: (branch["now"], branch["next"]) for value, branch in fork["values"].items()}
        for fork in verdict["forks"]
    }
    for fact, probes in (wanted.forks or {}).items():
        if fact.endswith(".release") and fact in forks:
            forks[fact] = {release: _branch_of(release, forks[fact]) for release in probes}
    renewals = [row["fact"].removeprefix("renewal ") for row in verdict["because"] if row["fact"].startswith("renewal")]
    return Expected(
        verdict["now"],
        verdict["next"],
        None if wanted.forks is None else forks,
        tuple(sorted(verdict["assumed"])),
        verdict["if_used"],
        None if wanted.renewal is None else ", ".join(renewals) or "no row",
        None if wanted.confidence is None else verdict["confidence"],
    )


def _branch_of(release: str, branches: Mapping[str, Pair]) -> Pair:
    found = [pair for label, pair in branches.items() if _within(release, label)]
    return found[0] if len(found) == 1 else (f"{len(found)} branches", "")


def _within(release: str, label: str) -> bool:
    point = _numbers(release)
    for bound in () if label == "any" else label.split():
        low = bound.startswith(">=")
        if low != (point >= _numbers(bound.lstrip("<>="))):
            return False
    return True


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", release))


def _shown(expected: Expected) -> str:
    parts = [f"{expected.now} / {expected.next}"]
    parts += [f"{fact}={dict(branches)}" for fact, branches in (expected.forks or {}).items()]
    parts += [f"assumed {', '.join(expected.assumed)}"] if expected.assumed else []
    parts += ["if used"] if expected.if_used else []
    parts += [f"renewal {expected.renewal}"] if expected.renewal is not None else []
    parts += [f"confidence {expected.confidence}"] if expected.confidence is not None else []
    return ", ".join(parts)

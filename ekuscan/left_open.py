"""What stayed open because nothing could be judged: each a problem that says what to write to settle it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ekuscan.model import Connection, Endpoint, Problem, Target
from ekuscan.profiles.load import profile
from ekuscan.rules.tables import Rule, Tables
from ekuscan.targets.address import label
from ekuscan.verdict.evaluate import slot_name
from ekuscan.verdict.judge import WIRE_CHECKS
from ekuscan.verdict.links import Sides


def open_role(target: Target, evidence: Sequence[str], endpoints: Iterable[Endpoint] = ()) -> Problem:
    """A target of which nobody knows what it is: nothing can be judged, and saying nothing would read as fine.

    ``endpoints`` are the target's; those that were named are named again where the report says how to go on.
    """
    seen = f" What it showed: {'; '.join(evidence)}." if evidence else ""
    return Problem(
        section="unknown",
        target=target.id,
        peer=None,
        slot=None,
        title="Which product is it?",
        text=f"Without its role no use case can be judged.{seen}",
        action=f"{_with_role(target, endpoints)} For any other product the role is generic.",
        when=None,
        rules=(),
        verdicts=(),
        remedy=None,
    )


def _with_role(target: Target, endpoints: Iterable[Endpoint]) -> str:
    if target.line is not None:
        return f"Write its role in line {target.line} of the targets, for example expressway-e."
    # Ports of a host that was named alone are all optional, as nobody knows which of them it has.
    given = (label(one.host) if one.optional else f"{one.protocol}://{label(one.host)}:{one.port}" for one in endpoints)
    words = list(dict.fromkeys(given)) or [target.id]
    command = " ".join(["ekuscan scan", f"'{words[0]} role=expressway-e'", *words[1:]])
    return f"Write its role behind it, for example: {command}."


def open_pairs(between: Sequence[Sides]) -> Problem:
    """Use cases between so many targets of two roles that nobody can say which they join: none of it was judged."""
    sides = between[0]
    dials, answers = sides.dials[0], sides.answers[0]
    titles = ", ".join(one.use_case.title for one in between)
    return Problem(
        section="unknown",
        target=dials.id,
        peer=None,
        slot=None,
        title=f"With {len(sides.dials) - 1} more {dials.role}: which {answers.role} does each dial?",
        text=(
            f"Not judged between {dials.role} and {answers.role}: {titles}. "
            f"{sides.pairs:,} pairs are possible, and nobody declared which there are."
        ),
        action=(
            "Give members of a cluster one name (cluster=NAME), or declare connections in a targets file: "
            f"{{use_case: {sides.use_case.name}, from: {dials.id}, to: {answers.id}}}."
        ),
        when=None,
        rules=(),
        verdicts=(),
        remedy=None,
    )


def open_connection(connection: Connection, title: str) -> Problem:
    """A connection that somebody declared and of which no rule says anything. ``title`` is that of its use case."""
    return Problem(
        section="unknown",
        target=connection.from_,
        peer=connection.to,
        slot=None,
        title=f"{title}: no rule speaks of it",
        text=f"Not judged: {title} from {connection.from_} to {connection.to}. That is not to say that it works.",
        action="Look it up in the documents of both products, and try it with a certificate that has no clientAuth.",
        when=None,
        rules=(),
        verdicts=(),
        remedy=None,
    )


def open_target(target: Target, tables: Tables, *, candidate: bool) -> Problem:
    """A target of a known role of which no rule says anything: what it would take that one does.

    A ``candidate`` is a file that somebody thinks of installing, and stands in no targets file yet.
    """
    row = profile(target.role)
    shown = tuple(dict.fromkeys(content.slot for content in target.slots if content.sha256 is not None))
    if not shown:
        title, text = "No certificate was seen", "Not judged: no port showed a certificate, and no file was given."
        action = f"Save it as a PEM file and add --slot {target.id}:{row.default_slot}=FILE."
    else:
        title = "No connection is known"
        text = f"Not judged: of role {row.role} counts whom it dials and who dials it, and of that nothing is told."
        action = _declare(target, shown, tables, candidate=candidate)
    return Problem(
        section="unknown",
        target=target.id,
        peer=None,
        slot=None,
        title=title,
        text=text,
        action=action,
        when=None,
        rules=(),
        verdicts=(),
        remedy=None,
    )


def _declare(target: Target, shown: Sequence[str], tables: Tables, *, candidate: bool) -> str:
    """What to write into a targets file so that a rule speaks of a certificate that was shown."""
    name = "NAME" if candidate else target.id
    rule = min(_rules_about(target, shown, tables), key=lambda one: _fit(target, one, tables), default=None)
    if rule is None:
        return f"Look up in the documents of {profile(target.role).title} what it needs of this certificate."
    ends = (name, "PEER") if rule.presents.as_ == "client" else ("PEER", name)
    example = f"{{use_case: {rule.use_case}, from: {ends[0]}, to: {ends[1]}}}"
    if not candidate:
        return f"Declare its connections in a targets file, for example {example}."
    box = f"{name}: {{role: {target.role}, slots: {{{shown[0]}: {target.id}}}}}"
    return f"Write {box} and its peer into a targets file, and their connection, for example {example}; then scan that."


def _rules_about(target: Target, shown: Sequence[str], tables: Tables) -> Iterator[Rule]:
    for rule in tables.rules:
        row = tables.use_cases[rule.use_case]
        joins = rule.check in WIRE_CHECKS and row.from_ and row.to and not row.rides_on
        if joins and target.role in rule.presents.roles and slot_name(rule, target.role, tables) in shown:
            yield rule


def _fit(target: Target, rule: Rule, tables: Tables) -> tuple[bool, bool]:
    """Its own use cases before those of others, and those in which it dials first: that is what the change is about."""
    return target.role not in tables.use_cases[rule.use_case].from_, rule.presents.as_ != "client"

"""Where the end that answers lists no CA above the certificate of the end that dials: a leg beside those of a use case.

A list is a hint (RFC 8446 §4.2.4, RFC 5246 §7.4.4). What it says is said beside what the other rows say of a
connection, so that it makes none of them better.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ekuscan.rules.tables import Rule, UseCase
from ekuscan.verdict.completion import Part, complete
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.facts import CA_LISTED, Variable
from ekuscan.verdict.legs import Leg, judged_slot, legs_of


def all_legs_of(estate: Estate, use_case: UseCase, checks: frozenset[str]) -> tuple[Leg, ...]:
    """Every leg of a use case whose rule has one of the checks, with those about lists of CAs at the end."""
    legs = legs_of(estate, use_case, checks)
    if not estate.seen.ca_lists:
        return legs
    return estate.derived(("all legs", use_case.name, checks), lambda: (*legs, *_listed(estate, legs, checks)))


def _listed(estate: Estate, legs: Iterable[Leg], checks: frozenset[str]) -> Iterator[Leg]:
    """One leg for who dials and who answers, whichever rows look at the certificate between them."""
    told: set[tuple[str, str]] = set()
    for leg in legs:
        ends = (leg.presents.name, leg.verifier_name)
        fact = None if ends in told else _fact(estate, leg)
        if fact is None:
            continue
        told.add(ends)
        for rule in _rules(estate, leg.use_case):
            if rule.check in checks:
                facts = {"presents.role": leg.presents.fact("role"), CA_LISTED: fact}
                # What it is about is the slot of that row; the row on lists itself holds for any slot.
                yield replace(
                    leg, rule=replace(rule, presents=leg.rule.presents), part=Part(rule, facts), experiment=None
                )


def _rules(estate: Estate, use_case: UseCase) -> Iterator[Rule]:
    """The rows about lists of CAs: a use case's own, and those of the use case that no connection has."""
    for rule in estate.tables.rules:
        shared = not estate.tables.use_cases[rule.use_case].from_
        if rule.asks_ca_list and (shared or rule.use_case == use_case.name):
            yield rule


def _fact(estate: Estate, leg: Leg) -> Variable | None:
    """That the answering end lists no CA above it; None where it does, or list or certificate was not seen."""
    dials, answers, link = leg.presents, leg.verifies, leg.link
    if dials.target is None or answers is None or link is None or link.answers != answers.name:
        return None
    if leg.rule.presents.as_ != "client" or leg.rule.check != "tls":
        return None
    accepts = estate.seen.ca_lists.get((answers.name, leg.asked_on or ""))
    slot = judged_slot(estate, leg)
    contents = [content.chain for content in dials.target.slots if content.slot == slot and content.chain is not None]
    above = {accepts.above.get(chain) for chain in contents} if accepts is not None else set()
    # Where the certificate is not shown at all, the list does not matter.
    if above != {False} or complete((leg.part,), estate.tables).now == "not-applicable":
        return None
    key = f"{dials.name}>{answers.name}/{leg.use_case.name}.ca_listed"
    return Variable(key, ("no",), "observed")

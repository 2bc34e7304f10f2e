"""Where the verifying end takes no CA above the certificate that it is shown: a leg beside those of a use case.

The end that answers may have been seen to list the CAs that it accepts. That is a hint (RFC 8446 §4.2.4, RFC 5246
§7.4.4). Or somebody told all CAs that an end trusts: that counts for who dials it, where no list was seen, and for
those whom it dials. What either says is said beside what the other rows say of a connection, so that it makes none of
them better. Where neither is known there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ekuscan.rules.tables import Rule, UseCase
from ekuscan.verdict.completion import Part, complete
from ekuscan.verdict.estate import Estate
from ekuscan.verdict.facts import CA_LISTED, CA_TRUSTED, CaList, Variable
from ekuscan.verdict.legs import Leg, judged_slot, legs_of


def all_legs_of(estate: Estate, use_case: UseCase, checks: frozenset[str]) -> tuple[Leg, ...]:
    """Every leg of a use case whose rule has one of the checks, with those about lists of CAs at the end."""
    legs = legs_of(estate, use_case, checks)
    if not estate.seen.ca_lists and not estate.seen.trusted_cas:
        return legs
    return estate.derived(("all legs", use_case.name, checks), lambda: (*legs, *_listed(estate, legs, checks)))


def _listed(estate: Estate, legs: Iterable[Leg], checks: frozenset[str]) -> Iterator[Leg]:
    """One leg for who shows a certificate to whom, whichever rows look at the certificate between them."""
    told: set[tuple[str, str, str]] = set()
    for leg in legs:
        ends = (leg.presents.name, leg.verifier_name, leg.rule.presents.as_)
        found = None if ends in told else _fact(estate, leg)
        if found is None:
            continue
        told.add(ends)
        name, fact = found
        for rule in _rules(estate, leg, name):
            if rule.check in checks:
                facts = {"presents.role": leg.presents.fact("role"), name: fact}
                # What it is about is the slot of that row; the row on lists itself holds for any slot.
                yield replace(
                    leg, rule=replace(rule, presents=leg.rule.presents), part=Part(rule, facts), experiment=None
                )


def _rules(estate: Estate, leg: Leg, fact: str) -> Iterator[Rule]:
    """The rows about a list of CAs: a use case's own, and those of the use case that no connection has."""
    for rule in estate.tables.rules:
        asks = rule.presents.as_ == leg.rule.presents.as_ and any(one.fact == fact for one in rule.applies)
        shared = not estate.tables.use_cases[rule.use_case].from_
        if asks and (shared or rule.use_case == leg.use_case.name):
            yield rule


def _fact(estate: Estate, leg: Leg) -> tuple[str, Variable] | None:
    """That the verifying end takes no CA above the certificate, and which fact that is.

    None where it does, where its list or the certificate is not known, and where it does not look at it.
    """
    if leg.presents.target is None or leg.verifies is None or leg.link is None or leg.rule.check != "tls":
        return None
    name, accepts = _list_of(estate, leg)
    if accepts is None or not _looks_at_it(estate, leg):
        return None
    slot = judged_slot(estate, leg)
    contents = [one.chain for one in leg.presents.target.slots if one.slot == slot and one.chain is not None]
    if {accepts.above.get(chain) for chain in contents} != {False}:
        return None
    key = f"{leg.presents.name}>{leg.verifier_name}/{leg.use_case.name}.{name.partition('.')[2]}"
    return name, Variable(key, ("no",), "observed" if name == CA_LISTED else "declared")


def _list_of(estate: Estate, leg: Leg) -> tuple[str, CaList | None]:
    """The list of CAs that counts: the one that was seen on the port that is dialled, else the one that was told."""
    dialled = leg.rule.presents.as_ == "client" and leg.link is not None and leg.link.answers == leg.verifier_name
    seen = estate.seen.ca_lists.get((leg.verifier_name, leg.asked_on or "")) if dialled else None
    return (CA_LISTED, seen) if seen is not None else (CA_TRUSTED, estate.seen.trusted_cas.get(leg.verifier_name))


def _looks_at_it(estate: Estate, leg: Leg) -> bool:
    """Whether the certificate is shown and, where it is that of the end that answers, certainly verified."""
    if complete((leg.part,), estate.tables).now == "not-applicable":
        return False
    if leg.rule.presents.as_ == "client":
        return leg.link is not None and leg.link.answers == leg.verifier_name
    verify = leg.part.facts.get("link.tls_verify")
    told = leg.link.settings.get("tls_verify") if leg.link is not None else None
    if told is not None:
        return told.value == "on"
    return leg.rule.presents.as_ == "server" and (verify is None or verify.values == ("on",))

"""Rows of the tables as phrases that a person reads."""

from __future__ import annotations

from collections.abc import Iterable

from ekuscan.rules.tables import Case, Condition, Rule, VerifierCase

_EKU_ANSWERS = {"checked": "checks clientAuth", "ignored": "does not check it", "undocumented": "not documented"}

# What of a certificate is no usage in its EKU.
_NEEDED = {
    "unchanged": "the very certificate that the peer was given",
    "browserTrust": "a CA that browsers trust",
    "namesPeer": "the name that the peer expects",
}


def same(word: str, *names: str) -> bool:
    """Whether a word is one of these names, in whatever case."""
    return word.lower() in (name.lower() for name in names)


def the(roles: tuple[str, ...]) -> str:
    """Roles as a person names them."""
    return "any box" if "*" in roles else " or ".join(roles)


def verifier_word(rule: Rule) -> str:
    """Who checks, in a word."""
    return {"peer": "the other end", "each-peer": "each cluster peer"}.get(rule.verifies, rule.verifies)


def ends_text(rule: Rule) -> str:
    """Who shows which certificate, and who checks it."""
    shows = {"client": "dials and shows", "server": "answers and shows", "candidate": "is to be given"}
    none = "its certificate" if rule.asks_ca_list else "nothing"
    slot = f"its {rule.presents.slot} certificate" if rule.presents.slot else none
    checked = {"browser": "browsers check it", "product": "its upload page checks it"}
    end = checked.get(rule.verifies, f"{verifier_word(rule)} checks it")
    how = {"ssh": " (SSH, no port shows it)", "message": " (inside a message, no port shows it)"}.get(rule.check, "")
    return f"{the(rule.presents.roles)} {shows[rule.presents.as_]} {slot}; {end}{how}."


def needs_text(rule: Rule) -> str:
    """What a rule needs of the certificate, in words; "" for nothing."""
    return " and ".join(_NEEDED.get(need, need) for need in rule.needs)


def verifier_answer(case: VerifierCase) -> str:
    """What a case of a verifier's row says that its product does with a certificate without clientAuth."""
    return _EKU_ANSWERS[case.client_eku]


def conditions_text(conditions: Iterable[Condition]) -> str:
    """Conditions as a person reads them, "" for none."""
    return ", ".join(f"{condition.fact} {condition.text}" for condition in conditions)


def case_text(case: Case) -> str:
    """A case of a rule as a sentence."""
    when = f"{conditions_text(case.when)}: " if case.when else ""
    if case.answer is not None:
        return f"{when}{case.answer}"
    if case.unverified:
        return f"{when}the certificate is not verified: ok"
    need = f" ({' and '.join(case.needs)} needed)" if case.needs is not None else ""
    if case.ask_verifier:
        silent = f"; where that is not documented: {case.lacking}" if case.lacking else ""
        return f"{when}a missing usage{need} is judged by the verifying end's own row{silent}"
    return f"{when}a missing usage{need} gives: {case.lacking}"


def sureness(case: Case | VerifierCase) -> str:
    """The confidence of a case that has one of its own."""
    return f" (confidence {case.confidence})" if case.confidence else ""

"""Verdicts in words: one or two sentences from the row's own texts, values and facts as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ekuscan.model import Answer
from ekuscan.record import record
from ekuscan.rules.tables import UseCase
from ekuscan.verdict.completion import Completed
from ekuscan.verdict.experiments import Experiment
from ekuscan.verdict.facts import CLIENT_AUTH, IN_TIME, SlotState, Value, Variable, release_label
from ekuscan.verdict.legs import Leg
from ekuscan.verdict.renewal import SlotView, eku_word

_EKU_TEXT: Mapping[str, str] = {
    "both": "serverAuth and clientAuth",
    "server": "serverAuth only",
    "client": "clientAuth only",
    "neither": "neither serverAuth nor clientAuth",
}


_FINE = ("ok", "not-applicable")


@record
class Way:
    """The direction that decides a composite of two, seen from the role that its row names first; what the ``other``
    direction gives by itself."""

    word: Literal["in", "out"]
    peer: str
    other: Completed

    @property
    def text(self) -> str:
        """The direction as the subject of a sentence: "the way in from Webex"."""
        return f"the way {self.word} {'from' if self.word == 'in' else 'to'} {self.peer}"

    @property
    def of_the_other(self) -> str:
        """What there is to say of the other direction: all is not down where that one works."""
        back = "out" if self.word == "in" else "in"
        if self.other.now in _FINE:
            after = {"breaks": " until the renewal", "ok": "", "not-applicable": ""}
            return f"the way {back} works{after.get(self.other.next, ' today')}"
        said = {"breaks": "is broken too", "at-risk": "is at risk too", "depends": "depends too"}
        return f"the way {back} {said.get(self.other.now, 'is not known')}"


def text(
    leg: Leg,
    completed: Completed,
    view: SlotView | None,
    composite: UseCase | None,
    way: Way | None = None,
    observed: Experiment | None = None,
) -> str:
    """Why the answer is what it is. ``observed`` is the experiment that it stands on, if it does; ``way`` is that of a
    composite of two directions."""
    sentences = []
    if composite is not None and not (completed.now in _FINE and completed.next in _FINE):
        told = f"Weakest leg: {leg.use_case.title} ({leg.rule.id})."
        if way is not None:
            told = f"{way.text[0].upper()}{way.text[1:]} decides ({leg.rule.id}); {way.of_the_other}."
        sentences.append(told)
    if completed.now == "ok" and completed.next not in ("ok", "not-applicable"):
        sentences.append(f"Works today. {view.policy_text}" if view is not None else "Works today.")
        sentences.append(f"After the renewal: {_says(leg, completed, completed.next, observed)}")
    else:
        sentences.append(_says(leg, completed, completed.now, observed))
    if observed is not None and CLIENT_AUTH in completed.lacks:
        sentences += [
            f"{who[0].upper()}{who[1:]} says otherwise; what was observed counts." for who, _ in leg.overruled()
        ]
    return " ".join(sentences)


def _says(leg: Leg, completed: Completed, answer: Answer, observed: Experiment | None) -> str:
    if IN_TIME in completed.lacks and answer == "breaks":
        return f"{leg.presents.name}'s certificate is not valid on that day."
    if observed is not None and CLIENT_AUTH in completed.lacks and answer in ("ok", "breaks"):
        return _seen(leg, observed)
    template = leg.rule.says.get(answer) or _fallback(leg, answer)
    return template.format(presents=leg.presents.name, verifies=leg.verifier_name, name=leg.expected or "the name")


def _seen(leg: Leg, observed: Experiment) -> str:
    """A row's own text speaks of what its product is known to do, not of what this box did."""
    habit = f"{leg.verifier_name} does not check clientAuth"
    if observed.client_eku == "checked":
        habit = f"{leg.presents.name} dials {leg.verifier_name} with a certificate that has no clientAuth"
    return f"{habit}. {observed.certainty.capitalize()}: {leg.verifier_name} {observed.showed}."


def _fallback(leg: Leg, answer: Answer) -> str:
    if answer == "not-applicable":
        return "The use case does not exist here."
    if answer == "unknown":
        return "The certificate that decides was not seen."
    if answer == "depends":
        breaking = leg.rule.says.get("breaks") or leg.rule.says.get("at-risk")
        return f"It depends on a fact that nobody stated; at the worst: {breaking}"
    return "The rule gives this answer."


def state_text(state: SlotState) -> str:
    """What a certificate is fit for, in words."""
    late = "" if IN_TIME in state.now else ", not in time"
    return _EKU_TEXT[eku_word(state.now)] + late


def value_text(value: Value) -> str:
    """A value as people write it; a release stands for the range of the tables that it lies in."""
    if isinstance(value, SlotState):
        return value.label
    return value if isinstance(value, str) else "from " + ".".join(map(str, value)) if value else "any"


def variable_name(variable: Variable) -> str:
    """A fact's name for a person."""
    box, found, rest = variable.key.partition(".slot:")
    if found:
        return f"{box}'s {rest.partition('@')[0]} certificate"
    return variable.name or variable.key


def branch_label(leg: Leg, variable: Variable, values: tuple[Value, ...], following: Value | None) -> str:
    """The label of a fork's branch: a setting's value, a range of releases, a kind of issuer.

    ``following`` is the first value of the next branch: where a range of releases ends.
    """
    first = values[0]
    if not isinstance(first, tuple):
        return value_text(first)
    asked = leg.verifies is not None and variable.key == f"{leg.verifies.name}.release"
    role = leg.verifies.role if asked and leg.verifies is not None else leg.presents.role
    return release_label(first, following if isinstance(following, tuple) else None, role)

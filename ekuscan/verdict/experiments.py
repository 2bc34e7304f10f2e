"""What client-certificate experiments showed of a verifying end, and what was said against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from ekuscan.model import Certainty, Fact
from ekuscan.record import record
from ekuscan.rules.tables import Verifier
from ekuscan.verdict.facts import Variable, matches


@record
class Experiment:
    """How one service of a target treats clientAuth, as it showed.

    ``client_eku`` is None where its endpoints disagree, or where it is `weighed` and too light: then nothing follows.
    ``showed`` is a predicate without its
    subject ("took a certificate without clientAuth"), ``evidence`` are the sentences that it stands on.
    """

    client_eku: Literal["checked", "ignored"] | None
    certainty: Certainty
    showed: str
    evidence: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The finding with its evidence."""
        found = f"{self.client_eku}: {self.showed}" if self.client_eku else self.showed
        return f"{found} ({' '.join(self.evidence)})" if self.evidence else found


def weighed(experiment: Experiment) -> Experiment:
    """The experiment as it counts.

    That a certificate without clientAuth seems to be taken is told and decides nothing, as long as it is not certain:
    neither a row nor what was declared gives way to it.
    """
    if experiment.client_eku != "ignored" or experiment.certainty == "observed":
        return experiment
    return replace(experiment, client_eku=None, showed=f"{experiment.showed}, which is not certain and decides nothing")


def name(box: str, service: str | None) -> str:
    """How a person reads the fact: a box may check on one port and not on another."""
    return f"{box}.client_eku on {service}"


def variable(box: str, service: str | None, experiment: Experiment) -> Variable:
    """The fact that an experiment settled. Raises ValueError where it settled none."""
    if experiment.client_eku is None:
        raise ValueError("endpoints that disagree settle nothing")
    fact = name(box, service)
    return Variable(fact, (experiment.client_eku,), experiment.certainty, name=fact, text=experiment.text)


def overruled(
    experiment: Experiment, declared: Fact | None, row: Verifier | None, facts: Mapping[str, Variable]
) -> Iterator[tuple[str, str]]:
    """Who says the opposite of what was observed ("V-EXP", "the inventory"), and what it says.

    ``facts`` are the verifying end's, by "verifies.NAME". A row contradicts where no case that may hold agrees with the
    experiment or leaves the question open.
    """
    opposite = "ignored" if experiment.client_eku == "checked" else "checked"
    if declared is not None and declared.value == opposite:
        yield "the inventory", opposite
    if row is None:
        return
    may_hold = {
        case.client_eku
        for case in row.cases
        if all(any(matches(c, value) for value in facts[f"verifies.{c.fact}"].values) for c in case.when)
    }
    if may_hold == {opposite}:
        yield row.id, opposite

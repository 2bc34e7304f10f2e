"""Two runs put together: what counts where they say different things, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ekuscan.model import Fact, Failure, Observation, Run, SlotContent, Target
from ekuscan.vantages import Merged, SameVantageError, merged
from tests import report_samples as samples

EARLY = samples.NOW
LATE = samples.NOW + timedelta(hours=1)


def seen_from(place: str | None, observations: list[Observation], targets: list[Target] | None = None) -> Run:
    whole = samples.run(targets or [], observations, {}, {})
    started = EARLY if place == "inside" else LATE
    return replace(whole, run=replace(whole.run, vantage=place, started=started, finished=started, id=f"{place}"))


def both(inside: list[Observation], dmz: list[Observation]) -> Merged:
    one, other = seen_from("inside", inside), seen_from("dmz", dmz)
    found = merged(other, one)
    assert found == merged(one, other)
    return found


@pytest.mark.parametrize("place", ["inside", None])
def test_results_from_one_place_are_refused(place: str | None) -> None:
    with pytest.raises(SameVantageError, match=r"scan --vantage NAME named two places"):
        merged(seen_from(place, []), seen_from(place, []))


def test_what_one_place_saw_counts_whichever_of_the_two_it_was() -> None:
    shown = samples.seen("box", 5061, "a" * 64, "required")
    failed = samples.unseen("box", 5061, Failure("connect", "timeout", "no answer"))
    assert both([shown], [failed]).run.observations == (shown,)
    assert both([failed], [shown]).run.observations == (shown,)


def test_of_two_failures_the_one_that_came_further_counts() -> None:
    early = samples.unseen("box", 5061, Failure("connect", "timeout", "no answer"))
    further = samples.unseen("box", 5061, Failure("hello", "closed", "it closed"))
    assert both([further], [early]).run.observations == (further,)
    untried = samples.unseen("box", 5061, None, "skipped")
    assert both([early], [untried]).run.observations == (early,)


def test_of_two_that_saw_the_same_the_later_counts_and_of_two_that_did_not_both() -> None:
    one, later = (samples.seen("box", 5061, "a" * 64, "required") for _ in range(2))
    later = replace(later, address="192.0.2.99")
    assert both([one], [later]) == replace(both([one], [later]), said=())
    assert both([one], [later]).run.observations == (later,)
    other = samples.seen("box", 5061, "b" * 64, "required")
    found = both([one], [other])
    assert [(one.endpoint.id, one.sights[0].chain) for one in found.run.observations] == [
        ("box:5061/sips", "b" * 64),
        ("box:5061/sips@inside", "a" * 64),
    ]
    assert found.said == ("box:5061/sips: showed inside something else; both are kept",)


def test_a_request_that_differs_is_a_difference_too() -> None:
    none, required = (samples.seen("box", 5061, "a" * 64, request) for request in ("none", "required"))
    assert len(both([none], [required]).run.observations) == 2


def test_a_declared_word_counts_before_a_guessed_one_and_of_two_the_later() -> None:
    declared = samples.target("box", "expressway-c", "X15.4", [], settings={"a": Fact("on", "declared")})
    guessed = samples.target("box", "expressway-e", None, [], role_from="guessed", settings={"a": Fact("x", "default")})
    found = merged(seen_from("inside", [], [declared]), seen_from("dmz", [], [guessed]))
    (target,) = found.run.targets
    assert (target.role, target.release, target.settings["a"].value, found.said) == ("expressway-c", "X15.4", "on", ())
    renamed = replace(guessed, role_from="declared", release="X15.5")
    found = merged(seen_from("inside", [], [declared]), seen_from("dmz", [], [renamed]))
    assert (found.run.targets[0].role, found.run.targets[0].release) == ("expressway-e", "X15.5")
    assert [sentence.partition(":")[0] for sentence in found.said] == ["box", "box"]


def test_a_port_counts_before_a_file_that_the_other_was_given() -> None:
    file = samples.target("box", "cucm", None, [SlotContent("tomcat", "a" * 64, "a" * 64, "file")])
    port = samples.target("box", "cucm", None, [SlotContent("tomcat", "b" * 64, "b" * 64, "port")])
    (target,) = merged(seen_from("inside", [], [file]), seen_from("dmz", [], [port])).run.targets
    assert [one.from_ for one in target.slots] == ["port"]


def test_the_whole_has_both_names_and_spans_both_times() -> None:
    info = both([], []).run.run
    assert (info.id, info.vantage, info.started, info.finished) == ("inside+dmz", "inside and dmz", EARLY, LATE)

"""The exit code and the summary, from verdicts and observations alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.exit_code import (
    BUG,
    FINE,
    FOUND,
    INCOMPLETE,
    INTERRUPTED,
    UNUSABLE,
    FailOn,
    FailOnError,
    counts_as_failure,
    parse_fail_on,
    summarize,
)
from ekuscan.model import Connection, Endpoint, EndpointStatus, Failure, Observation, Outcome, Verdict
from tests.judging import AS_OF

GRAVE: tuple[Outcome, ...] = ("breaks-now", "breaks-at-renewal", "depends", "at-risk", "unknown")


def verdict(outcome: Outcome, days: int | None = None, connection: str | None = None) -> Verdict:
    now = {"breaks-now": "breaks", "breaks-at-renewal": "ok"}.get(outcome, outcome)
    return Verdict(
        id=f"a/{outcome}/X",
        rule="X",
        use_case="https",
        part_of=None,
        connection=connection,
        target="a",
        slot="server",
        sha256=None,
        dials=None,
        answers=None,
        verifies=None,
        if_used=False,
        outcome=outcome,
        now=now,  # type: ignore[arg-type]
        next="breaks" if outcome == "breaks-at-renewal" else now,  # type: ignore[arg-type]
        when=AS_OF + timedelta(days=days) if days is not None else None,
        severity="none",
        certainty="inferred",
        confidence="H",
        text="",
    )


def seen(status: EndpointStatus, reason: str | None = None) -> Observation:
    endpoint = Endpoint("a:443/https", "a", "a", 443, "https", None, True)
    return Observation(endpoint, None, status, Failure("connect", reason, "") if reason else None, ())


def code(
    verdicts: tuple[Verdict, ...] = (),
    observations: tuple[Observation, ...] = (),
    connections: tuple[Connection, ...] = (),
    nameless: int = 0,
    fail_on: FailOn | None = None,
    complete: bool = True,
) -> int:
    found = summarize(verdicts, observations, connections, nameless, fail_on or FailOn(), AS_OF, complete=complete)
    return found.exit


def test_the_codes_are_those_that_the_help_promises() -> None:
    assert (FINE, FOUND, UNUSABLE, INCOMPLETE, BUG, INTERRUPTED) == (0, 1, 2, 3, 4, 130)


@pytest.mark.parametrize("status", ["seen", "partial", "closed"])
def test_what_was_seen_or_is_optional_is_fine(status: EndpointStatus) -> None:
    assert code((verdict("ok"), verdict("not-applicable")), (seen(status),)) == FINE


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_what_stayed_unseen_is_incomplete(status: EndpointStatus) -> None:
    assert code((verdict("ok"),), (seen("seen"), seen(status, "filtered"))) == INCOMPLETE


@pytest.mark.parametrize(
    ("origin", "expected"), [("declared", INCOMPLETE), ("imported", INCOMPLETE), ("assumed", FINE)]
)
@pytest.mark.parametrize("outcome", ["unknown", "depends"])
def test_an_open_answer_counts_on_a_connection_that_somebody_named(
    origin: str, expected: int, outcome: Outcome
) -> None:
    connection = Connection("c", "mra", "a", "b", origin=origin)  # type: ignore[arg-type]
    assert code((verdict(outcome, connection="c"),), (seen("seen"),), (connection,)) == expected


def test_a_connection_counts_once_however_many_verdicts_leave_it_open() -> None:
    connection = Connection("c", "mra", "a", "b")
    open_ = (verdict("unknown", connection="c"), verdict("depends", connection="c"))
    assert summarize(open_, (), (connection,), 2, FailOn(), AS_OF).undecided == 3


def test_a_target_without_a_role_is_undecided() -> None:
    assert code((), (seen("seen"),), nameless=1) == INCOMPLETE


def test_a_break_counts_more_than_what_stayed_unseen() -> None:
    assert code((verdict("breaks-now"),), (seen("failed", "filtered"),), nameless=1) == FOUND


def test_a_fault_of_ours_counts_more_than_what_was_found() -> None:
    assert code((verdict("breaks-now"),), (seen("failed", "internal-error"),)) == BUG


def test_an_interruption_counts_more_than_everything() -> None:
    faults = (seen("failed", "internal-error"), seen("skipped", "interrupted"))
    assert code((verdict("breaks-now"),), faults, complete=False) == INTERRUPTED


def test_the_summary_counts_each_outcome_and_each_state() -> None:
    verdicts = (verdict("ok"), verdict("ok"), verdict("at-risk"))
    found = summarize(
        verdicts, [seen("seen"), seen("closed", "refused"), seen("closed", "filtered")], (), 0, FailOn(), AS_OF
    )
    assert found.outcomes == {"ok": 2, "at-risk": 1}
    assert (found.endpoints.seen, found.endpoints.closed, found.endpoints.failed) == (1, 2, 0)


def test_the_whole_of_a_connection_of_clusters_is_not_counted_besides_its_pairs() -> None:
    pairs = tuple(replace(verdict("breaks-now"), id=f"c1>e{number}/mra/MRA") for number in (1, 2))
    whole = replace(pairs[0], id="c1>edge/mra/PAIRS")
    found, alone = (summarize(verdicts, (), (), 0, FailOn(), AS_OF) for verdicts in ((*pairs, whole), pairs))
    assert found == alone
    assert found.outcomes == {"breaks-now": 2}


# --- the threshold ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("place", "threshold"), list(enumerate(GRAVE)))
def test_a_threshold_takes_its_outcome_and_every_graver_one(place: int, threshold: Outcome) -> None:
    taken = [
        outcome for outcome in get_args(Outcome) if counts_as_failure(verdict(outcome, 0), FailOn(threshold), AS_OF)
    ]
    assert set(taken) == set(GRAVE[: place + 1])


@pytest.mark.parametrize(("days", "counts"), [(44, True), (45, True), (46, False), (None, True)])
def test_days_limit_what_breaks_later(days: int | None, counts: bool) -> None:
    threshold = FailOn("breaks-at-renewal", 45)
    assert counts_as_failure(verdict("breaks-at-renewal", days), threshold, AS_OF) == counts
    assert counts_as_failure(verdict("breaks-now", days), threshold, AS_OF)


@given(outcome=st.sampled_from(GRAVE), days=st.none() | st.integers(0, 99_999))
def test_what_a_threshold_says_is_read_back(outcome: Outcome, days: int | None) -> None:
    assert parse_fail_on(outcome if days is None else f"{outcome}:{days}") == FailOn(outcome, days)


@given(st.text(max_size=40))
def test_any_other_text_is_refused_with_what_would_be_right(text: str) -> None:
    if text.partition(":")[0] not in GRAVE:
        with pytest.raises(FailOnError, match=r"(?s)^--fail-on: found .*; write one of "):
            parse_fail_on(text)


@pytest.mark.parametrize(
    "text", ["", "ok", "not-applicable", "breaks", "breaks-now:", "breaks-now:1.5", "breaks-now:²"]
)
def test_near_misses_are_refused(text: str) -> None:
    with pytest.raises(FailOnError):
        parse_fail_on(text)

"""Results that are there already: where they are found, and two of them put together."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ekuscan import __version__
from ekuscan.advice import is_fine
from ekuscan.assessment import ChainBook
from ekuscan.cli.knowledge import LARGEST_RESULT, readable
from ekuscan.cli.log import tell
from ekuscan.cli.refusal import UsageError
from ekuscan.exit_code import FailOn
from ekuscan.model import RulesVersion, Run
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.rejudge import CannotJudgeError, judged_again
from ekuscan.report.saved import SavedResultError, in_lines, read_result
from ekuscan.run import Knowledge, Options
from ekuscan.trust import TrustStore
from ekuscan.vantages import SameVantageError, merged

STDIN = "-"
_RESULTS = (".json", ".jsonl", ".ndjson")


@record
class Judge:
    """By what a result is judged that needs it: one in lines, which holds no problems, and two put together."""

    knowledge: Knowledge
    trust_data: Path | None
    warn_days: int
    assume: bool
    fail_on: FailOn

    def __call__(self, run: Run) -> Run:
        """The run judged by the tables of today, with the trust data of then. Raises `CannotJudgeError`."""
        options = Options(run.run.as_of, self.warn_days, self.assume, fail_on=self.fail_on)
        with TrustStore.open(self.trust_data) as store:
            found = judged_again(run, self.knowledge, ChainBook(store), options)
        tables = self.knowledge.tables
        info = replace(found.run, ekuscan=__version__, rules=RulesVersion(tables.date, tables.sha256))
        return replace(found, run=info)


def is_file(name: str) -> bool:
    """Whether a name is that of a saved result, and not of a run of the history."""
    return Path(name).suffix.lower() in _RESULTS or "/" in name or Path(name).is_file()


def open_result(text: str, judge: Judge, history: str | None = None) -> Run:
    """The result that a person names: a file, - for standard input, or a run of the history. Raises `UsageError`."""
    if text != STDIN and not is_file(text):
        from ekuscan.cli.named_run import named_run

        return named_run(text, history, judge.knowledge, judge.trust_data)
    name = "standard input" if text == STDIN else printable(text, 300)
    data = sys.stdin.buffer.read(LARGEST_RESULT + 1) if text == STDIN else readable(Path(text), LARGEST_RESULT)
    if len(data) > LARGEST_RESULT:
        raise UsageError(f"{name}: found more than {LARGEST_RESULT >> 20} MiB; scan fewer targets into one result")
    try:
        run = read_result(data)
        return _with_problems(run, judge) if in_lines(data) else run
    except (SavedResultError, CannotJudgeError) as error:
        raise UsageError(f"{name}: {error}") from None


def _with_problems(run: Run, judge: Callable[[Run], Run]) -> Run:
    """A result in lines with what its verdicts mean for a person."""
    if all(is_fine(verdict) for verdict in run.verdicts) and run.summary.exit == 0:
        return run
    anew = judge(run)
    if {(one.id, one.outcome) for one in anew.verdicts} == {(one.id, one.outcome) for one in run.verdicts}:
        return replace(run, problems=anew.problems, plan=anew.plan, remedy_work=anew.remedy_work)
    told = "judged again by the tables of today, which give other verdicts than those of"
    tell(f"{told} {printable(run.run.rules.date, 40)}")
    return anew


def in_one(runs: Sequence[Run], judge: Callable[[Run], Run]) -> Run:
    """One result as it is; two as if one scan had seen all that they saw. Raises `UsageError`."""
    if len(runs) == 1:
        return runs[0]
    try:
        both = merged(*runs)
        found = judge(both.run)
    except (SameVantageError, CannotJudgeError) as error:
        raise UsageError(str(error)) from None
    for sentence in both.said:
        tell(printable(sentence, 500))
    return found

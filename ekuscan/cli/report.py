"""``ekuscan report``: a result that is there already, in any format; nothing is scanned."""

from __future__ import annotations

from pathlib import Path

from ekuscan.cli.knowledge import knowledge
from ekuscan.cli.output import Look, Outputs, refused
from ekuscan.cli.refusal import UsageError, refuse
from ekuscan.cli.results import STDIN, Judge, in_one, open_result
from ekuscan.exit_code import FINE, FailOnError, parse_fail_on
from ekuscan.record import record
from ekuscan.targets.errors import InvalidInput
from ekuscan.trust import TrustStoreError

_USUAL = "table"


@record
class ReportRequest:
    """The command line of ``report`` as it was typed. ``to`` is None where no format was named."""

    results: tuple[str, ...]
    to: str | None = None
    outputs: tuple[Path, ...] = ()
    redact: bool = False
    verbose: bool = False
    warn_days: int = 45
    assume: bool = True
    fail_on: str = "breaks-now"
    rules: tuple[Path, ...] = ()
    trust_data: Path | None = None
    color: str = "auto"
    history: str | None = None


def report(request: ReportRequest) -> int:
    """Write a result, or two that are put together; returns the exit code."""
    try:
        _check(request)
        known = knowledge(request.rules)
        judge = Judge(known, request.trust_data, request.warn_days, request.assume, parse_fail_on(request.fail_on))
        run = in_one([open_result(text, judge, request.history) for text in request.results], judge)
        outputs = _outputs(request)
    except (UsageError, InvalidInput, TrustStoreError, FailOnError) as error:
        return refused(error, request.to or "")
    outputs.finish(run, known.tables, run.run.as_of)
    try:
        outputs.close()
    except UsageError as error:
        return outputs.exit_code(refuse(error))
    return outputs.exit_code(FINE)


def _check(request: ReportRequest) -> None:
    """Raise `UsageError` for what no result is made of."""
    if len(request.results) > 2:
        raise UsageError("two results at most are put together: one from each side, such as inside and dmz")
    if request.results.count(STDIN) > 1:
        raise UsageError("standard input holds one result; name a file for the other")


def _outputs(request: ReportRequest) -> Outputs:
    """Standard output where no file is named; else the files alone, --to being the format of those whose ending says
    none. Raises `UsageError`."""
    look = Look(request.verbose, request.color, request.redact)
    if not request.outputs:
        found = Outputs(request.to or _USUAL, (), look, live=False)
    else:
        found = Outputs(None, request.outputs, look, live=False, otherwise=request.to)
    if request.to is not None and request.to not in found.formats:
        named = ", ".join(dict.fromkeys(found.formats))
        raise UsageError(f"--to {request.to}: the files named with -o are {named}; leave --to out or name another file")
    if request.redact and found.formats != ("bundle",):
        raise UsageError("--redact: names are left out of a bundle alone; add --to bundle -o case.zip")
    return found

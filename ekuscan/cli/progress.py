"""Progress on standard error, only where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ekuscan.names import printable


@contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar over ``total`` endpoints; call the result with the name of each one that ended."""
    if total < 2 or not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[name]}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, name="")

        def ended(name: str) -> None:
            bar.update(task, advance=1, name=printable(name, 40))

        yield ended

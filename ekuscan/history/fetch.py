"""Rows of a history on their way to records: in chunks, so that no run is held as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from ekuscan.history import contents
from ekuscan.history.errors import HistoryError
from ekuscan.history.runs import StoredRun
from ekuscan.history.schema import CERTIFICATES
from ekuscan.model import Endpoint, Inventory, Observation
from ekuscan.record import record

AT_ONCE: Final = 500


@record
class Sighted:
    """An observation as it is stored. ``last`` is the place of the last run that saw it so, ``times`` are of then."""

    name: str
    last: int
    times: str
    data: bytes


class Certificates:
    """The certificates that contents name, fetched as they come up."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.known: dict[str, bytes] = {}

    def load(self, data: Iterable[bytes]) -> None:
        """Have those that these contents name; others are let go, or an estate's would all be held in the end."""
        wanted = {name for one in data for name in contents.certificates_of(one)}
        self.known = {name: der for name, der in self.known.items() if name in wanted}
        missing = sorted(wanted - self.known.keys())
        for start in range(0, len(missing), AT_ONCE):
            part = CERTIFICATES.c.sha256.in_(missing[start : start + AT_ONCE])
            for row in self._connection.execute(select(CERTIFICATES).where(part)):
                self.known[row.sha256] = bytes(row.der)


@contextmanager
def stream(connection: Connection, wanted: Select[Any]) -> Iterator[Iterator[Row[Any]]]:
    """The rows of a question, without having the database hand over all of them at once."""
    with connection.execute(wanted, execution_options={"yield_per": AT_ONCE}) as rows:
        yield iter(rows)


def chunks(rows: Iterator[Row[Any]]) -> Iterator[list[Row[Any]]]:
    while chunk := list(islice(rows, AT_ONCE)):
        yield chunk


def by_id(inventory: Inventory) -> dict[str, Endpoint]:
    return {endpoint.id: endpoint for endpoint in inventory.endpoints}


def shown(run: StoredRun, endpoints: Mapping[str, Endpoint], one: Sighted, ders: Mapping[str, bytes]) -> Observation:
    """The observation of a run; when its sights began is known of the last run that saw it so."""
    endpoint = endpoints.get(one.name)
    if endpoint is None:
        raise HistoryError(f"is damaged: {one.name} is not in the inventory of run {run.id}")
    times = contents.times(one.times)
    if one.last != run.place:
        times = [(run.info.started, seconds) for _, seconds in times]
    return contents.observation(endpoint, one.data, times, ders)

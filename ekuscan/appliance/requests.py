"""What is asked of which product, by the rows of ``requests.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ekuscan import toml
from ekuscan.model import Confidence, Endpoint, RoleName, Target
from ekuscan.record import record

Gives = Literal["release", "zones", "server-certificate"]


@record
class ProductRow:
    """A product whose API can be asked. ``challenge`` is None where it is not known how it asks for a log-in."""

    name: str
    roles: tuple[RoleName, ...]
    services: tuple[str, ...]
    source: tuple[str, ...]
    confidence: Confidence
    challenge: str | None = None
    note: str | None = None


@record
class RequestRow:
    """One GET. ``use_case`` and ``dialled_by`` are those of the zones that it gives; no ``roles`` means all."""

    product: str
    path: str
    gives: Gives
    source: tuple[str, ...]
    confidence: Confidence
    roles: tuple[RoleName, ...] = ()
    use_case: str = ""
    dialled_by: Literal["this", "peer", "either"] = "this"
    note: str | None = None


@record
class RequestTable:
    """The rows, and the day on which they were checked."""

    checked: str
    products: tuple[ProductRow, ...]
    requests: tuple[RequestRow, ...]


@cache
def request_table() -> RequestTable:
    """The table, parsed once."""
    table = toml.loads(Path(__file__).with_name("requests.toml").read_text(encoding="utf-8"))
    return RequestTable(
        checked=table["checked"],
        products=tuple(ProductRow(**_with_tuples(row)) for row in table["product"]),
        requests=tuple(RequestRow(**_with_tuples(row)) for row in table["request"]),
    )


def roles_with_api() -> tuple[RoleName, ...]:
    """The roles that have an API to log in to."""
    return tuple(role for product in request_table().products for role in product.roles)


def product_of(role: RoleName) -> ProductRow | None:
    """The product whose API a role has, None where it has none."""
    return next((product for product in request_table().products if role in product.roles), None)


def requests_for(role: RoleName) -> tuple[RequestRow, ...]:
    """What is asked of a box of this role, in order."""
    product = product_of(role)
    rows = request_table().requests if product is not None else ()
    return tuple(
        row for row in rows if product is not None and row.product == product.name and role in (row.roles or (role,))
    )


def api_endpoints(target: Target, endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """The endpoints of a target at which its API may be found, the likeliest first."""
    product = product_of(target.role)
    services = product.services if product is not None else ()
    own = [endpoint for endpoint in endpoints if endpoint.target == target.id]
    return tuple(endpoint for service in services for endpoint in own if endpoint.service == service)


def _with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}

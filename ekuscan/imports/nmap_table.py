"""What nmap's words for a service mean, by the rows of ``nmap.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ekuscan.model import Banner, Confidence, RoleName
from ekuscan.record import record
from ekuscan.sources import cited
from ekuscan.table_rows import build, only_keys, read_table, rows_of
from ekuscan.wire.banner import UNKNOWN_PRODUCT, identify

_FILE = Path(__file__).with_name("nmap.toml")


@record
class ProductRow:
    """A product by nmap's name for it, and the banner behind that name."""

    product: str
    banner: str
    source: tuple[str, ...]
    confidence: Confidence
    note: str | None = None


@record
class RoleRow:
    """A product of nmap's that is one role only."""

    product: str
    role: RoleName
    source: tuple[str, ...]
    confidence: Confidence
    note: str | None = None


@record
class NmapTable:
    """The rows, and the day on which they were checked."""

    checked: str
    products: tuple[ProductRow, ...]
    roles: tuple[RoleRow, ...]


@cache
def nmap_table() -> NmapTable:
    """The table, parsed once. Raises `TableError`."""
    table = read_table(_FILE)
    only_keys(_FILE.name, table, ["checked", "product", "role"])
    found = NmapTable(
        table["checked"],
        tuple(build(ProductRow, _FILE.name, row, row.get("product")) for row in rows_of(_FILE.name, table, "product")),
        tuple(build(RoleRow, _FILE.name, row, row.get("product")) for row in rows_of(_FILE.name, table, "role")),
    )
    for product in found.products:
        cited(f"{_FILE.name}: {product.product}", product.source)
    for role in found.roles:
        cited(f"{_FILE.name}: {role.product}", role.source)
    return found


def banner_of(product: str, version: str, extra: str) -> Banner | None:
    """The banner that nmap read, None where its product is none that is known here.

    ``extra`` are nmap's further words, which stand in brackets in its own report ("IOS 17.12.4").
    """
    for row in nmap_table().products:
        match = re.fullmatch(row.product, product)
        if match is not None:
            blanks = {"number": match[1] if match.re.groups else "", "version": version, "extra": _hyphened(extra)}
            found = identify(row.banner.format_map(blanks))
            return found if found.product != UNKNOWN_PRODUCT else None
    return None


def roles_of(products: Iterable[str]) -> tuple[RoleName, ...]:
    """The roles that products of nmap's stand for, each once."""
    rows = nmap_table().roles
    return tuple(dict.fromkeys(row.role for product in products for row in rows if re.fullmatch(row.product, product)))


def _hyphened(extra: str) -> str:
    return extra.replace("IOS ", "IOS-", 1)

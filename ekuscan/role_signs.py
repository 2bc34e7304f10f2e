"""What banners and open ports are signs of, by the rows of ``guess.toml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ekuscan import toml
from ekuscan.model import Banner, Certificate, Confidence, RoleName
from ekuscan.profiles.load import profile
from ekuscan.record import record


@record
class ProductRow:
    """A product family as banners name it, and the roles that write such a banner."""

    name: str
    title: str
    roles: tuple[RoleName, ...]
    confidence: Confidence
    source: tuple[str, ...]
    note: str | None = None


@record
class PatternRow:
    """Ports that tell a role, alone or together with a product's banner."""

    role: RoleName
    confidence: Confidence
    source: tuple[str, ...]
    says: str
    product: str | None = None
    all_open: tuple[int, ...] = ()
    any_open: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()


@record
class CertificateRow:
    """Names by which a product's own certificate is known; ``says`` is what such a certificate is."""

    product: str
    pattern: re.Pattern[str]
    seen: tuple[str, ...]
    says: str
    confidence: Confidence
    source: tuple[str, ...]
    note: str | None = None


@record
class GuessTable:
    """The rows of ``guess.toml``."""

    products: tuple[ProductRow, ...]
    certificates: tuple[CertificateRow, ...]
    patterns: tuple[PatternRow, ...]


@record
class Ports:
    """TCP ports of a box: those that showed TLS, those that refused the connection.

    ``besides`` are ports that answered and are in no pattern, as they are told: "3478/dtls", "22/ssh".
    """

    open: frozenset[int]
    refused: frozenset[int]
    besides: tuple[str, ...] = ()


@cache
def guess_table() -> GuessTable:
    """The table, parsed once."""
    table = toml.loads(Path(__file__).with_name("guess.toml").read_text(encoding="utf-8"))
    return GuessTable(
        products=tuple(ProductRow(**_with_tuples(row)) for row in table["product"]),
        certificates=tuple(
            CertificateRow(**{**_with_tuples(row), "pattern": re.compile(row["pattern"])})
            for row in table["certificate"]
        ),
        patterns=tuple(PatternRow(**_with_tuples(row)) for row in table["pattern"]),
    )


def factory_certificate(certificate: Certificate) -> CertificateRow | None:
    """The row of a certificate that a product made for itself and nobody has replaced, None for all others."""
    names = (certificate.subject, certificate.issuer)
    return next((row for row in guess_table().certificates if any(row.pattern.search(name) for name in names)), None)


def products_of(banners: Sequence[Banner]) -> list[ProductRow]:
    """The products that banners name, in the table's order."""
    return [row for row in guess_table().products if any(banner.product == row.name for banner in banners)]


def role_of(banners: Sequence[Banner], ports: Ports) -> tuple[RoleName | None, Confidence | None, list[str]]:
    """The role that banners and ports settle, None where several fit or none; how surely, and why as sentences."""
    products = products_of(banners)
    product = products[0] if len(products) == 1 else None
    if product is not None and len(product.roles) == 1:
        return product.roles[0], product.confidence, []
    if len(products) > 1:
        return None, None, []
    name = product.name if product else None
    rows = [row for row in guess_table().patterns if row.product == name and _matches(row, ports)]
    if not rows:
        return None, None, [_undecided(product, bool(banners), ports)]
    best = min(rows, key=lambda row: "HML".index(row.confidence))
    if len({row.role for row in rows}) > 1:
        return None, None, [f"ports fit several roles: {', '.join(dict.fromkeys(row.role for row in rows))}"]
    return best.role, best.confidence, [f"{_shown_ports(best, ports)}: {best.says}"]


def release_of(banners: Sequence[Banner], product: ProductRow) -> tuple[str | None, list[str]]:
    """The most exact release in which a product's banners agree, 14.0.1 where others say 14.0, or why there is none."""
    releases = sorted({one.release for one in banners if one.release and one.product == product.name}, key=len)
    if not releases:
        return None, []
    exact = releases[-1]
    if all(exact == text or (exact.startswith(text) and not exact[len(text)].isdigit()) for text in releases):
        return exact, []
    return None, [f"the banners name several releases: {', '.join(releases)}"]


def _matches(row: PatternRow, ports: Ports) -> bool:
    return (
        ports.open.issuperset(row.all_open)
        and (not row.any_open or not ports.open.isdisjoint(row.any_open))
        and ports.refused.issuperset(row.refused)
    )


def _shown_ports(row: PatternRow, ports: Ports) -> str:
    open_ = sorted(ports.open & {*row.all_open, *row.any_open})
    text = f"{_numbers(open_)} open"
    return f"{text}, {_numbers(row.refused)} refused" if row.refused else text


def _undecided(product: ProductRow | None, any_banner: bool, ports: Ports) -> str:
    answered: list[int | str] = [*sorted(ports.open), *ports.besides]
    seen = f"{_numbers(answered)} open" if answered else "no port open"
    if product is not None:
        return f"{seen}: {' or '.join(profile(role).title for role in product.roles)}, which of them stays open"
    lacking = "no banner that names a product" if any_banner else "no banner"
    return f"{seen}, {lacking}: the role stays open"


def _numbers(ports: Sequence[int | str]) -> str:
    words = [str(port) for port in ports]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _with_tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}

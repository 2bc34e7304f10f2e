"""What a SIP Server or User-Agent header, or the realm of an HTTP server, tells, by the rows of ``banners.toml``."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from ekuscan import names, toml
from ekuscan.model import Banner, Confidence
from ekuscan.record import record

MAX_RAW: Final = 200
UNKNOWN_PRODUCT: Final = "other"


@record
class BannerRow:
    """A row of the table. ``release`` is the group of the pattern that holds the release, None where none does."""

    product: str
    pattern: re.Pattern[str]
    seen: tuple[str, ...]
    source: str
    confidence: Confidence
    release: int | None = None
    note: str | None = None


@cache
def banner_rows() -> tuple[BannerRow, ...]:
    """The rows in the order in which they are tried."""
    return _rows("banner")


@cache
def realm_rows() -> tuple[BannerRow, ...]:
    """The rows for realms of HTTP servers, in the order in which they are tried."""
    return _rows("realm")


def _rows(kind: str) -> tuple[BannerRow, ...]:
    table = toml.loads(Path(__file__).with_name("banners.toml").read_text(encoding="utf-8"))
    return tuple(
        BannerRow(
            product=row["product"],
            pattern=re.compile(row["pattern"]),
            seen=tuple(row["seen"]),
            source=row["source"],
            confidence=row["confidence"],
            release=row.get("release"),
            note=row.get("note"),
        )
        for row in table[kind]
    )


def identify(agent: str) -> Banner:
    """The banner of a header's text: ``product`` "other" where no row matches, ``raw`` printable and cut short."""
    raw = names.printable(agent, MAX_RAW)
    for row in banner_rows():
        match = row.pattern.match(agent)
        if match is not None:
            return Banner(row.product, match[row.release] if row.release else None, raw)
    return Banner(UNKNOWN_PRODUCT, None, raw)


def identify_realm(realm: str) -> Banner | None:
    """The banner of an HTTP server by its realm, None where no row knows it: most realms name no product."""
    for row in realm_rows():
        if row.pattern.fullmatch(realm):
            return Banner(row.product, None, names.printable(f'realm "{realm}"', MAX_RAW))
    return None

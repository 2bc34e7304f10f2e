"""The one door to jinja2: templates with everything escaped, and the page's own style and script under their hashes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ekuscan.names import printable
from ekuscan.report import text

_FOLDER = Path(__file__).with_name("templates")
_POLICY = (
    "default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri 'none'; form-action 'none'"
)
_LONGEST = 4_000
_SCHEMES = ("https://", "http://")


def pieces(template: str, **context: Any) -> Iterator[str]:
    """A template's text in pieces of ASCII. Strings are made printable and escaped wherever they are put in."""
    style, script = _asset("style.css"), _asset("script.js")
    policy = _POLICY.format(style=_hash(style), script=_hash(script))
    filled = _environment().get_template(template).generate(style=style, script=script, policy=policy, **context)
    # A terminal or a pipe need not speak UTF-8; a character reference means the same in any encoding.
    for piece in filled:
        yield piece.encode("ascii", "xmlcharrefreplace").decode()


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"day": text.day, "iso": _iso, "counted": text.counted, "link": _link, "units": _units}
    return found


def _shown(value: Any) -> Any:
    """What a person gets to see of a value: nothing of None, and of text what is printable."""
    if value is None:
        return ""
    if hasattr(value, "__html__") or not isinstance(value, str):
        return value
    return printable(value, _LONGEST)


def _iso(when: date | None) -> str:
    """A day as machines sort it, "" for none."""
    if when is None:
        return ""
    return when.date().isoformat() if isinstance(when, datetime) else when.isoformat()


def _link(url: str) -> str:
    """An address that a link may have: of the web, or none."""
    return url if url.lower().startswith(_SCHEMES) else ""


def _units(value: float) -> str:
    """A length in units of a drawing, no longer than it has to be."""
    return f"{value:.1f}".removesuffix(".0")


@cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    """What a policy calls an element's content: a browser hashes what stands between the tags."""
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"

"""Values as YAML text: words that every YAML reader takes for what they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_READ_AS_OTHER = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))

Written = str | int | Sequence["Written"] | Mapping[str, "Written"]


class Quoted(str):
    """Text that stands in quotes whatever it looks like, as releases do."""

    __slots__ = ()


def text_word(text: str) -> str:
    """A YAML scalar that is read as this text by any YAML reader."""
    if not isinstance(text, Quoted) and _PLAIN.fullmatch(text) and text.lower() not in _READ_AS_OTHER:
        return text
    return json.dumps(text, ensure_ascii=False)


def flow(value: Written, *, strict_json: bool = False) -> str:
    """A value on one line; ``strict_json`` for files that are JSON."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if strict_json else text_word(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        pairs = (
            f"{flow(key, strict_json=strict_json)}: {flow(v, strict_json=strict_json)}" for key, v in value.items()
        )
        return f"{{{', '.join(pairs)}}}"
    return f"[{', '.join(flow(item, strict_json=strict_json) for item in value)}]"

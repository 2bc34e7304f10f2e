"""The roles behind what people call their boxes, by the rows of ``role_words.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ekuscan.model import RoleName
from ekuscan.profiles.load import ROLES, profile, role_named
from ekuscan.record import record
from ekuscan.table_rows import build, only_keys, read_table, rows_of
from ekuscan.targets.errors import nearest, one_of, shown

_FILE = Path(__file__).with_name("role_words.toml")
_NOISE = re.compile(r"[^a-z0-9&]+")
_MAKER = "cisco"


@record
class _WordRow:
    says: tuple[str, ...]
    roles: tuple[str, ...]


@cache
def role_words() -> Mapping[str, tuple[RoleName, ...]]:
    """The roles that a word may mean, by the word without blanks and punctuation. Raises `TableError`."""
    table = read_table(_FILE)
    only_keys(_FILE.name, table, ["word"])
    found: dict[str, tuple[RoleName, ...]] = {}
    for role in ROLES:
        found[_plain(role)] = found[_plain(profile(role).title)] = (role,)
    for values in rows_of(_FILE.name, table, "word"):
        row = build(_WordRow, _FILE.name, values, str(values.get("says")))
        roles = tuple(role for role in map(role_named, row.roles) if role is not None)
        found |= {_plain(word): roles for word in row.says}
    return found


def role_meant(text: str) -> RoleName | None:
    """The one role that a word means, None where it means none or several."""
    roles = role_words().get(_plain(text), ())
    return roles[0] if len(roles) == 1 else None


def role_word_problem(text: str) -> str:
    """What to write instead of a word that means no role, or several."""
    roles = role_words().get(_plain(text), ())
    if roles:
        return f"found {shown(text)}, which is {one_of(roles)}; write one of them"
    close = nearest(_plain(text), role_words())
    meant = role_words()[close] if close is not None else ()
    hint = f"did you mean {one_of(meant)}?" if meant else f"write {one_of(ROLES)}, or leave the cell empty"
    return f"found {shown(text)}; {hint}"


def _plain(text: str) -> str:
    return _NOISE.sub("", text.lower()).removeprefix(_MAKER)

"""Names of boxes and clusters as a targets file takes them, out of what was written for other purposes."""

from __future__ import annotations

import re
from typing import Final

from ekuscan.targets.words import NAME_LIMIT, name_problem

# What joins names into ids, and blanks: see `ekuscan.targets.words.name_problem`.
_NOT_IN_NAMES: Final = re.compile(r"[\s:/>=,#@]+")


def fit_name(text: str) -> str | None:
    """A name as a targets file takes it, with hyphens for what it does not; None where nothing would be left."""
    if name_problem(text) is None:
        return text
    kept = "".join(character for character in text if character.isprintable() or character.isspace())
    made = _NOT_IN_NAMES.sub("-", kept.strip())[:NAME_LIMIT].strip("-")
    return made if name_problem(made) is None else None


def sound_name(text: str) -> str:
    """The same where there has to be a name."""
    return fit_name(text) or "unnamed"

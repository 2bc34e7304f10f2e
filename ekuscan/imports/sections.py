"""The sections of a targets file, targets and connections: what is added goes behind what is there."""

from __future__ import annotations

from collections.abc import Sequence

from ekuscan.targets.draft import FileContent
from ekuscan.targets.yaml_edit import Addition, YamlText, laid_out
from ekuscan.targets.yaml_words import Written


def add_to_section(text: YamlText, content: FileContent, section: str, additions: Sequence[Addition]) -> None:
    """Additions to a section of the file, which begins with them where it is not there. Raises `Uneditable`."""
    if not additions:
        return
    if section in content.sections:
        for addition in additions:
            text.add((section,), addition)
        return
    lines = [line for addition in additions for line in laid_out(addition, 2)]
    value: Written = {one.key: one.value for one in additions if one.key is not None}
    if additions[0].key is None:
        value = [one.value for one in additions]
    text.add((), Addition(value, section, lines=("", f"{section}:", *lines)))

"""What was found, put into a targets file: what a person wrote in it stays, and wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ekuscan.imports import entries
from ekuscan.imports.entries import Tell
from ekuscan.imports.found import Found
from ekuscan.imports.known import Placed, known
from ekuscan.imports.merge_connections import fitting, merge_connections
from ekuscan.imports.pairs import pairs
from ekuscan.imports.sections import add_to_section
from ekuscan.imports.slot_pems import Beside
from ekuscan.record import record
from ekuscan.targets.box import check_box
from ekuscan.targets.connect import connections
from ekuscan.targets.draft import Draft, FileContent
from ekuscan.targets.errors import InvalidInput, Place, Problems, shown
from ekuscan.targets.vocabulary import Vocabulary
from ekuscan.targets.yaml_edit import Addition, Uneditable, YamlText
from ekuscan.targets.yaml_file import read_targets_file

EMPTY = """\
# What ekuscan looks at. Complete it: what stands here stays when something is imported again.
# Releases and the words on and off stand in quotes; file names start at this file's folder.
schema: ekuscan.targets/1
"""


class Unmergeable(Exception):  # noqa: N818  (the name says what happened to the caller)
    """The file cannot take what was found; the message says why."""


@record
class TargetsText:
    """The text of a targets file, without byte order mark; ``where`` is its name for messages.

    ``beside`` reads the files beside it; None where there is no such place, as with standard output.
    """

    text: str
    where: str
    beside: Beside | None = None


@record
class Merged:
    """The new text; certificate files to be written beside it, by name; a sentence for all that did not fit."""

    text: str
    files: Mapping[str, bytes]
    told: tuple[str, ...]


def merge(found: Found, file: TargetsText, vocabulary: Vocabulary, *, overwrite: bool = False) -> Merged:
    """The text of a targets file with what was found in it. Merging the same again changes nothing.

    A target is the same if its name or its host is; a connection if its use case and ends are. Where the file says
    something else, that is told and left, unless ``overwrite`` takes the found word for it.

    Raises:
        InvalidInput: the file is none, with everything that is wrong.
        Unmergeable: it is written in a way to which nothing can be added.
    """
    content = _content(file.text, file.where, vocabulary)
    told: dict[str, None] = dict.fromkeys(found.left_out)

    def tell(sentence: str) -> None:
        told.setdefault(sentence)

    try:
        text, files = _merged(found, file, content, vocabulary, tell, overwrite=overwrite)
    except Uneditable as error:
        raise Unmergeable(f"{shown(file.where, 200)}: {error}") from None
    try:
        if text != file.text:
            _content(text, file.where, vocabulary)
    except InvalidInput as error:
        raise Unmergeable(f"nothing is written, for the file would be wrong then: {error.errors[0]}") from None
    return Merged(text, files, tuple(told))


def _content(text: str, where: str, vocabulary: Vocabulary) -> FileContent:
    problems = Problems()
    content = read_targets_file(text, where, Path(), vocabulary, problems)
    for draft in content.drafts:
        check_box(draft, vocabulary, problems)
    connections(content.connections, content.drafts, vocabulary, problems)
    problems.raise_if_any()
    return content


def _merged(
    found: Found, file: TargetsText, content: FileContent, vocabulary: Vocabulary, tell: Tell, *, overwrite: bool
) -> tuple[str, dict[str, bytes]]:
    text = YamlText(file.text)
    whole = known(found.targets, content.drafts)
    for sentence in whole.left_out:
        tell(sentence)
    placed = [entries.usable(one, vocabulary, tell) for one in whole.placed]
    additions: list[Addition] = []
    files: dict[str, bytes] = {}
    held = entries.holders(content.drafts)
    there = {draft.id: draft for draft in content.drafts}
    for one in placed:
        if one.draft is None and not entries.is_told_what_it_is(one):
            tell(
                f"{shown(one.name)} ({shown(one.found.told_by)}): neither host nor role is told; left out: "
                "name its xConfiguration beside it, or its role with --role"
            )
            continue
        slots = entries.slot_files(one, file.beside, held, tell, overwrite=overwrite)
        files |= slots.written
        if one.draft is None:
            additions.append(Addition(entries.new_entry(one, slots.named), one.name, entries.comment(one.found)))
            there[one.name] = _as_draft(one)
        else:
            _change(text, one, one.draft, slots.named, tell, overwrite=overwrite)
            there[one.draft.id] = _as_draft(one, one.draft)
    add_to_section(text, content, "targets", additions)
    left_out: list[str] = []
    wanted = fitting(pairs(found.connections, whole, left_out), tuple(there.values()), vocabulary, left_out)
    for sentence in left_out:
        tell(sentence)
    merge_connections(text, content, whole, wanted, tell, overwrite=overwrite)
    return text.result(), files


def _as_draft(placed: Placed, draft: Draft | None = None) -> Draft:
    """A target as far as connections ask for it: its name, role and cluster."""
    base = draft or Draft(placed.name, Place(""))
    return replace(base, role=base.role or placed.found.role, cluster=base.cluster or placed.cluster)


def _change(
    text: YamlText, placed: Placed, draft: Draft, slots: Mapping[str, str], tell: Tell, *, overwrite: bool
) -> None:
    """A target of the file gets what it does not say yet."""
    path = ("targets", draft.id)
    for change in entries.changes(placed, draft, tell):
        here = draft.at(change.key).key == f"targets.{draft.id}.{change.key}"
        if change.instead is None or (overwrite and not (here and change.key in draft.places)):
            text.add(path, Addition(change.value, change.key))
        elif overwrite:
            text.set_text((*path, change.key), change.value)
        else:
            line = draft.at(change.key).line
            tell(
                f"{shown(draft.id)}: {change.key} is {shown(change.instead)} in line {line}, "
                f"{shown(placed.found.told_by)} says {shown(str(change.value))}; left as it is"
            )
    own = {slot: name for slot, name in slots.items() if slot != entries.TRUSTED}
    if own and "slots" in draft.places:
        for slot, name in own.items():
            text.add((*path, "slots"), Addition(name, slot))
    elif own:
        text.add(path, Addition(own, "slots"))
    if entries.TRUSTED in slots:
        text.add(path, Addition([slots[entries.TRUSTED]], entries.TRUSTED_KEY))

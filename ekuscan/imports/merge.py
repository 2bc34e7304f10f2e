"""What was found, put into a targets file: what a person wrote in it stays, and wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ekuscan.imports import entries
from ekuscan.imports.entries import Tell
from ekuscan.imports.found import Found
from ekuscan.imports.known import Known, Placed, known
from ekuscan.imports.pairs import Line, Pair, Told, folded, pairs
from ekuscan.imports.slot_pems import Beside
from ekuscan.targets.box import check_box
from ekuscan.targets.connect import Roles, connections, ends_of, roles_problem
from ekuscan.targets.draft import ConnectionDraft, Draft, FileContent
from ekuscan.targets.errors import InvalidInput, Place, Problems, shown
from ekuscan.targets.vocabulary import Vocabulary
from ekuscan.targets.yaml_edit import Addition, Uneditable, YamlText, laid_out
from ekuscan.targets.yaml_file import read_targets_file
from ekuscan.targets.yaml_words import Written

EMPTY = """\
# What ekuscan looks at. Complete it: what stands here stays when something is imported again.
# Releases and the words on and off stand in quotes; file names start at this file's folder.
schema: ekuscan.targets/1
"""


class Unmergeable(Exception):  # noqa: N818  (the name says what happened to the caller)
    """The file cannot take what was found; the message says why."""


@dataclass(frozen=True, slots=True)
class TargetsText:
    """The text of a targets file, without byte order mark; ``where`` is its name for messages.

    ``beside`` reads the files beside it; None where there is no such place, as with standard output.
    """

    text: str
    where: str
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
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
    there = {draft.id: draft for draft in content.drafts}
    for one in placed:
        slots = entries.slot_files(one, file.beside, tell, overwrite=overwrite)
        files |= slots.written
        if one.draft is None:
            entry = entries.new_entry(one, slots.named)
            if entry is None:
                tell(f"{shown(one.name)} ({shown(one.found.told_by)}): neither host nor role is told; left out")
                continue
            additions.append(Addition(entry, one.name, entries.comment(one.found)))
            there[one.name] = _as_draft(one)
        else:
            _change(text, one, one.draft, slots.named, tell, overwrite=overwrite)
            there[one.draft.id] = _as_draft(one, one.draft)
    _add(text, content, "targets", additions)
    left_out: list[str] = []
    wanted = _fitting(pairs(found.connections, whole, left_out), tuple(there.values()), vocabulary, left_out)
    for sentence in left_out:
        tell(sentence)
    _connect(text, content, whole, wanted, tell, overwrite=overwrite)
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
    if slots and "slots" in draft.places:
        for slot, name in slots.items():
            text.add((*path, "slots"), Addition(name, slot))
    elif slots:
        text.add(path, Addition(slots, "slots"))


def _add(text: YamlText, content: FileContent, section: str, additions: Sequence[Addition]) -> None:
    """Additions to a section of the file, which begins with them where it is not there."""
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


def _fitting(
    told: Mapping[Pair, Told], drafts: Sequence[Draft], vocabulary: Vocabulary, left_out: list[str]
) -> dict[Pair, Told]:
    """The pairs between targets that will be there, whose roles the use case joins."""
    ends = ends_of(drafts, Problems())
    fitting: dict[Pair, Told] = {}
    for pair, one in told.items():
        problem = _problem(pair, ends, vocabulary)
        if problem is None:
            fitting[pair] = replace(one, settings=tuple(_known_settings(one, vocabulary, left_out)))
        else:
            left_out.append(f"{shown(one.told_by)}: left out: {problem}")
    return fitting


def _known_settings(told: Told, vocabulary: Vocabulary, left_out: list[str]) -> Iterator[tuple[str, str]]:
    shapes = vocabulary.settings_of("connection")
    for name, value in told.settings:
        shape = shapes.get(name)
        if shape is not None and (not shape.values or value in shape.values):
            yield name, value
        else:
            left_out.append(
                f"{shown(told.told_by)}: left out: {shown(name)} {shown(value)}, no setting of a connection"
            )


def _problem(pair: Pair, ends: Mapping[str, Roles], vocabulary: Vocabulary) -> str | None:
    if pair.use_case not in vocabulary.use_cases:
        return f"no use case is called {shown(pair.use_case)}"
    if pair.from_ not in ends or pair.to not in ends:
        return f"{pair.use_case} from {pair.from_} to {pair.to}, of which one was left out"
    return roles_problem(ConnectionDraft(Place(""), pair.use_case, pair.from_, pair.to), ends, vocabulary)


def _connect(
    text: YamlText, content: FileContent, known: Known, wanted: Mapping[Pair, Told], tell: Tell, *, overwrite: bool
) -> None:
    members = {draft.id: (draft.id,) for draft in content.drafts} | dict(known.clusters)
    missing = dict(wanted)
    for number, draft in enumerate(content.connections):
        covered = {}
        for dials in members.get(draft.from_, (draft.from_,)):
            for answers in members.get(draft.to, (draft.to,)):
                pair = Pair(draft.use_case, dials, answers)
                if pair in wanted:
                    covered[pair] = wanted[pair]
                    missing.pop(pair, None)
        _settle(text, number, draft, covered, tell, overwrite=overwrite)
    lines = [_addition(line) for line in folded(missing, known.clusters)]
    _add(text, content, "connections", lines)


def _settle(
    text: YamlText,
    number: int,
    draft: ConnectionDraft,
    covered: Mapping[Pair, Told],
    tell: Tell,
    *,
    overwrite: bool,
) -> None:
    """A connection of the file gets the settings it does not say yet, where all that it stands for agree."""
    for name, values in _values(covered):
        mine, value = draft.settings.get(name), next(iter(values))
        if len(values) > 1 or mine == value:
            continue
        path = ("connections", number)
        if mine is None:
            text.add(path, Addition(value, name))
        elif overwrite:
            text.set_text((*path, name), value)
        else:
            told_by = next(iter(covered.values())).told_by
            tell(
                f"{draft.use_case} from {shown(draft.from_)} to {shown(draft.to)}: {name} is {mine} in line "
                f"{draft.at(name).line}, {shown(told_by)} says {shown(value)}; left as it is"
            )


def _values(covered: Mapping[Pair, Told]) -> Iterator[tuple[str, set[str]]]:
    told = [dict(one.settings) for one in covered.values()]
    for name in dict.fromkeys(name for settings in told for name in settings):
        yield name, {settings[name] for settings in told if name in settings}


def _addition(line: Line) -> Addition:
    entry: dict[str, Written] = {"use_case": line.use_case, "from": line.from_, "to": line.to}
    entry |= dict(line.told.settings)
    entry["imported"] = shown(line.told.told_by, 160)
    return Addition(entry)

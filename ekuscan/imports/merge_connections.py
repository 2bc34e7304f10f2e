"""Found connections, put into a targets file: new ones behind the others, known ones settled where they are silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ekuscan.imports.entries import Tell
from ekuscan.imports.known import Known
from ekuscan.imports.pairs import Line, Pair, Told, folded
from ekuscan.imports.sections import add_to_section
from ekuscan.record import record
from ekuscan.targets.connect import Roles, ends_of, roles_problem
from ekuscan.targets.draft import ConnectionDraft, Draft, FileContent
from ekuscan.targets.errors import Place, Problems, shown
from ekuscan.targets.vocabulary import Vocabulary
from ekuscan.targets.yaml_edit import Addition, YamlText
from ekuscan.targets.yaml_words import Written


def fitting(
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
    if pair.from_ == pair.to and not vocabulary.use_cases[pair.use_case].itself:
        return f"{pair.use_case} from {pair.from_} to itself"
    return roles_problem(ConnectionDraft(Place(""), pair.use_case, pair.from_, pair.to), ends, vocabulary)


def merge_connections(
    text: YamlText, content: FileContent, known: Known, wanted: Mapping[Pair, Told], tell: Tell, *, overwrite: bool
) -> None:
    """Settings that the file does not give a connection that it has, and the connections that it has not."""
    members = {draft.id: (draft.id,) for draft in content.drafts} | dict(known.clusters)
    missing = dict(wanted)
    for number, draft in enumerate(content.connections):
        stands_for = _pairs_of(draft, members)
        covered = {pair: wanted[pair] for pair in stands_for if pair in wanted}
        for pair in covered:
            missing.pop(pair, None)
        _settle(text, number, draft, _Covered(covered, len(stands_for)), tell, overwrite=overwrite)
    lines = [_addition(line) for line in folded(missing, known.clusters)]
    add_to_section(text, content, "connections", lines)


def _pairs_of(draft: ConnectionDraft, members: Mapping[str, Sequence[str]]) -> list[Pair]:
    """The pairs for which a connection of the file stands."""
    return [
        Pair(draft.use_case, dials, answers)
        for dials in members.get(draft.from_, (draft.from_,))
        for answers in members.get(draft.to, (draft.to,))
        if dials != answers or draft.from_ == draft.to
    ]


@record
class _Covered:
    """What was told of the pairs for which a connection stands, which are ``count``."""

    told: Mapping[Pair, Told]
    count: int

    def values(self) -> Iterator[tuple[str, tuple[str, ...], bool]]:
        """Each setting, the values that were told of it, and whether one was told of every pair."""
        told = [dict(one.settings) for one in self.told.values()]
        for name in dict.fromkeys(name for settings in told for name in settings):
            values = [settings[name] for settings in told if name in settings]
            yield name, tuple(dict.fromkeys(values)), len(values) == self.count

    def told_of(self, name: str, value: str) -> tuple[Pair, Told]:
        """The first pair of which this value of a setting was told."""
        return next((pair, one) for pair, one in self.told.items() if (name, value) in one.settings)


def _settle(
    text: YamlText,
    number: int,
    draft: ConnectionDraft,
    covered: _Covered,
    tell: Tell,
    *,
    overwrite: bool,
) -> None:
    """A connection of the file gets the settings it does not say yet, where they are told of all that it stands for."""
    path = ("connections", number)
    for name, values, of_every_pair in covered.values():
        mine = draft.settings.get(name)
        value = next((value for value in values if value != mine), None)
        if value is None:
            continue
        pair, told = covered.told_of(name, value)
        what = f"{draft.use_case} from {shown(draft.from_)} to {shown(draft.to)}"
        if (mine is None or overwrite) and (len(values) > 1 or not of_every_pair):
            tell(
                f"{what}, line {draft.place.line}: {shown(told.told_by)} says {name} {shown(value)} of "
                f"{shown(pair.from_)} to {shown(pair.to)}, and not of all that the line stands for; left as it is: "
                "write a line for each that differs"
            )
        elif mine is None:
            text.add(path, Addition(value, name))
        elif overwrite:
            text.set_text((*path, name), value)
        else:
            tell(
                f"{what}: {name} is {mine} in line {draft.at(name).line}, {shown(told.told_by)} says "
                f"{shown(value)}; left as it is"
            )


def _addition(line: Line) -> Addition:
    entry: dict[str, Written] = {"use_case": line.use_case, "from": line.from_, "to": line.to}
    entry |= dict(line.told.settings)
    entry["imported"] = shown(line.told.told_by, 160)
    return Addition(entry)

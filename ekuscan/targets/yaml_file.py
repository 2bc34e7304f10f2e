"""Targets files: YAML text becomes drafts of targets, connections, and the names of trust files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from ekuscan.model import Waiver
from ekuscan.profiles.load import role_named
from ekuscan.targets.address import parse_host, parse_port_word
from ekuscan.targets.draft import (
    ClientPairDraft,
    ConnectionDraft,
    Draft,
    FileContent,
    PortAsk,
    SlotSource,
    TrustDraft,
)
from ekuscan.targets.errors import Place, Problems, shown
from ekuscan.targets.shape import ClientPairEntry, DefaultsEntry, FileEntry, Shapes, TargetEntry, WaiverEntry
from ekuscan.targets.strict import Strict
from ekuscan.targets.vocabulary import Vocabulary
from ekuscan.targets.words import NO_PROXY, name_problem, role_problem
from ekuscan.targets.yaml_value import KIND_NAMES, Entry, Value, read_yaml


def read_targets_file(text: str, where: str, folder: Path, vocabulary: Vocabulary, problems: Problems) -> FileContent:
    """Reads the text of a targets file; everything that is wrong is noted, everything else is returned."""
    top = read_yaml(text, where, problems)
    if top is None:
        return FileContent(folder)
    if top.kind != "mapping":
        problems.add(Place(where, top.line), _no_mapping(top))
        return FileContent(folder)
    return _Reader(where, folder, vocabulary, problems).content(top)


class _Reader:
    """One file being read."""

    def __init__(self, where: str, folder: Path, vocabulary: Vocabulary, problems: Problems) -> None:
        self._place = Place(where)
        self._folder = folder
        self._shapes = Shapes(vocabulary)
        self._strict = Strict(vocabulary, problems)
        self._problems = problems
        self._vocabulary = vocabulary

    def content(self, top: Value) -> FileContent:
        self._strict.read(FileEntry, top, self._place)
        parts = top.by_key()
        defaults = self._defaults(parts.get("defaults"))
        return FileContent(
            folder=self._folder,
            drafts=tuple(self._draft(entry, defaults) for entry in self._mapping(parts.get("targets"))),
            connections=tuple(self._connections(parts.get("connections"))),
            trust=tuple(self._trust(parts.get("trust"))),
            client_pairs=tuple(self._client_pairs(parts.get("client_certificates"))),
            proxy=self._proxy(parts.get("proxy")),
            waivers=tuple(self._waivers(parts.get("waivers"))),
            sections=frozenset(parts),
        )

    def _mapping(self, entry: Entry | None) -> tuple[Entry, ...]:
        return entry.value.entries if entry is not None and entry.value.kind == "mapping" else ()

    def _defaults(self, entry: Entry | None) -> dict[str, Draft]:
        found: dict[str, Draft] = {}
        for part in self._mapping(entry):
            place = self._place.at("defaults").at(part.key, part.line)
            problem = role_problem(part.key)
            if problem:
                self._problems.add(place, problem)
                continue
            model = self._strict.read(self._shapes.defaults, part.value, place, role_named(part.key))
            if model is not None:
                found[part.key] = self._statements(model, part, place)
        return found

    def _draft(self, entry: Entry, defaults: Mapping[str, Draft]) -> Draft:
        place = self._place.at("targets").at(entry.key, entry.line)
        problem = name_problem(entry.key)
        if problem:
            self._problems.add(place, problem)
        role = entry.value.by_key().get("role")
        model = self._strict.read(
            self._shapes.target, entry.value, place, role_named(role.value.text) if role else None
        )
        if model is None:
            return Draft(entry.key, place, broken=True)
        draft = _with_own_keys(self._statements(model, entry, place), model, entry, self._folder)
        base = defaults.get(draft.role or "")
        return draft if base is None else _over(draft, base)

    def _statements(self, model: DefaultsEntry, entry: Entry, place: Place) -> Draft:
        settings = {name: getattr(model, name) for name in self._vocabulary.settings_of("target")}
        places = {part.key: place.at(part.key, part.line) for part in entry.value.entries}
        if model.proxy is not None:
            self._check_proxy(model.proxy, places["proxy"])
        return Draft(
            id=entry.key,
            place=place,
            release=model.release,
            cluster=model.cluster,
            tags=tuple(model.tags or ()),
            client_certificates=None if model.client_certificates is None else tuple(model.client_certificates),
            key_types=model.key_types,
            proxy=model.proxy,
            settings={name: value for name, value in settings.items() if value is not None},
            places=places,
        )

    def _connections(self, entry: Entry | None) -> Iterator[ConnectionDraft]:
        items = entry.value.items if entry is not None else ()
        for number, value in enumerate(items, start=1):
            place = Place(self._place.where, value.line, f"connections[{number}]")
            model = self._strict.read(self._shapes.connection, value, place)
            if model is None:
                continue
            settings = {name: getattr(model, name) for name in self._vocabulary.settings_of("connection")}
            yield ConnectionDraft(
                place=place,
                use_case=model.use_case,
                from_=model.from_,
                to=model.to,
                imported=model.imported,
                settings={name: text for name, text in settings.items() if text is not None},
                places={part.key: place.at(part.key, part.line) for part in value.entries},
            )

    def _trust(self, entry: Entry | None) -> Iterator[TrustDraft]:
        items = entry.value.items if entry is not None else ()
        for number, value in enumerate(items, start=1):
            if value.kind == "text" and value.text:
                yield TrustDraft(Place(self._place.where, value.line, f"trust[{number}]"), value.text)

    def _client_pairs(self, entry: Entry | None) -> Iterator[ClientPairDraft]:
        for part in self._mapping(entry):
            place = self._place.at("client_certificates").at(part.key, part.line)
            problem = name_problem(part.key)
            if problem:
                self._problems.add(place, problem)
            model = self._strict.read(ClientPairEntry, part.value, place)
            if model is not None:
                places = {one.key: place.at(one.key, one.line) for one in part.value.entries}
                yield ClientPairDraft(part.key, place, model.certificate, model.key, places)

    def _waivers(self, entry: Entry | None) -> Iterator[Waiver]:
        items = entry.value.items if entry is not None else ()
        lines: dict[str, int] = {}
        for number, value in enumerate(items, start=1):
            place = Place(self._place.where, value.line, f"waivers[{number}]")
            model = self._strict.read(WaiverEntry, value, place)
            if model is None:
                continue
            if model.verdict in lines:
                self._problems.add(place.at("verdict"), f"found twice; line {lines[model.verdict]} has it already")
            lines.setdefault(model.verdict, value.line)
            owner, reason = (" ".join(text.split()) for text in (model.owner, model.reason))
            yield Waiver(model.verdict, owner, reason, date.fromisoformat(model.until), value.line)

    def _proxy(self, entry: Entry | None) -> str | None:
        if entry is None or entry.value.kind != "text" or not entry.value.text:
            return None
        self._check_proxy(entry.value.text, self._place.at("proxy", entry.line))
        return entry.value.text

    def _check_proxy(self, text: str, place: Place) -> None:
        problem = None if text == NO_PROXY else self._vocabulary.check_proxy(text)
        if problem:
            self._problems.add(place, problem)


def _with_own_keys(draft: Draft, model: TargetEntry, entry: Entry, folder: Path) -> Draft:
    """Adds the keys that only a target has."""
    parts = entry.value.by_key()
    places = dict(draft.places)
    for key in ("slots", "ports", "trusted_cas"):
        if key in parts:
            places.update(_inner_places(key, parts[key], draft.places[key]))
    return replace(
        draft,
        host=parse_host(model.host) if model.host else None,
        role=role_named(model.role or ""),
        server_name=parse_host(model.server_name).removesuffix(".") if model.server_name else None,
        own_ports=model.ports is None,
        asks=_asks(model.ports),
        slots={name: SlotSource(text, folder, standing=True) for name, text in (model.slots or {}).items()},
        trusted_cas=tuple(SlotSource(text, folder, standing=True) for text in model.trusted_cas or ()),
        settings=draft.settings if model.stack is None else {**draft.settings, "stack": model.stack},
        places=places,
    )


def _inner_places(key: str, entry: Entry, place: Place) -> dict[str, Place]:
    """Places of the parts of a key, so that each is named on its own line."""
    listed = {f"{key}.{item.text}": Place(place.where, item.line, place.key) for item in entry.value.items}
    return listed | {f"{key}.{part.key}": place.at(part.key, part.line) for part in entry.value.entries}


def _asks(ports: list[int | str] | dict[str, int] | None) -> tuple[PortAsk, ...]:
    if isinstance(ports, dict):
        return tuple(_ask(known, actual) for known, actual in ports.items())
    return tuple(_ask(str(port), None) for port in ports or ())


def _ask(written: str, actual: int | None) -> PortAsk:
    """A port as it stands in the file, and the one to dial where it is forwarded."""
    protocol, number = (None, int(written)) if written.isdigit() else parse_port_word(written)
    return PortAsk(actual or number, number, protocol, forwarded=actual is not None, written=written)


def _over(draft: Draft, base: Draft) -> Draft:
    """A target with its role's defaults under it."""
    return replace(
        draft,
        release=draft.release or base.release,
        cluster=draft.cluster or base.cluster,
        tags=draft.tags or base.tags,
        client_certificates=base.client_certificates
        if draft.client_certificates is None
        else draft.client_certificates,
        key_types=draft.key_types or base.key_types,
        proxy=draft.proxy or base.proxy,
        settings={**base.settings, **draft.settings},
        places={**base.places, **draft.places},
    )


def _no_mapping(top: Value) -> str:
    if top.kind == "text":
        return f"found text ({shown(top.text, 30)}); write targets:, or give a host list as @file"
    return f"found {KIND_NAMES[top.kind]}; a targets file is a mapping, with the key targets:"

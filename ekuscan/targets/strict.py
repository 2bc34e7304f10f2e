"""Reads one value of a targets file into its model and says in plain words what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ekuscan.model import RoleName
from ekuscan.profiles.load import profile
from ekuscan.targets.errors import Place, Problems, nearest, not_one_of, one_of, shown
from ekuscan.targets.shape import KEY_TYPES, SCHEMA_ID, FileEntry
from ekuscan.targets.vocabulary import Vocabulary
from ekuscan.targets.yaml_value import KIND_NAMES, Value

M = TypeVar("M", bound=BaseModel)

_TRUE = frozenset(("on", "yes", "true"))
_NOTHING = "found nothing; write a value or leave the key out"


class Strict:
    """Validates values of one file; what does not fit is noted, what fits is kept."""

    def __init__(self, vocabulary: Vocabulary, problems: Problems) -> None:
        self._vocabulary = vocabulary
        self._problems = problems

    def read(self, model: type[M], value: Value, place: Place, role: RoleName | None = None) -> M | None:
        """The value as the model has it, without the keys that do not fit; None where that leaves nothing.

        ``role`` is whose release the value speaks of, if it is known.
        """
        data = self._without_nothing(model, value, place)
        try:
            return model.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        given = value.by_key()
        for detail in errors:
            if detail["type"] == "missing" and detail["loc"][-1] in given:
                continue  # it is there, and empty
            self._problems.add(*self._explained(model, detail, value, place, role))
        if not isinstance(data, dict):
            return None
        wrong = {str(detail["loc"][0]) for detail in errors}
        try:
            return model.model_validate({key: item for key, item in data.items() if key not in wrong})
        except ValidationError:
            return None

    def _without_nothing(self, model: type[BaseModel], value: Value, place: Place) -> Any:
        """The plain value without known keys that are left empty: an oversight, except for a whole section."""
        if value.kind != "mapping" or issubclass(model, FileEntry):
            return value.plain()
        known = _keys(model)
        data = {}
        for entry in value.entries:
            if entry.value.kind == "nothing" and entry.key in known:
                self._problems.add(place.at(entry.key, entry.line), _NOTHING)
            else:
                data[entry.key] = entry.value.plain()
        return data

    def _explained(
        self, model: type[BaseModel], detail: ErrorDetails, value: Value, place: Place, role: RoleName | None
    ) -> tuple[Place, str]:
        found, at, key = _locate(value, detail["loc"], place)
        match detail["type"]:
            case "missing":
                return at, f"is missing; write {_described(model, key)}"
            case "extra_forbidden":
                return at, self._unknown_key(model, key)
            case "string_type":
                return at, self._not_text(found, key, role)
            case "value_error":
                return at, str(detail["ctx"]["error"])
            case "string_too_short":
                return at, _NOTHING
            case "literal_error":
                return at, f"{_found(found)}; write {SCHEMA_ID}"
            case "list_type" | "dict_type" | "model_type" | "union_tag_not_found":
                return at, _wrong_form(found, detail["type"])
        return at, _not_a_port(found, detail)

    def _unknown_key(self, model: type[BaseModel], key: str) -> str:
        if key in self._vocabulary.settings:
            of = self._vocabulary.settings[key].of
            return f"belongs to a {of}; write it under {of}s:"
        known = _keys(model)
        close = nearest(key, known)
        return f"unknown key; did you mean {close}?" if close else f"unknown key; write {one_of(known)}"

    def _not_text(self, found: Value, key: str, role: RoleName | None) -> str:
        """Says what was meant by something else where text belongs."""
        if found.kind == "nothing":
            return _NOTHING
        if found.kind in ("list", "mapping"):
            return f"{_found(found)}; write one value"
        if key == "key_types":
            return not_one_of(found.text, KEY_TYPES)
        meant = found.text
        shape = self._vocabulary.settings.get(key)
        if shape is not None and shape.values:
            if found.kind != "boolean" or "on" not in shape.values:
                return not_one_of(found.text, shape.values)
            meant = "on" if found.text.lower() in _TRUE else "off"
        elif key == "release" and role is not None:
            meant = profile(role).release_letter + found.text
        return f'{_found(found)}; write "{shown(meant)}" in quotes'


def _locate(value: Value, loc: Sequence[int | str], place: Place) -> tuple[Value, Place, str]:
    key = ""
    for part in loc:
        if value.kind == "mapping":
            entry = value.by_key().get(str(part))
            if entry is None and part == value.kind:
                continue  # pydantic's tag for one of several forms, no key
            key = str(part)
            if entry is None:
                return value, place.at(key, value.line), key
            value, place = entry.value, place.at(key, entry.line)
        elif value.kind == "list" and isinstance(part, int):
            value = value.items[part]
            place = Place(place.where, value.line, f"{place.key}[{part + 1}]")
    return value, place, key


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _described(model: type[BaseModel], key: str) -> str:
    texts = (field.description for name, field in model.model_fields.items() if key in (name, field.alias))
    text = next(texts, None) or key
    return text[0].lower() + text[1:].rstrip(".")


def _found(value: Value) -> str:
    kind = KIND_NAMES[value.kind]
    return f"found {shown(value.text)} ({kind})" if value.text else f"found {kind}"


def _wrong_form(found: Value, kind: str) -> str:
    if found.kind == "nothing":
        return _NOTHING
    if kind in ("list_type", "union_tag_not_found"):
        what = "a list" if kind == "list_type" else "a list of port numbers"
        return f"{_found(found)}; write {what}{f': [{shown(found.text)}]' if found.text else ''}"
    return f"{_found(found)}; write a mapping, key: value"


def _not_a_port(found: Value, detail: ErrorDetails) -> str:
    if found.kind == "text" and found.text.isdigit():
        return f'found "{shown(found.text)}" (text); write {shown(found.text)} without quotes'
    return f"{_found(found)}; a port is a number from 1 to 65535"

"""The JSON Schemas of what is published, made from its dataclasses by pydantic: ``ekuscan.run/1``,
``ekuscan.preflight/1`` and ``ekuscan.diff/1``.

The published file, `PUBLISHED`, is the output of `text` and is part of the package; readers need no pydantic. It
describes the document; a line of the JSON Lines form is its ``#/$defs/Line``. Of a preflight these are
`PUBLISHED_PREFLIGHT` and `preflight_text`, of a diff `PUBLISHED_DIFF` and `diff_text`. Within the number of a schema
keys are only added, so the published forms let unknown keys pass; `closed` gives the form that does not. What was added
later is required in neither.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, get_args, get_origin, get_type_hints

import pydantic
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, WithJsonSchema, models_json_schema

from ekuscan import foresight, model, news
from ekuscan.report.jsonl import SCHEMA

PUBLISHED = Path(__file__).with_name("run-1.schema.json")
PUBLISHED_PREFLIGHT = Path(__file__).with_name("preflight-1.schema.json")
PUBLISHED_DIFF = Path(__file__).with_name("diff-1.schema.json")

Fingerprint = Annotated[str, pydantic.StringConstraints(pattern="^[0-9a-f]{64}$")]
Instant = Annotated[datetime, WithJsonSchema({"type": "string", "format": "date-time", "pattern": "Z$"})]

# Types made at run time, which a checker cannot follow.
_LIST: Any = list
_DICT: Any = dict
_OPTIONAL: Any = Optional

# What an observation holds for the judgement and is published elsewhere, or is its endpoint's.
_UNPUBLISHED = frozenset({"endpoint", "presented", "ca_names"})
_FINGERPRINTS = frozenset({"sha256", "chain", "presented", "paths", "blocked_by", "certificates"})
# Keys that objects gained within the number of their schema: documents of before have none of them.
_GAINED: Mapping[str, frozenset[str]] = {
    "Document": frozenset({"plan", "remedy_work"}),
    "Problem": frozenset({"ways", "members"}),
    "RunInfo": frozenset({"inventory", "waivers"}),
    "RunLine": frozenset({"inventory", "waivers"}),
    "Verdict": frozenset({"waived"}),
    "VerdictLine": frozenset({"waived"}),
    "Summary": frozenset({"waived"}),
    "SummaryLine": frozenset({"waived"}),
    "Preflight": frozenset({"blocks", "plan", "remedy_work"}),
    "Tally": frozenset({"still_open"}),
}
_LINES: Mapping[model.RecordKind, tuple[type, Mapping[str, Any]]] = {
    "run": (model.RunInfo, {"schema": Literal["ekuscan.run/1"]}),
    "target": (model.Target, {}),
    "connection": (model.Connection, {}),
    "certificate": (model.Certificate, {"sha256": Fingerprint}),
    "chain": (model.Chain, {"id": Fingerprint}),
    "endpoint": (model.Observation, {}),
    "verdict": (model.Verdict, {}),
    "notice": (model.Notice, {}),
    "summary": (model.Summary, {}),
}


def generate() -> dict[str, Any]:
    """The schema as a dictionary (JSON Schema 2020-12)."""
    published = _Published()
    document = published.document()
    lines = [published.line(kind, *_LINES[kind]) for kind in _LINES]
    models: list[tuple[type[pydantic.BaseModel], JsonSchemaMode]] = [
        (one, "serialization") for one in (document, *lines)
    ]
    refs, described = models_json_schema(models, schema_generator=_Untitled)
    definitions: dict[str, Any] = described["$defs"]
    root = definitions.pop(document.__name__)
    definitions["Line"] = {
        "description": "One line of the JSON Lines form. No summary line means that the run was interrupted.",
        "oneOf": [refs[line, "serialization"] for line in lines],
    }
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": "urn:ekuscan:run:1",
        **root,
        "title": SCHEMA,
        "$defs": dict(sorted(definitions.items())),
    }


def text() -> str:
    """The published file's content."""
    return json.dumps(generate(), indent=1) + "\n"


def generate_preflight() -> dict[str, Any]:
    """The schema of ``ekuscan.preflight/1`` as a dictionary; its verdicts are those of ``ekuscan.run/1``."""
    return _alone(_Published().preflight(), "urn:ekuscan:preflight:1", foresight.SCHEMA)


def preflight_text() -> str:
    """The content of `PUBLISHED_PREFLIGHT`."""
    return json.dumps(generate_preflight(), indent=1) + "\n"


def generate_diff() -> dict[str, Any]:
    """The schema of ``ekuscan.diff/1`` as a dictionary."""
    return _alone(_Published().diff(), "urn:ekuscan:diff:1", news.SCHEMA)


def diff_text() -> str:
    """The content of `PUBLISHED_DIFF`."""
    return json.dumps(generate_diff(), indent=1) + "\n"


def _alone(document: type[pydantic.BaseModel], id_: str, title: str) -> dict[str, Any]:
    """The schema of a document that has no form in lines."""
    schema = document.model_json_schema(mode="serialization", schema_generator=_Untitled)
    definitions = schema.pop("$defs")
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": id_,
        **schema,
        "title": title,
        "$defs": dict(sorted(definitions.items())),
    }


def closed(schema: Any) -> Any:
    """``schema`` with unknown keys forbidden everywhere."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: closed(one) for key, one in schema.items()}
    if schema.get("type") == "object" and not schema.keys().isdisjoint({"properties", "patternProperties"}):
        copy["additionalProperties"] = False
    return copy


class _Untitled(GenerateJsonSchema):
    """A title that only repeats the key says nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class _Published:
    """pydantic's models of the published objects, each made once from its dataclass."""

    def __init__(self) -> None:
        self._made: dict[type, type[pydantic.BaseModel]] = {}

    def document(self) -> type[pydantic.BaseModel]:
        items: dict[str, Any] = {
            "schema": Literal["ekuscan.run/1"],
            "run": self.object(model.RunInfo),
            "targets": _LIST[self.object(model.Target)],
            "connections": _LIST[self.object(model.Connection)],
            "certificates": _DICT[Fingerprint, self.object(model.Certificate)],
            "chains": _DICT[Fingerprint, self.object(model.Chain)],
            "endpoints": _LIST[self.object(model.Observation)],
            "verdicts": _LIST[self.object(model.Verdict)],
            "notices": _LIST[self.object(model.Notice)],
            "problems": _LIST[self.object(model.Problem)],
            "remedy_work": _DICT[str, self.object(model.RemedyWork)],
            "plan": _OPTIONAL[self.object(model.Plan)],
            "summary": self.object(model.Summary),
        }
        return _created("Document", items, "The result of one run.")

    def preflight(self) -> type[pydantic.BaseModel]:
        items = {"schema": Literal["ekuscan.preflight/1"], **self._fields(foresight.Foresight)}
        return _created("Preflight", items, _description(foresight.Foresight))

    def diff(self) -> type[pydantic.BaseModel]:
        items = {"schema": Literal["ekuscan.diff/1"], **self._fields(news.News)}
        return _created("Diff", items, _description(news.News))

    def line(self, kind: str, source: type, extra: Mapping[str, Any]) -> type[pydantic.BaseModel]:
        items = {"type": Literal[kind], **extra, **self._items(source)}
        return _created(f"{kind.capitalize()}Line", items, f"The {kind} as a line of its own.")

    def object(self, source: type) -> type[pydantic.BaseModel]:
        if source not in self._made:
            name = "ObservedEndpoint" if source is model.Observation else source.__name__
            self._made[source] = _created(name, self._items(source), _description(source))
        return self._made[source]

    def _items(self, source: type) -> dict[str, Any]:
        if source is model.Observation:
            both = self._fields(model.Endpoint) | self._fields(model.Observation)
            return {key: hint for key, hint in both.items() if key not in _UNPUBLISHED}
        return self._fields(source)

    def _fields(self, source: type) -> dict[str, Any]:
        hints = get_type_hints(source)
        return {
            field.name.rstrip("_"): self._type(hints[field.name], field.name) for field in dataclasses.fields(source)
        }

    def _type(self, hint: Any, name: str) -> Any:
        """``hint`` with dataclasses replaced by their published models and texts that are fingerprints marked."""
        if hint is datetime:
            return Instant
        if hint is str and name in _FINGERPRINTS:
            return Fingerprint
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            return self.object(hint)
        arguments = get_args(hint)
        if get_origin(hint) is Literal or not arguments:
            return hint
        if get_origin(hint) is tuple:
            return _LIST[self._type(arguments[0], name)]
        if get_origin(hint) is Mapping:
            return _DICT[arguments[0], self._type(arguments[1], name)]
        return _OPTIONAL[self._type(arguments[0], name)]


def _created(name: str, items: Mapping[str, Any], description: str | None) -> type[pydantic.BaseModel]:
    fields: dict[str, Any] = {f"{key}_": (hint, pydantic.Field(alias=key)) for key, hint in items.items()}
    gained = _GAINED.get(name, frozenset())

    def without_gained(described: dict[str, Any]) -> None:
        described["required"] = [key for key in described["required"] if key not in gained]

    config = pydantic.ConfigDict(json_schema_extra=without_gained) if gained else None
    return pydantic.create_model(name, __config__=config, __doc__=description, **fields)


def _description(source: type) -> str | None:
    """The class's own words, in JSON's; a dataclass without any repeats its signature there."""
    words = " ".join((source.__doc__ or "").split()).replace("``", "`")
    return None if words.startswith(f"{source.__name__}(") else re.sub(r"\bNone\b", "null", words)

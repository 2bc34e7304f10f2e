"""The JSON Schema of targets files, for editors: the models that read them, published."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ekuscan.profiles.load import ROLES
from ekuscan.targets.shape import SCHEMA_ID, ClientPairEntry, FileEntry, Shapes, WaiverEntry
from ekuscan.targets.vocabulary import Vocabulary


def targets_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """JSON Schema (2020-12) of a targets file in this vocabulary."""
    shapes = Shapes(vocabulary)
    definitions = {
        "target": _definition(shapes.target),
        "defaults": _definition(shapes.defaults),
        "connection": _definition(shapes.connection),
        "client_certificate": _definition(ClientPairEntry),
        "waiver": _definition(WaiverEntry),
    }
    top = _definition(FileEntry)
    top["properties"] |= {
        "schema": {"const": SCHEMA_ID},
        "defaults": {
            "description": "By role: what every target of the role takes where it does not say otherwise.",
            "type": "object",
            "propertyNames": {"enum": list(ROLES)},
            "additionalProperties": {"$ref": "#/$defs/defaults"},
        },
        "targets": {
            "description": "Boxes and far ends by name.",
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/target"},
        },
        "client_certificates": {
            "description": "Client certificates of your own by name, for the targets that name them.",
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/client_certificate"},
        },
        "connections": {
            "description": "Use cases between targets or clusters.",
            "type": "array",
            "items": {"$ref": "#/$defs/connection"},
        },
        "waivers": {
            "description": "Findings that are accepted until a day.",
            "type": "array",
            "items": {"$ref": "#/$defs/waiver"},
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA_ID,
        **top,
        "$defs": definitions,
    }


def _definition(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    schema.pop("title", None)
    schema["properties"] = {name: _without_null(part) for name, part in schema["properties"].items()}
    return schema


def _without_null(part: dict[str, Any]) -> dict[str, Any]:
    """A property that may be left out, which pydantic says as "or null"; written as null it is an error."""
    kept = {key: value for key, value in part.items() if key not in ("title", "default", "anyOf")}
    forms = [form for form in part.get("anyOf", ()) if form != {"type": "null"}]
    if len(forms) == 1:
        return {**forms[0], **kept}
    return {"anyOf": forms, **kept} if forms else kept

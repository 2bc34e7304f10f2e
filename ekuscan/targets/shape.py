"""The shape of a targets file as pydantic models: read strictly, and published as JSON Schema.

The settings are the caller's vocabulary, so the models are made per vocabulary from the ones written down here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    create_model,
)

from ekuscan.profiles.load import ROLES
from ekuscan.protocols import SCHEMES
from ekuscan.targets.vocabulary import SettingShape, Vocabulary
from ekuscan.targets.words import (
    OWNER_LIMIT,
    REASON_LIMIT,
    STACKS,
    day_problem,
    host_problem,
    name_problem,
    port_key_problem,
    port_word_problem,
    role_problem,
    server_name_problem,
    setting_problem,
    waived_problem,
    words_problem,
)

SCHEMA_ID = "ekuscan.targets/1"
KEY_TYPES = ("both", "default")

Check = Callable[[str], str | None]


def _must(check: Check) -> AfterValidator:
    def validate(text: str) -> str:
        problem = check(text)
        if problem:
            raise ValueError(problem)
        return text

    return AfterValidator(validate)


def _listed(values: Sequence[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(values)})


def _word(values: Sequence[str]) -> Any:
    return Annotated[str, _must(partial(setting_problem, values=values)), _listed(values)] if values else Text


def _form(value: Any) -> str | None:
    if isinstance(value, list):
        return "list"
    return "mapping" if isinstance(value, dict) else None


Text = Annotated[str, Field(min_length=1)]
Role = Annotated[str, _must(role_problem), _listed(ROLES)]
StackName = Annotated[str, _must(partial(setting_problem, values=STACKS)), _listed(STACKS)]
Name = Annotated[str, _must(name_problem)]
Host = Annotated[str, _must(host_problem)]
KeyTypesWord = Annotated[str, _must(partial(setting_problem, values=KEY_TYPES)), _listed(KEY_TYPES)]
ServerName = Annotated[str, _must(server_name_problem)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
# A protocol, and a port where it is not the protocol's usual one.
_PORT_WORD = rf"^({'|'.join(SCHEMES)})(:[1-9][0-9]{{0,4}})?$"
_PORT_KEY = rf"^(({'|'.join(SCHEMES)}):)?[1-9][0-9]{{0,4}}$"
PortWord = Annotated[str, _must(port_word_problem), WithJsonSchema({"type": "string", "pattern": _PORT_WORD})]
NamedPort = Annotated[
    Annotated[PortNumber, Tag("number")] | Annotated[PortWord, Tag("text")],
    Discriminator(lambda value: "text" if isinstance(value, str) else "number"),
]
_FORWARDED = WithJsonSchema(
    {
        "type": "object",
        "patternProperties": {_PORT_KEY: {"type": "integer", "minimum": 1, "maximum": 65535}},
        "additionalProperties": False,
    }
)
Forwarded = Annotated[dict[Annotated[str, _must(port_key_problem)], PortNumber], _FORWARDED]
Ports = Annotated[Annotated[list[NamedPort], Tag("list")] | Annotated[Forwarded, Tag("mapping")], Discriminator(_form)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DefaultsEntry(_Entry):
    """What every target of a role takes where it does not say otherwise."""

    release: Text | None = Field(None, description="The software release, in quotes where it looks like a number.")
    cluster: Name | None = Field(None, description="The cluster that the target belongs to.")
    tags: list[Text] | None = Field(None, description="Free words that go with the target into every report.")
    client_certificates: list[Text] | None = Field(
        None,
        description="Names of client certificates to present to it: each is a login attempt in the peer's log.",
    )
    key_types: KeyTypesWord | None = Field(
        None,
        description="Whether to look with RSA alone and with ECDSA alone too: both, or default for one look.",
    )
    proxy: Text | None = Field(None, description="The proxy to go through, or none.")


class TargetEntry(DefaultsEntry):
    """One box, or a far end."""

    host: Host | None = Field(None, description="Host name or IP address.")
    role: Role | None = Field(None, description="What the box is. Guessed from its ports and banner if left out.")
    server_name: ServerName | None = Field(None, description="Server name (SNI) to ask for, if not the host's name.")
    ports: Ports | None = Field(
        None,
        description="Only these ports, as numbers or as protocol:port; or, for forwarded ports, the product's port and "
        "the one to dial.",
    )
    slots: dict[str, Text] | None = Field(
        None,
        description="Certificate files by slot, relative to this file; or the name of the slot that has the same.",
    )
    trusted_cas: list[Text] | None = Field(
        None,
        min_length=1,
        description="Certificate files, relative to this file, of all CAs that the box trusts: its whole list.",
    )
    stack: StackName | None = Field(None, description="The TLS stack of a generic peer.")


class ConnectionEntry(_Entry):
    """A use case between two ends."""

    use_case: str = Field(description="The name of a use case.")
    from_: Name = Field(alias="from", description="The target or cluster that dials.")
    to: Name = Field(description="The target or cluster that answers.")
    imported: Text | None = Field(None, description="Where the connection was read, if `ekuscan import` wrote it.")


class ClientPairEntry(_Entry):
    """A client certificate to present to peers, and its private key."""

    certificate: Text = Field(description="The file of the certificate, with those of its issuers behind it.")
    key: Text | None = Field(None, description="The file of its private key, if that is another file.")


class WaiverEntry(_Entry):
    """Findings that the site accepts until a day."""

    verdict: Annotated[str, _must(waived_problem)] = Field(
        description="The id of a verdict as a result has it, TARGET[>PEER]/USE_CASE/RULE; * stands for a whole part.",
    )
    owner: Annotated[str, _must(partial(words_problem, most=OWNER_LIMIT))] = Field(description="Who accepts it.")
    reason: Annotated[str, _must(partial(words_problem, most=REASON_LIMIT))] = Field(description="Why it is accepted.")
    until: Annotated[str, _must(day_problem), WithJsonSchema({"type": "string", "format": "date"})] = Field(
        description="The last day on which it holds, as YYYY-MM-DD."
    )


class FileEntry(_Entry):
    """What ekuscan is to look at, and what connects to what."""

    schema_: Literal["ekuscan.targets/1"] = Field(alias="schema", description=SCHEMA_ID)
    defaults: dict[str, Any] | None = None
    targets: dict[str, Any] | None = None
    trust: list[Text] | None = Field(None, description="Certificate files of the site's own CAs.")
    client_certificates: dict[str, Any] | None = None
    proxy: Text | None = Field(None, description="The proxy to go through: http://host:port or socks5://host:port.")
    connections: list[Any] | None = None
    waivers: list[Any] | None = None


class Shapes:
    """The models of one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        box = vocabulary.settings_of("target")
        zone = vocabulary.settings_of("connection")
        self.target: type[TargetEntry] = create_model("Target", __base__=TargetEntry, **_fields(box))
        self.defaults: type[DefaultsEntry] = create_model("Defaults", __base__=DefaultsEntry, **_fields(box))
        use_case = _word(tuple(vocabulary.use_cases))
        self.connection: type[ConnectionEntry] = create_model(
            "Connection",
            __base__=ConnectionEntry,
            use_case=(use_case, Field(description="What the connection is for.")),
            **_fields(zone),
        )


def _fields(settings: dict[str, SettingShape]) -> dict[str, Any]:
    return {
        name: (_word(shape.values) | None, Field(None, description=shape.question)) for name, shape in settings.items()
    }

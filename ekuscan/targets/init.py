"""Writes a targets file to begin with: the hosts given, and everything else to fill in as comments."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ekuscan.model import RoleName
from ekuscan.profiles.load import ROLES, profile
from ekuscan.targets.address import is_ip, label
from ekuscan.targets.draft import Draft, PortAsk
from ekuscan.targets.errors import one_of
from ekuscan.targets.load import TargetRequest, requested_drafts
from ekuscan.targets.vocabulary import SettingShape, Vocabulary
from ekuscan.targets.yaml_words import text_word

_WIDTH = 100

_HEAD = """\
# What ekuscan looks at. Lines that begin with # are suggestions: complete them and take the # away.
# Releases and the words on and off stand in quotes; file names start at this file's folder.
schema: ekuscan.targets/1

"""

_TAIL = """
# Certificates of your own CAs: chains that end there are then certainly private.
# trust: [corp-root.pem]

"""


_WAIVERS = """
# Findings that are accepted until a day: shown as waived, not counted. A result has the ids.
# waivers: [{verdict: TARGET>PEER/USE_CASE/RULE, owner: ..., reason: ..., until: YYYY-MM-DD}]
"""


def init_text(targets: Sequence[str], vocabulary: Vocabulary, request: TargetRequest | None = None) -> str:
    """A commented targets file for TARGET arguments, as `ekuscan.targets.load.load` reads it.

    ``request`` brings the way to read standard input, for the argument "-".

    Raises:
        InvalidInput: a target is wrong, or there is none.
    """
    drafts = requested_drafts(replace(request or TargetRequest(), targets=tuple(targets)), vocabulary)
    names = _names(drafts)
    lines = [_HEAD]
    lines.extend(f"{line}\n" for line in _default_lines(drafts, vocabulary))
    lines.append("targets:\n")
    for draft, name in zip(drafts, names, strict=True):
        lines.extend(f"{line}\n" for line in _target_lines(draft, name, vocabulary))
    lines.append(_TAIL)
    lines.extend(f"{line}\n" for line in _connection_lines(drafts, names, vocabulary))
    lines.append(_WAIVERS)
    return "".join(lines)


def _names(drafts: Sequence[Draft]) -> list[str]:
    """Short names: the first label of a host name where no other target has it and it is no word of YAML's."""
    shorts = [_short(draft) for draft in drafts]
    counts = Counter(shorts)
    ids = {draft.id for draft in drafts}
    return [
        short if counts[short] == 1 and (short == draft.id or short not in ids) else draft.id
        for draft, short in zip(drafts, shorts, strict=True)
    ]


def _short(draft: Draft) -> str:
    host = draft.host
    if host is None or draft.id != label(host) or is_ip(host):
        return draft.id
    return host.split(".")[0]


def _target_lines(draft: Draft, name: str, vocabulary: Vocabulary) -> Iterator[str]:
    yield f"  {text_word(name)}:"
    yield f"    host: {text_word(draft.host or '')}"
    if draft.role is None:
        yield from _comment(f"role: {', '.join(ROLES)}", "    # ", "    #       ")
    else:
        yield f"    role: {draft.role}"
    yield f"    release: {json.dumps(draft.release)}" if draft.release else '    # release: ""'
    yield f"    cluster: {text_word(draft.cluster)}" if draft.cluster else "    # cluster: a name shared by its nodes"
    if draft.server_name:
        yield f"    server_name: {text_word(draft.server_name)}"
    if not draft.own_ports:
        yield f"    ports: [{', '.join(_port(ask) for ask in draft.asks)}]"
    if draft.tags:
        yield f"    tags: [{', '.join(text_word(tag) for tag in draft.tags)}]"
    yield from (f"    {setting}: {json.dumps(value)}" for setting, value in draft.settings.items())
    if draft.role is not None:
        yield from _unseen_slots(draft.role, name)


def _port(ask: PortAsk) -> str:
    return text_word(f"{ask.protocol}:{ask.port}") if ask.protocol else str(ask.port)


def _unseen_slots(role: RoleName, name: str) -> Iterator[str]:
    shape = profile(role)
    shown = {port.slot for port in shape.ports if port.probe}
    stem = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")
    files = [f"{slot.name}: {stem}-{slot.name}.pem" for slot in shape.slots if slot.name not in shown]
    line = f"    # slots: {{{', '.join(files)}}}  # certificates that no port shows"
    if len(line) > _WIDTH:
        yield "    # slots:  # certificates that no port shows"
        yield from (f"    #   {file}" for file in files)
    elif files:
        yield line


def _default_lines(drafts: Sequence[Draft], vocabulary: Vocabulary) -> Iterator[str]:
    """The settings of the roles at hand, once per role: most boxes of a role are set alike."""
    settings = vocabulary.settings_of("target")
    lines = []
    for role in dict.fromkeys(draft.role for draft in drafts if draft.role):
        shapes = {name: shape for name, shape in settings.items() if role in shape.roles}
        own = [line for name, shape in shapes.items() for line in _choice(name, shape, "#     ")]
        if own:
            lines += [f"#   {role}:", *own]
    if lines:
        yield "# What all boxes of a role have in common; any of it can stand with a single target instead."
        yield "# defaults:"
        yield from lines
        yield ""


def _choice(name: str, shape: SettingShape, indent: str) -> Iterator[str]:
    """A setting with the words that it takes, behind it what it asks; above it where one line does not hold both."""
    values = one_of([json.dumps(value) for value in shape.values]) if shape.values else '""'
    line = f"{indent}{name}: {values}"
    whole = f"{line}  # {shape.question}"
    if len(whole) <= _WIDTH:
        yield whole
    else:
        yield from _comment(shape.question, f"{indent}# ", f"{indent}# ")
        yield line


def _comment(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _connection_lines(drafts: Sequence[Draft], names: Sequence[str], vocabulary: Vocabulary) -> Iterator[str]:
    """One connection per use case that the roles at hand make possible, as an example."""
    first_of: dict[str, str] = {}
    for draft, name in zip(drafts, names, strict=True):
        if draft.role:
            first_of.setdefault(draft.role, name)
    examples = []
    for use_case, shape in vocabulary.use_cases.items():
        dialling = next((first_of[role] for role in shape.from_roles if role in first_of), None)
        answering = next((first_of[role] for role in shape.to_roles if role in first_of), None)
        if dialling and answering and (dialling != answering or shape.itself):
            examples.append(f"#   - {{use_case: {use_case}, from: {text_word(dialling)}, to: {text_word(answering)}}}")
    yield "# Who dials whom, by the names of targets or clusters. Where nothing is declared between two roles"
    yield "# that a use case joins, a connection is assumed."
    yield "# connections:"
    yield from examples or ["#   - {use_case: ..., from: ..., to: ...}"]
    settings = vocabulary.settings_of("connection")
    if settings:
        yield "# A connection can also say:"
        for name, setting in settings.items():
            yield from _choice(name, setting, "#   ")

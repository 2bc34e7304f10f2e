"""From what a person gives (targets, host lists, a targets file, slot files) to the inventory of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ekuscan.model import Endpoint, Fact, Inventory, Target
from ekuscan.profiles.load import slot_names
from ekuscan.record import record
from ekuscan.targets.approach import approaches, client_pairs
from ekuscan.targets.box import check_box
from ekuscan.targets.certificate_slots import (
    CertificateFiles,
    ReadCertificates,
    same_slots,
    slot_files,
    trusted,
    trusted_cas,
)
from ekuscan.targets.connect import connections
from ekuscan.targets.draft import Draft, FileContent, SlotSource
from ekuscan.targets.errors import Place, Problems, nearest, shown
from ekuscan.targets.host_list import read_host_line, read_host_list
from ekuscan.targets.plan import endpoints
from ekuscan.targets.register import Register
from ekuscan.targets.text_file import TEXT_LIMIT, Unreadable, decode, read_text
from ekuscan.targets.vocabulary import Vocabulary
from ekuscan.targets.words import name_problem

COMMAND_LINE = "command line"
TARGET_LIMIT = 65_536

_YAML_SUFFIXES = frozenset((".yaml", ".yml", ".json"))


def _no_stdin() -> bytes:
    return b""


@record
class TargetRequest:
    """What the command line says about targets.

    ``targets`` are TARGET arguments: a host list line each, ``@file`` or ``-``. ``file`` is the targets file, "-"
    standard input. ``slots`` are NAME:SLOT=FILE. ``read_stdin`` returns at most a few MiB of standard input.
    """

    targets: tuple[str, ...] = ()
    file: Path | None = None
    slots: tuple[str, ...] = ()
    read_stdin: Callable[[], bytes] = _no_stdin


def load(request: TargetRequest, vocabulary: Vocabulary, read_slot_file: ReadCertificates) -> Inventory:
    """The inventory that a request describes, its endpoints planned.

    Args:
        request: what the person gave.
        vocabulary: the words that the rules define.
        read_slot_file: takes a file's content and name, returns DER certificates, raises ValueError saying why not.

    Raises:
        InvalidInput: with everything that is wrong.
    """
    problems = Problems()
    content = _file_content(request, vocabulary, problems)
    register = Register(problems)
    register.add_filed(content.drafts)
    for draft in _argument_drafts(request, vocabulary, problems):
        register.add(draft)
    for option in request.slots:
        _add_slot(option, register, vocabulary, problems)
    drafts = register.drafts
    _check_number(drafts, problems)
    for draft in drafts:
        check_box(draft, vocabulary, problems)
    joined = connections(content.connections, drafts, vocabulary, problems)
    files = CertificateFiles(read_slot_file, problems)
    inventory = Inventory(
        targets=tuple(_target(draft) for draft in drafts),
        connections=joined,
        endpoints=_all_endpoints(drafts, problems),
        slot_files=tuple(file for draft in drafts for file in slot_files(draft, files)),
        trust=trusted(content.trust, content.folder, files),
        client_pairs=tuple(client_pairs(content, problems)),
        approaches=approaches(drafts, content, problems),
        proxy=content.proxy,
        hosts={draft.id: hosts for draft in drafts if (hosts := _hosts(draft))},
        waivers=content.waivers,
        trusted_cas={draft.id: ders for draft in drafts if (ders := trusted_cas(draft, files))},
    )
    problems.raise_if_any()
    return inventory


def requested_drafts(request: TargetRequest, vocabulary: Vocabulary) -> tuple[Draft, ...]:
    """The targets of the command line alone, merged, before roles and ports are planned.

    Raises:
        InvalidInput: with everything that is wrong.
    """
    problems = Problems()
    register = Register(problems)
    for draft in _argument_drafts(request, vocabulary, problems):
        register.add(draft)
    _check_number(register.drafts, problems)
    problems.raise_if_any()
    return register.drafts


def _file_content(request: TargetRequest, vocabulary: Vocabulary, problems: Problems) -> FileContent:
    if request.file is None:
        return FileContent(Path())
    from ekuscan.targets.yaml_file import read_targets_file  # pydantic and the YAML reader cost more than a host list

    stdin = str(request.file) == "-"
    where = "stdin" if stdin else str(request.file)
    folder = Path() if stdin else request.file.parent
    text = _text(None if stdin else request.file, where, request, problems)
    return FileContent(folder) if text is None else read_targets_file(text, where, folder, vocabulary, problems)


def _argument_drafts(request: TargetRequest, vocabulary: Vocabulary, problems: Problems) -> Iterable[Draft]:
    for argument in request.targets:
        if argument == "-" or argument.startswith("@"):
            yield from _listed_drafts(argument, request, vocabulary, problems)
        elif not argument.strip():
            problems.add(Place(COMMAND_LINE), "found an empty target; write a host name or an address")
        else:
            yield from read_host_line(argument, Place(COMMAND_LINE), vocabulary, problems)


def _listed_drafts(
    argument: str, request: TargetRequest, vocabulary: Vocabulary, problems: Problems
) -> Iterable[Draft]:
    name = argument.removeprefix("@")
    where = "stdin" if name == "-" else name
    if Path(name).suffix.lower() in _YAML_SUFFIXES:
        problems.add(Place(where), f"is a targets file; write -f {shown(name)}")
        return
    text = _text(None if name == "-" else Path(name), where, request, problems)
    if text is None:
        return
    drafts = list(read_host_list(text, where, vocabulary, problems))
    if not drafts:
        problems.add(Place(where), "has no host in it; write one host a line")
    yield from drafts


def _text(path: Path | None, where: str, request: TargetRequest, problems: Problems) -> str | None:
    try:
        if path is not None:
            return read_text(path)
        data = request.read_stdin()
        if len(data) > TEXT_LIMIT:
            raise Unreadable(f"has more than {TEXT_LIMIT // 1024} KiB")
        return decode(data)
    except Unreadable as error:
        problems.add(Place(where), str(error))
        return None


def _add_slot(option: str, register: Register, vocabulary: Vocabulary, problems: Problems) -> None:
    """NAME:SLOT=FILE; a NAME that is no target becomes one without host and role."""
    place = Place("--slot", key=shown(option, 120))
    name_slot, equals, file = option.partition("=")
    name, colon, slot = name_slot.rpartition(":")
    if not (equals and colon and name and slot and file):
        problems.add(place, "write NAME:SLOT=FILE, for example exp-c1:client=client.pem")
        return
    draft = register.named(name)
    if draft is None:
        problem = _new_target_problem(name, slot, register)
        if problem:
            problems.add(place, problem)
            return
        draft = Draft(name, place, role="generic", own_ports=False)
    release = draft.release or ""
    same = vocabulary.same_slot(draft.role, release, slot) if draft.role and release else None
    if same is not None:
        one = f"on {shown(release)} {shown(name)} has one certificate for {same} and {slot}"
        problems.add(place, f"{one}; write {shown(name)}:{same}={shown(file, 200)}")
        return
    register.replace(
        replace(
            draft,
            slots={**draft.slots, slot: SlotSource(file, Path())},
            places={**draft.places, f"slots.{slot}": place},
        )
    )


def _new_target_problem(name: str, slot: str, register: Register) -> str | None:
    close = nearest(name, [known.id for known in register.drafts])
    if close is not None:
        return f"no target of this name; did you mean {shown(close)}?"
    if slot not in slot_names("generic"):
        return f"no target of this name, so its role is not known; give {shown(name)} a role in a targets file"
    return name_problem(name)


def _check_number(drafts: tuple[Draft, ...], problems: Problems) -> None:
    if not drafts and not problems:
        problems.add(Place(COMMAND_LINE), "there is no target; write a host, @file or -f targets.yaml")
    elif len(drafts) > TARGET_LIMIT:
        problems.add(Place(COMMAND_LINE), f"there are {len(drafts)} targets; one run takes at most {TARGET_LIMIT}")


def _all_endpoints(drafts: Iterable[Draft], problems: Problems) -> tuple[Endpoint, ...]:
    """The endpoints of all targets. The same one under two targets is a slip: it could belong to one box only."""
    found: dict[tuple[str, int, str, str | None], Endpoint] = {}
    for draft in drafts:
        twice = None
        for endpoint in endpoints(draft):
            key = (endpoint.host, endpoint.port, endpoint.protocol, endpoint.server_name)
            first = found.setdefault(key, endpoint)
            if first is not endpoint:
                twice = twice or first
        if twice is not None:
            port = f"port {twice.port} of {shown(twice.host)}"
            problems.add(
                draft.at("host"), f"{port} is given to {shown(twice.target)} already; write another host or ports"
            )
    return tuple(found.values())


def _hosts(draft: Draft) -> tuple[str, ...]:
    """By what others may dial a target: its host, and the name that is asked for there."""
    return tuple(dict.fromkeys(name for name in (draft.host, draft.server_name) if name is not None))


def _target(draft: Draft) -> Target:
    return Target(
        id=draft.id,
        role=draft.role or "generic",
        role_from="declared" if draft.role else "default",
        release=draft.release,
        release_from="declared" if draft.release else "default",
        cluster=draft.cluster,
        tags=draft.tags,
        line=draft.place.line,
        settings={name: Fact(value, "declared") for name, value in draft.settings.items()},
        slots=same_slots(draft),
    )

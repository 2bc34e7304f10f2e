"""Log-ins for the APIs of appliances: from a file that nobody else may read, from the environment, or asked for.

A message about a log-in names its keys and never a value, and no text that is made of one shows a password.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from ekuscan import toml
from ekuscan.model import Target
from ekuscan.record import record
from ekuscan.targets.certificate_slots import CertificateFiles, ReadCertificates
from ekuscan.targets.errors import InputError, Place, Problems, nearest, not_one_of, one_of, shown
from ekuscan.targets.text_file import Unreadable, decode, read_bytes

USER_VARIABLE: Final = "EKUSCAN_API_USER"
PASSWORD_VARIABLE: Final = "EKUSCAN_API_PASSWORD"  # noqa: S105  (the name of the variable, not a password)
FILE_LIMIT: Final = 256 * 1024

Ask = Callable[[str], str]
"""Takes the text of a question, returns the password; the command line gives one where a person can be asked."""

Warn = Callable[[str], None]
"""Takes a sentence about something that is no error and may be a mistake."""

_KINDS: Final = ("target", "cluster", "role")
_ALL: Final = "all"
_KEYS: Final = ("user", "password", "sha256", "ca")
_FORMS: Final[dict[type, str]] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
_SEPARATORS: Final = re.compile(r"[:\s]")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# tomli's own words may quote what stands there.
_WHERE_IN_TOML: Final = re.compile(r"\(at (line \d+, column \d+|end of document)\)")


@record
class Login:
    """What an API is asked with.

    ``sha256`` is the fingerprint of the one certificate that its server may present; None where the certificate is
    verified against CAs, to which ``trust`` adds DER certificates.
    """

    user: str
    password: str = field(repr=False)
    sha256: str | None = None
    trust: tuple[bytes, ...] = field(default=(), repr=False)


@record
class LoginSources:
    """Where log-ins may come from. ``ask`` is None where nobody can be asked."""

    file: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    ask: Ask | None = None


@record
class _Section:
    """A table of the file, or what the environment says. Only a section that names a user may hold a password."""

    place: Place
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sha256: str | None = None
    trust: tuple[bytes, ...] = field(default=(), repr=False)


def logins(
    sources: LoginSources,
    targets: Iterable[Target],
    roles: Collection[str],
    read_certificates: ReadCertificates,
    warn: Warn | None = None,
) -> dict[str, Login]:
    """The log-in of each target for which there is one, by its id.

    A section for the target comes before one for its cluster, that before one for its role, then ``[all]``, then the
    environment. User and password come from one of them, the certificate or CA from the first that names either.

    Args:
        sources: where to look.
        targets: the targets of this run.
        roles: the roles that have an API to log in to; targets of others get none.
        read_certificates: takes a file's content and name, returns DER certificates, raises ValueError saying why not.
        warn: is told of each section for a target or cluster that is none of this run's. That is no error, because one
            file may be meant for several inventories.

    Raises:
        InvalidInput: with everything that is wrong.
    """
    problems = Problems()
    sections = _file_sections(sources.file, roles, read_certificates, problems) if sources.file is not None else {}
    environment = _from_environment(sources.environment, problems)
    targets = tuple(targets)
    known = [target for target in targets if target.role in roles]
    if warn is not None and not problems:
        for warning in _strangers(sections, targets, roles):
            warn(warning)
    chosen = {target.id: list(_sections_of(target, sections, environment)) for target in known}
    users = {name: _with_user(found) for name, found in chosen.items()}
    if sources.file is not None and not problems and not any(users.values()):
        problems.add(Place(str(sources.file)), f"has no user for any target of this run ({_named(known, roles)})")
    problems.raise_if_any()
    passwords = _passwords(users, sources, problems)
    problems.raise_if_any()
    found: dict[str, Login] = {}
    for name, section in users.items():
        if section is not None and section.user is not None:
            pin = _with_identity(chosen[name])
            found[name] = Login(section.user, passwords[section], pin.sha256, pin.trust)
    return found


def _strangers(
    sections: Mapping[tuple[str, str], _Section], targets: Sequence[Target], roles: Collection[str]
) -> Iterator[str]:
    """A sentence for each section that stands for no target with an API, nor for a cluster of one."""
    named, used = _names(targets), _names(target for target in targets if target.role in roles)
    for (kind, name), section in sections.items():
        if kind not in used or name in used[kind]:
            continue
        near = nearest(name, used[kind].values()) if name not in named[kind] else None
        hint = f"; did you mean {shown(near)}?" if near is not None else ""
        yield str(InputError(section.place, f"is no {kind} of this run with an API that is read{hint}"))


def _names(targets: Iterable[Target]) -> dict[str, dict[str, str]]:
    """The names of targets and of clusters, by kind and by how sections are looked up."""
    found: dict[str, dict[str, str]] = {"target": {}, "cluster": {}}
    for target in targets:
        found["target"][target.id.lower()] = target.id
        if target.cluster is not None:
            found["cluster"][target.cluster.lower()] = target.cluster
    return found


def _named(targets: list[Target], roles: Collection[str]) -> str:
    if not targets:
        return f"none has the role {one_of(sorted(roles))}"
    return ", ".join(shown(target.id) for target in targets[:8]) + (", ..." if len(targets) > 8 else "")


def _sections_of(
    target: Target, sections: Mapping[tuple[str, str], _Section], environment: _Section
) -> Iterator[_Section]:
    """What applies to a target, the most particular first."""
    names = (("target", target.id), ("cluster", target.cluster or ""), ("role", target.role), (_ALL, ""))
    for kind, name in names:
        section = sections.get((kind, name.lower()))
        if section is not None:
            yield section
    yield environment


def _with_user(sections: Iterable[_Section]) -> _Section | None:
    return next((section for section in sections if section.user is not None), None)


def _with_identity(sections: Iterable[_Section]) -> _Section:
    return next((section for section in sections if section.sha256 or section.trust), _Section(Place("")))


def _passwords(users: Mapping[str, _Section | None], sources: LoginSources, problems: Problems) -> dict[_Section, str]:
    """The password of each section that names a user; asked for once where none is written."""
    targets: dict[_Section, list[str]] = {}
    for name, section in users.items():
        if section is not None:
            targets.setdefault(section, []).append(name)
    found: dict[_Section, str] = {}
    for section, names in targets.items():
        password = section.password or sources.environment.get(PASSWORD_VARIABLE)
        if not password and sources.ask is not None:
            many = ", ..." if len(names) > 3 else ""
            listed = ", ".join(shown(name) for name in names[:3]) + many
            password = sources.ask(f"Password of {shown(section.user or '')} on {listed}: ")
        if password:
            found[section] = password
        else:
            problems.add(section.place, f"there is no password for this user; write one, or set {PASSWORD_VARIABLE}")
    return found


def _from_environment(environment: Mapping[str, str], problems: Problems) -> _Section:
    place = Place("environment", key=USER_VARIABLE)
    user = environment.get(USER_VARIABLE) or None
    if user is not None:
        _check_user(user, place, problems)
    password = environment.get(PASSWORD_VARIABLE)
    if password:
        _check_password(password, Place("environment", key=PASSWORD_VARIABLE), problems)
    return _Section(place, user)


def _file_sections(
    path: Path, roles: Collection[str], read_certificates: ReadCertificates, problems: Problems
) -> dict[tuple[str, str], _Section]:
    place = Place(str(path))
    try:
        text = decode(read_bytes(path, FILE_LIMIT))
    except Unreadable as error:
        problems.add(place, str(error))
        return {}
    _check_mode(path, place, problems)
    try:
        table = toml.loads(text)
    except (toml.TOMLDecodeError, RecursionError) as error:
        where = _WHERE_IN_TOML.search(str(error))
        problems.add(place, f"is not TOML{f': look at {where[1]}' if where else ''}")
        return {}
    return dict(_Reader(path.parent, roles, CertificateFiles(read_certificates, problems), problems).read(table, place))


def _check_mode(path: Path, place: Place, problems: Problems) -> None:
    """Windows has no such bits: there the folder's rights decide, which only its owner can judge."""
    if os.name != "posix":
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        command = f"chmod 600 {shlex.quote(str(path))}"
        problems.add(place, f"may be read or written by others than its owner (mode {mode:04o}); run: {command}")


class _Reader:
    """One file being read: everything that is wrong is noted, what fits is kept."""

    def __init__(self, folder: Path, roles: Collection[str], files: CertificateFiles, problems: Problems) -> None:
        self._folder = folder
        self._roles = roles
        self._files = files
        self._problems = problems

    def read(self, table: Mapping[str, Any], place: Place) -> Iterator[tuple[tuple[str, str], _Section]]:
        for kind, content in table.items():
            here = place.at(kind)
            if kind not in (*_KINDS, _ALL):
                self._problems.add(here, f"is no section; {_section_hint(kind)}")
            elif not isinstance(content, dict):
                self._problems.add(here, f"found {_form(content)}; write {_section_form(kind)}")
            elif kind == _ALL:
                yield (_ALL, ""), self._section(content, here)
            else:
                yield from self._named(kind, content, here)

    def _named(self, kind: str, content: Mapping[str, Any], place: Place) -> Iterator[tuple[tuple[str, str], _Section]]:
        for name, section in content.items():
            here = place.at(name)
            if not isinstance(section, dict):
                self._problems.add(here, f"found {_form(section)}; write {_section_form(kind)}")
                continue
            if kind == "role" and name not in self._roles:
                self._problems.add(here, f"no log-in is used for this role; {not_one_of(name, sorted(self._roles))}")
            yield (kind, name.lower()), self._section(section, here)

    def _section(self, content: Mapping[str, Any], place: Place) -> _Section:
        texts = dict(self._texts(content, place))
        if "user" in texts:
            _check_user(texts["user"], place.at("user"), self._problems)
        if "password" in texts:
            _check_password(texts["password"], place.at("password"), self._problems)
            if "user" not in content:
                self._problems.add(place.at("password"), "stands without a user; write user = beside it")
        if "sha256" in content and "ca" in content:
            self._problems.add(place.at("ca"), "stands beside sha256; write one of the two")
        return _Section(
            place,
            texts.get("user"),
            texts.get("password"),
            self._sha256(texts.get("sha256"), place.at("sha256")),
            self._ca(texts.get("ca"), place.at("ca")),
        )

    def _texts(self, content: Mapping[str, Any], place: Place) -> Iterator[tuple[str, str]]:
        if not content:
            self._problems.add(place, f"is empty; write {one_of(_KEYS)}")
        for key, value in content.items():
            here = place.at(key)
            if key not in _KEYS:
                self._problems.add(here, f"is no key of a log-in; {not_one_of(key, _KEYS)}")
            elif not isinstance(value, str):
                self._problems.add(here, f"found {_form(value)}; write text in quotes")
            elif not value:
                self._problems.add(here, "found nothing; write a value or leave the key out")
            else:
                yield key, value

    def _sha256(self, text: str | None, place: Place) -> str | None:
        if text is None:
            return None
        digits = _SEPARATORS.sub("", text).lower()
        if _SHA256.fullmatch(digits):
            return digits
        self._problems.add(place, "is no SHA-256 fingerprint; write 64 hexadecimal digits, with or without colons")
        return None

    def _ca(self, name: str | None, place: Place) -> tuple[bytes, ...]:
        return () if name is None else self._files.ders(self._folder / name, name, place)


def _check_user(user: str, place: Place, problems: Problems) -> None:
    """RFC 7617 §2: in HTTP Basic the user has no colon, and neither part has control characters."""
    if ":" in user or not user.isprintable():
        problems.add(place, "has a colon or a control character, which no HTTP log-in can carry")


def _check_password(password: str, place: Place, problems: Problems) -> None:
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in password):
        problems.add(place, "has a control character (a line end?), which no HTTP log-in can carry")


def _form(value: object) -> str:
    return _FORMS.get(type(value), "a date")


def _section_form(kind: str) -> str:
    return "[all]" if kind == _ALL else f"[{kind}.NAME]"


def _section_hint(kind: str) -> str:
    if kind in _KEYS:
        return f"write {kind} under [all] or under [target.NAME]"
    return not_one_of(kind, (*_KINDS, _ALL))

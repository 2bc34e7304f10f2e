"""``ekuscan inspect``: certificate files judged without network, each a chain of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ekuscan.assessment import ChainBook
from ekuscan.certificate_files import CertificateFileError, CertificateRequest, FileContents, read_file
from ekuscan.cli.knowledge import (
    PASSWORD_VARIABLE,
    check_release,
    given_password,
    knowledge,
    moment,
    readable,
)
from ekuscan.cli.log import tell
from ekuscan.cli.output import Look, Outputs, refused
from ekuscan.cli.preparing import run_info
from ekuscan.cli.refusal import UsageError, nearest
from ekuscan.cli.sweeping import report
from ekuscan.exit_code import FailOnError, parse_fail_on
from ekuscan.model import Fact, Inventory, RoleName, SlotFile, Target
from ekuscan.names import printable
from ekuscan.profiles.load import ROLES, ProfileSlot, profile, role_named, slot_names
from ekuscan.record import record
from ekuscan.rules import releases
from ekuscan.rules.tables import Tables
from ekuscan.run import Options, RunInProgress
from ekuscan.targets.errors import InvalidInput
from ekuscan.trust import TrustStore, TrustStoreError
from ekuscan.verdict.judge import UPLOAD_CHECKS


@record
class InspectRequest:
    """The command line of ``inspect`` as it was typed."""

    files: tuple[Path, ...]
    role: str | None = None
    settings: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    password_file: Path | None = None
    as_of: str | None = None
    format: str = "table"
    outputs: tuple[Path, ...] = ()
    verbose: bool = False
    fail_on: str = "breaks-now"
    rules: tuple[Path, ...] = ()
    trust_data: Path | None = None
    color: str = "auto"


def inspect(request: InspectRequest) -> int:
    """Judge the files; returns the exit code."""
    try:
        started = datetime.now(UTC)
        as_of = moment(request.as_of, started)
        known = knowledge(request.rules)
        options = Options(
            as_of,
            assume=request.role is not None,
            candidates=True,
            open_slots=frozenset(slot.name for slot in _unseen_slots(request)),
            fail_on=parse_fail_on(request.fail_on),
        )
        contents = dict(_contents(request))
        inventory = _inventory(request, contents, known.tables)
        store = TrustStore.open(request.trust_data)
        outputs = Outputs(request.format, request.outputs, Look(request.verbose, request.color))
    except (UsageError, InvalidInput, CertificateFileError, TrustStoreError, FailOnError) as error:
        return refused(error, request.format)
    _tell_unnamed_role(request, inventory)
    _tell_unjudged(request.role, known.tables)
    _tell_doubtful_release(request.role, known.tables)
    _tell_unseen_slots(request, known.tables)
    for name, content in contents.items():
        for found in content.requests:
            _show_request(name, found, sys.stdout if request.format == "table" else sys.stderr)
    with store:
        if not inventory.targets and request.format == "table" and not request.outputs:
            return 0
        run = RunInProgress(run_info(store, known, started, as_of), inventory, known, ChainBook(store), options)
        return report(run, outputs, known)


def _contents(request: InspectRequest) -> Iterator[tuple[str, FileContents]]:
    """What every file holds, by a name of its own; every file that cannot be read is named. Raises `UsageError`."""
    password = given_password(request.password_file)
    faults: list[str] = []
    names: set[str] = set()
    for path in request.files:
        try:
            data = sys.stdin.buffer.read() if str(path) == "-" else readable(path)
            content = read_file(data, "standard input" if str(path) == "-" else str(path), password)
        except (UsageError, CertificateFileError) as error:
            wanted = password is None and "needs its password" in str(error)
            faults.append(f"{error}; --password-file or {PASSWORD_VARIABLE} gives it" if wanted else str(error))
            continue
        name = path.name if path.name not in names else str(path)
        names.add(name)
        yield printable("stdin" if name == "-" else name, 200), content
    if faults:
        raise UsageError("\n".join(faults))


def _inventory(request: InspectRequest, contents: Mapping[str, FileContents], tables: Tables) -> Inventory:
    role, release = _role(request.role)
    settings = dict(_settings(request.settings, role, tables))
    slots = _slots(request.slots, role, release)
    targets, files = [], []
    for name, content in contents.items():
        if not content.certificates:
            continue
        targets.append(
            Target(
                name, role or "generic", "declared", release, "declared" if release else "default", settings=settings
            )
        )
        files += [SlotFile(name, slot, content.certificates, name) for slot in slots]
    return Inventory(tuple(targets), slot_files=tuple(files))


def _role(text: str | None) -> tuple[RoleName | None, str | None]:
    if text is None:
        return None, None
    word, at, release = text.partition("@")
    role = role_named(word)
    if role is None:
        raise UsageError(f"--as: found {word!r}; write one of {', '.join(ROLES)}{nearest(word, ROLES)}")
    wrong = check_release(role, release) if at else None
    if wrong is not None and not release.strip():
        raise UsageError(f"--as: found no release behind {text!r}; write {wrong}, or leave the @ out")
    if wrong is not None:
        raise UsageError(f"--as: found release {release!r}; write {wrong}")
    return role, release if at else None


def _tell_unnamed_role(request: InspectRequest, inventory: Inventory) -> None:
    """That what a certificate is good for hangs on the product that it is for."""
    if request.role is None and inventory.targets:
        told = "what a certificate has to have depends on the product; name it, for example --as expressway-e"
        tell(f"not judged: {told}")


def _tell_doubtful_release(wanted: str | None, tables: Tables) -> None:
    """What is doubtful of a release that is written well: no source names it, or it is only promised."""
    role, release = _role(wanted)
    if role is None or release is None:
        return
    written = releases.parse(role, release)
    for row in tables.limits:
        within = row.release.low is None or written.low >= row.release.low
        within = within and (row.release.high is None or written.high <= row.release.high)
        if row.only_told and role in row.roles and within:
            tell(f"{profile(role).title} {release}: {row.says}")


def _tell_unjudged(wanted: str | None, tables: Tables) -> None:
    """Why no upload is judged for a product of whose uploads the tables say nothing."""
    role, _ = _role(wanted)
    if role is None or role == "generic" or profile(role).far_end:
        return
    if any(rule.check in UPLOAD_CHECKS and role in rule.presents.roles for rule in tables.rules):
        return
    title = profile(role).title
    told = f"no rule says what {title} refuses at an upload; judged is its use, as far as rules know it"
    tell(told)


def _unseen_slots(request: InspectRequest) -> list[ProfileSlot]:
    """The slots that decide where the product dials, and that nobody gave: the files were put into the main one."""
    role, release = _role(request.role)
    if role is None or request.slots:
        return []
    row = profile(role)
    return [slot for slot in row.slots if slot.same_as == row.default_slot and _separate(slot, role, release)]


def _tell_unseen_slots(request: InspectRequest, tables: Tables) -> None:
    """That another slot decides where the product dials."""
    role, release = _role(request.role)
    for slot in _unseen_slots(request):
        assert role is not None
        row = profile(role)
        told = " ".join(_may_be_one(slot.name, role, tables))
        tell(
            f"where {row.title} {release} dials, its {slot.name} slot decides, which nobody gave: "
            f"inspect that certificate with --slot {slot.name}. {told}{' Then' if told else 'Where both are one,'} "
            f"inspect this file with --slot {row.default_slot} --slot {slot.name}."
        )


def _may_be_one(slot: str, role: RoleName, tables: Tables) -> Iterator[str]:
    """What the tables say of how this slot can hold the certificate of the main one, on a release that has both."""
    for alias in tables.aliases:
        if alias.slot == slot and role in alias.roles and all(one.fact in tables.settings for one in alias.when):
            yield alias.says


def _settings(texts: tuple[str, ...], role: RoleName | None, tables: Tables) -> Iterator[tuple[str, Fact]]:
    known = {
        name: row
        for name, row in tables.settings.items()
        if row.of == "target" and role is not None and (role in row.roles or "*" in row.roles)
    }
    for text in texts:
        name, equals, value = text.partition("=")
        if role is None:
            raise UsageError("--set: a setting is a product's; name it with --as")
        if name not in known:
            raise UsageError(f"--set: found {name!r}; {role} has {', '.join(known)}{nearest(name, known)}")
        if not equals or value not in known[name].values:
            raise UsageError(f"--set: found {text!r}; write {name}={'|'.join(known[name].values)}")
        yield name, Fact(value, "declared")


def _slots(wanted: tuple[str, ...], role: RoleName | None, release: str | None) -> tuple[str, ...]:
    """The slots that the file is put into: those named, else the main one and those that are one with it."""
    names = slot_names(role or "generic")
    for slot in wanted:
        if slot not in names:
            raise UsageError(
                f"--slot: found {slot!r}; {role or 'generic'} has {', '.join(names)}{nearest(slot, names)}"
            )
    if wanted:
        return wanted
    row = profile(role or "generic")
    copies = (one for one in row.slots if one.same_as == row.default_slot)
    return (row.default_slot, *(one.name for one in copies if not _separate(one, row.role, release)))


def _separate(slot: ProfileSlot, role: RoleName, release: str | None) -> bool:
    """Whether a slot holds a certificate of its own on every release that this may be."""
    if release is None or slot.separate_since is None:
        return False
    return releases.parse(role, release).low >= releases.parse(role, slot.separate_since).low


def _show_request(name: str, request: CertificateRequest, sink: object) -> None:
    """A signing request has no chain to judge: what it asks for is all there is to say."""
    asked = ", ".join(request.eku.names) or ("no EKU extension" if request.eku.state == "absent" else "unreadable")
    san = ", ".join(request.san) or "none"
    lines = [
        f"{name}  certificate signing request",
        f"  subject  {printable(request.subject, 200)}",
        f"  key      {request.key}",
        f"  asks for {printable(asked, 200)}",
        f"  SAN      {printable(san, 300)}",
        "  The CA decides what it puts into the certificate: inspect what it issues.",
    ]
    print("\n".join(lines) + "\n", file=sink)  # type: ignore[call-overload]

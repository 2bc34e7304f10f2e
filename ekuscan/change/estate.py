"""What differs in the estate itself: targets and connections that came or went, releases, settings, files in slots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ekuscan.change.compared import Compared, Pair
from ekuscan.change.drafts import Drafts
from ekuscan.change.endpoints import Absent
from ekuscan.model import Connection, Fact, SlotOrigin, Target

# What a person or a source says; what is guessed, observed or taken by default follows from something else.
_TOLD = ("declared", "imported")
_FROM_FILES: tuple[SlotOrigin, ...] = ("file", "archive", "listen", "pcap", "imported")


def estate_changes(compared: Compared, absent: Absent, drafts: Drafts) -> None:
    """Put what differs into ``drafts``. A target that was away is compared with what it was before."""
    for before, after in compared.targets:
        past = absent.past.get(after.id) if after is not None else None
        was = past.target if past is not None and past.target is not None else before
        if was is not None and after is not None:
            _target(was, after, drafts)
        elif after is not None and compared.before.complete:
            drafts.at("target-added", (after.id,), after.id, after=after.role)
        elif before is not None and compared.after.complete:
            drafts.at("target-removed", (before.id,), before.id, before=before.role)
    for pair in compared.connections:
        _connection(pair, compared, drafts)


def _target(before: Target, after: Target, drafts: Drafts) -> None:
    name = after.id
    if before.role != after.role and "default" not in (before.role_from, after.role_from):
        drafts.at("role", (name,), name, before=before.role, after=after.role)
    if before.release != after.release and _is_news(before, after):
        drafts.at("release", (name,), name, before=before.release, after=after.release)
    if before.cluster != after.cluster:
        drafts.at("setting", (name, "cluster"), name, what="cluster", before=before.cluster, after=after.cluster)
    for setting, was, is_ in _settings(before.settings, after.settings):
        drafts.at("setting", (name, setting), name, what=setting, before=was, after=is_)
    for slot, was, is_ in _files(before, after):
        drafts.at("certificate", (was, is_), name, what=slot, certificates=(was, is_))


def _is_news(before: Target, after: Target) -> bool:
    """A release that nobody told before, or that is not told today, says nothing of an upgrade."""
    if before.release is None:
        return after.release_from in _TOLD
    return after.release is not None or before.release_from in _TOLD


def _settings(before: Mapping[str, Fact], after: Mapping[str, Fact]) -> Iterator[tuple[str, str | None, str | None]]:
    """Settings with another value; one that was only observed, guessed or a default says nothing where it is not."""
    for name in sorted(before.keys() | after.keys()):
        was, is_ = before.get(name), after.get(name)
        if was is not None and is_ is not None:
            if was.value != is_.value and not was.from_ == is_.from_ == "default":
                yield name, was.value, is_.value
        elif any(one is not None and one.from_ in _TOLD for one in (was, is_)):
            yield name, was.value if was is not None else None, is_.value if is_ is not None else None


def _files(before: Target, after: Target) -> Iterator[tuple[str, str, str]]:
    """Slots whose certificate comes from a file, and is another one: slot, fingerprint before, fingerprint after."""
    was, is_ = _in_files(before), _in_files(after)
    for slot in sorted(was.keys() & is_.keys()):
        gone, come = sorted(was[slot] - is_[slot]), sorted(is_[slot] - was[slot])
        for pair in zip(gone, come, strict=False):
            yield slot, *pair


def _in_files(target: Target) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for content in target.slots:
        if content.sha256 is not None and content.from_ in _FROM_FILES:
            found.setdefault(content.slot, set()).add(content.sha256)
    return found


def _connection(pair: Pair[Connection], compared: Compared, drafts: Drafts) -> None:
    """Connections that somebody declared or imported; assumed ones follow from the targets."""
    before, after = (one if one is not None and one.origin != "assumed" else None for one in pair)
    one = after or before
    if one is None:
        return
    ends = (one.from_, one.to)
    if before is not None and after is not None:
        for setting, was, is_ in _settings(before.settings, after.settings):
            draft = drafts.at("setting", (one.id, setting), what=setting, before=was, after=is_, connection=one.id)
            draft.targets.update(ends)
    elif after is not None and compared.before.complete:
        drafts.at("connection-added", (one.id,), connection=one.id, after=one.use_case).targets.update(ends)
    elif before is not None and compared.after.complete:
        drafts.at("connection-removed", (one.id,), connection=one.id, before=one.use_case).targets.update(ends)

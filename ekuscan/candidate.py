"""A certificate that is to be installed, looked at by itself and beside the one that is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from ekuscan.assessment import ChainBook
from ekuscan.certificate_files import CertificateRequest
from ekuscan.foresight import Check, CheckResult
from ekuscan.model import Certificate, Chain, SlotContent, Stack, Verdict
from ekuscan.names import printable
from ekuscan.notices.weak import flaws
from ekuscan.peer_names import is_named
from ekuscan.policy.days import spoken
from ekuscan.record import record
from ekuscan.rules.tables import As
from ekuscan.what_if.roots import Issued, another_root, issued, root_name

_NAMES_SHOWN = 8
_SHOWN_WHERE = {"server": "where the box answers", "client": "where it dials"}


@record
class Beside:
    """What a file is held against: the key and the signing request that are to belong to it, None where none was given.

    ``key_belongs`` says whether the private key is the certificate's: the key itself stays where it was read.
    """

    key_belongs: bool | None = None
    request: CertificateRequest | None = None


@record
class Place:
    """The slot that a certificate is to stand in: what is there now, how the box shows it, and how its stack reads.

    ``dialled`` are the names under which peers look for it there.
    """

    old: SlotContent | None
    shown_as: frozenset[As]
    stack: Stack
    dialled: tuple[str, ...] = ()


def checks(
    new: SlotContent, place: Place, beside: Beside, book: ChainBook, today: datetime, day: datetime
) -> Iterator[Check]:
    """Everything but the upload, which the rules judge. ``day`` is when it is to be in use."""
    found, present = issued(new, book), issued(place.old, book)
    assert found is not None
    assert new.sha256 is not None
    certificate, chain = found
    yield from _key(certificate, new.sha256, beside, book)
    before = present[0] if present is not None else None
    yield _names(certificate, before, place.dialled)
    yield _eku(certificate, chain, before, place)
    yield _complete(chain)
    yield _issuer(found, present, book)
    yield _validity(certificate, before, today, day)
    yield from _strength(chain, book)
    if before is not None:
        yield _key_type(certificate, before)


def _key(certificate: Certificate, sha256: str, beside: Beside, book: ChainBook) -> Iterator[Check]:
    if beside.key_belongs is not None:
        belongs = beside.key_belongs
        text = "The private key belongs to it." if belongs else "The private key belongs to another certificate."
        yield Check("key", "ok" if belongs else "blocks", text)
    request = beside.request
    if request is None:
        return
    if request.spki != book.parsed(sha256).reading.spki:
        yield Check("request", "blocks", "It was not made from this signing request: the keys differ.")
        return
    missing = [name for name in request.san if name not in certificate.san]
    ekus = [name for name in request.eku.names if name not in certificate.eku.names]
    left_out = [*missing, *ekus]
    text = f"The CA left out what was asked for: {_listed(left_out)}." if left_out else "It has all that was asked for."
    yield Check("request", "warning" if left_out else "ok", text)


def _names(certificate: Certificate, before: Certificate | None, dialled: tuple[str, ...]) -> Check:
    """What names it has; open where it loses all that the present one has, or one under which the box is dialled."""
    if before is None:
        return Check("names", "note", f"Names: {_listed(certificate.san) or 'none'}.")
    lost = [name for name in before.san if name not in certificate.san]
    new = [name for name in certificate.san if name not in before.san]
    told = [f"Lost against the present one: {_listed(lost)}." if lost else ""]
    told.append(f"New: {_listed(new)}." if new else "")
    text = " ".join(one for one in told if one) or f"{_same(len(before.san))} as the present one."
    missed = [name for name in dialled if is_named(before, name) and is_named(certificate, name) is False]
    if missed:
        return Check(
            "names", "open", f"{text} Peers that dial {_listed(missed)} and verify names do not find it there."
        )
    if lost and len(lost) == len(before.san):
        return Check("names", "open", f"{text} Whether peers that verify names take it is not known.")
    return Check("names", "warning" if lost else "ok", text)


def _same(count: int) -> str:
    return {0: "No names", 1: "The same name"}.get(count, f"The same {count} names")


def _eku(certificate: Certificate, chain: Chain, before: Certificate | None, place: Place) -> Check:
    """Whether it is fit for what the slot is shown as; clientAuth that no use of the slot wants is only noted."""
    purpose = chain.effective_eku.get(place.stack)
    has = f"EKU: {_ekus(certificate)}" + (f"; the present one: {_ekus(before)}" if before is not None else "")
    if purpose is None:
        return Check("eku", "open", f"{has}. Whether that is enough for this slot is not known.")
    lacking = [name for name, there in (("server", purpose.server_auth), ("client", purpose.client_auth)) if not there]
    if not lacking:
        return Check("eku", "ok", f"{has}.")
    told = [f"{has}."]
    for name in lacking:
        taken = purpose.blocked_by is not None and f"{name}Auth" in certificate.eku.names
        told.append(f"A CA above it takes {name}Auth away." if taken else f"It is no {name} certificate.")
    wanted = [name for name in lacking if name in place.shown_as]
    told += [f"This slot is shown {_SHOWN_WHERE[name]}." for name in wanted]
    return Check("eku", "warning" if wanted else "note", " ".join(told))


def _ekus(certificate: Certificate) -> str:
    if certificate.eku.state == "absent":
        return "none, so any use"
    return _listed(list(certificate.eku.names)) or "none that can be read"


def _complete(chain: Chain) -> Check:
    if not chain.flaws:
        number = f"{len(chain.presented)} certificate{'s' if len(chain.presented) > 1 else ''}"
        return Check("chain", "ok", f"The file holds {number}: nothing is missing.")
    return Check("chain", "warning", f"Chain: {'; '.join(printable(flaw, 160) for flaw in chain.flaws)}.")


def _issuer(new: Issued, old: Issued | None, book: ChainBook) -> Check:
    class_ = new[1].hierarchy.class_
    kinds = {"public-chrome": "public, in Chrome's store", "public-other": "public, not in Chrome's store"}
    text = f"Issued under {printable(root_name(new, book), 120)} ({kinds.get(class_, class_)})."
    if old is None:
        return Check("issuer", "note", text)
    if not another_root(old, new, book):
        return Check("issuer", "ok", f"{text} As the present one.")
    present = printable(root_name(old, book), 120)
    asked = "Whether all peers that verify it trust the new root is not known."
    way_out = "Give the new root to each of them before the upload."
    return Check("issuer", "open", f"{text} The present one: {present}. {asked}", way_out)


def _validity(certificate: Certificate, before: Certificate | None, today: datetime, day: datetime) -> Check:
    begins, ends = certificate.not_before, certificate.not_after
    if begins is None or ends is None:
        return Check("validity", "blocks", "Its dates cannot be read.")
    span = f"Valid from {spoken(begins.date())} to {spoken(ends.date())}."
    if not begins <= day <= ends:
        return Check("validity", "blocks", f"{span} Not on {spoken(day.date())}.")
    old = before.not_after if before is not None else None
    if old is None:
        return Check("validity", "ok", span)
    if old < begins or old < today:
        return Check("validity", "warning", f"{span} The present one ends before, on {spoken(old.date())}.")
    if old.date() == ends.date():
        return Check("validity", "ok", f"{span} The present one ends on the same day.")
    if old > ends:
        return Check("validity", "warning", f"{span} The present one lasts longer, to {spoken(old.date())}.")
    overlap = (old.date() - max(begins, today).date()).days
    days = "1 day" if overlap == 1 else f"{overlap} days"
    left = f"The present one lasts to {spoken(old.date())}: {days} for the change."
    return Check("validity", "ok", f"{span} {left}")


def _strength(chain: Chain, book: ChainBook) -> Iterator[Check]:
    """Keys and signatures that peers are known to refuse; whether these peers do, or the product itself, is open."""
    way_out = "Have it issued with an RSA key of 2048 bits or more, or an ECDSA key, and signed with SHA-256."
    for depth, sha256 in enumerate(chain.presented):
        for flaw in flaws(book.parsed(sha256), leaf=depth == 0):
            whose = "It has" if depth == 0 else "A CA certificate of its chain has"
            what = f"a short key, {flaw.seen}" if flaw.row.of == "key" else f"a signature with {flaw.seen}"
            told = f"{whose} {what}. {flaw.row.refused} Whether this product and its peers do is not known."
            yield Check("strength", "open", told, way_out)


def _key_type(certificate: Certificate, before: Certificate) -> Check:
    if certificate.key == before.key:
        return Check("key-type", "ok", f"Key {certificate.key}, as the present one.")
    return Check("key-type", "warning", f"Key {certificate.key}, where the present one has {before.key}.")


def upload(verdicts: list[Verdict], told_by: str | None, accepted: Mapping[str, str]) -> Check:
    """What the product says to the upload, which is made once: what a renewal would change is no matter of it.

    ``told_by`` is a step without which it says otherwise, ``accepted`` what each rule says of a certificate that is
    taken.
    """
    if not verdicts:
        return Check("upload", "note", "No rule says what this product refuses at an upload.")
    results: dict[str, CheckResult] = {"ok": "ok", "breaks": "blocks", "at-risk": "warning", "not-applicable": "note"}
    verdict = max(verdicts, key=lambda one: one.now == "breaks")
    way_out = verdict.remedies[0].text if verdict.remedies and verdict.now != "ok" else None
    after = f" Only after the step: {told_by}" if told_by and verdict.now == "ok" else ""
    asked = "".join(f" {fork.question}" for fork in verdict.forks) if verdict.now == "depends" else ""
    text = accepted.get(verdict.rule, verdict.text) if verdict.now == "ok" else verdict.text
    return Check("upload", results.get(verdict.now, "open"), f"{text}{after}{asked}", way_out)


def _listed(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(printable(name, 80) for name in names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown

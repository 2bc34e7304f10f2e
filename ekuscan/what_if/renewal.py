"""``--renew``: certificates as their CAs would renew them, by default or with clientAuth asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from ekuscan.fingerprint import chain_id
from ekuscan.foresight import Alteration
from ekuscan.model import SlotContent, Target
from ekuscan.names import printable
from ekuscan.policy.days import spoken
from ekuscan.policy.organization import organization_of
from ekuscan.profiles.load import profile, slot_names
from ekuscan.record import record
from ekuscan.verdict.renewal import Issuance, slot_view
from ekuscan.what_if.renewed import Issued, stand_in
from ekuscan.what_if.settled import Grounds, Notes, Settled, known_or, listed
from ekuscan.what_if.slots import copying, filled, held, of_its_own, one_by_release

WORDS = ("default", "on-request")
_NAMED = 8
_PUBLIC = ("public-chrome", "public-other")
_FORM = f"write {' or '.join(WORDS)} for every public certificate, or NAME[:SLOT]={'|'.join(WORDS)}"


@record
class _Wish:
    """``target`` None: every public certificate. ``slot`` None: all slots of the target."""

    shown: str
    word: str
    target: str | None = None
    slot: str | None = None


def renewed(settled: Settled, texts: Iterable[str], grounds: Grounds, notes: Notes) -> Settled:
    """The estate with renewed certificates. What is wrong with the texts is noted; a name counts before "every"."""
    wishes = [wish for text in texts if (wish := _wish(settled, text, grounds, notes)) is not None]
    before_all, done = settled, set[tuple[str, str]]()
    for wish in sorted(wishes, key=lambda wish: (wish.target is None, wish.slot is None)):
        before = len(done) + len(notes.faults)
        for name in settled.targets if wish.target is None else (wish.target,):
            settled = settled.with_target(_of_target(settled.targets[name], wish, done, grounds, notes))
        if len(done) + len(notes.faults) == before and grounds.looked:
            notes.faults.append(f"{wish.shown}: {_nothing(wish, settled, done, grounds)}")
    _tell_copies(before_all, done, grounds, notes)
    return settled


def _tell_copies(before: Settled, done: set[tuple[str, str]], grounds: Grounds, notes: Notes) -> None:
    for name, slot in sorted(done):
        for other in copying(before.targets[name], slot, grounds):
            if (name, other) not in done:
                notes.left_out.append(
                    f"{name}'s {other} slot keeps the copy of the old certificate: what is renewed goes into its {slot}"
                    f" slot alone."
                )


def _nothing(wish: _Wish, settled: Settled, done: set[tuple[str, str]], grounds: Grounds) -> str:
    if wish.target is None:
        open_ = [f"{name}:{slot}" for name, slot in _of_undecided_issuers(settled, grounds) if (name, slot) not in done]
        if open_:
            more = f" and {len(open_) - _NAMED} more" if len(open_) > _NAMED else ""
            return (
                f"this touches nothing, as nobody knows who issued what is in {listed(tuple(open_[:_NAMED]))}{more}:"
                f" name their roots under trust:, or write --renew {printable(open_[0], 120)}={wish.word} and so on"
            )
        return "no certificate of a public CA was seen that is not renewed already, so this touches nothing"
    return f"no certificate of {wish.target}{f':{wish.slot}' if wish.slot else ''} was seen, so this touches nothing"


def _of_undecided_issuers(settled: Settled, grounds: Grounds) -> Iterator[tuple[str, str]]:
    """The targets and slots of certificates that "every public certificate" may mean or not."""
    for target in settled.targets.values():
        for content in () if profile(target.role).far_end else target.slots:
            chain = grounds.book.chains.get(content.chain or "")
            if chain is not None and chain.hierarchy.class_ == "undecided" and content.from_ != "same-slot":
                yield target.id, content.slot


def _wish(settled: Settled, text: str, grounds: Grounds, notes: Notes) -> _Wish | None:
    shown = f"--renew {printable(text, 120)}"
    name, equals, word = text.rpartition("=")
    if word not in WORDS or (equals and not name):
        notes.faults.append(f"{shown}: {printable(word, 80)} is no way to renew; {known_or(word, WORDS, _FORM)}")
        return None
    if not equals:
        return _Wish(shown, word)
    target, colon, slot = (name, "", "") if name in settled.targets else name.rpartition(":")
    if not colon:
        target = name
    found = settled.targets.get(target)
    if found is None:
        hint = known_or(target, tuple(settled.targets), f"write one of {listed(tuple(settled.targets))}")
        notes.faults.append(f"{shown}: {printable(target, 80)} is no target; {hint}")
        return None
    if colon and found.role_from != "default":
        slots = slot_names(found.role)
        if slot not in slots:
            notes.faults.append(
                f"{shown}: {found.role} has no slot {printable(slot, 80)};"
                f" {known_or(slot, slots, f'write one of {listed(slots)}')}"
            )
            return None
        one = one_by_release(found, slot, grounds)
        slot = one or slot
    return _Wish(shown, word, target, slot or None)


def _of_target(target: Target, wish: _Wish, done: set[tuple[str, str]], grounds: Grounds, notes: Notes) -> Target:
    if wish.target is None and profile(target.role).far_end:
        return target
    renewed_slots = set()
    copies = _copies(target, wish, grounds)
    for content in (*target.slots, *copies):
        if (target.id, content.slot) in done or content.sha256 is None or content.chain is None:
            continue
        if (wish.slot is None or content.slot == wish.slot) and (content in target.slots or content in copies):
            before, target = target, _of_slot(target, content, wish, grounds, notes)
            if target is not before:
                renewed_slots.add((target.id, content.slot))
    done |= renewed_slots
    return target


def _copies(target: Target, wish: _Wish, grounds: Grounds) -> tuple[SlotContent, ...]:
    """What is in the slot of a wish where that merely holds a copy: renewed, it gets a certificate of its own."""
    if wish.slot is None or any(one.slot == wish.slot and one.chain is not None for one in target.slots):
        return ()
    return tuple(replace(one, slot=wish.slot, endpoints=()) for one in held(target, wish.slot, grounds))


def _of_slot(target: Target, content: SlotContent, wish: _Wish, grounds: Grounds, notes: Notes) -> Target:
    assert content.sha256 is not None
    assert content.chain is not None
    chain = grounds.book.chains[content.chain]
    if wish.target is None and chain.hierarchy.class_ not in _PUBLIC:
        if chain.hierarchy.class_ == "undecided":
            notes.undecided.append(
                f"{target.id}'s {content.slot} certificate is left as it is, as nobody knows who issued it: name its"
                f" root under trust:, or write --renew {target.id}:{content.slot}={wish.word}"
            )
        return target
    if content.from_ == "same-slot":
        return target  # it follows the slot that it is the same as
    issued = _issued(target, content, wish, grounds, notes)
    if issued is None:
        return target
    certificate = grounds.book.certificates[content.sha256]
    lasts = _lasts(content, issued, grounds)
    new = stand_in(content.sha256, certificate, chain, issued, grounds.day, lasts)
    identity = chain_id(new.chain.presented)
    grounds.book.suppose(new.sha256, new.certificate, identity, new.chain)
    notes.stand_ins.add(new.sha256)
    after = f"{', '.join(new.certificate.eku.names) or 'no EKU'}, to about {spoken(lasts)}"
    notes.alterations.append(Alteration("renewal", target.id, content.slot, content.sha256, after))
    put = replace(content, sha256=new.sha256, chain=identity)
    return filled(of_its_own(target, content.slot, grounds), put, (content,), grounds)


def _issued(target: Target, content: SlotContent, wish: _Wish, grounds: Grounds, notes: Notes) -> Issued | None:
    """What the CA issues on that day; None, and noted, where it does not issue what is asked for by name."""
    issuance = _issuance(content, grounds)
    if issuance.default == "keep" or _kept(target, content, grounds):
        return "keep"
    if wish.word == "default":
        return "both" if issuance.default == "both" else "server"
    if issuance.on_request or issuance.default == "both":
        if issuance.conflict:
            notes.left_out.append(
                f"Sources disagree on how long {issuance.authority} issues clientAuth when asked: ask before you count"
                f" on it for {target.id}."
            )
        return "both"
    sentence = f"{issuance.authority} issues no clientAuth on {spoken(grounds.day.date())}, asked or not"
    if wish.target is not None:
        notes.faults.append(f"{wish.shown}: {sentence}; write {target.id}:{content.slot}=default")
        return None
    notes.left_out.append(f"{sentence}: {target.id}'s {content.slot} certificate is renewed with serverAuth alone.")
    return "server"


def _kept(target: Target, content: SlotContent, grounds: Grounds) -> bool:
    """Whether the rows on what a renewal does say that the EKU stays; of an unknown issuer they say nothing."""
    acme = target.settings.get("acme")
    view = slot_view(
        content.slot,
        content.sha256,
        content.from_,
        grounds.book.certificates[content.sha256 or ""],
        grounds.book.chains[content.chain or ""],
        acme.value if acme is not None else None,
        grounds.policy,
        grounds.day,
        grounds.tables,
    )
    return view.hierarchy != "undecided" and (view.change is None or view.change.effect == "keep")


def _issuance(content: SlotContent, grounds: Grounds) -> Issuance:
    certificate = grounds.book.certificates[content.sha256 or ""]
    hierarchy = grounds.book.chains[content.chain or ""].hierarchy
    return grounds.policy.issues_next(
        hierarchy.owner, organization_of(certificate.issuer), hierarchy.root, hierarchy.class_, grounds.day.date()
    )


def _lasts(content: SlotContent, issued: Issued, grounds: Grounds) -> date:
    """A public certificate lasts as long as the limits of that day allow, another one as long as the one before."""
    certificate = grounds.book.certificates[content.sha256 or ""]
    begins, ends = certificate.not_before, certificate.not_after
    if issued == "keep" and begins is not None and ends is not None:
        return (grounds.day + max(ends - begins, timedelta(days=1))).date()
    return grounds.policy.lasts_until(grounds.day.date())

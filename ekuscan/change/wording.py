"""A change in words: what changed and where in one line, the rest in short pieces, the most important first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ekuscan.change.compared import Compared
from ekuscan.change.drafts import Draft
from ekuscan.model import Answer, Endpoint
from ekuscan.names import printable
from ekuscan.news import CertificateSide, Consequence, WaiverChange
from ekuscan.policy.days import spoken
from ekuscan.report.marks import common_name

_NAMES, _PORTS, _USE_CASES, _NAME = 3, 6, 4, 80
_NO_LONGER = "no longer possible"
_WAIVED: Mapping[WaiverChange, str] = {"ended": "counts again", "began": "waived"}
_OPEN: Mapping[Answer, str] = {
    "at-risk": "at risk now",
    "depends": "hangs on a fact now",
    "unknown": "unknown now",
}
_EFFECTS: tuple[str, ...] = (
    "now broken",
    "breaks at the renewal",
    "worse",
    *_OPEN.values(),
    "may break at the renewal",
    _WAIVED["ended"],
    _NO_LONGER,
    "perhaps better",
    "better",
    "not there any more",
    _WAIVED["began"],
)

Sides = tuple[CertificateSide | None, CertificateSide | None]


def subject(draft: Draft) -> str:
    """What a change is about, in a few words."""
    if draft.connection is not None:
        return _shown(draft.connection)
    if draft.kind == "rules":
        return "rules"
    names = sorted(draft.targets)
    told = [_shown(name) for name in names[:_NAMES]]
    return ", ".join(told) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")


def headline(draft: Draft, sides: Sides, compared: Compared) -> str:
    """What happened, without the subject."""
    say = _HEADLINES.get(draft.kind)
    return say(draft, sides, compared) if say is not None else f"{draft.kind} {_values(draft)}"


def _target_added(draft: Draft, sides: Sides, compared: Compared) -> str:
    return f"new in the inventory ({draft.after})"


def _target_removed(draft: Draft, sides: Sides, compared: Compared) -> str:
    return "no longer in the inventory"


def _connection_added(draft: Draft, sides: Sides, compared: Compared) -> str:
    return "new connection"


def _connection_removed(draft: Draft, sides: Sides, compared: Compared) -> str:
    return "connection no longer declared"


def _endpoint_new(draft: Draft, sides: Sides, compared: Compared) -> str:
    return f"{_ports(draft)} new in the inventory, {draft.after}"


def _endpoint_gone(draft: Draft, sides: Sides, compared: Compared) -> str:
    return f"{_ports(draft)} no longer in the inventory"


def _lost(draft: Draft, sides: Sides, compared: Compared) -> str:
    why = f" ({_shown(draft.after)})" if draft.after else ""
    if is_whole(draft, compared):
        return f"no longer answers{why}"
    return f"{_ports(draft)} no longer answer{'s' if len(draft.endpoints) == 1 else ''}{why}"


def _back(draft: Draft, sides: Sides, compared: Compared) -> str:
    if not any(compared.answered(name) for name in draft.targets):
        return "answers again"
    return f"{_ports(draft)} answer{'s' if len(draft.endpoints) == 1 else ''} now"


def _certificate(draft: Draft, sides: Sides, compared: Compared) -> str:
    slot = "/".join(sorted(_shown(name) for name in draft.what))
    where = f" on {_ports(draft)}" if draft.endpoints else ""
    return f"{slot + ' ' if slot else ''}certificate replaced{where}"


def _chain(draft: Draft, sides: Sides, compared: Compared) -> str:
    return f"same certificate with other CA certificates on {_ports(draft)}"


def _request(draft: Draft, sides: Sides, compared: Compared) -> str:
    return f"client certificate on {_ports(draft)}: {_values(draft)}"


def _ca_names(draft: Draft, sides: Sides, compared: Compared) -> str:
    come = sum(name.startswith("+") for name in draft.what)
    return f"{_ports(draft)} takes client certificates of other CAs: {come} new, {len(draft.what) - come} gone"


def _enforcement(draft: Draft, sides: Sides, compared: Compared) -> str:
    return f"clientAuth on {_ports(draft)}: {_values(draft)}"


def _setting(draft: Draft, sides: Sides, compared: Compared) -> str:
    return f"{'/'.join(sorted(draft.what))} {_values(draft)}"


def _date(draft: Draft, sides: Sides, compared: Compared) -> str:
    """The day itself where one is known, else the days between the two runs."""
    side = sides[1]
    if side is not None:
        ends = draft.key[0] == "ends"
        day = f" on {spoken(side.not_after.date())}" if ends and side.not_after is not None else ""
        return f"certificate {'ended' if ends else 'is valid now'}{day}"
    passed = [one for one in compared.dates if one.id in draft.what]
    if passed:
        return f"{spoken(passed[0].day)} has come, {printable((draft.after or '').rstrip('.'), 200)}"
    return f"from {spoken(compared.before.as_of.date())} to {spoken(compared.after.as_of.date())}"


def _rules(draft: Draft, sides: Sides, compared: Compared) -> str:
    before, after = compared.before, compared.after
    pairs = (
        ("rules", before.rules.date, after.rules.date),
        ("trust data", before.trust_data.date, after.trust_data.date),
        ("ekuscan", before.ekuscan, after.ekuscan),
    )
    told = [f"{name} {_shown(was)} -> {_shown(is_)}" for name, was, is_ in pairs if was != is_]
    return f"newer {', '.join(told)}" if told else "other rules of the same day"


def _verdict(draft: Draft, sides: Sides, compared: Compared) -> str:
    return _shown(compared.titles.get(draft.key[1], draft.key[1]))


def _waiver(draft: Draft, sides: Sides, compared: Compared) -> str:
    """What it accepts, and until when and by whom, as the targets file has it."""
    which = f"waiver of {_shown(draft.key[1], 200)}, {_shown(draft.before or draft.after or '', 240)}"
    return f"{which}, {'holds no more' if draft.before else 'is new'}"


_HEADLINES: Mapping[str, Callable[[Draft, Sides, Compared], str]] = {
    "target-added": _target_added,
    "target-removed": _target_removed,
    "connection-added": _connection_added,
    "connection-removed": _connection_removed,
    "endpoint-new": _endpoint_new,
    "endpoint-gone": _endpoint_gone,
    "lost": _lost,
    "back": _back,
    "certificate": _certificate,
    "chain": _chain,
    "request": _request,
    "ca-names": _ca_names,
    "enforcement": _enforcement,
    "setting": _setting,
    "date": _date,
    "rules": _rules,
    "verdict": _verdict,
    "waiver": _waiver,
}


def is_whole(draft: Draft, compared: Compared) -> bool:
    """Whether none of the endpoints of these targets answers any more."""
    return not any(compared.answers(name) for name in draft.targets)


def _values(draft: Draft) -> str:
    return f"{_shown(draft.before or 'not set')} -> {_shown(draft.after or 'not set')}"


def _ports(draft: Draft) -> str:
    found = sorted({(one.port, _by_port(one)) for one in draft.endpoints.values()})
    shown = [word for _, word in found[:_PORTS]]
    return ", ".join(shown) + (f" and {len(found) - _PORTS} more" if len(found) > _PORTS else "")


def _by_port(one: Endpoint) -> str:
    return str(one.port)


def certificate_details(before: CertificateSide | None, after: CertificateSide | None) -> Iterator[str]:
    """What differs between two certificates: EKU, issuer, end, names, key."""
    if before is None or after is None or before.sha256 == after.sha256:
        return
    if before.eku != after.eku:
        yield f"EKU {_eku(before)} -> {_eku(after)}"
    if before.issuer != after.issuer:
        yield f"issuer {_shown(common_name(before.issuer))} -> {_shown(common_name(after.issuer))}"
    if before.not_after != after.not_after:
        yield f"ends {_end(before)} -> {_end(after)}"
    was, is_ = set(before.san), set(after.san)
    for word, names in (("without", was - is_), ("with", is_ - was)):
        if names:
            told = [_shown(name) for name in sorted(names)]
            yield f"{word} {', '.join(told[:2])}" + (f" and {len(told) - 2} more names" if len(told) > 2 else "")
    if before.key != after.key:
        yield f"key {_shown(before.key)} -> {_shown(after.key)}"
    if before.subject != after.subject:
        yield f"subject {_shown(before.subject)} -> {_shown(after.subject)}"


def _eku(side: CertificateSide) -> str:
    if side.eku.state != "listed":
        return side.eku.state
    return "+".join(_shown(name, 40) for name in side.eku.names) or "none"


def _end(side: CertificateSide) -> str:
    return spoken(side.not_after.date()) if side.not_after is not None else "unreadable"


def consequence_details(verdicts: Sequence[Consequence], compared: Compared) -> Iterator[str]:
    """The use cases by what became of them, the gravest first, and the remedies that are not possible any more."""
    found: dict[str, list[str]] = {words: [] for words in _EFFECTS}
    for one in verdicts:
        if one.waiver is not None:
            found[_WAIVED[one.waiver]].append(compared.titles.get(one.use_case, one.use_case))
        elif one.effect == "same":
            found[_NO_LONGER] += [compared.remedies.get(id_, id_) for id_ in one.no_longer]
        else:
            found[_effect(one)].append(compared.titles.get(one.use_case, one.use_case))
    for words, titles in found.items():
        names = list(dict.fromkeys(titles))
        if names:
            told = [_shown(name) for name in names[:_USE_CASES]]
            more = f" and {len(names) - _USE_CASES} more" if len(names) > _USE_CASES else ""
            yield f"{words}: {', '.join(told)}{more}"


def _effect(one: Consequence) -> str:
    if one.after is None:
        return "not there any more"
    if one.effect == "breaks":
        return "now broken"
    if one.effect == "worse":
        return "breaks at the renewal" if one.after.next == "breaks" else "worse"
    if one.effect == "open":
        at_renewal = "breaks at the renewal" if one.after.next == "breaks" else "may break at the renewal"
        return _OPEN.get(one.after.now, at_renewal)
    return "perhaps better" if one.effect == "still-open" else "better"


def _shown(text: str, limit: int = _NAME) -> str:
    return printable(text, limit)

"""The words of a problem: its title, its text, and its next step as a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ekuscan.findings import Finding, Section, askable
from ekuscan.model import Fork, ForkBranch, Remedy
from ekuscan.problem_groups import unsaid_fact
from ekuscan.problem_remedy import own_ids, second_remedy
from ekuscan.rules.tables import RemedyRow, Tables
from ekuscan.verdict.evaluate import GRAVITY

_ANSWERS = {"ok": "fine", "breaks": "broken", "at-risk": "at risk", "unknown": "unknown", "depends": "depends"}


def of_rows(items: Sequence[Finding]) -> Sequence[Finding]:
    """Those that are more than two directions of one use case, which the rule of the one that decides answers for."""
    return [item for item in items if item.ways is None] or items


def title_of(section: Section, items: Sequence[Finding], tables: Tables) -> str:
    """What is hit, or the question that is open."""
    if section == "decide":
        every = [fork for item in items for fork in askable(item.verdict)]
        return " / ".join(_question(fork, every) for fork in askable(items[0].verdict))
    verdict = items[0].verdict
    if section == "unknown":
        slots = list(dict.fromkeys(item.verdict.slot for item in items if item.verdict.slot))
        if len(slots) > 1:
            return f"Which certificates are in the {', '.join(slots[:-1])} and {slots[-1]} slots?"
        return f"Which certificate is in the {slots[0]} slot?" if slots else "Not seen"
    gravest = [item for item in items if item.verdict.outcome == verdict.outcome]
    titles = list(
        dict.fromkeys(tables.use_cases[item.verdict.use_case].title for item in gravest if not item.composite)
    )
    # Of two directions one can be left: that all is down would be too much said.
    composites = [
        tables.use_cases[item.verdict.use_case].title for item in gravest if item.composite and item.ways is None
    ]
    text = ", ".join(titles[:3]) + (f" and {len(titles) - 3} more" if len(titles) > 3 else "")
    if composites and section == "broken-now":
        names = list(dict.fromkeys(composites))
        down = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} down"
        text = f"{text}: {down}" if text else down
    elif not text:
        text = ", ".join(dict.fromkeys(tables.use_cases[item.verdict.use_case].title for item in gravest))
    return f"{text} (if used)" if all(item.verdict.if_used for item in gravest) else text


def _question(fork: Fork, every: Sequence[Fork]) -> str:
    """A fork as a question with its answers: "match eku client-auth?  on: broken now  off: fine".

    An answer is the gravest that the value gives in ``every`` fork: one value may mend this and break that.
    """
    branches = []
    for value in fork.values:
        branch = max([one.values[value] for one in every if one.fact == fork.fact and value in one.values], key=_grave)
        word = _ANSWERS.get(branch.now, branch.now)
        if branch.now == "breaks":
            word = "broken now"
        elif branch.now == "ok" and branch.next != "ok":
            word = f"{_ANSWERS.get(branch.next, branch.next)} at renewal"
        branches.append(f"{value}: {word}")
    return f"{fork.question}  {'  '.join(branches)}"


def _grave(branch: ForkBranch) -> tuple[int, int]:
    return max(GRAVITY[branch.now], GRAVITY[branch.next]), GRAVITY[branch.now]


def text_of(section: Section, items: Sequence[Finding], tables: Tables) -> str:
    """Why, and what else the same certificate does."""
    first = items[0].verdict
    if section == "unknown":
        return _hanging(items, tables)
    if section == "decide":
        return _hanging(items, tables) if len(items) > 1 else ""
    others: dict[str, list[str]] = {}
    told = {tables.use_cases[first.use_case].title}
    # A use case over several connections is told once, with the gravest of its answers.
    for item in items[1:]:
        title = tables.use_cases[item.verdict.use_case].title
        if title not in told and not item.composite:
            told.add(title)
            others.setdefault(item.verdict.outcome, []).append(title)
    parts = [_share(outcome, titles) for outcome, titles in others.items()]
    same = [f"Same certificate: {'; '.join(parts)}."] if parts else []
    weakest = [] if items[0].composite else list(_weakest(items, tables))
    return " ".join([first.text, *same, *weakest])


def _weakest(items: Sequence[Finding], tables: Tables) -> Iterator[str]:
    """Of each composite the leg that decides it."""
    composites: dict[str, str] = {}
    ways: dict[str, str] = {}
    for item in items:
        if item.ways is not None:
            ways.setdefault(tables.use_cases[item.verdict.use_case].title, item.ways)
        elif item.composite:
            composites.setdefault(tables.use_cases[item.verdict.use_case].title, item.weakest)
    legs: dict[str, list[str]] = {}
    for title, weakest in composites.items():
        legs.setdefault(weakest, []).append(title)
    for weakest, titles in legs.items():
        yield f"Weakest leg of {' and of '.join(titles)}: {weakest}."
    for title, way in ways.items():
        yield f"{title}: {way}."


def _hanging(items: Sequence[Finding], tables: Tables) -> str:
    titles = list(dict.fromkeys(tables.use_cases[item.verdict.use_case].title for item in of_rows(items)))
    hang = "use case hangs" if len(titles) == 1 else "use cases hang"
    return f"{len(titles)} {hang} on it: {', '.join(titles)}."


def _share(outcome: str, titles: Sequence[str]) -> str:
    """What else the same certificate does: "A, B break too"."""
    verbs = {
        "breaks-now": ("breaks too", "break too"),
        "breaks-at-renewal": ("breaks then too", "break then too"),
        "at-risk": ("is at risk", "are at risk"),
        "depends": ("depends on the far end's check", "depend on the far end's check"),
        "unknown": ("is not known", "are not known"),
    }
    return f"{', '.join(titles)} {verbs[outcome][len(titles) > 1]}"


def action_of(
    section: Section, items: Sequence[Finding], remedy: Remedy | None, step: int | None, tables: Tables
) -> str:
    """The next step. ``step`` is the number of an earlier one that settles all of it, None without one."""
    covers = f"Step {step} covers it."
    if step is not None:
        return f"Step {step} settles it either way; else {_declare(items[0])}" if section == "decide" else covers
    if section == "unknown":
        return _show(items[0], unsaid_fact(items[0], tables), tables)
    if section == "decide":
        told = _declare(items[0])
        return told[0].upper() + told[1:]
    if remedy is None:
        return "No remedy of the tables settles it by itself: see ekuscan explain " + items[0].verdict.rule + "."
    quick = _quick(items[0], tables.remedies[remedy.id], tables)
    step_ = _with_backup(remedy, items[0].role, tables)
    return f"{step_}{_cleared(remedy, own_ids(items))}{quick}{_rest(items, remedy, tables)}"


def _with_backup(remedy: Remedy, role: str, tables: Tables) -> str:
    backup = f"{tables.backup(role)} " if tables.remedies[remedy.id].replaces_certificate else ""
    return f"{backup}{remedy.text}"


def _rest(items: Sequence[Finding], remedy: Remedy, tables: Tables) -> str:
    """The step for what the first one leaves: a wrong name needs another one than a missing EKU."""
    found = second_remedy(items, remedy, tables)
    if found is None:
        return ""
    second, cleared, left = found
    other = "the other" if left == 1 else f"the other {left}" if cleared == left else f"{cleared} of the other {left}"
    backed_up = tables.remedies[remedy.id].replaces_certificate
    return f" For {other}: {second.text if backed_up else _with_backup(second, items[0].role, tables)}"


def _quick(gravest: Finding, chosen: RemedyRow, tables: Tables) -> str:
    """The one command that settles the gravest verdict of a group, where what settles most of them takes more."""
    for remedy in gravest.verdict.remedies:
        row = tables.remedies[remedy.id]
        quick = row.command is not None and not row.weakens and row.effort < chosen.effort
        if quick and gravest.verdict.id in remedy.clears:
            return f" For {tables.use_cases[gravest.verdict.use_case].title} alone: {remedy.text}"
    return ""


def _cleared(remedy: Remedy, ids: set[str]) -> str:
    """How much of a problem a remedy settles; said only where there is more than one verdict."""
    cleared = len(ids & set(remedy.clears))
    if len(ids) == 1:
        return ""
    if cleared == len(ids) == 2:
        return " Clears both."
    return f" Clears all {cleared}." if cleared == len(ids) else f" Clears {cleared} of {len(ids)}."


def _show(item: Finding, unsaid: str | None, tables: Tables) -> str:
    """How to make an unseen certificate seen. ``unsaid``: see `unsaid_fact`."""
    slot, known = item.verdict.slot or "certificate", item.slot
    if item.candidate:
        return f"Inspect what is in its {slot} slot with --slot {slot}: this file, where it stands there too."
    if known is not None and known.separate_since is not None and f"{item.presents}.release" in item.verdict.missing:
        return f"State {item.presents}'s release first: it says whether its {slot} certificate is one of its own."
    if known is not None and known.kept is not None:
        where = f"Save {item.presents}'s {slot} certificate from {known.kept} as a PEM file"
        where += "; a port never shows it" if known.separate_since is not None else ""
    elif not item.scanned:
        where = f"Ask who runs {item.presents} for the certificate that it shows, as a PEM file"
    else:
        where = f"Scan {item.presents} from where its ports can be reached, or save the certificate as a PEM file"
    none = ""
    if unsaid is not None:
        name = unsaid.rpartition(".")[2]
        none = (
            f' Where it has none of its own, set {name}: "{tables.settings[name].default}" on it in the targets file.'
        )
    return f"{where}. Then add --slot {item.presents}:{slot}=FILE.{none}"


def _declare(item: Finding) -> str:
    """Where to write down the answer to a question, as the end of a sentence."""
    owner, _, name = askable(item.verdict)[0].fact.rpartition(".")
    if item.candidate:
        return "name its release: --as ROLE@RELEASE." if name == "release" else f"say which: --set {name}=VALUE."
    if name == "certificate":
        box, _, slot = owner.rpartition(".")
        return f"say which one counts: --slot {box}:{slot}=FILE."
    if name == "hierarchy":
        return "if a CA of your own issued it, name its root under trust: in the targets file."
    ends, on_link, use_case = owner.rpartition("/")
    if on_link:
        return f"set {name} on the connection {ends.replace('>', ' > ')} ({use_case}) in the targets file."
    return f"set {name} on {owner} in the targets file."

"""Before a change: the estate judged as it is and with the changes made, by one and the same run, and what differs.

Nothing here touches a socket or a clock: the look at the estate has been taken, and is judged twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ekuscan import candidate
from ekuscan.candidate import Beside, Place
from ekuscan.differences import differences
from ekuscan.exit_code import BUG, FailOn, counts_as_failure
from ekuscan.foresight import Alteration, Candidate, Check, Foresight
from ekuscan.go_no_go import Weighed, answer
from ekuscan.mixed_releases import mixed
from ekuscan.model import Fact, Inventory, Observation, Run, SlotContent, Verdict
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.run import Knowledge, Options, RunInProgress
from ekuscan.steps import Scene, content_of, effects, steps, wants_restart
from ekuscan.verdict.judge import UPLOAD_CHECKS
from ekuscan.what_if.changes import Changed, Changes, changed
from ekuscan.what_if.settled import Grounds, Settled
from ekuscan.what_if.slots import held, shown_as

_INSTALLED = ("certificate", "renewal")
_NO_RESTART_KNOWN = "No source that was read says what has to be restarted for it."


@record
class Look:
    """The estate as it was looked at and judged: the run, its inventory, and what every endpoint showed."""

    run: Run
    inventory: Inventory
    observations: tuple[Observation, ...]
    options: Options


@record
class Asked:
    """What is to be foreseen. ``fail_on`` None: only what fails after and did not before counts.

    ``beside`` holds by NAME:SLOT what a certificate file is held against, ``paths`` how the file is called.
    """

    changes: Changes
    fail_on: FailOn | None
    beside: Mapping[str, Beside]
    paths: Mapping[str, str]


def foresee(look: Look, asked: Asked, knowledge: Knowledge, grounds: Grounds) -> Foresight:
    """What the changes would do. Raises `WrongChange` where the estate does not have what they name."""
    before = Settled({target.id: target for target in look.run.targets}, look.run.connections)
    made = changed(before, asked.changes, grounds)
    again, faults = _judged_again(look, made, knowledge, grounds)
    after = again.verdicts
    scene = Scene(before, made.estate, grounds)
    uploads = {
        one: _uploads(one, scene, knowledge, grounds, look) for one in made.alterations if one.kind in _INSTALLED
    }
    candidates = tuple(
        _candidate(one, found, scene, asked, _dialled(one.subject, look)) for one, found in uploads.items()
    )
    found = tuple(differences(look.run.verdicts, after, made.touched))
    apart = mixed(found, made.estate, knowledge.tables)
    weighed = Weighed(found, candidates, made.undecided, _unseen(look, made), apart)
    over = asked.fail_on is not None and any(
        one.waived is None and counts_as_failure(one, asked.fail_on, grounds.day) for one in after
    )
    tally = weighed.tally(over=over, faulty=bool(faults) or look.run.summary.exit == BUG)
    return Foresight(
        run=look.run.run,
        on=grounds.day,
        answer=answer(tally.exit),
        blocks=apart.says,
        decides=weighed.decides(),
        left_out=(*made.left_out, *made.undecided),
        changes=made.alterations,
        changed=tuple(one for one in found if one.effect != "same"),
        candidates=candidates,
        steps=steps(made.alterations, scene),
        before=look.run.verdicts,
        after=_unnamed(after, made),
        uploads=_unnamed([verdict for verdicts in uploads.values() for verdict in verdicts], made),
        summary=tally,
        plan=again.plan,
        remedy_work=again.remedy_work,
    )


def _judged_again(look: Look, made: Changed, knowledge: Knowledge, grounds: Grounds) -> tuple[Run, list[str]]:
    """The changed estate, judged: the same run over the same observations, with other facts beside them."""
    inventory = replace(
        look.inventory,
        targets=tuple(made.estate.targets.values()),
        connections=made.estate.connections,
        slot_files=(),
    )
    options = replace(look.options, as_of=grounds.day, planning=True, fresh=made.fresh)
    run = RunInProgress(look.run.run, inventory, knowledge, grounds.book, options)
    # What a box was seen to do with a certificate is history once it runs another release or is set otherwise.
    reconfigured = {one.subject for one in made.alterations if one.kind in ("upgrade", "setting")}
    run.take_in(
        replace(one, enforcement=None) if one.endpoint.target in reconfigured else one for one in look.observations
    )
    return run.result(look.run.run.started, complete=True), run.faults


def _uploads(one: Alteration, scene: Scene, knowledge: Knowledge, grounds: Grounds, look: Look) -> list[Verdict]:
    """What the product says to the upload, once the steps before it are taken."""
    target = scene.after.targets[one.subject]
    content = content_of(one, target)
    if content is None:
        return []
    settings: dict[str, Fact] = {**target.settings, **effects(one, scene)}
    alone = replace(target, cluster=None, settings=settings, slots=(content,))
    options = replace(look.options, as_of=grounds.day, candidates=True, assume=True)
    run = RunInProgress(look.run.run, Inventory((alone,)), knowledge, grounds.book, options)
    run.take_in(())
    rules = {rule.id for rule in knowledge.tables.rules if rule.check in UPLOAD_CHECKS}
    return [one for one in run.result(look.run.run.started, complete=True).verdicts if one.rule in rules]


def _candidate(
    one: Alteration, uploads: list[Verdict], scene: Scene, asked: Asked, dialled: tuple[str, ...]
) -> Candidate:
    grounds = scene.grounds
    target = scene.after.targets[one.subject]
    content = content_of(one, target)
    assert content is not None
    assert content.sha256 is not None
    name = f"{one.subject}:{one.what}"
    needed = next((step for step in steps([one], scene) if step.command and step.id in _enabling(one, scene)), None)
    accepted = {
        rule.id: rule.says["ok"].format(presents=one.subject, verifies=target.role, name="the name")
        for rule in scene.tables.rules
        if rule.check in UPLOAD_CHECKS and "ok" in rule.says
    }
    found = [candidate.upload(uploads, needed.text if needed is not None else None, accepted)]
    restart = wants_restart(one, scene)
    found.append(Check("restart", "note", restart.text if restart is not None else _NO_RESTART_KNOWN))
    if one.kind == "certificate":
        shown = shown_as(target, one.what, grounds)
        names = dialled if "server" in shown else ()
        place = Place(_held_before(one, scene), shown, grounds.tables.stack(target.role), names)
        beside = asked.beside.get(name, Beside())
        found = [*candidate.checks(content, place, beside, grounds.book, grounds.today, grounds.day), *found]
    issued = one.kind == "certificate"
    return Candidate(
        target=one.subject,
        slot=one.what,
        path=asked.paths.get(name) if issued else None,
        sha256=content.sha256 if issued else None,
        subject=printable(grounds.book.certificates[content.sha256].subject, 200),
        checks=tuple(found),
    )


def _enabling(one: Alteration, scene: Scene) -> set[str]:
    """The steps that make an upload possible: those with an effect on its box."""
    names = effects(one, scene)
    return {row.id for row in scene.tables.steps if row.effect and set(row.effect) <= set(names)}


def _held_before(one: Alteration, scene: Scene) -> SlotContent | None:
    """What stood in the slot; of several the one that is replaced."""
    found = held(scene.before.targets[one.subject], one.what, scene.grounds)
    return next(
        (content for content in found if (content.sha256 or "-") in (one.before or "")), found[0] if found else None
    )


def _dialled(target: str, look: Look) -> tuple[str, ...]:
    """The names under which a target is looked at, which are those that its peers dial as far as is known."""
    mine = (one for one in look.inventory.endpoints if one.target == target)
    return tuple(dict.fromkeys(one.server_name or one.host for one in mine))


def _unseen(look: Look, made: Changed) -> int:
    touched = made.touched
    failed = (one for one in look.run.observations if one.status in ("failed", "skipped"))
    return sum(one.endpoint.target in touched for one in failed)


def _unnamed(verdicts: Sequence[Verdict], made: Changed) -> tuple[Verdict, ...]:
    """A certificate that nobody has yet has no fingerprint either."""
    return tuple(replace(one, sha256=None) if one.sha256 in made.stand_ins else one for one in verdicts)

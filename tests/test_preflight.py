"""The estate judged before and after a change: what the new facts decide, and what the old ones no longer do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ekuscan.assessment import ChainBook
from ekuscan.foresight import Effect, Foresight
from ekuscan.model import Inventory, RulesVersion, RunInfo, TrustVersion
from ekuscan.preflight import Asked, Look, foresee
from ekuscan.rules.load import packaged
from ekuscan.run import Knowledge, Options, RunInProgress
from ekuscan.trust import TrustStore
from ekuscan.what_if.certificate import NewCertificate
from ekuscan.what_if.changes import Changes
from ekuscan.what_if.settled import Grounds
from tests.judging import AS_OF, Facts, Policy, Shown
from tests.pki import BOTH, issue


def foreseen(facts: Facts, changes: Changes) -> Foresight:
    book = ChainBook(TrustStore.open(None))
    book.certificates.update(facts.certificates)
    book.chains.update(facts.chains)
    info = RunInfo("run", AS_OF, None, False, AS_OF, "0", None, RulesVersion("", ""), TrustVersion("", ""))
    inventory = Inventory(tuple(facts.targets.values()), connections=tuple(facts.connections))
    known, options = Knowledge(packaged(), Policy()), Options(AS_OF, noticing=False, planning=False)
    run = RunInProgress(info, inventory, known, book, options)
    for _ in run.begin():
        pass
    look = Look(run.result(AS_OF, complete=True), inventory, (), options)
    grounds = Grounds(known.tables, known.policy, book, AS_OF, AS_OF, looked=True)
    return foresee(look, Asked(changes, None, {}, {}), known, grounds)


def effects(found: Foresight) -> dict[str, Effect]:
    return {one.id: one.effect for one in found.changed}


# --- peers that compare certificates ------------------------------------------------------------------------------


def recording(verify: str = "whitelist") -> Facts:
    """A Call Bridge whose web bridge has the same certificate, and a recorder that has a bundle of certificates."""
    facts = Facts().box("cms1", "cms", "3.9", {"callbridge": Shown()})
    follows = replace(facts.targets["cms1"].slots[0], slot="webbridge", from_="same-slot")
    facts.targets["cms1"] = replace(facts.targets["cms1"], slots=(*facts.targets["cms1"].slots, follows))
    facts.box("rec", "cms", "3.9", {"recorder": Shown("server")}, sip_verify=verify)
    return facts.link("cms-recorder", "cms1", "rec")


def certificate(place: str) -> Changes:
    return Changes(certificates=(NewCertificate(place, (issue("exp", issue("Root", ca=True), eku=BOTH).der,), "new"),))


@pytest.mark.parametrize(
    "changes",
    [certificate("cms1:callbridge"), Changes(renew=("cms1:callbridge=default",)), Changes(renew=("on-request",))],
    ids=["another", "renewed by default", "renewed with clientAuth"],
)
def test_a_peer_that_compares_certificates_refuses_the_one_that_is_put_in_its_place(changes: Changes) -> None:
    found = foreseen(recording(), changes)
    assert effects(found)["cms1>rec/cms-recorder/MS08"] == "breaks"
    assert found.answer == "no-go"
    assert "recorder-bundle" in [step.id for step in found.steps]


def test_a_certificate_that_stays_is_still_the_one_that_its_peer_was_given() -> None:
    found = foreseen(recording(), Changes(set=("cms1.sip_verify=ca",)))
    assert "cms1>rec/cms-recorder/MS08" not in effects(found)


def test_a_peer_that_trusts_a_ca_takes_the_new_certificate_too() -> None:
    found = foreseen(recording("ca"), certificate("cms1:callbridge"))
    assert "cms1>rec/cms-recorder/MS08" not in effects(found)


def test_a_slot_that_follows_another_one_holds_the_new_certificate_and_one_that_is_named_for_itself_does_not() -> None:
    facts = Facts().box("cms1", "cms", "3.9", {"webbridge": Shown(), "webadmin": Shown()})
    follows = replace(facts.targets["cms1"].slots[0], slot="callbridge", from_="same-slot")
    facts.targets["cms1"] = replace(facts.targets["cms1"], slots=(*facts.targets["cms1"].slots, follows))
    facts.box("rec", "cms", "3.9", {"recorder": Shown("server")}, sip_verify="whitelist")
    facts.link("cms-recorder", "cms1", "rec")
    followed = foreseen(facts, certificate("cms1:webbridge"))
    assert effects(followed)["cms1>rec/cms-recorder/MS08"] == "breaks"
    assert "cms1>rec/cms-recorder/MS08" not in effects(foreseen(facts, certificate("cms1:webadmin")))


# --- what is not known ----------------------------------------------------------------------------------------------


def trunk(**known: str) -> Facts:
    facts = Facts().box("cucm2", "cucm", "14SU3", {"CallManager": Shown("server")})
    facts.box("cube1", "cube", "17.12.4", {"trustpoint": Shown()}, platform="other", **known)
    return facts.link("sip-trunk", "cucm2", "cube1")


def test_an_effect_does_not_flip_when_the_fact_that_it_hangs_on_is_learned() -> None:
    upgrade = Changes(to=("cube1=26.1.1",))
    trunk_leg = "cucm2>cube1/sip-trunk/CM02"
    found = foreseen(trunk(), upgrade)
    assert effects(found)[trunk_leg] == "open"
    assert any(one.startswith("cube1.match_eku: ") for one in found.decides)
    assert effects(foreseen(trunk(match_eku="off"), upgrade))[trunk_leg] == "worse"
    assert effects(foreseen(trunk(match_eku="on"), upgrade))[trunk_leg] == "still-open"


# --- what is broken today -------------------------------------------------------------------------------------------


def test_a_part_that_breaks_of_a_use_case_that_is_broken_today_breaks_nothing_that_works() -> None:
    facts = Facts().box("exp-c1", "expressway-c", "X15.4", {"server": Shown("server")})
    facts.box("exp-e1", "expressway-e", "X15.4", {"server": Shown()}).link("uc-traversal", "exp-c1", "exp-e1")
    found = foreseen(facts, Changes(to=("expressway=X15.5",)))
    tunnels = next(one for one in found.changed if one.rule == "X14")
    assert tunnels.before is not None
    assert tunnels.after is not None
    assert (tunnels.before.now, tunnels.after.now, tunnels.effect) == ("at-risk", "breaks", "stays-broken")
    assert "breaks" not in effects(found).values()


def test_a_part_that_breaks_of_a_use_case_that_works_today_breaks_it() -> None:
    facts = Facts().box("exp-c1", "expressway-c", "X15.5", {"server": Shown(), "client": Shown()})
    facts.box("exp-e1", "expressway-e", "X15.5", {"server": Shown()}).link("uc-traversal", "exp-c1", "exp-e1")
    found = foreseen(facts, Changes(renew=("exp-c1:client=default",)))
    assert {one.rule for one in found.changed if one.effect == "breaks"} >= {"X14", "MRA"}

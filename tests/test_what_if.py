"""Changes put to an estate: what they replace, what they leave alone, and every way in which they can be wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.assessment import ChainBook
from ekuscan.foresight import Alteration
from ekuscan.model import Fact, RoleName, Target
from ekuscan.rules.load import packaged
from ekuscan.trust import TrustStore
from ekuscan.what_if.certificate import NewCertificate
from ekuscan.what_if.changes import Changed, Changes, WrongChange, changed
from ekuscan.what_if.settled import Grounds, Settled
from tests.judging import AS_OF, Facts, Policy, Shown
from tests.pki import BOTH, issue

LATER = datetime(2027, 5, 1, 12, tzinfo=UTC)


def estate() -> Facts:
    """A pair before X15.5 and one that has been upgraded, a Unified CM, a far end."""
    facts = Facts()
    facts.box("exp-e1", "expressway-e", "X15.4", {"server": Shown()}, "edge")
    facts.box("exp-c1", "expressway-c", "X15.4", {"server": Shown()}, "core")
    facts.box("new-c", "expressway-c", "X15.5", {"server": Shown()}, client_certificate="copied")
    facts.box("apart-c", "expressway-c", "X15.5", {"server": Shown(), "client": Shown("client", "private")})
    facts.box("cucm1", "cucm", "14SU3", {"tomcat": Shown(hierarchy="undecided")})
    facts.box("partner", "outside", None, {"certificate": Shown()})
    facts.link("neighbor-zone", "exp-c1", "cucm1", tls_verify="on")
    facts.link("uc-traversal", "core", "edge")
    return facts


def grounds(facts: Facts, day: datetime = AS_OF, *, looked: bool = True) -> Grounds:
    book = ChainBook(TrustStore.open(None))
    book.certificates.update(facts.certificates)
    book.chains.update(facts.chains)
    return Grounds(packaged(), Policy(), book, AS_OF, day, looked)


def settled(facts: Facts) -> Settled:
    return Settled(facts.targets, tuple(facts.connections))


def after(changes: Changes, facts: Facts | None = None, day: datetime = AS_OF) -> Changed:
    facts = facts or estate()
    return changed(settled(facts), changes, grounds(facts, day))


def wrong(changes: Changes, facts: Facts | None = None) -> str:
    with pytest.raises(WrongChange) as error:
        after(changes, facts)
    return str(error.value)


def leaf(name: str = "exp-c1") -> tuple[bytes, ...]:
    root = issue("Root", ca=True)
    return (issue(name, root, eku=BOTH).der,)


def told(found: Changed) -> set[tuple[str, str, str]]:
    return {(one.subject, one.what, one.after) for one in found.alterations}


# --- upgrades -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["expressway", "expressway-c", "core", "exp-c1"])
def test_an_upgrade_takes_a_product_a_role_a_cluster_or_a_target(name: str) -> None:
    facts = estate()
    for one in ("new-c", "apart-c"):
        del facts.targets[one]
    found = after(Changes(to=(f"{name}=X15.5",)), facts)
    assert found.estate.targets["exp-c1"].release == "X15.5"
    assert found.estate.targets["exp-e1"].release == ("X15.5" if name == "expressway" else "X15.4")
    assert found.estate.targets["cucm1"] is facts.targets["cucm1"]


def test_the_upgrade_over_the_border_copies_the_certificate_into_both_slots() -> None:
    found = after(Changes(to=("exp-c1=X15.5.1",)))
    assert found.estate.targets["exp-c1"].settings["client_certificate"] == Fact("copied", "declared")
    assert Alteration("upgrade", "exp-c1", "client_certificate", None, "copied", "X38-UPGRADE") in found.alterations


@pytest.mark.parametrize(("old", "new"), [("X14.3.7", "X15.4"), ("X15.5", "X15.6"), ("X15", "X15.6"), (None, "X15.5")])
def test_no_other_upgrade_says_what_is_in_the_client_slot(old: str | None, new: str) -> None:
    facts = Facts().box("exp-c1", "expressway-c", old, {"server": Shown()})
    found = after(Changes(to=(f"exp-c1={new}",)), facts)
    assert "client_certificate" not in found.estate.targets["exp-c1"].settings


def test_a_configuration_that_cube_takes_over_names_no_client_trustpoint() -> None:
    facts = Facts().box("cube1", "cube", "17.12.4", {"trustpoint": Shown()})
    found = after(Changes(to=("cube=26.1.1",)), facts)
    assert found.estate.targets["cube1"].settings["client_trustpoint"].value == "same"


@pytest.mark.parametrize(
    ("box", "new", "setting"),
    [
        (
            ("exp-c1", "expressway-c", "X15.4", {"server": Shown("server"), "client": Shown()}),
            "X15.5",
            "client_certificate",
        ),
        (
            ("cube1", "cube", "17.12.4", {"trustpoint": Shown(), "client-trustpoint": Shown("server")}),
            "26.1.1",
            "client_trustpoint",
        ),
    ],
)
def test_a_certificate_that_is_named_for_the_slot_of_the_new_release_stands_there_after_the_upgrade(
    box: tuple[str, RoleName, str, dict[str, Shown]], new: str, setting: str
) -> None:
    facts = Facts().box(*box)
    found = after(Changes(to=(f"{box[0]}={new}",)), facts)
    target = found.estate.targets[box[0]]
    assert contents(target) == contents(facts.targets[box[0]])
    assert setting not in target.settings
    assert [one.row for one in found.alterations] == [None]
    assert "is taken for what stands there after the upgrade" in found.left_out[0]


def test_unified_cm_dials_with_what_it_answers_with_until_somebody_puts_client_certificates_there() -> None:
    facts = Facts().box("cucm1", "cucm", "15SU3a", {"tomcat": Shown(), "CallManager": Shown()})
    found = after(Changes(to=("cucm=15SU5",)), facts)
    assert found.estate.targets["cucm1"].settings["own_client_certificate"] == Fact("no", "declared")
    assert [one.row for one in found.alterations] == [None, "S-UCM-UPGRADE"]


def test_a_client_certificate_for_one_interface_of_unified_cm_says_nothing_of_the_others() -> None:
    held = {"tomcat": Shown(), "CallManager": Shown()}
    facts = Facts().box("cucm1", "cucm", "15SU5", held, own_client_certificate="no")
    found = after(Changes(certificates=(NewCertificate("cucm1:CallManager-client", leaf("cucm1"), "f"),)), facts)
    target = found.estate.targets["cucm1"]
    assert target.settings["own_client_certificate"] == Fact("no", "declared")
    assert contents(target).keys() == {"tomcat", "CallManager", "CallManager-client"}
    box = grounds(facts).box(target)
    one = {row.slot for row in packaged().aliases if "cucm" in row.roles and box.is_one(row)}
    assert one == {"tomcat-client", "TVS-client"}


def test_a_named_client_certificate_of_unified_cm_stands_beside_what_the_upgrade_says_of_the_others() -> None:
    held = {"tomcat": Shown(), "CallManager": Shown("server"), "CallManager-client": Shown("client")}
    found = after(Changes(to=("cucm1=15SU5",)), Facts().box("cucm1", "cucm", "15SU4", held))
    target = found.estate.targets["cucm1"]
    assert target.settings["own_client_certificate"] == Fact("no", "declared")
    assert "its slot CallManager-client is taken for what stands there after the upgrade" in found.left_out[-1]


def test_a_platform_that_cannot_run_the_release_is_refused_with_the_reason() -> None:
    facts = Facts().box("cube1", "cube", "17.12.4", {"trustpoint": Shown()}, platform="isr4000")
    told = "cube1 cannot run 26.1.1. An ISR4000 cannot run IOS XE 26.1.1: the platform has to be replaced."
    assert wrong(Changes(to=("cube1=26.1.1",)), facts) == f"--to cube1=26.1.1: {told}"
    assert after(Changes(to=("cube1=17.15.1",)), facts).estate.targets["cube1"].release == "17.15.1"


@pytest.mark.parametrize(("platform", "asked"), [({}, 1), ({"platform": "other"}, 0)])
def test_a_platform_that_nobody_told_leaves_an_upgrade_undecided(platform: dict[str, str], asked: int) -> None:
    facts = Facts().box("cube1", "cube", "17.12.4", {"trustpoint": Shown()}, **platform)
    found = after(Changes(to=("cube1=26.1.1",)), facts)
    assert len(found.undecided) == asked
    assert all("Is it an ISR4000" in sentence for sentence in found.undecided)


@pytest.mark.parametrize(
    ("role", "old", "new", "says"),
    [
        ("expressway-c", "X15.4", "X15.55", "X15.55: No source names this release"),
        ("cucm", "14SU3", "14SU6", "14SU6: No source names this release"),
        ("cucm", "14SU3", "15SU5", "15SU5: It is promised, not seen"),
        ("imp", "14SU3", "15SU9", "15SU9: No source names this release"),
        ("expressway-c", "X15.4", "X15.5.1", ""),
        ("cucm", "14SU3", "15SU4", ""),
    ],
)
def test_a_release_that_nobody_has_seen_is_told(role: RoleName, old: str, new: str, says: str) -> None:
    facts = Facts().box("box", role, old, {})
    told = after(Changes(to=(f"box={new}",)), facts).left_out
    assert [says in sentence for sentence in told] == ([True] if says else [])


def test_a_box_that_runs_the_release_already_is_not_asked_for_its_platform() -> None:
    facts = Facts().box("cube1", "cube", "26.1.1", {"trustpoint": Shown()})
    assert after(Changes(to=("cube1=26.2.1",)), facts).undecided == ()


def test_an_upgrade_leaves_the_boxes_that_run_that_release_already() -> None:
    found = after(Changes(to=("expressway=X15.5",)))
    assert {one.subject for one in found.alterations} == {"exp-e1", "exp-c1"}


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["exp-c1>cucm1/neighbor-zone", "exp-c1>cucm1"])
def test_a_setting_of_a_connection_changes_that_connection_alone(name: str) -> None:
    facts = estate()
    found = after(Changes(set=(f"{name}.tls_verify=off",)), facts)
    assert [one.settings.get("tls_verify") for one in found.estate.connections] == [Fact("off", "declared"), None]
    assert found.estate.targets == facts.targets
    assert found.touched == {"exp-c1", "cucm1"}


def test_a_setting_of_a_cluster_is_one_of_every_member() -> None:
    facts = estate().box("exp-e2", "expressway-e", "X15.4", {}, "edge")
    found = after(Changes(set=("edge.cluster_tls=enforcing",)), facts)
    assert told(found) == {("exp-e1", "cluster_tls", "enforcing"), ("exp-e2", "cluster_tls", "enforcing")}


def test_a_setting_of_the_new_release_may_be_set_together_with_the_upgrade() -> None:
    found = after(Changes(to=("exp-e1=X15.5",), set=("exp-e1.sip_eku_check=off",)))
    assert found.estate.targets["exp-e1"].settings["sip_eku_check"].value == "off"


# --- certificates -------------------------------------------------------------------------------------------------


def contents(target: Target) -> dict[str, str | None]:
    return {one.slot: one.sha256 for one in target.slots}


def test_a_new_certificate_stands_in_its_slot_and_the_other_one_stays() -> None:
    new = NewCertificate("apart-c:client", leaf(), "new.pem")
    found = after(Changes(certificates=(new,))).estate.targets["apart-c"]
    assert contents(found) == {"client": new.sha256, "server": "apart-c-server"}


def test_after_an_upload_to_the_server_slot_the_client_slot_keeps_the_copy_of_the_old_one() -> None:
    new = NewCertificate("new-c:server", leaf(), "new.pem")
    found = after(Changes(certificates=(new,))).estate.targets["new-c"]
    assert contents(found) == {"server": new.sha256, "client": "new-c-server"}
    assert found.settings["client_certificate"].value == "separate"


def test_after_an_upload_to_the_client_slot_it_is_a_copy_no_more() -> None:
    new = NewCertificate("new-c:client", leaf(), "new.pem")
    found = after(Changes(certificates=(new,))).estate.targets["new-c"]
    assert contents(found) == {"client": new.sha256, "server": "new-c-server"}
    assert found.settings["client_certificate"].value == "separate"


def test_an_upgrade_and_a_client_certificate_go_together() -> None:
    new = NewCertificate("exp-c1:client", leaf(), "new.pem")
    found = after(Changes(to=("exp-c1=X15.5",), certificates=(new,))).estate.targets["exp-c1"]
    assert contents(found) == {"client": new.sha256, "server": "exp-c1-server"}
    assert found.settings["client_certificate"].value == "separate"


def test_a_slot_that_is_declared_to_hold_the_same_follows() -> None:
    facts = Facts().box("cucm1", "cucm", "14SU3", {"tomcat": Shown()})
    tomcat = facts.targets["cucm1"].slots[0]
    same = replace(tomcat, slot="CallManager", from_="same-slot")
    facts.targets["cucm1"] = replace(facts.targets["cucm1"], slots=(tomcat, same))
    new = NewCertificate("cucm1:tomcat", leaf(), "new.pem")
    found = after(Changes(certificates=(new,)), facts).estate.targets["cucm1"]
    assert contents(found) == {"tomcat": new.sha256, "CallManager": new.sha256}


# --- renewals -----------------------------------------------------------------------------------------------------


def test_every_public_certificate_is_renewed_and_no_other() -> None:
    found = after(Changes(renew=("default",)))
    assert {(one.subject, one.what) for one in found.alterations} == {
        ("exp-e1", "server"), ("exp-c1", "server"), ("new-c", "server"), ("apart-c", "server"),
    }  # fmt: skip
    assert len(found.undecided) == 1
    assert "cucm1's tomcat certificate is left as it is" in found.undecided[0]


def test_a_renewed_certificate_lasts_from_the_day_on_and_has_no_fingerprint() -> None:
    facts = estate()
    base = grounds(facts, LATER)
    found = changed(settled(facts), Changes(renew=("exp-e1=default",), later=True), base)
    name = contents(found.estate.targets["exp-e1"])["server"]
    assert name in found.stand_ins
    assert name is not None
    certificate = base.book.certificates[name]
    assert certificate.not_before == LATER
    assert certificate.not_after is not None
    assert certificate.not_after > LATER
    assert (certificate.serial, certificate.pem) == ("", "")


def test_a_name_counts_before_every_certificate() -> None:
    facts = estate()
    base = grounds(facts)
    found = changed(settled(facts), Changes(renew=("default", "exp-e1:server=on-request")), base)
    ekus = {
        name: base.book.certificates[contents(target)["server"] or ""].eku.names
        for name, target in found.estate.targets.items()
        if name.startswith("exp")
    }
    assert ekus == {"exp-e1": ("serverAuth", "clientAuth"), "exp-c1": ("serverAuth",)}


def test_what_its_ca_no_longer_issues_is_refused_by_name_and_told_where_all_are_renewed() -> None:
    facts = estate()
    late = grounds(facts, LATER)
    with pytest.raises(WrongChange, match="issues no clientAuth on 1 May 2027, asked or not"):
        changed(settled(facts), Changes(renew=("exp-e1=on-request",)), late)
    found = changed(settled(facts), Changes(renew=("on-request",)), late)
    assert any("exp-e1's server certificate is renewed with serverAuth alone" in one for one in found.left_out)


@pytest.mark.parametrize("name", ["default", "exp-c1=default", "exp-c1:server=default"])
def test_after_a_renewal_on_the_new_release_the_client_slot_keeps_the_copy_of_the_old_one(name: str) -> None:
    found = after(Changes(to=("exp-c1=X15.5",), renew=(name,)))
    target = found.estate.targets["exp-c1"]
    held = contents(target)
    assert held["client"] == "exp-c1-server"
    assert held["server"] in found.stand_ins
    assert target.settings["client_certificate"].value == "separate"
    assert any("exp-c1's client slot keeps the copy" in sentence for sentence in found.left_out)


def test_both_slots_are_renewed_where_both_are_named() -> None:
    renew = ("exp-c1:server=default", "exp-c1:client=default")
    found = after(Changes(to=("exp-c1=X15.5",), renew=renew))
    assert set(contents(found.estate.targets["exp-c1"]).values()) <= found.stand_ins
    assert found.left_out == ()


@pytest.mark.parametrize("upgrade", [False, True])
def test_a_slot_that_holds_a_copy_is_renewed_with_a_certificate_of_its_own(upgrade: bool) -> None:
    name = "exp-c1" if upgrade else "new-c"
    found = after(Changes(to=("exp-c1=X15.5",) if upgrade else (), renew=(f"{name}:client=on-request",)))
    target = found.estate.targets[name]
    held = contents(target)
    assert held["client"] in found.stand_ins
    assert held["server"] == f"{name}-server"
    assert target.settings["client_certificate"].value == "separate"
    assert (name, "client") in {(one.subject, one.what) for one in found.alterations if one.kind == "renewal"}


def test_a_client_trustpoint_is_renewed_where_the_server_s_served_both_directions() -> None:
    facts = Facts().box("cube1", "cube", "26.1.1", {"trustpoint": Shown()}, client_trustpoint="same")
    found = after(Changes(renew=("cube1:client-trustpoint=on-request",)), facts)
    held = contents(found.estate.targets["cube1"])
    assert held["client-trustpoint"] in found.stand_ins
    assert held["trustpoint"] == "cube1-trustpoint"


def test_a_trustpoint_that_serves_both_directions_is_renewed_for_both() -> None:
    facts = Facts().box("cube1", "cube", "26.1.1", {"trustpoint": Shown()}, client_trustpoint="same")
    found = after(Changes(renew=("cube1=default",)), facts).estate.targets["cube1"]
    assert list(contents(found)) == ["trustpoint"]
    assert found.settings["client_trustpoint"].value == "same"


def test_a_private_certificate_that_is_named_stays_fit_for_what_it_was() -> None:
    facts = estate()
    base = grounds(facts)
    found = changed(settled(facts), Changes(renew=("apart-c:client=default",)), base)
    content = next(one for one in found.estate.targets["apart-c"].slots if one.slot == "client")
    purpose = base.book.chains[content.chain or ""].effective_eku["openssl"]
    assert (purpose.server_auth, purpose.client_auth) == (False, True)


def test_where_nobody_knows_who_issued_anything_it_says_so_and_what_to_write() -> None:
    facts = Facts()
    for number in range(9):
        facts.box(f"cucm{number}", "cucm", "14SU3", {"tomcat": Shown(hierarchy="undecided")})
    told = wrong(Changes(renew=("default",)), facts)
    assert "nobody knows who issued what is in cucm0:tomcat, cucm1:tomcat" in told
    assert "and 1 more: name their roots under trust:, or write --renew cucm0:tomcat=default" in told
    assert "no certificate of a public CA" in wrong(Changes(renew=("default",)), Facts().box("c", "cucm", "14SU3"))


def test_what_one_wish_renews_by_name_leaves_nothing_undecided_for_every_certificate() -> None:
    facts = Facts().box("cucm1", "cucm", "14SU3", {"tomcat": Shown(hierarchy="undecided")})
    told = wrong(Changes(renew=("default", "cucm1:tomcat=default")), facts)
    assert "renewed already" in told


# --- what can be wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (Changes(to=("expresway=X15.5",)), "did you mean expressway"),
        (Changes(to=("exp-c1",)), "write NAME=RELEASE"),
        (Changes(to=("exp-c1=fifteen",)), "is no release of expressway-c"),
        (Changes(to=("exp-c1=X14.3",)), "is a downgrade"),
        (Changes(to=("exp-c1=X15.4",)), "runs it already, so this touches nothing"),
        (Changes(to=("exp-c1=X15",)), "may be X15.4"),
        (Changes(to=("cms=3.9",)), "no target is of role cms, so this touches nothing"),
        (Changes(to=("core=X15.5", "exp-c1=X15.6")), "is upgraded by --to core=X15.5 already"),
        (Changes(set=("exp-c1>cucm1.tls_verify=on",)), "is on there already, so this touches nothing"),
        (Changes(set=("exp-c1>cucm2.tls_verify=off",)), "did you mean exp-c1>cucm1/neighbor-zone"),
        (Changes(set=("core>edge.tls_verify=off",)), "no rule of uc-traversal looks at tls_verify"),
        (Changes(set=("exp-e1.sip_eku_chek=off",)), "did you mean sip_eku_check"),
        (Changes(set=("exp-e1.sip_eku_check=off",)), "exists on releases >=X15.5, and exp-e1 runs X15.4"),
        (Changes(set=("new-c.sip_eku_check=no",)), "is on or off, not no"),
        (Changes(set=("cucm1.cluster_tls=enforcing",)), "is a setting of expressway-e or expressway-c"),
        (Changes(set=("new-c.sip_eku_check=on", "new-c.sip_eku_check=off")), "is set twice"),
        (Changes(set=("tls_verify=off",)), "write NAME.SETTING=VALUE"),
        (Changes(renew=("sometimes",)), "is no way to renew"),
        (Changes(renew=("exp-e9=default",)), "did you mean exp-e1"),
        (Changes(renew=("exp-e1:servr=default",)), "did you mean server"),
        (Changes(certificates=(NewCertificate("exp-c9:server", leaf(), "x"),)), "did you mean exp-c1"),
        (Changes(certificates=(NewCertificate("exp-c1:servr", leaf(), "x"),)), "did you mean server"),
        (Changes(certificates=(NewCertificate("exp-c1:client", leaf(), "x"),)), "write exp-c1:server"),
    ],
)  # fmt: skip
def test_a_wrong_change_is_one_sentence_with_what_to_write_instead(changes: Changes, says: str) -> None:
    sentence = wrong(changes)
    assert says in sentence
    assert len(sentence.splitlines()) == 1


def test_everything_that_is_wrong_is_said_at_once() -> None:
    told = wrong(Changes(to=("x=X15.5",), set=("y.z=1",), renew=("never",))).splitlines()
    assert [line.split()[0] for line in told] == ["--to", "--set", "--renew"]


def test_before_the_look_what_may_still_turn_up_is_not_refused() -> None:
    facts = estate()
    facts.targets["new"] = Target("new", "generic", "default", None, "default")
    early = grounds(facts, looked=False)
    changed(settled(facts), Changes(to=("cms=3.10",), renew=("default",)), early)
    with pytest.raises(WrongChange, match="no target is of role cms"):
        changed(settled(facts), Changes(to=("cms=3.10",)), replace(early, looked=True))


@given(st.lists(st.text(max_size=40), max_size=3), st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_change_or_a_sentence(to: list[str], set_: str, renew: str) -> None:
    facts = estate()
    told = ""
    try:
        changed(settled(facts), Changes(tuple(to), (set_,), (), (renew,)), grounds(facts))
    except WrongChange as error:
        told = str(error)
    # Each sentence is one line, and a text without a meaning gets one.
    assert all(line.isprintable() for line in told.split("\n"))
    assert "--set" in told


def test_the_estate_as_it_is_is_never_modified() -> None:
    facts = estate()
    before = settled(facts)
    whole = (dict(before.targets), before.connections)
    changes = Changes(("expressway=X15.5",), ("exp-c1>cucm1.tls_verify=off",), (), ("default",))
    changed(before, changes, grounds(facts))
    assert (dict(before.targets), before.connections) == whole

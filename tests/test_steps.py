"""The rows of steps: each is wanted by some change, each can be put into words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ekuscan.assessment import ChainBook
from ekuscan.model import RoleName
from ekuscan.profiles.load import slot_names
from ekuscan.rules.load import packaged
from ekuscan.rules.tables import StepRow
from ekuscan.steps import Scene, steps
from ekuscan.trust import TrustStore
from ekuscan.what_if.certificate import NewCertificate
from ekuscan.what_if.changes import Changes, changed
from ekuscan.what_if.settled import Grounds, Settled
from tests.judging import AS_OF, Facts, Policy, Shown
from tests.pki import BOTH, issue

ROWS = packaged().steps
WORDS = {"boxes", "peers", "release", "slot", "root", "setting", "value", "connection", "read_at"}
PAIR: tuple[tuple[str, RoleName], ...] = (("exp-c1", "expressway-c"), ("exp-e1", "expressway-e"))
SLOTS: tuple[tuple[RoleName, str], ...] = tuple(
    (role, slot)
    for role in ("cucm", "imp", "unity-connection", "cer", "cms", "cube", "contact-center")
    for slot in slot_names(role)
)


def planned(facts: Facts, changes: Changes) -> list[str]:
    book = ChainBook(TrustStore.open(None))
    book.certificates.update(facts.certificates)
    book.chains.update(facts.chains)
    grounds = Grounds(packaged(), Policy(), book, AS_OF, AS_OF, looked=True)
    before = Settled(facts.targets, tuple(facts.connections))
    made = changed(before, changes, grounds)
    found = steps(made.alterations, Scene(before, made.estate, grounds))
    assert all("{" not in step.text + (step.command or "") for step in found)
    return [step.id for step in found]


def pair(release: str = "X15.4", **settings: str) -> Facts:
    facts = Facts()
    for name, role in PAIR:
        facts.box(name, role, release, {"server": Shown()}, **settings)
        if release == "X15.5":
            same = replace(facts.targets[name].slots[0], slot="client")
            facts.targets[name] = replace(facts.targets[name], slots=(*facts.targets[name].slots, same))
    facts.box("cucm1", "cucm", "14SU3", {"tomcat": Shown()})
    return facts.link("neighbor-zone", "exp-c1", "cucm1").link("traversal-zone", "exp-c1", "exp-e1")


def new(name: str) -> NewCertificate:
    return NewCertificate(name, (issue("exp", issue("Root", ca=True), eku=BOTH).der,), "new.pem")


def recording(listed: str = "whitelist") -> Facts:
    """A Call Bridge and a recorder, each with a bundle; another recorder takes anybody's certificate."""
    facts = Facts().box("cms1", "cms", "3.9", {"callbridge": Shown()}, sip_verify=listed)
    facts.box("rec", "cms", "3.9", {"recorder": Shown(), "callbridge": Shown()}, sip_verify=listed)
    facts.box("rec2", "cms", "3.9", {"recorder": Shown()}, sip_verify="none")
    return facts.link("cms-recorder", "cms1", "rec").link("cms-recorder", "cms1", "rec2")


def situations() -> Iterator[tuple[Facts, Changes]]:
    yield pair("X14.3.7"), Changes(to=("expressway=X15.5", "cucm=15SU5"))
    yield pair(acme="on"), Changes(renew=("default",))
    yield pair(), Changes(renew=("on-request",))
    yield pair("X15.5"), Changes(set=("exp-e1.sip_eku_check=off", "exp-c1>cucm1.tls_verify=off"))
    yield pair(), Changes(set=("exp-e1.server_eku_upload=on", "exp-c1>exp-e1.tls_verify=on"))
    yield pair(), Changes(set=("exp-e1.cluster_tls=enforcing",))
    yield pair("X15.5"), Changes(certificates=(new("exp-c1:client"),))
    yield pair("X15.5", upload_via="server-page"), Changes(certificates=(new("exp-c1:client"),))
    yield pair(upload_via="scp"), Changes(certificates=(new("exp-c1:server"),))
    yield recording(), Changes(certificates=(new("cms1:callbridge"),))
    yield recording(), Changes(certificates=(new("rec:recorder"),))
    for role, slot in SLOTS:
        release = "26.1.1" if slot == "client-trustpoint" else None
        yield Facts().box("box1", role, release, {slot: Shown()}), Changes(certificates=(new(f"box1:{slot}"),))


def test_every_row_is_wanted_by_some_change() -> None:
    assert {name for facts, changes in situations() for name in planned(facts, changes)} == {row.id for row in ROWS}


def test_the_steps_stand_in_their_order() -> None:
    order = {row.id: row.order for row in ROWS}
    for facts, changes in situations():
        found = [order[name] for name in planned(facts, changes)]
        assert found == sorted(found)


def test_every_change_of_a_certificate_or_a_release_begins_with_the_backup() -> None:
    for facts, changes in situations():
        wanted = bool(changes.renew or changes.certificates or changes.to)
        assert planned(facts, changes)[0].startswith("backup") == wanted


@pytest.mark.parametrize(
    ("role", "slot", "wanted"),
    [
        (
            "cucm",
            "tomcat",
            ["backup-drs", "issuers-first", "sso-off", "upload-uc", "restart-tomcat", "backup-drs-again"],
        ),
        (
            "cucm",
            "CallManager",
            ["backup-drs", "issuers-first", "upload-uc", "restart-callmanager", "backup-drs-again"],
        ),
        ("imp", "cup", ["backup-drs", "issuers-first", "upload-uc", "restart-cup", "backup-drs-again"]),
        (
            "imp",
            "cup-xmpp-s2s",
            ["backup-drs", "issuers-first-s2s", "upload-uc", "restart-cup-xmpp-s2s", "backup-drs-again"],
        ),
        (
            "unity-connection",
            "tomcat",
            ["backup-drs", "issuers-first-os", "upload-uc-os", "restart-unity-connection", "backup-drs-again"],
        ),
        ("cer", "tomcat", ["backup-drs", "issuers-first-os", "upload-uc-os", "restart-cer"]),
        ("cms", "callbridge", ["backup-cms", "set-callbridge", "restart-callbridge"]),
        ("cms", "recorder", ["backup-cms", "install"]),
        (
            "cms",
            "database-client",
            ["backup-cms", "leave-database-cluster", "set-database", "join-database-cluster"],
        ),
        ("cube", "trustpoint", ["backup-cube", "import-trustpoint", "name-trustpoint"]),
        ("contact-center", "tomcat", ["backup-other", "install"]),
    ],
)
def test_each_product_has_its_own_way_to_a_new_certificate(role: RoleName, slot: str, wanted: list[str]) -> None:
    facts = Facts().box("box1", role, None, {slot: Shown()})
    found = planned(facts, Changes(certificates=(new(f"box1:{slot}"),)))
    assert found == [wanted[0], *(["exchange-roots"] if "exchange-roots" in found else []), *wanted[1:], "scan-again"]


def test_boxes_of_different_products_are_backed_up_each_in_its_way() -> None:
    facts = pair("X14.3.7")
    found = planned(facts, Changes(to=("expressway=X15.5", "cucm=15SU5")))
    assert found[:2] == ["backup", "backup-drs"]


@pytest.mark.parametrize(
    ("changed_slot", "bundle"), [("cms1:callbridge", "recorder-bundle"), ("rec:recorder", "call-bridge-bundle")]
)
def test_a_certificate_that_a_peer_compares_goes_into_its_bundle_before_it_is_installed(
    changed_slot: str, bundle: str
) -> None:
    wanted = Changes(certificates=(new(changed_slot),))
    found = planned(recording(), wanted)
    assert bundle in found
    assert found.index(bundle) < min(found.index(name) for name in found if name.startswith(("set-", "install")))
    assert bundle not in planned(recording("ca"), wanted)


def test_a_certificate_that_is_not_shown_to_the_peer_goes_into_no_bundle() -> None:
    found = planned(recording(), Changes(certificates=(new("rec:callbridge"),)))
    assert not any(name.endswith("-bundle") for name in found)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_names_only_what_there_is(row: StepRow) -> None:
    tables = packaged()
    assert set(re.findall(r"{(\w+)}", row.text)) <= WORDS
    assert set(re.findall(r"{(\w+)}", row.command or "")) <= {"Value"}
    own = {"role", "release", "old.release", "slot", "lacks", "new_root", "asked", "setting", "value", "use_case"}
    own |= {"peer.use_case", "peer.end"}
    roles = next((condition.values for condition in row.when if condition.fact == "role"), ("expressway-c",))
    slots = {slot for role in roles for slot in slot_names(role)}
    known = {"setting": tables.settings, "use_case": tables.use_cases, "slot": slots}
    known |= {"peer.use_case": tables.use_cases, "peer.end": {"from", "to"}}
    for condition in row.when:
        assert condition.fact in own or condition.fact.removeprefix("peer.") in tables.settings
        assert set(condition.values) <= set(known.get(condition.fact, condition.values))

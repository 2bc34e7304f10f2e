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
WORDS = {"boxes", "release", "slot", "root", "setting", "value", "connection", "read_at"}
PAIR: tuple[tuple[str, RoleName], ...] = (("exp-c1", "expressway-c"), ("exp-e1", "expressway-e"))


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


def test_every_row_is_wanted_by_some_change() -> None:
    assert {name for facts, changes in situations() for name in planned(facts, changes)} == {row.id for row in ROWS}


def test_the_steps_stand_in_their_order() -> None:
    order = {row.id: row.order for row in ROWS}
    for facts, changes in situations():
        found = [order[name] for name in planned(facts, changes)]
        assert found == sorted(found)


def test_every_change_of_a_certificate_or_a_release_begins_with_the_backup() -> None:
    for facts, changes in situations():
        assert (planned(facts, changes)[0] == "backup") == bool(changes.renew or changes.certificates or changes.to)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_names_only_what_there_is(row: StepRow) -> None:
    tables = packaged()
    assert set(re.findall(r"{(\w+)}", row.text)) <= WORDS
    assert set(re.findall(r"{(\w+)}", row.command or "")) <= {"Value"}
    own = {"role", "release", "old.release", "slot", "lacks", "new_root", "asked", "setting", "value", "use_case"}
    known = {"setting": tables.settings, "use_case": tables.use_cases, "slot": slot_names("expressway-c")}
    for condition in row.when:
        assert condition.fact in own or condition.fact in tables.settings
        assert set(condition.values) <= set(known.get(condition.fact, condition.values))

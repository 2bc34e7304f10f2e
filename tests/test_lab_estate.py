from __future__ import annotations

import asyncio
import os
import socket
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest

from ekuscan.certificate_files import read_certificates
from ekuscan.certificates import parse
from ekuscan.cli.knowledge import vocabulary
from ekuscan.lab.authority import der
from ekuscan.lab.estate import Box, Estate, SlotPlan, estate, estate_names
from ekuscan.lab.faults import FAULTS, fault_estate
from ekuscan.lab.laboratory import open_lab, running
from ekuscan.lab.worlds import PRIVATE
from ekuscan.rules.load import packaged
from ekuscan.targets.load import TargetRequest, load
from ekuscan.trust import TrustStore
from tests.lab_client import PATIENCE, dial

TODAY = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
PAIR = Estate("pair", "A pair", "Two boxes.", (Box("c", "expressway-c", "X15.4"), Box("e", "expressway-e", "X15.4")))


def inventory(lab):
    return load(TargetRequest(file=lab.targets_file), vocabulary(packaged()), lambda data, name: read(data, name))


def read(data, name):
    return tuple(read_certificates(data, name))


def leaf(lab, target, slot):
    return parse(lab.credentials[target, slot].ders[0]).record


def lab_threads():
    return [thread for thread in threading.enumerate() if thread.name == "ekuscan-lab"]


@pytest.mark.parametrize("name", estate_names())
def test_every_estate_runs_and_its_targets_file_says_what_is_there(name, tmp_path):
    with open_lab(estate(name), tmp_path, TODAY) as lab:
        found = inventory(lab)
        planned = {(one.id, one.host, one.port, one.protocol, one.profile_port) for one in found.endpoints}
        there = {(one.id, one.host, one.port, one.protocol, one.profile_port) for one in lab.endpoints}
        assert planned == there
        assert [target.id for target in found.targets] == [box.name for box in lab.estate.boxes]
        assert found.trust == (der(lab.worlds[PRIVATE].root.certificate),)
    assert not lab_threads()


def test_the_targets_file_states_slots_that_no_port_shows(tmp_path):
    with open_lab(estate("x155-stated"), tmp_path, TODAY) as lab:
        stated = {(file.target, file.slot): file.ders for file in inventory(lab).slot_files}
    assert stated == {(box, "client"): lab.credentials[box, "client"].ders for box in ("exp-c1", "exp-e1")}
    assert lab.credentials["exp-c1", "client"].ders != lab.credentials["exp-c1", "server"].ders


def test_a_client_slot_that_is_not_stated_stays_unseen(tmp_path):
    with open_lab(estate("x155"), tmp_path, TODAY) as lab:
        assert inventory(lab).slot_files == ()
        shown = {endpoint.slot for endpoint in lab.endpoints}
    assert "client" not in shown
    assert ("exp-c1", "client") in lab.credentials


def test_a_copied_client_certificate_is_the_servers(tmp_path):
    with open_lab(estate("x155-copied"), tmp_path, TODAY) as lab:
        assert lab.credentials["exp-c1", "client"] is lab.credentials["exp-c1", "server"]
        assert not lab.endpoint("exp-e1", 7001).checks_eku


def test_the_demo_estate_has_the_dates_and_purposes_of_the_sample_report(tmp_path):
    with open_lab(estate("demo"), tmp_path, TODAY) as lab:
        records = {name: leaf(lab, *name) for name in lab.credentials}
        optional, required = lab.endpoint("exp-c1", 5061).request, lab.endpoint("exp-e1", 7001).request
    ends = {name: (record.not_after - TODAY).days for name, record in records.items()}
    assert (ends["exp-c1", "server"], ends["exp-e1", "server"], ends["cucm1", "CallManager"]) == (186, 89, 585)
    assert records["exp-c1", "server"].eku.names == ("serverAuth",)
    assert records["exp-e1", "server"].eku.names == ("serverAuth", "clientAuth")
    assert "DigiCert" in records["exp-e1", "server"].issuer
    assert (optional, required) == ("optional", "required")


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_days_left_do_not_depend_on_the_hour(tmp_path, hour):
    now = TODAY.replace(hour=hour, minute=59, second=59)
    plan = SlotPlan("corp", ends_in=89, valid_for=199)
    box = Box("e", "expressway-e", slots={"server": plan}, only=(443,))
    with open_lab(Estate("t", "t", "t", (box,)), tmp_path, now) as lab:
        record = leaf(lab, "e", "server")
    assert (record.not_after - now).days == 89
    assert record.not_after - record.not_before == timedelta(days=200, seconds=-1)


def test_a_renewal_changes_public_certificates_and_no_others(tmp_path):
    before, after = estate("before"), estate("after")
    assert [box.name for box in before.boxes] == [box.name for box in after.boxes]
    for old, new in zip(before.boxes, after.boxes, strict=True):
        for slot, plan in old.slots.items():
            changed = plan != new.slots[slot]
            public = isinstance(plan, SlotPlan) and plan.ca not in ("corp", "self")
            assert changed == public, (old.name, slot)
            if changed:
                assert new.slots[slot].eku == "server"


def test_estates_on_the_interim_release_differ_in_release_only():
    def of(name):
        return {box.name: box.release for box in estate(name).boxes}

    assert of("before")["exp-e1"] == "X14.3.7"
    assert of("before-x154")["exp-e1"] == of("after-x154")["exp-c2"] == "X15.4"
    assert of("before")["cucm1"] == of("after-x154")["cucm1"]


def test_an_unknown_estate_is_a_key_error():
    with pytest.raises(KeyError):
        estate("nowhere")


def test_public_leaves_reach_a_root_of_the_labs_trust_data(tmp_path):
    with open_lab(estate("demo"), tmp_path, TODAY) as lab, TrustStore.open(lab.trust_data) as store:
        issuing = parse(lab.credentials["exp-e1", "server"].ders[1])
        (root,) = store.by_subject(issuing.reading.issuer)
        private = parse(lab.credentials["cucm1", "tomcat"].ders[1])
        assert store.by_subject(private.reading.issuer) == ()
    assert (root.owner, root.kind) == ("DigiCert", "chrome-root")


def test_files_hold_what_the_ports_show_and_keys_are_for_the_owner_only(tmp_path):
    with open_lab(PAIR, tmp_path, TODAY) as lab:
        data = (tmp_path / "e.server.pem").read_bytes()
        assert read(data, "e.server.pem") == lab.endpoint("e", 7001).chain
        key = tmp_path / "e.server.key"
        assert b"PRIVATE KEY" in key.read_bytes()
    if os.name == "posix":
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_boxes_have_addresses_of_their_own_where_the_system_has_them(tmp_path):
    with open_lab(PAIR, tmp_path, TODAY) as lab:
        hosts = {one.target: one.host for one in lab.endpoints}
        assert all(host.startswith("127.") for host in hosts.values())
        assert all(one.port >= 1024 for one in lab.endpoints)
        assert len({(one.host, one.port, one.protocol == "sip-udp") for one in lab.endpoints}) == len(lab.endpoints)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 in this Python")
def test_a_box_can_be_on_ipv6(tmp_path):
    box = Box("e", "expressway-e", "X15.4", only=(443, 5060), host="::1")
    with open_lab(Estate("t", "t", "t", (box,)), tmp_path, TODAY) as lab:
        endpoint = lab.endpoint("e", 443)
        assert dial(endpoint).chain == endpoint.chain
        assert {one.host for one in inventory(lab).endpoints} == {"::1"}


def test_a_system_with_one_loopback_address_gets_other_ports(tmp_path, monkeypatch):
    monkeypatch.setattr("ekuscan.lab.laboratory._host", lambda number: "127.0.0.1")
    with open_lab(PAIR, tmp_path, TODAY) as lab:
        assert {one.host for one in lab.endpoints} == {"127.0.0.1"}
        assert dial(lab.endpoint("c", 443)).chain == lab.endpoint("c", 443).chain
        assert dial(lab.endpoint("e", 443)).chain == lab.endpoint("e", 443).chain
        assert len(inventory(lab).endpoints) == len(lab.endpoints)


def test_two_labs_run_side_by_side(tmp_path):
    with open_lab(PAIR, tmp_path / "a", TODAY) as first, open_lab(PAIR, tmp_path / "b", TODAY) as second:
        for lab in (first, second):
            assert dial(lab.endpoint("e", 443)).chain == lab.credentials["e", "server"].ders


def test_closed_ports_refuse(tmp_path):
    with open_lab(PAIR, tmp_path, TODAY) as lab:
        closed = lab.endpoint("e", 5062)
        assert closed.state == "closed"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((closed.host, closed.port), timeout=PATIENCE)


async def test_a_lab_runs_beside_an_event_loop_of_its_caller(tmp_path):
    async with running(PAIR, tmp_path, TODAY) as lab:
        endpoint = lab.endpoint("e", 5061)
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        writer.close()
        await writer.wait_closed()
        seen = await asyncio.to_thread(dial, endpoint)
        assert seen.chain == endpoint.chain
        assert reader is not None
    assert not lab_threads()


def test_a_lab_ends_with_the_block_also_when_it_ends_badly(tmp_path):
    with pytest.raises(RuntimeError), open_lab(PAIR, tmp_path, TODAY):
        raise RuntimeError
    assert not lab_threads()


def test_a_lab_that_cannot_start_leaves_nothing_behind(tmp_path):
    broken = Box("e", "expressway-e", slots={"server": SlotPlan("no such CA")})
    with pytest.raises(KeyError), open_lab(Estate("t", "t", "t", (PAIR.boxes[0], broken)), tmp_path, TODAY):
        pass
    assert not lab_threads()


def test_a_box_that_is_not_scanned_stands_in_the_targets_file_only(tmp_path):
    partner = Box("partner", "outside", settings={"client_eku": "checked"})
    with open_lab(Estate("t", "t", "t", (*PAIR.boxes, partner)), tmp_path, TODAY) as lab:
        found = inventory(lab)
    (target,) = [target for target in found.targets if target.id == "partner"]
    assert target.settings["client_eku"].value == "checked"
    assert all(one.target != "partner" for one in lab.endpoints)


def test_every_fault_stands_in_an_estate_of_its_own(tmp_path):
    names = list(FAULTS)[:4]
    whole, part = fault_estate(), fault_estate(names)
    assert len(whole.boxes) == len(FAULTS)
    with open_lab(part, tmp_path, TODAY) as lab:
        assert [one.fault for one in lab.endpoints] == names
        assert {one.port for one in inventory(lab).endpoints} == {one.port for one in lab.endpoints}

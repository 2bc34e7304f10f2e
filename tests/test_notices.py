"""Notices: what each kind is found in, what it is not found in, and that any text survives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ekuscan.fingerprint import sha256_hex
from ekuscan.model import SlotFile
from ekuscan.notices import table
from ekuscan.notices.table import packaged
from ekuscan.table_rows import TableError
from tests.noticing import BOTH, box, corp, digicert, finished, leaf, noticed, port, shows

TARGETS = [box("cucm1")]
CUCM = TARGETS[0]


# --- the table ------------------------------------------------------------------------------------------------


def test_every_kind_says_why_and_what_to_do() -> None:
    for row in packaged().kinds.values():
        assert row.why.endswith(".")
        assert row.do.endswith(".")
        assert all(case.text.endswith((".", "}")) for case in row.case)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "One', 'caption = "One', "certificate-reuse: unknown key caption"),
        ('severity = "low"', 'severity = "bad"', "severity is 'bad', not one of"),
        ('source = ["ATS"]', 'source = ["NOBODY"]', "tomcat-reuse: source: NOBODY is not in the tables"),
        ('source = ["ATS"]', "source = []", "tomcat-reuse: source is empty"),
        ("[[reuse]]", "[[reuses]]", "unknown key reuses"),
    ],
)
def test_a_faulty_table_names_its_row(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = table.FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "notices.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TableError, match=message):
        table.load(path)


# --- certificate-reuse ----------------------------------------------------------------------------------------


def test_tomcats_certificate_on_the_sip_port_is_noticed_with_what_hangs_on_it() -> None:
    chain = leaf(digicert())
    run = finished([CUCM], [shows(port(CUCM, 8443), chain), shows(port(CUCM, 5061, "sips"), chain)])
    (found,) = noticed(run, "certificate-reuse").values()
    assert found.id == "cucm1/certificate-reuse/CallManager+tomcat"
    assert found.certificates == (sha256_hex(chain[0]),)
    assert set(found.endpoints) == {"cucm1:8443/https", "cucm1:5061/sips"}
    assert (found.severity, found.certainty) == ("low", "observed")
    assert found.text == (
        "cucm1 holds one certificate in its slots CallManager and tomcat (5061 and 8443): "
        "its renewal reaches SIP trunks too."
    )


def test_other_slots_with_one_certificate_are_only_named() -> None:
    chain = leaf(digicert())
    run = finished([CUCM], [shows(port(CUCM, 8443), chain), shows(port(CUCM, 2445, "tls"), chain)])
    (found,) = noticed(run, "certificate-reuse").values()
    assert (found.id, found.severity) == ("cucm1/certificate-reuse/TVS+tomcat", "none")


def test_each_slot_with_a_certificate_of_its_own_is_no_notice() -> None:
    seen = [
        shows(port(CUCM, 8443), leaf(digicert())),
        shows(port(CUCM, 443), leaf(digicert())),
        shows(port(CUCM, 5061, "sips"), leaf(corp())),
    ]
    assert noticed(finished([CUCM], seen), "certificate-reuse") == {}


@pytest.mark.parametrize(("release", "expected"), [("X15.4", 0), (None, 0), ("X15.5", 1)])
def test_an_expressway_reuses_its_certificate_only_where_it_has_two_slots(release: str | None, expected: int) -> None:
    chain = leaf(corp(), BOTH)
    files = [SlotFile("exp-c1", slot, chain, "f.pem") for slot in ("server", "client")]
    run = finished([box("exp-c1", "expressway-c", release)], files=files)
    assert len(noticed(run, "certificate-reuse")) == expected


def test_nothing_is_noticed_about_a_file_that_is_yet_to_be_installed() -> None:
    files = [SlotFile("new.pem", slot, leaf(corp()), "new.pem") for slot in ("tomcat", "CallManager")]
    assert finished([box("new.pem")], files=files, candidates=True).notices == ()

"""The rule tables: their order of releases, their strictness, and every row checked against its own examples."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.rules import load, references, releases
from ekuscan.rules.load import packaged
from ekuscan.rules.tables import Rule, UseCase
from ekuscan.table_rows import TableError
from ekuscan.verdict import examples


def _files() -> dict[str, bytes]:
    folder = resources.files("ekuscan.rules")
    return {name: (folder / name).read_bytes() for name in load.FILES}


def test_every_example_holds_and_the_cases_of_every_row_partition_the_facts() -> None:
    assert list(examples.check(load.packaged())) == []


def test_every_row_names_only_what_exists() -> None:
    tables = load.packaged()
    faults = [
        *((rule.id, *references.rule_faults(rule, tables)) for rule in tables.rules),
        *((row.id, *references.verifier_faults(row, tables)) for row in tables.verifiers),
        *((row.name, *references.setting_faults(row, tables)) for row in tables.settings.values()),
        *((row.name, *references.use_case_faults(row, tables)) for row in tables.use_cases.values()),
        *((row.id, *references.remedy_faults(row, tables)) for row in tables.remedies.values()),
    ]
    assert [found for found in faults if len(found) > 1] == []


def test_whoever_only_answers_is_asked_for_no_client_certificate() -> None:
    tables = load.packaged()
    servers = (rule for rule in tables.rules if rule.presents.as_ == "server" and rule.needs == ("serverAuth",))
    answering = [rule for rule in servers if all(case.needs is None for case in rule.cases)]
    asked = [
        (rule.id, name) for rule in answering for name in rule.remedies if "clientAuth" in tables.remedies[name].text
    ]
    assert asked == []
    assert sum("peer-renews-server" in rule.remedies for rule in answering) == 13


def test_the_cases_of_every_verifier_partition_its_facts() -> None:
    tables = load.packaged()
    assert [fault for row in tables.verifiers for fault in examples.verifier_faults(row, tables)] == []


def test_every_id_of_the_expressway_list_is_answered_by_a_row() -> None:
    tables = load.packaged()
    rows = [
        *((rule.id, *rule.also) for rule in tables.rules),
        *((row.id, *row.also) for row in tables.verifiers),
        *((row.id,) for row in (*tables.aliases, *tables.changes)),
        *(row.also for row in tables.use_cases.values()),
    ]
    found = {id_ for ids in rows for id_ in ids}
    assert {f"X{number:02}" for number in range(1, 41)} <= found


def test_the_tables_carry_the_newest_day_on_which_a_row_was_checked() -> None:
    tables = load.packaged()
    rows = (*tables.rules, *tables.verifiers, *tables.settings.values(), *tables.aliases, *tables.changes)
    assert tables.date == max(row.checked for row in rows)


def test_only_the_step_of_a_remedy_names_boxes() -> None:
    """What it costs and leaves is told once for a run, whichever boxes it is for: nothing is filled in there."""
    for row in packaged().remedies.values():
        for text in (row.title, row.costs, row.unchanged, row.command or "", *row.before):
            assert "{" not in text, (row.id, text)


def test_an_example_that_does_not_hold_is_named() -> None:
    files = _files()
    files["expressway.toml"] = files["expressway.toml"].replace(
        b'case = [{ lacking = "breaks" }]', b'case = [{ lacking = "ok" }]', 1
    )
    assert any("X01" in fault for fault in examples.check(load.load(files)))


def test_cases_that_overlap_are_named() -> None:
    files = _files()
    files["expressway.toml"] = files["expressway.toml"].replace(
        b'pair.release = ">=X15.4" }', b'pair.release = ">=X15.2" }', 1
    )
    assert any("X17: 2 cases match" in fault for fault in examples.check(load.load(files)))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("expressway.toml", b'check = "tls"', b'check = "smoke"', "check is 'smoke', not one of tls, ssh"),
        ("expressway.toml", b"needs =", b"neds =", "needs is missing"),
        ("expressway.toml", b'">=X15.4"', b'"=>X15.4"', 'write bounds like ">=X15.4 <X15.5"'),
        ("expressway.toml", b'use_case = "https"', b'use_case = "gopher"', "gopher is not in the tables"),
        ("expressway.toml", b'id = "X02"', b'id = "X01"', "rule X01 stands twice"),
        ("settings.toml", b'default = "on"', b'default = "maybe"', "a default is one of the values"),
        (
            "needs.toml",
            b"lacking =",
            b"laking =",
            "needs.toml: serverAuth: unknown key laking; known are id, lacking, ",
        ),
        ("needs.toml", b'note = "', b'remark = "', "needs.toml: serverAuth: unknown key remark"),
        ("needs.toml", b'"RFC5280"', b'"HEARSAY"', "need serverAuth: source: HEARSAY is not in the tables"),
        ("sources.toml", b"revision =", b"edition =", "sources.toml: S: unknown key edition"),
        ("use_cases.toml", b'far_end = "far ends"', b"far_end = 7", "far_end is 7, neither text nor texts by role"),
        ("verifiers.toml", b"[[verifier]]", b"[[verifier]", "verifiers.toml: "),
    ],
)
def test_a_table_that_breaks_its_schema_names_file_and_key(file: str, old: bytes, new: bytes, says: str) -> None:
    files = _files()
    files[file] = files[file].replace(old, new, 1)
    with pytest.raises(TableError) as caught:
        load.load(files)
    assert says in str(caught.value)


def test_releases_stand_in_the_order_of_the_product() -> None:
    order = ["X14.3.7", "X15.0", "X15.2", "X15.4", "X15.5", "X15.10"]
    lows = [releases.parse("expressway-e", text).low for text in order]
    assert lows == sorted(lows)
    assert len(set(lows)) == len(lows)


@pytest.mark.parametrize("role", ["cucm", "imp", "unity-connection", "cer"])
def test_service_updates_stand_in_the_order_of_the_product(role: str) -> None:
    order = ["12.5(1)SU2", "14SU1", "14SU4", "14SU6", "15SU1", "15SU3", "15SU3a", "15SU4", "15SU5", "15SU10"]
    lows = [releases.parse(role, text).low for text in order]
    assert lows == sorted(lows)
    assert len(set(lows)) == len(lows)


def test_releases_of_ios_xe_go_from_17_to_26_and_a_letter_comes_after_its_release() -> None:
    order = ["16.12.4", "17.3.4", "17.3.4a", "17.12.4", "17.18.2", "26.1.1", "26.1.2"]
    lows = [releases.parse("cube", text).low for text in order]
    assert lows == sorted(lows)
    assert len(set(lows)) == len(lows)


@pytest.mark.parametrize(
    ("text", "may_be", "cannot_be"),
    [
        ("14", ("14SU1", "14SU4"), ("15SU1", "15SU5")),
        ("15", ("15SU3a", "15SU5"), ("14SU4",)),
        # Neither SIP and UDS nor a build tells the service update.
        ("15.0", ("15SU4", "15SU5"), ("14SU4",)),
        ("15.0.1.12900-234", ("15SU2", "15SU5"), ("14SU4",)),
        ("15SU3", ("15SU3", "15SU3a"), ("15SU4", "15SU2")),
    ],
)
def test_a_release_without_its_service_update_may_be_any(
    text: str, may_be: tuple[str, ...], cannot_be: tuple[str, ...]
) -> None:
    known = releases.parse("cucm", text)
    found = {one: known.overlaps(*_ends(one)) for one in (*may_be, *cannot_be)}
    assert found == {**dict.fromkeys(may_be, True), **dict.fromkeys(cannot_be, False)}


def _ends(text: str) -> tuple[releases.Point, releases.Point]:
    release = releases.parse("cucm", text)
    return release.low, release.high


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("cucm", "15SU5"),
        ("imp", "14SU3a"),
        ("cer", "12.5SU2"),
        ("cucm", "15.0"),
        ("cube", "26.1.1"),
        ("expressway-c", "X15.4"),
    ],
)
def test_a_bound_is_spoken_as_it_is_written(role: str, text: str) -> None:
    assert releases.spoken(releases.parse(role, text).low, role) == text


@pytest.mark.parametrize(
    ("role", "text", "low", "high"),
    [
        ("expressway-c", "X15", (15,), (16,)),
        ("expressway-c", "x15.5.1", (15, 5, 1), (15, 5, 2)),
        ("expressway-e", "X15.5-b2bua-1.0", (15, 5), (15, 6)),
        ("cucm", "14", (14,), (15,)),
        ("cucm", "14.0.1", (14, 0), (14, 1)),
        ("cucm", "15.0.1.12900-234", (15, 0), (15, 1)),
        ("cucm", "15SU3a", (15, 0, 3, 1), (15, 0, 3, 2)),
        ("cucm", "14 SU3", (14, 0, 3), (14, 0, 4)),
        ("cucm", "15.0(1)SU3a", (15, 0, 3, 1), (15, 0, 3, 2)),
        ("unity-connection", "15", (15,), (16,)),
        ("cer", "14.0.1.13900-155", (14, 0), (14, 1)),
        ("imp", "12.5(1)SU2", (12, 5, 2), (12, 5, 3)),
        ("cube", "17.12.4a", (17, 12, 4, 1), (17, 12, 4, 2)),
        ("cube", "IOS-17.12.4", (17, 12, 4), (17, 12, 5)),
        ("cube", "17.03.04a", (17, 3, 4, 1), (17, 3, 4, 2)),
        ("cube", "26", (26,), (27,)),
        ("cms", "3.9", (3, 9), (3, 10)),
    ],
)
def test_a_release_is_the_interval_of_all_releases_that_begin_so(
    role: str, text: str, low: tuple[int, ...], high: tuple[int, ...]
) -> None:
    release = releases.parse(role, text)
    assert (release.low, release.high) == (low, high)


@given(st.sampled_from(["expressway-e", "cucm", "cube", "cms"]), st.text(max_size=40))
def test_any_text_is_a_release_or_a_release_error(role: str, text: str) -> None:
    try:
        release = releases.parse(role, text)
    except releases.ReleaseError:
        return
    assert release.low < release.high


def test_a_text_that_is_no_release_says_how_one_is_written() -> None:
    with pytest.raises(releases.ReleaseError, match=r'write it like "X15\.4"'):
        releases.parse("expressway-e", "fifteen")


# Those who dial here show no certificate, or none that the change reaches.
_SHOW_NONE = {
    "one-way-tls": "nobody asks for a certificate",
    "encrypted-phones": "their certificates come from CAPF or from Cisco, not from a public CA",
    "phone-oauth": "phones show a token",
    "phone-tftp": "phones are asked for none",
    "capf": "a phone has none before it comes here",
    "tvs": "phones are asked for none",
    "xmpp-clients": "people log in with a password",
    "imap": "people log in with a password",
    "cms-web-bridge": "Expressway-C is asked for none",
    "cms-api": "people and scripts log in with a password",
}


def test_whoever_may_dial_in_a_use_case_has_a_rule_about_what_it_shows() -> None:
    tables = packaged()
    silent = {
        use_case.name
        for use_case in tables.use_cases.values()
        if not use_case.parts
        for ends in _ways(use_case)
        if not any(_judges_who_dials(rule, *ends) for rule in tables.rules_of(use_case.name))
    }
    assert silent == set(_SHOW_NONE)


def _ways(use_case: UseCase) -> set[tuple[str, str]]:
    ways = {(dials, answers) for dials in use_case.from_ for answers in use_case.to}
    return ways | ({(answers, dials) for dials, answers in ways} if use_case.both_ways else set())


def _judges_who_dials(rule: Rule, dials: str, answers: str) -> bool:
    """Whether a rule has a verdict about what one end shows to the other, whatever nobody told about names."""
    return _judges(rule, "client", dials, answers)


# Those who answer without showing a certificate to the end that dials.
_ANSWER_WITHOUT = {
    "ssh-tunnels": "an SSH server shows a host key",
}


def test_whoever_may_answer_in_a_use_case_has_a_rule_about_what_it_shows() -> None:
    tables = packaged()
    silent = {
        use_case.name
        for use_case in tables.use_cases.values()
        if not use_case.parts
        for dials, answers in _ways(use_case)
        if not any(_judges(rule, "server", answers, dials) for rule in tables.rules_of(use_case.name))
    }
    assert silent == set(_ANSWER_WITHOUT)


def _judges(rule: Rule, as_: str, one: str, other: str) -> bool:
    """Whether a rule has a verdict about what ``one`` end shows to the other where it is the client, or the server."""
    ways = [(one, other)]
    if rule.check in ("message", "pair"):
        # Either end may begin: the one certificate that is judged counts both ways.
        ways.append((other, one))
    elif rule.presents.as_ != as_ or rule.named_by:
        return False
    return any(presents in rule.presents.roles and _is_judged_by(rule, verifies) for presents, verifies in ways)


def _is_judged_by(rule: Rule, role: str) -> bool:
    return rule.verifies in ("peer", role) or (rule.verifies == "expressway" and role.startswith("expressway"))

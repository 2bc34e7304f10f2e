"""The report for a person: layout, width, what stands where."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from ekuscan.model import (
    Alert,
    Banner,
    Certainty,
    ClientCertificate,
    EndpointCounts,
    Enforcement,
    Enforces,
    Failure,
    Observation,
    Problem,
    Purpose,
    Run,
    SlotContent,
    Target,
)
from ekuscan.report import table
from tests import report_samples as samples

GOLDEN = Path(__file__).parent / "golden"
NOTES = {"cucm1": "private CA: not touched. Keep it so: release 14 gets no fix."}
COMMANDS = {"scan", "inspect", "explain", "calendar", "targets", "trust", "lab", "demo"}
SGR = re.compile("\x1b\\[[0-9;]*m")


def report(run: Run, **changes: Any) -> str:
    usual: dict[str, Any] = {
        "width": 80, "verbose": False, "color": False, "unicode": True, "titles": samples.TITLES, "now": samples.NOW,
    }  # fmt: skip
    return "".join(table.render(run, **{**usual, **changes}))


def section(shown: str, word: str) -> list[str]:
    """The lines below a section's heading."""
    block = next(block for block in shown.split("\n\n") if block.startswith(word))
    return block.splitlines()[1:]


def assert_golden(name: str, shown: str) -> None:
    """Compare with the file; EKUSCAN_GOLDEN=write in the environment writes it instead."""
    path = GOLDEN / name
    if os.environ.get("EKUSCAN_GOLDEN") == "write":
        path.write_text(shown, encoding="utf-8", newline="\n")
    expected = path.read_text(encoding="utf-8")
    difference = difflib.unified_diff(expected.splitlines(), shown.splitlines(), name, "report", lineterm="")
    assert shown == expected, "\n".join(difference)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_report_with_long_names_is_the_golden_one(width: int) -> None:
    assert_golden(f"report_{width}.txt", report(samples.long_names(), width=width))


def test_the_verbose_report_is_the_golden_one() -> None:
    assert_golden("report_80_verbose.txt", report(samples.long_names(), verbose=True))


def test_the_clean_report_is_header_certificates_and_last_line() -> None:
    shown = report(samples.clean())
    assert_golden("report_80_clean.txt", shown)
    assert [block.split()[0] for block in shown.split("\n\n")] == ["ekuscan", "CERTIFICATES", "Nothing"]


DESIGN = """\
ekuscan 0.1.0  23 Nov 2026 14:02 UTC  rules 20 Nov 2026  Chrome store v39
5 targets  18 ports captured  4 optional ports closed  0 unseen

BROKEN NOW
 1  exp-c1 > exp-e1     UC traversal zone 7001: MRA is down                  X11
    exp-c1 (X15.4) always dials and its certificate has no clientAuth; exp-e1
    demands it. Same certificate: neighbor zone to cucm1 breaks if it is TLS,
    ssh tunnels 2222, TFTP 6972 and OAuth 5091 at risk.
  > Give exp-c1 a private-CA certificate with both EKUs. Clears all five.

BREAKS AT RENEWAL  (surely, or where the far end checks)
 2  exp-e1 > far ends   B2B, SIP federation (if used)  20 Feb 2027, 89 d     X04
    Both EKUs today. DigiCert omits clientAuth unless asked; from 1 Mar 2027
    always. Far ends that check it then refuse; which do is not known.
  > Renew before 20 Feb with clientAuth asked for: lasts to about 6 Sep 2027.

AT RISK  (the vendor documents the need, not what happens)
 3  exp-e1 > Webex      Edge Audio, onboarding (if used)  20 Feb 2027   X24, X25
  > Step 2 covers it.

YOU DECIDE  (one fact each)
 4  exp-c1 > cube1      match eku client-auth?  no: fine  yes: broken now    X19
  > Step 1 settles it either way; else set match_eku on cube1 in targets.yaml.

CERTIFICATES          EKU  issued by           ends              client cert
 exp-c1  X15.4        S-   DigiCert, public    28 May 2027 186d  5061 optional
 exp-e1  X15.4        SC   DigiCert, public    20 Feb 2027  89d  7001 required
 cucm1   14SU3        SC   Corp CA, private    30 Jun 2028 585d  5061 required
         private CA: not touched. Keep it so: release 14 gets no fix.

1 broken now, 1 at renewal, 1 at risk, 1 to decide, 14 fine (-v)          exit 1
Why: ekuscan explain X11
"""
INVENTORY = """\
         CA: DigiCert Global G2 TLS RSA SHA256 2020 CA1; root: DigiCert Global
         Root G2
         mutual TLS for B2B SIP calls, Webex Edge Audio, Cisco cloud onboarding
         (if used)
"""


def test_the_designs_example_has_the_designs_layout_and_the_inventory_of_what_carries_client_auth() -> None:
    shown = report(samples.estate(), notes=NOTES)
    assert INVENTORY in shown
    assert shown.replace(INVENTORY, "") == DESIGN


@pytest.mark.parametrize("width", [*range(60, 84), 100, 160, 400, 0, 59])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, verbose: bool) -> None:
    for run in (samples.estate(), samples.long_names(), samples.clean()):
        shown = report(run, width=width, verbose=verbose, notes=NOTES)
        assert max(cell_len(line) for line in shown.splitlines()) <= max(60, width)
        assert not any(line.endswith(" ") for line in shown.splitlines())


def test_colour_is_on_the_section_words_alone() -> None:
    plain, coloured = (report(samples.long_names(), color=color, verbose=True) for color in (False, True))
    assert SGR.sub("", coloured) == plain
    painted = re.findall("\x1b\\[[0-9;]+m([^\x1b]*)\x1b\\[0m", coloured)
    sections = ["BROKEN NOW", "BREAKS AT RENEWAL", "AT RISK", "UNKNOWN", "YOU DECIDE", "ONE PLAN", "UNSEEN"]
    assert painted[:7] == sections
    assert all(word.isupper() for word in painted)


def test_the_report_itself_is_ascii() -> None:
    assert report(samples.long_names(), verbose=True).isascii()


def test_names_stay_readable_where_the_output_can_show_them_and_are_escaped_where_not() -> None:
    run = samples.estate(e1="exp-münchen")
    assert "exp-münchen" in report(run)
    plain = report(run, unicode=False)
    assert plain.isascii()
    assert "exp-m\\xfcnchen" in plain


def test_a_list_of_cas_that_was_cut_says_that_there_are_more() -> None:
    run = samples.long_names()
    cut = replace(run, observations=tuple(replace(one, ca_names_cut=bool(one.accepts)) for one in run.observations))
    told = [" ".join(report(one, verbose=True).split()) for one in (run, cut)]
    assert ["accepts 2 CAs: " in one for one in told] == [True, False]
    assert ["accepts 2 CAs and more: " in one for one in told] == [False, True]


@pytest.mark.parametrize("verbose", [False, True])
def test_no_text_names_a_command_that_does_not_exist(verbose: bool) -> None:
    shown = report(samples.long_names(), verbose=verbose)
    assert set(re.findall(r"ekuscan ([a-z]+)", shown)) <= COMMANDS


def test_the_question_why_names_a_rule_of_the_first_problem() -> None:
    assert report(samples.estate()).endswith("\nWhy: ekuscan explain X11\n")
    assert "Why" not in report(samples.clean())


def test_numbers_are_the_places_of_the_problems_and_run_through_the_sections() -> None:
    shown = report(samples.long_names())
    assert re.findall(r"^ (\d)  ", shown, re.MULTILINE) == ["1", "2", "3", "4", "5"]


def test_verbose_lists_the_verdicts_of_each_problem() -> None:
    shown = report(samples.estate(), verbose=True)
    assert "    at-risk  exp-e1 > Webex  Webex Edge Audio (if used)" in shown
    assert "breaks-now  exp-c1 > exp-e1" not in report(samples.estate())


def test_verbose_gives_the_reason_of_what_is_fine() -> None:
    lines = section(report(samples.estate(), verbose=True), "FINE")
    assert lines[:2] == [" cucm1  Web interface  X30  inferred", "   cucm1 dials itself."]


# --- what was not seen ----------------------------------------------------------------------------------------


def test_ports_of_a_box_that_ended_alike_share_a_line_unless_verbose() -> None:
    run = samples.long_names()
    assert len(section(report(run), "UNSEEN")) == 4
    assert len(section(report(run, verbose=True), "UNSEEN")) == 5


def test_ports_with_one_reason_and_several_details_keep_the_reason() -> None:
    boxes = [samples.unseen("a", port, Failure("hello", "closed", f"after {port} bytes")) for port in (1, 2)]
    run = samples.run([samples.target("a", "cucm", None, ())], boxes, {}, {}, exit_code=3)
    assert section(report(run), "UNSEEN") == [" a:1, 2  hello: closed"]


def test_a_clean_answer_with_unseen_ports_does_not_claim_more() -> None:
    run = samples.clean()
    failed = samples.unseen("cucm1", 2222, Failure("connect", "refused", "nothing listens there"))
    summary = replace(run.summary, endpoints=EndpointCounts(18, 0, 4, 1, 0), exit=3)
    shown = report(replace(run, observations=(*run.observations, failed), summary=summary))
    assert "Nothing breaks in what was seen, 14 fine (-v), 1 port unseen" in shown
    assert shown.splitlines()[-1].endswith("exit 3")


def test_nothing_judged_is_not_called_fine() -> None:
    shown = report(samples.run([], [], {}, {}))
    assert shown.splitlines()[-1].startswith("Nothing judged")


def test_an_interrupted_run_says_so() -> None:
    run = samples.clean()
    shown = report(replace(run, run=replace(run.run, complete=False)))
    assert "interrupted: a partial result" in shown.split("\n\n")[0]
    assert "Nothing breaks in what was seen" in shown


def test_a_scan_of_files_alone_has_no_ports_to_count() -> None:
    name = samples.fingerprint("a")
    held = samples.target("a", "cms", None, [SlotContent("callbridge", name, None, "file")])
    run = samples.run([held], [], {name: samples.certificate("a", "CN=CA", samples.BOTH, samples.END_E)}, {})
    shown = report(run)
    assert shown.splitlines()[1] == "1 target  no ports: certificates from files"
    assert section(shown, "CERTIFICATES")[0].endswith("from file")


def only_banners() -> Run:
    """A box that nobody knows, with two ports of which only the banner is read, and one that gave no answer."""
    says = Banner("expressway", "X14.0.3", "TANDBERG/4137 (X14.0.3)")
    ends = [samples.endpoint("192.0.2.1", port, protocol) for port, protocol in ((22, "ssh"), (5060, "sip-tcp"))]
    shown = [Observation(end, "192.0.2.1", "seen", None, (), says) for end in ends]
    silent = samples.unseen("192.0.2.1", 5061, Failure("connect", "filtered", "no answer"), "closed")
    box = Target("192.0.2.1", "generic", "default", "X14.0.3", "observed")
    return samples.run([box], [*shown, silent], {}, {})


def test_where_nothing_but_a_banner_came_it_stands_among_the_certificates_and_no_port_is_called_captured() -> None:
    shown = report(only_banners())
    assert "1 target  0 ports captured  2 banners read  1 optional port closed  0 unseen" in shown
    (row, *notes) = section(shown, "CERTIFICATES")
    assert row.split() == ["192.0.2.1", "X14.0.3", "??", "unseen"]
    assert " ".join(" ".join(notes).split()) == "banner: TANDBERG/4137 (X14.0.3) (22/ssh, 5060/sip-tcp)"


def test_an_alert_of_a_further_handshake_says_which_one_it_was() -> None:
    alert = Alert("received", "fatal", 40, "handshake_failure")
    plain, refused = samples.sight("a", "optional"), ClientCertificate("unknown", "alert")
    sights = (
        plain,
        samples.sight(None, "unknown", offer="ecdsa", alerts=(alert,)),
        samples.sight(None, "unknown", offer="one of tomorrow", alerts=(alert,)),
        samples.sight("a", "unknown", presented_as="server-only", alerts=(alert,), client_certificate=refused),
    )
    shown = Observation(samples.endpoint("cucm1", 5061), "192.0.2.1", "seen", None, sights)
    box = samples.target("cucm1", "cucm", "15", [])
    ports = " ".join(report(samples.run([box], [shown], {}, {}), verbose=True, width=120).split())
    assert "alert 40 handshake_failure received (where only ECDSA is offered)" in ports
    assert "alert 40 handshake_failure received (one of tomorrow)" in ports
    assert 'alert 40 handshake_failure received (to certificate "server-only")' in ports
    assert ports.count("alert 40") == 3
    assert "refused without one" not in ports


def test_an_alert_of_the_first_handshake_stands_alone() -> None:
    alert = Alert("received", "fatal", 116, "certificate_required")
    first = samples.sight("a", "required", offer="tls1.2-1.3", alerts=(alert,))
    shown = Observation(
        samples.endpoint("cucm1", 5061), "192.0.2.1", "seen", None, (first, replace(first, offer="raw"))
    )
    box = samples.target("cucm1", "cucm", "15", [])
    ports = report(samples.run([box], [shown], {}, {}), verbose=True, width=120)
    assert re.findall("alert 116.*", ports) == ["alert 116 certificate_required received"]


def each_address(*ends: str) -> Run:
    """A name of which each address is looked at, all with one chain."""
    shown = [
        replace(
            samples.seen("exp-e1", 5061, samples.fingerprint("chain"), "none"),
            endpoint=samples.endpoint("exp-e1", 5061, id=f"exp-e1:5061/sips@{end}", address=end),
            address=end,
        )
        for end in ends
    ]
    chain = samples.chain((samples.fingerprint("leaf"),), "private", None, None, samples.BOTH)
    chains = {samples.fingerprint("chain"): chain}
    return samples.run([samples.target("exp-e1", "expressway-e", "X15.4", [])], shown, {}, chains)


def test_the_addresses_of_a_name_are_told_apart_where_each_is_looked_at() -> None:
    shown = report(each_address("192.0.2.1", "2001:db8::1"), verbose=True, width=120)
    ports = [line.split()[0] for line in section(shown, "PORTS")[1:]]
    assert ports == ["5061/sips@192.0.2.1", "5061/sips@[2001:db8::1]"]
    assert "exp-e1:5061@192.0.2.1,5061@[2001:db8::1]" in section(shown, "CHAINS")[0]


def test_the_addresses_of_a_name_are_told_apart_where_they_gave_nothing() -> None:
    run = each_address("192.0.2.1", "192.0.2.2")
    failed = Failure("connect", "refused", "nothing listens there")
    silent = [replace(one, status="failed", failure=failed, sights=()) for one in run.observations]
    shown = report(replace(run, observations=tuple(silent)))
    assert section(shown, "UNSEEN")[0].split("  ")[0].strip() == "exp-e1:5061@192.0.2.1, 5061@192.0.2.2"


def test_beside_a_certificate_a_banner_is_left_to_the_verbose_report() -> None:
    run = samples.clean()
    shown = [replace(one, banner=Banner("cucm", "14.0", "Cisco-CUCM14.0")) for one in run.observations]
    assert "Cisco-CUCM14.0" not in report(replace(run, observations=tuple(shown)))


def test_a_day_judged_other_than_today_is_in_the_header() -> None:
    run = samples.estate()
    later = replace(run, run=replace(run.run, as_of=samples.NOW + timedelta(days=100)))
    assert "judged for 3 Mar 2027" in report(later)


# --- certificates ---------------------------------------------------------------------------------------------


def one_box(oids: tuple[str, ...] = samples.BOTH, slots: Mapping[str, str | None] | None = None) -> Run:
    """A CUCM with a certificate per slot; ``slots`` gives the certificate's name, None where it is unseen."""
    given = slots or {"tomcat": "a"}
    names = {name for name in given.values() if name is not None}
    contents = [
        SlotContent(slot, None, None, "unseen")
        if name is None
        else SlotContent(
            slot, samples.fingerprint(name), samples.fingerprint("chain " + name), "port", (f"box:{port}/sips",)
        )
        for port, (slot, name) in enumerate(given.items(), 443)
    ]
    chains = {
        samples.fingerprint("chain " + name): samples.chain(
            (samples.fingerprint(name),), "public-chrome", "Root", "Owner", oids
        )
        for name in names
    }
    certificates = {
        samples.fingerprint(name): samples.certificate(name, "CN=Issuing CA", oids, samples.END_E) for name in names
    }
    return samples.run([samples.target("box", "cucm", "14SU3", contents)], [], certificates, chains)


@pytest.mark.parametrize(
    ("oids", "mark"), [(samples.BOTH, "SC"), (samples.SERVER, "S-"), ((samples.CLIENT_AUTH,), "-C"), (("1.2.3",), "--")]
)
def test_the_mark_says_what_the_certificate_carries(oids: tuple[str, ...], mark: str) -> None:
    assert section(report(one_box(oids)), "CERTIFICATES")[0].split()[2] == mark


def test_no_eku_and_any_eku_count_as_both() -> None:
    lines = section(report(one_box(())), "CERTIFICATES")
    assert lines[0].split()[2] == "SC"
    assert "no EKU extension: fit for any use" in lines[1]
    assert section(report(one_box(("2.5.29.37.0",))), "CERTIFICATES")[0].split()[2] == "SC"


def test_a_certificate_whose_chain_takes_client_auth_away_says_which_one_does() -> None:
    run = one_box()
    blocked = {
        id_: replace(chain, effective_eku={"openssl": Purpose(True, False, samples.fingerprint("a"))})
        for id_, chain in run.chains.items()
    }
    assert "its chain takes clientAuth away: a" in report(replace(run, chains=blocked))


def test_each_slot_content_has_a_row_and_unseen_slots_share_one() -> None:
    run = one_box(slots={"tomcat": "a", "CallManager": "b", "TVS": None, "ipsec": None})
    rows = [line for line in section(report(run), "CERTIFICATES") if not line.startswith("    ")]
    assert [row.split()[:2] for row in rows] == [
        ["box", "14SU3"],
        ["tomcat", "SC"],
        ["CallManager", "SC"],
        ["TVS,", "ipsec"],
    ]
    assert rows[-1].split()[2:] == ["??", "unseen"]


def test_slots_that_hold_the_same_certificate_share_a_row() -> None:
    lines = section(report(one_box(slots={"tomcat": "a", "CallManager": "a"})), "CERTIFICATES")
    assert lines[0].startswith(" box  14SU3")


def test_many_notices_of_one_kind_are_counted_and_shown_with_v() -> None:
    names = [f"box-{number}" for number in range(9)]
    notices = tuple(samples.notice("weak-tls", name, f"{name} speaks TLS 1.0.") for name in names)
    graver = samples.notice("weak-tls", "gate", "gate takes RC4.", severity="medium")
    run = replace(samples.clean(), notices=(*notices, graver))
    lines = section(report(run), "NOTICED")
    assert lines == [
        " weak-tls: gate takes RC4.",
        " weak-tls: box-0 speaks TLS 1.0.",
        " weak-tls: 8 more (-v): box-1, box-2, box-3, ...",
    ]
    assert sum(line.startswith(" weak-tls") for line in section(report(run, verbose=True), "NOTICED")) == 10


def tried(
    target: str, port: int, value: Enforces, certainty: Certainty, *evidence: str, protocol: str = "sips"
) -> Observation:
    """A port that was shown a client certificate where there is more than one sentence about it."""
    plain = samples.seen(target, port, "a", "required", protocol)
    shown = replace(plain.sights[0], presented_as="A")
    sights = (*plain.sights, shown) if len(evidence) > 1 else plain.sights
    return replace(plain, sights=sights, enforcement=Enforcement(value, certainty, evidence))


def test_no_answer_to_a_client_certificate_is_left_out_and_each_has_its_certainty() -> None:
    seen = [tried(f"box-{number}", 5061, "enforces", "observed", "took A", "it looks") for number in range(9)]
    seen += [tried("box-0", port, "enforces", "observed", "took A", "it looks") for port in (5062, 7001)]
    seen += [tried("gate", 5061, "ignores", "inferred", "took A", "it does not look")]
    seen += [tried("gate", 5062, "enforces", "inferred", "took A", "it looks")]
    notices = tuple(
        samples.notice(
            "enforces-client-auth", one.endpoint.target, "told", severity="none", endpoints=(one.endpoint.id,)
        )
        for one in seen
    )
    run = replace(samples.clean(), observations=tuple(seen), notices=notices)
    assert " ".join(line.strip() for line in section(report(run), "NOTICED")) == (
        "enforces-client-auth: enforces clientAuth (observed): box-0 (5061, 5062 and 7001), box-1 (5061), "
        "box-2 (5061), box-3 (5061), box-4 (5061), box-5 (5061), box-6 (5061), box-7 (5061), box-8 (5061): it looks. "
        "enforces-client-auth: does not enforce clientAuth (inferred): gate (5061): it does not look. "
        "enforces-client-auth: enforces clientAuth (inferred): gate (5062): it looks."
    )
    lines = section(report(run, verbose=True), "NOTICED")
    assert sum(line.startswith(" enforces-client-auth: told") for line in lines) == len(seen)


@pytest.mark.parametrize("verbose", [False, True])
def test_ports_at_which_no_client_certificate_was_tried_have_a_word(verbose: bool) -> None:
    none = replace(
        samples.seen("box", 443, "a", "none"), enforcement=Enforcement("undecided", "inferred", ("it asks for none",))
    )
    udp = tried("box", 4006, "undecided", "inferred", "over DTLS ekuscan presents none", protocol="dtls")
    run = replace(samples.clean(), observations=(none, udp))
    assert section(report(run, verbose=verbose), "NOTICED") == [
        " enforces-client-auth: not tried at box (4006/udp): over DTLS ekuscan presents",
        "   none; 1 port asked for none.",
    ]
    unasked = replace(run, observations=(samples.seen("box", 443, "a", "none"),))
    assert "enforces-client-auth" not in report(unasked, verbose=verbose)


def test_a_severity_of_none_is_not_written_before_the_certainty() -> None:
    run = replace(samples.clean(), notices=(samples.notice("novelty", "box", "box is so.", severity="none"),))
    assert section(report(run, verbose=True), "NOTICED") == [" novelty: box is so.", "   observed"]


def test_a_kind_that_the_table_does_not_know_is_shown_all_the_same() -> None:
    run = replace(samples.clean(), notices=(samples.notice("novelty", "box", "box does something new."),))
    assert section(report(run, verbose=True), "NOTICED") == [" novelty: box does something new.", "   low  observed"]


def test_a_large_estate_keeps_the_notices_of_the_targets_that_are_shown() -> None:
    run = samples.many(table.WHOLE_UP_TO + 1)
    notices = [samples.notice("weak-tls", target.id, f"{target.id} is old.") for target in run.targets]
    shown = table.worst(replace(run, notices=tuple(notices)), 200)
    assert {one.target for one in shown.notices} == {target.id for target in shown.targets}


def test_certificates_of_one_port_are_told_apart_by_their_keys() -> None:
    first, second = one_box(slots={"tomcat": "a"}), one_box(slots={"tomcat": "b"})
    contents = [replace(one.targets[0].slots[0], endpoints=("box:443/sips",)) for one in (first, second)]
    certificates = {
        **first.certificates,
        **{sha256: replace(one, key="EC P-256") for sha256, one in second.certificates.items()},
    }
    run = replace(
        first,
        targets=(replace(first.targets[0], slots=tuple(contents)),),
        certificates=certificates,
        chains={**first.chains, **second.chains},
        observations=(samples.seen("box", 443, None, "none"),),
    )
    rows = section(report(run), "CERTIFICATES")
    assert [row.split()[:3] for row in rows if row.startswith("  tomcat")] == [
        ["tomcat", "RSA", "443"],
        ["tomcat", "EC", "443"],
    ]


def test_ports_that_disagree_on_a_slot_are_told_apart_by_their_numbers() -> None:
    first, second = one_box(slots={"tomcat": "a"}), one_box(slots={"tomcat": "b"})
    contents = (*first.targets[0].slots, replace(second.targets[0].slots[0], endpoints=("box:8443/sips",)))
    shown = [samples.seen("box", port, None, "none") for port in (443, 8443)]
    run = replace(
        first,
        targets=(replace(first.targets[0], slots=contents),),
        certificates={**first.certificates, **second.certificates},
        chains={**first.chains, **second.chains},
        observations=tuple(shown),
    )
    rows = section(report(run), "CERTIFICATES")
    assert [row.split()[1] for row in rows if row.startswith("  tomcat")] == ["443", "8443"]


def test_an_ended_certificate_is_called_that() -> None:
    run = one_box()
    ended = {key: replace(one, not_after=samples.NOW - timedelta(days=3)) for key, one in run.certificates.items()}
    assert "ended 20 Nov 2026" in report(replace(run, certificates=ended))


def test_a_certificate_without_a_readable_end_has_none() -> None:
    run = one_box()
    endless = {key: replace(one, not_after=None) for key, one in run.certificates.items()}
    assert "unreadable" in report(replace(run, certificates=endless))


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        ("Sectigo Limited", "Sectigo Limited, public"),
        ("Internet Security Research Group", "Internet Security, public"),
        ("GlobalTrustworthinessAuthority", "GlobalT...uthority, public"),
    ],
)
def test_a_long_issuer_takes_the_room_that_names_leave_and_is_cut_behind_a_word(owner: str, shown: str) -> None:
    run = one_box()
    chains = {id_: replace(chain, hierarchy=replace(chain.hierarchy, owner=owner)) for id_, chain in run.chains.items()}
    assert shown in section(report(replace(run, chains=chains)), "CERTIFICATES")[0]


def test_a_guessed_role_is_marked() -> None:
    run = one_box()
    assert " box  14SU3  cucm (guessed)" in report(
        replace(run, targets=(replace(run.targets[0], role_from="guessed"),))
    )


def test_a_forwarded_port_goes_by_the_number_of_its_product() -> None:
    run = one_box()
    forwarded = replace(
        samples.seen("box", 20443, None, "required"), endpoint=samples.endpoint("box", 20443, profile_port=8443)
    )
    contents = (replace(run.targets[0].slots[0], endpoints=(forwarded.endpoint.id,)),)
    run = replace(run, targets=(replace(run.targets[0], slots=contents),), observations=(forwarded,))
    assert section(report(run), "CERTIFICATES")[0].endswith("8443 required")
    assert "20443/sips" in report(run, verbose=True)


# --- large estates --------------------------------------------------------------------------------------------


def test_above_two_thousand_targets_the_two_hundred_worst_are_shown_and_all_are_counted() -> None:
    shown = report(samples.many(2_001))
    assert "2,001 targets" in shown
    assert "200 of 2,001 targets shown, the worst first; --format json has all" in shown
    assert len(re.findall(r"UC traversal zone", shown)) == 200
    assert len([line for line in section(shown, "CERTIFICATES") if line.startswith(" box-")]) == 200
    assert "501 broken now" in shown


def test_two_thousand_targets_are_all_shown() -> None:
    shown = report(samples.many(2_000))
    assert len([line for line in section(shown, "CERTIFICATES") if line.startswith(" box-")]) == 2_000


# --- hostile text ---------------------------------------------------------------------------------------------

HOSTILE = st.text(st.characters(), max_size=40) | st.text(
    st.sampled_from("\x1b[;m\n\t \u202e漢\u0301\ud800é"), max_size=40
)


def hostile(text: str, many: Callable[[], str]) -> Run:
    """The example's estate with foreign text in every place that the report shows."""
    run = samples.estate(c1=text + "c", e1=text + "e")
    names = (many(), many(), many(), many())
    leaf = next(iter(run.certificates))
    odd = replace(run.certificates[leaf], subject=names[0], issuer=names[1], key=names[2], flaws=(names[3],))
    chains = {
        id_: replace(
            chain, flaws=(names[0],), hierarchy=replace(chain.hierarchy, root=names[1], owner=names[2] or None)
        )
        for id_, chain in run.chains.items()
    }
    failed = samples.unseen(text + "c", 1, Failure("after", names[0], names[1], 40))
    shown = replace(samples.seen(names[3], 2, None, "required"), banner=Banner(names[0], None, names[1]))
    problems = tuple(hostile_problem(problem, names) for problem in run.problems)
    return replace(
        run,
        certificates={**run.certificates, leaf: odd},
        chains=chains,
        observations=(*run.observations, failed, shown),
        targets=tuple(
            replace(one, release=names[0], slots=tuple(replace(s, slot=names[1]) for s in one.slots))
            for one in run.targets
        ),
        problems=problems,
        verdicts=tuple(replace(one, rule=names[0], use_case=names[1], text=names[2]) for one in run.verdicts),
        run=replace(run.run, vantage=names[0], rules=replace(run.run.rules, date=names[1])),
    )


def hostile_problem(problem: Problem, names: tuple[str, ...]) -> Problem:
    return replace(problem, title=names[0], text=names[1], action=names[2], rules=(names[3], *names), peer=names[1])


@given(st.data(), st.integers(60, 130), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_fits_and_reaches_the_terminal_printable(
    data: st.DataObject, width: int, verbose: bool, unicode: bool
) -> None:
    run = hostile(data.draw(HOSTILE), lambda: data.draw(HOSTILE))
    shown = report(run, width=width, verbose=verbose, unicode=unicode)
    for line in shown.removesuffix("\n").split("\n"):
        assert line.isprintable(), ascii(line)
        assert cell_len(line) <= width, ascii(line)
    assert unicode or shown.isascii()


def test_a_certificate_that_only_a_port_without_a_slot_showed_stands_under_its_port() -> None:
    both = one_box(slots={"tomcat": "a", "CallManager": "b"})
    (box,) = both.targets
    run = replace(both, targets=(replace(box, slots=box.slots[:1]),))
    shown = samples.seen("box", 443, samples.fingerprint("chain b"), "none", "https")
    run = replace(run, observations=(*run.observations, shown))
    rows = [line.split()[:2] for line in section(report(run), "CERTIFICATES")]
    assert ["port", "443"] in rows

"""Scans of nmap as sources: what nmap 7.93 printed on loopback, and what people and programs make of such files."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.imports.found import Found, FoundTarget
from ekuscan.imports.nmap_events import MAX_DEPTH, MAX_TOKEN, NmapDocument
from ekuscan.imports.nmap_table import banner_of, nmap_table
from ekuscan.imports.nmap_xml import KIND, read_nmap
from ekuscan.imports.source import Source, UnusableSource
from tests.command import refused, run

SAMPLES = Path(__file__).parent / "nmap"
VERSIONS = SAMPLES.joinpath("versions.xml").read_bytes()
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner="nmap" version="7.93">\n'
TAIL = '<runstats><finished time="1" exit="success"/></runstats>\n</nmaprun>\n'
UP = '<status state="up" reason="syn-ack"/>'


def port(number: int, state: str = "open", protocol: str = "tcp", service: str = "") -> str:
    return f'<port protocol="{protocol}" portid="{number}"><state state="{state}"/>{service}</port>'


def tls(name: str = "https") -> str:
    return f'<service name="{name}" tunnel="ssl" method="probed" conf="10"/>'


def host(*ports: str, address: str = "192.0.2.1", names: str = "", status: str = UP) -> str:
    return (
        f'<host>{status}<address addr="{address}" addrtype="ipv4"/><hostnames>{names}</hostnames>'
        f"<ports>{''.join(ports)}</ports></host>\n"
    )


def read(data: bytes | str) -> Found:
    return read_nmap(Source("scan.xml", data.encode() if isinstance(data, str) else data))


def scan(*hosts: str) -> Found:
    return read(HEAD + "".join(hosts) + TAIL)


def only(*hosts: str) -> FoundTarget:
    (target,) = scan(*hosts).targets
    return target


def test_what_version_detection_told_settles_roles_and_releases() -> None:
    assert read(VERSIONS).targets == (
        FoundTarget("127.0.0.12", "scan.xml", "127.0.0.12", "expressway-e", "X12.5.1"),
        FoundTarget("127.0.0.13", "scan.xml", "127.0.0.13", "cucm", "14.0"),
        FoundTarget("127.0.0.16", "scan.xml", "127.0.0.16", "cube", "17.12.4"),
    )
    assert read(VERSIONS).left_out == ()


def test_without_version_detection_ports_are_named_and_no_role_is_made_up() -> None:
    """445 and 5061 may be a Meeting Server, or Windows with something on 5061: nmap saw no TLS."""
    target = only(host(port(445), port(5061), port(22), port(8443, "closed")))
    assert (target.role, target.ports) == (None, ("445", "5061"))


def test_ports_on_which_nmap_saw_tls_settle_a_role_as_in_a_scan() -> None:
    assert only(host(*(port(number, service=tls()) for number in (5061, 7001, 8443)))).role == "expressway-e"
    assert only(host(port(445, service=tls()), port(5061, service=tls("sip")))).role == "cms"
    assert only(host(port(5061, service=tls("sip")))).role is None


def test_a_product_of_nmaps_that_is_one_role_counts_unless_something_contradicts_it() -> None:
    edge = '<service name="https" product="Cisco Expressway E" tunnel="ssl" method="probed"/>'
    manager = '<service name="sip" product="Cisco Unified Communications Manager sipd" version="14.0" method="probed"/>'
    assert only(host(port(443, service=edge))).role == "expressway-e"
    both = only(host(port(443, service=edge), port(5060, service=manager)))
    assert (both.role, both.release) == (None, None)


def test_what_nmap_reads_off_a_port_number_is_no_evidence() -> None:
    table = '<service name="sip" product="Cisco Unified Communications Manager sipd" method="table"/>'
    assert only(host(port(5061, service=table))).role is None


def test_tls_on_a_port_of_nobody_is_named_beside_the_others_and_makes_no_target_alone() -> None:
    target = only(host(port(443), port(7010, service=tls("sip")), port(9447, service=tls("unknown"))))
    assert target.ports == ("443", "sips:7010", "tls:9447")
    assert scan(host(port(3389, service=tls("ms-wbt-server")))).targets == ()


def test_the_ports_of_a_role_stay_unsaid_until_one_is_not_its_own() -> None:
    usual = [port(number, service=tls()) for number in (5061, 7001, 8443)]
    assert only(host(*usual)).ports == ()
    assert only(host(*usual, port(7002, service=tls("sip")))).ports == ("5061", "7001", "8443", "sips:7002")


def test_numbers_that_are_no_ports_are_passed_over() -> None:
    odd = [host(port(number, service=tls())) for number in (0, 65536, 10**30)]
    assert scan(*odd).targets == ()
    assert only(host(port(5061), port(99999, service=tls()))).ports == ("5061",)


def test_sip_in_clear_is_asked_over_the_transport_on_which_it_was_open() -> None:
    assert only(host(port(5060, protocol="udp"))).ports == ("sip-udp:5060",)
    assert only(host(port(5060))).ports == ("sip-tcp:5060",)


def test_a_given_name_is_dialled_and_a_looked_up_one_asked_for() -> None:
    given = '<hostname name="exp-e1.example.com" type="user"/><hostname name="ptr.example.net" type="PTR"/>'
    target = only(host(port(5061), names=given))
    assert (target.name, target.host, target.server_name) == ("exp-e1.example.com", "exp-e1.example.com", None)
    target = only(host(port(5061), names='<hostname name="ptr.example.net" type="PTR"/>'))
    assert (target.name, target.host, target.server_name) == ("ptr.example.net", "192.0.2.1", "ptr.example.net")


def test_a_looked_up_name_of_many_addresses_names_none_of_them() -> None:
    names = '<hostname name="pool.example.net" type="PTR"/>'
    one, other = scan(*(host(port(5061), address=f"192.0.2.{last}", names=names) for last in (1, 2))).targets
    assert (one.name, one.server_name, other.name) == ("192.0.2.1", None, "192.0.2.2")


def test_hosts_that_are_down_or_have_nothing_of_interest_are_counted() -> None:
    down = host(port(5061), status='<status state="down"/>')
    found = scan(down, host(port(22)), host(port(5061, "filtered")), host(port(5061), address="192.0.2.4"))
    assert [one.host for one in found.targets] == ["192.0.2.4"]
    assert found.left_out == ("scan.xml: 3 hosts have no open port that a product here has for TLS or SIP",)


def test_a_scan_that_was_stopped_gives_what_was_complete_and_a_sentence() -> None:
    stopped = SAMPLES.joinpath("stopped.xml").read_bytes()
    assert read(stopped).left_out == (
        "scan.xml: breaks off or is damaged at line 7; only the hosts before it were read",
    )
    cut = VERSIONS[: VERSIONS.index(b'addr="127.0.0.16"')]
    found = read(cut)
    assert [one.host for one in found.targets] == ["127.0.0.12", "127.0.0.13"]
    assert len(found.left_out) == 1
    whole_but_for_its_end = read(HEAD + host(port(5061)) + "</nmaprun>")
    assert len(whole_but_for_its_end.targets) == 1
    assert "nmap was stopped" in whole_but_for_its_end.left_out[0]


@given(st.integers(0, len(VERSIONS) - 1))
def test_any_cut_gives_some_of_the_hosts_or_one_sentence(at: int) -> None:
    whole = read(VERSIONS).targets
    try:
        found = read(VERSIONS[:at])
    except UnusableSource as error:
        assert str(error).isprintable()  # noqa: PT017
        return
    assert found.targets == whole[: len(found.targets)]
    assert found.left_out or found.targets == whole


@given(st.lists(st.integers(1, 4000), max_size=8))
def test_any_chopping_gives_the_same_hosts(sizes: list[int]) -> None:
    def chunks() -> Iterator[bytes]:
        at = 0
        for size in sizes:
            yield VERSIONS[at : at + size]
            at += size
        yield VERSIONS[at:]

    document = NmapDocument(chunks())
    assert [one.addresses for one in document] == [["127.0.0.12"], ["127.0.0.13"], ["127.0.0.16"]]
    assert document.broken is None


@given(
    st.binary(max_size=300) | st.integers(0, len(VERSIONS) - 1).map(lambda at: VERSIONS[:at] + b"\0" + VERSIONS[at:])
)
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        found = read(data)
    except UnusableSource as error:
        assert str(error).isprintable()  # noqa: PT017
        return
    assert all(line.isprintable() for line in found.left_out)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_what_powershell_redirects_is_read(encoding: str) -> None:
    text = VERSIONS.decode().replace("\n", "\r\n").encode(encoding)
    assert KIND.is_meant(Source("scan.xml", text))
    assert read(text).targets == read(VERSIONS).targets


BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE nmaprun [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
    '<nmaprun><host><hostnames><hostname name="&b;"/></hostnames></host></nmaprun>'
)
FETCH = '<!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]><nmaprun>&x;</nmaprun>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (BOMB, "declares an entity"),
        (FETCH, "declares an entity"),
        ("<html><body/></html>", "is XML, but not nmap's: it begins with <html>"),
        ("no XML at all", "is no XML; run nmap with -oX FILE"),
        ("", "is no XML"),
        ("<nmaprun>" + "<x>" * MAX_DEPTH, f"nested deeper than {MAX_DEPTH} elements"),
        ("<nmaprun><host a='" + "x" * (3 * MAX_TOKEN), "KiB in one element"),
    ],
)
def test_what_nmap_does_not_write_is_refused_in_one_sentence(data: str, words: str) -> None:
    with pytest.raises(UnusableSource, match=words.replace("(", r"\(")) as caught:
        read(data)
    assert str(caught.value).isprintable()


def test_an_outer_definition_is_not_fetched_and_a_plain_doctype_harmless() -> None:
    doctype = '<!DOCTYPE nmaprun SYSTEM "file:///etc/passwd">\n<nmaprun>'
    assert len(read(doctype + host(port(5061)) + TAIL).targets) == 1


def test_a_large_scan_is_read_host_by_host() -> None:
    one = host(*(port(number, "closed") for number in range(1, 200))).encode()
    count = 400

    def chunks() -> Iterator[bytes]:
        yield HEAD.encode()
        yield from (one for _ in range(count))
        yield TAIL.encode()

    tracemalloc.start()
    try:
        assert sum(1 for _ in NmapDocument(chunks())) == count
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(one) * count / 4


def test_banners_are_put_together_as_products_write_them() -> None:
    told = {
        ("Tandberg-4137 VoIP server", "X12.5.1", ""): ("expressway", "X12.5.1"),
        ("Tandberg VCS VoIP server", "X7.2.1", ""): ("expressway", "X7.2.1"),
        ("Cisco Unified Communications Manager sipd", "14.0", "zone: DefaultZone"): ("cucm", "14.0"),
        ("Cisco SIP Gateway", "", "IOS 17.12.4"): ("cube", "17.12.4"),
        ("Cisco SIP Gateway", "", "IOS 12.x"): ("cube", None),
    }
    for words, expected in told.items():
        banner = banner_of(*words)
        assert banner is not None
        assert (banner.product, banner.release) == expected
    assert banner_of("Tandberg-81 VoIP server", "F9.3.1", "") is None
    assert banner_of("nginx", "1.22.1", "") is None
    assert {row.role for row in nmap_table().roles} == {"expressway-e", "cucm"}


def test_an_import_of_a_scan_is_known_by_its_content_and_merged_once(tmp_path: Path) -> None:
    path, file = tmp_path / "anything.txt", tmp_path / "targets.yaml"
    path.write_bytes(VERSIONS)
    assert run("import", path, "-f", file).code == 0
    text = file.read_text(encoding="utf-8")
    assert "127.0.0.12  expressway-e  X12.5.1" in run("targets", "check", "-f", file).out
    assert run("import", path, "-f", file).code == 0
    assert file.read_text(encoding="utf-8") == text


def test_nmaps_report_for_people_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "scan.nmap"
    path.write_text(
        "# Nmap 7.93 scan initiated Tue Nov 24 14:14:47 2026 as: nmap -oA scan 192.0.2.0/24\n", encoding="utf-8"
    )
    assert "use its -oX FILE" in refused(run("import", path))

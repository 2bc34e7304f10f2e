"""Lists of boxes as people have them: any delimiter, any encoding of Excel's, titles of their own, and slips."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.cli.knowledge import vocabulary
from ekuscan.imports.csv_file import KIND, read_csv
from ekuscan.imports.csv_table import MAX_CELL, MAX_COLUMNS
from ekuscan.imports.found import FoundTarget
from ekuscan.imports.role_words import role_meant, role_words
from ekuscan.imports.source import Source, UnusableSource
from ekuscan.profiles.load import ROLES, profile
from ekuscan.rules.load import packaged
from ekuscan.targets.errors import InvalidInput
from tests.command import refused, run

WORDS = vocabulary(packaged())
ROWS = [
    ["Hostname", "Role", "Release", "Cluster", "Ports", "Tags", "Owner"],
    ["exp-e1.example.com", "Expressway-E", "X15.4", "edge", "", "prod;dmz", "Zoë"],
    ["exp-c1.example.com", "VCS Control", "X15.4", "core", "5061, 443", "", ""],
    ["192.0.2.9", "CallManager", "15SU3", "", "", "", ""],
]


def source(data: bytes | str, name: str = "assets.csv") -> Source:
    return Source(name, data.encode() if isinstance(data, str) else data, vocabulary=WORDS)


def table(delimiter: str = ",", end: str = "\n", rows: list[list[str]] | None = None) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows or ROWS)
    return out.getvalue()


def found(data: bytes | str) -> tuple[FoundTarget, ...]:
    return read_csv(source(data)).targets


def wrong(data: bytes | str) -> str:
    with pytest.raises((InvalidInput, UnusableSource)) as caught:
        read_csv(source(data))
    return str(caught.value)


EXPECTED = (
    FoundTarget(
        "exp-e1.example.com",
        "assets.csv",
        "exp-e1.example.com",
        "expressway-e",
        "X15.4",
        "edge",
        tags=("prod", "dmz"),
    ),
    FoundTarget(
        "exp-c1.example.com", "assets.csv", "exp-c1.example.com", "expressway-c", "X15.4", "core", ports=("5061", "443")
    ),
    FoundTarget("192.0.2.9", "assets.csv", "192.0.2.9", "cucm", "15SU3"),
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_same_boxes_come_out_of_every_delimiter_encoding_and_line_end(
    delimiter: str, encoding: str, end: str
) -> None:
    data = table(delimiter, end).encode(encoding)
    assert KIND.is_meant(source(data))
    assert found(data) == EXPECTED


@given(st.permutations(range(len(ROWS[0]))))
def test_the_order_of_the_columns_does_not_matter(order: list[int]) -> None:
    assert found(table(rows=[[row[at] for at in order] for row in ROWS])) == EXPECTED


def test_a_title_above_the_header_and_excels_own_first_line_are_passed_over() -> None:
    assert found(f"Collaboration estate\n\n{table()}") == EXPECTED
    assert found(f"sep=;\r\n{table(';')}") == EXPECTED


def test_a_name_is_made_fit_and_a_url_or_host_with_port_names_its_port() -> None:
    named = found(
        "Device Name,IP Address\nExp E1 / DMZ,192.0.2.1\n,https://cms1.example.com:445/admin\n,b.example.com:5061\n"
    )
    assert [(one.name, one.host, one.ports) for one in named] == [
        ("Exp-E1-DMZ", "192.0.2.1", ()),
        ("cms1.example.com", "cms1.example.com", ("https:445",)),
        ("b.example.com", "b.example.com", ("5061",)),
    ]


def test_host_comes_before_address_and_role_before_type_and_release_before_version() -> None:
    (one,) = found(
        "type,role,version,release,ip,fqdn\nVirtual machine,cucm,VMware 8,15SU3,10.0.0.1,cucm1.example.com\n"
    )
    assert (one.host, one.role, one.release) == ("cucm1.example.com", "cucm", "15SU3")


def test_a_type_or_version_counts_where_there_is_nothing_better() -> None:
    (one,) = found("host,type,version\ncucm1.example.com,CUCM,15\n")
    assert (one.role, one.release) == ("cucm", "15")


@pytest.mark.parametrize(
    "header", ["Hostname;Adresse;Produkt;Softwarestand;Cluster;Port", "Gerät;IP-Adresse;Rolle;Version;CLUSTER;Ports"]
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_german_titles_are_known(header: str, encoding: str) -> None:
    data = f"{header}\nexp-e1;192.0.2.1;Expressway-E;X15.4;edge;5061\n".encode(encoding)
    assert KIND.is_meant(source(data))
    told = read_csv(source(data))
    (one,) = told.targets
    assert (one.name, one.role, one.release, one.cluster, one.ports) == (
        "exp-e1",
        "expressway-e",
        "X15.4",
        "edge",
        ("5061",),
    )
    assert told.left_out == ()


@pytest.mark.parametrize("title", ["Gerät", "GERÄT", "Gera\u0308t", "Geraet", "Gerätename", "Gerät:"])
def test_a_title_is_known_however_its_umlaut_is_written(title: str) -> None:
    assert [one.host for one in found(f"{title};Rolle\na.example.com;cucm\n")] == ["a.example.com"]


def test_columns_that_are_not_understood_are_named_where_they_hold_something(tmp_path: Path) -> None:
    path = tmp_path / "assets.csv"
    path.write_text("Host;Standort;Rolle;;Kosten;Leer\na.example.com;Köln;cube;x;9;\n", encoding="utf-8")
    done = run("import", path)
    assert done.code == 0
    assert done.err.splitlines()[0] == (
        "ekuscan: assets.csv: columns not understood, so not read: Standort, column 4, Kosten; give one that matters a "
        "title like host, address, name, role, release, cluster, ports or tags"
    )


def test_many_columns_that_are_not_understood_are_counted() -> None:
    header = ",".join(f"{'x' * 60}{number}" for number in range(20))
    (said,) = read_csv(source(f"host,{header}\na.example.com{',1' * 20}\n")).left_out
    assert ", and 12 more; " in said
    assert len(said) < 600


def test_a_row_for_each_port_of_a_box_is_one_box() -> None:
    (one,) = found("host,port,role\na.example.com,5061,cube\nA.EXAMPLE.COM,443/tcp,\na.example.com,sips:5062,cube\n")
    assert (one.host, one.role, one.ports) == ("a.example.com", "cube", ("5061", "443", "sips:5062"))


def test_a_column_named_like_a_setting_is_that_setting() -> None:
    (one,) = found("host,role,sip_eku_check,Match EKU\na.example.com,expressway-e,Off,\n")
    assert dict(one.settings) == {"sip_eku_check": "off"}
    assert "sip_eku_check: found maybe" in wrong("host,role,sip_eku_check\na.example.com,expressway-e,maybe\n")


def test_everything_that_is_wrong_is_said_at_once_with_its_line() -> None:
    text = (
        "name,host,role,release,ports,cluster\n"
        "a,a.example.com,expresway-c,,,\n"
        "b,b.example.com,printer,,,\n"
        "c,c.example.com,Expressway,,,\n"
        "d,d.example.com,cucm,,99999,\n"
        'e,"e.example.com",cucm,,,a:b\n'
        "f,192.0.2.0/28,cucm,,,\n"
        "g,g example,cucm,,,\n"
        ",,cucm,,,\n"
        "h,h.example.com,cucm,X15.4,,\n"
    )
    lines = wrong(text).splitlines()
    assert [line.split(" ")[0] for line in lines] == [f"assets.csv:{number}:" for number in range(2, 11)]
    assert lines[0].endswith("role: found expresway-c; did you mean expressway-c?")
    assert "role: found printer; write expressway-e, " in lines[1]
    assert lines[2].endswith("found Expressway, which is expressway-c or expressway-e; write one of them")
    assert "port: found 99999; a port is a number from 1 to 65535" in lines[3]
    assert "a network; write a row for each host" in lines[5]
    assert "host: found nothing; write a host name or an address" in lines[7]


def test_rows_that_contradict_each_other_are_said_with_both_lines() -> None:
    told = wrong("name,host,role\nx,a.example.com,cucm\n\nX,b.example.com,cms\n")
    assert "assets.csv:4: host: found b.example.com, but a.example.com on line 2 for the same box" in told
    assert "assets.csv:4: role: found cms, but cucm on line 2" in told


def test_lines_are_counted_over_cells_with_line_breaks() -> None:
    told = wrong('host,role,note\na.example.com,cucm,"two\nlines"\nb.example.com,cuucm,\n')
    assert told.startswith("assets.csv:4: role: found cuucm")


def test_letters_of_an_unknown_code_page_matter_only_where_they_are_read() -> None:
    assert wrong("host,role\na.example.com,Münch\n".encode("cp1252")) == (
        "assets.csv:2: role: found Münch, in a file that is not UTF-8; save it as CSV UTF-8"
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "has no header (is empty)"),
        (
            b"exp-e1.example.com,expressway-e\n",
            "has no header (begins with exp-e1.example.com,expressway-e); write",
        ),
        (b"host,role\n", "has a header and no rows below it"),
        (b"host,role\n,,\n\n", "has a header and no rows below it"),
        (b'host,role\n"a.example.com,cucm\n', "line 2: cannot be read as CSV"),
        (b"host\n" + b"x" * 200_000, "line 2: cannot be read as CSV"),
        (b"host," + b"," * MAX_COLUMNS + b"\na\n", f"line 1: has more than {MAX_COLUMNS} cells"),
        (b"host\n" + b"x" * (MAX_CELL + 1), f"has more than {MAX_CELL} characters"),
        (b"\xff\xfeh\x00o", ""),
        (b"\xff\xfeh\x00\x00\xd8", "begins as UTF-16"),
        (b"PK\x03\x04\x00\x00host", "is no CSV"),
    ],
)
def test_a_file_that_is_no_such_list_is_one_sentence(data: bytes, words: str) -> None:
    told = wrong(data)
    assert words in told
    assert told.isprintable()


@given(st.binary(max_size=400) | st.text(max_size=300).map(lambda text: ("host,role,port\n" + text).encode()))
def test_no_bytes_make_anything_but_boxes_or_sentences(data: bytes) -> None:
    KIND.is_meant(source(data))
    told = ""
    try:
        assert found(data)
    except (InvalidInput, UnusableSource) as error:
        told = str(error)
    assert all(line.isprintable() for line in told.split("\n"))


def test_every_role_is_known_by_its_name_and_title_and_no_word_means_two_things() -> None:
    for role in ROLES:
        assert role_meant(role.upper()) == role
        assert role_meant(profile(role).title) == role
    assert role_meant("Cisco Unified CM") == "cucm"
    assert role_meant("IM & Presence") == role_meant("IM and Presence Service") == "imp"
    assert all(len(set(roles)) == len(roles) > 0 for roles in role_words().values())


def test_an_import_of_a_list_is_told_apart_from_other_text_and_merged(tmp_path: Path) -> None:
    path, file = tmp_path / "assets.csv", tmp_path / "targets.yaml"
    path.write_text(table(";"), encoding="utf-16")
    assert run("import", path, "-f", file).code == 0
    checked = run("targets", "check", "-f", file).out
    assert "exp-e1  expressway-e  X15.4" in checked
    before = file.read_text(encoding="utf-8")
    assert run("import", path, "-f", file).code == 0
    assert file.read_text(encoding="utf-8") == before


def test_slips_of_several_lists_come_together(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("host,role\na.example.com,cuucm\nb.example.com,cuucm\n", encoding="utf-8")
    other.write_text("x,y\n1,2\n", encoding="utf-8")
    told = refused(run("import", one, other)).splitlines()
    assert [line.split(" ")[0] for line in told[:2]] == ["one.csv:2:", "one.csv:3:"]
    assert "other.csv has no header" in told[2]

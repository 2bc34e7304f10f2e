"""Diagnostic logs: the files that are read, the limits, and what is never copied out."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.imports import members, unpack
from ekuscan.imports.folder import folder_files
from ekuscan.imports.found import Found
from ekuscan.imports.recognise import read_source
from ekuscan.imports.source import Source, UnusableSource
from tests.dumps import dump, log_files, tar_gz, zipped

PEM = b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"
CHAIN = PEM + PEM.replace(b"QUJD", b"REVG")
KEY = b"-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n"
LOG = log_files("exp-c1", {"server": b"Certificate:\n    Data:\n" + CHAIN, "client": KEY + PEM, "ca": CHAIN})


def read(data: bytes) -> Found:
    return read_source(Source("diagnostic_log.tar.gz", data))


def refused(data: bytes) -> str:
    with pytest.raises(UnusableSource) as caught:
        read(data)
    assert str(caught.value).isprintable()
    return str(caught.value)


# --- what is read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [tar_gz, zipped, lambda files: gzip.decompress(tar_gz(files))])
def test_an_archive_tells_zones_release_and_both_certificates(pack: object) -> None:
    found = read(pack(LOG))  # type: ignore[operator]
    this = found.targets[0]
    assert (this.name, this.role, this.release) == ("exp-c1", "expressway-c", "X15.5.1")
    assert this.slots == {"server": CHAIN, "client": PEM}
    assert this.trusted_cas == CHAIN
    loose = dump("xconf", "exp-c1")
    assert found.connections == read_source(Source(loose.name, loose.read_bytes())).connections


def test_a_folder_into_which_it_was_unpacked_tells_the_same(tmp_path: Path) -> None:
    for name, data in LOG.items():
        (tmp_path / "log" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "log" / name).write_bytes(data)
    (tmp_path / "log" / "xconf_dump_elsewhere_2026.txt").symlink_to("/etc/hostname")
    assert read_source(Source("log", files=folder_files(tmp_path / "log"))) == read(tar_gz(LOG))


def test_no_secret_leaves_the_archive_and_what_was_left_out_is_said() -> None:
    found = read(tar_gz(LOG))
    assert "secret" not in repr(found)
    assert b"PRIVATE" not in b"".join(found.targets[0].slots.values())
    assert found.left_out[-1] == (
        "client_exp-c1_2026-11-20_081502.pem holds a private key beside the certificate; it was not taken"
    )


def test_the_latest_of_several_files_of_one_box_counts() -> None:
    later = dump("xstat", "exp-c1").read_bytes().replace(b"X15.5.1", b"X15.5.2")
    found = read(tar_gz(LOG | {"tmp/xstat_dump_exp-c1_2026-11-21_081502.txt": later}))
    assert found.targets[0].release == "X15.5.2"


def test_an_archive_of_several_boxes_tells_all_of_them_and_takes_no_name() -> None:
    whole = tar_gz(LOG | log_files("exp-e1"))
    assert [one.name for one in read(whole).targets[:2]] == ["exp-c1", "exp-e1"]
    with pytest.raises(UnusableSource, match="holds 2 boxes, and --name can name one only"):
        read_source(Source("log", whole, box="mine"))


def test_a_log_without_a_configuration_tells_release_and_certificates() -> None:
    found = read(tar_gz({name: data for name, data in LOG.items() if "xconf" not in name}))
    assert (found.targets[0].name, found.targets[0].release, found.connections) == ("exp-c1", "X15.5.1", ())
    assert found.left_out[0] == "diagnostic_log.tar.gz: there is no xconf_dump of exp-c1 in it, so no zones are known"


# --- what is refused ----------------------------------------------------------------------------------------------


def test_an_archive_of_something_else_says_what_was_looked_for() -> None:
    assert refused(tar_gz({"readme.txt": b"x"})).startswith("holds none of the files of a diagnostic log: xconf_dump_")


def test_half_an_archive_is_named() -> None:
    for whole in (tar_gz(LOG), zipped(LOG)):
        assert refused(whole[: len(whole) // 2]) == "is cut off or damaged; download it again"


def test_a_dump_beyond_all_measure_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "xconf_dump_exp-c1_2026-11-20_081501.txt"
    huge = b"*c xConfiguration SIP Mode: On\n" * (600 * 1024)
    for whole in (tar_gz({name: huge}), zipped({name: huge})):
        assert refused(whole) == f"holds {name} with more than 16 MiB, which no appliance writes"
    with pytest.raises(UnusableSource, match="has more than 16 MiB"):
        read_source(Source(name, huge))


def test_a_bomb_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MAX_UNPACKED", 4 * 1024 * 1024)
    assert refused(tar_gz({"big.bin": bytes(8 * 1024 * 1024)} | LOG)).startswith("unpacks to more than")
    monkeypatch.setattr(unpack, "MAX_MEMBERS", 3)
    for whole in (tar_gz(LOG), zipped(LOG)):
        assert refused(whole).startswith("holds more than 20000 files")


def test_many_large_dumps_stop_at_what_one_source_may_hold_however_it_is_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert members.MAX_WANTED <= 128 * 1024 * 1024
    monkeypatch.setattr(members, "MAX_WANTED", 4 * 1024 * 1024)
    large = b"*c xConfiguration SIP Mode: On\n" * (1024 * 1024 // 31)
    estate = {f"xconf_dump_exp_{number}_2026-11-20.txt": large for number in range(24)}
    told = "holds more than 4 MiB of configurations, status and certificates; import fewer boxes at a time"
    for whole in (zipped(estate), tar_gz(estate)):
        tracemalloc.start()
        assert refused(whole) == told
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 12 * 1024 * 1024
    for name, data in estate.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UnusableSource, match=told):
        folder_files(tmp_path)


def test_links_and_paths_out_of_the_archive_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, kind in (("xconf_dump_a_1.txt", tarfile.SYMTYPE), ("../xconf_dump_b_1.txt", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert refused(held.getvalue()).startswith("holds none of the files")
    found = read(tar_gz({f"../../{name}": data for name, data in LOG.items()}))
    assert found == read(tar_gz(LOG))
    assert list(tmp_path.iterdir()) == []


def test_an_encrypted_archive_is_said_to_be_one() -> None:
    whole = bytearray(zipped({"xconf_dump_a_1.txt": b"x"}))
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(sign) + offset] |= 1
    assert refused(bytes(whole)) == "is protected by a password; take it out of the protected archive"


def test_a_configuration_of_the_wrong_encoding_is_named_with_its_archive() -> None:
    name = "xconf_dump_exp-c1_2026-11-20_081501.txt"
    assert refused(tar_gz({name: b"*c xConfiguration \xff\xfe"})).startswith(
        f"holds {name}, which is not UTF-8: line 1"
    )
    assert refused(tar_gz({name: b"nothing"})).startswith(f"holds {name}, which has no statement")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a/b/xconf_dump_exp-c1_2026-11-20_08:15:02.txt", "xconf"),
        ("C:\\logs\\xstat_dump_exp_c1.example.com_20261120.txt", "xstat"),
        ("server_exp-c1_2026.pem", "server"),
        ("client_exp-c1_2026.pem", "client"),
        ("xconf_dump_exp-c1_2026.xml", None),
        ("loggingsnapshot_exp-c1_2026.txt", None),
        ("server_exp-c1_2026.key", None),
        ("server_exp-c1_2026.pem/x", None),
    ],
)
def test_only_named_files_are_wanted(name: str, kind: str | None) -> None:
    one = members.member(name)
    assert (one.kind if one else None) == kind


TIMES = (
    "2026-11-20_081502",
    "2026-11-20_08:15:02",
    "2026-11-20_20_26_11",
    "20261120",
    "20261120081502",
    "1795162502",
    "2026-11-20_201502123",
)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize(
    "box", ["exp-c1", "exp_1", "exp_1_2", "exp_2026", "exp_c1.example.com", "10.0.0.1", "x_20_2_1"]
)
def test_the_name_of_a_box_is_all_that_stands_before_the_time(box: str, time: str) -> None:
    for name in (f"xconf_dump_{box}_{time}.txt", f"server_{box}_{time}.pem", f"client_cert_{box}_{time}.pem"):
        assert members.box_of(name) == box


@given(
    st.lists(st.from_regex(r"[a-z_.0-9-]{1,10}", fullmatch=True), min_size=2, max_size=2, unique=True),
    st.sampled_from([*TIMES, "1", "20-11-26", "8h15"]),
)
def test_two_boxes_never_become_one(names: list[str], time: str) -> None:
    boxes = {members.box_of(f"xconf_dump_{name}_{time}.txt") for name in names}
    assert len(boxes) == 2


def test_boxes_that_differ_in_a_number_behind_an_underscore_are_both_told() -> None:
    texts = (dump("xconf", box).read_bytes() for box in ("exp-c1", "exp-e1"))
    whole = {f"xconf_dump_exp_{number}_2026-11-20_081502.txt": text for number, text in enumerate(texts, start=1)}
    assert [one.name for one in read(tar_gz(whole)).targets[:2]] == ["exp-c1", "exp-e1"]


PACKED = (tar_gz(LOG), zipped(LOG), gzip.decompress(tar_gz(LOG)))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(PACKED), st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=8), st.data())
def test_a_corrupted_archive_is_a_finding_or_a_sentence(
    whole: bytes, flips: list[tuple[int, int]], data: st.DataObject
) -> None:
    bad = bytearray(whole[: data.draw(st.integers(1, len(whole)))])
    for at, value in flips:
        bad[at % len(bad)] = value
    try:
        found = read(bytes(bad))
    except UnusableSource as error:
        found = Found(left_out=(str(error),))
    assert all(sentence.isprintable() for sentence in found.left_out)

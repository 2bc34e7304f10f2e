"""What a person reads when the input is wrong: every line, exactly, in ``golden/targets_errors.txt``.

A section of the golden file is named after its input below; its lines are everything that is said of it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ekuscan.targets.errors import InputError, InvalidInput, Place, nearest, one_of, shown
from ekuscan.targets.load import TargetRequest, load
from tests.targets_samples import VOCABULARY, read_certificates

GOLDEN = Path(__file__).parent / "golden" / "targets_errors.txt"
HEAD = "schema: ekuscan.targets/1\n"

FILES: dict[str, str | bytes] = {
    "empty file": "",
    "comments only": "# nothing yet\n",
    "a list": "- exp-e1\n- exp-c1\n",
    "a host list": "exp-e1.example.com\n",
    "utf-16": "schema: ekuscan.targets/1\n".encode("utf-16"),
    "latin-1": HEAD.encode() + b"# M\xfcnchen\ntargets: {}\n",
    "a tab": HEAD + "targets:\n\texp-e1: {host: exp-e1}\n",
    "a missing quote": HEAD + 'targets:\n  a: {host: a, release: "X15.4}\n',
    "a missing bracket": HEAD + "targets:\n  a: {host: a, release: X15.4\n  b: {host: b}\n",
    "a missing comma": HEAD + "targets:\n  a: {host: a role: cucm}\n  b: {host: b}\n",
    "a second colon": HEAD + "targets:\n  a: host: a\n",
    "a wrong indent": HEAD + "targets:\n  a:\n    host: a\n   role: cucm\n",
    "two documents": HEAD + "---\n" + HEAD,
    "an unknown alias": HEAD + "targets:\n  a: {host: *b}\n",
    "a control character": HEAD + "targets:\n  a: {host: a\x07}\n",
    "a tag": HEAD + "targets:\n  a: !host {host: a}\n",
    "no schema and no targets": "trust: []\n",
    "wrong top-level keys": "schema: ekuscan.targets/2\ntarget: {}\ntargets: []\nconnections: {}\ntrust: root.pem\n",
    "releases without quotes": HEAD
    + """\
targets:
  exp-e1: {host: exp-e1, role: expressway-e, release: 15.10}
  exp-c1: {host: exp-c1, role: expressway-c, release: 14SU3}
  cucm1: {host: cucm1, role: cucm, release: 14}
  cucm2: {host: cucm2, role: cucm, release: X15.4}
  any: {host: any, release: 15.10}
  none: {host: none, role: cucm, release: }
  empty: {host: empty, role: cucm, release: ""}
""",
    "booleans without quotes": HEAD
    + """\
targets:
  exp-c1: {host: exp-c1, role: expressway-c, cluster_tls: on}
  cube1: {host: cube1, role: cube, match_eku: no, cluster: yes}
  exp-e1: {host: exp-e1, role: expressway-e, tags: [true]}
connections:
  - {use_case: neighbor-zone, from: exp-c1, to: cube1, tls_verify: on}
  - {use_case: neighbor-zone, from: exp-e1, to: cube1, tls_verify: True}
""",
    "client certificates, proxies and further looks": HEAD
    + """\
client_certificates:
  both: {certificate: key.pem}
  server-only: {certificate: missing.pem, key: empty.pem}
  no key: {certificate: key.pem, key: ..}
  empty: {}
  text: key.pem
  lost: {certificate: lost.pem}
proxy: 3128
defaults:
  cucm: {key_types: rsa, proxy: "ftp://user:secret@proxy"}
targets:
  a: {host: a, client_certificates: [both, sever-only]}
  b: {host: b, client_certificates: both, key_types: true}
  c: {host: c, proxy: on}
""",
    "certificates that nobody declared": HEAD
    + """\
proxy: {host: proxy, port: 3128}
targets:
  a: {host: a, client_certificates: [both], proxy: none}
""",
    "unknown keys, roles and values": HEAD
    + """\
targets:
  a: {hots: a, relese: X15.4}
  b: {host: b, role: cucmm, zone: x}
  c: {host: c, role: sbc}
  d: {host: d, role: expressway-e, cluster_tls: enforced, tls_verify: "on"}
  e: {host: e, role: cucm, cluster_tls: permissive, match_eku: "on"}
  f: {host: f, role: cucm, stack: openssl}
  g: {host: g, role: generic, stack: nginx}
connections:
  - {use_case: uc-traversl, from: a, to: b}
  - {use_case: one-way-tls, form: a, to: b}
  - {use_case: one-way-tls, from: a, to: b, client_eku: checked}
  - one-way-tls
""",
    "names": HEAD
    + """\
targets:
  exp e1: {host: a}
  a/b: {host: b}
  exp-e1: {host: c, cluster: exp-c1}
  exp-c1: {host: d, cluster: core:1}
  exp-e1: {host: e}
  ? [x]
  : {host: f}
""",
    "hosts, server names and ports": HEAD
    + """\
targets:
  a: {host: "exp-e1:5061"}
  b: {host: "https://exp-e1"}
  c: {host: 10.0.0.300, server_name: 10.0.0.1}
  d: {host: d, ports: [0, 70000, sip, "443", 5.5, -1]}
  e: {host: e, ports: 5061}
  f: {host: f, role: expressway-e, ports: [4371, 4372, 7001]}
  g: {host: g, role: expressway-e, ports: {8080: 80, 443: 99999, x: 1}}
  h: {host: h, ports: {17: 80}}
  i: {role: outside, ports: [443]}
  j: {}
  k: {role: cucm}
  l: {slots: {server: x.pem}}
  m:
  n: {host: 192.0.2.1, ports: [443]}
  o: {host: 192.0.2.1, ports: [5061, 443]}
""",
    "slots and trust": HEAD
    + """\
targets:
  exp-c1:
    host: exp-c1
    role: expressway-c
    slots:
      clint: client.pem
      client: client
      server: none.pem
  cucm1: {host: cucm1, role: cucm, slots: {server: x.pem}}
  cucm2: {host: cucm2, role: cucm, slots: {tomcat: key.pem, CallManager: empty.pem, TVS: ., ipsec: CAPF, CAPF: ipsec}}
  any: {host: any, slots: {callbrigde: x.pem}}
  not: {host: not, slots: [x.pem]}
trust: [none.pem, 5, [x], key.pem]
""",
    "connections": HEAD
    + """\
targets:
  exp-e1: {host: exp-e1, role: expressway-e, cluster: edge}
  exp-c1: {host: exp-c1, role: expressway-c, cluster: core}
  cucm1: {host: cucm1, role: cucm}
  any: {host: any}
connections:
  - {use_case: uc-traversal, from: exp-e1, to: exp-c1}
  - {use_case: uc-traversal, from: core, to: cucm1}
  - {use_case: neighbor-zone, from: cucm1, to: exp-c1}
  - {use_case: neighbor-zone, from: exp-c1, to: exp-e1}
  - {use_case: uc-traversal, from: exp-c2, to: edgy}
  - {use_case: uc-traversal, from: any, to: edge}
  - {use_case: uc-traversal, from: any, to: edge}
  - {use_case: one-way-tls, from: any, to: any}
  - {use_case: uc-traversal, from: core}
  - {from: 1, to: [edge]}
  - {use_case: , from: core, to: edge}
""",
    "defaults": HEAD
    + """\
defaults:
  expressway: {release: X15.4}
  expressway-e: {release: 15.4, host: x, cluster_tls: strict}
  cucm: {release: X15, match_eku: "on"}
targets:
  cucm1: {host: cucm1, role: cucm}
  cucm2: {host: cucm2, role: cucm}
""",
}

LISTS: dict[str, str] = {
    "host list": """\
exp e1
exp-e1:99999
10.0.0.0/8
gopher://dc1
xmpp-serve://exp-e6
exp-e1 role=expresway-e release=X15.4
exp-c1 role=expressway-c release=14SU3 cluster=a/b
cucm1 rôle=cucm relese=14 tags=
cucm2 role=cucm role=imp match_eku=on cluster_tls=permissve
exp-e3 exp-e4
exp-e5:4372 role=expressway-e
10.0.0.0/30 name=x
sbc1 server_name=10.0.0.1 stack=nginx match_eku=yes \x1b[31m
"""
}


def said(request: TargetRequest) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        load(request, VOCABULARY, read_certificates)
    return [str(error) for error in caught.value.errors]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key.pem").write_bytes(b"KEY\n")
    (tmp_path / "empty.pem").write_bytes(b"")
    return tmp_path


def sections(folder: Path) -> dict[str, list[str]]:
    found = {}
    for name, content in FILES.items():
        path = folder / "targets.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found[name] = said(TargetRequest(file=Path("targets.yaml")))
    for name, text in LISTS.items():
        (folder / "hosts.txt").write_bytes(text.encode())
        found[name] = said(TargetRequest(targets=("@hosts.txt",)))
    return found


def test_every_error_is_the_line_in_the_golden_file(folder: Path) -> None:
    text = "\n".join(
        f"== {name}\n" + "".join(f"{line}\n" for line in lines) for name, lines in sections(folder).items()
    )
    if os.environ.get("EKUSCAN_REWRITE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8", newline="\n")
    assert text.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_errors_come_in_the_order_of_the_lines(folder: Path) -> None:
    for lines in sections(folder).values():
        numbers = [int(line.split(":")[1]) for line in lines if line.split(":")[1].strip().isdigit()]
        assert numbers == sorted(numbers)


def test_an_error_is_one_printable_line_of_bounded_length(folder: Path) -> None:
    for lines in sections(folder).values():
        assert all(line.isprintable() and len(line) < 400 for line in lines)


def test_errors_of_file_and_command_line_come_together(folder: Path) -> None:
    (folder / "targets.yaml").write_text(HEAD + "targets:\n  a: {host: a, rle: cucm}\n")
    lines = said(TargetRequest(targets=("b:0", "@none"), file=Path("targets.yaml"), slots=("x",)))
    assert [line.split(":")[0] for line in lines] == ["targets.yaml", "command line", "none", "--slot"]


def test_an_unreadable_targets_file_says_why(folder: Path) -> None:
    assert said(TargetRequest(file=Path("none.yaml"))) == ["none.yaml: does not exist"]
    assert said(TargetRequest(file=folder)) == [f"{folder}: is a folder; name a file"]


def test_an_error_names_its_file_line_and_key() -> None:
    place = Place("targets.yaml").at("targets").at("exp-e1", 12).at("release")
    assert str(InputError(place, "found 15.10")) == "targets.yaml:12: targets.exp-e1.release: found 15.10"
    assert str(InputError(Place("stdin"), "is empty")) == "stdin: is empty"


def test_words_of_a_message_are_bounded_and_printable() -> None:
    assert shown("a\x1b[31m\n") == "a\\x1b[31m\\x0a"
    assert len(shown("x" * 500)) < 70
    assert one_of(["a"]) == "a"
    assert one_of(["a", "b", "c"]) == "a, b or c"
    assert one_of([str(number) for number in range(50)]).endswith(", ...")
    assert nearest("Expressway-E", ["expressway-e"]) == "expressway-e"
    assert nearest("sbc", ["cucm"]) is None

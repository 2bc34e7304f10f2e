"""``--rules``: a site's own tables judge like the packed ones, and whatever is wrong in them is said at once."""

from __future__ import annotations

import re
import ssl
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.extensions import SERVER_AUTH
from ekuscan.rules.load import packaged
from ekuscan.rules.site import SIZE_LIMIT
from ekuscan.rules.toml_lines import row_lines
from ekuscan.targets.errors import InputError, InvalidInput
from ekuscan.verdict.site_rules import with_site_rules
from tests.command import ROOT, TODAY, refused, run
from tests.pki import issue

WORKED = re.findall(r"^```toml\n(.*?)^```$", (ROOT / "docs" / "rules.md").read_text(encoding="utf-8"), re.M | re.S)[-1]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(WORKED, encoding="utf-8")
    return path


def wrong(tmp_path: Path, *changes: tuple[str, str]) -> list[str]:
    """What is said of the worked example with some words replaced, without the folder."""
    text = WORKED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    said = refused(run("explain", "mra", "--rules", path))
    return [line.removeprefix(f"{tmp_path}/") for line in said.splitlines()]


def line_of(text: str, occurrence: int = 1) -> int:
    """The line of the worked example that begins so."""
    return [n for n, line in enumerate(WORKED.splitlines(), 1) if line.startswith(text)][occurrence - 1]


# --- rules that are right -----------------------------------------------------------------------------------------


def test_the_worked_example_of_the_page_judges_a_target(site: Path, tmp_path: Path) -> None:
    pem = tmp_path / "cube.pem"
    pem.write_bytes(server_only())
    targets = tmp_path / "targets.yaml"
    targets.write_text(
        "schema: ekuscan.targets/1\n"
        "targets:\n"
        f"  gw1: {{role: cube, slots: {{trustpoint: {pem.name}}}}}\n"
        "  rec1: {role: generic, recorder_check: strict, ports: []}\n",
        encoding="utf-8",
    )
    done = run("scan", "-f", targets, "--rules", site, "--as-of", TODAY.date().isoformat(), "--format", "json")
    found = {one["id"]: one for one in done.document["verdicts"]}["gw1>rec1/site-recording/SITE-REC"]
    assert found["outcome"] == "breaks-now"
    assert found["text"] == "rec1 refuses gw1's certificate, which has no clientAuth."
    assert [one["title"] for one in found["source"]] == ["Telephony handbook, chapter 7"]
    assert "site-recorder-loose" in [remedy["id"] for remedy in found["remedies"]]
    assert done.document["run"]["rules"]["sha256"] != packaged().sha256
    table = run("scan", "-f", targets, "--rules", site, "--as-of", TODAY.date().isoformat()).out
    assert "Call recording" in table


def server_only() -> bytes:
    """A certificate of a private CA with serverAuth alone."""
    leaf = issue("gw1.example.com", issue("Corp CA", ca=True), eku=[SERVER_AUTH])
    return ssl.DER_cert_to_PEM_cert(leaf.der).encode()


def test_a_setting_of_the_site_is_known_to_targets_files_only_with_its_table(site: Path, tmp_path: Path) -> None:
    targets = tmp_path / "targets.yaml"
    targets.write_text(
        "schema: ekuscan.targets/1\ntargets:\n  rec1: {role: generic, host: rec1.example, recorder_check: strict}\n",
        encoding="utf-8",
    )
    assert "recorder_check" in refused(run("targets", "check", "-f", targets))
    done = run("targets", "check", "-f", targets, "--rules", site)
    assert (done.code, done.err) == (0, "")
    assert "recorder_check=strict" in done.out
    assert "recorder_check" in run("targets", "schema", "--rules", site).out


def test_explain_tells_of_the_sites_rows_and_their_source(site: Path) -> None:
    said = run("explain", "SITE-REC", "--rules", site).out
    assert said.startswith("Rule SITE-REC: Call recording\n")
    assert "https://wiki.example.com/telephony/7" in said
    assert "SITE-REC" in run("explain", "--list", "--rules", site).out


def test_the_version_of_the_rules_covers_the_sites_files_in_any_order() -> None:
    one = ("one.toml", WORKED.encode())
    two = ("two.toml", b'[source.OTHER]\ntitle = "t"\nurl = ""\nread = 2026-11-20\n')
    merged = [with_site_rules(packaged(), files) for files in ([one, two], [two, one], [one])]
    assert merged[0].sha256 == merged[1].sha256
    assert len({packaged().sha256, merged[0].sha256, merged[2].sha256}) == 3
    assert merged[0].date == packaged().date
    newer = WORKED.replace('checked = "2026-11-20"', 'checked = "2027-01-05"').encode()
    assert with_site_rules(packaged(), [("new.toml", newer)]).date == "2027-01-05"


def test_a_site_can_name_a_row_of_another_file(site: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources.toml"
    text = WORKED.split("[use_case.")
    sources.write_text(text[0], encoding="utf-8")
    site.write_text("[use_case." + text[1], encoding="utf-8")
    assert run("explain", "SITE-REC", "--rules", site, "--rules", sources).code == 0
    assert "source: found SITE" in refused(run("explain", "SITE-REC", "--rules", site))


# --- rules that are wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("remedies =", "remedys =", "remedies =", "rule SITE-REC: unknown key remedys; did you mean remedies?"),
        ('id = "SITE-REC"', 'id = "X11"', 'id = "SITE-REC"', "X11 is taken by the packed tables; write another"),
        ('source = ["SITE"]', 'source = ["SIET"]', "source =", "source: found SIET; did you mean SITE?"),
        ('"ca-on-request"]', '"ca-on-requst"]', "remedies =", "found ca-on-requst; did you mean ca-on-request?"),
        ('from = ["cube"]', 'from = ["kube"]', "from =", "from: found kube; did you mean cube?"),
        ('check = "loose" }, lack', 'check = "lose" }, lack', "case =", "verifies.recorder_check: found lose;"),
        ('check = "loose" }, lack', 'chek = "loose" }, lack', "case =", "fact found verifies.recorder_chek;"),
        ('slot = "trustpoint"', 'slot = "trustpiont"', "presents =", "did you mean trustpoint?"),
        ("{verifies} refuses", "{verifier} refuses", "says.breaks =", "blank found verifier; did you mean verifies?"),
        ("{verifies} refuses", "{verifies refuses", "says.breaks =", "braces belong around a blank only"),
        ('checked = "2026-11-20"', 'checked = "soon"', "checked =", 'write a day in quotes, like "2026-11-23"'),
        ("effort = 10", "effort = true", "effort =", "effort is True, not a whole number"),
        ('check = "tls"', 'check = "smoke"', "check =", "check is 'smoke', not one of tls, ssh"),
        ("far_end = ", "far_and = ", "far_end =", "unknown key far_and; did you mean far_end?"),
        ('"Call recording"', '"Call \\u001b[31m"', "title =", "a character in it that cannot be printed"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, line: str, says: str
) -> None:
    found = wrong(tmp_path, (old, new))
    assert len(found) == 1, found
    start = WORKED[: WORKED.index(old)].count("\n") + 1
    header = max(n for n, text in enumerate(WORKED.splitlines()[:start], 1) if text.startswith("["))
    own = next(n for n, text in enumerate(WORKED.splitlines(), 1) if n >= header and text.startswith(line))
    assert found[0].startswith(f"site.toml:{own}: "), (found, own)
    assert says in found[0]


def test_an_example_that_does_not_hold_is_named_with_what_was_found(tmp_path: Path) -> None:
    (found,) = wrong(tmp_path, ('expect = "ok"', 'expect = "breaks"'))
    assert found.startswith(f"site.toml:{line_of('example')}: rule SITE-REC: example SITE-REC (")
    assert found.endswith("expects breaks, found ok")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('  { when = { verifies.recorder_check = "loose" }, lacking = "ok" },\n', "", "0 cases match"),
        ('when = { verifies.recorder_check = "loose" }, lacking = "ok"', 'lacking = "ok"', "2 cases match"),
    ],
)
def test_cases_with_a_gap_or_an_overlap_are_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    found = wrong(tmp_path, (old, new))
    assert any(says in one and "verifies.recorder_check" in one for one in found), found
    assert not any("SlotState" in one for one in found)


def test_a_verifier_row_of_the_site_is_held_to_its_partition_and_cannot_replace_one(tmp_path: Path) -> None:
    row = (
        '[source.A]\ntitle = "t"\nurl = ""\nread = 2026-11-20\n[[verifier]]\nid = "V-SITE"\nrole = "cucm"\n'
        'stack = "openssl"\ncase = [{ client_eku = "checked" }]\nsource = ["A"]\nconfidence = "H"\n'
        'checked = "2026-11-20"\n'
    )
    path = tmp_path / "site.toml"
    path.write_text(row, encoding="utf-8")
    assert f":7: verifier V-SITE: {packaged().verifier('cucm').id} answers for cucm already" in refused(  # type: ignore[union-attr]
        run("explain", "mra", "--rules", path)
    )


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    found = wrong(
        tmp_path,
        ('from = ["cube"]', 'from = ["kube"]'),
        ("effort = 10", 'effort = "little"'),
        ('id = "SITE-REC"', 'id = "X11"'),
        ('"ca-on-request"]', '"ca-on-requst"]'),
    )
    lines = [int(re.match(r"site\.toml:(\d+): ", one)[1]) for one in found]  # type: ignore[index]
    assert lines == sorted(lines)
    for word in ("kube", "effort", "X11", "ca-on-requst"):
        assert any(word in one for one in found)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "found no rows; write [[rule]]"),
        (b"[[rule]\n", ":1: not TOML: "),
        (b"\n\nx = \n", ":3: not TOML: "),
        (b"\xff\xfe", "not TOML"),
        (b"[[rul]]\n", "unknown table rul; did you mean rule?"),
        (b"rule = 7\n", "rule is 7; write [[rule]]"),
        (b'rule = ["x"]\n', "rule has 'x' in it, not a table"),
        (b'setting = "x"\n', "write [setting.NAME]"),
        (b'[[rule]]\nid = "a/b"\n', ":2: rule a/b: a name has letters, digits"),
        (b"[[rule]]\n", ":1: rule without id: id is missing"),
        (b'[[rule]]\nid = "S1"\ncase = ["x"]\n', "case has 'x' in it, not a table"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "nested too deeply"),
        (b"#" * (SIZE_LIMIT + 1), "found more than 1,000,000 bytes"),
    ],
)
def test_what_is_no_table_of_rules_gets_a_sentence(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(data)
    said = refused(run("explain", "mra", "--rules", path))
    assert says in said
    assert all(len(line) < 400 for line in said.splitlines())


@pytest.mark.parametrize(
    "command",
    [
        ("scan", "192.0.2.1"),
        ("preflight", "192.0.2.1", "--to", "expressway=X15.5"),
        ("inspect", "x.pem"),
        ("explain", "mra"),
        ("targets", "check", "h"),
    ],
)
def test_every_command_with_rules_refuses_a_file_that_is_not_there(command: tuple[str, ...], tmp_path: Path) -> None:
    assert "none.toml: No such file" in refused(run(*command, "--rules", tmp_path / "none.toml"))


def test_facts_with_too_many_combinations_are_refused_and_not_tried(tmp_path: Path) -> None:
    many = "".join(
        f'[setting.s{n}]\nof = "target"\nvalues = ["a", "b"]\nread_at = "x"\nquestion = "x?"\nsource = ["SITE"]\n'
        'checked = "2026-11-20"\n'
        for n in range(40)
    )
    when = ", ".join(f'verifies.s{n} = "a"' for n in range(40))
    found = wrong(
        tmp_path,
        ("[[rule]]\n", f"{many}[[rule]]\n"),
        ('when = { verifies.recorder_check = "loose" }', f"when = {{ {when} }}"),
    )
    assert any("more than 200,000 combinations" in one for one in found), found


# --- any text -------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_gives_tables_or_sentences_and_never_a_traceback(data: st.DataObject) -> None:
    lines = WORKED.splitlines(keepends=True)
    place = data.draw(st.integers(0, len(lines) - 1))
    kept = data.draw(st.sampled_from(["drop", "double", "swap", "cut", "word"]))
    if kept == "drop":
        del lines[place]
    elif kept == "double":
        lines.insert(place, lines[place])
    elif kept == "swap":
        other = data.draw(st.integers(0, len(lines) - 1))
        lines[place], lines[other] = lines[other], lines[place]
    elif kept == "cut":
        lines[place] = lines[place][: data.draw(st.integers(0, len(lines[place])))]
    else:
        key, equals, _ = lines[place].partition(" = ")
        values = st.sampled_from(['""', "[]", "{}", "7", "true", '["x", 7]', "{ a.b = 1 }", "[{}]", '"{x!r}"', "1e9"])
        lines[place] = f"{key}{equals}{data.draw(values)}\n" if equals else lines[place]
    said: tuple[InputError, ...] = ()
    try:
        with_site_rules(packaged(), [("site.toml", "".join(lines).encode())])
    except InvalidInput as error:
        said = error.errors
    assert all(one.place.where == "site.toml" and str(one).isprintable() for one in said)


@given(st.lists(st.sampled_from(
    ["[[rule]]", "[rule.presents]", "[setting.a]", '[setting."b.c"]', 'x = """', '"""', "y = '''", "'''", "k = [", "]",
     "[[rule.case]]", "# [[rule]]", 'z = "[[rule]]"', "", "[ [1], [2]", '"q" = 1', "x.y = 2"]
), max_size=14))  # fmt: skip
def test_the_lines_of_rows_are_those_of_their_headers(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = row_lines(text)
    rules = parsed.get("rule", [])
    if isinstance(rules, list):
        assert len([name for kind, name in found if kind == "rule"]) == len(rules)
    for (kind, name), lines in found.items():
        header = pieces[lines.line - 1]
        assert header.startswith("[[rule" if kind == "rule" and name.isdecimal() else "[")

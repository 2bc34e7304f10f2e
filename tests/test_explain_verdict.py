"""``ekuscan explain VERDICT --result``: what led to a verdict, from a saved result, in plain words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ekuscan.lab.estate import estate
from ekuscan.lab.laboratory import open_lab
from ekuscan.rules.load import packaged
from tests.command import TODAY, refused, run, scan, too_wide

ESTATES = ("demo", "after-x154", "x155", "x155-stated")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A saved result of each estate, by its name, and the demo's as JSON Lines."""
    found: dict[str, Path] = {}
    for name in ESTATES:
        folder = tmp_path_factory.mktemp(name)
        with open_lab(estate(name), folder, TODAY) as lab:
            found[name] = folder / "run.json"
            more = ["-o", folder / "run.jsonl"] if name == "demo" else []
            scan(lab, "-o", found[name], *more)
            if more:
                found["lines"] = folder / "run.jsonl"
    return found


def document(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def told(id_: str, path: Path, *more: str | Path) -> str:
    done = run("explain", id_, "--result", path, *more)
    assert (done.code, done.err) == (0, ""), id_
    assert not too_wide(done.out), id_
    return done.out


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", ESTATES)
def test_every_verdict_unfolds_into_all_that_it_stands_on(saved: dict[str, Path], name: str) -> None:
    verdicts = document(saved[name])["verdicts"]
    assert verdicts
    for verdict in verdicts:
        shown = told(verdict["id"], saved[name])
        on_one_line = words(shown)
        assert shown.startswith(verdict["id"] + "\n")
        for part in (
            verdict["text"],
            *(one["value"] for one in verdict["because"]),
            *(fork["question"] for fork in verdict["forks"]),
            *(one["text"] for one in verdict["remedies"]),
            *(one["title"] for one in verdict["source"]),
            *verdict["missing"],
        ):
            assert words(part) in on_one_line, (verdict["id"], part)
        assert all(one["url"] in shown for one in verdict["source"])
        if verdict["sha256"]:
            assert verdict["sha256"] in shown
        assert ("This one takes" in on_one_line) == blocked(verdict, document(saved[name])), verdict["id"]


def blocked(verdict: dict[str, Any], result: dict[str, Any]) -> bool:
    """Whether some certificate of the shown chain takes a usage away, to the stack of every product here."""
    for target in result["targets"]:
        for slot in target["slots"]:
            if verdict["sha256"] and slot["sha256"] == verdict["sha256"]:
                return any(one["blocked_by"] for one in result["chains"][slot["chain"]]["effective_eku"].values())
    return False


def test_one_case_of_the_rule_is_named_where_everything_is_known(saved: dict[str, Path]) -> None:
    shown = told("exp-c1>exp-e1/uc-traversal/X11", saved["demo"])
    on_one_line = words(shown)
    assert "row says a missing usage is judged by the verifying end's own row; where that is not doc" in on_one_line
    assert "verifier V-EXP: what exp-e1 does is not documented (release >=X15.4 <X15.5)" in on_one_line
    assert not {"may say", "may be"} & {line[:10].strip() for line in shown.splitlines()}
    assert "\npage      docs/rules/X11.md\n" in shown
    assert "fact      exp-e1.release: X15.4 (the targets file says so)" in shown
    assert "chain     CN=exp-c1.lab.example,O=ekuscan lab: serverAuth, ends" in shown


def test_the_verifying_ends_row_is_named_and_so_is_what_is_open_in_it(saved: dict[str, Path]) -> None:
    shown = words(told("exp-c1>cube1/neighbor-zone/X19", saved["demo"]))
    assert "row says link.tls_verify on: a missing usage is judged by the verifying end's own row" in shown
    assert "V-CUBE: cube1 checks clientAuth (release <26.1.1, match_eku on)" in shown
    assert "V-CUBE: cube1 does not check it (release <26.1.1, match_eku off)" in shown
    assert "- on: breaks now - off: fine now" in shown
    assert "missing cube1.match_eku: found at: crypto pki trustpoint" in shown
    assert "set match_eku on cube1 in the targets file" in shown


def test_a_composite_names_its_legs_the_gravest_first(saved: dict[str, Path]) -> None:
    shown = told("mra/MRA", saved["demo"])
    legs = [line for line in shown.splitlines() if line.startswith("leg ")]
    assert legs[0] == "leg       exp-c1>exp-e1/uc-traversal/X11: breaks-now"
    assert len(legs) == 4


def test_a_rule_id_and_any_part_that_is_unique_will_do(saved: dict[str, Path]) -> None:
    whole = told("exp-c1>exp-e1/uc-traversal/X11", saved["demo"])
    for part in ("X11", "x11", "uc-traversal/X11", " C1>exp-e1/UC-traversal/X11 "):
        assert told(part, saved["demo"]) == whole
    assert told("X11", saved["lines"]) == whole


def test_what_is_in_several_ids_or_in_none_is_refused_with_the_ids_that_are_near(saved: dict[str, Path]) -> None:
    said = refused(run("explain", "X19", "--result", saved["demo"]))
    assert "'X19' is in 3 verdicts" in said
    assert "exp-c1>cucm1/neighbor-zone/X19" in said
    said = refused(run("explain", "exp-c1>exp-e1/uc-traversl/X11", "--result", saved["demo"]))
    assert "did you mean exp-c1>exp-e1/uc-traversal/X11" in said


def test_without_an_id_all_are_listed_with_their_outcome(saved: dict[str, Path]) -> None:
    done = run("explain", "--result", saved["demo"])
    ids = [one["id"] for one in document(saved["demo"])["verdicts"]]
    assert done.code == 0
    assert [line.split()[-1] for line in done.out.splitlines()] == ids


def test_an_id_without_a_result_says_how_to_save_one() -> None:
    said = refused(run("explain", "exp-c1>exp-e1/uc-traversal/X11"))
    assert "save one with `ekuscan scan ... -o run.json`, then add --result run.json" in said


def test_a_result_of_other_tables_says_so(saved: dict[str, Path], tmp_path: Path) -> None:
    other = document(saved["demo"])
    assert "differ from these" not in told("X11", saved["demo"])
    other["run"]["rules"] = {"date": "2025-01-01", "sha256": "0" * 64}
    verdict = next(one for one in other["verdicts"] if one["rule"] == "X11")
    verdict["rule"] = "SITE-9"
    path = tmp_path / "other.json"
    path.write_text(json.dumps(other), encoding="utf-8")
    shown = words(told(verdict["id"], path))
    assert "judged by tables of 2025-01-01 that differ from these" in shown
    assert "SITE-9 is in none of the tables; --rules FILE adds those of a site" in shown


def test_texts_of_a_result_reach_the_terminal_only_as_printable_ones(saved: dict[str, Path], tmp_path: Path) -> None:
    other = document(saved["demo"])
    for verdict in other["verdicts"]:
        verdict["text"] += "\x1b[31m\u202e"
        verdict["source"][0]["url"] = "https://example.com/\x1b[2J"
        verdict["because"][:1] = [{"fact": "a\x07", "value": "b\x9b", "from": "rule"}]
    path = tmp_path / "other.json"
    path.write_text(json.dumps(other), encoding="utf-8")
    shown = told("X11", path)
    assert all(line.isprintable() for line in shown.splitlines())
    assert "https://example.com/" in shown


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"not json", b'{"schema": "ekuscan.run/2"}'])
def test_a_file_that_is_no_result_gets_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    assert len(refused(run("explain", "X11", "--result", path)).splitlines()) == 1


def test_a_verifier_word_is_never_contradicted_by_the_tables(saved: dict[str, Path]) -> None:
    """Where all facts are known, the one case that fits gives the verdict's own answer."""
    compared = 0
    for name in ESTATES:
        for verdict in document(saved[name])["verdicts"]:
            rule = next((one for one in packaged().rules if one.id == verdict["rule"]), None)
            shown = words(told(verdict["id"], saved[name]))
            if rule is None or verdict["forks"] or "may say" in shown or "may be" in shown:
                continue
            compared += 1
            assert " row says " in shown, verdict["id"]
            if "gives: breaks" in shown and verdict["because"]:
                assert verdict["now"] in ("breaks", "ok", "unknown"), verdict["id"]
    assert compared > 20

"""What was found, put into a targets file: a person's words stay, and a second time changes nothing."""

from __future__ import annotations

from ekuscan.cli.knowledge import vocabulary
from ekuscan.imports.found import Found, FoundConnection, FoundTarget
from ekuscan.imports.merge import EMPTY, Merged, TargetsText, merge
from ekuscan.imports.unify import unify
from ekuscan.rules.load import packaged

WORDS = vocabulary(packaged())

ESTATE = Found(
    targets=(
        FoundTarget("exp-c1", "c1.txt", "exp-c1.example.com", "expressway-c", release="X15.4.1", cluster="exp-c"),
        FoundTarget("exp-c2", "c1.txt", "exp-c2.example.com", "expressway-c", cluster="exp-c"),
        FoundTarget("exp-e1.example.com", "c1.txt", "exp-e1.example.com", "expressway-e"),
        FoundTarget("cucm1.example.com", "c1.txt", "cucm1.example.com", "cucm"),
    ),
    connections=(
        FoundConnection("uc-traversal", "exp-c", "exp-e1.example.com", "c1.txt, zone 1", {"tls_verify": "on"}, "from"),
        FoundConnection("neighbor-zone", "exp-c", "cucm1.example.com", "c1.txt, zone 2", {"tls_verify": "on"}),
    ),
)


def merged(found: Found, text: str = EMPTY, *, overwrite: bool = False) -> Merged:
    return merge(unify([found]), TargetsText(text, "targets.yaml", lambda name: None), WORDS, overwrite=overwrite)


def test_an_empty_file_gets_all_of_it() -> None:
    assert merged(ESTATE).text == (
        EMPTY
        + """
targets:
  exp-c1: {host: exp-c1.example.com, role: expressway-c, release: "X15.4.1", cluster: exp-c}  # c1.txt
  exp-c2: {host: exp-c2.example.com, role: expressway-c, cluster: exp-c}  # c1.txt
  exp-e1: {host: exp-e1.example.com, role: expressway-e}  # c1.txt
  cucm1: {host: cucm1.example.com, role: cucm}  # c1.txt

connections:
  - {use_case: uc-traversal, from: exp-c, to: exp-e1, imported: "c1.txt, zone 1"}
  - {use_case: neighbor-zone, from: exp-c, to: cucm1, tls_verify: "on", imported: "c1.txt, zone 2"}
"""
    )


def test_the_same_again_changes_nothing() -> None:
    once = merged(ESTATE)
    again = merged(ESTATE, once.text)
    assert again.text == once.text
    assert again.told == ()

"""A real-looking estate: its Expressways imported from their dumps into what a person wrote, and all of it judged."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cisco_document.situation import TODAY, Shorthand, differences
from tests.cisco_document.sound import unsound
from tests.cisco_document.world import World, make_world
from tests.command import run, too_wide
from tests.dumps import DUMPS
from tests.whole_estate.certificates import LEAVES
from tests.whole_estate.joined import CLUSTERS, Joined
from tests.whole_estate.verdicts import BY_THEMSELVES, CONNECTIONS

HAND_WRITTEN = Path(__file__).parent / "whole_estate" / "targets.yaml"
Document = dict[str, Any]
# Composites of which a connection of another use case is a part: not there without it, or judged without it.
NEEDED_BY = {"uc-traversal": "cms-web-proxy", "edge-audio": "edge-audio-both-ways"}
# What is assumed of a peer of no known product of which no connection is declared, and else of one without a name.
PARTNERS = {"sip-b2b", "sip-im-federation", "xmpp-federation", "b2b-both-ways"}
COUNTED_BY = {"sip-oauth": "mra", "traffic-server": "mra"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("estate"), LEAVES)


@pytest.fixture(scope="module")
def text(world: World) -> str:
    """The targets file after the import."""
    file = world.folder / "targets.yaml"
    file.write_bytes(HAND_WRITTEN.read_bytes())
    done = run("import", DUMPS, "-f", file)
    assert (done.code, done.out) == (0, ""), done.err
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def whole(world: World, text: str) -> Document:
    return declared(world, text)


@pytest.fixture(scope="module")
def assuming(world: World, text: str) -> Document:
    return scanned(world, text)


def scanned(world: World, text: str, *arguments: str) -> Document:
    """The result of a scan, which has to look at nothing but files."""
    file = world.folder / "scanned.yaml"
    file.write_text(text, encoding="utf-8")
    done = run("scan", "-f", file, "--trust-data", world.trust_data, "--as-of", TODAY, "--format", "json", *arguments)
    assert done.code == 1, done.err
    document: Document = json.loads(done.out)
    assert document["endpoints"] == []
    return document


def declared(world: World, text: str) -> Document:
    """The same without connections that nobody declared."""
    return scanned(world, text, "--no-assume")


# --- the import ---------------------------------------------------------------------------------------------------


def test_what_a_person_wrote_is_still_there_after_the_import(text: str) -> None:
    there = iter(text.splitlines())
    for line in HAND_WRITTEN.read_text(encoding="utf-8").splitlines():
        begun = line.partition("}")[0]
        assert any(one.startswith(begun) for one in there), line
    (told,) = [line for line in text.splitlines() if line.endswith("# asked the voice team")]
    assert 'to: cucm1, mtls: "on", tls_verify: "on", peer_address: "cucm1.' in told


def test_the_import_adds_what_only_the_boxes_know(text: str) -> None:
    added = set(text.splitlines()) - set(HAND_WRITTEN.read_text(encoding="utf-8").splitlines())
    assert '    release: "X15.5.1"' in added
    assert [line for line in added if re.match(r"  [\w-]+: \{role: outside\}  # xconf_dump", line)]
    assert sum("imported: " in line for line in text.splitlines()) == 21


# --- the verdicts -------------------------------------------------------------------------------------------------


def test_the_whole_estate_gets_exactly_these_verdicts(whole: Document) -> None:
    assert {one["id"] for one in whole["connections"]} == {one.id for one in CONNECTIONS}
    assert list(differences(expected(), whole["verdicts"])) == []
    assert list(unsound(whole)) == []


def test_every_verdict_is_expected_once() -> None:
    assert len(expected()) == len(BY_THEMSELVES) + sum(len(joined.verdicts) for joined in CONNECTIONS)


def expected() -> dict[str, Shorthand]:
    found = dict(BY_THEMSELVES)
    for joined in CONNECTIONS:
        found |= joined.verdicts
    return found


def test_nothing_but_the_way_back_is_assumed_with_peers_of_which_a_connection_is_declared(
    world: World, text: str
) -> None:
    document = scanned(world, text)
    assumed = [one for one in document["connections"] if one["origin"] == "assumed"]
    back = {(one["use_case"], one["to"], one["from"]) for one in document["connections"] if one["origin"] != "assumed"}
    ways_back = {(one["use_case"], one["from"], one["to"]) for one in assumed} & back
    assert ways_back == {
        ("sip-b2b", "far-ends", "edge"),
        ("sip-b2b", "partner-a", "branch-e"),
        ("sip-trunk", "cm", "imp1"),
    }
    others = [one for one in assumed if (one["use_case"], one["from"], one["to"]) not in ways_back]
    ends = {end for one in others for end in (one["from"], one["to"])}
    products = {one["id"] for one in document["targets"] if one["role"] not in ("outside", "generic")}
    assert ends <= products
    assert any(verdict["if_used"] for verdict in document["verdicts"])


def test_the_report_fits_and_says_each_use_case_of_a_problem_once(world: World, text: str) -> None:
    file = world.folder / "scanned.yaml"
    file.write_text(text, encoding="utf-8")
    report = run("scan", "-f", file, "--trust-data", world.trust_data, "--as-of", TODAY).out
    assert too_wide(report) == []
    words = " ".join(report.split())
    shared = re.findall(r"Same certificate: ([^.]+)\.", words)
    assert shared
    for one in shared:
        titles = re.split(r", |; ", re.sub(r" (?:breaks?|is|are|depends?) (?:then )?(?:too|at risk|on [^;]+)", "", one))
        assert sorted(set(titles)) == sorted(titles)
    assert "2 use cases hang on it: Webex Edge Audio, Webex Calling local gateway." in words
    assert "Ask who runs provider for the certificate that it shows" in words
    assert re.search(r"branch-e +X15\.4 +S- +Let's Encrypt  ", report)


# --- one connection less ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("joined", CONNECTIONS, ids=lambda joined: joined.id)
def test_without_a_connection_its_own_verdicts_are_gone_and_all_others_are_what_they_were(
    joined: Joined, world: World, text: str, whole: Document
) -> None:
    less = declared(world, without(text, joined))
    gone = joined.verdicts.keys() | built_on(whole, joined, NEEDED_BY)
    before, after = (comparable(document, gone) for document in (whole, less))
    assert before.keys() - after.keys() == gone
    assert after.keys() <= before.keys()
    changed = {id_ for id_, verdict in after.items() if verdict != before[id_]}
    assert changed <= built_on(whole, joined, COUNTED_BY)


@pytest.mark.parametrize("joined", CONNECTIONS, ids=lambda joined: joined.id)
def test_without_a_connection_at_most_what_is_assumed_between_its_two_ends_comes_instead(
    joined: Joined, world: World, text: str, assuming: Document
) -> None:
    less = scanned(world, without(text, joined))
    ends = [{name, *CLUSTERS.get(name, ())} for name in (joined.from_, joined.to)]
    loose = {one["id"] for one in less["targets"] if one["role"] in ("outside", "generic")} & (ends[0] | ends[1])
    mine = {id_ for document in (assuming, less) for id_ in between(document, ends, loose)}
    if loose - {end for one in less["connections"] if one["origin"] != "assumed" for end in members(one)}:
        both = (*assuming["verdicts"], *less["verdicts"])
        mine |= {one["id"] for one in both if one["use_case"] in PARTNERS and one["if_used"]}
    mine |= {id_ for table in (NEEDED_BY, COUNTED_BY) for id_ in built_on(less, joined, table)}
    before, after = (comparable(document, mine) for document in (assuming, less))
    for id_ in mine:
        before.pop(id_, None), after.pop(id_, None)
    assert after == before


def members(connection: Mapping[str, str]) -> set[str]:
    """The targets at both ends of a connection."""
    return {box for name in (connection["from"], connection["to"]) for box in CLUSTERS.get(name, (name,))}


def between(document: Document, ends: Sequence[set[str]], loose: Collection[str]) -> set[str]:
    """Verdicts between two ends, those of an end of no known product, and those of an end and a far end without name.

    A peer of no known product is assumed to be a partner where nothing at all is declared of it.
    """
    found: set[str] = set()
    for verdict in document["verdicts"]:
        boxes = verdict["id"].partition("/")[0].split(">")
        joined = not {*boxes}.isdisjoint(loose) or all(not side.isdisjoint(boxes) for side in ends)
        alone = len(boxes) == 1 and boxes[0] in ends[0] | ends[1] and verdict["if_used"]
        if joined or alone:
            found.add(verdict["id"])
    return found


def without(text: str, joined: Joined) -> str:
    """The targets file without a connection, which stands on one line or on a line for each of its keys."""
    use_case, from_, to = (re.escape(one) for one in (joined.use_case, joined.from_, joined.to))
    on_one_line = rf"  - \{{use_case: {use_case}, from: {from_}, to: {to}[,}}].*\n"
    on_several = rf"  - use_case: {use_case}\n    from: {from_}\n    to: {to}\n(?:    .*\n)*"
    kept, gone = re.subn(f"^(?:{on_one_line}|{on_several})", "", text, flags=re.MULTILINE)
    assert gone == 1
    return kept


def comparable(document: Document, gone: Collection[str]) -> dict[str, Any]:
    """Verdicts by id, their remedies without what they do for verdicts that are gone."""
    found = {}
    for verdict in document["verdicts"]:
        remedies = ({**one, "clears": [id_ for id_ in one["clears"] if id_ not in gone]} for one in verdict["remedies"])
        found[verdict["id"]] = {**verdict, "remedies": list(remedies)}
    return found


def built_on(document: Document, joined: Joined, composites: Mapping[str, str]) -> set[str]:
    """Verdicts of another connection's composites of which this one is a part: those of the same boxes or clusters."""
    ends = {name for end in (joined.from_, joined.to) for name in (end, *CLUSTERS.get(end, ()))}
    composite = composites.get(joined.use_case)
    verdicts = (one for one in document["verdicts"] if one["use_case"] == composite)
    return {one["id"] for one in verdicts if re.split("[>/]", one["id"])[0] in ends}


# --- order --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("assume", ["--assume", "--no-assume"])
def test_the_order_of_targets_and_connections_makes_no_difference(assume: str, world: World, text: str) -> None:
    arguments = () if assume == "--assume" else (assume,)
    there, back = (by_id(scanned(world, one, *arguments)) for one in (text, turned_around(text)))
    assert there == back


def turned_around(text: str) -> str:
    """The targets file with its targets and connections in the opposite order, comments and all."""
    head, targets, connections = re.split(r"^(?:targets|connections):\n", text, flags=re.MULTILINE)
    turned = [
        "".join(reversed(re.findall(r"^  \S.*\n(?:    .*\n|\n)*", part, flags=re.MULTILINE)))
        for part in (targets, connections)
    ]
    return f"{head}targets:\n{turned[0]}connections:\n{turned[1]}"


def by_id(document: Document) -> dict[str, Any]:
    """What is said of everything, without the order in which it is said."""
    verdicts = comparable(document, ())
    for verdict in verdicts.values():
        for remedy in verdict["remedies"]:
            remedy["clears"] = sorted(remedy["clears"])
    return verdicts

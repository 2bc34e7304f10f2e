"""Every fault that one slip of the pen makes in the rule tables is found by a situation of the Cisco document or of a
sibling notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from ekuscan.cli.knowledge import knowledge
from ekuscan.rules.tables import Tables
from ekuscan.trust import TrustStore
from tests.cisco_document.answering_ends import whole
from tests.cisco_document.mutants import Mutant, mutants
from tests.cisco_document.named import NEIGHBORS
from tests.cisco_document.running import Prepared, judged_under, listing_other_cas, prepare, trusting_other_cas
from tests.cisco_document.situation import Shorthand, Situation, Upload, differences
from tests.cisco_document.world import make_world
from tests.test_cisco_document import CASES as CISCO_DOCUMENT
from tests.test_sibling_notices import CASES as SIBLING_NOTICES
from tests.test_sibling_notices_media import CASES as MEDIA

CASES = (*CISCO_DOCUMENT, *SIBLING_NOTICES, *MEDIA)


LISTING, VERIFYING = NEIGHBORS[2].says, NEIGHBORS[0].says
"""A situation that is also looked at where the far end lists CAs, which no file can say."""


@dataclass(frozen=True, slots=True)
class Check:
    """A situation that was read once, and what it has to give."""

    says: str
    expect: Mapping[str, Shorthand]
    prepared: Prepared

    def faults(self, tables: Tables) -> list[str]:
        """What is not as expected under some tables; an error is a fault as well."""
        try:
            return list(differences(self.expect, judged_under(self.prepared, tables)))
        except Exception as error:
            return [f"{type(error).__name__}: {error}"]


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Check, ...]]:
    world = make_world(tmp_path_factory.mktemp("world"))
    with TrustStore.open(world.trust_data) as store:
        checks = [Check(case.says, _expected(case), prepare(case, world, store)) for case in CASES]
        listing = [view(check) for check in checks if check.says == LISTING for view in (_listing, _trusting)]
        yield (*checks, *listing, *(_verifying(check) for check in checks if check.says == VERIFYING))


def _listing(check: Check) -> Check:
    prepared = listing_other_cas(check.prepared, "u", "sip-tls")
    return Check(f"{check.says}, and lists other CAs", {**check.expect, "c>u/neighbor-zone/XT01": "at-risk"}, prepared)


def _trusting(check: Check) -> Check:
    prepared = trusting_other_cas(check.prepared, "u")
    return Check(f"{check.says}, and trusts other CAs", {**check.expect, "c>u/neighbor-zone/XT02": "at-risk"}, prepared)


def _verifying(check: Check) -> Check:
    expect = {**check.expect, **{f"{name}>c/neighbor-zone/XT03": "at-risk" for name in ("n1", "n2", "n4")}}
    return Check(f"{check.says}, by other CAs", expect, trusting_other_cas(check.prepared, "c"))


def test_the_verdicts_alone_are_those_of_the_command_line(checks: Sequence[Check]) -> None:
    tables = knowledge().tables
    assert {check.says: faults for check in checks if (faults := check.faults(tables))} == {}


def test_every_mutant_of_the_tables_fails_a_situation(checks: Sequence[Check]) -> None:
    tables = knowledge().tables
    sound = [check for check in checks if not check.faults(tables)]
    found = list(mutants(tables))
    rows = {rule.id for rule in tables.rules} | {verifier.id for verifier in tables.verifiers}
    rows |= {alias.id for alias in tables.aliases} | {change.id for change in tables.changes}
    rows |= {f"stack {name}" for name in tables.stacks}
    assert rows <= {mutant.row for mutant in found}
    assert [str(mutant) for mutant in found if not _caught(mutant, sound)] == []


def _expected(case: Situation | Upload) -> Mapping[str, Shorthand]:
    return whole(case) if isinstance(case, Situation) else case.expect


def _caught(mutant: Mutant, checks: Sequence[Check]) -> bool:
    """Whether a situation notices; those that speak of the row are tried first, and those with far ends last."""

    def late(check: Check) -> tuple[bool, bool]:
        return check.prepared.far_ends, not any(name.endswith(f"/{mutant.row}") for name in check.expect)

    return any(check.faults(mutant.tables) for check in sorted(checks, key=late))

"""A certificate that is to be installed, beside the one that is there: its root and what its slot needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from ekuscan.assessment import ChainBook
from ekuscan.candidate import Beside, Place, checks
from ekuscan.foresight import Check
from ekuscan.model import SlotContent
from ekuscan.rules.tables import As
from ekuscan.trust import TrustStore
from ekuscan.what_if.roots import another_root, issued
from ekuscan.what_if.slots import shown_as
from tests.judging import AS_OF, Facts
from tests.noticing import with_sha1
from tests.pki import BOTH, CLIENT_AUTH, END, SERVER_AUTH, Issued, issue, rsa_key
from tests.test_what_if import grounds

ONE, OTHER = issue("Root one", ca=True), issue("Root other", ca=True)
BELOW = issue("Issuing one", ONE, ca=True)


def content(book: ChainBook, *chain: Issued) -> SlotContent:
    id_ = book.add(tuple(one.der for one in chain))
    return SlotContent("server", book.chains[id_].presented[0], id_, "file")


def looked_at(
    book: ChainBook, new: SlotContent, old: SlotContent | None, shown: Sequence[As] = ("server",)
) -> dict[str, Check]:
    place = Place(old, frozenset(shown), "openssl")
    return {one.name: one for one in checks(new, place, Beside(), book, AS_OF, AS_OF)}


@pytest.mark.parametrize(
    ("old", "new", "another"),
    [
        ((issue("a", ONE, eku=BOTH),), (issue("a", OTHER, eku=BOTH),), True),
        ((issue("a", ONE, eku=BOTH),), (issue("a", ONE, eku=[SERVER_AUTH]),), False),
        ((issue("a", ONE, eku=BOTH),), (issue("a", ONE, eku=[SERVER_AUTH]), ONE), False),
        ((issue("a", ONE, eku=BOTH), ONE), (issue("a", OTHER, eku=BOTH), OTHER), True),
        ((issue("a", BELOW, eku=BOTH), BELOW), (issue("a", ONE, eku=[SERVER_AUTH]),), False),
        ((issue("a", eku=BOTH),), (issue("a", eku=[SERVER_AUTH]),), True),
    ],
    ids=["two unsent", "one unsent", "sent once", "two sent", "another issuing CA", "self-signed"],
)
def test_another_root_leaves_the_answer_open_even_where_its_certificate_is_not_sent(
    old: Sequence[Issued], new: Sequence[Issued], another: bool
) -> None:
    book = ChainBook(TrustStore.open(None))
    before, after = content(book, *old), content(book, *new)
    ends = issued(before, book), issued(after, book)
    assert ends[0] is not None
    assert ends[1] is not None
    assert another_root(ends[0], ends[1], book) == another
    assert looked_at(book, after, before)["issuer"].result == ("open" if another else "ok")


@pytest.mark.parametrize(
    ("longer", "result", "says"),
    [
        (timedelta(hours=-2), "ok", "The present one ends on the same day."),
        (timedelta(0), "ok", "The present one ends on the same day."),
        (timedelta(hours=2), "ok", "The present one ends on the same day."),
        (timedelta(days=2), "warning", "The present one lasts longer, to "),
        (timedelta(days=-2), "ok", " days for the change."),
    ],
)
def test_the_ends_of_both_certificates_are_compared_by_day_as_they_are_told(
    longer: timedelta, result: str, says: str
) -> None:
    book = ChainBook(TrustStore.open(None))
    end = END.replace(hour=12)
    old = content(book, issue("a", ONE, eku=BOTH, end=end + longer))
    found = looked_at(book, content(book, issue("b", ONE, eku=BOTH, end=end)), old)["validity"]
    assert (found.result, says in found.text) == (result, True), found.text


@pytest.mark.parametrize(
    ("eku", "shown", "result"),
    [
        ([CLIENT_AUTH], ("server",), "warning"),
        ([CLIENT_AUTH], ("client",), "note"),
        ([CLIENT_AUTH], ("client", "server"), "warning"),
        ([SERVER_AUTH], ("server",), "note"),
        ([SERVER_AUTH], ("client",), "warning"),
        (BOTH, ("client", "server"), "ok"),
        (None, ("client", "server"), "ok"),
    ],
)
def test_a_usage_that_the_slot_is_shown_for_is_missed(
    eku: Sequence[str] | None, shown: Sequence[As], result: str
) -> None:
    book = ChainBook(TrustStore.open(None))
    found = looked_at(book, content(book, issue("a", ONE, eku=eku)), None, shown)["eku"]
    assert found.result == result
    assert ("This slot is shown" in found.text) == (result == "warning")


@pytest.mark.parametrize(
    ("release", "slot", "shown"),
    [
        ("X15.4", "server", {"client", "server"}),
        ("X15.5", "server", {"server"}),
        ("X15.5", "client", {"client"}),
    ],
)
def test_a_slot_that_is_one_with_another_is_shown_as_both_are(release: str, slot: str, shown: set[As]) -> None:
    facts = Facts().box("exp-c1", "expressway-c", release, {})
    assert shown_as(facts.targets["exp-c1"], slot, grounds(facts)) == shown


SHORT = rsa.generate_private_key(65537, 1024)
RSA_ROOT = issue("RSA root", ca=True, key=rsa_key("RSA root"))
OLD_HASH = with_sha1(issue("host", RSA_ROOT, eku=BOTH), RSA_ROOT)
OLD_CA = with_sha1(issue("Old CA", RSA_ROOT, ca=True), RSA_ROOT)


@pytest.mark.parametrize(
    ("chain", "says"),
    [
        (
            (issue("a", RSA_ROOT, eku=BOTH, key=SHORT),),
            "It has a short key, RSA 1024. OpenSSL neither loads nor takes it",
        ),
        ((OLD_HASH,), "It has a signature with SHA-1. OpenSSL 3 neither loads"),
        ((issue("a", OLD_CA, eku=BOTH), OLD_CA), "A CA certificate of its chain has a signature with SHA-1."),
    ],
    ids=["short key", "SHA-1", "SHA-1 above"],
)
def test_what_peers_are_known_to_refuse_leaves_the_answer_open(chain: Sequence[Issued], says: str) -> None:
    book = ChainBook(TrustStore.open(None))
    found = looked_at(book, content(book, *chain), None)["strength"]
    assert found.result == "open"
    assert says in found.text
    assert found.way_out is not None


def test_what_nobody_checks_of_a_key_or_a_signature_is_not_held_against_it() -> None:
    book = ChainBook(TrustStore.open(None))
    root, own = (with_sha1(one, one) for one in (RSA_ROOT, issue("own", eku=BOTH, key=rsa_key("own"))))
    assert "strength" not in looked_at(book, content(book, issue("a", root, eku=BOTH), root), None)
    assert "strength" not in looked_at(book, content(book, own), None)


@pytest.mark.parametrize(("names", "says"), [(0, "No names as"), (1, "The same name as"), (2, "The same 2 names as")])
def test_names_are_counted_as_people_count(names: int, says: str) -> None:
    book = ChainBook(TrustStore.open(None))
    san = [x509.DNSName(f"n{number}.example.com") for number in range(names)]
    old, new = (content(book, issue("a", ONE, eku=eku, names=san)) for eku in (BOTH, [SERVER_AUTH]))
    assert looked_at(book, new, old)["names"].text.startswith(says)

"""Which certificates a peer is shown where there are several CAs, and that their order decides nothing."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekuscan.extensions import SERVER_AUTH
from ekuscan.model import Enforcement
from ekuscan.trials import arrange
from ekuscan.wire.identity import Identity
from tests import pki
from tests.answering import CONTROLS, STACKS, Peer, Stack, base, drive, said
from tests.clients import identity
from tests.loopback import NOW

CAS = {name: pki.root(f"CA {name}") for name in "ABC"}


def own(name: str, ca: str, eku: object = pki.BOTH) -> Identity:
    return identity(name, pki.issue("client", CAS[ca], eku=eku))


A, B = own("a", "A"), own("b", "B")
A_SERVER, B_SERVER = own("a-server", "A", (SERVER_AUTH,)), own("b-server", "B", (SERVER_AUTH,))
C, C_SERVER = own("c", "C"), own("c-server", "C", (SERVER_AUTH,))
A_ODD, B_ODD = own("a-odd", "A", ("2.5.29.37.0",)), own("b-odd", "B", ("2.5.29.37.0",))
ALL = (A, A_SERVER, B, B_SERVER)

# Besides the stacks of today's servers one that answers by the site's own page, and one that says nothing.
PAGES = {"page": Stack("HTTP 403", "HTTP 403", "HTTP 403"), "silent": Stack(*["acceptance-undecided"] * 3)}
PEERS = {**STACKS, **PAGES}


def peer(stack: str, trusts: str, *, eku: bool = True, any_ca: bool = False) -> Peer:
    """One that trusts the CAs of these letters."""
    ways = PEERS[stack]

    def answer(one: Identity, _: int) -> object:
        control = one in (CONTROLS.both, CONTROLS.server_only)
        known = any_ca or (not control and one.name[0].upper() in trusts)
        lacks = eku and (one == CONTROLS.server_only or one.name.endswith("server"))
        taken = "HTTP 200" if stack in PAGES else None
        if known:
            return said(one, ways.purpose if lacks else taken)
        return said(one, ways.neither if lacks else ways.trust)

    return answer


def shown(answers: Peer, *given_: Identity, listed: str = "") -> tuple[Enforcement, list[str]]:
    names = [CAS[name].name.public_bytes() for name in listed]
    return drive(answers, arrange(given_, CONTROLS, NOW, names), base())


WAYS = {
    "enforces": {},
    "ignores": {"eku": False},
    "any": {"eku": False, "any_ca": True},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stack", PEERS)
def test_two_pairs_have_one_result_in_every_order(stack, way):
    for trusts, listed in product(["", "A", "B", "AB"], ["", "A", "B"]):
        answers = peer(stack, trusts, **WAYS[way])
        (found,) = {shown(answers, *order, listed=listed)[0] for order in permutations(ALL)}
        assert found.value == expected(stack, way, trusts)


def expected(stack: str, way: str, trusts: str) -> str:
    if way == "any":
        return "any-certificate"
    if not trusts:
        return "enforces" if way == "enforces" and stack in ("rustls", "nss") else "undecided"
    return "undecided" if way == "enforces" and stack == "silent" else way


@pytest.mark.parametrize("stack", PEERS)
def test_without_a_pair_two_certificates_for_servers_have_one_value_in_every_order(stack):
    for trusts, way in product("AB", ("enforces", "ignores")):
        answers = peer(stack, trusts, **WAYS[way])
        values = {shown(answers, *order)[0].value for order in permutations((A_SERVER, B_SERVER))}
        shows = way == "ignores" or PEERS[stack].purpose == 43
        assert values == {way if shows else "undecided"}


@given(st.data())
def test_any_certificates_have_one_result_in_any_order(data):
    every = (*ALL, C, C_SERVER, A_ODD, B_ODD)
    some = data.draw(st.lists(st.sampled_from(every), unique_by=lambda one: one.name, max_size=8))
    stack, trusts = data.draw(st.sampled_from(sorted(PEERS))), data.draw(st.sampled_from(["", "A", "B", "AC", "ABC"]))
    answers = peer(stack, trusts, **WAYS[data.draw(st.sampled_from(sorted(WAYS)))])
    found, names = shown(answers, *some)
    again, others = shown(answers, *data.draw(st.permutations(some)))
    assert (found.value, found.certainty) == (again.value, again.certainty)
    assert sorted(names) == sorted(others)
    assert len(names) <= len(some) + 3


# --- how many connections it takes ------------------------------------------------------------------------------


def test_a_pair_whose_ca_is_not_trusted_costs_one_connection():
    assert sorted(shown(peer("openssl", "A"), *ALL)[1])[-2:] in (["a", "a-server"], ["a-server", "b"])
    assert sum(len(shown(peer("openssl", ca), *ALL)[1]) for ca in "AB") == 2 + 3


def test_pairs_after_one_that_the_peer_trusts_are_not_presented():
    names = shown(peer("openssl", "ABC"), *ALL, C, C_SERVER)[1]
    assert len(names) == 2
    assert {f"{names[0]}-server"} == {names[1]}


def test_where_no_pair_is_trusted_only_one_for_servers_is_presented():
    names = shown(peer("openssl", ""), *ALL, C, C_SERVER)[1]
    assert sorted(names[:3]) == ["a", "b", "c"]
    assert names[3:] == [f"{names[0]}-server"]


def test_a_peer_that_wavers_over_one_pair_is_not_shown_the_next():
    times = {one.name: [None, 42] for one in (A, B)}

    def answer(one: Identity, turn: int) -> object:
        return said(one, times[one.name][turn] if one.name in times else 42 if one.name.endswith("server") else 48)

    found, names = shown(answer, *ALL)
    assert (found.value, len(names), len(set(names))) == ("undecided", 4, 3)
    assert "contradict" in found.evidence[-1]


@pytest.mark.parametrize(("revoked", "unknown"), [(A, B), (B, A)])
def test_where_no_pair_is_trusted_the_one_refused_for_that_still_shows_a_peer_that_looks_at_the_eku_first(
    revoked, unknown
):
    def answer(one: Identity, _: int) -> object:
        return said(one, {revoked.name: 44, unknown.name: 48}.get(one.name, 43))

    found, names = shown(answer, *ALL)
    assert (found.value, found.certainty) == ("enforces", "inferred")
    assert names[2:] == [f"{unknown.name}-server"]


def test_a_peer_that_takes_an_unknown_ca_and_not_that_of_a_pair_contradicts_itself():
    first = shown(peer("java", ""), *ALL)[1][0]
    found, names = shown(lambda one, _: said(one, 46 if one.name == first else None), *ALL)
    assert len(names) == 4
    assert (found.value, "contradict" in found.evidence[-1]) == ("undecided", True)


# --- certificates of no pair ------------------------------------------------------------------------------------

NO_PAIR = (A, B_SERVER, C_SERVER, A_ODD, B_ODD)


@pytest.mark.parametrize("given_", [NO_PAIR, (A, B_SERVER), (A_SERVER, B_SERVER), (A, B, A_ODD), (*ALL, A_ODD, B_ODD)])
@pytest.mark.parametrize("stack", PEERS)
def test_each_certificate_of_no_pair_is_presented_once(stack, given_):
    alone = [one.name for one in given_ if not set(ALL) <= set(given_) or one not in ALL]
    for trusts, way in product(["", "A", "B", "ABC"], WAYS):
        names = shown(peer(stack, trusts, **WAYS[way]), *given_)[1]
        assert [names.count(name) for name in alone] == [1] * len(alone)


def test_a_certificate_of_no_pair_is_presented_once_whatever_the_refusal_of_another_says():
    for alert in (40, 42, 43, 44, 45, 46, 48, 49, "close", "http", "certificate-unsuitable", "HTTP 403"):
        names = shown(lambda one, _, what=alert: said(one, what), A, B_SERVER)[1]
        assert (names.count("a"), names.count("b-server")) == (1, 1)


def test_a_connection_that_fails_ends_the_trials_before_the_certificates_of_no_pair():
    assert shown(lambda one, _: said(one, "internal-error"), A, A_ODD)[1] == ["a"]


@pytest.mark.parametrize("stack", STACKS)
def test_one_without_client_auth_that_is_taken_counts_also_where_the_pair_is_not_trusted(stack):
    found, names = shown(peer(stack, "B", eku=False), A, A_SERVER, B_SERVER)
    assert (found.value, found.certainty) == ("ignores", "observed")
    assert names.count(CONTROLS.both.name) == 1


def test_one_without_client_auth_that_is_taken_contradicts_a_pair_that_shows_enforcement():
    def answer(one: Identity, _: int) -> object:
        return said(one, {"a-server": 43}.get(one.name))

    found, _ = shown(answer, A, A_SERVER, B_SERVER)
    assert (found.value, "contradict" in found.evidence[-1]) == ("undecided", True)

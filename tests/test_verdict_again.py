"""What a change clears, told leg by leg, is what judging a composite again as a whole tells."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ekuscan.advice import wants_remedy, ways
from ekuscan.verdict.again import FINE, clears, judged_again
from tests.judging import Facts, Shown

_SHOWN = st.sampled_from([None, *(Shown(eku, by) for eku in ("both", "server") for by in ("private", "public-chrome"))])
_RELEASE = st.sampled_from([None, "X14.3.7", "X15.4", "X15.5"])
_CHECK = st.sampled_from([{}, {"sip_eku_check": "on"}, {"sip_eku_check": "off"}])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_change_clears_a_composite_leg_by_leg_as_it_does_as_a_whole(data: st.DataObject) -> None:
    facts = Facts()
    for name, role in (("c", "expressway-c"), ("e", "expressway-e")):
        shown = {slot: one for slot in ("server", "client") if (one := data.draw(_SHOWN)) is not None}
        facts.box(name, role, data.draw(_RELEASE), shown, **data.draw(_CHECK))  # type: ignore[arg-type]
    facts.link("uc-traversal", "c", "e")
    estate, judged = facts.estate(), facts.judged()
    changes = [change for item in judged if wants_remedy(item.verdict) for _, change in ways(item, estate) if change]
    for item in judged:
        for change in changes:
            after = judged_again(item, change)
            assert clears(item, change) == (after.now in FINE and after.next in FINE), (item.verdict.id, change)

"""What an API told, put where a scan looks for it."""

from __future__ import annotations

from ekuscan.appliance.facts import ApplianceFacts
from ekuscan.appliance.observed import with_told_certificates
from ekuscan.model import Inventory, SlotFile
from tests.noticing import box

EDGE, CORE = box("exp-e1", "expressway-e", "X15.4"), box("exp-c1", "expressway-c", "X15.4")
GIVEN = SlotFile("exp-c1", "server", (b"given",), "given.pem")


def test_the_certificate_of_a_box_is_kept_for_its_server_slot_as_imported() -> None:
    facts = {
        "exp-e1": ApplianceFacts("exp-e1", "expressway", certificates=(b"leaf", b"issuer")),
        "exp-c1": ApplianceFacts("exp-c1", "expressway"),
    }
    inventory = with_told_certificates(Inventory((EDGE, CORE), slot_files=(GIVEN,)), facts)
    assert inventory.slot_files == (GIVEN, SlotFile("exp-e1", "server", (b"leaf", b"issuer"), "", "imported"))


def test_without_a_certificate_the_inventory_stays_as_it_is() -> None:
    inventory = Inventory((EDGE,))
    assert with_told_certificates(inventory, {"exp-e1": ApplianceFacts("exp-e1", "expressway")}) == inventory

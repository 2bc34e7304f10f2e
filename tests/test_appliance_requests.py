"""What is asked of an appliance's API."""

from __future__ import annotations

from datetime import date

import pytest

from ekuscan.appliance.requests import api_endpoints, product_of, request_table, requests_for, roles_with_api
from ekuscan.model import Endpoint, Target
from ekuscan.profiles.load import profile
from ekuscan.role_signs import guess_table
from ekuscan.rules.load import packaged
from ekuscan.sources import sources


def test_every_row_has_a_known_source_a_confidence_and_the_table_a_day():
    table = request_table()
    assert date.fromisoformat(table.checked)
    for row in (*table.products, *table.requests):
        assert row.source
        assert set(row.source) <= set(sources())
        assert row.confidence in ("H", "M", "L")


def test_every_word_of_a_row_is_one_that_the_rest_of_the_tables_knows():
    table = request_table()
    known = {row.name: row.roles for row in guess_table().products}
    for product in table.products:
        assert set(product.roles) <= set(known[product.name])
        for role in product.roles:
            assert {port.service for port in profile(role).ports} & set(product.services)
    for row in table.requests:
        assert row.product in {product.name for product in table.products}
        assert set(row.roles) <= set(next(one.roles for one in table.products if one.name == row.product))
        assert (row.gives == "zones") == (row.use_case in packaged().use_cases)


def test_an_expressway_is_asked_for_its_own_zones_only():
    def zones(role):
        return {row.path.split("/")[3] for row in requests_for(role) if row.gives == "zones"}

    assert zones("expressway-c") == {"common", "controller"}
    assert zones("expressway-e") == {"common", "edge"}
    assert requests_for("cucm") == ()


def test_only_roles_with_an_api_have_a_product():
    assert set(roles_with_api()) == {"expressway-e", "expressway-c", "cms"}
    assert product_of("cucm") is None


@pytest.mark.parametrize(
    ("role", "services", "chosen"),
    [
        ("expressway-c", ("sip-tls", "https"), ["https"]),
        ("cms", ("https", "webadmin", "sip-tls"), ["webadmin", "https"]),
        ("cms", ("sip-tls",), []),
        ("cucm", ("https",), []),
    ],
)
def test_the_api_is_looked_for_at_the_services_of_its_product_in_their_order(role, services, chosen):
    target = Target("a", role, "declared", None, "default")
    endpoints = tuple(
        Endpoint(f"{name}:{service}", name, "192.0.2.1", 443, "https", None, False, service)
        for name in ("a", "b")
        for service in services
    )
    assert [endpoint.id for endpoint in api_endpoints(target, endpoints)] == [f"a:{service}" for service in chosen]

"""No public page scans a table: SQLite's own plans of every query that a page makes."""

import re

import pytest
from playhouse.test_utils import count_queries

from storefront.db import database, is_sqlite
from storefront.generate import generate
from tests.journey import fill_cart

PAGES = [
    "/",
    "/products",
    "/products?page=3",
    "/products?type=Jackets&option-size=M&price=50-100&sort=price",
    "/products?sort=title",
    "/products/generated-7",
    "/collections/rain-ready",
    "/search?q=waterproof",
    "/search?q=watrproof",
    "/cart",
    "/privacy",
    "/privacy/data-map",
    "/privacy/recipients",
    "/privacy/cookies",
    "/pages/terms",
]
# Tables that grow with the shop; those that staff fill by hand hold a few rows.
GROWING = "product|variant|picture|facet_value|collection_item|redirect|word|order|outgoing_mail"


@pytest.mark.parametrize("url", PAGES)
def test_a_public_page_scans_no_table(client, settings, clock, plenty, url):
    if not is_sqlite():
        pytest.skip("PostgreSQL scans small tables on purpose; the indexes are the same")
    generate(120, "USD", clock())
    database.execute_sql("ANALYZE")
    fill_cart(client, plenty)
    with count_queries() as counted:
        assert client.get(url).status_code == 200
    scans = [line for query in counted.get_queries() for line in scans_of(*query.msg)]
    assert scans == []


def scans_of(sql: str, parameters) -> list[str]:
    """The lines of a query's plan that read a whole growing table."""
    if not sql.startswith(("SELECT", "WITH")):
        return []
    plan = database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", parameters or ())
    lines = [row[3] for row in plan.fetchall()]
    return [
        f"{line}: {sql}" for line in lines if re.match(rf'SCAN "?({GROWING})\b(?!.*INDEX)', line)
    ]

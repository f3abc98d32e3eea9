"""No public page scans a table: SQLite's own plans of every query that a page makes."""

import re

import pytest
from playhouse.test_utils import count_queries

from storefront.db import database, is_sqlite
from storefront.generate import generate, generate_testimonials
from storefront.models import BoughtTogether, Collection, Product, SameWords
from storefront.models.collection_filling import PRESETS
from storefront.models.testimonial_list import ORDERS
from tests.counted_traffic import fill_long
from tests.journey import fill_cart
from tests.models.test_pinned import made as pinned
from tests.staff import signed_in

PAGES = [
    "/",
    "/products",
    "/products?page=3",
    "/products?type=Jackets&option-size=M&price=50-100&sort=price",
    "/products?sort=title",
    "/products/generated-7",
    "/products/generated-7/testimonials",
    "/testimonials",
    "/testimonials/1",
    "/testimonials/moderation",
    "/collections/rain-ready",
    "/collections/new-in",
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
GROWING += "|testimonial|rating|together"


@pytest.mark.parametrize("url", PAGES)
def test_a_public_page_scans_no_table(client, settings, clock, plenty, url):
    if not is_sqlite():
        pytest.skip("PostgreSQL scans small tables on purpose; the indexes are the same")
    generate(120, "USD", clock())
    newest = list(Product.select().order_by(-Product.id).limit(115))
    generate_testimonials(200, clock(), newest)
    for preset in PRESETS:
        preset.make(clock())
    BoughtTogether.insert_many([(a, b, 10) for a in newest for b in newest[:3]]).execute()
    database.execute_sql("ANALYZE")
    fill_cart(client, plenty)
    with count_queries() as counted:
        assert client.get(url).status_code == 200
    scans = [line for query in counted.get_queries() for line in scans_of(*query.msg)]
    assert scans == []


@pytest.mark.parametrize("url", ["/products?page=2", "/collections/rain-ready", "/search?q=jacket"])
def test_a_list_with_pins_and_a_search_with_other_words_scan_no_table(
    client, clock, shirt, plenty, url
):
    if not is_sqlite():
        pytest.skip("PostgreSQL scans small tables on purpose; the indexes are the same")
    generate(120, "USD", clock())
    for list_of in ({}, {"words": "jacket"}, {"collection": Collection.get(slug="rain-ready")}):
        pinned(product=shirt, place=1, **list_of)
        pinned(tag=shirt.tags[0], **list_of)
    SameWords.put(["jacket", "parka", "hard shell"], False)
    database.execute_sql("ANALYZE")
    with count_queries() as counted:
        assert client.get(url).status_code == 200
    assert [line for query in counted.get_queries() for line in scans_of(*query.msg)] == []


NARROWED = ("", "rating=5", "pictures=1", "rating=5&pictures=1")


@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("narrowed", NARROWED)
def test_a_list_of_testimonials_reads_its_page_alone(
    client, clock, shirt, everything, order, narrowed
):
    if not is_sqlite():
        pytest.skip("PostgreSQL scans small tables on purpose; the indexes are the same")
    generate_testimonials(600, clock(), [shirt])
    database.execute_sql("ANALYZE")
    url = "/testimonials" if everything else f"/products/{shirt.handle}/testimonials"
    url = f"{url}?sort={order}&{narrowed}"
    of, end = "all" if everything else "of", r"_pictured" if "pictures" in narrowed else ""
    for _ in range(2):  # the beginning, and the page after it
        with count_queries() as counted:
            text = client.get(url).text
        lists = [q.msg for q in counted.get_queries() if '"t1"."words"' in q.msg[0]]
        lines = [line for query in lists for line in plan_of(*query)]
        assert lines
        assert [line for line in lines if "TEMP B-TREE" in line] == []
        wanted = rf"testimonial_{of}_(new|rated|helpful|rated_helpful){end} "
        assert all(re.search(wanted, f"{line} ") for line in lines if " t1 " in line), lines
        url = re.search(r'rel="next" href="([^"]+)"', text)[1].replace("&amp;", "&")


def plan_of(sql: str, parameters) -> list[str]:
    """The lines of SQLite's plan of a query."""
    if not sql.startswith(("SELECT", "WITH")):
        return []
    plan = database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", parameters or ())
    return [row[3] for row in plan.fetchall()]


# Read whole on purpose: the ratings of all products, a row each, are summed for the average of all;
# among all words the one is looked for that was meant.
WHOLE = ('SELECT COALESCE(SUM("t1"."count")', 'SELECT "t1"."text" FROM "word"')


def scans_of(sql: str, parameters) -> list[str]:
    """The lines of a query's plan that read a whole growing table."""
    if sql.startswith(WHOLE):
        return []
    tables = {short: table for table, short in re.findall(r'"(\w+)" AS "(\w+)"', sql)}
    named = [
        re.sub(r"^SCAN (\w+)", lambda found: f"SCAN {tables.get(found[1], found[1])}", line)
        for line in plan_of(sql, parameters)
    ]
    return [
        f"{line}: {sql}" for line in named if re.match(rf'SCAN "?({GROWING})\b(?!.*INDEX)', line)
    ]


def test_a_scan_is_told_by_the_name_of_its_table(settings):
    if not is_sqlite():
        pytest.skip("PostgreSQL has plans of another kind")
    assert scans_of('SELECT "t1"."id" FROM "product" AS "t1" WHERE "t1"."extra" = ?', ["x"])
    assert not scans_of('SELECT "t1"."id" FROM "product" AS "t1" WHERE "t1"."id" = ?', [1])


TRAFFIC = (
    "",
    "?period=today",
    "?period=12m&against=year",
    "/page?period=12m&sort=value",
    "/people",
)


def test_what_is_told_of_traffic_reads_its_own_days_alone_of_25_months(app, clock):
    if not is_sqlite():
        pytest.skip("PostgreSQL has plans of another kind")
    fill_long(clock().date(), 760, 2)
    database.execute_sql("ANALYZE")
    editor = signed_in(app, "editor")
    for path in (*(f"/desk/traffic{end}" for end in TRAFFIC), "/privacy/traffic"):
        with count_queries() as counted:
            assert editor.get(path).status_code == 200
        read = [q.msg for q in counted.get_queries() if "traffic_" in q.msg[0]]
        lines = [line for query in read for line in plan_of(*query) if "t1" in line]
        assert lines
        mere = r"SEARCH .*what=\? AND (day|hour)[>=]"
        assert [line for line in lines if not re.match(mere, line)] == [], path

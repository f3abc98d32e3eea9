"""The widget reads some ten rows, however many testimonials there are, whichever it shows."""

import json

import pytest
from playhouse.test_utils import count_queries

from storefront.db import database, is_sqlite
from storefront.models import PolicyVersion, Product, Testimonial
from storefront.models.widget_reading import TOGETHER, newest, one_of
from tests.resellers import resold

MANY = 6000
EVERY = 300  # how seldom an author agreed to resellers
FEW = 13  # that may be shown of a product, then: PostgreSQL may as well read them all, and sort


def fill(at, products: list[int]) -> None:
    """Many testimonials of these products in turn, of which resellers may show few."""
    write(at, products, lambda n: n % EVERY < len(products), lambda n: n // len(products) % 3)
    database.execute_sql("ANALYZE")


def write(at, products: list[int], may_be_resold, is_approved=lambda n: True, first=0) -> None:
    """Many testimonials of these products in turn."""
    policy = PolicyVersion.last().id
    rows = [
        {
            "product": products[n % len(products)],
            "policy": policy,
            "resellers_policy": policy if may_be_resold(n) else None,
            "key": f"key{first + n}",
            "state": "approved" if is_approved(n) else "waiting",
            "words": f"Words {n}",
            "name": "Ann",
            "written_at": at,
            "made_at": at,
            "changed_at": at,
        }
        for n in range(MANY)
    ]
    with database.atomic():
        for start in range(0, MANY, 200):
            Testimonial.insert_many(rows[start : start + 200]).execute()


def products_of(count: int) -> list[int]:
    return [row.id for row in Product.select(Product.id).order_by(Product.id).limit(count)]


def expected(products: list[int]) -> list[int]:
    """The slow way."""
    fit = (Testimonial.state == "approved") & Testimonial.resellers_policy.is_null(False)
    if products:
        fit &= Testimonial.product.in_(products)
    rows = Testimonial.select().where(fit).order_by(Testimonial.id.desc()).limit(10)
    return [row.id for row in rows]


@pytest.mark.parametrize("count", [0, 1, 3, 12])
def test_it_finds_the_newest_that_may_be_shown_and_reads_no_others(settings, clock, count):
    products = products_of(12)
    fill(clock(), products)
    asked = products[:count]
    newest(asked)
    with count_queries() as counted:
        found = newest(asked)
    assert [one.id for one in found] == expected(asked)
    assert len(found) == 10
    assert counted.count == 2
    for query in counted.get_queries():
        assert rows_read(*query.msg) <= FEW * max(count, 1), query.msg[0]


@pytest.mark.parametrize("known", [True, False])
def test_where_only_old_ones_may_be_shown_the_newer_ones_are_not_read(settings, clock, known):
    products = products_of(3)
    write(clock(), products, lambda n: True)
    database.execute_sql("ANALYZE")
    write(clock(), products, lambda n: False, first=MANY)
    if known:
        database.execute_sql("ANALYZE")
    for asked in ([], products[:1], products[:2]):
        with count_queries() as counted:
            found = newest(asked)
        assert [one.id for one in found] == expected(asked)
        for query in counted.get_queries():
            assert rows_read(*query.msg) <= 10 * max(len(asked), 1), query.msg[0]


def rows_read(sql: str, parameters) -> int:
    """How many rows the plan goes through; SQLite's plan does not say, so its indexes do."""
    if is_sqlite():
        plan = database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
        lines = [row[3] for row in plan.fetchall()]
        reads = [line for line in lines if line.startswith(("SCAN t", "SEARCH t"))]
        reads = [line for line in reads if not line.startswith("SCAN top")]
        covered = "USING COVERING INDEX testimonial_resold"
        assert reads
        assert all(covered in line or "USING INTEGER PRIMARY KEY" in line for line in reads), reads
        return 0
    plan = database.execute_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters).fetchone()[0]
    (whole,) = json.loads(plan) if isinstance(plan, str) else plan
    return sum(_read(node) for node in _nodes(whole["Plan"]) if "Relation Name" in node)


def _nodes(node: dict):
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _read(node: dict) -> int:
    if node["Relation Name"] != "testimonial":
        return 0
    passed_over = node.get("Rows Removed by Filter", 0)
    return int((node["Actual Rows"] + passed_over) * node["Actual Loops"])


def test_a_list_longer_than_one_query_looks_at_is_looked_at_in_several(settings, clock, shirt):
    shown = resold(shirt, clock(), 3)
    others = [10_000 + n for n in range(TOGETHER)]
    assert newest([*others, shirt.id]) == shown[::-1]


def test_one_is_given_only_to_who_may_show_it(settings, clock, shirt):
    (one,) = resold(shirt, clock())
    assert one_of([], one.id) == one_of([shirt.id], one.id) == one
    assert one_of([shirt.id + 1], one.id) is None
    one.show(email=True, resellers=False, policy=PolicyVersion.last(), at=clock())
    assert one_of([], one.id) is None

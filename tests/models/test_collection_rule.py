"""Collections by rule: what they hold, and that it follows whatever changes."""

from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront.db import database
from storefront.exchange import shopify
from storefront.exchange.load import load
from storefront.generate import generate
from storefront.models import (
    Collection,
    CollectionRule,
    Discount,
    Edition,
    Product,
    Variant,
    collection_filling,
    shopkeeping,
)
from storefront.models import stock as shelves
from storefront.models.card import Tile
from storefront.models.collection_filling import PRESETS, Filling, keep_up, refill
from storefront.models.rule import Rule
from storefront.refusals import Refused
from storefront.shelf import ALL, Shelf
from tests.models.placing import cart_of, stock
from tests.racing import at_once
from tests.sales import sold

NEW, BEST = "new", "sold"


@pytest.fixture
def held(settings) -> Collection:
    return Collection.make("Good things", "good-things", "")


@pytest.fixture
def by(held, clock):
    """Have the collection go by a rule; gives the handles that it holds then."""

    def by(sort=NEW, is_on=True, **conditions) -> set[str]:
        filling = Filling(is_on, Rule(**conditions), sort)
        refill(held.id, Filling.of(Collection.get_by_id(held.id)).version, filling, clock())
        return holds(held)

    return by


def holds(held: Collection) -> set[str]:
    """The handles of what is on the shelf of a collection and on sale."""
    shelf = Shelf()
    shelf.refresh()
    ids = shelf.of(*Collection.get_by_id(held.id).facet) & shelf.of(*ALL)
    return {row[0] for row in handles(ids)}


def handles(ids):
    return Product.select(Product.handle).where(Product.id.in_(list(ids))).tuples()


def meeting(test) -> set[str]:
    """The handles of the products on sale of which something is true."""
    return {product.handle for product in Product.on_sale() if test(product)}


def test_a_rule_holds_what_meets_each_of_its_conditions(by, clock):
    old = Product.get(Product.handle == "broad-noon-sun-hat")
    Product.update(made_at=clock() - timedelta(days=40)).where(Product.id == old.id).execute()
    tag = next(p.tags[0] for p in Product.on_sale() if p.tags)
    told = [
        ({"types": ("Jackets", "Hats")}, lambda p: p.type in ("Jackets", "Hats")),
        ({"tags": (tag.upper(), "nobody's")}, lambda p: tag in p.tags),
        ({"price_from": 5000, "price_to": 9900}, lambda p: 5000 <= p.price_from <= 9900),
        ({"in_stock": True}, lambda p: p.available),
        ({"reduced": True}, lambda p: p.reduced),
        ({"new_days": 30}, lambda p: p != old),
        ({"types": ("Hats",), "price_to": 100}, lambda p: False),
    ]
    for conditions, test in told:
        assert by(**conditions) == meeting(test), conditions
    assert by(types=("Jackets",), price_to=20000, in_stock=True)


@pytest.mark.parametrize(
    "tags", [['a "rain" b'], ["x, rain"], ['x", "rain'], ["rainy"], ["[rain"], ["x\\"]]
)
def test_a_tag_is_met_whole_and_by_nothing_that_looks_like_it(by, shirt, tags):
    Product.update(tags=tags).where(Product.id == shirt.id).execute()
    assert shirt.handle not in by(tags=("rain",))
    Product.update(tags=[*tags, "Rain"]).where(Product.id == shirt.id).execute()
    assert shirt.handle in by(tags=("rain",))
    assert shirt.handle in by(tags=tuple(tags))


def test_what_is_saved_at_the_desk_comes_and_goes_at_once(by, held, shirt, clock):
    assert by(tags=("picnic",), price_to=5000) == set()
    facts = {name: getattr(shirt, name) for name in shopkeeping.FACTS}
    saved = shopkeeping.edit(
        shirt.id, shopkeeping.version(shirt), facts | {"tags": ["picnic"]}, clock()
    )
    if saved.price_from > 5000:
        assert holds(held) == set()
    for minor, there in ((4900, True), (5100, False), (5000, True)):
        for variant in shirt.in_order():
            shopkeeping.reprice(shirt.id, variant.id, variant.price_minor, minor, clock())
        assert holds(held) == ({shirt.handle} if there else set())
    product = Product.get_by_id(shirt.id)
    facts = {name: getattr(product, name) for name in shopkeeping.FACTS} | {"status": "draft"}
    shopkeeping.edit(shirt.id, shopkeeping.version(product), facts, clock())
    assert holds(held) == set()


def test_stock_that_moves_takes_it_in_and_out(by, held, shirt):
    for variant in shirt.in_order():
        stock(variant, 0)
    last = stock(shirt.in_order()[0], 1)
    assert shirt.handle in by(in_stock=True)
    with database.atomic():
        shelves.take({last.id: 1})
    assert shirt.handle not in holds(held)
    with database.atomic():
        shelves.put_back({last.id: 1})
    assert shirt.handle in holds(held)


def test_what_is_imported_is_there_when_the_import_is(by, held, clock, tmp_path):
    by(types=("Hats",), price_to=1_000_000)
    path = tmp_path / "hats.csv"
    path.write_text(
        "Handle,Title,Type,Published,Status,Variant Price\n"
        "new-hat,New hat,Hats,TRUE,active,12.00\nnew-mug,New mug,Mugs,TRUE,active,9.00\n"
    )
    load(shopify.read(path, 2), "USD", clock())
    assert "new-hat" in holds(held)
    assert "new-mug" not in holds(held)
    path.write_text(path.read_text().replace("Hats", "Mugs"))
    load(shopify.read(path, 2), "USD", clock())
    assert "new-hat" not in holds(held)


def test_changing_over_to_a_rule_and_back_loses_nothing(by, held, shirt, clock):
    other = Product.get(Product.handle == "broad-noon-sun-hat")
    held.hold([shirt.handle])
    assert by(types=("Hats",)) == meeting(lambda p: p.type == "Hats")
    Collection.take_in(held.id, other.id)
    Collection.take_in(held.id, Product.get(Product.type == "Jackets").id)
    Collection.let_go(held.id, other.id)
    assert holds(held) == meeting(lambda p: p.type == "Hats"), "what is chosen by hand waits"
    assert shirt.handle in by(is_on=False, types=("Hats",))
    assert holds(held) == {row[0] for row in handles(held.product_ids())}
    assert CollectionRule.of(held).rule == Rule(types=("Hats",))


def test_it_takes_its_products_along_to_another_handle_and_away(by, held):
    there = by(types=("Hats",))
    Collection.edit(held.id, held.version, {"slug": "hats", "title": "Hats", "words": ""})
    assert holds(held) == there
    facet = Collection.get_by_id(held.id).facet
    Collection.remove(held.id)
    shelf = Shelf()
    shelf.refresh()
    assert not shelf.of(*facet)
    assert not shelf.of(*held.facet)
    assert not CollectionRule.select().exists()


def test_of_two_who_save_the_second_is_told_and_nothing_is_written_over(held, clock):
    first, second = (Filling(True, Rule(types=(kind,)), NEW) for kind in ("Hats", "Jackets"))
    seen = Filling.of(held).version
    refill(held.id, seen, first, clock())
    refill(held.id, seen, first, clock())  # the same once more is fine
    with pytest.raises(Refused, match="Somebody else has saved"):
        refill(held.id, seen, second, clock())
    assert Filling.of(Collection.get_by_id(held.id)) == first


@pytest.mark.parametrize(
    ("conditions", "field", "words"),
    [
        ({}, "rule", "one condition at least"),
        ({"price_from": 500, "price_to": 499}, "price_to", "less than"),
        ({"best_most": 5}, "best_days", "want both"),
        ({"best_days": 5}, "best_most", "want both"),
        ({"tags": tuple("abcdefghijklmnopqrstu")}, "tags", "20 at most"),
    ],
)
def test_a_rule_that_nobody_can_have_meant_is_refused(by, held, conditions, field, words):
    with pytest.raises(Refused) as refused:
        by(**conditions)
    assert words in refused.value.problems[field]
    assert not CollectionRule.select().exists()


def test_a_code_for_a_collection_by_rule_is_for_what_it_holds(by, held, shirt, clock):
    by(types=(shirt.type,))
    code = Discount(kind="percent", value=1000, code="HATS", currency="USD", collection=held)
    variant = next(v for v in shirt.in_order() if v.left)
    other = next(v for v in Variant.select().join(Product).where(Product.type == "Hats") if v.left)
    assert [bool(taken) for taken in code.taken_off(cart_of((variant, 1), (other, 1)))] in (
        [True, False],
        [False, True],
    )


def test_it_stands_on_the_front_page_with_one_of_its_products(by, held):
    there = by(types=("Hats",))
    tile = next(tile for tile in Tile.all() if tile.slug == held.slug)
    assert tile.handle in there
    by(types=("Nobody's",))
    assert held.slug not in [tile.slug for tile in Tile.all()]


# What depends on orders and on the time


def three() -> list[Product]:
    return list(Product.on_sale().where(Product.type == "Jackets").limit(3))


def test_best_sellers_are_those_of_enough_orders_of_enough_people(by, held, clock):
    a, b, c = three()
    sold([a], 12, clock())
    sold([b], 15, clock())
    sold([c], 9, clock())
    conditions = {"best_most": 5, "best_days": 30}
    assert by(BEST, **conditions) == {a.handle, b.handle}
    assert Collection.with_rules().where(Collection.id == held.id).first().ranking() == [b.id, a.id]
    assert by(BEST, best_most=1, best_days=30) == {b.handle}
    assert by(BEST, types=("Hats",), **conditions) == set()
    sold([c], 1, clock())  # of somebody who is among the nine
    assert len(by(BEST, **conditions)) == 2
    sold([c], 10, clock())
    assert len(by(BEST, **conditions)) == 3


@pytest.mark.parametrize(
    "facts",
    [
        *({"state": state} for state in ("placed", "lapsed", "declined", "cancelled", "refunded")),
        {"customers": 9},
    ],
)
def test_orders_that_were_not_paid_or_of_too_few_people_count_for_nothing(by, clock, facts):
    sold(three()[:1], 20, clock(), **facts)
    assert by(BEST, best_most=5, best_days=30) == set()


def test_the_hour_brings_what_sells_and_what_is_new_up_to_date(by, held, clock):
    a, b, _ = three()
    sold([a], 12, clock())
    assert by(BEST, best_most=1, best_days=30) == {a.handle}
    sold([b], 13, clock())
    assert holds(held) == {a.handle}
    keep_up(clock())
    assert holds(held) == {b.handle}
    edition = Edition.current()
    keep_up(clock() + timedelta(hours=1))
    assert Edition.current() == edition, "no page is drawn anew where nothing has changed"
    keep_up(clock() + timedelta(days=31))
    assert holds(held) == set()
    everything = meeting(lambda p: True)
    assert by(new_days=30) == everything
    keep_up(clock() + timedelta(days=29))
    assert holds(held) == everything
    keep_up(clock() + timedelta(days=31))
    assert holds(held) == set()


def test_the_best_of_those_in_stock_make_room_for_the_next(by, held, clock):
    a, b, _ = three()
    for product in (a, b):
        for variant in product.in_order():
            stock(variant, 1)
        shopkeeping.reprice(product.id, variant.id, variant.price_minor, 100, clock())
    sold([a], 12, clock())
    sold([b], 11, clock())
    assert by(BEST, best_most=1, best_days=30, in_stock=True) == {a.handle}
    with database.atomic():
        shelves.take({variant.id: 1 for variant in a.in_order()})
    assert holds(held) == {b.handle}


def test_a_collection_by_hand_may_be_ordered_by_what_sells(by, held, clock):
    a, b, c = three()
    held.hold([a.handle, b.handle, c.handle])
    sold([c], 11, clock())
    by(BEST, is_on=False)
    assert Collection.with_rules().where(Collection.id == held.id).first().ranking() == [c.id]
    assert holds(held) == {a.handle, b.handle, c.handle}


def test_the_standing_lists_are_made_as_they_are_said_to_be(settings, clock):
    assert collection_filling.presets() == list(PRESETS)
    for preset in PRESETS:
        made = preset.make(clock())
        assert Filling.of(Collection.get_by_id(made.id)) == preset.filling
    assert collection_filling.presets() == []
    with pytest.raises(Refused, match="Another collection"):
        PRESETS[0].make(clock())
    on_sale = Collection.get(Collection.slug == "on-sale")
    assert holds(on_sale) == meeting(lambda p: p.reduced and p.available)


def test_a_rule_of_many_products_is_saved_with_few_queries(held, clock):
    generate(1200, "USD", clock())
    filling = Filling(True, Rule(price_to=1_000_000), NEW)
    with count_queries() as counted:
        assert refill(held.id, Filling.of(held).version, filling, clock()) > 1200
    assert counted.count < 25
    facts = Product.get(Product.handle == "generated-7")
    with count_queries() as counted:
        shopkeeping.reprice(facts.id, facts.in_order()[0].id, facts.price_from, 1, clock())
    assert counted.count < 45


def test_many_who_save_products_and_the_rule_at_once_come_to_the_same(by, held, clock):
    by(tags=("picnic",))
    products = list(Product.on_sale().limit(5))
    turns = iter(products)
    rules = iter([Rule(tags=("picnic",)), Rule(tags=("picnic", "lake"))] * 2)

    def work():
        product = next(turns, None)
        if product is None:
            filling = Filling(True, next(rules), NEW)
            seen = Filling.of(Collection.get_by_id(held.id)).version
            return refill(held.id, seen, filling, clock())
        facts = {name: getattr(product, name) for name in shopkeeping.FACTS}
        seen = shopkeeping.version(product)
        return shopkeeping.edit(product.id, seen, facts | {"tags": ["picnic"]}, clock())

    at_once(work, 7)
    assert holds(held) == {product.handle for product in products}

"""Stock put right by hand: with a reason, and never over what orders take meanwhile."""

import pytest

from storefront.db import database
from storefront.models import Product, StockAdjustment, Variant
from storefront.models.adjustment import MOST
from storefront.models.stock import take
from storefront.refusals import Refused
from tests.models.placing import stock
from tests.racing import at_once


def adjust(variant, reason, pieces, clock, note="") -> StockAdjustment:
    facts = {"note": note, "role": "fulfilment", "at": clock()}
    return StockAdjustment.make(variant.id, reason, pieces, **facts)


def left(variant) -> int | None:
    return Variant.get_by_id(variant.id).stock


@pytest.mark.parametrize(
    ("reason", "pieces", "then"),
    [
        ("received", 5, 15),
        ("returned", 1, 11),
        ("damaged", 2, 8),
        ("lost", 3, 7),
        ("counted", 7, 7),
        ("counted", 0, 0),
        ("other", -4, 6),
        ("other", 4, 14),
    ],
)
def test_each_reason_moves_the_stock_its_own_way(plenty, clock, reason, pieces, then):
    stock(plenty, 10)
    made = adjust(plenty, reason, pieces, clock, "as agreed")
    assert (left(plenty), made.by, made.left) == (then, then - 10, then)
    assert StockAdjustment.newest(plenty, 5) == [made]
    assert (made.reason, made.note, made.role) == (reason, "as agreed", "fulfilment")


@pytest.mark.parametrize(
    ("reason", "pieces", "field"),
    [
        ("stolen by elves", 1, "reason"),
        ("received", 0, "pieces"),
        ("received", -1, "pieces"),
        ("damaged", -1, "pieces"),
        ("counted", -1, "pieces"),
        ("other", 0, "pieces"),
        ("other", 3, "note"),
        ("received", MOST + 1, "pieces"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_changed(
    plenty, clock, reason, pieces, field
):
    before = left(plenty)
    with pytest.raises(Refused) as refused:
        adjust(plenty, reason, pieces, clock)
    assert field in refused.value.problems
    assert left(plenty) == before
    assert not StockAdjustment.select().exists()


def test_what_is_not_counted_is_not_adjusted(plenty, clock):
    Variant.update(tracked=False).where(Variant.id == plenty.id).execute()
    with pytest.raises(Refused, match="not counted"):
        adjust(plenty, "received", 5, clock)


def test_what_nobody_has_counted_is_counted_first(plenty, clock):
    Variant.update(stock=None).where(Variant.id == plenty.id).execute()
    with pytest.raises(Refused, match="Nobody has counted"):
        adjust(plenty, "received", 5, clock)
    adjust(plenty, "counted", 5, clock)
    assert left(plenty) == 5


def test_what_was_oversold_is_made_good_first(plenty, clock):
    stock(plenty, -3)
    adjust(plenty, "received", 5, clock)
    assert left(plenty) == 2


def test_lists_hear_that_the_last_is_gone_and_that_some_came(shirt, clock):
    Variant.update(stock=0, tracked=True, oversell=False).where(Variant.product == shirt).execute()
    one = shirt.in_order()[0]
    Product.update(available=False).where(Product.id == shirt.id).execute()
    adjust(one, "received", 1, clock)
    assert Product.get_by_id(shirt.id).available
    assert ["stock", "in stock"] in Product.get_by_id(shirt.id).facets
    adjust(one, "lost", 1, clock)
    assert not Product.get_by_id(shirt.id).available


def test_a_variant_that_is_gone_is_refused_in_words(plenty, clock):
    Variant.delete().where(Variant.id == plenty.id).execute()
    with pytest.raises(Refused, match="removed meanwhile"):
        adjust(plenty, "received", 1, clock)


def test_orders_and_adjustments_at_once_lose_nothing_of_each_other(plenty, clock):
    stock(plenty, 100)
    turns = iter(range(1000))

    def either():
        if next(turns) % 2:
            return adjust(plenty, "received", 3, clock).by
        with database.atomic():
            take({plenty.id: 2})
        return -2

    moved = at_once(either, 12)
    assert left(plenty) == 100 + sum(moved)


def test_a_count_while_orders_come_in_says_by_how_much_it_differed(plenty, clock):
    stock(plenty, 40)

    turns = iter(range(100))

    def either():
        if next(turns) == 5:
            return adjust(plenty, "counted", 20, clock)
        with database.atomic():
            take({plenty.id: 1})

    counted = next(made for made in at_once(either, 10) if made)
    taken_before = 40 - (20 - counted.by)
    assert left(plenty) == 20 - (9 - taken_before)

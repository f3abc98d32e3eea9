"""What lists begin with: the rule, without a database; and reading it, with one."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some
from playhouse.test_utils import count_queries
from pyroaring import BitMap

from storefront.models import Collection, Pin, Product, search
from storefront.models.pinned import Pinned, Pins, searched
from storefront.models.showcase import PRODUCTS
from storefront.refusals import Refused

DAY = timedelta(days=1)


def lead(placed=(), ahead=()) -> Pinned:
    return Pinned(tuple(sorted(placed)), BitMap(ahead))


def whole(lead, products, ranked=None) -> list[int]:
    return list(lead.page(BitMap(products), ranked, 0, 1000))


def test_a_pin_stands_at_its_place_and_the_others_keep_their_order():
    assert whole(lead([(1, 2), (3, 1)]), range(1, 7)) == [2, 6, 1, 5, 4, 3]
    assert whole(lead([(1, 2)]), [1, 2, 3], [3, 1, 2]) == [2, 3, 1]


def test_what_is_ahead_comes_before_the_rest_and_behind_what_has_a_place():
    assert whole(lead([(1, 2)], [1, 4]), range(1, 7)) == [2, 4, 1, 6, 5, 3]
    assert whole(lead([(2, 1)], [1, 2]), [1, 2, 3], [3, 1, 2]) == [2, 1, 3]


def test_two_at_one_place_follow_each_other_and_a_place_behind_the_end_is_the_last():
    assert whole(lead([(1, 1), (1, 2)]), range(1, 5)) == [1, 2, 4, 3]
    assert whole(lead([(50, 3), (90, 2)]), range(1, 5)) == [4, 1, 3, 2]
    assert whole(lead([(1, 2), (3, 2)]), range(1, 5)) == [2, 4, 3, 1]


def test_what_is_not_in_the_list_is_passed_over():
    assert whole(lead([(1, 9), (2, 1)], [8]), range(1, 4)) == [3, 1, 2]
    assert whole(lead([(1, 9)]), []) == []


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    some.sets(some.integers(1, 60), max_size=50),
    some.lists(some.tuples(some.integers(1, 70), some.integers(1, 60)), max_size=12),
    some.sets(some.integers(1, 60), max_size=20),
    some.integers(1, 9),
    some.booleans(),
)
def test_whatever_is_pinned_each_product_stands_once_on_some_page(
    products, placed, ahead, size, by_hand
):
    ranked = sorted(products) if by_hand else None
    led = lead(placed, ahead)
    pages = [
        led.page(BitMap(products), ranked, start, start + size)
        for start in range(0, len(products), size)
    ]
    ids = [number for page in pages for number in page]
    assert sorted(ids) == sorted(products)
    assert ids == whole(led, products, ranked)


def made(**changes) -> Pin:
    nothing = dict.fromkeys(("collection", "product", "of_collection", "place"))
    nothing |= dict.fromkeys(("starts_at", "ends_at")) | dict.fromkeys(("words", "type", "tag"), "")
    return Pin.make(nothing | changes)


def nothing_has(*_) -> BitMap:
    return BitMap()


def test_a_lead_is_of_one_list_and_of_its_period(settings, shirt, clock):
    held, at = Collection.get(Collection.slug == "rain-ready"), clock()
    made(product=shirt, place=1)
    made(product=shirt, place=2, collection=held, ends_at=at + DAY)
    made(product=shirt, place=3, words="rain gear", starts_at=at + 2 * DAY)
    made(product=shirt, place=4, ends_at=at)
    with count_queries() as counted:
        leads = Pins.read(at)
    assert counted.count == 1
    assert leads.of(PRODUCTS, at, nothing_has).placed == ((1, shirt.id),)
    assert leads.of(held.id, at, nothing_has).placed == ((2, shirt.id),)
    assert leads.of(held.id, at + DAY, nothing_has).placed == ()
    assert leads.of(searched(["gear", "rain"]), at, nothing_has).placed == ()
    later = at + 2 * DAY
    assert leads.of(searched(["gear", "rain"]), later, nothing_has).placed == ((3, shirt.id),)
    assert leads.next_change(at) == at + DAY
    assert leads.next_change(at + DAY) == later
    assert leads.next_change(later) is None


def test_products_are_brought_forward_by_type_collection_tag_or_alone(settings, shirt, clock):
    held = Collection.get(Collection.slug == "rain-ready")
    asked = []

    def facet(*named) -> BitMap:
        asked.append(named)
        return BitMap([7])

    tag = shirt.tags[0]
    with_tag = {p.id for p in Product.on_sale() if tag in p.tags}
    made(tag=tag)
    made(type="Jackets")
    made(of_collection=held)
    made(product=shirt)
    ahead = Pins.read(clock()).of(PRODUCTS, clock(), facet).ahead
    assert set(ahead) == with_tag | {7, shirt.id}
    assert asked == [("type", "Jackets"), held.facet]


def test_a_tag_is_another_than_one_that_has_more_words(settings, shirt):
    shirt.tags = ["zebra sale"]
    shirt.save()
    search.index(shirt, shirt.in_order())
    assert search.tagged("zebra sale") == [shirt.id]
    assert search.tagged("zebra") == search.tagged("sale zebra") == search.tagged("!") == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"place": 1, "type": "Hats"}, "place"),
        ({"place": 0, "product": 1}, "place"),
        ({"place": 101, "product": 1}, "place"),
        ({}, "of"),
        ({"product": 4711}, "of"),
        ({"tag": "x", "words": "Two  Words"}, "words"),
    ],
)
def test_a_pin_that_cannot_be_is_refused(settings, changes, field):
    with pytest.raises(Refused) as refused:
        made(**changes)
    assert field in refused.value.problems
    assert not Pin.select().exists()

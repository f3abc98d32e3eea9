"""Collections as staff make and arrange them."""

import pytest

from storefront.models import Collection, CollectionItem, FormerSlug, Product
from storefront.refusals import Refused
from storefront.shelf import Shelf
from tests.racing import at_once


@pytest.fixture
def held(settings) -> Collection:
    return Collection.make("For cold feet", "cold-feet", "Wool, mostly.")


@pytest.fixture
def three(held) -> list[int]:
    ids = [p.id for p in Product.select().where(Product.status == "active").limit(3)]
    for number in ids:
        Collection.take_in(held.id, number)
    return ids


def on_shelf(slug: str) -> set[int]:
    shelf = Shelf()
    shelf.refresh()
    return set(shelf.of(f"collection:{slug}", "in"))


def places(held: Collection) -> list[int]:
    items = CollectionItem.select().where(CollectionItem.collection == held)
    return sorted(item.position for item in items)


def test_products_are_put_in_at_the_end_and_twice_is_once(held, three):
    Collection.take_in(held.id, three[0])
    assert held.product_ids() == three
    assert on_shelf("cold-feet") == set(three)


def test_products_change_places_and_stop_at_the_ends(held, three):
    a, b, c = three
    Collection.move(held.id, c, 0)
    assert held.product_ids() == [c, a, b]
    Collection.move(held.id, c, 99)
    assert held.product_ids() == [a, b, c]
    Collection.move(held.id, b, -5)
    assert held.product_ids() == [b, a, c]
    assert places(held) == [0, 1, 2]


def test_what_is_taken_out_leaves_no_gap(held, three):
    Collection.let_go(held.id, three[0])
    Collection.let_go(held.id, three[0])
    assert held.product_ids() == three[1:]
    assert places(held) == [0, 1]
    assert on_shelf("cold-feet") == set(three[1:])


def test_another_handle_takes_the_products_along(held, three):
    Collection.edit(held.id, held.version, {"slug": "warm", "title": "Warm", "words": ""})
    assert on_shelf("warm") == set(three)
    assert on_shelf("cold-feet") == set()


def test_a_handle_that_another_has_is_refused_and_nothing_changed(held):
    taken = Collection.select().where(Collection.id != held.id).first().slug
    with pytest.raises(Refused, match="Another collection"):
        Collection.make("Again", taken, "")
    facts = {"slug": taken, "title": "Mine", "words": ""}
    with pytest.raises(Refused, match="Another collection"):
        Collection.edit(held.id, held.version, facts)
    assert Collection.get_by_id(held.id).title == "For cold feet"


def test_who_saves_second_is_told_and_writes_over_nothing(held):
    facts = {"slug": "cold-feet", "title": "First", "words": ""}
    Collection.edit(held.id, held.version, facts)
    Collection.edit(held.id, held.version, facts)  # the same again is fine
    with pytest.raises(Refused, match="Somebody else has saved"):
        Collection.edit(held.id, held.version, facts | {"title": "Second"})


def test_a_collection_that_is_removed_leaves_its_products(held, three):
    Collection.remove(held.id)
    assert on_shelf("cold-feet") == set()
    assert Product.select().where(Product.id.in_(three)).count() == 3
    for verb in (
        lambda: Collection.remove(held.id),
        lambda: Collection.take_in(held.id, three[0]),
        lambda: Collection.move(held.id, three[0], 0),
        lambda: Collection.arrange(held.id, 1),
    ):
        with pytest.raises(Refused, match="removed meanwhile"):
            verb()


def test_collections_change_places_among_each_other(held):
    ids = [each.id for each in Collection.in_order()]
    Collection.arrange(held.id, -1)
    Collection.arrange(ids[0], -1)
    assert [each.id for each in Collection.in_order()] == [*ids[:-2], held.id, ids[-2]]


def test_a_product_that_is_not_there_is_neither_put_in_nor_moved(held):
    with pytest.raises(Refused, match="not there"):
        Collection.take_in(held.id, 2**30)
    with pytest.raises(Refused, match="taken out"):
        Collection.move(held.id, 2**30, 0)


def test_eight_who_put_products_in_at_once_all_find_a_place(held):
    ids = [p.id for p in Product.select().where(Product.status == "active").limit(8)]
    turns = iter(ids)
    at_once(lambda: Collection.take_in(held.id, next(turns)), 8)
    assert places(held) == list(range(8))
    assert set(held.product_ids()) == set(ids) == on_shelf("cold-feet")


def renamed(held: Collection, slug: str) -> Collection:
    facts = {"title": held.title, "slug": slug, "words": held.words}
    return Collection.edit(held.id, held.version, facts)


def test_former_slugs_lead_to_where_a_collection_is_now_until_another_takes_them(held):
    now = renamed(renamed(held, "warm-feet"), "feet")
    for slug in ("cold-feet", "warm-feet"):
        assert FormerSlug.leads_to(slug) == now
    back = renamed(now, "cold-feet")
    assert FormerSlug.leads_to("cold-feet") is None
    assert FormerSlug.leads_to("feet") == back
    Collection.make("All feet", "feet", "")
    assert FormerSlug.leads_to("feet") is None
    Collection.remove(held.id)
    assert not FormerSlug.select().exists()


def test_a_refused_name_keeps_what_led_on(held):
    now = renamed(held, "warm-feet")
    taken = Collection.select().where(Collection.id != held.id).first().slug
    with pytest.raises(Refused):
        renamed(now, taken)
    with pytest.raises(Refused):
        Collection.make("Again", taken, "")
    assert [row.slug for row in FormerSlug.select()] == ["cold-feet"]

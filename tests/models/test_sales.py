"""What is counted over orders: pairs from ten orders of ten people on, and nobody in them."""

from datetime import timedelta

import pytest

from storefront import privacy
from storefront.models import BoughtTogether, Edition, Order, Product
from storefront.models.beside import Beside
from storefront.models.collection_filling import keep_up
from tests.sales import sold


@pytest.fixture
def four(settings) -> list[Product]:
    return list(Product.on_sale().order_by(Product.id).limit(4))


def pairs() -> set[tuple[int, int, int]]:
    return set(
        BoughtTogether.select(
            BoughtTogether.product, BoughtTogether.other, BoughtTogether.orders
        ).tuples()
    )


def test_a_pair_is_kept_from_ten_orders_of_ten_people_on(four, clock):
    a, b, c, d = four
    sold([a, b], 10, clock())
    sold([a, c], 9, clock())
    sold([a, d], 30, clock(), customers=9)
    sold([b, c], 30, clock(), state="cancelled")
    keep_up(clock())
    assert pairs() == {(a.id, b.id, 10), (b.id, a.id, 10)}
    sold([a, c], 1, clock(), email="tenth@buyers.example")
    keep_up(clock())
    assert (a.id, c.id, 10) in pairs()
    keep_up(clock() + timedelta(days=366))
    assert pairs() == set()


def test_a_product_keeps_the_four_that_go_with_it_most_often(clock, settings):
    several = list(Product.on_sale().order_by(Product.id).limit(6))
    for more, other in enumerate(several[1:]):
        sold([several[0], other], 10 + more, clock())
    keep_up(clock())
    shown = Beside.of(several[0])
    assert [card.id for card in shown.bought] == [product.id for product in several[:1:-1]]
    assert shown.alike == ()
    assert BoughtTogether.select().where(BoughtTogether.product == several[0]).count() == 4


def test_what_is_no_longer_sold_is_not_shown_beside_anything(four, clock):
    a, b, *_ = four
    sold([a, b], 10, clock())
    keep_up(clock())
    assert [card.id for card in Beside.of(a).bought] == [b.id]
    Product.update(status="draft").where(Product.id == b.id).execute()
    assert Beside.of(a).bought == ()


def test_pages_are_drawn_anew_when_a_pair_changes_and_at_no_other_hour(four, clock):
    sold(four[:2], 10, clock())
    before = Edition.current()
    keep_up(clock())
    after = Edition.current()
    assert before != after
    keep_up(clock())
    assert Edition.current() == after


def test_an_order_that_is_erased_leaves_nothing_in_it_that_could_name_it(settings, four, clock):
    sold(four[:2], 10, clock(), stage="delivered")
    keep_up(clock())
    columns = {field.name for field in BoughtTogether._meta.sorted_fields}
    assert columns == {"id", "product", "other", "orders"}
    buyers = [order.email for order in Order.select()]
    for email in buyers[:3]:
        privacy.erase(email, settings, clock())
    assert Order.select().where(Order.email == "").count() == 3
    keep_up(clock())
    assert pairs() == {(four[0].id, four[1].id, 10), (four[1].id, four[0].id, 10)}, (
        "what is kept of them for the tax tells one from another"
    )
    Order.update(whose=None).where(Order.email == "").execute()
    keep_up(clock())
    assert pairs() == set(), "when that has gone, too, they count as one"


# What is alike


def made(kind: str, title: str, **facts) -> Product:
    like = Product.get(Product.type == "Hats")
    columns = {f.name: getattr(like, f.name) for f in Product._meta.sorted_fields if f.name != "id"}
    columns |= {"handle": title.lower().replace(" ", "-"), "title": title, "type": kind}
    return Product.create(**columns | {"tags": [], "facets": [], "vendor": ""} | facts)


def test_what_shares_more_and_rarer_words_tags_and_options_comes_first(settings):
    wool = [["option:Material", "Wool"]]
    far = made("Rugs", "Harbor cotton rug")
    options = made("Rugs", "Ferry rug", facets=wool)
    words = made("Rugs", "Lantern weave rug", tags=["floor"])
    own = made("Rugs", "Lantern weave runner", tags=["floor"], facets=wool)
    for number in range(5):
        made("Rugs", f"Plain rug {number}")
    alike = Beside.of(own).alike
    assert [card.id for card in alike[:2]] == [words.id, options.id]
    assert len(alike) == 4
    assert far.id not in [card.id for card in alike], "of what has nothing in common the newest"


def test_of_no_kind_only_what_has_something_in_common_is_alike(settings):
    made("", "Brass compass")
    rope = made("", "Hemp rope", tags=["Deck"])
    own = made("", "Deck brush", tags=["deck"])
    assert [card.id for card in Beside.of(own).alike] == [rope.id]


def test_the_only_one_of_its_kind_has_nothing_beside_it(settings):
    assert Beside.of(made("Anvils", "Anvil")) == ((), ())

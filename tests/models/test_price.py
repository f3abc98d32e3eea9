"""What things have cost: noted with each change, and the lowest price before a reduction kept."""

from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront.exchange import shopify
from storefront.exchange.load import load
from storefront.generate import generate
from storefront.models import PriceChange, Product, Variant, price, shopkeeping
from storefront.setup import DEMO_CATALOGUE


@pytest.fixture
def sold(settings, clock) -> Variant:
    """A thing that has cost 100.00 for long."""
    made = shopkeeping.make("Felt slippers", 10000, "USD", clock())
    clock.forward(days=90)
    return made.in_order()[0]


def cost(variant: Variant, clock, minor: int, before: int | None = None) -> Variant:
    """The variant at that price, struck through beside it what it was before."""
    held = Variant.get_by_id(variant.id)
    facts = {name: getattr(held, name) for name in shopkeeping.OF_VARIANT}
    facts |= {"price_minor": minor, "compare_at_minor": before}
    seen = shopkeeping.version(held)
    shopkeeping.edit_variant(held.product_id, held.id, seen, facts, clock())
    return Variant.get_by_id(variant.id)


def prices(variant: Variant) -> list[int]:
    return [change.price_minor for change in PriceChange.newest(variant, 20)]


def test_every_price_is_noted_with_its_moment_and_the_same_one_once(sold, clock):
    cost(sold, clock, 9000)
    cost(sold, clock, 9000)
    clock.forward(days=1)
    cost(sold, clock, 9500)
    assert prices(sold) == [9500, 9000, 10000]
    assert PriceChange.newest(sold, 1)[0].at == clock()


def test_a_reduction_is_told_with_the_price_before_it(sold, clock):
    assert cost(sold, clock, 8000, 10000).prior_minor == 10000


def test_the_lowest_price_of_the_thirty_days_before_counts_and_not_the_one_struck_through(
    sold, clock
):
    cost(sold, clock, 7000)
    clock.forward(days=10)
    cost(sold, clock, 12000)
    clock.forward(days=10)
    assert cost(sold, clock, 9000, 12000).prior_minor == 7000


def test_a_price_that_ended_more_than_thirty_days_before_does_not_count(sold, clock):
    cost(sold, clock, 7000)
    clock.forward(days=10)
    cost(sold, clock, 12000)
    clock.forward(days=31)
    assert cost(sold, clock, 9000, 12000).prior_minor == 12000


def test_a_price_that_began_long_before_and_still_held_within_the_period_counts(sold, clock):
    cost(sold, clock, 7000)
    clock.forward(days=50)
    cost(sold, clock, 12000)
    clock.forward(days=29)
    assert cost(sold, clock, 9000, 12000).prior_minor == 7000


def test_a_reduction_that_deepens_keeps_the_price_from_before_it_began(sold, clock):
    cost(sold, clock, 8000, 10000)
    clock.forward(days=40)
    deeper = cost(sold, clock, 6000, 10000)
    assert deeper.prior_minor == 10000
    assert str(deeper.prior) == "$100.00"


def test_a_sale_that_pauses_for_a_day_is_told_from_its_own_low_price(sold, clock):
    cost(sold, clock, 6000, 10000)
    clock.forward(days=5)
    paused = cost(sold, clock, 10000)
    assert (paused.prior_minor, paused.prior) == (None, None)
    clock.forward(days=1)
    assert cost(sold, clock, 8000, 10000).prior_minor == 6000


def test_what_was_reduced_from_its_first_day_names_no_price_before(settings, clock):
    made = shopkeeping.make("Felt hat", 5000, "USD", clock())
    Variant.update(compare_at_minor=9000).where(Variant.product == made).execute()
    (hat,) = made.in_order()
    assert hat.reduced
    assert hat.prior is None


def test_a_price_of_before_the_history_began_counts_all_the_same(sold, clock):
    PriceChange.delete().execute()
    assert cost(sold, clock, 8000, 10000).prior_minor == 10000


def test_an_import_notes_what_it_changes_and_twice_the_same_notes_nothing(settings, clock):
    before = PriceChange.select().count()
    assert before == Variant.select().count(), "the demo came in by an import"
    variant = Variant.select().where(Variant.compare_at_minor.is_null()).first()
    right = variant.price_minor
    Variant.update(price_minor=right + 700).where(Variant.id == variant.id).execute()
    clock.forward(days=3)
    for _ in range(2):
        load(shopify.read(DEMO_CATALOGUE, 2), "USD", clock())
    assert PriceChange.select().count() == before + 1
    assert prices(variant)[0] == right


def test_an_import_that_reduces_tells_the_lowest_price_before(settings, clock):
    reduced = Variant.select().where(Variant.compare_at_minor > Variant.price_minor).first()
    Variant.update(compare_at_minor=None, price_minor=4200).where(
        Variant.id == reduced.id
    ).execute()
    clock.forward(days=60)
    load(shopify.read(DEMO_CATALOGUE, 2), "USD", clock())
    known = (reduced.price_minor, 4200)
    assert Variant.get_by_id(reduced.id).prior_minor == min(known)


def test_prices_are_noted_by_the_batch_and_not_one_by_one(settings, clock):
    generate(100, "USD", clock())
    made = Product.select(Product.id).where(Product.handle.startswith("generated-"))
    variants = list(Variant.select().where(Variant.product.in_(made)))
    assert len(variants) == 600
    assert PriceChange.select().where(PriceChange.variant.in_(made)).count()
    for variant in variants:
        variant.compare_at_minor, variant.price_minor = variant.price_minor, 100
    with count_queries() as counted:
        price.note(variants, clock() + timedelta(days=1))
    assert counted.count <= 6, "two of each for six hundred"
    assert all(v.prior_minor == v.compare_at_minor for v in variants)


def test_what_is_removed_takes_its_prices_along(sold, clock):
    Product.delete().where(Product.id == sold.product_id).execute()
    assert not PriceChange.select().where(PriceChange.variant == sold.id).exists()

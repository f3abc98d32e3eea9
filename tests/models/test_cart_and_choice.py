"""What a shopper means to buy, and the choice among a product's variants."""

import pytest

from storefront.models import Product, ShippingRate, ShippingZone, TaxRate, Variant
from storefront.models.cart import MOST_LINES, Cart
from storefront.models.choice import Choice
from storefront.models.product import MOST_OF_ONE
from storefront.models.totals import Totals
from storefront.money import Money
from storefront.refusals import Refused
from tests.models.placing import cart_of, stock


def test_lines_stand_in_the_order_they_were_put_in_at_todays_price(shirt):
    one, other = [stock(variant, 10) for variant in shirt.in_order()[:2]]
    cart = cart_of((other, 1), (one, 2))
    assert [line.variant for line in cart.lines] == [other, one]
    assert cart.subtotal == other.price + one.price * 2
    assert cart.count == 3


@pytest.mark.parametrize("off", [{"status": "draft"}, {"status": "archived"}, {"published": False}])
def test_what_is_not_on_sale_is_gone_and_never_priced(shirt, plenty, off):
    Product.update(off).where(Product.id == shirt.id).execute()
    cart = cart_of((plenty, 2))
    assert (cart.lines, cart.gone, cart.subtotal) == ([], 1, Money(0, "USD"))
    assert cart.without_gone().quantities == {}


def test_a_cart_holds_no_more_than_there_is_nor_than_one_order_may(plenty):
    variant = stock(plenty, 3)
    assert Cart({}, "USD").with_more(variant, 3).quantities == {variant.id: 3}
    with pytest.raises(Refused, match=r"Only 3 are left, and your cart already holds 2\."):
        cart_of((variant, 2)).with_more(variant, 2)
    with pytest.raises(Refused, match="at most 99"):
        Cart({}, "USD").with_more(stock(plenty, 10**6), MOST_OF_ONE + 1)


def test_a_cart_holds_so_many_different_things_and_no_more(plenty):
    full = Cart({-n: 1 for n in range(1, MOST_LINES + 1)}, "USD")
    with pytest.raises(Refused, match=f"at most {MOST_LINES} different"):
        full.with_more(plenty, 1)


def test_a_cart_is_not_changed_by_what_is_made_of_it(plenty):
    cart = cart_of((stock(plenty, 9), 2))
    cart.with_exactly(plenty, 5), cart.without(plenty.id), cart.with_exactly(plenty, 0)
    assert cart.quantities == {plenty.id: 2}


def test_what_was_not_chosen_is_filled_in_with_what_is_left(shirt):
    variants = shirt.in_order()
    Variant.update(stock=0, tracked=True, oversell=False).where(Variant.product == shirt).execute()
    there = stock(variants[-1], 1)
    assert Choice(shirt).variant == there
    first = Choice(shirt, tuple(variants[0].choice))
    assert (first.variant, first.variant.left) == (variants[0], 0), "what was chosen stays chosen"


@pytest.mark.parametrize("asked", [("?", "?", "?"), ("",), ("\0" * 99,), (None,) * 9, ("x",) * 50])
def test_a_choice_of_what_does_not_exist_is_a_choice_of_something_that_does(shirt, asked):
    assert Choice(shirt, asked).variant in shirt.in_order()


def test_what_is_sold_out_is_struck_through_and_what_is_chosen_is_marked(shirt):
    gone = shirt.in_order()[0]
    stock(gone, 0)
    choice = Choice(shirt, tuple(gone.choice))
    for n, group in enumerate(choice.groups):
        assert group.field == f"option{n + 1}"
        chosen = [value for value in group.values if value.chosen]
        assert [value.value for value in chosen] == [gone.choice[n]]
        assert chosen[0].sold_out


def test_a_product_in_one_form_only_has_no_groups(settings):
    single = next(p for p in Product.select() if not p.options)
    assert Choice(single).groups == []
    assert Choice(single).variant == single.in_order()[0]


def test_a_country_is_served_by_the_zone_that_names_it(settings):
    alps = ShippingZone.create(name="Alps", countries=["CH", "AT"])
    fast = ShippingRate.create(zone=alps, name="Fast", price_minor=900, currency="USD")
    slow = ShippingRate.create(zone=alps, name="Slow", price_minor=100, currency="USD")
    assert ShippingRate.for_country("CH") == [slow, fast], "the cheapest first"
    assert [rate.name for rate in ShippingRate.for_country("US")] == ["Standard delivery"]
    ShippingZone.delete().where(ShippingZone.name == "Everywhere").execute()
    assert ShippingRate.for_country("US") == []


def test_tax_is_that_of_the_country_on_what_is_taxed(shirt):
    taxed, free = [stock(variant, 9) for variant in shirt.in_order()[:2]]
    Variant.update(taxable=False).where(Variant.id == free.id).execute()
    TaxRate.create(name="VAT", countries=["DE"], basis_points=1900)
    cart, rate = cart_of((taxed, 1), (free, 1)), ShippingRate.get()
    assert Totals.of(cart, rate, "US").tax == Money(0, "USD")
    totals = Totals.of(cart, rate, "DE")
    assert totals.tax == TaxRate(basis_points=1900).on(taxed.price)
    assert totals.total == cart.subtotal + totals.tax

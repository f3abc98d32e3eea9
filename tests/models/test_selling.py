"""What sending and tax come to, and what falls on each line: sums that are exact."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.models import Discount, OrderLine, ShippingRate, ShippingZone, TaxRate, Variant
from storefront.models.cart import Cart, CartLine
from storefront.models.totals import Totals
from storefront.money import Money, half_up, shares
from storefront.refusals import Refused
from tests.models.placing import ANN, cart_of, place, stock


@pytest.fixture
def two(shirt):
    """Two variants of a shirt, at $10.00 and $5.01, of 400 and 100 grams."""
    pair = [stock(variant, 90) for variant in shirt.in_order()[:2]]
    for variant, price, grams in zip(pair, (1000, 501), (400, 100), strict=True):
        Variant.update(price_minor=price, grams=grams).where(Variant.id == variant.id).execute()
    return [Variant.get_by_id(variant.id) for variant in pair]


def rate(**facts) -> ShippingRate:
    return ShippingRate(zone=1, name="Parcel", currency="USD", price_minor=700, **facts)


MINOR = st.integers(0, 10**12)


@given(st.integers(0, 10**15), st.lists(MINOR, max_size=40))
def test_shares_sum_exactly_and_none_is_a_whole_unit_from_what_is_fair(amount, weights):
    parts, together = shares(amount, weights), sum(weights)
    assert sum(parts) == (amount if together else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert not together or abs(part * together - amount * weight) < together


@given(st.lists(MINOR, min_size=1, max_size=40).filter(any), st.data())
def test_no_line_is_discounted_by_more_than_it_costs(weights, data):
    amount = data.draw(st.integers(0, sum(weights)))
    assert all(p <= w for p, w in zip(shares(amount, weights), weights, strict=True))


def test_equal_remainders_go_to_the_first():
    assert shares(100, [1, 1, 1]) == [34, 33, 33]
    assert shares(2, [5, 0, 5, 5]) == [1, 0, 1, 0]
    assert shares(7, [0, 0]) == [0, 0]


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_half_up_is_the_nearest_whole_and_the_upper_of_two(numerator, denominator):
    nearest = half_up(numerator, denominator)
    assert -denominator < 2 * (numerator - nearest * denominator) <= denominator or (
        2 * (nearest * denominator - numerator) == denominator
    )
    assert half_up(1, 2) == 1


@given(MINOR, st.integers(0, 10_000))
def test_tax_that_is_included_is_what_would_be_added_to_the_rest(gross, points):
    """To the unit that rounding may move it by."""
    amount = Money(gross, "EUR")
    within = TaxRate(basis_points=points, included=True).within(amount).minor
    again = TaxRate(basis_points=points).on(Money(gross - within, "EUR")).minor
    assert abs(within - again) <= 1


@pytest.mark.parametrize(
    ("grams", "subtotal", "price"),
    [(0, 0, 500), (999, 0, 500), (1000, 0, 900), (4999, 0, 900), (5000, 0, None), (999, 9900, 0)],
)
def test_a_band_holds_from_its_first_gram_to_just_below_its_end(grams, subtotal, price):
    parcel = rate(measure="weight", bands=[[0, 1000, 500], [1000, 5000, 900]], free_from_minor=9900)
    assert parcel.price_at(grams, subtotal) == price


def test_what_is_too_heavy_for_every_band_goes_by_no_free_way_either():
    parcel = rate(measure="weight", bands=[[0, 1000, 500]], free_from_minor=100)
    assert parcel.price_at(1000, 5000) is None
    assert rate(free_from_minor=100).price_at(10**6, 99) == 700
    assert rate(free_from_minor=100).price_at(10**6, 100) == 0


@given(st.lists(st.integers(0, 50), min_size=2, max_size=12, unique=True).map(sorted))
def test_the_gaps_are_exactly_what_no_band_covers(marks):
    bands = [[low, below, 1] for low, below in zip(marks[::2], marks[1::2], strict=False)]
    banded = rate(measure="subtotal", bands=bands)
    for at in range(60):
        in_gap = any(low <= at and (below is None or at < below) for low, below in banded.gaps)
        assert in_gap == (banded.price_at(0, at) is None)


def test_bands_that_overlap_or_end_before_they_begin_are_refused(settings):
    zone = ShippingZone.get()
    for bands, words in (
        ([[0, 1000, 1], [999, None, 2]], "overlap"),
        ([[0, None, 1], [5, 9, 2]], "overlap"),
        ([[5, 5, 1]], "ends where it begins"),
        ([], "at least one line"),
    ):
        new = ShippingRate(zone=zone, currency="USD", price_minor=0)
        with pytest.raises(Refused, match=words):
            new.change(name="Parcel", measure="weight", bands=bands)
    assert ShippingRate.select().count() == 1


def test_a_country_stands_in_one_zone_only(settings):
    alps = ShippingZone.make("Alps", ["CH", "AT"])
    with pytest.raises(Refused, match="Alps has Austria already"):
        ShippingZone.make("Danube", ["DE", "AT"])
    with pytest.raises(Refused, match="Everywhere has everywhere else already"):
        ShippingZone.make("Rest", ["*"])
    with pytest.raises(Refused, match="stands alone"):
        alps.change("Alps", ["CH", "*"])
    alps.change("Alps", ["CH", "AT", "LI"])
    assert ShippingZone.select().count() == 2


def test_nothing_is_sent_to_a_zone_without_rates_though_everywhere_else_is_served(settings):
    ShippingZone.make("Nowhere", ["AQ"])
    assert ShippingRate.for_country("AQ") == []
    assert len(ShippingRate.for_country("US")) == 1


def test_the_ways_are_those_that_take_the_cart_the_cheapest_first(two):
    zone = ShippingZone.get()
    letter = rate(measure="weight", bands=[[0, 500, 100]])
    letter.zone = zone
    letter.save()
    ShippingRate.update(price_minor=50).where(ShippingRate.id != letter.id).execute()
    names = [way.name for way, _ in ShippingRate.ways("US", cart_of((two[1], 1)))]
    assert names == ["Standard delivery", "Parcel"]
    assert len(ShippingRate.ways("US", cart_of((two[0], 2)))) == 1, "800 g is no letter"
    Variant.update(needs_shipping=False).where(Variant.id == two[0].id).execute()
    light = cart_of((two[0], 2), (two[1], 1))
    assert (light.grams, len(ShippingRate.ways("US", light))) == (100, 2)


def test_a_rate_that_takes_the_cart_no_more_places_no_order(two, clock):
    ShippingRate.update(measure="weight", bands=[[0, 100, 5]]).execute()
    with pytest.raises(Refused, match="cannot be sent this way"):
        place(cart_of((two[0], 1)), clock())


def test_what_need_not_be_sent_costs_no_sending(two, clock):
    ShippingRate.update(price_minor=700).execute()
    Variant.update(needs_shipping=False).execute()
    order = place(cart_of((two[0], 1)), clock())
    assert (order.shipping_minor, order.total_minor) == (0, 1000)


def test_the_nearest_tax_holds(settings):
    TaxRate.create(name="GST", countries=["CA"], basis_points=500)
    TaxRate.create(name="HST", countries=["CA"], regions=["ON", "NB"], basis_points=1300)
    found = [TaxRate.for_place(*at).name for at in (("CA", "ON"), ("CA", "AB"), ("CA",), ("DE",))]
    assert found == ["HST", "GST", "GST", "No tax"]
    TaxRate.delete().where(TaxRate.name == "No tax").execute()
    assert TaxRate.for_place("DE").words == ""
    assert [TaxRate.for_place(at).regional for at in ("CA", "DE")] == [True, False]


def test_two_rates_for_one_place_are_refused(settings):
    TaxRate().change(name="GST", countries=["CA"], basis_points=500)
    TaxRate().change(name="HST", countries=["CA"], regions=["ON"], basis_points=1300)
    for facts, words in (
        ({"countries": ["CA", "US"]}, "a rate for Canada already: 5 % GST"),
        ({"countries": ["CA"], "regions": ["QC", "ON"]}, "a rate for ON already: 13 % HST"),
        ({"countries": ["*"]}, "everywhere else already: No tax"),
        ({"countries": ["CA", "US"], "regions": ["QC"]}, "want one country"),
        ({"countries": ["US"], "basis_points": 10_001}, "from 0 to 100"),
    ):
        with pytest.raises(Refused, match=words):
            TaxRate().change(name="Tax", **facts)
    assert TaxRate.select().count() == 3


def test_included_tax_is_named_on_the_order_and_adds_nothing(two, clock):
    TaxRate.update(name="VAT", basis_points=1900, included=True, on_shipping=True).execute()
    ShippingRate.update(price_minor=499).execute()
    order = place(cart_of((two[0], 1), (two[1], 2)), clock())
    assert order.total_minor == 1000 + 1002 + 499
    assert (order.tax_minor, order.tax_included_minor) == (0, half_up(2501 * 19, 119))
    assert order.tax_name == "19 % VAT"
    lines = order.in_order()
    of_sending = order.tax_included_minor - sum(line.tax_included_minor for line in lines)
    assert abs(of_sending - 499 * 19 / 119) < 1
    assert [line.paid_minor for line in lines] == [1000, 1002]


def test_what_was_paid_for_the_lines_is_all_that_was_paid_but_for_sending(two, clock):
    TaxRate.update(basis_points=825).execute()
    ShippingRate.update(price_minor=499).execute()
    code = Discount.create(code="ODD", kind="percent", value=333, currency="USD", made_at=clock())
    order = place(cart_of((two[0], 3), (two[1], 7)), clock(), discount=code)
    lines = order.in_order()
    assert sum(line.paid_minor for line in lines) == order.total_minor - 499
    assert sum(line.discount_minor for line in lines) == order.discount_minor
    assert sum(line.tax_minor for line in lines) == order.tax_minor
    assert order.discount_minor == half_up(6507 * 333, 10_000)
    assert order.tax_minor == half_up((6507 - order.discount_minor) * 825, 10_000)


@given(st.integers(1, 10**9), st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_what_was_paid_for_pieces_of_a_line_adds_up_to_the_line(paid, counts):
    line = OrderLine(quantity=sum(counts), price_minor=0, currency="USD", tax_minor=paid)
    parts = [line.paid_for(count, sum(counts[:n])) for n, count in enumerate(counts)]
    assert sum(parts) == paid
    for count, part in zip(counts, parts, strict=True):
        assert abs(part - paid * count / line.quantity) < 1.001


LINES = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(1, 99), st.booleans()), min_size=1, max_size=6
)
KINDS = st.sampled_from(["percent", "amount", "shipping", None])


def test_totals_and_shares_add_up_whatever_the_rules(settings):
    @given(LINES, KINDS, st.integers(1, 10_000), st.integers(0, 3000), *[st.booleans()] * 2)
    def check(lines, kind, value, points, included, on_shipping):
        cart = Cart({}, "USD")
        cart.lines = [
            CartLine(Variant(price_minor=price, currency="USD", taxable=taxable), (), count)
            for price, count, taxable in lines
        ]
        code = kind and Discount(code="X", kind=kind, value=value, currency="USD")
        facts = {"basis_points": points, "included": included, "on_shipping": on_shipping}
        TaxRate.update(facts).execute()
        totals = Totals.of(cart, rate(), "US", discount=code)
        assert_adds_up(totals, cart, on_shipping)

    check()


def assert_adds_up(totals: Totals, cart: Cart, on_shipping: bool) -> None:
    sums = totals.columns
    goods = sums["subtotal_minor"] - sums["discount_minor"]
    assert sums["total_minor"] == goods + sums["shipping_minor"] + sums["tax_minor"]
    assert sums["total_minor"] >= 0
    assert 0 in (sums["tax_minor"], sums["tax_included_minor"])
    assert sum(share.discount_minor for share in totals.shares) == sums["discount_minor"]
    for name in ("tax_minor", "tax_included_minor"):
        of_sending = sums[name] - sum(getattr(share, name) for share in totals.shares)
        assert of_sending >= 0
        assert on_shipping or of_sending == 0
    for share, line in zip(totals.shares, cart.lines, strict=True):
        assert 0 <= share.discount_minor <= line.total.minor
        assert line.variant.taxable or share.tax_minor == share.tax_included_minor == 0


def test_the_region_of_the_address_decides_the_tax_of_the_order(two, clock):
    TaxRate.create(name="Sales tax", countries=["US"], regions=["CA"], basis_points=725)
    cart = cart_of((two[0], 1))
    assert place(cart, clock()).tax_minor == 0
    there = dataclasses.replace(ANN, region="CA")
    assert place(cart, clock(), customer=there).tax_minor == 73, "half up"
    assert Totals.of(cart, None, "US", "CA").tax_name == "7.25 % Sales tax"

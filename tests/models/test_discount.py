"""Discount codes: who gets them, how often, and what becomes of them with their orders."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront.models import Collection, Discount, DiscountUse, Order, TaxRate, Variant
from storefront.refusals import Refused
from tests.models.placing import ANN, at_once, cart_of, left, place, stock
from tests.models.racing import race

FULL = os.environ.get("FAULTS") == "full"
BUYERS = 64 if FULL else 16


@pytest.fixture
def now(clock):
    return clock()


@pytest.fixture
def shirts(shirt):
    """A variant at $10.00 of which there are many."""
    Variant.update(price_minor=1000).where(Variant.product == shirt).execute()
    return stock(shirt.in_order()[0], 200)


@pytest.fixture
def make(settings, now):
    """`make("TEN", most=1)` makes a code: a tenth off, but for what is said."""

    def make(code: str = "TEN", **facts) -> Discount:
        made = Discount(currency="USD", code=code)
        made.change(now, **{"kind": "percent", "value": 1000} | facts)
        return made

    return make


def uses(code: Discount) -> tuple[int, int]:
    """How often it counts as used, and how many orders have it."""
    return Discount.get_by_id(code.id).uses, code.used.count()


def refusal(work, *given, **named) -> str:
    with pytest.raises(Refused) as refused:
        work(*given, **named)
    return refused.value.problems["code"]


def test_a_code_is_taken_with_the_order_and_named_on_it(shirts, make, now):
    code = make()
    order = place(cart_of((shirts, 3)), now, discount=code)
    assert (order.discount_code, order.discount_minor, order.total_minor) == ("TEN", 300, 2700)
    assert uses(code) == (1, 1)
    assert code.used.get().customer is None, "who used it does not matter, so it is not kept"


def test_an_order_with_a_code_asks_the_database_two_things_more(shirts, make, now):
    code = make(once=True)
    with count_queries() as counted:
        place(cart_of((shirts, 1)), now, discount=code)
    # placing.py reads a rate and a policy; 8 are those of an order without a code
    assert counted.count == 2 + 8 + 2


@pytest.mark.parametrize(
    ("kind", "value", "off"),
    [("percent", 10_000, 2000), ("amount", 500, 500), ("amount", 99_999, 2000)],
)
def test_no_more_is_taken_off_than_the_goods_cost(shirts, make, now, kind, value, off):
    order = place(cart_of((shirts, 2)), now, discount=make(kind=kind, value=value))
    assert order.discount_minor == off
    assert order.total_minor == 2000 - off
    assert order.state == ("placed" if order.total_minor else "charged")


def test_free_delivery_takes_nothing_off_the_goods(shirts, make, now):
    from storefront.models import ShippingRate

    ShippingRate.update(price_minor=700).execute()
    order = place(cart_of((shirts, 1)), now, discount=make(kind="shipping"))
    assert (order.shipping_minor, order.discount_minor, order.total_minor) == (0, 0, 1000)
    assert order.discount_code == "TEN"


def test_tax_is_that_on_what_is_paid(shirts, make, now):
    TaxRate.update(basis_points=1000).execute()
    order = place(cart_of((shirts, 1)), now, discount=make(value=5000))
    assert (order.tax_minor, order.total_minor) == (50, 550)


def test_a_code_of_a_collection_counts_and_lowers_what_stands_in_it(shirts, shirt, make, now):
    held = Collection.create(slug="shirts", title="Shirts")
    held.hold([shirt.handle])
    other = next(v for v in Variant.select().where(Variant.product != shirt) if v.left)
    other = stock(other, 9)
    code = make(collection=held, minimum_minor=2000)
    assert "is for Shirts; none of it is here" in refusal(code.check_cart, cart_of((other, 9)))
    mixed = cart_of((shirts, 1), (other, 9))
    assert "yours is $10.00 short" in refusal(code.check_cart, mixed)
    order = place(cart_of((shirts, 2), (other, 1)), now, discount=code)
    assert [line.discount_minor for line in order.in_order()] == [200, 0]


def test_a_code_holds_from_its_first_day_to_the_end_of_its_last(make, now):
    code = make(starts_at=now + timedelta(days=1), until=now + timedelta(days=2))
    assert "holds from" in refusal(code.check, now)
    code.check(now + timedelta(days=1))
    code.check(now + timedelta(days=2, microseconds=-1))
    assert "is over" in refusal(code.check, now + timedelta(days=2))
    states = [code.state(now + timedelta(days=n)) for n in range(3)]
    assert states == ["coming", "running", "over"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"until": "past"}, "is over"),
        ({"starts_at": "future"}, "holds from"),
        ({"most": 1, "uses": 1}, "as often as it may be"),
        ({"value": 2000}, "has just changed"),
        ({"minimum_minor": 1}, "has just changed"),
    ],
)
def test_what_has_changed_since_the_code_was_looked_at_is_refused_and_nothing_kept(
    shirts, make, now, facts, words
):
    code = make()
    moments = {"past": now, "future": now + timedelta(days=1)}
    facts = {name: moments.get(value, value) for name, value in facts.items()}
    Discount.update(facts).where(Discount.id == code.id).execute()
    assert words in refusal(place, cart_of((shirts, 1)), now, discount=code)
    assert not Order.select().exists()
    assert left(shirts) == 200
    assert uses(code)[1] == 0


def test_a_code_that_was_ended_is_had_by_those_who_have_it(shirts, make, now):
    code = make(once=True)
    order = place(cart_of((shirts, 1)), now, discount=code)
    DiscountUse.end(code, now)
    assert "is over" in refusal(place, cart_of((shirts, 1)), now, discount=code)
    assert Order.get_by_id(order.id).discount_minor == 100
    assert code.used.get().customer is None, "who has used it matters no longer"
    with pytest.raises(Refused, match="was ended"):
        Discount.get_by_id(code.id).change(now, value=1)


@pytest.mark.parametrize("email", ["ann@example.com", " ANN+two@Example.com "])
def test_a_code_for_once_is_refused_to_the_same_mailbox_and_given_to_another(
    shirts, make, now, email
):
    code = make(once=True)
    place(cart_of((shirts, 1)), now, discount=code)
    again = replace(ANN, email=email)
    assert "this e-mail address has used it" in refusal(DiscountUse.check, code, email)
    words = refusal(place, cart_of((shirts, 1)), now, customer=again, discount=code)
    assert "this e-mail address has used it" in words
    place(cart_of((shirts, 1)), now, customer=replace(ANN, email="bob@shop.test"), discount=code)
    assert uses(code) == (2, 2)
    assert "ann" not in str(list(DiscountUse.select().tuples()))


def test_an_erased_address_leaves_no_digest_and_may_use_the_code_again(shirts, make, now):
    code = make(once=True)
    place(cart_of((shirts, 1)), now, discount=code)
    (use,) = DiscountUse.about("Ann@example.com")
    use.erase(["customer"], str, now)
    DiscountUse.check(code, "ann@example.com")
    assert uses(code) == (1, 1)


def test_a_lapsed_order_gives_its_code_back_and_takes_it_again_when_it_is_paid(shirts, make, now):
    code = make(most=1, once=True)
    order = place(cart_of((shirts, 1)), now, discount=code)
    assert order.lapse(order.hold_until)
    assert uses(code) == (0, 0)
    order.await_card(now + timedelta(hours=2), now)
    assert uses(code) == (1, 1)
    assert order.lapse(order.hold_until)
    assert not order.lapse(order.hold_until)
    assert uses(code) == (0, 0)


def test_paying_for_a_lapsed_order_whose_code_is_used_up_is_refused_and_nothing_taken(
    shirts, make, now
):
    code = make(most=1)
    order = place(cart_of((shirts, 1)), now, discount=code)
    order.lapse(order.hold_until)
    place(cart_of((shirts, 1)), now, discount=Discount.get_by_id(code.id))
    with pytest.raises(Refused, match="as often as it may be"):
        order.await_card(now + timedelta(hours=2), now)
    assert (left(shirts), uses(code)) == (199, (1, 1))
    assert Order.get_by_id(order.id).state == "lapsed"


def test_a_card_that_comes_too_late_is_kept_with_its_price_and_its_things(shirts, make, now):
    code = make(most=1)
    order = place(cart_of((shirts, 1)), now, discount=code)
    order.lapse(order.hold_until)
    place(cart_of((shirts, 1)), now, discount=Discount.get_by_id(code.id))
    assert order.hold_card(now)
    assert [event.what for event in order.events][-2:] == ["code_gone", "card_held"]
    assert (left(shirts), uses(code)) == (198, (1, 1))
    order.ask_to_cancel(now)
    order.cancel(now)
    assert (left(shirts), uses(code)) == (199, (1, 1)), "what it did not have it cannot give back"


def test_a_cancelled_order_gives_its_code_back(shirts, make, now):
    code = make(most=1)
    order = place(cart_of((shirts, 1)), now, discount=code)
    order.ask_to_cancel(now)
    order.cancel(now)
    assert uses(code) == (0, 0)


def test_the_same_placement_again_uses_the_code_once(shirts, make, now):
    code = make(most=1, once=True)
    first = place(cart_of((shirts, 1)), now, "one click", discount=code)
    assert place(cart_of((shirts, 1)), now, "one click", discount=code) == first
    assert uses(code) == (1, 1)


def test_eight_clicks_of_one_customer_use_a_code_for_once_once(shirts, make, now):
    code = make(once=True)

    def click(n: int) -> Order:
        return place(cart_of((shirts, 1)), now, f"click {n}", discount=code)

    outcomes = [type(outcome) for outcome in at_once(8, click)]
    assert (outcomes.count(Order), outcomes.count(Refused)) == (1, 7)
    assert uses(code) == (1, 1)


def test_of_many_checkouts_at_once_one_has_the_last_use_and_the_others_order_without(
    settings, shirts, make
):
    """As processes, each of which orders without the code where it is told that it is used up."""
    code = make(most=3)
    Discount.update(uses=2).where(Discount.id == code.id).execute()
    outcomes = race(settings.database_url, [shirts.id], BUYERS, 1, code="TEN")
    assert outcomes == {"Order with the code": 1, "Order without the code": BUYERS - 1}
    assert uses(code) == (3, 1)
    assert Order.select().where(Order.discount_minor == 100).count() == 1
    assert Order.select().where(Order.discount_code == "").count() == BUYERS - 1
    assert left(shirts) == 200 - BUYERS


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"value": 0}, "value"),
        ({"value": 10_001}, "value"),
        ({"kind": "amount", "value": 0}, "value"),
        ({"kind": "gift"}, "kind"),
        ({"most": 0}, "most"),
        ({"code": "A B"}, "code"),
        ({"code": "ÄÖÜ"}, "code"),
    ],
)
def test_a_code_that_makes_no_sense_is_refused_beside_the_field(make, facts, field):
    with pytest.raises(Refused) as refused:
        make(**facts)
    assert list(refused.value.problems) == [field]
    assert not Discount.select().exists()


def test_a_code_is_one_however_it_is_typed(make):
    made = make("Spring-10")
    assert made.code == "SPRING-10"
    assert Discount.named(" spring -10 ") == made
    with pytest.raises(Refused, match="There is a code SPRING-10 already"):
        make("SPRING-10")

"""What a testimonial goes through: written, confirmed, decided, changed, taken back, counted."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from playhouse.test_utils import count_queries

from storefront import privacy
from storefront.db import database, is_sqlite, locked
from storefront.models import (
    Order,
    OrderLine,
    OutgoingMail,
    PolicyVersion,
    Product,
    Rating,
    Testimonial,
)
from storefront.models.testimonial import KEPT
from storefront.refusals import Refused
from tests.models.placing import ANN, at_once, cart_of, place
from tests.models.testimonials import GIVEN, approved, several, waiting, written
from tests.staff import hired


def test_nothing_is_shown_before_its_author_has_confirmed_and_a_moderator_decided(shirt, clock):
    testimonial = written(shirt, clock())
    assert Rating.of(shirt.id).count == 0
    testimonial.confirm(clock())
    assert Rating.of(shirt.id).count == 0
    testimonial.approve(testimonial.changed_at, clock())
    assert (Rating.of(shirt.id).count, Rating.of(shirt.id).average) == (1, 5.0)


def test_an_edit_leads_back_to_the_queue_and_taking_back_leaves_nothing(shirt, clock):
    testimonial = approved(shirt, clock())
    given = {"words": "It leaks.", "name": "Ann", "stars": 1, "connection": ""}
    testimonial.change(given, clock())
    assert Testimonial.get_by_id(testimonial.id).state == "waiting"
    assert Rating.of(shirt.id).count == 0
    testimonial.withdraw()
    assert not Testimonial.select().exists()
    assert not OutgoingMail.select().where(OutgoingMail.kind.startswith("testimonial_")).exists()


def test_an_average_counts_every_rating_and_none_that_was_not_given(shirt, clock):
    several(shirt, clock(), 3, stars=4)
    approved(shirt, clock(), stars=1, email="bob@example.com")
    approved(shirt, clock(), stars=None, email="cy@example.com")
    rating = Rating.of(shirt.id)
    assert (rating.count, rating.rated, rating.average) == (5, 4, 3.2)
    assert Rating.of_all().average == 3.2


def test_a_second_one_of_the_same_person_takes_the_place_of_the_first(shirt, clock):
    approved(shirt, clock())
    again = waiting(shirt, clock(), email="Ann+again@example.com", words="Still dry.")
    assert [one.id for one in Testimonial.select()] == [again.id]


# Bought here


def delivered(variant, at, email: str = "ann@example.com", arrives: bool = True) -> Order:
    order = place(cart_of((variant, 1)), at, customer=replace(ANN, email=email))
    order.charge(at)
    parcel = order.ship(None, at)
    if arrives:
        parcel.deliver(at)
    return order


@pytest.mark.parametrize("email", ["ann@example.com", " Ann@Example.COM "])
def test_it_says_bought_here_where_the_confirmed_address_has_had_it(shirt, plenty, clock, email):
    delivered(plenty, clock(), "Ann@Example.com")
    testimonial = written(shirt, clock(), email=email)
    assert not testimonial.bought, "anybody can give an address"
    testimonial.confirm(clock())
    assert Testimonial.get().bought


def test_it_does_not_say_so_of_others_or_of_what_has_not_arrived(shirt, plenty, clock):
    delivered(plenty, clock(), arrives=False)
    delivered(plenty, clock(), "bob@example.com")
    other = Product.reachable().where(Product.id != shirt.id).first()
    assert not waiting(shirt, clock()).bought
    assert not waiting(other, clock(), email="bob@example.com").bought
    assert not waiting(shirt, clock(), email="bob+two@example.com").bought, "perhaps another's"
    assert waiting(shirt, clock(), email="bob@example.com").bought


def test_what_arrives_before_the_decision_counts_and_a_new_name_of_the_product_too(
    shirt, plenty, clock
):
    order = delivered(plenty, clock(), arrives=False)
    testimonial = waiting(shirt, clock())
    Product.update(handle="first-day-shirt").where(Product.id == shirt.id).execute()
    order.parcels.get().deliver(clock())
    testimonial = Testimonial.get_by_id(testimonial.id)
    testimonial.approve(testimonial.changed_at, clock())
    assert Testimonial.get().bought
    assert [thing.handle for thing in Testimonial.things_of(order)] == ["first-day-shirt"]
    OrderLine.update(variant=None).execute()
    assert Testimonial.things_of(order) == []


def test_by_invitation_nothing_is_left_to_confirm_and_the_address_is_the_orders(
    shirt, plenty, clock
):
    order = delivered(plenty, clock())
    testimonial = written(shirt, clock(), order=order, email="eve@example.com")
    assert (testimonial.state, testimonial.bought) == ("waiting", True)
    assert testimonial.email == "ann@example.com"
    assert not OutgoingMail.select().where(OutgoingMail.kind.startswith("testimonial_")).exists()


def test_an_order_whose_address_is_erased_meanwhile_gives_it_to_nothing(shirt, plenty, clock):
    order = delivered(plenty, clock())
    Order.update(email="").where(Order.id == order.id).execute()
    with pytest.raises(Refused, match="erased or changed meanwhile"):
        written(shirt, clock(), order=order)
    assert not Testimonial.select().exists()


@pytest.mark.parametrize("email", ["sam@staff.example", "Sam+shop@staff.example"])
def test_who_works_here_is_disclosed_whatever_they_say(app, shirt, clock, email):
    hired(app, "fulfilment", email="sam@staff.example")
    testimonial = waiting(shirt, clock(), email=email, connection="")
    assert testimonial.disclosure == "Works for this shop"
    testimonial.change(GIVEN | {"words": "Better still.", "connection": "close"}, clock())
    assert Testimonial.get().disclosure == "Works for this shop"


# How much


def test_a_mailbox_gets_three_mails_however_it_is_spelled_and_nobody_can_tell(shirt, clock):
    spelled = ["ann@example.com", "Ann@example.com", "ann+x@example.com", "ann+y@example.com"]
    made = [written(shirt, clock(), email=email) for email in spelled]
    assert [bool(each) for each in made] == [True, True, True, False]
    assert OutgoingMail.select().where(OutgoingMail.kind == "testimonial_confirm").count() == 3
    made[0].confirm(clock())
    assert [each.id for each in Testimonial.select()] == [made[0].id], "the other tries went"


def test_there_is_an_end_to_what_waits_and_finding_out_costs_the_same(shirt, plenty, clock):
    with count_queries() as few:
        written(shirt, clock())
    moments = dict.fromkeys(("written_at", "made_at", "changed_at"), clock())
    same = {"product": shirt, "policy": PolicyVersion.last(), "words": "Dry.", **moments}
    rows = [same | {"key": f"k{n}", "email": f"p{n}@example.com"} for n in range(4998)]
    with database.atomic():
        for start in range(0, len(rows), 500):
            Testimonial.insert_many(rows[start : start + 500]).execute()
    with count_queries() as many:
        assert written(shirt, clock(), email="last@example.com")
    assert many.count == few.count
    with count_queries() as counted, pytest.raises(Refused, match="Very many people are writing"):
        written(shirt, clock(), email="late@example.com")
    assert counted.count < many.count
    assert Testimonial.select().count() == 5000
    invited = written(shirt, clock(), order=delivered(plenty, clock(), "bea@example.com"))
    assert invited.state == "waiting", "nothing of that waits for anybody's mail"


def test_what_is_no_words_of_ones_own_is_left_out_or_refused(shirt, clock):
    hidden = "Dry\u202e .moc.live\u2069\x1b[31m\r\n\r\n\r\n\r\nand warm\x00"
    assert written(shirt, clock(), words=hidden).words == "Dry .moc.live[31m\n\nand warm"
    for field, text in (
        ("words", " \u202e\n"),
        ("words", "x" * 4001),
        ("words", "HTTP://evil.example"),
        ("words", "Look at evil.COM"),
        ("name", "bob@example.com"),
        ("name", "\u2066"),
        ("name", "\u3164\u2800"),
        ("name", "\u0301\u0302"),
        ("stars", 0),
        ("stars", 6),
        ("connection", "boss"),
    ):
        with pytest.raises(Refused) as refused:
            written(shirt, clock(), **{field: text})
        assert list(refused.value.problems) == [field]
    heap = "Dry" + "\u0301" * 4000 + "!"
    assert written(shirt, clock(), words=heap).words == "Dry" + "\u0301" * 6 + "!"
    hebrew = "חם ויבש 👩‍👩‍👧 e.g. 3.5 cm"
    assert written(shirt, clock(), words=hebrew).words == hebrew
    assert Testimonial.select().count() == 3


def test_nothing_is_made_under_a_policy_that_does_not_cover_it(shirt, clock):
    less = PolicyVersion(number=9, covers=["testimonials"])
    with pytest.raises(Refused, match="does not cover resellers"):
        Testimonial.write(shirt, GIVEN | {"for_resellers": True}, less, clock())
    none = PolicyVersion(number=9, covers=[])
    with pytest.raises(Refused, match="does not cover testimonials"):
        Testimonial.write(shirt, GIVEN, none, clock())
    one = waiting(shirt, clock())
    with pytest.raises(Refused, match="does not cover resellers"):
        one.show(email=True, resellers=True, policy=less, at=clock())
    assert not Testimonial.get().shows_email


def test_two_confirmations_at_once_are_one(shirt, clock):
    first, second = written(shirt, clock()), written(shirt, clock(), email="Ann+b@example.com")
    outcomes = at_once(2, lambda n: (first, second)[n].confirm(clock()))
    assert [each for each in outcomes if each and not isinstance(each, Refused)] == []
    [left] = Testimonial.select()
    assert left.state == "waiting"


@pytest.mark.parametrize("what", ["let go", "erased", "swept"])
def test_whoever_counts_several_products_does_it_in_their_order(settings, shirt, clock, what):
    if is_sqlite():
        pytest.skip("SQLite lets one write at a time")
    then = clock() - KEPT
    low, high = sorted(Product.reachable().limit(2), key=lambda product: product.id)
    for product in (high, low):  # the ids of testimonials go the other way round
        written(product, then).confirm(then)
        approved(product, then, email="bob@example.com")
    if what == "let go":
        Testimonial.update(state="unconfirmed").where(Testimonial.email == GIVEN["email"]).execute()
    act = {
        "let go": lambda: Testimonial.let_go(clock()),
        "erased": lambda: privacy.erase(GIVEN["email"], settings, clock()),
        "swept": lambda: privacy.sweep(settings, clock()),
    }[what]
    with ThreadPoolExecutor(1) as pool:
        with database.atomic():
            held = list(locked(Rating.select().where(Rating.product == low)))
            other = pool.submit(_connected, act)
            _wait_for_one_who_waits()
            assert held + list(locked(Rating.select().where(Rating.product == high)))
        other.result(20)
    assert Testimonial.about(GIVEN["email"]).count() == 0


def _connected(act) -> None:
    with database.connection_context():
        act()


def _wait_for_one_who_waits() -> None:
    """Until another connection waits for what this one has locked."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for_us = "pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    for _ in range(500):
        found = database.execute_sql(f"{waits} AND {for_us}").fetchone()
        if found[0]:
            return
        time.sleep(0.02)
    raise AssertionError("nobody waits")

"""Answers that staff keep, and what is put into their open places."""

import pytest

from storefront.models import Order, Parcel, SavedAnswer
from storefront.models.blank_places import PLACES, filled, open_places
from storefront.models.saved_answer import LONGEST, LONGEST_NAME, MOST
from storefront.refusals import Refused
from tests.models.placing import cart_of, place

WORDS = "Hello {name}, {ORDER} is here:\n{ tracking }"


@pytest.fixture
def order(plenty, clock):
    return place(cart_of((plenty, 1)), clock())


@pytest.fixture
def kept(settings, clock) -> SavedAnswer:
    return SavedAnswer.make(" Where  is it? ", WORDS, clock())


def test_one_is_kept_changed_and_removed(kept, clock):
    assert (kept.name, kept.text) == ("Where is it?", WORDS)
    SavedAnswer.make("another", "Hello", clock())
    assert [each.name for each in SavedAnswer.in_order()] == ["another", "Where is it?"]
    kept.change("Parcel?", "It is on its way.", kept.version, clock())
    assert SavedAnswer.get_by_id(kept.id).text == "It is on its way."
    kept.remove()
    assert [each.name for each in SavedAnswer.in_order()] == ["another"]


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [
        ("", "Hello", "name"),
        ("x" * (LONGEST_NAME + 1), "Hello", "name"),
        ("Where is it?", "Hello", "name"),
        ("New", " ", "text"),
        ("New", "x" * (LONGEST + 1), "text"),
        ("New", "Hello {nmae}", "text"),
        ("New", "Hello {name} {{email}}", "text"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(kept, clock, name, text, field):
    other = SavedAnswer.make("Other", "Hello", clock())
    for change, given in ((SavedAnswer.make, ()), (other.change, (other.version,))):
        with pytest.raises(Refused) as refusal:
            change(name, text, *given, clock())
        assert list(refusal.value.problems) == [field]
    assert sorted(each.name for each in SavedAnswer.in_order()) == ["Other", "Where is it?"]


def test_what_somebody_else_has_changed_or_removed_meanwhile_is_not_written_over(kept, clock):
    seen = kept.version
    clock.forward(minutes=1)
    kept.change("Parcel?", "It is on its way.", seen, clock())
    with pytest.raises(Refused, match="Somebody else has changed this"):
        kept.change("Where?", "It is lost.", seen, clock())
    kept.change("Parcel?", "It is on its way.", seen, clock())  # nothing is lost by that
    assert SavedAnswer.get().text == "It is on its way."
    SavedAnswer.get().remove()
    with pytest.raises(Refused, match="removed meanwhile"):
        kept.change("Where?", "It is lost.", seen, clock())
    assert SavedAnswer.select().count() == 0


def test_a_place_that_there_is_not_is_refused_with_those_that_there_are(clock):
    with pytest.raises(Refused) as refusal:
        SavedAnswer.make("New", "Hello {phone}", clock())
    assert refusal.value.sentence == (
        "Nothing can be put in for {phone}. There are {order}, {name}, {tracking}."
    )


def test_there_are_only_so_many(settings, clock):
    rows = [{"name": f"{n}", "text": "Hello", "changed_at": clock()} for n in range(MOST)]
    SavedAnswer.insert_many(rows).execute()
    with pytest.raises(Refused, match="Remove one"):
        SavedAnswer.make("One more", "Hello", clock())


def test_what_is_known_of_the_order_is_put_in(kept, order, clock):
    parcel = {"order": order, "shipped_at": clock()}
    Parcel.create(**parcel, carrier="UPS", tracking="1Z 9")
    Parcel.create(**parcel, carrier="GLS", tracking="77")
    Parcel.create(**parcel, carrier="By hand")
    ups, gls = "https://www.ups.com/track?tracknum=1Z%209", "https://gls-group.com/track/77"
    assert kept.about(order) == f"Hello Ann Walker, {order.number} is here:\n{ups}\n{gls}"


def test_what_is_not_known_stays_open_to_be_seen(kept, order):
    Order.update(name="www.evil.example").execute()
    text = kept.about(Order.get())
    assert text == f"Hello {{name}}, {order.number} is here:\n{{ tracking }}"
    assert open_places(text) == ["{name}", "{ tracking }"]
    assert kept.about(None) == WORDS


def test_what_was_put_in_is_not_looked_at_again():
    assert filled("{name} {order}", {"name": "{order}", "order": "1"}) == "{order} 1"
    assert set(PLACES) == {"order", "name", "tracking"}

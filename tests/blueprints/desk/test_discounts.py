"""The desk's page of discount codes."""

from datetime import UTC, datetime, timedelta

import pytest

from storefront.models import Collection, Discount, DiscountUse
from tests.blueprints.desk.selling import Seller
from tests.models.placing import cart_of, place

HERE = "/desk/discounts"
TEN = {"code": "spring-10", "kind": "percent", "value": "10"}


def test_a_code_is_made_and_shown_with_how_often_it_is_used(seller, plenty, clock):
    assert "There are no codes yet." in seller.get(HERE)
    page = seller.send(HERE, **TEN, most="3", minimum="5")
    assert "SPRING-10 is made: 10 % off." in page
    assert "0 of 3" in page
    assert "10 % off from $5.00" in page
    place(cart_of((plenty, 1)), clock(), discount=Discount.get())
    assert "1 of 3" in seller.get(HERE)


def test_a_code_is_changed_and_keeps_its_name_and_its_count(seller, plenty, clock):
    seller.send(HERE, **TEN)
    code = Discount.get()
    place(cart_of((plenty, 1)), clock(), discount=code)
    form = TEN | {"code": "OTHER", "kind": "amount", "value": "5.50", "once": "on"}
    assert "SPRING-10 is saved." in seller.send(f"{HERE}/{code.id}", **form)
    code = Discount.get()
    assert (code.code, code.kind, code.value) == ("SPRING-10", "amount", 550)
    assert (code.once, code.uses) == (True, 1)
    page = seller.get(f"{HERE}/{code.id}")
    assert 'value="5.50"' in page
    assert 'name="once" checked' in page


def test_days_are_whole_and_the_last_one_counts(seller, clock):
    seller.send(HERE, **TEN, starts="2030-03-01", until="2030-03-31")
    code = Discount.get()
    assert code.starts_at == datetime(2030, 3, 1, tzinfo=UTC)
    assert code.until == datetime(2030, 4, 1, tzinfo=UTC)
    page = seller.get(f"{HERE}/{code.id}")
    assert 'value="2030-03-01"' in page
    assert 'value="2030-03-31"' in page
    assert "coming, from 1 March 2030" in seller.get(HERE)
    Discount.update(starts_at=None).execute()
    assert "running, to 31 March 2030" in seller.get(HERE)


def test_a_code_is_ended_for_good_and_those_who_used_it_are_forgotten(seller, plenty, clock):
    seller.send(HERE, **TEN, once="on")
    code = Discount.get()
    place(cart_of((plenty, 1)), clock(), discount=code)
    assert DiscountUse.get().customer
    assert "SPRING-10 is over." in seller.send(f"{HERE}/{code.id}/end")
    assert DiscountUse.get().customer is None
    page = seller.get(f"{HERE}/{code.id}")
    assert "It was ended on" in page
    assert ">Save<" not in page
    assert "was ended, and stays so" in seller.refused(f"{HERE}/{code.id}", **TEN)


def test_a_code_can_be_for_a_collection(seller, shirt):
    Collection.create(slug="shirts", title="Shirts & more").hold([shirt.handle])
    assert "Shirts &amp; more</option>" in seller.get(HERE)
    seller.send(HERE, **TEN, collection="shirts")
    code = Discount.get()
    assert code.collection.slug == "shirts"
    assert '<option value="shirts" selected>' in seller.get(f"{HERE}/{code.id}")
    seller.send(f"{HERE}/{code.id}", **TEN, collection="")
    assert Discount.get().collection is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "A!"}, "3 to 40 letters"),
        ({"value": "ten"}, "This is &#39;ten&#39;"),
        ({"value": ""}, "percentage from 0.01 to 100"),
        ({"value": "100.01"}, "percentage from 0.01 to 100"),
        ({"kind": "amount", "value": "1,50"}, "This is &#39;1,50&#39;"),
        ({"kind": "gift"}, "choose what the code gives"),
        ({"most": "0"}, "a number from 1 up"),
        ({"most": "-1"}, "less than nothing"),
        ({"minimum": "x"}, "This is &#39;x&#39;"),
        ({"starts": "tomorrow"}, "2026-12-31"),
        ({"until": "9999-12-31"}, "2026-12-31"),
        ({"starts": "2030-01-02", "until": "2030-01-01"}, "comes before the first"),
        ({"collection": "gone"}, "removed meanwhile"),
    ],
)
def test_a_code_that_cannot_be_is_refused_and_nothing_typed_is_lost(seller, changes, words):
    page = seller.refused(HERE, **TEN | changes)
    assert words in page
    for name, typed in (TEN | changes).items():
        assert name in ("kind", "collection") or not typed or f'value="{typed}"' in page
    assert not Discount.select().exists()


def test_a_code_there_is_already_is_said(seller):
    seller.send(HERE, **TEN)
    assert "There is a code SPRING-10 already" in seller.refused(HERE, **TEN)


def test_a_change_that_is_refused_changes_nothing(seller):
    seller.send(HERE, **TEN)
    code = Discount.get()
    assert "percentage" in seller.refused(f"{HERE}/{code.id}", **TEN | {"value": "0"})
    assert Discount.get().value == 1000


@pytest.mark.parametrize("fragments", [False, True])
def test_an_editor_reads_and_changes_nothing(app, clock, fragments):
    code = Discount(currency="USD", code="TEN")
    code.change(clock(), kind="shipping", until=clock() + timedelta(days=1))
    editor = Seller(app, "editor", fragments)
    assert "free delivery" in editor.get(HERE)
    assert editor.client.get(f"{HERE}/{code.id}").status_code == 403
    for way in (HERE, f"{HERE}/{code.id}", f"{HERE}/{code.id}/end"):
        assert editor.post(way, **TEN).status_code == 403
    assert Discount.select().count() == 1
    assert Discount.get().ended_at is None

"""Finding an order by its number and address, from a page that tells nobody who has ordered."""

import pytest

from storefront.jobs import Jobs
from storefront.models import Order, OrderSearch, OutgoingMail
from tests.journey import order_path, place_order
from tests.mails import delivered
from tests.outside import outside


@pytest.fixture
def path(client, plenty) -> str:
    return order_path(place_order(client, plenty))


@pytest.fixture
def number(path) -> str:
    return Order.get().number


def look(visitor, number: str, email: str = "ann@example.com"):
    return visitor.post("/orders", {"number": number, "email": email})


def test_the_page_says_what_is_needed_and_where_to_go_without_it(client):
    page = client.get("/orders").text
    assert 'action="/orders" method="post"' in page
    for way in ("/account/sign-in", "/privacy/mine", "/contact"):
        assert f'href="{way}"' in page
    assert 'href="/orders"' in client.get("/account/sign-in").text
    assert 'href="/orders"' in client.get("/pages/contact").text


def test_the_link_comes_by_mail_to_the_orders_address(visitor, path, number, settings, app):
    answer = look(visitor, f"order {number.lower()}", "Ann@Example.com")
    assert answer.status_code == (204 if visitor.fragments else 303)
    Jobs(settings).send_mail()
    [mail] = [each for each in delivered(settings) if "link to its page" in each["Subject"]]
    assert mail["To"] == "ann@example.com"
    assert path in mail.get_body(("plain",)).get_content()
    assert OutgoingMail.get(OutgoingMail.kind == "order_link").state == "sent"


def test_from_outside_nobody_can_tell_whether_they_belong_together(visitor, number):
    mails = OutgoingMail.select().count()
    outside(lambda: look(visitor, "22222-22222", "first@example.com"))  # counts begin with it
    fits = outside(lambda: look(visitor, number))
    assert fits == outside(lambda: look(visitor, number, "eve@example.com"))
    assert fits == outside(lambda: look(visitor, "22222-22222"))
    assert OutgoingMail.select().count() == mails, "the worker writes them"
    assert "whether they do or not" in visitor.client.get("/orders/asked").text


@pytest.mark.parametrize(
    ("number", "email", "sentence"),
    [
        ("", "ann@example.com", "This is not an order number."),
        ("O0I1-23", "ann@example.com", "This is not an order number."),
        ("K7M2P-4QRTX", "", "Please give the e-mail address you ordered with."),
        ("K7M2P-4QRTX", "ann@", "We cannot write to this address."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_typed_is_lost(
    visitor, number, email, sentence
):
    answer = look(visitor, number, email)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    for typed in filter(None, (number, email)):
        assert f'value="{typed}"' in answer.text
    assert not OrderSearch.select().exists()


def test_a_flood_is_asked_to_wait_with_what_was_typed(visitor, monkeypatch, number):
    monkeypatch.setattr("storefront.models.order_search.MOST_AN_HOUR", 1)
    look(visitor, number)
    answer = look(visitor, number)
    assert answer.status_code == 429
    assert "Very many people are looking for orders" in answer.text
    assert f'value="{number}"' in answer.text

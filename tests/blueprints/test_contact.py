"""Writing to the shop without an account, an order or its link."""

import pytest

from storefront.jobs import Jobs
from storefront.models import Message, Order, OutgoingMail, Question
from tests.blueprints.test_mine import link_to
from tests.journey import order_path, place_order
from tests.mails import delivered
from tests.outside import outside

HELLO = {"text": "Is it\r\nwarm?", "email": "ann@example.com", "number": ""}


@pytest.fixture
def path(client, plenty) -> str:
    return order_path(place_order(client, plenty))


def write(visitor, **given):
    return visitor.post("/contact", HELLO | given)


def test_the_page_is_led_to_from_the_shops_own(client):
    assert 'href="/contact"' in client.get("/pages/contact").text
    page = client.get("/contact").text
    assert 'action="/contact" method="post"' in page
    assert 'href="/pages/contact"' in page
    assert 'href="/contact"' not in client.get("/pages/terms").text


def test_a_question_is_kept_for_the_desk_and_nobody_is_mailed(visitor, settings):
    answer = write(visitor)
    assert answer.status_code == (204 if visitor.fragments else 303)
    assert answer.headers["HX-Redirect" if visitor.fragments else "Location"].endswith(
        "/contact/sent"
    )
    assert "We have your message" in visitor.client.get("/contact/sent").text
    Jobs(settings).send_mail()
    [one] = Question.waiting(9)
    assert (one.text, one.email, one.number) == ("Is it\nwarm?", "ann@example.com", "")
    assert delivered(settings) == []


def test_with_its_number_it_stands_on_the_orders_page_and_a_mail_without_its_words_says_so(
    visitor, path, settings
):
    number = Order.get().number
    write(visitor, number=number.lower(), text="Buy at evil.example")
    Jobs(settings).send_mail()
    page = visitor.client.get(path).text
    assert "Buy at evil.example" in page
    assert "through the contact form" in page
    [mail] = [each for each in delivered(settings) if "a message about it" in each["Subject"]]
    assert path in mail.get_body(("plain",)).get_content()
    assert "evil.example" not in mail.as_string()


def test_from_outside_nobody_can_tell_whether_the_number_fits(visitor, path):
    number, mails = Order.get().number, OutgoingMail.select().count()
    for email in ("ann@example.com", "eve@example.com"):
        outside(lambda email=email: write(visitor, email=email))  # counts begin with it
    fits = outside(lambda: write(visitor, number=number))
    assert fits == outside(lambda: write(visitor, number=number, email="eve@example.com"))
    assert fits == outside(lambda: write(visitor, number="22222-22222"))
    assert fits == outside(lambda: write(visitor, number=number)), "nor what was sent before"
    assert (OutgoingMail.select().count(), Message.select().count()) == (mails, 0)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"text": ""}, "Please write something first."),
        ({"text": "<&" * 2501}, "2 too many"),
        ({"email": ""}, "Please give your e-mail address"),
        ({"email": "ann@"}, "We cannot write to this address."),
        ({"number": "12"}, "This is not an order number"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_typed_is_lost(
    visitor, wrong, sentence
):
    sent = HELLO | {"number": "K7M2P-4QRTX"} | wrong
    answer = write(visitor, **sent)
    assert answer.status_code == 422
    assert answer.text.count(sentence) == 1
    assert answer.text.count('aria-invalid="true"') == 1
    for typed in sent.values():
        assert typed.replace("&", "&amp;").replace("<", "&lt;") in answer.text
    assert not Question.select().exists()


def test_all_that_is_wrong_is_told_at_once(visitor):
    assert write(visitor, text="", email="", number="12").text.count('aria-invalid="true"') == 3


def test_no_card_number_is_taken(visitor):
    answer = write(visitor, text="Mine is 4111 1111 1111 1111")
    assert answer.status_code == 422
    assert "carried card data" in answer.text
    assert not Question.select().exists()


def test_who_writes_on_and_on_is_told_another_way_with_all_that_was_typed(visitor, monkeypatch):
    monkeypatch.setattr("storefront.models.question.MOST_FROM_ONE", 1)
    write(visitor)
    answer = write(visitor, text="One more <thing>")
    assert answer.status_code == 422
    assert "very many messages within the hour" in answer.text
    assert "mailto:" in answer.text
    assert "One more &lt;thing&gt;" in answer.text
    assert Question.select().count() == 1


def test_it_is_among_what_is_held_about_its_address(visitor, client, settings):
    write(visitor)
    Jobs(settings).send_mail()
    Question.get().reply("It is very warm.", "fulfilment", Question.get().asked_at)
    page = client.get(link_to(client, settings, "ann@example.com")).text
    assert "It is very warm." in page
    assert "Writing to us" in client.get("/privacy/data-map").text
    assert (
        "Writing to us" in client.get("/privacy").text
        or "write to us" in client.get("/privacy").text
    )

"""Writing to the shop from the page of an order, with nothing but its link."""

import pytest
from playhouse.test_utils import count_queries

from storefront.mail import Postman
from storefront.models import Message, Order, OutgoingMail
from tests.journey import order_path, place_order
from tests.mail_server import parts

HOSTILE = "<script>alert(1)</script>\r\nlook: \u202egnp.exe\n\n& more"


@pytest.fixture
def path(client, plenty) -> str:
    return order_path(place_order(client, plenty))


@pytest.fixture
def order(path) -> Order:
    return Order.get()


def send(visitor, path: str, text: str):
    return visitor.post(f"{path}/messages", {"text": text})


def test_the_page_says_how_to_write_while_nobody_has(client, path):
    page = client.get(path).text
    assert "Write to us here." in page
    assert f'action="{path}/messages" method="post"' in page


def test_a_message_stands_on_the_page_and_says_what_happens_next(visitor, path, order):
    answer = send(visitor, path, "Where is\r\nmy parcel?")
    if visitor.fragments:
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith("<section")
        assert "Your message is with us." in answer.text
        page = answer.text
    else:
        assert answer.status_code == 303
        assert answer.location.endswith(f"{path}#messages")
        page = visitor.get(path).text
    assert "Where is<br>my parcel?" in page
    assert "write to you at ann@example.com" in page
    assert [(each.role, each.order_id) for each in Message.select()] == [("", order.id)]


def test_no_words_are_markup_or_turn_the_page_around(visitor, path):
    send(visitor, path, HOSTILE)
    page = visitor.client.get(path).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>look: gnp.exe</p>" in page
    assert "<script>alert" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "Please write something first."), ("no & " * 1001 + ".", "6 too many")],
)
def test_what_cannot_be_sent_is_refused_beside_the_field_and_nothing_typed_is_lost(
    visitor, path, text, sentence
):
    answer = send(visitor, path, text)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert text.replace("&", "&amp;").strip() in answer.text
    assert not Message.select().exists()


def test_an_answer_is_read_on_the_page_and_in_the_mail(client, path, order, settings, clock):
    Message.ask(order, "Where is it?", clock())
    Message.answer(order, "On <its> way,\nfrom here.\n\nSoon!", 99, "fulfilment", clock())
    page = client.get(path).text
    assert "On &lt;its&gt; way,<br>from here." in page
    assert "We wrote to you" in page
    assert "fulfilment" not in page, "which part of the desk wrote is the shop's own matter"
    mail = OutgoingMail.get(OutgoingMail.kind == "order_answered")
    message = Postman(settings).write(mail, clock())
    assert message["Subject"] == f"Order {order.number}: we have answered you"
    text, html = parts(message).values()
    assert "On <its> way,\nfrom here.\n\nSoon!" in text
    assert "On &lt;its&gt; way,<br>from here." in html
    assert path in text


def test_a_strangers_link_leads_nowhere(visitor, path):
    for link in (path + "x", path.split(".")[0], "/orders/AAAAA-AAAAA.x"):
        assert send(visitor, link, "Hello").status_code == 404
    assert not Message.select().exists()


def test_who_has_the_link_of_one_order_sees_and_writes_nothing_of_another(client, path, plenty):
    Message.ask(Order.get(), "Mine alone", Order.get().placed_at)
    other = order_path(place_order(client, plenty))
    client.post(f"{other}/messages", data={"text": "Theirs"})
    assert "Mine alone" not in client.get(other).text
    assert "Theirs" not in client.get(path).text


def test_without_an_address_to_answer_to_there_is_no_form(client, visitor, path):
    Order.update(email="").execute()
    page = client.get(path).text
    assert "so we could not answer here" in page
    assert "<textarea" not in page
    assert send(visitor, path, "Hello").status_code == 422


def asked_of(counted) -> list[str]:
    """What was read, but for whether there is a new edition: that is asked from time to time."""
    every = [query.msg[0] for query in counted.get_queries()]
    return [sql for sql in every if 'FROM "edition"' not in sql]


def test_reading_changes_nothing_and_a_long_talk_costs_no_more(client, path, order, clock):
    with count_queries() as short:
        client.get(path)
    for n in range(9):
        Message.ask(order, f"Hello {n}", clock())
    with count_queries() as long:
        client.get(path)
    assert asked_of(long) == asked_of(short)
    assert Message.count_waiting() == 1
    assert not Message.select().where(Message.read_at.is_null(False)).exists()

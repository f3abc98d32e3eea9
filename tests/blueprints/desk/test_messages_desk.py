"""The desk's side of what is written about orders: who waits, answers, and notes."""

import pytest
from playhouse.test_utils import count_queries

from storefront.blueprints.desk import messages as screen
from storefront.models import Message, Note, Order, OutgoingMail, StaffAction
from tests.blueprints.test_mine import link_to
from tests.models.placing import ANN, cart_of, place
from tests.staff import signed_in


@pytest.fixture
def order(plenty, clock) -> Order:
    return place(cart_of((plenty, 1)), clock())


@pytest.fixture
def asked(order, clock) -> Message:
    return Message.ask(order, "Where is <it>?", clock())


def page_of(order) -> str:
    return f"/desk/orders/{order.id}"


def actions() -> list[tuple]:
    log = StaffAction.select().order_by(StaffAction.id)
    return [(each.role, each.what, each.table, each.row) for each in log]


def done(packer, answer, order, part: str, said: str) -> str:
    """The page after a change, however it was asked for."""
    if packer.fragments:
        assert answer.status_code == 200
        assert said in answer.text
        assert answer.text.lstrip().startswith("<section")
    else:
        assert answer.status_code == 303
        way = "/messages" if part == "messages" else f"#{part}"
        assert answer.location.endswith(f"{page_of(order)}{way}")
        assert packer.client.get(answer.location).status_code == 200
    return packer.client.get(page_of(order)).text


def test_nobody_waits_and_nothing_is_noted_in_the_log(browser):
    assert "Nobody waits for an answer." in browser.get("/desk/messages").text
    assert actions() == []


def test_who_waits_stands_on_the_list_and_looking_is_noted(browser, order, asked):
    page = browser.get("/desk/messages").text
    assert f'<a href="{page_of(order)}/messages">Order {order.number}, {ANN.name}</a>' in page
    assert "One customer waits" in page
    assert "Where is &lt;it&gt;?" in page
    assert actions() == [("fulfilment", "listed", "message", None)]


def test_of_too_many_the_first_are_shown_and_all_are_counted(
    browser, order, asked, plenty, clock, monkeypatch
):
    monkeypatch.setattr(screen, "MOST", 2)
    for n in range(2):
        Message.ask(place(cart_of((plenty, 1)), clock()), f"Hello {n}", clock())
    page = browser.get("/desk/messages").text
    assert "3 customers wait" in page
    assert "These are the first 2." in page
    assert "Hello 1" not in page


def test_a_list_of_many_costs_no_more_than_one_of_few(browser, order, asked, plenty, clock):
    browser.get("/desk/messages")
    with count_queries() as few:
        browser.get("/desk/messages")
    for n in range(5):
        Message.ask(place(cart_of((plenty, 1)), clock()), f"Hello {n}", clock())
    with count_queries() as many:
        browser.get("/desk/messages")
    assert many.count == few.count


def test_an_answer_goes_out_by_mail_and_nobody_waits_any_more(packer, order, asked):
    assert "waits for an answer" in packer.client.get(page_of(order)).text
    sent = packer.post(
        f"/desk/orders/{order.id}/messages", {"text": "On its way.", "up_to": str(asked.id)}
    )
    page = done(packer, sent, order, "messages", "Your answer is on its way by mail.")
    assert "On its way." in page
    assert "waits for an answer" not in page
    assert OutgoingMail.select().where(OutgoingMail.kind == "order_answered").count() == 1
    assert ("fulfilment", "answered", "order", order.id) in actions()
    assert "Nobody waits" in packer.client.get("/desk/messages").text


@pytest.mark.parametrize("up_to", ["", "x", "-1", "0", "9" * 30])
def test_whatever_a_form_says_was_seen_an_answer_is_sent(packer, order, asked, up_to):
    data = {"text": "On its way.", "up_to": up_to}
    sent = packer.post(f"/desk/orders/{order.id}/messages", data)
    assert sent.status_code in (200, 303)
    assert Message.count_waiting() == (0 if up_to == "9" * 30 else 1)


@pytest.mark.parametrize("part", ["messages", "notes"])
def test_what_cannot_be_is_refused_beside_its_field_with_all_that_was_typed(packer, order, part):
    for text, sentence in (("", "Please write something first."), ("<&" * 2501, "2 too many")):
        answer = packer.post(f"/desk/orders/{order.id}/{part}", {"text": text})
        assert answer.status_code == 422
        assert answer.text.count(sentence) == 1
        assert text.replace("&", "&amp;").replace("<", "&lt;") in answer.text
        assert answer.text.count('aria-invalid="true"') == 1
    assert (Message.select().count(), Note.select().count()) == (0, 0)
    assert {what for _, what, *_ in actions()} <= {"opened"}, "what was not done is not noted"


def test_what_needs_no_answer_is_settled(packer, order, asked):
    settle = f"/desk/orders/{order.id}/messages/settlement"
    sent = packer.post(settle, {"up_to": str(asked.id)})
    page = done(packer, sent, order, "messages", "Settled")
    assert "No answer is needed" not in page
    assert not OutgoingMail.select().where(OutgoingMail.kind == "order_answered").exists()
    assert ("fulfilment", "settled", "order", order.id) in actions()


def test_a_note_is_written_read_and_removed(packer, order):
    notes = f"/desk/orders/{order.id}/notes"
    page = done(packer, packer.post(notes, {"text": "Rang <twice>"}), order, "notes", "Noted.")
    assert "Rang &lt;twice&gt;" in page
    removal = f"{notes}/{Note.get().id}/removal"
    page = done(packer, packer.post(removal, {}), order, "notes", "The note is gone.")
    assert "Rang" not in page
    assert [what for _, what, *_ in actions() if what != "opened"] == ["noted", "removed"]


def test_customers_never_see_notes_on_the_page_of_their_order_but_among_their_data(
    app, client, browser, order, settings
):
    browser.post(f"/desk/orders/{order.id}/notes", data={"text": "Rang twice"})
    link = app.extensions["order_links"].write(order.number)
    assert "Rang twice" not in client.get(f"/orders/{link}").text
    assert "Rang twice" in client.get(link_to(client, settings, order.email)).text


def test_about_an_order_whose_address_is_erased_nothing_can_be_written(packer, order):
    Order.update(email="").execute()
    page = packer.client.get(page_of(order)).text
    assert "nobody can be written to" in page
    assert "Nothing is noted." in page
    assert "<textarea" not in page
    for part in ("messages", "notes"):
        answer = packer.post(f"/desk/orders/{order.id}/{part}", {"text": "Hello"})
        assert answer.status_code == 422
        assert "is erased" in answer.text


def test_of_an_order_that_is_not_there_nothing_is_there(packer):
    assert packer.get("/desk/orders/999").status_code == 404
    for path in ("messages", "messages/settlement", "notes", "notes/1/removal"):
        assert packer.post(f"/desk/orders/999/{path}", {"text": "x"}).status_code == 404


@pytest.mark.parametrize("role", ["editor", "moderator"])
def test_who_does_not_fulfil_reads_and_writes_nothing(app, order, asked, role):
    other = signed_in(app, role)
    for path in ("/desk/messages", page_of(order)):
        assert other.get(path).status_code == 403
    for path in ("messages", "messages/settlement", "notes", "notes/1/removal"):
        answer = other.post(f"/desk/orders/{order.id}/{path}", data={"text": "x", "up_to": "9"})
        assert answer.status_code == 403
    assert Message.count_waiting() == 1

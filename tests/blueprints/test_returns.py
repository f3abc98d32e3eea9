"""Withdrawing and sending back from the order's link, without sign-in, with and without htmx."""

import re

import pytest
from playhouse.test_utils import count_queries

from storefront.links import OrderLinks
from storefront.mail import Postman
from storefront.models import Order, OutgoingMail, Return, Terms
from tests.journey import hidden_in, place_order
from tests.mail_server import parts
from tests.models.placing import cart_of, place, stock
from tests.models.test_returning import unsigned


@pytest.fixture
def order(shirt, clock) -> Order:
    """An order of three of one thing and one of another, paid for."""
    first, second = (stock(variant, 100) for variant in shirt.in_order()[:2])
    order = place(cart_of((first, 3), (second, 1)), clock())
    order.charge(clock())
    return order


@pytest.fixture
def sent(order, clock) -> Order:
    order.ship(None, clock()).deliver(clock())
    return order


@pytest.fixture
def path(settings, order) -> str:
    return path_of(settings, order)


def path_of(settings, order) -> str:
    return f"/orders/{OrderLinks(settings.cookie_keys).write(order.number)}/withdrawal"


def form(visitor, path: str, *counts: int | str, **more) -> dict:
    """What the page's form holds, with so many of each line."""
    lines = [str(line.id) for line in Order.get().in_order()]
    asking = hidden_in(visitor.client.get(path).text).get("asking", "")
    return {"asking": asking, "line": lines, "quantity": [str(c) for c in counts]} | more


def letter(settings, clock, kind: str) -> str:
    mail = OutgoingMail.get(OutgoingMail.kind == kind)
    return parts(Postman(settings).write(mail, clock()))["text/plain"]


def test_the_order_page_leads_there_and_the_page_lists_what_can_be_withdrawn(client, path, order):
    assert f'href="{path}"' in client.get(path.removesuffix("/withdrawal")).text
    page = client.get(path)
    assert "Withdraw from or return the whole order" in page.text
    assert page.text.count('name="quantity"') == 2
    assert "not sent yet" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"


def test_one_press_withdraws_from_the_whole_order(visitor, settings, path, order, clock):
    answer = visitor.post(path, form(visitor, path, 0, 0, whole="1"))
    assert answer.status_code == (204 if visitor.fragments else 303)
    way = answer.headers["HX-Redirect"] if visitor.fragments else answer.location
    page = visitor.client.get(way).text
    assert "You have withdrawn from this" in page
    assert "You need not say why" not in page, "nothing is left to withdraw from"
    assert Order.get().stage == "called_off"
    told = letter(settings, clock, "order_return_asked")
    assert "You withdrew" in told
    assert "will not be sent" in told
    assert "Please send it by" not in told


def test_some_of_what_was_sent_is_asked_for_with_a_reason(visitor, settings, path, sent, clock):
    Terms.set("30", "Returns, 7 Dock Road", "We pay it.")
    said = {"reason": "size", "words": "It pinches."}
    assert visitor.post(path, form(visitor, path, 2, 0, **said)).status_code < 400
    [back] = Return.select()
    assert (back.reason, back.words, back.state) == ("size", "It pinches.", "asked")
    page = visitor.client.get(path).text
    assert "We wait for this to come back" in page
    assert "Returns, 7 Dock Road" in page
    assert "up to 1<" in page
    told = letter(settings, clock, "order_return_asked")
    assert "Returns, 7 Dock Road" in told
    assert f"{back.send_by:%-d %B %Y}" in told
    assert "It pinches" not in told


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (("4", "0"), "3 at most"),
        (("0", "0"), "how many of which"),
        (("", ""), "how many of which"),
        (("-1", "0"), "whole numbers"),
        (("1.5", "0"), "whole numbers"),
        (("²", "0"), "whole numbers"),
        (("9" * 30, "0"), "whole numbers"),
    ],
)
def test_what_is_refused_keeps_all_that_was_typed(visitor, path, sent, counts, sentence):
    said = {"reason": "late", "words": "Sorry & thanks"}
    answer = visitor.post(path, form(visitor, path, *counts, **said))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{counts[0]}"' in answer.text
    assert '<option selected value="late">' in answer.text
    assert 'value="Sorry &amp; thanks"' in answer.text
    assert answer.text.startswith('<div id="withdrawal"') == visitor.fragments
    assert not Return.select().exists()


def test_a_reason_that_is_on_no_list_and_words_without_end_are_refused(visitor, path, sent):
    for wrong in ({"reason": "spite"}, {"words": "x" * 1001}):
        assert visitor.post(path, form(visitor, path, 1, 0, **wrong)).status_code == 422
    assert not Return.select().exists()


def test_the_same_form_sent_twice_asks_once(visitor, path, sent):
    same = form(visitor, path, 1, 0)
    for _ in range(2):
        assert visitor.post(path, same).status_code < 400
    assert Return.select().count() == 1
    assert OutgoingMail.select().where(OutgoingMail.kind == "order_return_asked").count() == 1


def test_a_line_of_another_order_is_refused(visitor, path, sent, clock, shirt):
    other = place(cart_of((shirt.in_order()[0], 1)), clock())
    [line] = other.in_order()
    answer = visitor.post(path, {"line": [str(line.id)], "quantity": ["1"]})
    assert answer.status_code == 422
    assert "no such line" in answer.text


def test_who_keeps_it_after_all_takes_the_request_back(visitor, path, sent, clock):
    visitor.post(path, form(visitor, path, 1, 0))
    [back] = Return.select()
    assert visitor.post(f"{path}/{back.id}/end", {}).status_code < 400
    assert "You keep this after all" in visitor.client.get(path).text
    visitor.post(path, form(visitor, path, 1, 0))
    again = Return.get(Return.id > back.id)
    again.receive({line.line_id: 1 for line in again.lines}, set(), clock())
    answer = visitor.post(f"{path}/{again.id}/end", {})
    assert answer.status_code == 422
    assert "with us already" in answer.text


def test_a_return_of_another_order_is_not_taken_back(visitor, settings, path, sent, clock, shirt):
    visitor.post(path, form(visitor, path, 1, 0))
    [back] = Return.select()
    other = path_of(settings, place(cart_of((shirt.in_order()[0], 1)), clock()))
    assert visitor.post(f"{other}/{back.id}/end", {}).status_code == 404
    assert visitor.post(f"{path}/{10**12}/end", {}).status_code == 404
    assert Return.get().state == "asked"


def test_after_the_period_the_page_says_until_when_and_how_to_write(visitor, path, sent, clock):
    clock.forward(days=31)
    page = visitor.get(path).text
    assert "things of this order could be sent back" in page
    assert "mailto:" in page
    assert "<form" not in page.partition('id="withdrawal"')[2]
    answer = visitor.post(path, {"whole": "1"})
    assert answer.status_code == 422
    assert "could be sent back" in answer.text


def test_each_state_is_told_on_the_page_and_by_mail(client, settings, path, sent, clock):
    first, second = sent.in_order()
    [gone] = Return.ask(sent, {first.id: 1}, "", "", "a", clock())
    gone.refuse("It was worn at sea.", clock())
    assert "It was worn at sea." in client.get(path).text
    assert "It was worn at sea." in letter(settings, clock, "order_return_refused")
    [back] = Return.ask(sent, {first.id: 2, second.id: 1}, "", "", "b", clock())
    back.receive({first.id: 2}, {first.id}, clock())
    page = client.get(path).text
    assert "This came back to us" in page
    assert "(none of them came)" in page
    assert f"2 x {first.title}" in letter(settings, clock, "order_returned")
    back.settle({first.id: 100}, "One button is missing.", unsigned, clock())
    assert "One button is missing." in client.get(path).text
    told = letter(settings, clock, "order_return_reduced")
    assert "$1.00" in told
    assert "One button is missing." in told
    history = client.get(path.removesuffix("/withdrawal")).text
    for words in ("asked to send it back", "Came back to us", "Not taken back", "Less is given"):
        assert words in history


def test_an_order_that_was_not_charged_is_cancelled_as_a_whole(visitor, client, plenty, settings):
    place_order(client, plenty)
    path = path_of(settings, Order.get())
    assert "Withdraw from the whole order" in client.get(path).text
    assert visitor.post(path, {}).status_code < 400
    assert Order.get().state in ("cancelling", "cancelled")
    assert "cancelled" in client.get(path).text
    assert visitor.post(path, {"whole": "1"}).status_code == 422
    assert not Return.select().exists()


def test_an_order_whose_money_was_given_back_says_so(client, path, order, clock):
    order.give_back(order.total_minor, clock())
    assert "has been given back" in client.get(path).text


def test_the_page_asks_the_database_as_often_for_many_returns(client, path, sent, clock):
    first, second = sent.in_order()
    Return.ask(sent, {first.id: 1}, "", "", "a", clock())
    with count_queries() as few:
        client.get(path)
    Return.ask(sent, {first.id: 1, second.id: 1}, "", "", "b", clock())
    with count_queries() as more:
        client.get(path)
    assert more.count <= few.count


def test_who_withdrew_while_it_was_charged_has_withdrawn_from_it(visitor, settings, shirt, clock):
    order = place(cart_of((stock(shirt.in_order()[0], 9), 2)), clock())
    path = path_of(settings, order)
    page = visitor.client.get(path).text
    assert "Nothing was charged" in page
    [pressed] = re.findall(r'<button name="(\w+)" value="1">Withdraw', page)
    order.charge(clock())
    stale = {pressed: "1", "asking": hidden_in(page)["asking"]}
    for _ in range(2):
        assert visitor.post(path, stale).status_code < 400
    [back] = Return.select()
    assert [x.quantity for x in back.lines] == [2]
    assert Order.get().stage == "called_off"


def test_an_order_whose_address_is_erased_asks_for_no_words(client, path, sent):
    assert 'name="words"' in client.get(path).text
    Order.update(email="").execute()
    assert 'name="words"' not in client.get(path).text

"""An order's own page, the way to the payment page, and the way back."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from storefront.app import create_app
from storefront.models import Order, OrderEvent, OutgoingMail, PaymentAttempt, Variant
from tests.desks import desk_keys
from tests.journey import come_home, order_path, pay, place_order
from vault.acquirer import Sandbox
from vault.bundle import statement_file
from vault.desk import Desk


@pytest.fixture
def placed(client, plenty):
    """The address of the payment page, for an order of two just placed."""
    return place_order(client, plenty)


def test_a_paid_order_is_held_and_the_customer_told(client, payment_page, placed):
    back = pay(payment_page, placed)
    assert back.status_code == 303
    page = come_home(client, back)
    assert 'data-state="card_held"' in page.text
    assert page.request.url.endswith(order_path(placed)), "the address is clean"
    assert [mail.kind for mail in OutgoingMail.select()] == ["order_placed", "order_card_held"]
    assert Order.get().hold_until is None


def test_coming_back_again_changes_nothing(client, payment_page, placed):
    back = pay(payment_page, placed)
    for _ in range(3):
        assert 'data-state="card_held"' in come_home(client, back).text
    assert OutgoingMail.select().where(OutgoingMail.kind == "order_card_held").count() == 1


def test_a_second_click_on_pay_comes_home_with_the_same_receipt(client, payment_page, placed):
    first, second = pay(payment_page, placed), pay(payment_page, placed)
    assert first.headers["Location"] == second.headers["Location"]


def test_a_receipt_that_never_came_home_is_fetched_when_the_page_is_opened(
    client, payment_page, placed
):
    pay(payment_page, placed)  # and the browser dies
    answer = client.get(order_path(placed), follow_redirects=True)
    assert 'data-state="card_held"' in answer.text


@pytest.mark.parametrize("receipt", ["", "forged", "Zm9yZ2Vk.Zm9yZ2Vk"])
def test_a_forged_receipt_is_refused(client, placed, receipt):
    answer = client.get(f"{order_path(placed)}/return", query_string={"receipt": receipt})
    assert answer.status_code == 422
    assert "does not come from our vault" in answer.text
    assert Order.get().state == "awaiting_card"


def test_a_receipt_of_another_order_is_refused(client, payment_page, plenty):
    mine, theirs = place_order(client, plenty, 1), place_order(client, plenty, 1)
    back = urlsplit(pay(payment_page, theirs).headers["Location"])
    answer = client.get(f"{order_path(mine)}/return?{back.query}")
    assert answer.status_code == 422
    assert "another order" in answer.text


@pytest.mark.parametrize("link", ["K7M2-9QXD", "nothing.here", "a" * 300, "%00", "AAAAA-AAAAA.x"])
def test_a_link_that_was_not_signed_leads_nowhere(client, placed, link):
    answer = client.get(f"/orders/{link}")
    assert answer.status_code == 404
    assert '<a href="/orders">We can send it again.</a>' in answer.text


def test_nobody_stores_or_lists_an_order_path(client, placed):
    page = client.get(order_path(placed))
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in page.text


def test_paying_later_gives_the_same_offer_while_it_is_good(visitor, placed):
    answer = visitor.post(f"{order_path(placed)}/payment", {})
    assert (answer.headers.get("HX-Redirect") or answer.headers["Location"]) == placed
    assert PaymentAttempt.select().count() == 1


def test_paying_later_gives_a_fresh_offer_when_the_old_one_is_over(client, clock, placed):
    clock.forward(minutes=31)
    answer = client.post(f"{order_path(placed)}/payment")
    assert answer.status_code == 303
    assert answer.headers["Location"] != placed
    assert [attempt.number for attempt in PaymentAttempt.select()] == [1, 2]


def test_five_attempts_are_enough(client, clock, placed):
    for _ in range(4):
        clock.forward(minutes=31)
        assert client.post(f"{order_path(placed)}/payment").status_code == 303
    clock.forward(minutes=31)
    answer = client.post(f"{order_path(placed)}/payment")
    assert answer.status_code == 422
    assert "Five attempts" in answer.text


def test_an_order_paid_for_is_not_paid_twice(client, payment_page, placed):
    come_home(client, pay(payment_page, placed))
    page = client.get(order_path(placed)).text
    assert "/payment" not in page
    answer = client.post(f"{order_path(placed)}/payment")
    assert answer.status_code == 422
    assert "paid for already" in answer.text


def test_an_order_that_lapsed_takes_its_stock_again_when_it_is_paid(app, client, clock, placed):
    order = Order.get()
    clock.forward(minutes=40)
    app.extensions["payments"].settle(clock())
    page = client.get(order_path(placed)).text
    assert 'data-state="lapsed"' in page
    line = order.lines.get()
    stock = line.variant.stock
    assert client.post(f"{order_path(placed)}/payment").status_code == 303
    assert Variant.get_by_id(line.variant_id).stock == stock - 2


def test_an_order_that_lapsed_says_what_has_gone(app, client, clock, placed):
    clock.forward(minutes=40)
    app.extensions["payments"].settle(clock())
    Variant.update(stock=1).execute()
    answer = client.post(f"{order_path(placed)}/payment")
    assert answer.status_code == 422
    assert "only 1 is left" in answer.text
    assert 'data-state="lapsed"' in answer.text


def test_a_silent_vault_keeps_the_order_and_leaves_a_next_step(settings, clock, placed):
    silent = replace(settings, vault_address="127.0.0.1:9")  # nobody listens on discard
    shop = create_app(settings=silent, clock=clock).test_client()
    page = shop.get(order_path(placed))
    assert page.status_code == 200
    assert 'data-state="awaiting_card"' in page.text
    assert "/payment" in page.text
    clock.forward(minutes=60)
    shop.application.extensions["payments"].settle(clock())
    assert Order.get().state == "awaiting_card", "the hold is kept"


@pytest.fixture
def desk(settings, vault_server):
    """The desk sits down, charges all that waits, and carries its statements to the vault."""
    sandbox = Sandbox(settings.instance / "desk/sandbox.sqlite")
    at_work = Desk(desk_keys(settings.instance), sandbox)
    connection = vault_server.vault.store.connection  # one vault for the whole session
    for table in ("statements", "instructions", "envelopes", "bundles"):
        connection.execute(f"DELETE FROM {table}")

    def work():
        taken = at_work.take(vault_server.vault.bundle())
        for waiting in taken.waiting:
            at_work.charge(waiting)
        raw = statement_file(at_work.statements(taken))
        assert vault_server.vault.take_statements(raw).status == 200

    yield work
    at_work.close()
    sandbox.close()


def test_a_verdict_that_has_not_come_home_is_fetched_when_the_page_is_opened(
    client, payment_page, placed, desk
):
    come_home(client, pay(payment_page, placed))
    desk()
    assert Order.get().state == "card_held"
    answer = client.get(order_path(placed))
    assert answer.status_code == 303
    assert f"{order_path(placed)}/return?statement=" in answer.headers["Location"]
    page = client.get(order_path(placed), follow_redirects=True)
    assert 'data-state="charged"' in page.text
    assert page.request.url.endswith(order_path(placed)), "the address is clean"


def test_a_declined_card_offers_another_and_the_second_is_charged(
    client, payment_page, placed, desk
):
    declined = {"cc-number": "4000 0000 0000 0002", "cc-exp": "12/39"}
    come_home(client, pay(payment_page, placed, declined))
    desk()
    page = client.get(order_path(placed), follow_redirects=True).text
    assert 'data-state="declined"' in page
    assert "Try another card" in page
    again = client.post(f"{order_path(placed)}/payment").headers["Location"]
    come_home(client, pay(payment_page, again))
    desk()
    page = client.get(order_path(placed), follow_redirects=True).text
    assert 'data-state="charged"' in page
    kinds = [mail.kind for mail in OutgoingMail.select().order_by(OutgoingMail.id)]
    assert kinds == [
        *("order_placed", "order_card_held", "order_declined"),
        *("order_card_held", "order_charged"),
    ]


@pytest.mark.parametrize("statement", ["forged", "Zm9yZ2Vk.Zm9yZ2Vk"])
def test_a_forged_statement_is_refused(client, placed, statement):
    answer = client.get(f"{order_path(placed)}/return", query_string={"statement": statement})
    assert answer.status_code == 422
    assert "does not come from our desk" in answer.text
    assert Order.get().state == "awaiting_card"


STATES = ["declined", "unopenable", "expired", "cancelling", "cancelled", "refunded", "charged"]


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_an_order_has_its_words(visitor, placed, state):
    Order.update(state=state).execute()
    OrderEvent.create(order=Order.get(), what=state, at=Order.get().placed_at)
    page = visitor.get(order_path(placed))
    assert page.status_code == 200
    assert ("/payment" in page.text) == (state in ("declined", "unopenable", "expired"))


@pytest.mark.parametrize("demo", [True, False])
def test_the_page_says_when_it_is_a_demonstration_and_looks_again_by_itself(
    settings, clock, placed, payment_page, client, demo
):
    come_home(client, pay(payment_page, placed))
    shop = create_app(settings=replace(settings, demo_desk=demo), clock=clock).test_client()
    page = shop.get(order_path(placed)).text
    assert ("This is a demonstration" in page) == demo
    assert (f'hx-get="{order_path(placed)}?seen=card_held"' in page) == demo
    asks = {"HX-Request": "true"}
    unchanged = shop.get(f"{order_path(placed)}?seen=card_held", headers=asks)
    assert (unchanged.status_code, unchanged.text) == (204, "")
    assert unchanged.headers["Cache-Control"] == "private, no-store"
    Order.update(state="charged").execute()
    changed = shop.get(f"{order_path(placed)}?seen=card_held", headers=asks)
    assert changed.status_code == 200
    assert changed.text.startswith('<div id="order" data-state="charged"')
    assert "There is news of your order." in changed.text
    assert '<section id="messages"' not in changed.text, "where somebody may be typing"


def test_news_that_the_page_finds_by_itself_come_as_the_part_that_changed(
    client, payment_page, placed, desk
):
    come_home(client, pay(payment_page, placed))
    desk()
    asks = {"HX-Request": "true"}
    news = client.get(f"{order_path(placed)}?seen=card_held", headers=asks, follow_redirects=True)
    assert news.status_code == 200
    assert news.text.startswith('<div id="order" data-state="charged"')
    assert Order.get().state == "charged"

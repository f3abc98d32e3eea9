"""What is held about an address: asked for by mail, read, downloaded, put right, erased."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from storefront.app import create_app
from storefront.mail import Postman
from storefront.models import Order, OrderEvent, OutgoingMail, RightsRequest, Upkeep
from tests.journey import come_home, pay, place_order
from tests.mails import delivered

ANN = "ann@example.com"


def link_to(client, settings, address: str = ANN) -> str:
    """Ask for a link, and read it in the mail."""
    assert client.post("/privacy/mine", data={"email": address}).status_code == 303
    Postman(settings).deliver_due(client.application.extensions["clock"])
    mails = [mail for mail in delivered(settings) if "what we hold" in mail["Subject"]]
    text = mails[-1].get_body(("plain",)).get_content()
    return re.search(r"http://localhost:\d+(/privacy/mine/\S+)", text)[1]


@pytest.fixture
def order(client, plenty) -> Order:
    place_order(client, plenty)
    return Order.get()


@pytest.fixture
def link(client, settings, order) -> str:
    return link_to(client, settings)


def done(order: Order, clock) -> None:
    """The order as it is some weeks after it was paid for."""
    Order.update(state="charged", hold_until=None).where(Order.id == order.id).execute()
    OrderEvent.create(order=order, what="charged", at=clock())
    clock.forward(days=31)


def test_whoever_asks_gets_the_same_answer_and_one_mail(visitor, settings, order):
    told = []
    for address in (ANN, "nobody@example.com"):
        answer = visitor.post("/privacy/mine", {"email": f" {address.upper()} "})
        headers = dict(answer.headers)
        told.append((answer.status_code, answer.data, headers))
        sent = OutgoingMail.select().where(OutgoingMail.kind == "rights_link")
        assert sent.where(OutgoingMail.to == address).count() == 1
    assert told[0] == told[1]
    assert "is on its way" in visitor.client.get("/privacy/mine/asked").text


@pytest.mark.parametrize(
    "address", ["", "ann", "ann@", "a" * 250 + "@example.com", "=?x?=@a.example"]
)
def test_what_is_no_address_is_refused_beside_the_field(visitor, address):
    answer = visitor.post("/privacy/mine", {"email": address})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert RightsRequest.select().count() == 0


def test_one_address_gets_three_links_an_hour_and_the_same_answer_ever_after(client, clock):
    answers = {client.post("/privacy/mine", data={"email": ANN}).status_code for _ in range(5)}
    assert answers == {303}
    assert OutgoingMail.select().count() == 3
    clock.forward(hours=1, seconds=1)
    client.post("/privacy/mine", data={"email": ANN})
    assert OutgoingMail.select().count() == 4


def test_one_client_may_ask_six_times_a_minute(settings, clock):
    client = create_app(replace(settings, limits=True), clock).test_client()
    answers = [
        client.post("/privacy/mine", data={"email": f"{n}@example.com"}).status_code
        for n in range(7)
    ]
    assert answers == [303] * 6 + [429]


def test_the_secret_is_in_the_mail_alone_and_the_address_in_no_url(client, settings, link):
    secret = link.rpartition("/")[2]
    assert len(secret) == 43
    asked_for = RightsRequest.get()
    assert secret not in repr(asked_for.__data__)
    assert "ann" not in link.removesuffix(secret).lower()  # which may spell anything


def rows() -> list[dict]:
    """All that the pages could change."""
    return [
        dict(row)
        for record in (Order, OrderEvent, OutgoingMail, RightsRequest, Upkeep)
        for row in record.select().dicts()
    ]


def test_opening_the_link_shows_everything_and_changes_nothing(client, link, order):
    before = rows()
    for path in (link, f"{link}/copy.json", f"{link}/order.csv", f"{link}/erasure"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert rows() == before
    page = client.get(link).text
    for value in (ANN, "Ann Walker", "1 Main St", "Portland", "97209", order.number):
        assert value in page
    assert "to deliver your order and for our tax records; the basis is the law" in page


def test_a_link_is_good_for_an_hour_and_gone_then(client, clock, link):
    clock.forward(minutes=61)
    for path in (link, f"{link}/erasure", f"{link}/copy.json"):
        assert client.get(path).status_code == 404
    assert client.post(f"{link}/erasure").status_code == 404
    assert RightsRequest.let_go(clock()) == 1
    assert RightsRequest.select().count() == 0
    assert OutgoingMail.select().where(OutgoingMail.kind == "rights_link").count() == 0


@pytest.mark.parametrize("secret", ["x", "a" * 43, "asked/copy.json", "%00"])
def test_a_link_that_is_none_leads_nowhere(client, link, secret):
    assert client.get(f"/privacy/mine/{secret}").status_code == 404


def test_a_link_shows_nothing_of_anybody_else(client, settings, order, plenty):
    place_order(client, plenty, email="bob@example.com", name="Bob Baker")
    page = client.get(link_to(client, settings, "bob@example.com")).text
    assert "Bob Baker" in page
    assert "Ann Walker" not in page


def test_who_is_unknown_reads_that_only_the_asking_is_held(client, settings, order):
    page = client.get(link_to(client, settings, "nobody@example.com")).text
    assert "Your asking what we hold" in page
    assert "Order " not in page


def test_the_copy_has_every_value_with_why_and_until_and_what_was_bought(client, link, order):
    told = client.get(f"{link}/copy.json").json
    held = told["tables"]["order"][0]
    assert held["personal"]["line1"] == {
        "value": "1 Main St",
        "clause": "orders",
        "why": "to deliver your order and for our tax records",
        "basis": "law",
        "kept_until": (order.placed_at + Order.line1.personal["keep"]).isoformat(),
        "kept_against_erasure": True,
    }
    assert told["tables"]["order_line"][0]["row"]["title"] == "Second-Day Merino T-shirt"
    assert "placement" not in held["row"]


def test_a_table_runs_no_formula(client, settings, plenty):
    place_order(client, plenty, name="=HYPERLINK(1)", **{"address-line2": "+1"})
    link = link_to(client, settings)
    rows = list(csv.DictReader(io.StringIO(client.get(f"{link}/order.csv").text)))
    assert [(row["name"], row["line2"], row["city"]) for row in rows] == [
        ("'=HYPERLINK(1)", "'+1", "Portland")
    ]
    assert client.get(f"{link}/product.csv").status_code == 404


NEW = {
    "name": "Ann Miller",
    "address-line1": "2 Side St",
    "address-line2": "",
    "address-level2": "Salem",
    "address-level1": "Oregon",
    "postal-code": "97301",
}


def test_an_order_under_way_can_be_put_right(visitor, link, order):
    path = f"{link}/orders/{order.number}"
    assert "1 Main St" in visitor.get(path).text
    answer = visitor.post(path, NEW)
    assert (answer.headers.get("HX-Redirect") or answer.headers["Location"]).endswith(link)
    fresh = Order.get()
    assert (fresh.name, fresh.line1, fresh.region) == ("Ann Miller", "2 Side St", "OR")
    assert fresh.events.where(OrderEvent.what == "corrected").count() == 1


def test_an_address_that_is_none_is_refused_and_nothing_changed(visitor, link, order):
    answer = visitor.post(f"{link}/orders/{order.number}", NEW | {"postal-code": "x", "name": ""})
    assert answer.status_code == 422
    assert "ZIP code" in answer.text
    assert 'id="name-error"' in answer.text
    assert Order.get().name == "Ann Walker"


def test_an_order_that_is_done_stays_as_it_was_invoiced(client, settings, order, clock):
    done(order, clock)
    path = f"{link_to(client, settings)}/orders/{order.number}"
    assert "tax record" in client.get(path).text
    assert client.post(path, data=NEW).status_code == 422
    assert Order.get().name == "Ann Walker"


def test_nobody_puts_somebody_elses_order_right(client, settings, order):
    link = link_to(client, settings, "bob@example.com")
    assert client.post(f"{link}/orders/{order.number}", data=NEW).status_code == 404


def test_erasing_says_first_what_goes_and_what_is_kept_then_does_it(client, settings, order, clock):
    done(order, clock)
    link = link_to(client, settings)
    until = order.placed_at + Order.line1.personal["keep"]
    for words in ("to deliver your order and for our tax records", f"{until:%-d %B %Y}"):
        assert words in client.get(f"{link}/erasure").text
    answer = client.post(f"{link}/erasure", follow_redirects=True)
    assert "It is erased" in answer.text
    assert f"<b>Order {order.number}" in answer.text
    assert f"{until:%-d %B %Y}" in answer.text
    assert ANN not in answer.text
    fresh = Order.get()
    assert (fresh.email, fresh.name) == ("", "Ann Walker")
    assert OutgoingMail.select().count() == 0


def test_erasing_twice_does_and_says_the_same(visitor, settings, order, clock):
    done(order, clock)
    link = link_to(visitor.client, settings)
    pages = set()
    for _ in range(2):
        assert visitor.post(f"{link}/erasure", {}).status_code in (204, 303)
        pages.add(visitor.client.get(link).text)
        pages.add(visitor.client.get(f"{link}/erasure").text)
    assert len(pages) == 1


def test_another_link_of_the_same_person_is_over_then(client, settings, order):
    first, second = link_to(client, settings), link_to(client, settings)
    client.post(f"{second}/erasure")
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200


def test_what_is_left_of_an_order_is_found_again_and_says_why(client, settings, order, clock):
    done(order, clock)
    client.post(f"{link_to(client, settings)}/erasure")
    page = client.get(link_to(client, settings)).text
    assert "Ann Walker" in page
    assert "Keyed digest of your e-mail address" in page
    assert "You had it erased on" in page


def test_an_order_under_way_keeps_what_it_needs_and_says_so(client, link, order):
    page = client.get(f"{link}/erasure").text
    assert "because your order waits for your card" in page
    assert f"{order.hold_until:%-d %B %Y}" in page
    client.post(f"{link}/erasure")
    assert (Order.get().email, Order.get().name) == (ANN, "Ann Walker")


def test_the_page_of_an_erased_order_still_opens(client, settings, order, clock, app):
    Order.update(placed_at=order.placed_at - timedelta(days=60)).execute()
    done(order, clock)
    client.post(f"{link_to(client, settings)}/erasure")
    page = client.get(f"/orders/{app.extensions['order_links'].write(order.number)}")
    assert page.status_code == 200
    assert "We write to" not in page.text


def test_what_lies_off_line_is_said_in_words(client, settings, plenty, payment_page):
    come_home(client, pay(payment_page, place_order(client, plenty)))
    page = client.get(link_to(client, settings)).text
    assert "Your card number and expiry, sealed and offline, for order" in page
    assert "after 14 days at the latest" in page
    assert "3 mails as they were delivered" in page


def test_orders_that_say_the_same_are_all_there_and_mails_stand_together(client, settings, plenty):
    for _ in range(2):
        place_order(client, plenty)
    page = client.get(link_to(client, settings)).text
    for order in Order.select():
        assert f"<h3>Order {order.number} of" in page
        assert f"/orders/{order.number}" in page
    assert page.count("Mail “order received”") == 2
    assert page.count("<h3>Mail") == 2, "the one with the link is kept for a day alone"

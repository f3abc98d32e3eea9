"""Orders at the desk: queues, finding one, and all that is done to it; with htmx and without."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from playhouse.test_utils import count_queries

from storefront.db import database, is_sqlite
from storefront.mail import Postman
from storefront.models import (
    DeskInstruction,
    Order,
    OrderEvent,
    OutgoingMail,
    Parcel,
    StaffAction,
    Variant,
)
from storefront.models.order_queue import QUEUES
from storefront.models.totals import Customer
from tests.conftest import Visitor
from tests.models.placing import ANN, cart_of, place, stock
from tests.staff import hired, in_browser, signed_in

BOB = Customer("bob@example.net", "Bob 100% Fisher", "2 Quay", "", "Hull", "", "HU1", "GB")


@pytest.fixture
def pair(shirt):
    """Two variants of a shirt, with plenty of each in stock."""
    return [stock(variant, 10**6) for variant in shirt.in_order()[:2]]


@pytest.fixture
def paid(pair, clock):
    """Places orders of three of one thing and one of another, paid for."""

    def paid(customer=ANN) -> Order:
        order = place(cart_of((pair[0], 3), (pair[1], 1)), clock(), customer=customer)
        order.charge(clock())
        return Order.get_by_id(order.id)

    return paid


@pytest.fixture
def order(paid) -> Order:
    return paid()


def at(order: Order, noun: str = "") -> str:
    return f"/desk/orders/{order.id}" + (f"/{noun}" if noun else "")


def shown(packer: Visitor, answer) -> str:
    """The page that an answer is, or leads to."""
    if packer.fragments:
        assert answer.status_code == 200, answer.text
        assert "<html" not in answer.text
        return answer.text
    assert answer.status_code == 303, answer.text
    return packer.get(answer.location).text


def fresh(order: Order) -> Order:
    return Order.get_by_id(order.id)


def seen(page: str) -> str:
    return re.search(r'name="seen" value="(\d+)"', page)[1]


def history(order: Order) -> list[tuple[str, str]]:
    """What happened since it was paid for, and in which role."""
    events = [(each.what, each.role) for each in order.events.order_by(OrderEvent.id)]
    return events[events.index(("charged", "")) + 1 :]


def log() -> list[str]:
    return [each.what for each in StaffAction.select().order_by(StaffAction.id)]


def asked() -> list[tuple[int | None, int]]:
    rows = DeskInstruction.select().where(DeskInstruction.what == "refund")
    return [(each.line_id, each.amount_minor) for each in rows.order_by(DeskInstruction.id)]


def sent_by_all(browsers: list, address: str, form: dict) -> list[int]:
    """What became of the same form, sent by all of them at the same moment."""
    start = Barrier(len(browsers))

    def send(browser) -> int:
        start.wait(10)
        return browser.post(address, data=form).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        return sorted(pool.map(send, browsers))


# The queues


def test_a_shop_without_orders_says_so_in_every_queue(browser):
    for name, queue in QUEUES.items():
        assert queue.nothing in browser.get(f"/desk/orders?queue={name}").text


def test_each_order_stands_in_its_queue_and_is_counted(packer, order, paid, clock):
    paid(BOB).pack(None, clock())
    page = packer.get("/desk/orders").text
    assert "Ann Walker" in page
    assert "Bob" not in page
    assert "3 × " in page
    counts = dict(re.findall(r'id="queue-([a-z-]+)".*?<small>(\d+)</small>', page, re.DOTALL))
    assert counts == dict.fromkeys(QUEUES, "0") | {"to-pack": "1", "packed": "1", "all": "2"}
    assert "Bob" in packer.get("/desk/orders?queue=packed").text
    assert log() == ["listed"]


def test_every_stage_stands_in_one_queue_and_in_all(browser, order, clock):
    for queue in QUEUES.values():
        for stage in queue.stages:
            Order.update(stage=stage).execute()
            where = [
                n for n in QUEUES if order.number in browser.get(f"/desk/orders?queue={n}").text
            ]
            assert where == [n for n, q in QUEUES.items() if q is queue] + ["all"]


def test_what_waits_comes_oldest_first_a_page_at_a_time_with_a_few_queries(browser, order):
    row = {name: value for name, value in order.__data__.items() if name != "id"}
    copies = [row | {"number": f"N{n:04}", "placement": f"p{n}"} for n in range(119)]
    Order.insert_many(copies).execute()
    assert pages_of(browser, "/desk/orders?queue=to-pack") == sorted(numbers())
    assert pages_of(browser, "/desk/orders?queue=all") == sorted(numbers(), reverse=True)
    browser.get("/desk/orders")
    with count_queries() as counted:
        browser.get("/desk/orders?queue=no-card")
        browser.get("/desk/orders")
    assert counted.count <= 16
    assert "That is all of them." in browser.get("/desk/orders?beyond=99999999999").text


def numbers() -> list[int]:
    return [each.id for each in Order.select()]


def pages_of(browser, address: str) -> list[int]:
    """The orders on it and on the pages that follow."""
    found = []
    while address:
        page = browser.get(address).text
        rows = [int(n) for n in re.findall(r'<a href="/desk/orders/(\d+)"', page)]
        assert 0 < len(rows) <= 50
        found += rows
        further = re.search(r'rel="next" href="([^"]+)"', page)
        address = further and further[1].replace("&amp;", "&")
    return found


@pytest.mark.parametrize("query", ["queue=nothing", "beyond=x", "beyond=-5", "beyond=-" + "9" * 40])
def test_what_cannot_be_asked_for_is_left_out(browser, order, query):
    assert order.number in browser.get(f"/desk/orders?{query}").text


# Finding


@pytest.mark.parametrize(
    "words",
    [
        *("number", "number in small letters", "number without dash", "how a number begins"),
        *("Ann Walker", "walk", "  ANN  ", "Ann@example.com", "ann@ex"),
    ],
)
def test_an_order_is_found(packer, order, paid, words):
    other = paid(BOB)
    words = {
        "number": order.number,
        "number in small letters": order.number.lower(),
        "number without dash": order.number.replace("-", " "),
        "how a number begins": order.number[:7],
    }.get(words, words)
    page = packer.post("/desk/orders/searches", {"words": words}).text
    assert order.number in page
    assert other.number not in page
    assert "searched" in log()


def test_an_order_is_found_by_what_was_ordered(packer, order, pair, clock):
    line = order.in_order()[0]
    for words in (line.title, line.title[2:].upper(), line.sku):
        assert order.number in packer.post("/desk/orders/searches", {"words": words}).text


@pytest.mark.parametrize("words", ["nobody of that name", "%", "100_ F", "x" * 500, "%%"])
def test_what_nobody_has_finds_nothing_and_signs_are_no_wildcards(packer, order, paid, words):
    paid(BOB)
    answer = packer.post("/desk/orders/searches", {"words": words})
    assert answer.status_code == 200
    assert "Ann Walker" not in answer.text
    assert "Fisher" not in answer.text


def test_a_sign_that_is_in_a_name_is_found(packer, order, paid):
    found = packer.post("/desk/orders/searches", {"words": "100% f"}).text
    assert (
        paid(BOB).name in found
        or "Bob 100% Fisher" in packer.post("/desk/orders/searches", {"words": "100% f"}).text
    )


def test_searching_for_nothing_shows_what_is_to_be_packed(packer, order):
    assert order.number in packer.post("/desk/orders/searches", {"words": " "}).text
    assert "at least two" in packer.post("/desk/orders/searches", {"words": "a"}).text


def test_more_than_a_page_of_finds_is_cut_off_and_says_so(browser, order):
    row = {name: value for name, value in order.__data__.items() if name != "id"}
    copies = [row | {"number": f"N{n:04}", "placement": f"p{n}"} for n in range(60)]
    Order.insert_many(copies).execute()
    with count_queries() as counted:
        page = browser.post("/desk/orders/searches", data={"words": "Walker"}).text
    assert "More than 50 orders were found" in page
    assert page.count("Ann Walker") == 50
    assert counted.count <= 16


@pytest.mark.parametrize("address", ["/desk/orders", "/desk/orders?queue=all&beyond=9", "searches"])
def test_neither_a_queue_nor_a_search_reads_a_table_from_end_to_end(browser, order, address):
    if not is_sqlite():
        pytest.skip("PostgreSQL scans small tables on purpose; the indexes are the same")
    with count_queries() as counted:
        if address == "searches":
            browser.post("/desk/orders/searches", data={"words": "walker"})
        else:
            browser.get(address)
    asked = [each.msg for each in counted.get_queries() if each.msg[0].startswith("SELECT")]
    assert any('"order"' in sql for sql, _ in asked)
    plans = [plan for sql, values in asked for plan in plan_of(sql, values)]
    assert [plan for plan in plans if re.match(r"SCAN (?!CONSTANT|.*INDEX)", plan)] == []


def plan_of(sql: str, values) -> list[str]:
    rows = database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values or ()).fetchall()
    return [f"{row[3]}: {sql}" for row in rows]


# Packed, several at once


def test_the_ticked_orders_are_packed_and_what_cannot_be_is_told_by_its_number(packer, paid, clock):
    first, second, third, left = (paid() for _ in range(4))
    second.pack(None, clock())
    ticks = {"order": [first.id, second.id, third.id, 10**6]}
    page = shown(packer, packer.post("/desk/orders/packing", ticks))
    assert "2 orders are packed." in page
    assert f"There is nothing of order {second.number} to pack." in page
    assert "One of the orders is gone." in page
    stages = [fresh(order).stage for order in (first, second, third, left)]
    assert stages == ["packed", "packed", "packed", "to_pack"]
    assert history(first) == [("packed", "fulfilment")]
    assert len(history(second)) == 1
    assert log().count("packed") == 2


@pytest.mark.parametrize("ticks", [{}, {"order": ["x", "-1", "99999999999"]}])
def test_no_tick_is_a_sentence(packer, order, ticks):
    answer = packer.post("/desk/orders/packing", ticks)
    assert answer.status_code == 422
    assert "Tick the orders that are packed." in answer.text


def test_where_none_can_be_packed_that_is_a_refusal_with_the_ticks_kept(packer, order, paid, clock):
    order.call_off(None, clock())
    answer = packer.post("/desk/orders/packing", {"order": order.id})
    assert answer.status_code == 422
    assert f"nothing of order {order.number} to pack" in answer.text
    assert "packed" not in log()


# One order


def test_the_page_shows_all_of_an_order_and_is_noted(browser, order, clock):
    parcel = order.ship(None, clock(), carrier="DHL", tracking="JD1", role="fulfilment")
    page = browser.get(at(order)).text
    for words in ("Ann Walker", "1 Main St", "United States", order.email, "Sent", "DHL"):
        assert words in page
    assert parcel.follow.replace("&", "&amp;") in page
    assert "by fulfilment" in page
    assert "Parcel sent" in page
    assert log() == ["opened"]
    assert StaffAction.get().row == order.id


@pytest.mark.parametrize("stage", [s for queue in QUEUES.values() for s in queue.stages])
def test_there_is_a_page_for_every_stage(browser, order, stage):
    unpaid = stage in ("placed", "awaiting_card", "declined", "unopenable", "expired", "card_held")
    state = (
        stage if unpaid or stage in ("cancelling", "cancelled", "refunded", "lapsed") else "charged"
    )
    Order.update(stage=stage, state=state).execute()
    page = browser.get(at(order)).text
    assert ("Cancel the order" in page) == (unpaid or stage == "lapsed")
    assert ("Give money back" in page) == (state == "charged")


def test_an_order_whose_data_was_erased_is_still_a_page(browser, order, clock):
    OutgoingMail.delete().execute()
    Order.update(email="", name="", line1="").execute()
    page = browser.get(at(order)).text
    for words in ("Name and address were erased", "address was erased", "None are kept"):
        assert words in page
    assert "name erased" in browser.get("/desk/orders").text


@pytest.mark.parametrize("noun", ["", "packing", "parcels/1/delivery", "mails/1/sending"])
def test_what_is_gone_is_gone(packer, noun):
    address = f"/desk/orders/7{'/' + noun if noun else ''}"
    answer = packer.post(address, {}) if noun else packer.get(address)
    assert answer.status_code == 404


def test_a_parcel_or_a_mail_of_another_order_is_not_this_ones(packer, order, paid, clock):
    other = paid(BOB)
    parcel = other.ship(None, clock())
    mail = OutgoingMail.of_order(other)[0]
    assert packer.post(at(order, f"parcels/{parcel.id}/delivery"), {}).status_code == 404
    assert packer.post(at(order, f"mails/{mail.id}/sending"), {}).status_code == 404
    assert Parcel.get().delivered_at is None


@pytest.mark.parametrize("role", ["editor", "moderator"])
def test_who_does_not_pack_sees_and_does_nothing_here(app, order, role):
    browser = signed_in(app, role)
    for address in ("/desk/orders", at(order)):
        assert browser.get(address).status_code == 403
    for noun in ("packing", "unpacking", "parcels", "cancellation", "refunds"):
        assert browser.post(at(order, noun)).status_code == 403
    for noun in ("packing", "searches"):
        assert browser.post(f"/desk/orders/{noun}", data={"words": "Ann"}).status_code == 403
    assert (history(order), log()) == ([], [])
    assert "/desk/orders" not in browser.get("/desk").text


# Packing, sending, arriving


def test_it_is_packed_sent_and_arrives_with_an_event_a_mail_and_a_line_in_the_log_each(
    packer, order
):
    assert "It is packed" in shown(packer, packer.post(at(order, "packing"), {}))
    parcel = {"carrier": " Royal  Mail ", "tracking": "RM 1"}
    page = shown(packer, packer.post(at(order, "parcels"), parcel))
    assert "It is on its way" in page
    assert "Royal Mail" in page
    parcel = Parcel.get()
    page = shown(packer, packer.post(at(order, f"parcels/{parcel.id}/delivery"), {}))
    assert "The parcel has arrived" in page
    assert fresh(order).stage == "delivered"
    assert history(order) == [(what, "fulfilment") for what in ("packed", "shipped", "delivered")]
    kinds = [mail.kind for mail in OutgoingMail.of_order(order)][-3:]
    assert kinds == ["order_packed", "order_shipped", "order_delivered"]
    assert [what for what in log() if what != "opened"] == ["packed", "shipped", "delivered"]


def test_some_of_it_is_packed_and_sent_and_what_was_packed_is_taken_out_again(packer, order):
    first, second = order.in_order()
    packer.post(at(order, "packing"), {f"line-{first.id}": "2", f"line-{second.id}": ""})
    assert [line.packed for line in order.in_order()] == [2, 0]
    page = shown(packer, packer.post(at(order, "unpacking"), {}))
    assert "back on the shelf" in page
    packer.post(at(order, "parcels"), {f"line-{first.id}": "1", f"line-{second.id}": "0"})
    assert [line.shipped for line in order.in_order()] == [1, 0]
    assert fresh(order).stage == "part_shipped"
    assert [what for what, _ in history(order)] == ["packed", "unpacked", "shipped"]


@pytest.mark.parametrize(
    ("quantity", "sentence"),
    [
        ("4", "there are only 3 left to send"),
        ("-1", "Give a number in digits"),
        ("1.5", "Give a number in digits"),
        ("٣", "Give a number in digits"),
        ("9" * 30, "Give a number in digits"),
        ("", "Say how many, of at least one thing."),
    ],
)
def test_a_parcel_that_cannot_be_comes_back_with_all_that_was_typed(
    packer, order, quantity, sentence
):
    first, second = order.in_order()
    typed = {f"line-{first.id}": quantity, f"line-{second.id}": "", "carrier": "A & B"}
    answer = packer.post(at(order, "parcels"), typed | {"tracking": "T <1>"})
    assert answer.status_code == 422
    assert sentence in answer.text
    for kept in ('value="A &amp; B"', 'value="T &lt;1&gt;"', f'name="line-{first.id}"'):
        assert kept in answer.text
    assert f'value="{quantity}"' in answer.text
    assert (history(order), "shipped" in log()) == ([], False)


def test_a_carrier_that_is_too_long_is_refused_beside_its_field(packer, order):
    answer = packer.post(at(order, "parcels"), {"carrier": "x" * 41, "tracking": "y" * 41})
    assert answer.status_code == 422
    assert 'id="carrier-error"' in answer.text
    answer = packer.post(at(order, "parcels"), {"tracking": "y" * 41})
    assert 'id="tracking-error"' in answer.text
    assert Parcel.select().count() == 0


def test_the_second_of_two_at_once_gets_the_verbs_sentence(packer, order, clock):
    for noun, sentence in (
        ("packing", "nothing of order"),
        ("unpacking", "Nothing of this order is packed"),
        ("parcels", "nothing of order"),
    ):
        if noun == "parcels":
            order.ship(None, clock())
        else:
            packer.post(at(order, noun), {})
        answer = packer.post(at(order, noun), {})
        assert answer.status_code == 422
        assert sentence in answer.text
    parcel = Parcel.get()
    parcel.deliver(clock())
    answer = packer.post(at(order, f"parcels/{parcel.id}/delivery"), {})
    assert answer.status_code == 422
    assert "arrived already" in answer.text
    assert [what for what, _ in history(order)] == ["packed", "unpacked", "shipped", "delivered"]


@pytest.mark.parametrize("noun", ["packing", "parcels", "cancellation"])
def test_a_form_that_is_sent_twice_does_its_part_once(packer, order, noun):
    form = {"seen": seen(packer.get(at(order)).text), f"line-{order.in_order()[0].id}": "1"}
    shown(packer, packer.post(at(order, noun), form))
    answer = packer.post(at(order, noun), form)
    assert answer.status_code == 422
    assert "Something has happened to this order meanwhile." in answer.text
    assert seen(answer.text) != form["seen"]
    assert len(history(order)) == 1


def test_four_who_send_the_same_thing_at_once_send_one_parcel(app, order):
    person = hired(app, "fulfilment")
    browsers = [in_browser(app, person) for _ in range(4)]
    form = {"seen": seen(browsers[0].get(at(order)).text), f"line-{order.in_order()[0].id}": "1"}
    assert sent_by_all(browsers, at(order, "parcels"), form) == [303, 422, 422, 422]
    assert Parcel.select().count() == 1
    assert log().count("shipped") == 1


def test_an_order_that_is_not_paid_for_is_not_packed(packer, pair, clock):
    order = place(cart_of((pair[0], 1)), clock())
    for noun in ("packing", "unpacking", "parcels"):
        answer = packer.post(at(order, noun), {})
        assert answer.status_code == 422
        assert "is not paid for" in answer.text


def test_a_mail_is_sent_again(packer, settings, order, clock):
    Postman(settings).deliver_due(clock)
    mail = OutgoingMail.of_order(order)[0]
    before = len(OutgoingMail.of_order(order))
    for _ in range(2):
        page = shown(packer, packer.post(at(order, f"mails/{mail.id}/sending"), {}))
        assert "The mail is on its way again." in page
    assert len(OutgoingMail.of_order(order)) == before + 1
    assert "resent" in log()


# What is not to be sent after all, and money


def test_an_order_without_a_charge_is_cancelled_by_the_role_that_says_so(packer, pair, clock):
    order = place(cart_of((pair[0], 1)), clock())
    page = shown(packer, packer.post(at(order, "cancellation"), {}))
    assert "It is cancelled as soon as it is certain" in page
    assert fresh(order).state == "cancelled", "the vault held no card"
    event = order.events.where(OrderEvent.what == "cancelling").get()
    assert event.role == "fulfilment"
    answer = packer.post(at(order, "cancellation"), {})
    assert answer.status_code == 422
    assert "is cancelled already" in answer.text
    assert log().count("cancelled") == 1


def test_who_meant_to_cancel_what_was_charged_meanwhile_calls_nothing_off(packer, order):
    answer = packer.post(at(order, "cancellation"), {})
    assert answer.status_code == 422
    assert "ask for its money back instead" in answer.text
    assert (history(order), asked()) == ([], [])


def test_a_line_is_called_off_goes_back_on_the_shelf_and_is_paid_back(packer, order):
    line = order.in_order()[0]
    before = Variant.get_by_id(line.variant_id).stock
    form = {f"line-{line.id}": "2", "restock": "1", "refund": "1"}
    page = shown(packer, packer.post(at(order, "cancellation"), form))
    assert "is to be given back" in page
    assert asked() == [(line.id, 2 * line.price_minor)]
    assert Variant.get_by_id(line.variant_id).stock == before + 2
    assert [what for what, _ in history(order)] == ["called_off", "refund_asked"]
    assert {role for _, role in history(order)} == {"fulfilment"}


def test_what_is_called_off_may_stay_off_the_shelf_and_paid(packer, order):
    line = order.in_order()[0]
    before = Variant.get_by_id(line.variant_id).stock
    shown(packer, packer.post(at(order, "cancellation"), {f"line-{line.id}": "1"}))
    assert Variant.get_by_id(line.variant_id).stock == before
    assert asked() == []


def test_of_an_order_that_is_called_off_whole_all_that_was_paid_is_given_back(packer, order):
    shown(packer, packer.post(at(order, "cancellation"), {"everything": "1", "refund": "1"}))
    assert fresh(order).stage == "called_off"
    assert asked() == [(None, order.total_minor)]


def test_what_was_given_back_for_a_line_before_is_not_given_back_again(packer, order):
    line = order.in_order()[0]
    packer.post(at(order, "refunds"), {"line": line.id, "asked": 0})
    packer.post(at(order, "cancellation"), {f"line-{line.id}": "1", "refund": "1"})
    assert asked() == [(line.id, 3 * line.price_minor)]


@pytest.mark.parametrize("wrong", ["x", "4"])
def test_what_cannot_be_called_off_comes_back_as_it_was_typed(packer, order, wrong):
    line = order.in_order()[0]
    form = {"seen": seen(packer.get(at(order)).text), f"line-{line.id}": wrong, "refund": "1"}
    answer = packer.post(at(order, "cancellation"), form)
    assert answer.status_code == 422
    assert re.search(rf'id="call-off-{line.id}"[^>]*value="{wrong}"', answer.text)
    assert re.search(r'name="refund" value="1" checked', answer.text)
    assert not re.search(r'name="restock" value="1" checked', answer.text)
    assert (history(order), asked()) == ([], [])


@pytest.mark.parametrize("name", ["line-" + "9" * 5000, "line-9999999999", "line-", "line-x"])
@pytest.mark.parametrize("noun", ["packing", "parcels", "cancellation"])
def test_a_line_that_no_order_can_have_is_a_sentence(packer, order, noun, name):
    answer = packer.post(at(order, noun), {name: "1"})
    assert answer.status_code == 422
    assert "This order has no such line." in answer.text
    assert history(order) == []


def test_a_sum_is_given_back_once_though_the_form_is_sent_twice(packer, order):
    form = {"line": "", "sum": "5.00", "asked": "0"}
    assert "$5.00 is to be given back" in shown(packer, packer.post(at(order, "refunds"), form))
    answer = packer.post(at(order, "refunds"), form)
    assert answer.status_code == 422
    assert "Meanwhile somebody else has asked for money back" in answer.text
    assert 'name="asked" value="500"' in answer.text
    assert 'value="5.00"' in answer.text
    assert asked() == [(None, 500)]
    assert log().count("refunded") == 1


def test_four_who_refund_at_once_refund_once(app, order):
    person = hired(app, "fulfilment")
    browsers = [in_browser(app, person) for _ in range(4)]
    form = {"line": "", "sum": "5", "asked": "0"}
    assert sent_by_all(browsers, at(order, "refunds"), form) == [303, 422, 422, 422]
    assert asked() == [(None, 500)]


def test_no_sum_is_all_that_is_left_of_a_line_or_of_the_order(packer, order):
    line = order.in_order()[1]
    packer.post(at(order, "refunds"), {"line": line.id, "asked": "0"})
    packer.post(at(order, "refunds"), {"line": "", "asked": line.price_minor})
    assert asked() == [(line.id, line.price_minor), (None, order.total_minor - line.price_minor)]
    answer = packer.post(at(order, "refunds"), {"line": "", "asked": order.total_minor})
    assert answer.status_code == 422
    assert "nothing left of it to give back" in answer.text
    assert "Give money back" not in answer.text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"sum": "1000000", "asked": "0"}, "can be refunded"),
        ({"sum": "1,50", "asked": "0"}, "Write a sum in USD, such as 12.00"),
        ({"sum": "0", "asked": "0"}, "Write a sum in USD"),
        ({"sum": "-5", "asked": "0"}, "Write a sum in USD"),
        ({"sum": "1.005", "asked": "0"}, "Write a sum in USD"),
        ({"sum": "5"}, "Meanwhile somebody else"),
        ({"sum": "5", "asked": "x"}, "Meanwhile somebody else"),
        ({"sum": "5", "asked": "0", "line": "99"}, "This order has no such line."),
        ({"sum": "9" * 5000, "asked": "0"}, "Write a sum in USD"),
        ({"sum": "30000000", "asked": "0"}, "can be refunded"),
        ({"sum": "100000", "asked": "0", "line": "first"}, "choose the order as a whole"),
    ],
)
def test_a_refund_that_cannot_be_is_refused_and_nothing_typed_is_lost(
    packer, order, form, sentence
):
    if "line" in form:
        form = form | {"line": form["line"].replace("first", str(order.in_order()[0].id))}
    answer = packer.post(at(order, "refunds"), form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{form["sum"]}"' in answer.text
    assert (history(order), asked(), "refunded" in log()) == ([], [], False)

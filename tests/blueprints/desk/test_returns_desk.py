"""Returns at the desk: received, refunded, refused, and the terms that managers set."""

import re
from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront.models import DeskInstruction, Order, Return, StaffAction, Terms, Variant
from storefront.models.refunding import give_back
from tests.conftest import Visitor
from tests.models.placing import cart_of, place, stock
from tests.models.test_returning import asked_for, mails, unsigned
from tests.staff import signed_in


@pytest.fixture
def order(shirt, clock) -> Order:
    """An order of three of one thing and one of another, paid for, sent and arrived."""
    first, second = (stock(variant, 100) for variant in shirt.in_order()[:2])
    order = place(cart_of((first, 3), (second, 1)), clock())
    order.charge(clock())
    order.ship(None, clock()).deliver(clock())
    return order


@pytest.fixture
def back(order, clock) -> Return:
    first, second = order.in_order()
    said = ("size", "It pinches at the collar.")
    [back] = Return.ask(order, {first.id: 2, second.id: 1}, *said, "asking", clock())
    return back


def came(back: Return, *counts: int | str) -> dict:
    return {f"came-{x.line_id}": str(n) for x, n in zip(back.contents(), counts, strict=True)}


def shown(packer, answer) -> str:
    return answer.text if packer.fragments else packer.get(answer.location).text


def at(back: Return) -> str:
    return f"/desk/returns/{back.id}"


def test_the_lists_say_when_there_is_nothing(browser):
    assert "No money is owed" in browser.get("/desk/returns").text
    assert "Nothing is on its way back." in browser.get("/desk/returns?list=coming").text
    assert "Nothing has come back yet." in browser.get("/desk/returns?list=done").text
    assert "That is all of them." in browser.get("/desk/returns?list=x&beyond=1").text


def test_a_return_stands_in_its_list_and_the_list_names_nobody(browser, order, back):
    page = browser.get("/desk/returns?list=coming").text
    assert order.number in page
    assert f'href="{at(back)}"' in page
    assert "To be sent by" in page
    assert not {order.name, order.email, back.words} & set(re.split(r"[<>]", page))
    assert StaffAction.select().count() == 0


def test_what_the_customer_wrote_is_read_and_that_is_noted(browser, back):
    page = browser.get(at(back)).text
    assert "It pinches at the collar." in page
    assert "It does not fit" in page
    done = StaffAction.get()
    assert (done.role, done.what, done.table, done.row) == (
        *("fulfilment", "opened", "return"),
        back.id,
    )


def test_what_came_is_received_put_on_the_shelf_and_refunded(packer, order, back, clock):
    first, second = order.in_order()
    shelf = Variant.get_by_id(first.variant_id).stock
    form = came(back, 2, 1) | {"shelf": [str(first.id)]}
    page = shown(packer, packer.post(f"{at(back)}/receipt", form))
    assert "now its money is owed" in page
    assert "not on the shelf" in page
    assert [line.returned for line in order.in_order()] == [2, 1]
    assert Variant.get_by_id(first.variant_id).stock == shelf + 2
    sums = dict(re.findall(r'name="(sum-\w+)"[^>]* value="([\d.]+)"', page))
    assert sums == {
        f"sum-{first.id}": f"{first.price_minor * 2 / 100:.2f}",
        f"sum-{second.id}": f"{second.price_minor / 100:.2f}",
    }
    page = shown(packer, packer.post(f"{at(back)}/refund", sums))
    assert "is asked to give" in page
    assert asked_for(order) == {
        first.id: first.paid_for(2),
        second.id: second.paid_for(1),
    }
    answer = packer.post(f"{at(back)}/refund", sums)
    assert answer.status_code == 422
    assert "dealt with already" in answer.text
    assert DeskInstruction.select().count() == 2
    noted = [each.what for each in StaffAction.select().order_by(StaffAction.id)]
    assert [what for what in noted if what != "opened"] == ["returned", "refunded"]
    assert {event.role for event in order.events if event.what == "returned"} == {"fulfilment"}


def test_a_whole_order_that_was_withdrawn_from_is_refunded_with_delivery(packer, shirt, clock):
    order = place(cart_of((stock(shirt.in_order()[0], 9), 1)), clock())
    total = order.subtotal_minor + 700
    Order.update(shipping_minor=700, total_minor=total).where(Order.id == order.id).execute()
    order.charge(clock())
    [back] = Return.ask(order, None, "", "", "x", clock())
    page = packer.get(at(back)).text
    assert "It had not left" in page
    sums = dict(re.findall(r'name="(sum-\w+)"[^>]* value="([\d.]+)"', page))
    assert "sum-rest" in sums
    packer.post(f"{at(back)}/refund", sums)
    assert asked_for(order) == {order.in_order()[0].id: total - 700, None: 700}
    assert all(told.sent_at for told in order.instructions), "the vault has them"


@pytest.mark.parametrize(
    ("sums", "answer", "sentence"),
    [
        ("1.00", "", "Please say why it is less"),
        ("9999", "", "than is owed"),
        ("-1", "x", "as digits"),
        ("1,50", "x", "as digits"),
        ("lots", "x", "as digits"),
        ("9" * 40, "x", "as digits"),
        ("1.00", "x" * 1001, "to 1000 characters"),
    ],
)
def test_a_sum_that_is_refused_stays_as_typed(packer, order, back, clock, sums, answer, sentence):
    back.receive({order.in_order()[0].id: 1}, set(), clock())
    line = order.in_order()[0].id
    form = {f"sum-{line}": sums, "answer": answer}
    refused = packer.post(f"{at(back)}/refund", form)
    assert refused.status_code == 422
    assert sentence in refused.text
    assert f'value="{sums}"' in refused.text
    assert not answer or answer in refused.text
    assert DeskInstruction.select().count() == 0
    assert StaffAction.select().where(StaffAction.what == "refunded").count() == 0


def test_what_was_given_back_otherwise_is_settled_without_a_sum(packer, order, back, clock):
    back.receive({order.in_order()[0].id: 1}, set(), clock())
    sign = {"sign": unsigned, "at": clock(), "role": ""}
    give_back(order, 0, None, asked=0, **sign)
    page = packer.get(at(back)).text
    sums = dict(re.findall(r'name="(sum-\w+)"[^>]* value="([\d.]+)"', page))
    assert "nothing is given back" in shown(packer, packer.post(f"{at(back)}/refund", sums))
    assert asked_for(order) == {None: order.total_minor}


def test_less_is_given_with_a_reason(packer, order, back, clock):
    line = order.in_order()[0].id
    back.receive({line: 1}, set(), clock())
    form = {f"sum-{line}": "1.00", "answer": "It was worn."}
    page = shown(packer, packer.post(f"{at(back)}/refund", form))
    assert "We wrote: It was worn." in page
    assert asked_for(order) == {line: 100}
    assert mails(order)["order_return_reduced"] == 1


def test_what_costs_more_than_one_price_can_be_is_refunded_as_it_was_suggested(
    packer, shirt, clock
):
    dearest = stock(shirt.in_order()[0], 9)
    Variant.update(price_minor=2**31 - 1).where(Variant.id == dearest.id).execute()
    order = place(cart_of((Variant.get_by_id(dearest.id), 2)), clock())
    order.charge(clock())
    [back] = Return.ask(order, None, "", "", "x", clock())
    sums = dict(re.findall(r'name="(sum-\w+)"[^>]* value="([\d.]+)"', packer.get(at(back)).text))
    shown(packer, packer.post(f"{at(back)}/refund", sums))
    assert sum(asked_for(order).values()) == order.total_minor


def test_what_is_ticked_for_the_shelf_and_is_no_line_of_it_changes_nothing(packer, order, back):
    shelf = Variant.get_by_id(order.in_order()[0].variant_id).stock
    form = came(back, 2, 0) | {"shelf": ["9" * 5000, "999", "²", ""]}
    shown(packer, packer.post(f"{at(back)}/receipt", form))
    assert [line.returned for line in order.in_order()] == [2, 0]
    assert Variant.get_by_id(order.in_order()[0].variant_id).stock == shelf


@pytest.mark.parametrize(
    "counts", [("3", "0"), ("x", "0"), ("0", "0"), ("²", "0"), ("9" * 20, "0")]
)
def test_receiving_what_was_not_asked_for_is_refused(packer, order, back, counts):
    answer = packer.post(
        f"{at(back)}/receipt", came(back, *counts) | {"shelf": ["x", "²", "9" * 5000]}
    )
    assert answer.status_code == 422
    assert f'value="{counts[0]}"' in answer.text
    assert {line.returned for line in order.in_order()} == {0}


def test_a_return_is_refused_with_a_reason_only(packer, order, back):
    answer = packer.post(f"{at(back)}/refusal", {"answer": " "})
    assert answer.status_code == 422
    assert "Please say why: the customer reads it." in answer.text
    assert "<details open>" in answer.text
    page = shown(packer, packer.post(f"{at(back)}/refusal", {"answer": "It was made for you."}))
    assert "We wrote: It was made for you." in page
    assert mails(order)["order_return_refused"] == 1
    assert packer.post(f"{at(back)}/refusal", {"answer": "Again."}).status_code == 422


def test_others_of_the_same_order_are_linked(browser, order, back, clock):
    back.take_back(clock())
    [again] = Return.ask(order, None, "", "", "again", clock())
    page = browser.get(at(again)).text
    assert f'href="{at(back)}"' in page
    assert "kept after all" in page


def test_many_returns_come_a_page_at_a_time_with_a_few_queries(browser, order, clock):
    for n in range(60):
        Return.create(order=order, asking=str(n), state="received", asked_at=clock(),
                      received_at=clock(), unsent=bool(n % 2))  # fmt: skip
    browser.get("/desk/returns")
    with count_queries() as counted:
        page = browser.get("/desk/returns").text
    assert counted.count <= 4
    assert page.count("<li>\n  <a href=") == 50
    further = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert browser.get(further).text.count("<li>\n  <a href=") == 10


def owed(order: Order, asked_at, received_at) -> Return:
    """One whose money is owed."""
    moments = {"asked_at": asked_at, "received_at": received_at}
    return Return.create(order=order, asking=str(received_at), state="received", **moments)


def in_turn(browser, address: str) -> list[int]:
    return [int(n) for n in re.findall(r'href="/desk/returns/(\d+)"', browser.get(address).text)]


def test_a_refund_is_overdue_from_the_day_after_the_last_one_and_comes_first(browser, order, clock):
    clock.moment = clock.moment.replace(hour=0, minute=0, second=1)
    day, today = timedelta(days=1), clock()
    due_today = owed(order, today - 14 * day, today - 3 * day)
    came_late = owed(order, today - 40 * day, today)
    just_over = owed(order, today - 14 * day - timedelta(seconds=2), today - 3 * day)
    long_over = owed(order, today - 30 * day, today - timedelta(seconds=2))
    done = owed(order, today - 90 * day, today - 80 * day)
    Return.update(state="settled", settled_at=today).where(Return.id == done.id).execute()
    late = [just_over, long_over]
    assert in_turn(browser, "/desk/returns") == [x.id for x in [*late, due_today, came_late]]
    page = browser.get("/desk/returns").text
    assert page.count("<strong>Overdue.</strong>") == page.count("The money was owed by") == 2
    assert page.count("The money is owed by") == 2
    assert [x.is_overdue(today) for x in (just_over, due_today, came_late)] == [True, False, False]
    assert "<strong>Overdue:</strong> the money was owed by" in browser.get(at(just_over)).text
    assert "Overdue" not in browser.get(at(due_today)).text
    with count_queries() as counted:
        home = browser.get("/desk").text
    assert "2 refunds are overdue" in home
    assert "4 returns wait for a refund" in home
    assert counted.count <= 8


def test_what_is_overdue_goes_on_over_pages_before_what_is_not(browser, order, clock):
    long_ago = clock() - timedelta(days=30)
    for n in range(60):
        owed(order, clock() if n % 6 else long_ago, clock() if n % 6 else long_ago)
    first = in_turn(browser, "/desk/returns")
    pages = [first, in_turn(browser, f"/desk/returns?list=owed&beyond={first[-1]}")]
    assert [len(each) for each in pages] == [50, 10]
    assert first[:10] == [n for n in range(1, 61) if n % 6 == 1]
    assert sorted({*pages[0], *pages[1]}) == list(range(1, 61))
    inside = in_turn(browser, f"/desk/returns?beyond={first[4]}")
    assert inside[:5] == first[5:10]


def test_one_refund_that_is_overdue_is_one(browser, order, clock):
    owed(order, clock() - timedelta(days=30), clock() - timedelta(days=20))
    home = browser.get("/desk").text
    assert "1 refund is overdue" in home
    assert "1 return waits for a refund" in home


def test_a_return_that_is_gone_is_not_found(packer):
    assert packer.get("/desk/returns/77").status_code == 404
    for noun in ("receipt", "refund", "refusal"):
        assert packer.post(f"/desk/returns/77/{noun}", {}).status_code == 404


def test_managers_set_the_terms_and_the_rest_is_kept_as_typed(app):
    manager = signed_in(app, "manager")
    good = {"return_days": "60", "return_address": "7 Dock Road", "postage": "We pay it."}
    for fragments in (False, True):
        visitor = Visitor(manager, fragments)
        answer = visitor.post("/desk/terms", good | {"return_days": "13"})
        assert answer.status_code == 422
        assert "between 14 and 365 days" in answer.text
        assert 'value="7 Dock Road"' in answer.text
        assert "from now on this holds" in shown(visitor, visitor.post("/desk/terms", good))
    now = Terms.now()
    assert (now.return_days, now.return_address, now.postage) == (60, "7 Dock Road", "We pay it.")
    assert Terms.select().count() == 1

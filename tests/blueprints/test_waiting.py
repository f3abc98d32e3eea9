"""Hearing when something is back: asked for with an address alone, confirmed by mail, told once."""

import re
from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront.jobs import Jobs
from storefront.mail import Postman
from storefront.models import OutgoingMail, PolicyVersion, Product, Variant, Waiting, stock
from storefront.models.waiting import KEPT, MOST_UNCONFIRMED, TO_CONFIRM, TOLD_FOR
from storefront.privacy import sweep
from tests.racing import at_once
from tests.staff import signed_in


@pytest.fixture
def gone(shirt) -> Variant:
    """A variant that is sold out."""
    return next(variant for variant in shirt.in_order() if variant.left == 0)


@pytest.fixture
def at(shirt) -> str:
    return f"/products/{shirt.handle}/waiting"


def chosen(variant: Variant) -> dict:
    return {f"option{n + 1}": value for n, value in enumerate(variant.choice)}


def ask(visitor, at: str, variant: Variant, email: str = "ann@example.com"):
    return visitor.post(at, {"variant": str(variant.id), "email": email})


def where(answer) -> str:
    return answer.headers.get("HX-Redirect") or answer.headers["Location"]


def mail_of(settings, kind: str):
    """The last mail of that kind, as it is sent."""
    found = OutgoingMail.select().where(OutgoingMail.kind == kind).order_by(OutgoingMail.id.desc())
    return Postman(settings).write(found.get(), found.get().made_at)


def link_in(mail) -> str:
    text, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))
    path = re.search(r"/waiting/\S+", text)[0]
    assert f'{path}"' in html
    return path


@pytest.fixture
def confirmed(visitor, at, gone, settings) -> Waiting:
    ask(visitor, at, gone)
    visitor.post(f"{link_in(mail_of(settings, 'stock_wanted'))}/confirmation", {})
    return Waiting.get()


def test_the_form_is_drawn_where_the_choice_is_sold_out_and_nowhere_else(
    visitor, shirt, gone, plenty
):
    page = f"/products/{shirt.handle}"
    shown = visitor.get(page, query_string=chosen(gone)).text
    assert f'name="variant" value="{gone.id}"' in shown
    assert shown.count('name="email"') == 1
    shown = visitor.get(page, query_string=chosen(plenty)).text
    assert 'id="waiting"' in shown
    assert 'name="email"' not in shown


def test_asking_writes_one_mail_that_asks_whether_it_was_them(visitor, at, gone, settings):
    answer = ask(visitor, at, gone, " Ann@Example.com ")
    assert answer.status_code == (204 if visitor.fragments else 303)
    assert "We have sent you a mail" in visitor.client.get(where(answer)).text
    assert [(one.email, one.variant_id) for one in Waiting.select()] == [
        ("ann@example.com", gone.id)
    ]
    mail = mail_of(settings, "stock_wanted")
    assert mail["To"] == "ann@example.com"
    link = link_in(mail)
    page = visitor.client.get(link)
    assert "no-store" in page.headers["Cache-Control"]
    assert "Yes, tell me" in page.text
    assert Waiting.get().confirmed_at is None, "opening the link confirms nothing"
    visitor.post(f"{link}/confirmation", {})
    assert Waiting.get().confirmed_at
    assert "We write to you once" in visitor.client.get(link).text


def test_who_asked_already_or_often_gets_no_other_mail_and_the_same_answer(
    visitor, at, shirt, gone
):
    first = ask(visitor, at, gone)
    again = ask(visitor, at, gone)
    assert (again.status_code, where(again)) == (first.status_code, where(first))
    assert OutgoingMail.select().count() == 1
    Variant.update(stock=0).where(Variant.product == shirt).execute()
    for variant in shirt.in_order()[: MOST_UNCONFIRMED + 3]:
        answer = ask(visitor, at, variant)
        assert (answer.status_code, where(answer)) == (first.status_code, where(first))
    assert OutgoingMail.select().count() == MOST_UNCONFIRMED


@pytest.mark.parametrize("email", ["", "ann@", "ann\r\nBcc: all@example.com", "a" * 300])
def test_what_is_no_address_is_refused_beside_the_field_and_not_lost(visitor, at, gone, email):
    answer = ask(visitor, at, gone, email)
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert ("<html" in answer.text) is not visitor.fragments
    assert f'name="variant" value="{gone.id}"' in answer.text
    if email == "ann@":
        assert 'value="ann@"' in answer.text
    assert not Waiting.select().exists()


def test_what_is_in_stock_or_of_another_product_is_not_waited_for(visitor, at, shirt, plenty):
    answer = ask(visitor, at, plenty)
    assert answer.status_code == 422
    assert "This is in stock again" in answer.text
    other = Variant.get(Variant.product != shirt)
    assert ask(visitor, at, other).status_code == 404
    for nonsense in ("", "x", "-1", "9" * 30):
        form = {"variant": nonsense, "email": "ann@example.com"}
        assert visitor.post(at, form).status_code == 404
    assert visitor.post("/products/nothing/waiting", {}).status_code == 404
    assert not Waiting.select().exists()


def test_whatever_brings_stock_back_everybody_is_told_once(
    visitor, confirmed, gone, settings, client, at
):
    jobs = Jobs(settings)
    jobs.look_after()
    assert not OutgoingMail.select().where(OutgoingMail.kind == "stock_back").exists()
    stock.put_back({gone.id: 1})
    jobs.look_after()
    mail = mail_of(settings, "stock_back")
    assert mail["To"] == "ann@example.com"
    assert gone.product.title in mail["Subject"]
    text = mail.get_body(["plain"]).get_content()
    assert f"/products/{gone.product.handle}" in text
    assert "It came back" in client.get(link_in(mail)).text
    jobs.look_after()
    assert OutgoingMail.select().where(OutgoingMail.kind == "stock_back").count() == 1


def test_those_who_asked_first_are_written_to_first(settings, client, at, gone, clock):
    for n in range(3):
        ask_as = f"p{n}@example.com"
        client.post(at, data={"variant": str(gone.id), "email": ask_as})
    for n in (1, 0, 2):
        Waiting.get(Waiting.email == f"p{n}@example.com").confirm(clock() + timedelta(seconds=n))
    stock.put_back({gone.id: 1})
    assert Waiting.tell(clock()) == 3
    kinds = OutgoingMail.select().where(OutgoingMail.kind == "stock_back").order_by(OutgoingMail.id)
    assert [mail.to for mail in kinds] == [f"p{n}@example.com" for n in range(3)]


def test_a_look_for_nobody_takes_one_query(settings, clock):
    with count_queries() as counted:
        Waiting.tell(clock())
    assert counted.count == 1


def test_nobody_is_told_of_what_is_not_shown(confirmed, gone, clock):
    stock.put_back({gone.id: 1})
    Product.update(status="draft").where(Product.id == gone.product_id).execute()
    assert Waiting.tell(clock()) == 0
    Product.update(status="active").where(Product.id == gone.product_id).execute()
    assert Waiting.tell(clock()) == 1


def test_what_nobody_confirms_goes_with_its_mail(visitor, at, gone, clock):
    ask(visitor, at, gone)
    stock.put_back({gone.id: 1})
    assert Waiting.tell(clock()) == 0, "nobody said that it was them"
    assert Waiting.let_go(clock() + TO_CONFIRM - timedelta(minutes=1)) == 0
    assert Waiting.let_go(clock() + TO_CONFIRM + timedelta(minutes=1)) == 1
    assert not OutgoingMail.select().exists()


def test_what_was_answered_goes_two_days_after(confirmed, gone, clock):
    stock.put_back({gone.id: 1})
    Waiting.tell(clock())
    until = Waiting.get().gone_at(Waiting.email)
    assert until == clock() + TOLD_FOR
    assert Waiting.let_go(until + timedelta(seconds=1)) == 1
    assert not OutgoingMail.select().exists()


def test_who_waits_in_vain_is_forgotten_after_its_period(confirmed, settings, clock):
    clock.forward(days=KEPT.days, seconds=1)
    assert sweep(settings, clock())["waiting"] == 1
    assert not Waiting.select().exists()


def test_a_wish_is_taken_back_by_its_link_and_nothing_of_it_stays(visitor, confirmed, settings):
    link = link_in(mail_of(settings, "stock_wanted"))
    answer = visitor.post(f"{link}/removal", {})
    assert "not kept" in visitor.client.get(where(answer)).text
    assert not Waiting.select().exists()
    assert not OutgoingMail.select().exists()
    assert visitor.client.get(link).status_code == 404
    assert visitor.post(f"{link}/removal", {}).status_code == 404


def test_links_of_another_kind_open_nothing(client, confirmed, app):
    forged = app.extensions["entry_links"].write(confirmed.key)
    assert client.get(f"/waiting/{forged}").status_code == 404
    assert client.get(f"/waiting/{confirmed.key}").status_code == 404


def test_the_desk_reads_how_many_wait_and_never_who(app, confirmed, gone, shirt):
    assert Waiting.counts([variant.id for variant in shirt.in_order()]) == {gone.id: 1}
    for role in ("editor", "fulfilment"):
        page = signed_in(app, role).get("/desk/waiting").text
        assert shirt.title in page
        assert "ann@example.com" not in page
    assert signed_in(app, "moderator").get("/desk/waiting").status_code == 403


def test_a_desk_for_which_nobody_waits_says_so(app, settings):
    assert "Nobody waits" in signed_in(app, "editor").get("/desk/waiting").text


def test_a_title_with_odd_signs_makes_no_header(visitor, at, gone, settings):
    Product.update(title="Odd\nBcc: x@example.com").where(Product.id == gone.product_id).execute()
    ask(visitor, at, gone)
    mail = mail_of(settings, "stock_wanted")
    assert mail["Bcc"] is None
    assert "Odd Bcc" in mail["Subject"]


@pytest.mark.parametrize("number", [-(10**30), -1, 0, 2**31, 10**30])
def test_a_variant_of_an_odd_number_is_none(visitor, at, number):
    answer = visitor.post(at, {"variant": str(number), "email": "ann@example.com"})
    assert answer.status_code == 404


def test_who_asks_several_times_at_once_gets_one_mail(gone, clock):
    policy = PolicyVersion.in_force(clock())
    at_once(lambda: Waiting.ask(gone, "ann@example.com", policy, clock()), 6)
    assert Waiting.select().count() == OutgoingMail.select().count() == 1


def test_other_spellings_of_an_address_do_not_fill_its_mailbox(shirt, gone, clock):
    policy = PolicyVersion.in_force(clock())
    for n in range(3 * MOST_UNCONFIRMED):
        Waiting.ask(gone, f"ann+{n}@example.com", policy, clock())
    assert OutgoingMail.select().count() == MOST_UNCONFIRMED

"""What a customer keeps: the address book and the checkout it fills in, another e-mail address."""

import re

import pytest

from storefront import privacy
from storefront.models import Account, AccountLink, Order, OutgoingMail, SavedAddress
from tests.conftest import Visitor
from tests.customers import ANN, account_of, code_in, link_in, newest_mail, signed_in
from tests.journey import ANN as HOME
from tests.journey import fill_cart, order_path, place_order

ADDRESSES = "/account/addresses"
WORK = HOME | {"name": "Ann at Work", "address-line1": "2 Side St"}


@pytest.fixture(params=["pages", "fragments"])
def at_home(request, app) -> Visitor:
    """A customer who is signed in, with JavaScript and without."""
    return Visitor(signed_in(app), request.param == "fragments")


def kept(app) -> list[tuple]:
    return [(one.name, one.line1, one.is_default) for one in account_of(app).book()]


def test_an_address_is_added_put_right_and_shown(at_home, app):
    assert "no address in your book yet" in at_home.get(ADDRESSES).text
    answer = at_home.post(ADDRESSES, HOME)
    assert answer.status_code in (204, 303)
    page = at_home.client.get(ADDRESSES).text
    assert "The address is in your book." in page
    assert "Portland, OR 97209" in page, "Oregon is OR"
    assert "The address is in your book." not in at_home.client.get(ADDRESSES).text
    assert kept(app) == [("Ann Walker", "1 Main St", True)]


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(at_home):
    answer = at_home.post(ADDRESSES, HOME | {"postal-code": "XYZ", "name": ""})
    assert answer.status_code == 422
    assert 'id="postal-code-error"' in answer.text or "ZIP code" in answer.text
    assert "Please give the name for the parcel." in answer.text
    assert 'value="1 Main St"' in answer.text
    assert not SavedAddress.select().exists()


def test_the_country_changes_the_parts_and_keeps_what_was_typed(at_home):
    form = HOME | {"country": "DE"}
    for path in (f"{ADDRESSES}/country", f"{ADDRESSES}/1/country"):
        answer = at_home.post(path, form)
        assert answer.status_code == 200
        assert 'name="kept-address-level1"' in answer.text
    assert not SavedAddress.select().exists()


def test_one_is_used_first_until_another_is(at_home, app):
    at_home.post(ADDRESSES, HOME)
    at_home.post(ADDRESSES, WORK)
    assert kept(app)[0] == ("Ann Walker", "1 Main St", True)
    second = account_of(app).book()[1]
    at_home.post(f"{ADDRESSES}/{second.id}", WORK | {"first": "y", "address-line1": "3 Side St"})
    assert kept(app) == [("Ann at Work", "3 Side St", True), ("Ann Walker", "1 Main St", False)]
    page = at_home.client.get(ADDRESSES).text
    assert page.index("3 Side St") < page.index("1 Main St")
    assert "(used first)" in page
    at_home.post(f"{ADDRESSES}/{second.id}/removal", {})
    assert kept(app) == [("Ann Walker", "1 Main St", True)]


def test_a_book_holds_twenty(at_home, app):
    for n in range(20):
        parts, ann = HOME_PARTS | {"line1": f"{n} St"}, account_of(app)
        ann.keep_address(parts, False, ann.made_at)
    answer = at_home.post(ADDRESSES, HOME)
    assert answer.status_code == 422
    assert "holds 20 addresses" in answer.text
    assert SavedAddress.select().count() == 20


HOME_PARTS = {
    "name": "Ann Walker",
    "line1": "1 Main St",
    "line2": "",
    "city": "Portland",
    "region": "OR",
    "postal_code": "97209",
    "country": "US",
}


def test_another_customers_address_is_not_there(at_home, app, clock):
    bob = account_of(app, "bob@example.com")
    bob.keep_address(HOME_PARTS | {"name": "Bob Ray"}, True, clock())
    theirs = bob.book()[0]

    def answer_of(method: str, number: int, rest: str) -> tuple[int, str]:
        path = f"{ADDRESSES}/{number}{rest}"
        answer = at_home.client.open(path, method=method, data=WORK, headers=at_home.headers)
        return answer.status_code, answer.text

    for method, path in (
        *(("GET", ""), ("POST", ""), ("POST", "/removal")),
        *(("GET", "/country"), ("POST", "/country")),
    ):
        told = answer_of(method, theirs.id, path)
        assert told[0] == answer_of(method, 999, path)[0]
        assert "Bob" not in told[1]
    assert bob.book()[0].name == "Bob Ray"
    assert "Bob" not in at_home.client.get(f"/checkout?address={theirs.id}").text


# The checkout


def test_the_checkout_is_filled_in_with_the_address_that_is_used_first(app, plenty, clock):
    ann = signed_in(app)
    ann.post(ADDRESSES, data=HOME)
    fill_cart(ann, plenty)
    page = ann.get("/checkout").text
    for value in (ANN, "Ann Walker", "1 Main St", "97209"):
        assert f'value="{value}"' in page
    assert "Filled in from" in page


def test_another_address_of_the_book_is_chosen_by_a_link(app, plenty):
    ann = signed_in(app)
    for form in (HOME, WORK | {"country": "DE", "address-level1": "", "postal-code": "10115"}):
        assert ann.post(ADDRESSES, data=form).status_code == 303
    fill_cart(ann, plenty)
    links = re.findall(r'href="(/checkout\?address=\d+)"', ann.get("/checkout").text)
    assert len(links) == 2
    page = ann.get(links[1]).text
    assert "From your address book" in page
    assert 'value="2 Side St"' in page
    assert '<option value="DE" selected>' in page
    for odd in ("999", "x", ""):
        assert 'value="1 Main St"' in ann.get(f"/checkout?address={odd}").text


def test_who_is_signed_in_orders_as_ever(app, plenty):
    ann = signed_in(app)
    ann.post(ADDRESSES, data=HOME)
    place_order(ann, plenty, name="Ann Elsewhere")
    assert Order.get().name == "Ann Elsewhere"
    assert kept(app) == [("Ann Walker", "1 Main St", True)], "the book is the customer's own"


def test_a_guest_is_told_of_no_address(app, client, plenty):
    signed_in(app).post(ADDRESSES, data=HOME)
    fill_cart(client, plenty)
    page = client.get("/checkout?address=1").text
    assert "1 Main St" not in page
    assert "address book" not in page


# Another e-mail address


def ask(visitor, email="new@example.com"):
    return visitor.post("/account/email", {"email": email})


@pytest.mark.parametrize("way", ["link", "code"])
def test_a_new_address_counts_once_its_link_was_followed(at_home, app, plenty, way):
    place_order(app.test_client(), plenty)
    other = signed_in(app)
    assert ask(at_home, "New@Example.com").status_code in (204, 303)
    assert "to the new address" in at_home.get("/account/email/asked").text
    mail = newest_mail(app, "Your new address")
    assert Account.get().email == ANN
    if way == "link":
        page = at_home.get(link_in(mail)).text
        assert "known by new@example.com" in page
        at_home.post(link_in(mail), {})
    else:
        at_home.post("/account/email/code", {"code": code_in(mail)})
    assert Account.get().email == "new@example.com"
    assert Order.get().email == "new@example.com", "orders go along"
    assert other.get("/account").status_code == 303, "other sessions end"
    page = at_home.client.get("/account").text
    assert "Your account has its new address." in page
    assert Order.get().number in page
    told = OutgoingMail.get(OutgoingMail.kind == "account_moved")
    assert told.to == ANN
    assert "has another e-mail address now" in newest_mail(app, "has a new address")


def test_the_link_to_a_new_address_is_worth_nothing_to_anybody_else(at_home, app):
    ask(at_home)
    way = link_in(newest_mail(app, "Your new address"))
    stranger, bob = app.test_client(), signed_in(app, "bob@example.com")
    page = stranger.get(way)
    assert "This link is for another browser" in page.text
    assert "example.com" not in page.text.partition("<main")[2].partition("</main>")[0]
    assert stranger.post(way).status_code == 303
    assert bob.get(way).status_code == bob.post(way).status_code == 404
    elsewhere = signed_in(app)
    for answer in (elsewhere.get(way), elsewhere.post(way)):
        assert "This link is for another browser" in answer.text
    sign_in = way.replace("/email/", "/sign-in/")
    assert at_home.client.get(sign_in).status_code == 404, "it signs nobody in"
    assert {account.email for account in Account.select()} == {ANN, "bob@example.com"}


def test_a_sign_in_link_moves_no_account(at_home, app):
    at_home.client.post("/account/sign-in", data={"email": "new@example.com"})
    mail = newest_mail(app)
    moved = link_in(mail).replace("/sign-in/", "/email/")
    assert at_home.client.post(moved).status_code == 404
    assert at_home.post("/account/email/code", {"code": code_in(mail)}).status_code == 422
    assert Account.get().email == ANN


def test_an_address_that_has_an_account_is_not_taken_over(at_home, app, plenty):
    account_of(app, "bob@example.com")
    place_order(app.test_client(), plenty)
    assert ask(at_home, "bob@example.com").status_code in (204, 303)
    mail = newest_mail(app, "Your new address")
    answer = at_home.post(link_in(mail), {})
    assert answer.status_code == 422
    assert "There is an account with that address already" in answer.text
    assert {account.email for account in Account.select()} == {ANN, "bob@example.com"}
    assert Order.get().email == ANN
    assert not OutgoingMail.select().where(OutgoingMail.kind == "account_moved").exists()
    assert at_home.client.get("/account").status_code == 200


def test_an_address_that_was_erased_before_is_as_good_as_any(app, settings, clock):
    ann = signed_in(app)
    ann.post(ADDRESSES, data=HOME)
    clock.forward(seconds=1)
    privacy.erase("new@example.com", settings, clock())
    clock.forward(seconds=1)
    ann.post("/account/email", data={"email": "new@example.com"})
    ann.post(link_in(newest_mail(app, "Your new address")))
    clock.forward(days=1)
    privacy.sweep(settings, clock())
    assert Account.get().email == "new@example.com"
    assert SavedAddress.select().count() == 1


def test_erasing_an_address_takes_the_account_and_all_of_its_own(app, settings, clock):
    ann = signed_in(app)
    ann.post(ADDRESSES, data=HOME)
    clock.forward(seconds=1)
    outcome = privacy.erase(ANN, settings, clock())
    assert {"Your account"} < {of for of, _ in outcome.gone}
    assert not Account.select().exists()
    assert not SavedAddress.select().exists()
    assert ann.get("/account").status_code == 303


def test_an_account_nobody_signs_in_to_goes_after_two_years(app, settings, clock):
    signed_in(app).post(ADDRESSES, data=HOME)
    clock.forward(days=731)
    privacy.sweep(settings, clock())
    assert not Account.select().exists()
    assert not SavedAddress.select().exists()


@pytest.mark.parametrize("address", ["", "ann@", ANN, ANN.upper()])
def test_what_can_be_no_new_address_is_refused_beside_the_field(at_home, address):
    answer = ask(at_home, address)
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert not AccountLink.select().exists()


def test_a_stranger_who_ordered_with_an_address_does_not_learn_what_it_moved_to(
    app, client, clock, plenty
):
    way = order_path(place_order(client, plenty, email=ANN))
    assert f"We write to {ANN}" in client.get(way).text, "who has mistyped it sees that"
    clock.forward(hours=2)
    ann = signed_in(app)
    ann.post("/account/email", data={"email": "new@example.com"})
    assert ann.post(link_in(newest_mail(app, "Your new address"))).status_code == 303
    assert Order.get().email == "new@example.com"
    page = client.get(way).text
    assert "new@example.com" not in page
    assert "We write to you at each step" in page

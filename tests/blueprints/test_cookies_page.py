"""/privacy/cookies: the visitor's own cookies in words, each with a button that removes it."""

from dataclasses import replace
from html import unescape

import pytest

from storefront import personal
from storefront.app import create_app
from tests.customers import signed_in
from tests.journey import fill_cart, item

PAGE = "/privacy/cookies"


def removed(answer) -> list[str]:
    """The Set-Cookie lines of an answer that take a cookie back."""
    lines = answer.headers.getlist("Set-Cookie")
    assert all("Max-Age=0" in line for line in lines)
    return lines


def test_who_has_none_is_told_so_and_gets_none(client):
    answer = client.get(PAGE)
    assert "You have none from this shop." in answer.text
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_every_cookie_on_the_register_is_listed_with_its_period(client):
    page = client.get(PAGE).text
    for fact in personal.declared("cookie"):
        assert f"<h3>{fact.where}</h3>" in page
        assert fact.why.lower() in page.lower()
    assert "Kept by your browser for 60 days." in page


def test_the_cart_is_decoded(client, plenty, clock):
    fill_cart(client, plenty, 3)
    page = unescape(client.get(PAGE).text)
    assert "3 things in your cart, and nothing else about you:" in page
    assert f"<li>3 × {plenty.product.title}, {plenty.name}</li>" in page
    assert "Your browser forgets it on " in page
    fill_cart(client, plenty, 1)
    assert "4 things in your cart" in client.get(PAGE).text


def test_one_thing_is_one_and_what_is_gone_is_said(client, plenty):
    fill_cart(client, plenty, 1)
    assert "1 thing in your cart" in client.get(PAGE).text
    plenty.product.delete_instance(recursive=True)
    page = client.get(PAGE).text
    assert "something that is no longer sold" in page


def test_a_damaged_cart_is_said_to_be_and_stays_until_it_is_removed(client):
    client.set_cookie("cart", "W10.broken")
    for _ in range(2):
        answer = client.get(PAGE)
        assert "It is damaged, or too old" in answer.text
        assert "Set-Cookie" not in answer.headers
    answer = client.post(f"{PAGE}/removals", data={"cookie": "cart"})
    assert len(removed(answer)) == 1
    assert "You have none from this shop." in client.get(PAGE).text


def test_a_session_is_one_at_the_desk_or_opens_nothing(client, app):
    serializer = app.session_interface.get_signing_serializer(app)
    client.set_cookie("session", serializer.dumps({"who": 1}))
    assert "A session at the desk" in client.get(PAGE).text
    client.set_cookie("session", "damaged")
    assert "it opens nothing" in client.get(PAGE).text


def test_a_customers_session_is_said_to_be_one_or_opens_nothing(app):
    client = signed_in(app)
    assert "It keeps you signed in to your account" in client.get(PAGE).text
    client.set_cookie("account", "damaged")
    page = client.get(PAGE).text
    assert "A session of an account that is over, or damaged" in page
    answer = client.post(f"{PAGE}/removals", data={"cookie": "account"})
    assert any(line.startswith("account=;") for line in removed(answer))
    client.post("/account/sign-in", data={"email": "ann@example.com"})
    assert "so that a link we mail you signs in the browser" in client.get(PAGE).text
    assert "Kept by your browser for 15 minutes." in client.get(PAGE).text


def test_a_session_brings_the_pages_token_for_browsers_that_say_not_where_they_come_from(
    client, app
):
    serializer = app.session_interface.get_signing_serializer(app)
    client.set_cookie("session", serializer.dumps({"who": 1}))
    page = client.get(PAGE).text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"cookie": "session"}
    assert client.post(f"{PAGE}/removals", data=form).status_code == 403
    answer = client.post(f"{PAGE}/removals", data=form | {"csrf_token": token})
    assert answer.status_code == 303
    assert any(line.startswith("session=;") for line in removed(answer))
    assert client.get_cookie("session") is None


def test_somebody_elses_cookie_is_said_to_be_and_its_value_is_not_repeated(client):
    client.set_cookie("_ga", "GA1.2.<b>3</b>")
    page = client.get(PAGE).text
    assert "<h2>_ga</h2>" in page
    assert "This shop has not set it and does not read it." in page
    assert "GA1.2" not in page


def test_a_cookie_of_the_shop_that_has_no_words_of_its_own_is_told_by_its_purpose(
    client, monkeypatch
):
    declared = {("cookie", "other"): replace(personal.declared("cookie")[0], where="other")}
    monkeypatch.setattr(personal, "_declared", declared)
    client.set_cookie("other", "x")
    assert "This shop has set it to keep the things in your cart." in client.get(PAGE).text


def test_a_name_that_is_markup_is_shown_as_text(app):
    page = app.test_client(use_cookies=False).get(PAGE, headers={"Cookie": "<i>x</i>=1"}).text
    assert "<h2>&lt;i&gt;x&lt;/i&gt;</h2>" in page


def test_somebody_who_sends_hundreds_sees_the_first_fifty(app):
    header = "; ".join(f"c{n}=1" for n in range(120))
    page = app.test_client(use_cookies=False).get(PAGE, headers={"Cookie": header}).text
    assert page.count("<button") == 50
    assert "has sent 70 more" in page


def test_removing_sends_back_to_the_page_and_the_cookie_is_gone(visitor, plenty):
    visitor.client.post("/cart/items", data=item(plenty, 2))
    visitor.client.set_cookie("_ga", "1")
    for name in ("cart", "_ga"):
        answer = visitor.post(f"{PAGE}/removals", {"cookie": name})
        assert answer.status_code == (204 if visitor.fragments else 303)
        where = answer.headers["HX-Redirect" if visitor.fragments else "Location"]
        assert where.endswith(PAGE)
        assert visitor.client.get_cookie(name) is None
    assert "You have none from this shop." in visitor.client.get(PAGE).text


@pytest.mark.parametrize("name", ["", "other", "cart; Domain=evil.example", "a\r\nSet-Cookie: b=1"])
def test_a_name_that_was_neither_sent_nor_is_ours_is_refused(client, name):
    answer = client.post(f"{PAGE}/removals", data={"cookie": name})
    assert answer.status_code == 422
    assert "no cookie of that name" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_what_the_shop_could_have_set_is_removed_for_this_host_alone(client):
    answer = client.post(f"{PAGE}/removals", data={"cookie": "cart"})
    (line,) = removed(answer)
    assert line.startswith("cart=;")
    assert "Path=/" in line
    assert "HttpOnly" in line
    assert "Domain" not in line
    assert "Secure" not in line  # this shop is reached over plain http, on loopback


def test_what_somebody_else_has_set_is_removed_for_the_host_and_for_the_domain(client):
    client.set_cookie("_ga", "1")
    here, domain = removed(client.post(f"{PAGE}/removals", data={"cookie": "_ga"}))
    assert "Domain" not in here
    assert "Domain=localhost" in domain


def test_a_name_with_a_prefix_is_removed_as_its_prefix_demands(settings, clock, plenty):
    """RFC 6265bis, 4.1.3: Secure, no Domain and Path=/, or a browser ignores the line."""
    secure = replace(
        settings, shop_origin="https://localhost", payment_origin="https://pay.example"
    )
    client = create_app(secure, clock).test_client()
    base = {"base_url": "https://localhost"}
    client.post("/cart/items", data=item(plenty, 2), **base)
    page = client.get(PAGE, **base).text
    assert "<h2>__Host-cart</h2>" in page
    assert "2 things in your cart" in page
    strict = client.application.test_client(use_cookies=False)
    for name in ("__Host-cart", "__Host-session"):
        headers = {"Cookie": f"{name}=x"}
        answer = strict.post(f"{PAGE}/removals", data={"cookie": name}, headers=headers, **base)
        (line,) = removed(answer)
        assert line.startswith(f"{name}=;")
        assert "Secure" in line
        assert "Path=/" in line
        assert "Domain" not in line


def test_the_signal_not_to_be_sold_is_answered_and_others_hear_of_it(client):
    assert "does not send the signal" in client.get(PAGE).text
    assert "We honour it." in client.get(PAGE, headers={"Sec-GPC": "1"}).text
    assert "does not send the signal" in client.get(PAGE, headers={"Sec-GPC": "0"}).text


def test_another_site_cannot_have_a_cart_removed(client, plenty):
    fill_cart(client, plenty, 1)
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = client.post(f"{PAGE}/removals", data={"cookie": "cart"}, headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_an_empty_cart_is_told_without_a_list_to_come(app, client):
    client.set_cookie("cart", app.extensions["cart_cookie"].written({}))
    assert "0 things in your cart, and nothing else about you.</p>" in client.get(PAGE).text

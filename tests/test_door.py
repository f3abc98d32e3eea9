"""What every request passes on its way in and out."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from flask import request, session

from storefront.app import create_app
from storefront.door import holds_card
from tests.journey import fill_cart, item

PAGES = ("/", "/products", "/cart", "/checkout", "/privacy", "/nowhere", "/orders/forged.link")


@pytest.mark.parametrize("url", PAGES)
def test_every_answer_carries_a_content_policy_without_unsafe_words(client, settings, url):
    answer = client.get(url)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert f"form-action 'self' {settings.payment_origin};" in policy
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert re.findall(r" style=| on[a-z]+=", answer.text) == []


def test_what_stands_in_the_page_is_named_in_the_content_policy_by_its_hash(client):
    answer = client.get("/")
    directives = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    for text, directive in ((style, "style-src"), (script, "script-src")):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in directives[directive]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "https://localhost"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 303),
    ],
)
def test_a_form_from_another_site_is_refused(client, plenty, headers, status):
    answer = client.post("/cart/items", data=item(plenty), headers=headers)
    assert answer.status_code == status
    assert ("Set-Cookie" in answer.headers) is (status == 303)


def test_a_visitor_with_a_session_brings_the_pages_token(app, plenty):
    from flask_wtf.csrf import generate_csrf

    @app.get("/sign-in-for-this-test")
    def sign_in():
        session["somebody"] = 1
        return generate_csrf()

    client = app.test_client()
    token = client.get("/sign-in-for-this-test").text
    assert client.post("/cart/items", data=item(plenty)).status_code == 403
    wrong = client.post("/cart/items", data=item(plenty, csrf_token="wrong"))
    assert wrong.status_code == 403
    assert "grown old" in wrong.text
    assert client.post("/cart/items", data=item(plenty, csrf_token=token)).status_code == 303
    site = {"Sec-Fetch-Site": "same-origin"}
    assert client.post("/cart/items", data=item(plenty), headers=site).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.2"])
def test_a_host_that_is_not_the_shops_is_refused(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 400


def test_a_form_larger_than_any_of_ours_is_refused_in_words(client):
    answer = client.post("/cart/items", data={"product": "x" * 70_000})
    assert answer.status_code == 413
    assert "larger than anything" in answer.text


@pytest.fixture
def afar(settings, clock):
    """The shop as it stands on the internet, behind a proxy at 10.0.0.1."""
    public = replace(settings, shop_origin="https://shop.example", proxies=("10.0.0.1",))
    return create_app(public, clock).test_client()


def test_off_loopback_plain_http_is_refused(afar):
    answer = afar.get("/", base_url="http://shop.example", environ_base={"REMOTE_ADDR": "8.8.8.8"})
    assert answer.status_code == 403
    assert "https only" in answer.text


def test_plain_http_is_refused_whatever_a_stranger_forwards(afar):
    answer = afar.get(
        "/",
        base_url="http://shop.example",
        headers={"X-Forwarded-Proto": "https"},
        environ_base={"REMOTE_ADDR": "8.8.8.8"},
    )
    assert answer.status_code == 403


def test_a_stranger_who_says_localhost_is_refused_too(client):
    assert client.get("/", environ_base={"REMOTE_ADDR": "8.8.8.8"}).status_code == 403


def test_over_tls_hsts_is_sent_and_cookies_are_of_this_host_alone(afar, plenty):
    answer = afar.post(
        "/cart/items",
        data=item(plenty),
        base_url="http://shop.example",
        headers={"X-Forwarded-Proto": "https"},
        environ_base={"REMOTE_ADDR": "10.0.0.1"},
    )
    assert answer.status_code == 303
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-cart=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie


def test_many_requests_in_a_short_time_are_asked_to_wait(settings, clock, plenty):
    limited = create_app(replace(settings, limits=True), clock).test_client()
    fill_cart(limited, plenty)
    answers = [limited.post("/checkout", data={}) for _ in range(35)]
    last = answers[-1]
    assert last.status_code == 429
    assert "Wait a minute" in last.text
    assert "Cart <b>2</b>" in last.text, "nothing is lost"
    part = limited.post("/checkout", data={}, headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Retarget"]) == (429, "#message")


def test_a_household_is_counted_once_whatever_addresses_it_takes(settings, clock, plenty):
    limited = create_app(replace(settings, limits=True), clock).test_client()
    fill_cart(limited, plenty)
    to = {"base_url": "https://localhost"}

    def send(address: str) -> int:
        away = {"REMOTE_ADDR": address}
        return limited.post("/checkout", data={}, environ_base=away, **to).status_code

    answers = {send(f"2001:db8:1:1::{n:x}") for n in range(35)}
    assert answers == {422, 429}
    assert send("2001:db8:1:1:ffff::1") == 429
    assert send("2001:db8:1:2::1") == 422


def test_what_breaks_is_drawn_without_a_detail_and_logged_without_what_was_typed(app, caplog):
    @app.post("/break-for-this-test")
    def break_it():
        raise RuntimeError(request.form["email"])

    typed = {"email": "ann@example.com"}
    answer = app.test_client().post("/break-for-this-test", data=typed)
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "ann@example.com" not in answer.text
    assert "unforeseen RuntimeError" in caplog.text
    assert "break_it" in caplog.text
    assert "ann@example.com" not in caplog.text


def test_a_wrong_method_is_said_and_the_right_ones_are_named(client):
    answer = client.get("/cart/items")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "url", ["/products/%00", "/products/" + "x" * 5000, "/%ff%fe", "/cart?x=%00"]
)
def test_odd_addresses_are_answered_in_words(client, url):
    assert client.get(url).status_code in (200, 400, 404)


def test_a_nul_in_a_form_is_refused_and_not_stored(client, plenty):
    answer = client.post("/cart/items", data=item(plenty) | {"product": "a\0b"})
    assert answer.status_code == 400
    assert client.get("/products/a%00b").status_code == 404


def _parts(*heads: str) -> dict:
    """A form in parts, under those heads, for the test client."""
    head = "--b\r\nContent-Disposition: form-data"
    body = "".join(f"{head}{one}\r\n\r\nann@example.com\r\n" for one in heads)
    return {"data": f"{body}--b--\r\n", "content_type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(
    "sent",
    [
        _parts('; name="email"; filename="ann.txt"'),
        {"data": '{"email": ["ann@example.com"]}', "content_type": "application/json"},
        {"data": "[" * 3000, "content_type": "application/json"},
    ],
)
@pytest.mark.parametrize("way", ["/privacy/mine", "/account/sign-in", "/checkout"])
def test_a_file_or_json_where_words_belong_is_a_field_left_empty(client, plenty, way, sent):
    fill_cart(client, plenty)
    answer = client.post(way, **sent)
    assert answer.status_code == 422
    assert re.search(r"Please give (your|the) e-mail address", answer.text)


def test_a_field_without_a_name_is_refused(client):
    for head in ("", "; filename=x"):
        assert client.post("/privacy/mine", **_parts(head)).status_code == 400


def test_a_body_that_does_not_say_its_length_is_refused(client):
    chunked = {"Transfer-Encoding": "chunked"}
    assert client.post("/cart/items", data={"product": "x"}, headers=chunked).status_code == 411


def test_on_loopback_the_shop_has_one_name_which_the_payment_page_does_not_share(client):
    answer = client.get("/cart?a=b", base_url="http://127.0.0.1:8000")
    assert answer.status_code == 307
    assert answer.headers["Location"] == "http://localhost:8000/cart?a=b"


@pytest.mark.parametrize(
    "typed",
    [
        {"address-line2": "4242 4242 4242 4242 12/30"},
        {"name": "4242-4242-4242-4242"},
        {"card-cvc": "123"},
        {"card_cvv": "123"},
        {"creditCardNumber": ""},
        {"cc-exp-year": "30"},
        {"card[cid]": "1234"},
        {"payment.CID": "1234"},
        {"order[card][cVv2]": "123"},
        {"cardVerificationValue": "123"},
    ],
)
def test_card_data_is_refused_wherever_it_is_put(client, typed):
    answer = client.post("/checkout", data=typed)
    assert answer.status_code == 422
    assert "the shop takes none" in answer.text
    assert client.get("/checkout", query_string=typed).status_code == 422


@pytest.mark.parametrize("between", ["\n", "\r\n", ".", "\xa0", "  ", "\u2011", " / ", "_", ", "])
@pytest.mark.parametrize("card", ["4242 4242 4242 4242", "3782 822463 10005"])
def test_a_card_in_its_groups_is_seen_whatever_stands_between_them(client, card, between):
    text = f"Here it is: 12 3456 {card} 12/39".replace(" ", between)
    answer = client.post("/checkout", data={"address-line2": text})
    assert "the shop takes none" in answer.text
    assert text not in answer.text


@pytest.mark.parametrize(
    "text",
    [
        "2010, 2011, 2012, 2013",
        "1990\n1991\n1992\n1997",
        "4242.4242.4242.4241",
        "4242.4242.4242.42420",
        "1.4242.42424.242.4242",
    ],
)
def test_years_in_a_row_and_other_groups_of_digits_are_no_cards(text):
    assert not holds_card(text)


def test_the_links_of_a_newsletter_are_no_card_data(client):
    assert client.get("/", query_string={"mc_cid": "8f2a", "mc_eid": "1c"}).status_code == 200


def test_long_numbers_that_are_no_cards_pass(client, plenty):
    fill_cart(client, plenty)
    page = client.post("/checkout", data={"name": "4242424242424241", "address-line1": "1 " * 40})
    assert "the shop takes none" not in page.text

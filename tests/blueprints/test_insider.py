"""Signing up to the Insider Update, confirming and leaving it, as a visitor."""

import re
from dataclasses import replace

import pytest
from playhouse.test_utils import count_queries

from storefront.app import create_app
from storefront.links import InsiderLinks
from storefront.mail import Postman
from storefront.models import GoneInsider, Insider, Order, OutgoingMail
from storefront.models.consent import NOW
from storefront.models.insider import BUSY, MOST_AN_HOUR
from tests.journey import ANN, fill_cart, hidden_in, place_order
from tests.mail_server import parts

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def sign_up(visitor, email: str = "ann@example.com", way: str = "page"):
    return visitor.post("/insider", {"email": email, "way": way})


def mail_of(settings, kind: str = "insider_confirm"):
    """The last mail of that kind, as it is sent."""
    found = OutgoingMail.select().where(OutgoingMail.kind == kind).order_by(OutgoingMail.id.desc())
    return Postman(settings).write(found.get(), found.get().made_at)


def link_in(mail, what: str = "confirmation") -> str:
    text, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))
    path = re.search(rf"/insider/{what}/\S+", text)[0]
    assert f'{path}"' in html
    return path


def way_out(settings, insider: Insider) -> str:
    """The address that leaves, as it stands in mails."""
    return f"/insider/leave/{InsiderLinks(settings.cookie_keys).write(insider.key)}"


@pytest.fixture
def reader(visitor, settings) -> Insider:
    """Somebody who signed up and confirmed."""
    sign_up(visitor)
    visitor.post(link_in(mail_of(settings)), {})
    return Insider.get()


def test_the_form_asks_for_an_address_and_nothing_else(visitor):
    page = visitor.get("/insider")
    fields = re.findall(r'<(?:input|select|textarea)[^>]* name="?([\w-]+)', page.text)
    assert fields == ["way", "email"]
    assert NOW["page"] in page.text
    if visitor.fragments:
        assert page.headers["HX-Reswap"] == "outerHTML"
        assert 'value="footer"' in page.text
    else:
        assert page.headers["Cache-Control"].startswith("public")
        assert 'value="page"' in page.text


@pytest.mark.parametrize("path", ["/", "/products", "/cart", "/privacy", "/nothing-here"])
def test_every_page_leads_to_it_in_its_footer(client, path):
    foot = client.get(path).text.partition("<footer>")[2]
    assert re.search(r'<a href="?/insider"? hx-get="?/insider"?>Insider Update</a>', foot)


def test_signing_up_writes_one_mail_and_opening_its_link_confirms_nothing(visitor, settings):
    answer = sign_up(visitor, " Ann@Example.com ", "footer")
    if visitor.fragments:
        assert answer.status_code == 200
        assert "We have sent you a mail" in answer.text
        assert "<html" not in answer.text
    else:
        assert answer.status_code == 303
        assert "We have sent you a mail" in visitor.client.get(answer.location).text
    one = Insider.get()
    assert (one.email, one.way) == ("ann@example.com", "footer")
    mail = mail_of(settings)
    assert mail["To"] == "ann@example.com"
    link = link_in(mail)
    for _ in range(2):
        page = visitor.client.get(link)
        assert "no-store" in page.headers["Cache-Control"]
        assert "Yes, send it to me" in page.text
        assert NOW["footer"] in page.text
    assert Insider.get().confirmed_at is None
    assert visitor.post(link, {}).status_code in (204, 303)
    assert Insider.get().confirmed_at
    assert "You are on the list" in visitor.client.get(link).text


def answers_to(visitor, email: str) -> tuple:
    with count_queries() as counted:
        answer = sign_up(visitor, email)
    return answer.status_code, answer.text, dict(answer.headers), counted.count


def test_the_answer_is_the_same_whoever_it_is(visitor, settings, clock):
    for who in ("known", "confirmed", "left"):
        sign_up(visitor, f"{who}@example.com")
        if who != "known":
            visitor.post(link_in(mail_of(settings)), {})
    left = Insider.get(Insider.email == "left@example.com")
    visitor.post(way_out(settings, left), {})
    first = answers_to(visitor, "new@example.com")
    for who in ("known", "confirmed", "left"):
        assert answers_to(visitor, f"{who}@example.com") == first, who
    known = mail_of(settings, "insider_known")
    assert known["To"] == "confirmed@example.com"
    assert visitor.client.get(link_in(known, "leave")).status_code == 200


@pytest.mark.parametrize(
    "email",
    [
        *("", "ann", "ann@", "@example.com", "ann@example", "a b@example.com"),
        *("ann\r\nBcc: all@example.com", "ann@example.com\r\nBcc: all@c.example"),
        *("ann@example.com,bob@example.com", "Ann <ann@example.com>", "=?utf-8?q?a?=@example.com"),
        *(
            "ann@exa\u202emple.com",
            "jos\u00e9@example.com",
            "a" * 300,
            f"{'a' * 60}@{'b.' * 130}com",
        ),
    ],
)
def test_what_is_no_address_is_refused_beside_the_field_and_not_lost(visitor, email):
    answer = sign_up(visitor, email, "footer")
    assert answer.status_code == 422
    assert 'id="wrong-footer"' in answer.text
    assert ("<html" in answer.text) is not visitor.fragments
    if email in ("ann@", "jos\u00e9@example.com"):
        assert f'value="{email}"' in answer.text
    assert not Insider.select().exists()
    assert not OutgoingMail.select().exists()


def test_a_domain_in_other_letters_is_kept_as_mail_servers_write_it(visitor, settings):
    sign_up(visitor, "ann@b\u00fccher.example")
    sign_up(visitor, "ann@xn--bcher-kva.example")
    assert [one.email for one in Insider.select()] == ["ann@xn--bcher-kva.example"]
    assert mail_of(settings)["To"] == "ann@xn--bcher-kva.example"


def test_when_too_many_sign_up_it_says_so_and_keeps_what_was_typed(visitor):
    sign_up(visitor)
    Insider.update(mails=MOST_AN_HOUR).execute()
    for email in ("ann@example.com", "bob@example.com"):
        answer = sign_up(visitor, email)
        assert answer.status_code == 422
        assert BUSY in answer.text
        assert f'value="{email}"' in answer.text
    assert OutgoingMail.select().count() == 1


def test_one_connection_signs_up_so_often_within_an_hour(settings, clock):
    visitor = create_app(replace(settings, limits=True), clock).test_client()
    codes = [
        visitor.post("/insider", data={"email": f"{n}@example.com"}).status_code for n in range(25)
    ]
    assert codes == [303] * 20 + [429] * 5
    assert Insider.select().count() == 20


def test_where_somebody_signed_up_is_one_of_ours(visitor):
    sign_up(visitor, way="import")
    assert Insider.get().way == "page"


# At the checkout


def test_the_box_at_the_checkout_is_not_ticked_and_nothing_comes_of_it_then(client, plenty):
    fill_cart(client, plenty)
    page = client.get("/checkout").text
    box = re.search(r"<input[^>]*name=\"?insider[^>]*>", page)[0]
    assert "checkbox" in box
    assert "checked" not in box
    assert NOW["checkout"] in page
    place_order(client, plenty)
    assert not Insider.select().exists()


def test_who_ticks_it_is_asked_by_mail(client, plenty, settings):
    place_order(client, plenty, insider="y")
    one = Insider.get()
    assert (one.email, one.way, one.confirmed_at) == (Order.get().email, "checkout", None)
    assert one.in_words(Insider.wording) == NOW["checkout"]
    assert mail_of(settings)["To"] == one.email


def test_a_tick_outlasts_a_refusal_and_holds_up_no_order(visitor, plenty, clock):
    fill_cart(visitor.client, plenty)
    form = ANN | hidden_in(visitor.client.get("/checkout").text) | {"insider": "y"}
    refused = visitor.post("/checkout", form | {"name": ""})
    assert refused.status_code == 422
    assert re.search(r"<input[^>]*checked[^>]*name=\"?insider", refused.text)
    sign_up(visitor, "bob@example.com")
    Insider.update(mails=MOST_AN_HOUR).execute()
    assert visitor.post("/checkout", form).status_code in (204, 303)
    assert Order.select().count() == 1
    assert [one.email for one in Insider.select()] == ["bob@example.com"]


# Leaving


def test_opening_the_way_out_changes_nothing_and_one_click_there_leaves(visitor, settings, reader):
    path = way_out(settings, reader)
    page = visitor.client.get(path)
    assert "no-store" in page.headers["Cache-Control"]
    assert "One click, and we write you no more" in page.text
    assert visitor.client.head(path).status_code == 200
    assert Insider.select().exists()
    answer = visitor.post(path, {})
    assert answer.status_code == (204 if visitor.fragments else 303)
    assert not Insider.select().exists()
    assert GoneInsider.select().count() == 1
    where = answer.headers.get("HX-Redirect") or answer.location
    assert "You have left" in visitor.client.get(where).text
    assert "You are not on the list" in visitor.client.get(path).text
    assert visitor.post(path, {}).status_code == answer.status_code, "twice is once"
    assert visitor.client.get(path.replace("leave", "confirmation")).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://mail.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"},
        {"Sec-Fetch-Site": "none", "Origin": "null"},
        {"Cookie": "session=junk; cart=junk"},
    ],
)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_who_reads_mail_for_others_leaves_for_them_with_one_post(
    app, client, settings, headers, kind
):
    """RFC 8058: no cookie, no way on to follow; and as other sites' pages may send it."""
    client.post("/insider", data={"email": "ann@example.com"})
    client.post(link_in(mail_of(settings)))
    path = way_out(settings, Insider.get())
    answer = app.test_client(use_cookies=False).post(
        path, data=ONE_CLICK, headers=headers, content_type=kind
    )
    assert answer.status_code == 200
    assert "You have left" in answer.text
    assert not Insider.select().exists()


def test_no_other_address_takes_forms_of_other_sites(app, client, settings):
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"}
    open_ones = {
        name for name, view in app.view_functions.items() if hasattr(view, "from_anywhere")
    }
    assert open_ones == {"insider.leave"}
    sign_up = client.post("/insider", data={"email": "ann@example.com"}, headers=foreign)
    assert sign_up.status_code == 403
    client.post("/insider", data={"email": "ann@example.com"})
    assert client.post(link_in(mail_of(settings)), headers=foreign).status_code == 403
    assert Insider.get().confirmed_at is None


def test_a_link_that_is_not_whole_is_told_so_and_takes_nobody_off(client, settings, reader):
    path = way_out(settings, reader)
    for broken in (path[:-3], f"/insider/leave/{reader.key}"):
        assert client.get(broken).status_code == 404
        answer = client.post(broken, data=ONE_CLICK)
        assert answer.status_code == 404
        assert "This link is not whole" in answer.text
    assert Insider.select().count() == 1


def test_who_says_no_before_confirming_is_gone(visitor, settings):
    sign_up(visitor)
    link = link_in(mail_of(settings))
    assert f'action="{link.replace("confirmation", "leave")}"' in visitor.client.get(link).text
    visitor.post(link.replace("confirmation", "leave"), {})
    assert not Insider.select().exists()
    gone = visitor.client.get(link)
    assert gone.status_code == 404
    assert "You can sign up again" in gone.text


def test_a_link_outlasts_a_new_key_for_cookies(settings, clock, reader):
    path = way_out(settings, reader)
    other = create_app(replace(settings, cookie_keys=("new" * 9, *settings.cookie_keys)), clock)
    assert other.test_client().post(path, data=ONE_CLICK).status_code == 200
    assert not Insider.select().exists()


def test_mails_name_nobody_and_bring_their_links_whole(visitor, settings, reader):
    for text in parts(mail_of(settings)).values():
        assert "ann@example.com" not in text
        assert "/insider/confirmation/" in text

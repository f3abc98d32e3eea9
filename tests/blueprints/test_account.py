"""Signing in to an account by mail, what keeps strangers out, and how sessions end."""

import re
from dataclasses import replace

import pytest
from playhouse.test_utils import count_queries

from storefront.app import create_app
from storefront.links import code_of
from storefront.models import Account, AccountLink, Guess, Order, OutgoingMail
from storefront.models.account_link import MOST_IN_ALL, MOST_TO_ONE
from storefront.models.rights import digest_of
from tests.conftest import Visitor
from tests.customers import ANN, account_of, code_in, link_in, newest_mail, signed_in
from tests.journey import place_order
from tests.racing import at_once
from tests.staff import signed_in as staff_in

SIGN_IN = "/account/sign-in"


def ask(client, email: str = ANN):
    return client.post(SIGN_IN, data={"email": email})


@pytest.fixture
def mail(app, client) -> str:
    """What was mailed to who asked, in `client`, for a link."""
    ask(client)
    return newest_mail(app)


@pytest.fixture(params=["pages", "fragments"])
def at_home(request, app) -> Visitor:
    """A customer who is signed in, with JavaScript and without."""
    return Visitor(signed_in(app), request.param == "fragments")


def test_the_link_shows_a_button_and_the_button_signs_in(client, app, mail):
    link = link_in(mail)
    for _ in range(3):
        page = client.get(link)
        assert "You asked to sign in as ann@example.com" in page.text
        assert page.headers["Cache-Control"] == "private, no-store"
    assert not Account.select().exists(), "looking at a link uses nothing up"
    answer = client.post(link)
    assert answer.headers["Location"].endswith("/account")
    assert "signed in as ann@example.com" in client.get("/account").text
    assert Account.get().email == ANN


def test_a_link_signs_in_once(client, app, mail):
    link = link_in(mail)
    client.post(link)
    fresh = app.test_client()
    for browser in (client, fresh):
        own = {"Sec-Fetch-Site": "same-origin"}
        for answer in (browser.get(link), browser.post(link, headers=own)):
            assert answer.status_code == 404
            assert "used already, or is over" in answer.text
    assert "Set-Cookie" not in fresh.get(link).headers


def test_of_many_who_use_a_link_at_once_one_is_let_in(app, settings, clock, mail):
    link = AccountLink.get()
    outcomes = at_once(lambda: Account.sign_in(AccountLink.get_by_id(link.id), clock()), 6)
    assert sum(isinstance(one, Account) for one in outcomes) == 1


def test_in_another_browser_a_link_says_where_the_code_goes_and_nothing_else(app, mail):
    stranger = app.test_client()
    ask(stranger, "mallory@example.com")
    for answer in (stranger.get(link_in(mail)), stranger.post(link_in(mail))):
        assert "This link is for another browser" in answer.text
        assert "ann" not in answer.text
        assert code_in(mail) not in answer.text
        assert "account=" not in str(answer.headers.getlist("Set-Cookie"))
    assert not Account.select().exists()
    assert stranger.get("/account").status_code == 303


def test_the_code_signs_in_where_it_was_asked_for(visitor, app):
    visitor.post(SIGN_IN, {"email": ANN})
    code = code_in(newest_mail(app))
    answer = visitor.post(f"{SIGN_IN}/code", {"code": f" {code}"})
    assert answer.status_code in (204, 303)
    assert "signed in as ann@example.com" in visitor.client.get("/account").text


def test_the_code_is_worth_nothing_in_another_browser(app, mail):
    stranger = app.test_client()
    for prepare in (lambda: None, lambda: ask(stranger, "mallory@example.com")):
        prepare()
        answer = stranger.post(f"{SIGN_IN}/code", data={"code": code_in(mail)})
        assert answer.status_code == 422
        assert 'id="code-error"' in answer.text
    assert not Account.select().exists()


def test_after_three_codes_that_did_not_fit_the_right_one_does_not_either(client, app, mail):
    for _ in range(3):
        assert client.post(f"{SIGN_IN}/code", data={"code": "0000 0000"}).status_code == 422
    assert client.post(f"{SIGN_IN}/code", data={"code": code_in(mail)}).status_code == 422
    assert client.post(link_in(mail)).status_code == 303, "nobody guesses the link"


def test_many_guesses_at_once_are_three(app, settings, clock, mail):
    link, key = AccountLink.get(), settings.wake_key
    looked = []

    def guess():
        def made(number):
            looked.append(number)
            return code_of(number, key)

        return AccountLink.typed("00000000", browser, made, clock())

    browser = "the browser that asked"
    AccountLink.update(browser=digest_of(browser)).execute()
    at_once(guess, 12)
    assert len(looked) == 3
    assert AccountLink.get_by_id(link.id).tries == 3


def test_codes_of_all_customers_together_are_guessed_at_300_times_an_hour(client, clock, mail):
    Guess.create(key="codes of customers", count=300, last_at=clock())
    answer = client.post(f"{SIGN_IN}/code", data={"code": code_in(mail)})
    assert answer.status_code == 429
    assert "Please wait" in answer.text
    assert staff_door_is_open(client)


def staff_door_is_open(client) -> bool:
    """What customers guess keeps nobody out of the desk."""
    form = {"email": "x@staff.example", "password": "x", "code": "1"}
    return client.post("/desk/door", data=form).status_code == 422


@pytest.mark.parametrize("way", ["link", "code"])
def test_link_and_code_are_over_after_a_quarter_of_an_hour(client, clock, mail, way):
    clock.forward(minutes=15, seconds=1)
    if way == "link":
        assert client.post(link_in(mail)).status_code == 404
    else:
        assert client.post(f"{SIGN_IN}/code", data={"code": code_in(mail)}).status_code == 422


def test_the_answer_is_the_same_whoever_has_an_account_or_orders(visitor, app, plenty):
    place_order(app.test_client(), plenty)
    account_of(app, "carl@example.com")
    told = []
    for address in (ANN, "carl@example.com", "nobody@example.com"):
        answer = visitor.post(SIGN_IN, {"email": f" {address.upper()} "})
        headers = [pair for pair in answer.headers if pair[0] != "Set-Cookie"]
        told.append((answer.status_code, answer.data, headers))
        sent = OutgoingMail.select().where(OutgoingMail.kind == "account_link")
        assert sent.where(OutgoingMail.to == address).count() == 1
    assert told[0] == told[1] == told[2]
    assert Account.select().count() == 1, "asking makes no account"


def test_asking_makes_as_many_queries_whoever_it_is(client, app, plenty):
    place_order(app.test_client(), plenty)
    account_of(app, "carl@example.com")
    counts = []
    for address in (ANN, "carl@example.com", "nobody@example.com"):
        with count_queries() as counted:
            ask(client, address)
        counts.append(counted.count)
    assert len(set(counts)) == 1


def test_one_address_gets_four_mails_an_hour_and_the_same_answer_ever_after(client, app, clock):
    answers = {ask(app.test_client()).status_code for _ in range(7)}
    assert answers == {303}
    assert OutgoingMail.select().count() == 4
    clock.forward(hours=1, seconds=1)
    ask(client)
    assert OutgoingMail.select().count() == 5


def test_all_together_get_so_many_mails_an_hour(client, clock):
    facts = {"email": "x@example.com", "browser": "b", "message_id": "m"}
    moments = {"asked_at": clock(), "valid_until": clock()}
    rows = [facts | moments | {"digest": str(n), "tries": 0} for n in range(MOST_IN_ALL)]
    AccountLink.insert_many(rows).execute()
    answer = ask(client)
    assert answer.status_code == 429
    assert "asked for very many links" in answer.text
    assert not OutgoingMail.select().exists()


def test_one_client_may_ask_six_times_a_minute(settings, clock):
    client = create_app(replace(settings, limits=True), clock).test_client()
    answers = [ask(client, f"{n}@example.com").status_code for n in range(7)]
    assert answers == [303] * 6 + [429]


@pytest.mark.parametrize("address", ["", "ann", "ann@", "a\nBcc: b@c.d", "=?x?=@a.example"])
def test_what_is_no_address_is_refused_beside_the_field(visitor, address):
    answer = visitor.post(SIGN_IN, {"email": address})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert AccountLink.select().count() == 0


def test_the_database_holds_neither_secret_nor_code(app, mail):
    kept = repr([[*map(dict, r.select().dicts())] for r in (AccountLink, OutgoingMail)])
    assert link_in(mail).rpartition("/")[2] not in kept
    assert code_in(mail).replace(" ", "") not in kept
    assert ANN not in link_in(mail)


def test_links_that_are_over_go_with_their_mails(app, settings, clock, mail):
    clock.forward(hours=1)
    assert AccountLink.let_go(clock()) == 1
    assert (AccountLink.select().count(), OutgoingMail.select().count()) == (0, 0)


# Sessions


def test_the_cookie_is_for_this_host_alone_unseen_by_scripts_and_lax(client, mail):
    lines = client.post(link_in(mail)).headers.getlist("Set-Cookie")
    (line,) = [line for line in lines if line.startswith("account=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
    assert "Domain" not in line


def test_a_session_of_the_desk_opens_no_account_and_an_accounts_no_desk(app):
    ann, staff = signed_in(app), staff_in(app, "manager")
    assert account_of(app).id == 1
    assert ann.get("/desk").status_code == 303
    assert staff.get("/account").status_code == 303
    # Nor does the one's value in the other's cookie.
    ann.set_cookie("session", ann.get_cookie("account").value)
    staff.set_cookie("account", staff.get_cookie("session").value)
    assert ann.get("/desk").status_code == 303
    assert staff.get("/account").status_code == 303


def test_both_live_side_by_side_and_end_each_for_itself(app):
    both = staff_in(app, "manager")
    moment = round(app.extensions["clock"]().timestamp())
    with both.session_transaction("/account") as session:
        identity = account_of(app).session_id()
        session.update({"_user_id": identity, "begun": moment, "seen": moment})
    assert both.get("/account").status_code == both.get("/desk").status_code == 200
    both.post("/account/session/end")
    assert (both.get("/account").status_code, both.get("/desk").status_code) == (303, 200)


def test_signing_out_ends_the_sessions_in_all_browsers(at_home, app):
    other = signed_in(app)
    assert other.get("/account").status_code == 200
    at_home.post("/account/session/end", {})
    assert other.get("/account").status_code == 303
    assert at_home.client.get_cookie("account") is None


def test_a_session_ends_after_a_month_without_a_visit_and_after_a_year(app, clock):
    idle, busy = signed_in(app), signed_in(app)
    for _ in range(14):
        clock.forward(days=25)
        assert busy.get("/account").status_code == 200
    assert idle.get("/account").status_code == 303
    clock.forward(days=16)
    assert busy.get("/account").status_code == 303


def test_public_pages_look_at_no_session(app, plenty):
    ann = signed_in(app)
    for path in ("/", "/products", f"/products/{plenty.product.handle}", "/privacy"):
        nobody, hers = app.test_client().get(path), ann.get(path)
        assert hers.data == nobody.data
        assert hers.headers["ETag"] == nobody.headers["ETag"]
        assert "Set-Cookie" not in hers.headers


def test_a_restored_backup_signs_everybody_out(app):
    ann = signed_in(app)
    AccountLink.ask(ANN, "browser", lambda number: "secret", app.extensions["clock"]())
    assert Account.after_restoring() == 1
    assert ann.get("/account").status_code == 303
    assert not AccountLink.select().exists()


def test_a_form_from_another_site_or_without_the_token_changes_nothing(app):
    ann = signed_in(app)
    token = re.search(r'name="csrf_token" value="([^"]+)"', ann.get("/account").text)[1]
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert ann.post("/account/removal", headers=foreign).status_code == 403
    del ann.environ_base["HTTP_SEC_FETCH_SITE"]
    assert ann.post("/account/removal").status_code == 403
    assert (
        ann.post("/account/removal", headers={"Origin": "https://evil.example"}).status_code == 403
    )
    assert Account.select().exists()
    assert ann.post("/account/removal", data={"csrf_token": token}).status_code == 303
    assert not Account.select().exists()


def test_what_changes_how_one_signs_in_wants_a_sign_in_of_the_last_hour(at_home, clock):
    clock.forward(minutes=61)
    for path in ("/account/email", "/account/passkeys", "/account/removal"):
        assert "/account/sign-in?again=1" in at_home.client.get(path).headers["Location"]
        answer = at_home.post(path, {"email": "b@example.com"})
        assert answer.headers.get("Location", answer.headers.get("HX-Redirect")).endswith("again=1")
    assert Account.select().count() == 1
    assert "show once more that it is you" in at_home.get("/account/sign-in?again=1").text


def test_who_signs_in_once_more_comes_to_where_they_were_going(app, clock):
    ann = signed_in(app)
    clock.forward(minutes=61)
    assert ann.get("/account/email").status_code == 303
    ask(ann)
    answer = ann.post(link_in(newest_mail(app)))
    assert answer.headers["Location"].endswith("/account/email")
    assert ann.get("/account/email").status_code == 200


# Strangers


def routes(app) -> list[tuple[str, str]]:
    """Every address of an account, with the method that asks for it."""
    return [
        (method, re.sub(r"<[^>]*number>", "1", rule.rule).replace("<secret>", "x"))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("account.")
        for method in rule.methods & {"GET", "POST"}
    ]


def test_who_is_not_signed_in_learns_nothing_but_where_to_do_that(app, client):
    open_to_all = re.compile(r"/account/(sign-in.*|removed|email/links/x)")
    shut = [(m, path) for m, path in routes(app) if not (m == "GET" and open_to_all.match(path))]
    shut = [(m, path) for m, path in shut if not path.startswith(SIGN_IN)]
    assert len(shut) > 20
    for method, path in shut:
        answer = client.open(path, method=method, data={"email": "x@example.com"})
        assert answer.status_code == 303, path
        assert answer.headers["Location"].endswith(SIGN_IN), path
    assert not AccountLink.select().exists()


def test_every_answer_of_an_account_is_kept_from_caches_and_search_engines(app, at_home):
    for method, path in routes(app):
        if method == "GET":
            answer = at_home.get(path)
            assert answer.headers["Cache-Control"] == "private, no-store", path
            assert answer.headers["X-Robots-Tag"] == "noindex", path


# Orders


def test_orders_made_as_a_guest_are_there_and_no_others(at_home, app, plenty, clock):
    place_order(app.test_client(), plenty)
    place_order(app.test_client(), plenty, email="bob@example.com")
    mine, others = Order.about(ANN).get(), Order.about("bob@example.com").get()
    page = at_home.get("/account").text
    assert mine.number in page
    assert others.number not in page
    way = re.search(r'href="(/orders/[^"/]+)"', page)[1]
    assert mine.number in at_home.client.get(way).text


def test_many_orders_are_paged_and_no_page_costs_more_queries(app, plenty, clock):
    ann, one = signed_in(app), []
    for n in range(12):
        place_order(app.test_client(), plenty, 1)
        if n in (0, 9):
            with count_queries() as counted:
                ann.get("/account")
            one.append(counted.count)
    assert one[0] == one[1]
    first, second = ann.get("/account").text, ann.get("/account?page=2").text
    assert (first.count("Order again"), second.count("Order again")) == (10, 2)
    assert "Page 2 of 2" in second
    for odd in ("0", "3", "x", "-1", "9" * 30):
        assert ann.get(f"/account?page={odd}").status_code == 404


def test_who_has_ordered_nothing_reads_so(at_home):
    assert "Nothing was ordered with ann@example.com yet" in at_home.get("/account").text


def test_deleting_an_account_leaves_its_orders_and_ends_its_sessions(at_home, app, plenty):
    place_order(app.test_client(), plenty)
    other = signed_in(app)
    assert "Your order is no part of it" in at_home.get("/account/removal").text
    at_home.post("/account/removal", {})
    assert not Account.select().exists()
    assert Order.about(ANN).exists()
    assert other.get("/account").status_code == 303
    assert "Your account is deleted" in at_home.client.get("/account/removed").text


def test_who_has_asked_for_no_link_uses_up_nobodys_tries(app, clock, client, mail):
    Guess.create(key="codes of customers", count=299, last_at=clock())
    for _ in range(3):
        stranger = app.test_client()
        assert stranger.post(f"{SIGN_IN}/code", data={"code": "0000 0000"}).status_code == 422
    assert client.post(f"{SIGN_IN}/code", data={"code": code_in(mail)}).status_code == 303


def test_other_spellings_of_an_address_do_not_fill_its_mailbox(client):
    for n in range(12):
        assert ask(client, f"ann+{n}@example.com").status_code == 303
    assert OutgoingMail.select().count() == MOST_TO_ONE

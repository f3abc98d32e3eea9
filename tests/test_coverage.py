"""Publish before collect: what the policy does not cover is neither asked for nor taken."""

import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from storefront import coverage, personal, policy, register
from storefront.forms import Form
from storefront.models import (
    Account,
    AccountLink,
    ContestEntry,
    Insider,
    Message,
    Note,
    Order,
    OrderSearch,
    OutgoingMail,
    Picture,
    PolicyVersion,
    Question,
    Return,
    SavedAddress,
    Staff,
    Testimonial,
    Variant,
    Waiting,
    Winner,
)
from storefront.refusals import Refused
from tests import customers, testimonials, visitors
from tests.journey import (
    ANN,
    VISA,
    come_home,
    fill_cart,
    hidden_in,
    item,
    order_path,
    pay,
    place_order,
)
from tests.models.drawing import closed, confirmed, said_of
from tests.models.placing import cart_of, place
from tests.models.test_contest import announced
from tests.models.testimonials import approved
from tests.staff import signed_in

EVERYTHING = sorted(coverage.clauses())


@pytest.fixture
def post(settings, clock):
    """Post a text that covers those clauses, in force at once unless said otherwise."""
    key = policy.read_key(settings.keys)

    def post(*clauses: str, after: timedelta = timedelta()) -> PolicyVersion:
        number = PolicyVersion.last().number + 1
        text = f"# Version {number}\n\nAs ever. {{covers: {', '.join(clauses) or 'nothing'}}}\n"
        words = {"role": "editor", "changes": "Less."}
        return policy.publish(text, key, **words, in_force_at=clock() + after, at=clock())

    return post


@pytest.fixture
def without(post):
    """Post a text that covers all but one clause."""
    return lambda clause: post(*(set(coverage.clauses()) - {clause}))


# Each collection: what it is to try it while its clause is not covered. A fact on the register
# whose holder has no case here fails: nobody has looked whether it is switched off.


def the_checkout(shop):
    """The form is not drawn; who sends it all the same gets a sentence, and nothing is kept."""
    fill_cart(shop.client, shop.plenty)
    form = ANN | hidden_in(shop.client.get("/checkout").text)
    left = shop.plenty.stock
    shop.switch_off()
    for _ in range(2):
        page = shop.visitor.get("/checkout").text
        assert "We take no orders at the moment" in page
        assert "Place the order" not in page
        assert 'name="email"' not in page
        answer = shop.visitor.post("/checkout", form)
        assert answer.status_code == 422
        assert "We take no orders at the moment" in answer.text
        form |= hidden_in(answer.text)
    assert not Order.select().exists()
    assert not OutgoingMail.select().exists()
    assert type(shop.plenty).get_by_id(shop.plenty.id).stock == left
    with pytest.raises(Refused, match="does not cover orders"):
        place(cart_of((shop.plenty, 1)), shop.clock())


def orders_that_there_are(shop):
    """Made under a version that covered them, they are paid, shown and written about."""
    way = place_order(shop.client, shop.plenty)
    shop.switch_off()
    page = come_home(shop.client, pay(shop.payment_page, way, VISA))
    assert page.status_code == 200
    assert Order.get().state == "card_held"
    assert shop.client.get(order_path(way)).status_code == 200
    assert {mail.kind for mail in OutgoingMail.select()} == {"order_placed", "order_card_held"}


def writing_about_an_order(shop):
    """By the customer, and by staff for each other; what was written before is shown."""
    path = order_path(place_order(shop.client, shop.plenty))
    order = Order.get()
    Message.ask(order, "Where is it?", shop.clock())
    staff = signed_in(shop.app, "fulfilment")
    notes = f"/desk/orders/{order.id}/notes"
    assert "<textarea" in shop.client.get(path).text
    shop.switch_off()
    page = shop.visitor.get(path).text
    assert "<textarea" not in page
    answer = shop.visitor.post(f"{path}/messages", {"text": "Hello?"})
    assert answer.status_code == 422
    assert "Where is it?" in answer.text
    assert "Messages cannot be written here at the moment" in answer.text
    noted = staff.post(notes, data={"text": "Rang twice"}, headers=shop.visitor.headers)
    assert noted.status_code == 422
    assert "Rang twice" in noted.text
    assert (Message.select().count(), Note.select().count()) == (1, 0)


def a_withdrawal(shop):
    """A right, open whatever a text leaves out; what one wants to say to it is not taken."""
    path = order_path(place_order(shop.client, shop.plenty))
    Order.get().charge(shop.clock())
    assert 'name="words"' in shop.client.get(f"{path}/withdrawal").text
    shop.switch_off()
    page = shop.client.get(f"{path}/withdrawal").text
    assert 'name="words"' not in page
    form = hidden_in(page) | {"whole": "1", "words": "It pinches.", "reason": "size"}
    assert shop.visitor.post(f"{path}/withdrawal", form).status_code in (204, 303)
    [back] = Return.select()
    assert (back.words, back.reason, Order.get().stage) == ("", "size", "called_off")


def the_cart(shop):
    """Neither filled nor made fuller; what is in one can be taken out, and the cookie goes."""
    fill_cart(shop.client, shop.plenty)
    fresh = shop.app.test_client()
    page = f"/products/{shop.plenty.product.handle}"
    assert "Add to cart" in fresh.get(page).text
    shop.switch_off()
    drawn = fresh.get(page).text
    assert "Nothing can be put into a cart at the moment" in drawn
    assert "Add to cart" not in drawn
    for client in (fresh, shop.client):
        before = client.get_cookie("cart")
        answer = client.post("/cart/items", data=item(shop.plenty), headers=shop.visitor.headers)
        assert answer.status_code == 422
        assert "Nothing can be put into a cart at the moment" in answer.text
        assert "Set-Cookie" not in answer.headers
        assert client.get_cookie("cart") == before
    cart = shop.visitor.get("/cart").text
    assert shop.plenty.product.title in cart
    assert ">Update<" not in cart
    line = f"/cart/items/{shop.plenty.id}"
    assert shop.visitor.post(line, {"quantity": "1"}).status_code == 422
    assert shop.visitor.post(line, {"quantity": "0"}).status_code in (200, 303)
    assert shop.client.get_cookie("cart") is None


def a_trail(shop):
    """The button is not drawn; who has begun one before is not followed, and can end it."""
    page = f"/products/{shop.plenty.product.handle}"
    assert shop.client.post("/trail").status_code == 303
    kept = shop.client.get_cookie("trail")
    shop.switch_off()
    fresh = shop.app.test_client()
    for client in (fresh, shop.client):
        drawn = client.get(page)
        assert "what I look" not in drawn.text
        assert "Set-Cookie" not in drawn.headers
        answer = client.post("/trail", headers=shop.visitor.headers)
        assert answer.status_code == 422
        assert "Nothing is remembered for you now" in answer.text
        assert "Set-Cookie" not in answer.headers
    assert shop.client.get_cookie("trail") == kept
    assert "It is not read at the moment" in shop.client.get("/privacy/cookies").text
    shop.client.post("/trail/end", headers=shop.visitor.headers)
    assert shop.client.get_cookie("trail") is None


def pictures_of_other_hosts(shop):
    """No host that a catalogue names is asked for anything."""
    asked = []

    class Host(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)

        log_message = print

    host = HTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.02}).start()
    path = shop.settings.instance / "catalogue.csv"
    source = f"http://127.0.0.1:{host.server_port}/mug.jpg"
    path.write_text(f"Handle,Title,Variant Price,Image Src\nmug,Mug,12.00,{source}\n")
    shop.switch_off()
    try:
        result = shop.runner("import-products", path, "--fetch-pictures")
    finally:
        host.shutdown()
        host.server_close()
    assert result.exit_code == 1
    assert "No pictures are fetched now" in str(result.exception)
    assert asked == []
    assert not Picture.select().where(Picture.source == source).exists(), "nothing was written"


def a_contest(shop):
    """The form is not drawn; who sends it all the same gets a sentence, and nothing is kept."""
    announced(shop.clock())
    assert 'name="email"' in shop.client.get("/contests/alps").text
    shop.switch_off()
    page = shop.visitor.get("/contests/alps").text
    assert "No entries to contests are taken at the moment" in page
    assert 'name="email"' not in page
    answer = shop.visitor.post("/contests/alps/entries", ANN)
    assert answer.status_code == 422
    assert "No entries to contests are taken at the moment" in answer.text
    assert not ContestEntry.select().exists()
    assert not OutgoingMail.select().exists()


def a_draw_that_was_promised(shop):
    """Who has entered was promised a draw: it goes on, by what the beacon says."""
    contest = announced(shop.clock())
    confirmed(contest, shop.clock(), 2)
    draw = closed(contest, shop.clock)
    shop.switch_off()
    shop.clock.moment = draw.due_at
    desk = signed_in(shop.app, "editor")
    at = f"/desk/contests/{contest.id}/value"
    sent = desk.post(at, data={"answer": said_of(draw.round)}, headers=shop.visitor.headers)
    assert sent.status_code in (200, 303)
    assert Winner.select().count() == 1


def looking_for_an_order(shop):
    """The form is not drawn; who sends it all the same gets a sentence, and nothing is kept."""
    assert 'name="number"' in shop.client.get("/orders").text
    shop.switch_off()
    assert 'name="number"' not in shop.client.get("/orders").text
    form = {"number": "K7M2P-4QRTX", "email": "ann@example.com"}
    answer = shop.visitor.post("/orders", form)
    assert answer.status_code == 422
    assert "We take no orders at the moment" in answer.text
    assert not OrderSearch.select().exists()


def writing_to_the_shop(shop):
    """The form is not drawn; who sends it all the same gets a sentence, and nothing is kept."""
    assert "<textarea" in shop.client.get("/contact").text
    shop.switch_off()
    assert "<textarea" not in shop.client.get("/contact").text
    answer = shop.visitor.post("/contact", {"text": "Hello", "email": "ann@example.com"})
    assert answer.status_code == 422
    assert "Nothing can be written to us here now" in answer.text
    assert not Question.select().exists()


def hearing_when_it_is_back(shop):
    """The form is not drawn; who sends it all the same gets a sentence, and nothing is kept."""
    variant = shop.plenty
    Variant.update(stock=0).where(Variant.id == variant.id).execute()
    page = f"/products/{variant.product.handle}"
    chosen = {f"option{n + 1}": value for n, value in enumerate(variant.choice)}
    drawn = shop.client.get(page, query_string=chosen).text
    assert 'name="email"' in drawn
    shop.switch_off()
    for client in (shop.client, shop.visitor):
        drawn = client.get(page, query_string=chosen).text
        assert "Sold out" in drawn
        assert 'name="email"' not in drawn
    form = {"variant": str(variant.id), "email": "ann@example.com"}
    answer = shop.visitor.post(f"{page}/waiting", form)
    assert answer.status_code == 422
    assert "Nobody can ask to be told of anything now" in answer.text
    assert not Waiting.select().exists()
    assert not OutgoingMail.select().exists()


def an_account_at_the_desk(shop):
    """Nobody new is entered, by command or by a manager; who works here already goes on."""
    manager = signed_in(shop.app, "manager")
    shop.switch_off()
    result = shop.runner("add-staff", "new@staff.example", "--role", "editor")
    assert "Nothing new is kept about people who work here now" in str(result.exception)
    form = {"email": "new@staff.example", "role": "editor"}
    answer = manager.post("/desk/staff", data=form, headers=shop.visitor.headers)
    assert answer.status_code == 422
    assert "Nothing new is kept about people who work here now" in answer.text
    page = manager.get("/desk/staff").text
    assert 'name="email"' not in page
    assert "New link" not in page
    assert manager.post("/desk/account/name", data={"name": "Mia"}).status_code == 422
    assert [(staff.email, staff.name) for staff in Staff.select()] == [
        ("manager@staff.example", "")
    ]
    assert manager.get("/desk").status_code == 200


def asking_what_is_held(shop):
    """Stays open whatever a text leaves out: the law gives people that right."""
    shop.switch_off()
    page = shop.visitor.get("/privacy/mine").text
    assert 'name="email"' in page
    assert shop.visitor.post("/privacy/mine", {"email": "ann@example.com"}).status_code < 400
    assert OutgoingMail.get().kind == "rights_link"


def an_account(shop):
    """Nobody is asked for an address or gets a link; who is signed in reads on, and may leave."""
    there, headers = customers.signed_in(shop.app), shop.visitor.headers
    saved = there.post("/account/addresses", data=ANN)
    asked = {"email": "ann@example.com"}
    assert saved.status_code == 303
    shop.switch_off()
    fresh = shop.app.test_client()
    page = fresh.get("/account/sign-in", headers=headers).text
    assert "Nobody can sign in or open an account now" in page
    assert 'name="email"' not in page
    for client, path, form in (
        *((fresh, "/account/sign-in", asked), (there, "/account/email", {"email": "b@b.example"})),
        *((there, "/account/addresses", ANN), (there, "/account/passkeys", {"name": "phone"})),
        (there, "/account/passkeys/1", {"name": "phone"}),
    ):
        answer = client.post(path, data=form, headers=headers)
        assert answer.status_code == 422, path
        assert "Nobody can sign in or open an account now" in answer.text
    assert not AccountLink.select().exists()
    assert not OutgoingMail.select().exists()
    assert SavedAddress.select().count() == 1
    assert "Set-Cookie" not in fresh.get("/account/sign-in").headers
    assert there.get("/account/addresses").status_code == 200
    assert there.post("/account/addresses/1/removal").status_code == 303
    assert there.post("/account/removal").status_code == 303
    assert not Account.select().exists()


def writing_a_testimonial(shop):
    """The form is not drawn; who sends it all the same gets a sentence, and nothing is kept."""
    at = f"/products/{shop.shirt.handle}/testimonials"
    assert "<textarea" in shop.client.get(f"{at}/new").text
    mine = approved(shop.shirt, shop.clock(), email="bob@example.com", shows_email=True)
    written = testimonials.path_of(shop.settings, mine)
    shop.switch_off()
    assert shop.client.get(f"{at}/new").text.count("No testimonials are taken") == 1
    answer = shop.visitor.post(at, testimonials.typed())
    assert answer.status_code == 422
    assert "No testimonials are taken at the moment" in answer.text
    assert "<textarea" not in answer.text
    assert shop.visitor.post(written, testimonials.typed(words="No")).status_code == 422
    [one] = Testimonial.select()
    assert (one.words, one.state) == (mine.words, "approved")
    hidden = {"what": "email", "shown": "no"}
    assert shop.visitor.post(f"{written}/display", hidden).status_code in (204, 303)
    assert shop.visitor.post(f"{written}/display", hidden | {"shown": "yes"}).status_code == 422
    assert not Testimonial.get().shows_email
    assert shop.visitor.post(f"{written}/removal", {}).status_code in (204, 303)
    assert not Testimonial.select().exists()


def showing_a_testimonial_at_resellers(shop):
    """Only that box is not drawn and not taken; the rest of the form goes on."""
    at = f"/products/{shop.shirt.handle}/testimonials"
    assert 'name="for_resellers"' in shop.client.get(f"{at}/new").text
    shop.switch_off()
    page = shop.client.get(f"{at}/new").text
    assert 'name="for_resellers"' not in page
    assert "<textarea" in page
    sent = shop.visitor.post(at, testimonials.typed(for_resellers="y"))
    assert sent.status_code in (204, 303)
    one = Testimonial.get()
    assert not one.for_resellers
    mine = testimonials.path_of(shop.settings, one)
    assert "Let resellers show it" not in shop.client.get(mine).text
    wanted = {"what": "resellers", "shown": "yes"}
    assert shop.visitor.post(f"{mine}/display", wanted).status_code == 422
    assert not Testimonial.get().for_resellers


def signing_up_for_the_update(shop):
    """Neither the page, the footer nor the checkout draws it; who sends it gets a sentence."""
    fill_cart(shop.client, shop.plenty)
    assert 'name="email"' in shop.client.get("/insider").text
    assert 'name="insider"' in shop.client.get("/checkout").text
    shop.switch_off()
    page = shop.visitor.get("/insider").text
    assert "Nobody can sign up to the Insider Update now" in page
    assert 'name="email"' not in page
    answer = shop.visitor.post("/insider", {"email": "ann@example.com"})
    assert answer.status_code == 422
    assert "Nobody can sign up to the Insider Update now" in answer.text
    drawn = shop.client.get("/checkout").text
    assert 'name="insider"' not in drawn
    place_order(shop.client, shop.plenty, insider="y")
    assert not Insider.select().exists()
    assert OutgoingMail.get().kind == "order_placed"


def how_the_shop_is_used(shop):
    """Nothing is counted: not in the minute in which it was switched off, and not after it."""
    come = visitors.visitor(shop.app, accept="text/html")
    come.get("/products")
    visitors.written(shop.app)
    before = visitors.totals()
    assert before["views"] == 1
    shop.switch_off()
    for _ in range(2):
        for path in ("/products", "/search?q=coat", "/nowhere"):
            come.get(path)
        come.post("/cart/items", data=item(shop.plenty))
        visitors.written(shop.app)
        assert visitors.totals() == before
    shop.post(*EVERYTHING)
    visitors.written(shop.app)
    come.get("/products")
    visitors.written(shop.app)
    assert visitors.totals()["views"] == 2


CASES = {
    "column insider": signing_up_for_the_update,
    "form field InsiderForm": signing_up_for_the_update,
    "column testimonial": writing_a_testimonial,
    "form field TestimonialForm": writing_a_testimonial,
    "form field ChangeForm": writing_a_testimonial,
    "file pictures of testimonials": writing_a_testimonial,
    "recipient resellers": showing_a_testimonial_at_resellers,
    "column order": the_checkout,
    "column parcel": orders_that_there_are,
    "column return": a_withdrawal,
    "form field WithdrawalForm": a_withdrawal,
    "column outgoing_mail": the_checkout,
    "column discount_use": the_checkout,
    "column message": writing_about_an_order,
    "column note": writing_about_an_order,
    "form field MessageForm": writing_about_an_order,
    "form field CheckoutForm": the_checkout,
    "vault card number and expiry, sealed and offline": orders_that_there_are,
    "recipient vault": orders_that_there_are,
    "recipient mail server": orders_that_there_are,
    "recipient database server": orders_that_there_are,
    "cookie cart": the_cart,
    "cookie trail": a_trail,
    "recipient hosts of pictures": pictures_of_other_hosts,
    "recipient carrier": the_checkout,
    "recipient card acquirer": the_checkout,
    "payment page card number and expiry": orders_that_there_are,
    "mail archive mail": the_checkout,
    "backup backups": the_checkout,
    "column contest_entry": a_contest,
    "form field EntryForm": a_contest,
    "recipient random beacon drand": a_draw_that_was_promised,
    "column order_search": looking_for_an_order,
    "form field FindForm": looking_for_an_order,
    "column question": writing_to_the_shop,
    "form field ContactForm": writing_to_the_shop,
    "column waiting": hearing_when_it_is_back,
    "form field WaitingForm": hearing_when_it_is_back,
    "column staff": an_account_at_the_desk,
    "column passkey": an_account_at_the_desk,
    "cookie session": an_account_at_the_desk,
    "cookie known": an_account_at_the_desk,
    "column account": an_account,
    "column account_link": an_account,
    "column account_passkey": an_account,
    "column saved_address": an_account,
    "cookie account": an_account,
    "cookie asked": an_account,
    "form field SignInForm": an_account,
    "form field NewAddressForm": an_account,
    "form field SavedAddressForm": an_account,
    "column rights_request": asking_what_is_held,
    "form field WhoForm": asking_what_is_held,
    "form field CorrectionForm": asking_what_is_held,
    "file log of erasures": asking_what_is_held,
    "memory visit": how_the_shop_is_used,
    "memory mark": how_the_shop_is_used,
    "memory share": how_the_shop_is_used,
}


def holder(fact: personal.Fact) -> str:
    """What a fact is held by, as cases are named: a table, a form, a cookie, a recipient."""
    dotted = fact.kind in ("column", "form field")
    return (
        f"{fact.kind} {fact.where.rpartition('.')[0] if dotted else fact.where.partition(':')[0]}"
    )


class Shop:
    """What a case may use."""

    def __init__(self, request, clause, **parts) -> None:
        vars(self).update(parts)
        self._request, self._clause = request, clause

    def __getattr__(self, name):
        return self._request.getfixturevalue(name)

    def switch_off(self) -> None:
        self._request.getfixturevalue("without")(self._clause)


def clause_of(case: str) -> str:
    return next((fact.clause for fact in register.facts() if holder(fact) == case), "orders")


def test_everything_on_the_register_has_a_case(app):
    missing = {holder(fact) for fact in register.facts()} - set(CASES)
    assert not missing, f"nobody looked whether these are switched off: {sorted(missing)}"


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_covered_is_not_collected(request, app, visitor, clock, case):
    CASES[case](Shop(request, clause_of(case), app=app, visitor=visitor, clock=clock))


def test_every_form_with_personal_fields_switches_itself_off(app):
    for form in register.forms():
        if list(personal.fields(form)):
            assert issubclass(form, Form), form


# What takes forms and needs no guard of its own, because of what it takes.
TAKES_NOTHING = {
    "checkout.address_parts": "shows the form again and keeps nothing",
    "checkout.sums": "shows the form again and keeps nothing",
    "checkout.order_without_code": "shows the form again and keeps nothing",
    "checkout.place": "its form switches itself off",
    "orders.write_message": "its form switches itself off",
    "orders.pay": "goes on with an order that there is, as it was promised when it was made",
    "returns.withdraw": "withdrawing is always allowed; words to it are not taken meanwhile",
    "returns.take_back": "taking back is always allowed",
    "trail.end": "forgetting is always allowed",
    "contests.address_parts": "shows the form again and keeps nothing",
    "contests.enter": "its form switches itself off",
    "contests.confirm": "goes on with an entry that there is",
    "contests.accept": "goes on with a draw that was promised",
    "contests.decline": "goes on with a draw that was promised",
    "contests.withdraw": "taking back is always allowed",
    "testimonials.vote": "keeps nothing of who votes",
    "testimonials.show_address": "shows what its author shows, and keeps nothing of who asks",
    "order_search.ask": "its form switches itself off",
    "contact.write": "its form switches itself off",
    "waiting.ask": "its form switches itself off",
    "waiting.confirm": "goes on with a wish that there is",
    "widget.address": "shows what its author shows, and keeps nothing",
    "insider.sign_up": "its form switches itself off",
    "insider.confirm": "goes on with a sign-up that there is",
    "insider.leave": "leaving is always allowed",
    "waiting.take_back": "taking back is always allowed",
    "privacy.ask_for_mine": "asking, correcting and erasing stay open",
    "privacy.correct_mine": "asking, correcting and erasing stay open",
    "privacy.erase_mine": "asking, correcting and erasing stay open",
    "privacy.remove": "taking away is always allowed",
    "account.ask": "its form switches itself off",
    "account.ask_for_email": "its form switches itself off",
    "account.add_address": "its form switches itself off",
    "account.change_address": "its form switches itself off",
    "account.address_parts": "shows the form again and keeps nothing",
    "account.type_code": "goes on with a link that was sent",
    "account.follow": "goes on with a link that was sent",
    "account.type_email_code": "goes on with a link that was sent",
    "account.follow_email_link": "goes on with a link that was sent",
    "account.with_passkey": "who has a passkey has an account, and tells nothing new",
    "account.remove_address": "taking away is always allowed",
    "account.remove_passkey": "taking away is always allowed",
    "account.sign_out": "taking away is always allowed",
    "account.remove": "taking away is always allowed",
    "testimonials.write": "its form switches itself off",
    "testimonials.write_invited": "its form switches itself off",
    "testimonials.change": "its form switches itself off",
    "testimonials.confirm": "goes on with a testimonial that there is",
    "testimonials.display": "hiding is always allowed; it guards showing itself",
    "testimonials.remove": "taking back is always allowed",
    "cart.change": "taking out of a cart is always allowed; it guards the rest itself",
}


def test_every_address_that_takes_a_form_says_what_it_collects(app):
    unsaid = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
        and not hasattr(app.view_functions[rule.endpoint], "collects")
        and rule.endpoint not in TAKES_NOTHING
        and not rule.endpoint.startswith("desk.")  # staff at work; their accounts have a case
    ]
    assert unsaid == [], "mark them with @collects(…), or say here why not"


# What changes by itself


def test_what_was_switched_off_comes_back_with_a_text_that_covers_it(client, without, post, plenty):
    page = f"/products/{plenty.product.handle}"
    without("cookies")
    assert "Add to cart" not in client.get(page).text
    post(*EVERYTHING)
    assert "Add to cart" in client.get(page).text
    fill_cart(client, plenty)


def test_a_kept_page_changes_at_the_moment_a_version_comes_into_force(client, post, clock, plenty):
    """By time alone: nothing is written then, so no new edition comes out."""
    page = f"/products/{plenty.product.handle}"
    post("orders", after=timedelta(seconds=30))
    first = client.get(page)
    assert "Add to cart" in first.text
    assert client.get(page, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    clock.forward(seconds=29)
    assert "Add to cart" in client.get(page).text
    clock.forward(seconds=1)
    answer = client.get(page, headers={"If-None-Match": first.headers["ETag"]})
    assert answer.status_code == 200
    assert "Add to cart" not in answer.text
    assert client.post("/cart/items", data=item(plenty)).status_code == 422


def test_a_kept_page_changes_with_the_version_that_another_process_posts(
    client, runner, tmp_path, plenty, clock
):
    page = f"/products/{plenty.product.handle}"
    assert "Add to cart" in client.get(page).text
    (tmp_path / "less.md").write_text("# Less\n\nOrders. {covers: orders}\n")
    said = runner("publish-policy", tmp_path / "less.md", "--changes", "x", "--switch-off").output
    assert "switch off" in said
    clock.forward(seconds=30)  # to the real time; less than a page is kept for
    assert "Nothing can be put into a cart" in client.get(page).text


def test_a_visitor_with_a_cart_sees_the_same(client, without, plenty):
    fill_cart(client, plenty)
    page = f"/products/{plenty.product.handle}"
    assert "Add to cart" in client.get(page).text
    without("cookies")
    assert "Nothing can be put into a cart" in client.get(page).text


# In words


def test_before_any_text_is_posted_nothing_is_covered(app, clock):
    long_ago = clock() - timedelta(days=9)
    assert coverage.covered_at(long_ago) == frozenset()
    assert coverage.next_change(long_ago) == PolicyVersion.get().in_force_at
    assert not coverage.covered("orders", long_ago)
    assert [clause for clause, _ in coverage.switched_off(long_ago)] == coverage.clauses()


def test_the_desk_reads_what_is_off_and_what_to_do(app, without, clock):
    assert coverage.switched_off(clock()) == []
    without("orders")
    assert coverage.switched_off(clock()) == [
        (
            "orders",
            "The policy in force does not cover orders, so this is off: the checkout. Mark the "
            "paragraph that covers it with {covers: orders}, and post the text.",
        )
    ]


def test_rights_are_never_switched_off(app, post, clock, monkeypatch):
    """Whatever an editor leaves out, a person may ask, correct and erase."""
    monkeypatch.setattr(coverage, "clauses", lambda: ["orders", "rights"])
    post("orders")
    assert not coverage.covered("rights", clock())
    assert coverage.why_closed(["rights"], clock()) == ""
    assert coverage.would_switch_off([]) == ["orders"]
    [(clause, said)] = coverage.switched_off(clock())
    assert clause == "rights"
    assert "stay open all the same: the law gives people that right" in said
    assert "our privacy page does not say" in coverage.why_closed(["rights", "cookies"], clock())


def test_what_only_switches_something_on_is_asked_about_as_well(app, settings, clock, monkeypatch):
    """No column is held under `catalogue`; it is on the register while pictures are fetched."""
    rest = [clause for clause in EVERYTHING if clause != "catalogue"]
    monkeypatch.setattr(register, "clauses", lambda: rest)
    assert coverage.would_switch_off(rest) == ["catalogue"]
    facts = {"role": "editor", "changes": "x", "in_force_at": clock(), "at": clock()}
    text, key = f"A. {{covers: {', '.join(rest)}}}", policy.read_key(settings.keys)
    with pytest.raises(Refused, match="fetching pictures from other hosts"):
        policy.publish(text, key, switch_off=[], **facts)
    policy.publish(text, key, switch_off=["catalogue"], **facts)
    assert "fetching pictures" in coverage.switched_off(clock())[0][1]


def test_a_mark_that_nobody_reads_covers_nothing(app):
    text = "A. {covers: orders}\n\n<!-- B. {covers: cookies} -->\n\n<script>{covers: x}</script>"
    assert policy.clauses(text) == ["orders"]
    assert coverage.left_out(policy.clauses(text)) == sorted({*coverage.clauses()} - {"orders"})


def test_a_clause_nobody_has_words_for_is_still_said(app, clock):
    assert coverage.words_for(["raffles"]) == "what is asked for under raffles"
    assert coverage.why_closed(["raffles"], clock()).startswith("This is closed at the moment")


def test_every_clause_on_the_register_has_words(app):
    assert set(register.clauses()) | {"catalogue"} <= set(coverage.WORDS)


def test_the_privacy_page_itself_is_always_there(client, post):
    post()
    assert client.get("/privacy").status_code == 200

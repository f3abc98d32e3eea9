"""Writing a testimonial: the form, the mailed link, what its author does with it later."""

import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from storefront.app import create_app
from storefront.door import LARGEST_FORM, limiter
from storefront.models import Order, OutgoingMail, PolicyVersion, Product, Testimonial
from storefront.models.authoring import MOST_UNCONFIRMED
from tests.models.placing import ANN, cart_of, place
from tests.models.testimonials import approved, waiting, written
from tests.testimonials import TYPED, invitation_to, mailed, path_of, typed


@pytest.fixture
def at(shirt) -> str:
    return f"/products/{shirt.handle}/testimonials"


def where(answer) -> str:
    assert answer.status_code in (204, 303), answer.text
    return answer.headers.get("HX-Redirect") or answer.headers["Location"]


def delivered(variant, at, email: str = ANN.email) -> Order:
    order = place(cart_of((variant, 1)), at, customer=replace(ANN, email=email))
    order.charge(at)
    order.ship(None, at).deliver(at)
    return order


# The form


def test_the_form_asks_for_no_more_than_it_needs_and_no_box_is_ticked(visitor, at):
    page = visitor.get(f"{at}/new").text
    assert ("<html" in page) is not visitor.fragments
    assert 'id="writing"' in page
    assert page.count('type="radio"') == 6
    ticked = re.findall(r"<input checked[^>]*>", page)
    assert [re.search('value="(.*?)"', box)[1] for box in ticked] == [""]
    number = PolicyVersion.last().number
    assert f"our privacy page (version {number})" in page
    assert 'href="/testimonials/moderation"' in page
    assert "Nothing is shown before" in page
    assert "Set-Cookie" not in visitor.get(f"{at}/new").headers


def test_of_what_is_not_sold_nothing_is_written(visitor):
    for answer in (
        visitor.get("/products/nothing/testimonials/new"),
        visitor.post("/products/nothing/testimonials", typed()),
    ):
        assert answer.status_code == 404


def test_what_is_sent_waits_for_its_author_and_the_mail_repeats_no_word_of_it(
    visitor, at, settings, shirt
):
    answer = visitor.post(at, typed(email=" Ann@Example.com ", words="Zanzibar!", nickname="Qwill"))
    page = visitor.client.get(where(answer)).text
    assert "Check your e-mail" in page
    [one] = Testimonial.select()
    assert (one.state, one.words, one.email, one.stars) == (
        *("unconfirmed", "Zanzibar!", "ann@example.com", 5),
    )
    assert (one.shows_email, one.for_resellers, one.pictures) == (False, False, [])
    text, link = mailed(settings, "testimonial_confirm")
    assert shirt.title in text
    assert "Zanzibar" not in text
    assert "Qwill" not in text
    assert "Zanzibar!" in visitor.client.get(link).text


def test_ticked_boxes_count_and_no_rating_is_possible(visitor, at):
    visitor.post(at, typed(stars="", shows_email="y", for_resellers="y", connection="given"))
    one = Testimonial.get()
    assert (one.stars, one.shows_email, one.for_resellers) == (None, True, True)
    assert one.disclosure == "Got it free or cheaper, or was paid for writing"


def test_the_answer_is_the_same_whether_the_address_is_known_or_has_had_enough(
    visitor, at, shirt, clock
):
    approved(shirt, clock())
    ways = {where(visitor.post(at, typed())) for _ in range(MOST_UNCONFIRMED + 3)}
    ways.add(where(visitor.post(at, typed(email="new@example.com"))))
    assert len(ways) == 1
    mails = OutgoingMail.select().where(OutgoingMail.kind == "testimonial_confirm")
    assert mails.where(OutgoingMail.to == "ann@example.com").count() == MOST_UNCONFIRMED + 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("words", "", "Please write something first."),
        ("words", "a" * 4001, "it has 1 too many"),
        ("words", "See https://evil.example", "addresses of web pages"),
        ("words", "See EVIL.COM now", "addresses of web pages"),
        ("words", "See ｅｖｉｌ．ｃｏｍ now", "addresses of web pages"),
        ("words", "See ev\u200bil.c\u200bom now", "addresses of web pages"),
        ("words", "Write to bob@example.com", "e-mail addresses"),
        ("nickname", "\u202e", "a first name will do"),
        ("nickname", "www.evil.example", "addresses of web pages"),
        ("nickname", "A" * 61, "60 characters"),
        ("email", "", "Please give your e-mail address."),
        ("email", "ann@", "We cannot write to this address."),
        ("email", "ann\r\nBcc: all@example.com", "We cannot write to this address."),
        ("stars", "6", "one to five stars"),
        ("stars", "12", "one to five stars"),
        ("stars", "½", "one to five stars"),
        ("connection", "owner", "Please choose one of these."),
    ],
)
def test_what_is_refused_is_said_beside_the_field_and_nothing_typed_is_lost(
    visitor, at, field, value, said
):
    form = typed(words="Zanzibar!", for_resellers="y") | {field: value}
    answer = visitor.post(at, form)
    assert answer.status_code == 422
    assert ("<html" in answer.text) is not visitor.fragments
    beside = re.findall(r'class="error"[^>]*>([^<]*)', answer.text)
    assert any(said in sentence for sentence in beside)
    assert field == "words" or "Zanzibar!" in answer.text
    assert field == "nickname" or 'value="Ann"' in answer.text
    assert field == "stars" or re.search(r'checked[^>]*value="5"', answer.text)
    assert re.search(r'<input[^>]*checked[^>]*name="for_resellers"', answer.text)
    assert not Testimonial.select().exists()
    assert not OutgoingMail.select().exists()


def test_a_hundred_kilobytes_are_refused_in_words_and_still_in_the_form(visitor, at):
    answer = visitor.post(at, typed(words="dry " * 25_000))
    assert answer.status_code == 422
    assert "Please keep this to 4,000 characters" in answer.text
    assert answer.text.count("dry ") >= 25_000
    far_more = visitor.post(at, typed(words="dry " * 80_000))
    assert far_more.status_code == 413
    assert not Testimonial.select().exists()


def test_markup_is_shown_as_it_was_typed_and_nothing_turns_the_words_around_it(
    visitor, at, settings
):
    words = "<script>alert(1)</script> \u202efine\u2069 <b>&amp;\0".replace("\0", "\x07")
    visitor.post(at, typed(words=words, nickname="<i>Ann</i>"))
    one = Testimonial.get()
    assert one.words == "<script>alert(1)</script> fine <b>&amp;"
    page = visitor.client.get(path_of(settings, one)).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; fine &lt;b&gt;&amp;amp;" in page
    assert "<script>alert" not in page
    assert "&lt;i&gt;Ann" in page


def test_who_saw_another_version_of_the_policy_is_shown_the_one_in_force(visitor, at):
    answer = visitor.post(at, typed(policy="99"))
    assert answer.status_code == 422
    assert "Our privacy page has changed since you came here" in answer.text
    assert "coast path" in answer.text
    number = str(PolicyVersion.last().number)
    assert visitor.post(at, typed(policy=number)).status_code in (204, 303)


# How often


@pytest.fixture
def limited(settings, clock):
    app = create_app(replace(settings, limits=True), clock)
    limiter.reset()
    yield app.test_client()
    limiter.reset()


class Unread(io.RawIOBase):
    """A body that notes whether anybody has read of it."""

    was_read = False

    def of_length(self, count: int) -> dict:
        """What a server says of a form with this body."""
        kind = "multipart/form-data; boundary=x"
        return {"wsgi.input": self, "CONTENT_LENGTH": str(count), "CONTENT_TYPE": kind}

    def readable(self) -> bool:
        return True

    def readinto(self, into) -> int:
        self.was_read = True
        into[:] = b"x" * len(into)
        return len(into)


def test_large_forms_of_one_connection_are_counted_before_they_are_read(limited, at):
    small = typed(words="")
    for _ in range(10):
        large = small | {"words": "x" * LARGEST_FORM}
        assert limited.post(at, data=large).status_code == 422
    body = Unread()
    refused = limited.post(at, environ_overrides=body.of_length(2**23))
    assert refused.status_code == 429
    assert "Send it without pictures, or later" in refused.text
    assert not body.was_read
    assert limited.post(at, data=small).status_code == 422, "without pictures it goes on"


def test_more_than_is_ever_needed_is_not_read(client, at):
    body = Unread()
    assert client.post(at, environ_overrides=body.of_length(2**26)).status_code == 413
    assert not body.was_read


def test_small_forms_of_one_connection_are_counted_too(limited, at):
    answers = [limited.post(at, data=typed(words="")).status_code for _ in range(31)]
    assert answers == [422] * 30 + [429]


# In its author's hands


def test_opening_the_link_confirms_nothing_and_the_button_does(visitor, at, settings):
    visitor.post(at, TYPED)
    _, link = mailed(settings, "testimonial_confirm")
    for _ in range(2):
        page = visitor.client.get(link)
        assert "Confirm that it is mine" in page.text
        assert page.headers["Cache-Control"] == "private, no-store"
    assert visitor.client.head(link).status_code == 200
    assert Testimonial.get().state == "unconfirmed"
    assert where(visitor.post(f"{link}/confirmation", {})).endswith(link)
    assert Testimonial.get().state == "waiting"
    page = visitor.client.get(link).text
    assert "Somebody here will read it soon" in page
    assert "Confirm that it is mine" not in page
    assert visitor.post(f"{link}/confirmation", {}).status_code in (204, 303)


def test_each_state_is_said_in_words_and_the_mails_lead_there(client, settings, shirt, clock):
    one = waiting(shirt, clock())
    path = path_of(settings, one)
    one.refuse("advert", one.changed_at, clock())
    text, link = mailed(settings, "testimonial_refused")
    assert link == path
    assert "It advertises, or sends readers elsewhere" in text
    assert "did not see your rating" in text
    page = client.get(path).text
    assert "It is not shown" in page
    assert "It advertises, or sends readers elsewhere" in page
    client.post(path, data=typed(words="Dry."))
    one = Testimonial.get()
    one.approve(one.changed_at, clock())
    text, link = mailed(settings, "testimonial_approved")
    assert f"/testimonials/{one.id}\n" in text
    assert link == path
    assert "It is shown." in client.get(path).text
    one.answer("Thank you,\nAnn!", clock())
    text, _ = mailed(settings, "testimonial_replied")
    assert "Thank you,\nAnn!" in text
    assert "Thank you,<br>Ann!" in client.get(path).text


def test_an_edit_keeps_what_is_shown_and_is_looked_at_again(visitor, settings, shirt, clock):
    one = approved(shirt, clock(), for_resellers=True)
    path = path_of(settings, one)
    page = visitor.client.get(path).text
    assert "nothing of it is shown meanwhile" in page
    clock.forward(minutes=1)
    visitor.post(path, typed(words="It leaks.", stars="1", email=None))
    one = Testimonial.get()
    assert (one.words, one.stars, one.state, one.email) == (
        *("It leaks.", 1, "waiting", "ann@example.com"),
    )
    assert one.for_resellers
    refused = visitor.post(path, typed(words="See https://evil.example", stars=""))
    assert refused.status_code == 422
    assert "See https://evil.example" in refused.text
    assert Testimonial.get().words == "It leaks."


def test_what_is_shown_is_changed_at_once_with_one_click_each(visitor, settings, shirt, clock):
    path = path_of(settings, approved(shirt, clock()))
    for what, column in (("email", "shows_email"), ("resellers", "for_resellers")):
        for shown in ("yes", "no", "no", "yes"):
            visitor.post(f"{path}/display", {"what": what, "shown": shown})
            one = Testimonial.get()
            assert getattr(one, column) is (shown == "yes")
            assert one.state == "approved"
    assert one.resellers_policy == PolicyVersion.last()
    visitor.post(f"{path}/display", {"what": "words", "shown": "yes"})
    assert Testimonial.get().words == one.words


def test_taking_it_back_is_one_click_and_leaves_nothing(visitor, settings, shirt, clock):
    path = path_of(settings, approved(shirt, clock()))
    way = where(visitor.post(f"{path}/removal", {}))
    page = visitor.client.get(way).text
    assert "not shown here any more" in page
    assert "Write a testimonial" in page
    assert not Testimonial.select().exists()
    gone = visitor.client.get(path)
    assert gone.status_code == 404
    assert "No testimonial is behind this link any more" in gone.text
    assert visitor.post(f"{path}/confirmation", {}).status_code == 404
    Product.update(status="draft").where(Product.id == shirt.id).execute()
    assert "Write a testimonial" not in visitor.client.get(way).text


def test_who_works_here_cannot_leave_that_out(visitor, at, settings, app, clock):
    from tests.staff import hired

    hired(app, "editor", email="ann@example.com")
    visitor.post(at, typed())
    path = path_of(settings, Testimonial.get())
    visitor.post(f"{path}/confirmation", {})
    assert Testimonial.get().disclosure == "Works for this shop"
    visitor.post(path, typed(words="Better still.", connection=""))
    assert Testimonial.get().words == "Better still."
    assert Testimonial.get().disclosure == "Works for this shop"


# Invited


def test_the_mail_of_a_delivery_leads_to_what_came_and_its_author_need_not_confirm(
    visitor, settings, plenty, clock, shirt
):
    order = delivered(plenty, clock())
    path = invitation_to(settings, order)
    assert path in OutgoingMailText(settings, "order_delivered")
    page = visitor.client.get(path)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "an••@example.com" in page.text
    assert "ann@example.com" not in page.text
    assert "voluntary" in page.text
    form = visitor.get(f"{path}/{shirt.handle}").text
    assert 'name="email"' not in form
    assert "nothing to confirm" in form
    refused = visitor.post(f"{path}/{shirt.handle}", typed(words="", email="eve@example.com"))
    assert refused.status_code == 422
    assert 'name="email"' not in refused.text
    answer = visitor.post(f"{path}/{shirt.handle}", typed(email="eve@example.com"))
    one = Testimonial.get()
    assert (one.state, one.email, one.bought) == ("waiting", "ann@example.com", True)
    assert where(answer).endswith(path_of(settings, one))
    assert not OutgoingMail.select().where(OutgoingMail.kind == "testimonial_confirm").exists()
    again = visitor.client.get(path).text
    assert path_of(settings, one) in again
    assert "You have written about it" in again


def OutgoingMailText(settings, kind: str) -> str:
    from storefront.mail import Postman

    mail = OutgoingMail.get(OutgoingMail.kind == kind)
    return Postman(settings).write(mail, mail.made_at).get_body(["plain"]).get_content()


def test_an_invitation_is_for_what_came_and_for_whose_address_is_still_known(
    visitor, settings, plenty, clock, shirt
):
    order = place(cart_of((plenty, 1)), clock())
    path = invitation_to(settings, order)
    early = visitor.client.get(path)
    assert early.status_code == 404
    assert "Nothing of this order has arrived yet" in early.text
    order.charge(clock())
    order.ship(None, clock()).deliver(clock())
    other = Product.reachable().where(Product.id != shirt.id).first()
    assert visitor.get(f"{path}/{other.handle}").status_code == 404
    assert visitor.post(f"{path}/{other.handle}", typed()).status_code == 404
    Product.update(status="draft").where(Product.id == shirt.id).execute()
    assert visitor.client.get(path).status_code == 404
    Product.update(status="active").where(Product.id == shirt.id).execute()
    assert visitor.client.get(path).status_code == 200
    Order.update(email="").where(Order.id == order.id).execute()
    erased = visitor.client.get(path)
    assert erased.status_code == 404
    assert "is erased" in erased.text
    assert visitor.post(f"{path}/{shirt.handle}", typed()).status_code == 404
    assert not Testimonial.select().exists()


def test_an_invitation_opens_nothing_of_the_address_that_the_order_has_by_now(
    visitor, settings, plenty, clock, shirt
):
    order = delivered(plenty, clock())
    before = invitation_to(settings, order)
    Order.update(email="moved@example.com").where(Order.id == order.id).execute()
    one = approved(shirt, clock(), email="moved@example.com")
    refused = visitor.client.get(before)
    assert refused.status_code == 404
    assert "another address by now" in refused.text
    assert visitor.post(f"{before}/{shirt.handle}", typed()).status_code == 404
    after = visitor.client.get(invitation_to(settings, Order.get())).text
    assert path_of(settings, one) in after
    assert Testimonial.select().count() == 1


def test_what_a_stranger_wrote_in_the_name_of_the_invited_does_not_stand_in_their_way(
    visitor, settings, plenty, clock, shirt
):
    forged = written(shirt, clock(), words="Forged.", email=ANN.email)
    path = invitation_to(settings, delivered(plenty, clock()))
    page = visitor.client.get(path).text
    assert path_of(settings, forged) not in page
    assert f"{path}/{shirt.handle}" in page
    visitor.post(f"{path}/{shirt.handle}", typed(words="My own.", email=None))
    assert [one.words for one in Testimonial.select()] == ["My own."]


def test_an_unconfirmed_one_goes_after_a_week_with_its_mail(client, settings, shirt, clock):
    from storefront.jobs import Jobs

    one = written(shirt, clock() - timedelta(days=7, minutes=1))
    waits = written(shirt, clock() - timedelta(days=6), email="bob@example.com")
    Jobs(settings).keep_promises()
    assert [each.id for each in Testimonial.select()] == [waits.id]
    assert OutgoingMail.select().count() == 1
    assert client.get(path_of(settings, one)).status_code == 404

"""The desk's side of testimonials: the queue, deciding without seeing stars, one, and replies."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playhouse.test_utils import count_queries

from storefront import prints
from storefront.blueprints.desk import testimonials as screen
from storefront.cards import DIGITS
from storefront.models import Decision, OutgoingMail, StaffAction, Testimonial
from storefront.models.moderating import LONGEST_REPLY, REASONS
from tests.conftest import Visitor
from tests.models.testimonials import approved, waiting
from tests.staff import signed_in

QUEUE = "/desk/testimonials"
STARS = re.compile(r"★|☆|\d out of 5|no stars|class=\"stars\"")


@pytest.fixture
def browser(app):
    return signed_in(app, "moderator")


@pytest.fixture(params=["pages", "fragments"])
def moderator(request, browser) -> Visitor:
    """A moderator who asks for pages, or through htmx for fragments."""
    return Visitor(browser, request.param == "fragments")


@pytest.fixture
def one(shirt, clock) -> Testimonial:
    return waiting(shirt, clock(), words="Dry & <warm>.\n\nAll day.", name="Ann <3", stars=2)


@pytest.fixture
def refused(one, clock) -> Testimonial:
    one.refuse("advert", one.as_of, clock())
    return one


def the(one: Testimonial) -> Testimonial:
    return Testimonial.get_by_id(one.id)


def at(one: Testimonial, what: str = "") -> str:
    return f"{QUEUE}/{one.id}" + (f"/{what}" if what else "")


def form(one: Testimonial, **more) -> dict:
    return {"seen": the(one).as_of.isoformat(), **more}


def actions() -> list[tuple]:
    log = StaffAction.select().order_by(StaffAction.id)
    return [(each.role, each.what, each.table, each.row) for each in log]


def cards(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'<li id="testimonial-(\d+)"[^>]*data-open', page)]


def test_an_empty_queue_says_so_and_so_do_the_other_lists(browser):
    page = browser.get(QUEUE).text
    assert "Nothing waits for a decision." in page
    assert 'id="keys"' not in page
    assert "Nothing is approved yet." in browser.get(f"{QUEUE}?list=approved").text
    assert "Nothing was refused" in browser.get(f"{QUEUE}?list=refused").text
    assert "Nothing waits for a decision." in browser.get(f"{QUEUE}?list=everything").text


def test_what_waits_shows_all_that_is_decided_on_and_neither_stars_nor_address(
    browser, shirt, clock
):
    facts = {"connection": "given", "name": "Ann <3", "words": "Dry & <warm>.\n\nAll day."}
    for stars in (None, 1, 5):
        given = {"email": f"ann{stars}@example.com", "shows_email": True}
        one = waiting(shirt, clock(), stars=stars, **facts | given)
    for url in (QUEUE, at(one)):
        page = browser.get(url).text
        assert shirt.title in page
        assert "<bdi>Ann &lt;3</bdi>" in page
        assert '<p dir="auto">Dry &amp; &lt;warm&gt;.</p>' in page
        assert "Got it free or cheaper, or was paid for writing" in page
        assert "confirmed address" in page
        assert "bought here" not in page
        assert not STARS.search(page)
        assert "@example.com" not in page
    assert "3 wait" in browser.get(QUEUE).text
    Testimonial.update(bought=True).execute()
    assert ", bought here" in browser.get(QUEUE).text


def test_one_says_one_waits_and_the_first_page_of_the_desk_says_so_too(browser, one):
    assert "One waits." in browser.get(QUEUE).text
    assert f'<a href="{QUEUE}">1 testimonial waits for a decision</a>' in browser.get("/desk").text
    assert ("moderator", "listed", "testimonial", None) in actions()


def test_of_too_many_a_page_is_shown_who_waits_longest_first(browser, shirt, clock, monkeypatch):
    monkeypatch.setattr(screen, "MOST", 2)
    made = []
    for n in range(5):
        made.append(waiting(shirt, clock(), email=f"p{n}@example.com").id)
        clock.forward(minutes=1)
    seen, url = [], QUEUE
    for _ in range(3):
        page = browser.get(url).text
        assert "5 wait, whoever has waited longest first" in page
        seen += cards(page)
        url = re.search(r'rel="next" href="([^"]+)"', page)[1]
    assert (seen, url) == (made, QUEUE), "behind the last page, the queue begins again"
    assert "That is all of them" in browser.get(f"{QUEUE}?beyond=9999999999.0.1").text


@pytest.mark.parametrize(
    "beyond", ["", "x", "..", "1.1", "9" * 11 + ".9.1", "1." + "1" * 40 + ".1", "².1.1"]
)
def test_whatever_place_an_address_names_the_page_is_there(browser, one, beyond):
    assert browser.get(QUEUE, query_string={"beyond": beyond}).status_code == 200


def test_no_place_in_a_list_is_taken_for_a_cards_number(clock):
    for row in range(200):
        clock.forward(seconds=1, microseconds=7)
        runs = DIGITS.findall(screen._key((clock(), 2**31 - 1 - row)))
        assert max(len(run) for run in runs) < 12


def test_a_page_of_many_costs_no_more_than_one_of_few(browser, one, shirt, clock):
    browser.get(QUEUE)
    with count_queries() as few:
        browser.get(QUEUE)
    for n in range(5):
        waiting(shirt, clock(), email=f"p{n}@example.com")
    Testimonial.update(decision=Decision.create(at=clock(), approved=True)).execute()
    with count_queries() as many:
        assert "approved and shown before" in browser.get(QUEUE).text
    assert many.count == few.count


def test_an_edit_of_what_was_decided_says_so_in_the_queue(browser, one, clock):
    one.approve(one.as_of, clock())
    one.answer("Thank you.", clock())
    clock.forward(minutes=1)
    again = {"words": "It leaks.", "name": "Ann", "stars": 1, "connection": ""}
    one.change(again, clock())
    page = browser.get(QUEUE).text
    assert "This was approved and shown before; its author has changed it since." in page
    assert "Our reply from before" in page
    assert "Thank you." in page
    assert not STARS.search(page)
    one.refuse("advert", one.as_of, clock())
    clock.forward(minutes=1)
    one.change(again | {"words": "It leaks!"}, clock())
    assert f"refused before, because: {REASONS['advert']}" in browser.get(QUEUE).text


@pytest.mark.parametrize("how", ["approval", "refusal"])
def test_a_card_is_decided_and_then_says_its_stars_and_the_queue_goes_on(
    moderator, one, shirt, clock, how
):
    clock.forward(minutes=1)
    later = waiting(shirt, clock(), email="bob@example.com")
    answer = moderator.post(at(one, how), form(one, reason="advert"))
    said = "Approved, and shown" if how == "approval" else "Refused, and its author"
    if moderator.fragments:
        assert answer.status_code == 200
        assert answer.text.startswith(f'<li id="testimonial-{one.id}" class="case" tabindex="-1">')
        assert "2 out of 5 stars" in answer.text
        assert 'id="lists"' in answer.text
        assert "Waiting <small>1</small>" in answer.text
        assert '<p id="waiting" class="quiet" hx-swap-oob="outerHTML">One waits.' in answer.text
        page = answer.text
    else:
        assert answer.status_code == 303
        assert answer.location.endswith(f"{QUEUE}?beyond=#testimonial-{later.id}")
        page = moderator.client.get(answer.location).text
        assert cards(page) == [later.id]
    assert said in page
    state = {"approval": "approved", "refusal": "refused"}[how]
    assert the(one).state == state
    assert the(one).reason == ("" if how == "approval" else "advert")
    assert actions()[0] == ("moderator", state, "testimonial", one.id)
    page = moderator.client.get(f"{QUEUE}?list={state}").text
    assert "2 out of 5 stars" in page
    mails = [mail.kind for mail in OutgoingMail.select().order_by(OutgoingMail.id)]
    assert mails.count(f"testimonial_{state}") == 1


def test_the_queue_goes_on_where_it_was_and_ends_at_its_beginning(
    browser, shirt, clock, monkeypatch
):
    monkeypatch.setattr(screen, "MOST", 1)
    made = []
    for n in range(3):
        made.append(waiting(shirt, clock(), email=f"p{n}@example.com"))
        clock.forward(minutes=1)
    url = re.search(r'rel="next" href="([^"]+)"', browser.get(QUEUE).text)[1]
    beyond = re.search(r'name="beyond" value="([^"]+)"', browser.get(url).text)[1]
    answer = browser.post(at(made[1], "approval"), data=form(made[1], beyond=beyond))
    assert answer.location.endswith(f"{url}#testimonial-{made[2].id}")
    assert cards(browser.get(answer.location).text) == [made[2].id]
    answer = browser.post(at(made[2], "approval"), data=form(made[2], beyond=beyond))
    assert answer.location.endswith(QUEUE)


def test_a_refusal_without_a_published_reason_is_refused_beside_its_list(moderator, one):
    for reason in ("", "two stars"):
        answer = moderator.post(at(one, "refusal"), form(one, reason=reason))
        assert answer.status_code == 422
        assert answer.text.count("Please choose one of the published reasons.") == 1
        assert '<details class="refusing" open>' in answer.text
        assert answer.text.count('type="radio"') == len(REASONS)
        assert not STARS.search(answer.text)
    assert (the(one).state, actions()) == ("waiting", [])


@pytest.mark.parametrize("how", ["approval", "refusal"])
def test_what_its_author_changed_meanwhile_is_shown_as_it_is_now(moderator, one, clock, how):
    data = form(one, reason="abuse")
    clock.forward(minutes=1)
    one.change({"words": "It leaks.", "name": "Ann", "stars": 1, "connection": ""}, clock())
    answer = moderator.post(at(one, how), data)
    assert answer.status_code == 422
    assert "Its author has changed it meanwhile. Please read it once more." in answer.text
    assert "It leaks." in answer.text
    assert f'name="seen" value="{clock().isoformat()}"' in answer.text
    assert not STARS.search(answer.text)
    assert (the(one).state, actions()) == ("waiting", [])


def test_what_somebody_else_decided_meanwhile_stays_and_is_shown(moderator, one, clock):
    data = form(one, reason="abuse")
    clock.forward(seconds=1)
    the(one).approve(one.as_of, clock())
    answer = moderator.post(at(one, "refusal"), data)
    assert answer.status_code == 422
    assert "Somebody has decided it or replied meanwhile." in answer.text
    assert (the(one).state, Decision.select().count()) == ("approved", 1)


@pytest.mark.parametrize("seen", ["", "x", "2026-01-01", "9999-12-31T23:59:59-23:59"])
def test_whatever_a_form_says_was_seen_nothing_else_is_decided(moderator, one, seen):
    assert moderator.post(at(one, "approval"), {"seen": seen}).status_code == 422
    assert the(one).state == "waiting"


@pytest.mark.parametrize("how", ["approval", "refusal", "reply"])
def test_what_was_taken_back_meanwhile_is_gone_in_words(moderator, one, how):
    data = form(one, reason="abuse", reply="Thank you.")
    one.withdraw()
    answer = moderator.post(at(one, how), data)
    assert answer.status_code == 404
    assert "taken back or erased" in answer.text
    if moderator.fragments:
        assert answer.text.startswith(f'<li id="testimonial-{one.id}"')


def test_what_nobody_has_confirmed_is_nobodys_business(browser, one):
    Testimonial.update(state="unconfirmed").execute()
    assert browser.get(at(one)).status_code == 404
    assert browser.post(at(one, "approval"), data=form(one)).status_code == 404
    assert cards(browser.get(QUEUE).text) == []


def test_on_its_own_page_it_is_approved_taken_down_and_approved_after_all(moderator, one, clock):
    clock.forward(minutes=1)
    for how, label, state in (
        ("approval", "Take down …", "approved"),
        ("refusal", "Approve after all", "refused"),
        ("approval", "Take down …", "approved"),
    ):
        answer = moderator.post(at(one, how), form(one, reason="unlawful", alone="1"))
        if moderator.fragments:
            assert answer.text.startswith('<div id="testimonial">')
        else:
            assert answer.location.endswith(at(one))
        page = moderator.client.get(at(one)).text
        assert label in page
        assert "2 out of 5 stars" in page
        assert the(one).state == state
        clock.forward(minutes=1)
    assert Decision.counts() == [(True, "", 2, 1)]
    became = [words for words in ("Written", "Confirmed", "Approved", "Refused") if words in page]
    assert became == ["Written", "Confirmed", "Approved", "Refused"]
    assert "Approved, by the role of moderator" in page
    [opened] = [each for each in actions() if each[1] == "opened"]
    assert opened == ("moderator", "opened", "testimonial", one.id)


def test_a_refusal_on_its_own_page_keeps_to_the_page(moderator, one):
    answer = moderator.post(at(one, "refusal"), form(one, alone="1"))
    assert answer.status_code == 422
    assert answer.text.count("Please choose one of the published reasons.") == 1
    assert "What became of it" in answer.text


def test_what_lost_a_part_to_an_erasure_cannot_be_approved(browser, refused, clock):
    refused.erase(["name"], lambda *_: None, clock())
    page = browser.get(at(refused)).text
    assert "It cannot be shown any more." in page
    assert "Approve after all" not in page
    assert "Without a name" in page


def test_who_may_see_it_is_said(browser, one, clock):
    page = browser.get(at(one)).text
    assert "Resellers may not show it" in page
    assert "Its author's address is not shown" in page
    policy = one.policy
    one.show(email=True, resellers=True, policy=policy, at=clock())
    one.approve(one.as_of, clock())
    Testimonial.update(helpful=1).execute()
    page = browser.get(at(one)).text
    assert "Resellers may show it." in page
    assert "as they wish" in page
    assert "One reader has found it helpful." in page
    assert "@example.com" not in page


def test_what_came_from_another_shop_says_so(browser, one, clock):
    facts = {"imported_from": "judge.csv", "confirmed_at": None, "email": "", "name": ""}
    Testimonial.update(facts).execute()
    for url in (QUEUE, at(one)):
        assert "brought in with judge.csv, not confirmed" in browser.get(url).text
    assert "Brought in with judge.csv" in browser.get(at(one)).text
    one = the(one)
    one.approve(one.as_of, clock())
    page = browser.get(at(one)).text
    assert "Decided" in page
    assert not OutgoingMail.select().where(OutgoingMail.kind == "testimonial_approved").exists()


def test_a_reply_is_written_changed_and_taken_back(moderator, shirt, clock):
    one = approved(shirt, clock())
    for text, what, said in (
        ("Thank <you>.", "answered", "Our reply is shown, and on its way by mail."),
        ("Thank you!", "answered", "Our reply is shown, and on its way by mail."),
        ("", "removed", "There is no reply now."),
    ):
        clock.forward(minutes=1)
        answer = moderator.post(at(one, "reply"), form(one, reply=text))
        page = answer.text if moderator.fragments else moderator.client.get(answer.location).text
        assert said in page
        assert the(one).reply == text
        assert ("moderator", what, "testimonial", one.id) in actions()
        assert text.replace("<", "&lt;").replace(">", "&gt;") in page
    assert "Our reply was taken back, by the role of moderator" in page


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("<&" * LONGEST_REPLY, "2,000 too many"), ("\u202e \u202e", "Please write something first.")],
)
def test_a_reply_that_cannot_be_is_refused_with_all_that_was_typed(
    moderator, shirt, clock, text, sentence
):
    one = approved(shirt, clock())
    answer = moderator.post(at(one, "reply"), form(one, reply=text))
    assert answer.status_code == 422
    assert answer.text.count(sentence) == 1
    assert text.replace("&", "&amp;").replace("<", "&lt;") in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert (the(one).reply, actions()) == ("", [])


def test_a_reply_to_what_is_not_shown_and_one_beside_another_are_refused(
    moderator, one, shirt, clock
):
    answer = moderator.post(at(one, "reply"), form(one, reply="Thank you."))
    assert answer.status_code == 422
    assert "Only what is shown can be replied to." in answer.text
    one.approve(one.as_of, clock())
    data = form(one, reply="From me.")
    clock.forward(seconds=1)
    the(one).answer("From somebody else.", clock())
    answer = moderator.post(at(one, "reply"), data)
    assert answer.status_code == 422
    assert "replied meanwhile" in answer.text
    assert "From me." in answer.text
    assert "From somebody else." in answer.text


@pytest.fixture
def pictured(settings, shirt, clock) -> Testimonial:
    """One with two pictures, whose files are there."""
    taken = []
    for colour in ("#864", "#468"):
        file = BytesIO()
        Image.new("RGB", (300, 200), colour).save(file, "JPEG")
        taken.append(vars(prints.develop(file.getvalue(), settings.instance / "testimonials")))
    return waiting(shirt, clock(), pictures=taken)


def test_pictures_are_seen_before_they_are_shown_and_kept_nowhere(app, browser, pictured):
    page = browser.get(QUEUE).text
    [first, second] = re.findall(r'<img src="(/desk/testimonials/[^"]+)"', page)
    assert 'alt="Picture 1 of 2"' in page
    with browser.get(first) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert Image.open(BytesIO(answer.data)).size[0] > 0
    with browser.get(second.replace(".webp", ".avif")) as answer:
        assert answer.mimetype == "image/avif"
    assert ("moderator", "opened", "testimonial", pictured.id) in actions()
    assert signed_in(app, "editor").get(first).status_code == 403
    assert app.test_client().get(first).status_code == 303


def test_no_file_but_its_own_pictures_is_sent(browser, pictured, shirt, clock):
    other = waiting(shirt, clock(), email="bob@example.com")
    digest = pictured.pictures[0]["digest"]
    named = f"{digest}-{pictured.pictures[0]['widths'][0]}"
    with browser.get(at(pictured, f"pictures/{named}.webp")) as answer:
        assert answer.status_code == 200
    for wrong in (
        f"{named}.json",
        f"{digest}-9999.webp",
        f"{digest}.webp",
        "..%2f..%2fshop.sqlite",
    ):
        assert browser.get(at(pictured, f"pictures/{wrong}")).status_code == 404
    assert browser.get(at(other, f"pictures/{named}.webp")).status_code == 404


def test_single_keys_can_be_switched_off_and_on(moderator, one):
    client = moderator.client
    page = client.get(QUEUE).text
    assert '<details id="keys" class="scripted" data-on>' in page
    assert "moderate-" in page
    assert '<kbd aria-hidden="true">1</kbd>' in page
    for sent, button in (({}, "Switch the keys on"), ({"on": "1"}, "Switch the keys off")):
        answer = moderator.post(f"{QUEUE}/keys", sent)
        if moderator.fragments:
            assert answer.text.startswith('<details id="keys" class="scripted"')
            assert button in answer.text
        else:
            assert answer.status_code == 303
        page = client.get(QUEUE).text
        assert button in page
        assert ("data-on" in page) == ("off" in button)
        assert ("<kbd" in page) == ("off" in button)


def test_a_list_can_be_had_as_a_fragment(browser, one):
    part = browser.get(QUEUE, headers={"HX-Request": "true"}).text
    assert part.startswith('<div id="testimonials">')
    assert part.count("hx-swap-oob") == browser.get(QUEUE).text.count("hx-swap-oob") + 3, "said, …"

"""Promotions at the desk: kept, changed, ordered, pictured, taken away, and seen beforehand."""

import io
from datetime import timedelta

import pytest

from storefront.models import Collection, Contest, Discount, Product, Promotion
from tests.promotions import code, painted, photograph, promoted
from tests.staff import signed_in
from tests.styles import hash_of, style_of, styles_allowed

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HERE = "/desk/promotions"


@pytest.fixture
def form(clock) -> dict:
    return {
        "title": "Ready for rain",
        "words": "Dry to the skin.",
        "leads_to": "/collections/rain-ready",
        "on_home": "on",
        "on_collection": "",
        "discount": "",
        "starts_at": typed(clock() - HOUR),
        "ends_at": typed(clock() + DAY),
    }


def typed(moment) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def after(at_work, answer) -> str:
    way = answer.location or answer.headers.get("HX-Redirect")
    return at_work.client.get(way).text if way else answer.text


def made(at_work, form, **changes) -> Promotion:
    assert at_work.post(HERE, form | changes).status_code in (303, 204)
    return Promotion.select().order_by(Promotion.id.desc()).first()


def test_the_list_says_that_there_is_none_and_shows_them_by_time(at_work, clock):
    assert "There are none yet" in at_work.get(HERE).text
    at = clock()
    promoted(at, title="Over already", starts_at=at - 2 * DAY, ends_at=at - DAY)
    promoted(at, title="Yet to come", starts_at=at + DAY, ends_at=at + 2 * DAY)
    promoted(at, title="Here today")
    page = at_work.get(HERE).text
    order = ("Shown now", "Here today", "Coming", "Yet to come", "Over", "Over already")
    places = [page.index(f">{words}<") for words in order]
    assert places == sorted(places)
    assert "Move Here today up" not in page  # alone among those that run
    for n in range(31):
        promoted(at, title=f"Past {n}", starts_at=at - 9 * DAY, ends_at=at - 3 * DAY)
    assert "And 2 before these." in at_work.get(HERE).text


def test_one_is_kept_and_shown_in_the_shop_at_once(at_work, form, client):
    page = at_work.get(f"{HERE}/new").text
    assert '<option value="/collections/rain-ready">' in page
    answer = at_work.post(HERE, form)
    assert "It is kept." in after(at_work, answer)
    assert "Ready for rain" in client.get("/").text
    assert "Ready for rain" not in client.get("/products").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "Please give it a title."),
        ({"title": "a" * 10_000}, "Please keep this to 100 characters."),
        ({"words": "a" * 10_000}, "Please keep this to 300 characters."),
        ({"leads_to": ""}, "Say where it leads."),
        ({"leads_to": "https://elsewhere.example/"}, "no such collection, product or page"),
        ({"leads_to": "/collections/gone"}, "no such collection, product or page"),
        ({"on_home": None}, "at least one place"),
        ({"on_collection": "4711"}, "This collection was removed meanwhile."),
        ({"on_collection": "9" * 30}, "Write a whole number"),
        ({"discount": "4711"}, "This code was removed meanwhile."),
        ({"starts_at": "soon"}, "Write it as year, month, day and time in UTC"),
        ({"starts_at": "0001-01-01"}, "Write it as year, month, day and time in UTC"),
        ({"ends_at": "9999-12-31T23:59"}, "Write it as year, month, day and time in UTC"),
        ({"ends_at": "2026-13-01T00:00"}, "Write it as year, month, day and time in UTC"),
        ({"starts_at": ""}, "Say when"),
        ({"ends_at": "2001-01-01"}, "It ends before it begins."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_typed_is_lost(
    at_work, form, changes, sentence
):
    sent = {name: value for name, value in (form | changes).items() if value is not None}
    answer = at_work.post(HERE, sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{sent["leads_to"]}"' in answer.text or not sent["leads_to"]
    assert 'value="Dry to the skin."' in answer.text or "words" in changes
    assert not Promotion.select().exists()


def test_a_code_that_ends_before_is_refused_and_one_that_holds_is_shown(
    at_work, form, clock, client
):
    early, used = code(clock(), "EARLY", until=clock() + HOUR), code(clock(), "USED-UP", most=1)
    used.take(clock())
    page = at_work.get(f"{HERE}/new").text
    assert "EARLY: 10 % off" in page
    assert "USED-UP" not in page
    answer = at_work.post(HERE, form | {"discount": early.id})
    assert answer.status_code == 422
    assert "The code EARLY ends on" in answer.text
    answer = at_work.post(HERE, form | {"discount": used.id})
    assert "has been used as often as it may be" in answer.text
    fine = code(clock(), "FINE")
    one = made(at_work, form, discount=fine.id)
    assert "<code>FINE</code>" in client.get("/").text
    fine.end(clock())
    assert "FINE" not in client.get("/").text
    assert "The code FINE was ended." in at_work.get(HERE).text
    assert "FINE: 10 % off" in at_work.get(f"{HERE}/{one.id}").text


def test_one_is_changed_and_of_two_editors_the_second_is_told(at_work, form, client):
    one = made(at_work, form)
    url, seen = f"{HERE}/{one.id}", one.version
    assert f'value="{seen}"' in at_work.get(url).text
    answer = at_work.post(url, form | {"title": "Ready for snow", "seen": seen})
    assert "Saved." in after(at_work, answer)
    assert "Ready for snow" in client.get("/").text
    answer = at_work.post(url, form | {"title": "Ready for sun", "seen": seen})
    assert answer.status_code == 422
    assert "Somebody else has saved this promotion" in answer.text
    assert 'value="Ready for sun"' in answer.text
    assert "Ready for snow" in client.get("/").text
    fresh = Promotion.get_by_id(one.id).version
    assert f'name="seen" value="{fresh}"' in answer.text
    answer = at_work.post(url, form | {"title": "", "seen": seen})
    assert f'name="seen" value="{seen}"' in answer.text
    answer = at_work.post(url, form | {"title": "Ready for sun", "seen": fresh})
    assert "Saved." in after(at_work, answer)


def test_a_picture_is_hung_described_replaced_and_taken_down(at_work, form, client, settings):
    one = made(at_work, form)
    url, kind = f"{HERE}/{one.id}/picture", {"content_type": "multipart/form-data"}

    def send(raw: bytes | None, **given):
        file = {"file": (io.BytesIO(raw), "rain.png")} if raw is not None else {}
        return at_work.post(url, given | file, **kind)

    refused = {
        "Choose a picture.": send(None, alt="A hood"),
        "Say in a few words": send(painted()),
        "Keep one or the other": send(painted(), alt="A hood", decorative="on"),
        "It looks like SVG": send(b"<svg/>", alt="A hood"),
        "times as long as wide": send(painted((30_000, 1)), alt="A hood"),
    }
    for sentence, answer in refused.items():
        assert (answer.status_code, sentence in answer.text) == (422, True), sentence
    assert 'value="A hood"' in refused["Choose a picture."].text
    assert f'name="seen" value="{one.version}"' in refused["Choose a picture."].text
    assert Promotion.get().picture is None
    assert "The picture hangs." in after(at_work, send(painted(), alt="A hood"))
    first = Promotion.get().picture["digest"]
    assert first[2:] in client.get("/").text
    assert "The words are kept." in after(at_work, send(None, decorative="on"))
    assert 'name="decorative" checked' in at_work.get(f"{HERE}/{one.id}").text
    assert "The picture hangs." in after(at_work, send(painted(colour="#a33"), decorative="on"))
    assert Promotion.get().picture["digest"] != first
    assert "<picture>" in at_work.get(HERE).text
    answer = at_work.post(f"{url}/removal", {})
    assert "taken down" in after(at_work, answer)
    assert Promotion.get().picture is None


def test_they_are_put_in_order_and_removed(at_work, form, client):
    first, second = made(at_work, form, title="First"), made(at_work, form, title="Second")
    answer = at_work.post(f"{HERE}/{second.id}/place", {"to": "up"})
    page = after(at_work, answer)
    assert "Moved." in page
    assert page.index("Second") < page.index("First")
    shown = client.get("/").text
    assert shown.index("Second") < shown.index("First")
    assert at_work.post(f"{HERE}/{first.id}/place", {"to": "sideways"}).status_code == 400
    assert "It is removed." in after(at_work, at_work.post(f"{HERE}/{first.id}/removal", {}))
    assert "First" not in client.get("/").text


def test_what_was_removed_meanwhile_is_told_in_words(at_work, form):
    gone = f"{HERE}/1073741824"
    assert at_work.get(gone).status_code == 404
    assert at_work.post(gone, form).status_code == 404
    for at in ("/picture", "/picture/removal"):
        answer = at_work.post(f"{gone}{at}", {"alt": "A hood"})
        assert answer.status_code == 404
        assert "removed meanwhile" in answer.text
    for at in ("/place", "/removal"):
        answer = at_work.post(f"{gone}{at}", {"to": "up"})
        assert answer.status_code == 422
        assert "removed meanwhile" in answer.text


def test_the_list_says_of_each_why_it_is_not_shown(at_work, form, clock, shirt):
    rain = Collection.get(Collection.slug == "rain-ready")
    above = made(at_work, form, title="Above", on_home="", on_collection=str(rain.id))
    Promotion.update(on_home=False).where(Promotion.id == above.id).execute()
    made(at_work, form, title="Shirt", leads_to=f"/products/{shirt.handle}")
    Product.update(published=False).where(Product.id == shirt.id).execute()
    Collection.update(shown_from=clock(), shown_until=clock() + HOUR).execute()
    page = at_work.get(HERE).text
    assert "its product has no page in the shop now" in page
    assert "It is shown until" in page
    assert "It is shown from" in page
    Collection.remove(rain.id)
    page = at_work.get(HERE).text
    assert "what it leads to was removed" in page
    assert "the collection it stood above was removed" in page
    assert at_work.get(f"{HERE}/{above.id}").status_code == 200


def preview(browser, **asked) -> tuple:
    answer = browser.get(f"{HERE}/preview", query_string=asked)
    return answer, answer.text


def test_the_front_page_is_seen_as_it_will_be(at_work, clock, client):
    at = clock()
    promoted(at, starts_at=at + DAY, ends_at=at + 2 * DAY)
    rain = Collection.get(Collection.slug == "rain-ready")
    Collection.update(shown_from=at + DAY).where(Collection.id == rain.id).execute()
    words = {"slug": "alps", "title": "Win a week", "prize": "In the Alps", "text": "Rules."}
    dates = {"opens_at": at + DAY, "closes_at": at + 3 * DAY, "announced_at": at}
    Contest.create(**words, **dates)
    coming = ("Dry to the skin.", 'href="/collections/rain-ready"', "Win a week")
    for moment, there in ((at, False), (at + DAY + HOUR, True)):
        answer, page = preview(at_work, place="home", at=typed(moment))
        assert "A preview for the desk" in page
        assert [words in page for words in coming] == [there] * 3, moment
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert [words in client.get("/").text for words in coming] == [False] * 3
    answer, page = preview(at_work, place="home", at=typed(at + 4 * DAY))
    assert [words in page for words in coming] == [False, True, False]


def test_the_styles_of_a_preview_are_allowed_by_its_policy(at_work, clock):
    promoted(clock())
    answer, _ = preview(at_work)
    assert styles_allowed(answer) == [hash_of(style_of(answer))]


def test_lists_are_seen_as_they_will_be(at_work, clock):
    at, rain = clock(), Collection.get(Collection.slug == "rain-ready")
    promoted(at, starts_at=at + DAY, ends_at=at + 2 * DAY, on_collection=rain.id)
    Collection.update(shown_from=at + HOUR, shown_until=at + 2 * DAY).execute()
    for place in ("products", str(rain.id)):
        assert "Dry to the skin." in preview(at_work, place=place, at=typed(at + DAY + HOUR))[1]
    page = preview(at_work, place=str(rain.id), at=typed(at))[1]
    assert "this collection is not shown yet" in page
    assert f"at={typed(at + HOUR)}" in page  # the next change
    assert "this collection is over" in preview(at_work, place=rain.id, at=typed(at + 3 * DAY))[1]
    page = at_work.get(f"/desk/collections/{rain.id}").text
    assert f"/desk/promotions/preview?place={rain.id}&amp;at={typed(at + HOUR)}" in page


@pytest.mark.parametrize("place", ["4711", "x", "9" * 40, "-1"])
def test_a_preview_of_nothing_says_so(at_work, place):
    answer, page = preview(at_work, place=place)
    assert answer.status_code == 404
    assert "This collection was removed." in page


def test_an_odd_moment_is_refused_beside_its_field(at_work):
    answer, page = preview(at_work, at="soon")
    assert answer.status_code == 422
    assert "Write it as year, month, day and time in UTC" in page
    assert 'value="soon"' in page


@pytest.mark.parametrize("role", ["fulfilment", "moderator"])
def test_who_is_no_editor_sees_no_preview(app, role):
    assert signed_in(app, role).get(f"{HERE}/preview").status_code == 403


def test_dates_of_a_collection_are_typed_at_the_desk(at_work, clock, client):
    at = clock()
    form = {"title": "Advent", "slug": "advent", "words": ""}
    wrong = {"shown_from": typed(at + DAY), "shown_until": typed(at)}
    answer = at_work.post("/desk/collections", form | wrong)
    assert answer.status_code == 422
    assert "It ends before it begins." in answer.text
    assert f'value="{typed(at)}"' in answer.text
    coming = {"shown_from": typed(at + DAY), "shown_until": typed(at + 2 * DAY)}
    assert at_work.post("/desk/collections", form | coming).status_code in (303, 204)
    assert client.get("/collections/advent").status_code == 404
    assert "shown from" in at_work.get("/desk/collections").text
    held = Collection.get(Collection.slug == "advent")
    url = f"/desk/collections/{held.id}"
    assert "Not shown yet." in at_work.get(url).text
    answer = at_work.post(url, form | {"seen": held.version, "shown_from": "soon"})
    assert "Write it as year" in answer.text
    over = {"shown_from": "", "shown_until": "2020-01-01 08:00", "seen": held.version}
    assert "Saved." in after(at_work, at_work.post(url, form | over))
    assert "It was shown until 1 January 2020, 08:00 UTC." in at_work.get(url).text
    assert "shown until" in at_work.get("/desk/collections").text


def test_a_picture_of_another_size_is_shown_at_the_desk(at_work, form, settings, clock):
    one = made(at_work, form, discount=str(code(clock()).id))
    Promotion.hang(one.id, photograph(settings.instance / "media", (400, 300)), "", True)
    assert "with RAIN-10" in at_work.get(HERE).text
    assert Discount.get().code in at_work.get(f"{HERE}/{one.id}").text

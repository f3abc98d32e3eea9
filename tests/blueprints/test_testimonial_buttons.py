"""What readers of testimonials can press: “Helpful”, and the address of who shows it."""

import re
from dataclasses import replace

import pytest

from storefront.app import create_app
from storefront.clicks import Clicks
from storefront.models import Edition, Testimonial
from tests.models.testimonials import approved

SAME = {"Sec-Fetch-Site": "same-origin"}


def helpful(testimonial) -> int:
    return Testimonial.get_by_id(testimonial.id).helpful


def vote(app, testimonial, address: str):
    client = app.test_client()
    place = {"REMOTE_ADDR": address}
    path = f"/testimonials/{testimonial.id}/votes"
    return client.post(path, environ_base=place, base_url="https://localhost")


def test_a_vote_counts_once_a_day_and_leads_back(visitor, shirt, clock):
    made, edition = approved(shirt, clock()), Edition.current()
    path = f"/testimonials/{made.id}/votes"
    referrer = {"Referer": f"http://localhost/products/{shirt.handle}/testimonials?sort=best"}
    answers = [visitor.client.post(path, headers=visitor.headers | referrer) for _ in range(3)]
    assert helpful(made) == 1
    if visitor.fragments:
        assert "Thank you." in answers[0].text
        assert "One person found this helpful" in answers[0].text
    else:
        assert [answer.status_code for answer in answers] == [303] * 3
        way = f"/products/{shirt.handle}/testimonials?sort=best#testimonial-{made.id}"
        assert answers[0].location.endswith(way)
    assert Edition.current() == edition
    clock.forward(days=1)
    visitor.post(path, data={})
    assert helpful(made) == 2


@pytest.mark.parametrize(
    "came", ["", "https://evil.example/testimonials", "http://localhost//evil"]
)
def test_a_vote_leads_to_no_other_place(client, shirt, clock, came):
    made = approved(shirt, clock())
    answer = client.post(f"/testimonials/{made.id}/votes", headers={"Referer": came})
    assert answer.location == f"http://localhost/testimonials/{made.id}#testimonial-{made.id}"


def test_of_many_votes_a_day_no_more_than_twenty_count(app, shirt, clock):
    made = approved(shirt, clock())
    for n in range(25):
        assert vote(app, made, f"203.0.113.{n}").status_code == 303
    assert helpful(made) == 20
    clock.forward(days=1)
    vote(app, made, "203.0.113.1")
    assert helpful(made) == 21


def test_a_house_with_many_addresses_votes_once(app, shirt, clock):
    made = approved(shirt, clock())
    for n in range(1, 5):
        vote(app, made, f"2001:db8:1:1::{n:x}")
    assert helpful(made) == 1


def test_what_is_not_shown_takes_no_votes(visitor, shirt, clock):
    made = approved(shirt, clock())
    made.take_down("abuse", clock())
    assert visitor.post(f"/testimonials/{made.id}/votes", data={}).status_code == 404
    assert not made.vote(clock())
    assert helpful(made) == 0


def test_votes_are_said_as_they_are_below_ten_and_about_from_there(shirt, clock):
    made = approved(shirt, clock())
    for count, words in {
        0: "",
        1: "One person found this helpful",
        9: "9 people found this helpful",
        10: "About 10 people found this helpful",
        24: "About 20 people found this helpful",
        1996: "About 2,000 people found this helpful",
    }.items():
        made.helpful = count
        assert made.votes == words


def test_clicks_are_kept_as_marks_of_the_day_and_no_more_than_there_is_room_for(clock, monkeypatch):
    clicks, today = Clicks(), clock().date()
    assert clicks.first("203.0.113.7", "a", today)
    assert not clicks.first("203.0.113.7", "a", today)
    assert clicks.first("203.0.113.7", "b", today)
    assert "203" not in repr(clicks._seen)
    assert Clicks().first("203.0.113.7", "a", today)
    monkeypatch.setattr("storefront.clicks.MOST", 3)
    assert clicks.first("203.0.113.8", "a", today)
    assert not clicks.first("203.0.113.9", "a", today)


def test_an_address_is_shown_to_whoever_asks_and_stands_on_no_page(visitor, shirt, clock):
    made = approved(shirt, clock(), shows_email=True, email="ann.o'hara+1@example.com")
    path = f"/testimonials/{made.id}/address"
    for page in (
        *(f"/products/{shirt.handle}", f"/products/{shirt.handle}/testimonials"),
        *("/testimonials", f"/testimonials/{made.id}", path),
    ):
        text = visitor.client.get(page).text
        assert "hara" not in text
        # A product's page is short, and leads to the one that asks.
        is_short = page == f"/products/{shirt.handle}"
        assert (f'href="/testimonials/{made.id}"' if is_short else f'action="{path}"') in text
    answer = visitor.post(path, data={})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "mailto:ann.o%27hara%2B1@example.com" in answer.text
    assert ("<html" in answer.text) is not visitor.fragments


def test_an_address_that_is_not_shown_is_404_in_words(visitor, shirt, clock):
    made = approved(shirt, clock())
    path = f"/testimonials/{made.id}/address"
    assert f'action="{path}"' not in visitor.get(f"/testimonials/{made.id}").text
    for answer in (visitor.get(path), visitor.post(path, data={})):
        assert answer.status_code == 404
        assert "does not show" in answer.text
        assert "ann@" not in answer.text
    made.show(email=True, resellers=False, policy=made.policy, at=clock())
    assert "ann@example.com" in visitor.post(path, data={}).text
    made.withdraw()
    assert visitor.post(path, data={}).status_code == 404


def test_addresses_are_not_collected_in_bulk(settings, shirt, clock):
    client = create_app(replace(settings, limits=True), clock).test_client()
    made = approved(shirt, clock(), shows_email=True)
    answers = [client.post(f"/testimonials/{made.id}/address") for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert "ann@" not in answers[-1].text


# How it is decided.


def test_everybody_reads_how_many_were_refused_by_reason_and_by_rating(client, shirt, clock):
    assert "Nothing has been decided yet" in client.get("/testimonials/moderation").text
    approved(shirt, clock())
    for n, stars in enumerate((1, 1, None)):
        email = f"p{n}@example.com"
        approved(shirt, clock(), email=email, stars=stars).take_down("abuse", clock())
    text = client.get("/testimonials/moderation").text
    assert "4 decisions so far" in text
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', text, re.S)
    found = {words: re.findall(r"<td>(.*?)</td>", cells) for words, cells in rows}
    assert found["Shown"] == ["1", "0", "0", "0", "0", "0", "1"]
    assert found["It insults, threatens or is obscene"] == ["0", "0", "0", "0", "2", "1", "3"]
    assert found["Refused altogether"] == ["0", "0", "0", "0", "2", "1", "3"]
    assert found["It cannot be read or understood"] == ["0"] * 7

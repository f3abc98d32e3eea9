"""What is said of products, as everybody reads it: lists, one by itself, product pages."""

import json
import re
from urllib.parse import unquote

import pytest
from playhouse.test_utils import count_queries

from storefront.models import Product, Redirect, Testimonial
from tests.models.testimonials import approved, several, waiting

PICTURE = {"digest": "ab" * 16, "width": 800, "height": 600, "widths": [400, 800]}


@pytest.fixture
def url(shirt) -> str:
    return f"/products/{shirt.handle}/testimonials"


def names(text: str) -> list[str]:
    """Who has written what stands on a page, in its order."""
    return re.findall(r'<b(?: id="by-\d+")? dir="auto">(.*?)</b>', text)


def mixed(shirt, clock) -> None:
    """Twelve of each kind: with five stars, with one, and without; every third has a picture."""
    for n in range(36):
        clock.forward(minutes=1)
        stars, pictures = (5, 1, None)[n // 12], [PICTURE] if n % 3 == 0 else []
        given = {"name": f"P{n}", "email": f"p{n}@example.com", "stars": stars}
        made = approved(shirt, clock(), pictures=pictures, **given)
        Testimonial.update(helpful=n * 7 % 36).where(Testimonial.id == made.id).execute()


def walked(visitor, url: str) -> list[str]:
    """The names on all pages of a list, one after the other."""
    found = []
    while url:
        text = visitor.get(url).text
        assert len(names(text)) <= 10
        found += names(text)
        on = re.search(r'rel="next" href="([^"]+)"', text)
        url = on and on[1].replace("&amp;", "&")
    return found


def facts(text: str) -> dict:
    """What machines read on a page."""
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', text)[1])


def test_where_nobody_has_said_anything_the_pages_say_so(visitor, url):
    answer = visitor.get(url)
    assert "Nobody has said anything yet" in answer.text
    assert ("Whoever knows it may be the first" in answer.text) is not visitor.fragments
    assert "Nobody has said anything yet" in visitor.get("/testimonials").text
    assert "aggregateRating" not in answer.text


def test_one_is_shown_with_all_that_is_known_of_it(visitor, shirt, url, clock):
    made = approved(shirt, clock(), pictures=[PICTURE], connection="given", words="Dry.\n\nWarm.")
    made.answer("Thank you, Ann.", clock())
    Testimonial.update(bought=True, helpful=23, imported_from="Loox").execute()
    for page in (url, "/testimonials", f"/testimonials/{made.id}"):
        text = visitor.get(page).text
        assert names(text) == ["Ann"]
        for words in (
            *("5 out of 5 stars", "Dry.\n\nWarm.", "Bought here", "Thank you, Ann."),
            *(
                "Got it free or cheaper, or was paid for writing",
                "About 20 people found this helpful",
            ),
            "Imported from Loox: we have not confirmed who wrote it",
            'width="800" height="600" alt="Picture by Ann" loading="lazy"',
            f"/testimonials/{made.id}/pictures/{PICTURE['digest']}-400.webp 400w",
            f"{clock():%-d %B %Y}",
        ):
            assert words in text, (page, words)
        assert (shirt.title in text) or page == url
        assert "ann@example.com" not in text
    assert "One testimonial" in visitor.get(url).text


@pytest.mark.parametrize("everything", [True, False])
def test_every_order_has_each_of_them_once_page_after_page(visitor, shirt, url, clock, everything):
    mixed(shirt, clock)
    url = "/testimonials" if everything else url
    newest = [f"P{n}" for n in reversed(range(36))]
    assert walked(visitor, url) == newest
    by_votes = sorted(range(36), key=lambda n: n * 7 % 36, reverse=True)
    assert walked(visitor, f"{url}?sort=helpful") == [f"P{n}" for n in by_votes]
    fives, ones, none = newest[24:], newest[12:24], newest[:12]
    assert walked(visitor, f"{url}?sort=best") == fives + ones + none
    assert walked(visitor, f"{url}?sort=lowest") == ones + fives + none


def test_what_is_left_out_is_said_and_never_called_all(visitor, shirt, url, clock):
    mixed(shirt, clock)
    for query, heading, count in (
        ("rating=5", "12 of 36 testimonials: five stars", 12),
        ("pictures=1", "12 of 36 testimonials: with pictures", 12),
        ("rating=1&pictures=1", "4 of 36 testimonials: one star, with pictures", 4),
        ("rating=1&pictures=1&sort=helpful", "4 of 36 testimonials: one star, with pictures", 4),
        ("rating=3", "None of 36 testimonials: three stars", 0),
        ("pictures=1&sort=lowest", "12 of 36 testimonials: with pictures", 12),
    ):
        answer = visitor.get(f"{url}?{query}")
        assert f"<h2>{heading}</h2>" in answer.text
        assert not re.search(r"\ball (\d+ )?(testimonials|reviews)", answer.text, re.I)
        assert len(walked(visitor, f"{url}?{query}")) == count
        # The average is of everything, whatever is shown.
        assert "The average of 24 ratings; 12 said it without stars" in answer.text
        if visitor.fragments:
            assert f'<div id="said" hx-swap-oob="innerHTML">{heading}</div>' in answer.text
    assert "<h2>36 testimonials</h2>" in visitor.get(url).text
    assert "Nobody has said that" in visitor.get(f"{url}?rating=3").text


@pytest.mark.parametrize(
    "query",
    [
        *("rating=0", "rating=6", "rating=five", "sort=worst", "after=1", "after=x", "after=²_1"),
        "after=2026-01-01T00:00:00",
        *("after=2026-13-01T00:00:00_1", "after=2026-01-01T00:00:00_99999999999999999999"),
        *("after=5_2026-01-01T00:00:00_1", "sort=best&after=2026-01-01T00:00:00_1"),
        "sort=best&after=7_2026-01-01T00:00:00_1",
    ],
)
def test_a_list_that_is_not_there_is_404_in_words(visitor, shirt, url, clock, query):
    approved(shirt, clock())
    answer = visitor.get(f"{url}?{query}")
    assert answer.status_code == 404
    assert re.search("no such page|five|that order", answer.text)


def test_a_page_goes_on_where_the_last_one_ended_though_that_one_has_gone(
    visitor, shirt, url, clock
):
    mixed(shirt, clock)
    for sort in ("new", "helpful", "best", "lowest"):
        text = visitor.get(f"{url}?sort={sort}").text
        on = re.search(r'rel="next" href="([^"]+)"', text)[1].replace("&amp;", "&")
        before = walked(visitor, on)
        last = Testimonial.get(Testimonial.name == names(text)[-1])
        last.withdraw()
        assert walked(visitor, on) == before
    place = unquote(on)
    assert not re.search(r"\d{13}", place), "no card number is made of it"


def test_when_nothing_is_left_after_a_place_the_page_says_so(visitor, shirt, url, clock):
    several(shirt, clock(), 12)
    text = visitor.get(url).text
    on = re.search(r'rel="next" href="([^"]+)"', text)[1].replace("&amp;", "&")
    for one in Testimonial.select().order_by(Testimonial.id).limit(2):
        one.withdraw()
    assert "There is nothing after this any more" in visitor.get(on).text


def test_what_is_not_approved_or_gone_is_nowhere(visitor, shirt, url, clock):
    made = waiting(shirt, clock(), words="Seen by nobody.")
    for page in (url, "/testimonials"):
        assert "Seen by nobody" not in visitor.get(page).text
    answer = visitor.get(f"/testimonials/{made.id}")
    assert answer.status_code == 404
    assert "take it back" in answer.text
    assert visitor.get("/testimonials/2147483647").status_code == 404
    assert visitor.get("/testimonials/99999999999999").status_code == 404


def test_a_product_that_has_moved_or_gone_takes_its_testimonials_along(visitor, shirt, url, clock):
    made = approved(shirt, clock())
    Redirect.rename(shirt, "other-name")
    answer = visitor.get(url)
    assert answer.status_code == 301
    assert answer.location.endswith("/products/other-name/testimonials")
    Product.update(status="draft").where(Product.id == shirt.id).execute()
    assert visitor.get("/products/other-name/testimonials").status_code == 404
    assert visitor.get("/products/never/testimonials").status_code == 404
    for page in ("/testimonials", f"/testimonials/{made.id}"):
        text = visitor.get(page).text
        assert "which we do not sell any more" in text
        assert 'href="/products/other-name"' not in text


HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)> </script><b>\u202egnp"


def test_what_authors_write_is_text_and_nothing_else(visitor, shirt, url, clock):
    made = approved(shirt, clock(), words=HOSTILE, name="<b>\u202eAnn</b>\"'>")
    made.answer(HOSTILE, clock())
    for page in (url, "/testimonials", f"/testimonials/{made.id}", f"/products/{shirt.handle}"):
        text = visitor.get(page).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "</script><b>" not in text
        assert "\u202e" not in text
        assert "<b>Ann" not in text


# On the product's page.


def test_a_product_page_shows_the_newest_three_and_leads_to_the_rest(client, shirt, clock):
    page = f"/products/{shirt.handle}"
    assert "Write a testimonial" in client.get(page).text
    several(shirt, clock(), 3, stars=4)
    text = client.get(page).text
    assert names(text) == ["Person 2", "Person 1", "Person 0"]
    assert "3 testimonials" in text
    assert "Read all" not in text
    approved(shirt, clock())
    text = client.get(page).text
    assert names(text) == ["Ann", "Person 2", "Person 1"]
    assert (
        f'<a class="button plain" href="/products/{shirt.handle}/testimonials">Read all 4</a>'
        in text
    )
    assert "4.2<" in text
    ways = re.findall(rf'href="(/products/{shirt.handle}/testimonials\?[^"]*)"', text)
    assert [client.get(way).status_code for way in ways] == [200] * 3
    assert [way.partition("?")[2] for way in ways] == ["sort=helpful", "sort=best", "sort=lowest"]


def test_a_product_page_says_what_a_reader_has_to_know_and_is_short(client, shirt, clock):
    page, words = f"/products/{shirt.handle}", "Dry. " * 300 + "The end."
    assert "Nothing yet: yours may be the first." in client.get(page).text
    made = approved(shirt, clock(), words=words, pictures=[PICTURE] * 3, connection="given")
    made.answer("Thank you, Ann.", clock())
    Testimonial.update(bought=True, imported_from="Loox").execute()
    text = client.get(page).text
    for shown in (
        *('aria-label="5 out of 5 stars">★★★★★<', "Bought here", "Thank you, Ann."),
        *("Got it free or cheaper, or was paid for writing", "Imported from Loox"),
        f'src="/testimonials/{made.id}/pictures/{PICTURE["digest"]}-400.webp" width="800"',
        f'<a class="quiet" href="/testimonials/{made.id}">2 more pictures</a>',
        f'<a href="/testimonials/{made.id}">Read on<span class="unseen"> in what Ann wrote</span>',
    ):
        assert shown in text, shown
    # What machines read is what stands there: the beginning.
    assert "The end." not in text
    assert made.beginning.endswith("Dry.…")
    assert len(made.beginning) <= 601
    assert facts(text)["review"][0]["reviewBody"] == made.beginning
    assert "The end." in client.get(f"/testimonials/{made.id}").text
    assert "Nothing yet" not in text


def test_the_form_of_a_choice_asks_for_no_testimonials(client, shirt, clock):
    several(shirt, clock(), 2)
    page, htmx = f"/products/{shirt.handle}", {"HX-Request": "true"}
    with count_queries() as counted:
        answer = client.get(page, headers=htmx)
    assert "Person 1" not in answer.text
    assert not [query for query in counted.get_queries() if '"words"' in query.msg[0]]


def test_what_is_taken_back_is_gone_from_the_product_page_at_once(client, shirt, clock):
    page, made = f"/products/{shirt.handle}", approved(shirt, clock())
    assert names(client.get(page).text) == ["Ann"]
    made.withdraw()
    text = client.get(page).text
    assert names(text) == []
    assert "aggregateRating" not in text


def test_a_refused_form_on_the_product_page_brings_the_style_it_is_drawn_with(client, shirt, clock):
    approved(shirt, clock())
    right = client.get(f"/products/{shirt.handle}").headers["Content-Security-Policy"]
    answer = client.post("/cart/items", data={"product": shirt.handle, "quantity": "x"})
    assert answer.status_code == 422
    assert names(answer.text) == ["Ann"]
    assert answer.headers["Content-Security-Policy"] == right
    assert right.count("'sha256-") == 2  # of the script, and of all style


def test_machines_read_what_is_visible_and_no_address(client, shirt, url, clock):
    approved(shirt, clock(), shows_email=True)
    approved(shirt, clock(), email="bob@example.com", name="Bob", stars=None)
    approved(shirt, clock(), email="cy@example.com", name="Cy", stars=2)
    for page in (url, f"/products/{shirt.handle}"):
        text = client.get(page).text
        data = facts(text)
        rating = data["aggregateRating"]
        assert (rating["ratingValue"], rating["ratingCount"], rating["reviewCount"]) == (3.5, 2, 3)
        assert [one["author"]["name"] for one in data["review"]] == names(text)
        stars = [one.get("reviewRating", {}).get("ratingValue") for one in data["review"]]
        assert stars == [2, None, 5]
        assert data["review"][0]["datePublished"] == clock().date().isoformat()
        assert "example.com" not in json.dumps(data["review"])
    only = facts(client.get(f"{url}?rating=2").text)
    assert [one["author"]["name"] for one in only["review"]] == ["Cy"]
    assert only["aggregateRating"]["ratingCount"] == 2


def test_ratings_that_nobody_gave_are_no_average(client, shirt, url, clock):
    approved(shirt, clock(), stars=None)
    for page in (url, f"/products/{shirt.handle}"):
        text = client.get(page).text
        assert "aggregateRating" not in facts(text)
        assert "out of 5" not in text
    assert "Nobody has given stars yet" in client.get(url).text

"""Trials: half of the requests see one way, half the other, and visits are counted of both."""

from collections import Counter
from datetime import timedelta

import pytest

from storefront.models import Collection, Product, TrafficDay, Trial
from storefront.models.trial import LEAST, Arm, Outcome
from storefront.refusals import Refused
from tests.promotions import promoted
from tests.visitors import visitor


@pytest.fixture
def held(settings) -> Collection:
    return Collection.get(Collection.slug == "rain-ready")


def counts() -> Counter:
    found: Counter = Counter()
    for row in TrafficDay.select().where(TrafficDay.what.in_(("shown", "followed"))):
        found[row.what, row.value] += row.count
    return found


def arms_shown(app, url: str, times: int = 40) -> Counter:
    """How often each page was given out, by its body."""
    nobody = app.test_client(use_cookies=False)
    return Counter(nobody.get(url).text for _ in range(times))


def test_an_order_on_trial_is_shown_to_about_half_and_its_links_go_on_in_it(app, held, clock):
    trial = Trial.begin_of_order(held.id, "price-down", clock())
    pages = arms_shown(app, "/collections/rain-ready")
    assert len(pages) == 2
    b = next(page for page in pages if trial.link_name("b") in page)
    a = next(page for page in pages if trial.link_name("a") in page)
    prices = [p.price_from for p in Product.select().where(Product.id.in_(held.product_ids()))]
    first = Product.get(Product.price_from == max(prices), Product.id.in_(held.product_ids()))
    assert b.index('class="card"') < b.index(f"/products/{first.handle}?via=trial-{trial.id}-b")
    assert "sort=price-down" not in a
    assert '<link rel="canonical" href="http://localhost:8000/collections/rain-ready">' in b
    assert "noindex" not in b


def test_no_shared_cache_keeps_an_arm_for_everybody(client, held, clock):
    assert "s-maxage" in client.get("/collections/rain-ready").headers["Cache-Control"]
    Trial.begin_of_order(held.id, "new", clock())
    answer = client.get("/collections/rain-ready")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "s-maxage" in client.get("/collections/rain-ready?sort=new").headers["Cache-Control"]


def test_a_chosen_order_or_a_filter_is_left_alone(client, held, clock):
    Trial.begin_of_order(held.id, "price-down", clock())
    for query in ("?sort=title", "?page=1&stock=in+stock", *["?sort=hand"] * 9):
        assert "via=" not in client.get(f"/collections/rain-ready{query}").text


def test_of_two_banners_one_stands_in_the_place_of_the_other(app, clock):
    at = clock()
    one, other = promoted(at, title="Ready for rain"), promoted(at, title="Out of the wet")
    assert len(arms_shown(app, "/")) == 1
    trial = Trial.begin_of_promotion(one.id, other.id, at)
    pages = arms_shown(app, "/")
    assert sorted(pages, key=lambda page: other.title in page) == [
        next(page for page in pages if one.title in page),
        next(page for page in pages if other.title in page),
    ]
    assert not [page for page in pages if one.title in page and other.title in page]
    Trial.end(trial.id, at)
    [page] = arms_shown(app, "/")
    assert one.title in page
    assert other.title in page


def test_visits_are_counted_once_an_arm_and_as_followed_once(app, held, clock):
    trial = Trial.begin_of_order(held.id, "new", clock())
    nobody = visitor(app)
    for _ in range(30):
        nobody.get("/collections/rain-ready")
    handle = Product.get_by_id(held.product_ids()[0]).handle
    for _ in range(2):
        nobody.get(f"/products/{handle}?via={trial.link_name('a')}")
    nobody.get(f"/products/{handle}?via=trial-99-a")  # which nobody was shown
    app.extensions["traffic"].counters.write_down()
    names = [trial.link_name(arm) for arm in "ab"]
    assert counts() == {("shown", names[0]): 1, ("shown", names[1]): 1, ("followed", names[0]): 1}
    assert trial.arms() == (Arm(names[0], 1, 1), Arm(names[1], 1, 0))


def test_one_trial_of_a_thing_at_a_time(held, clock):
    at = clock()
    pair = [promoted(at, title=title).id for title in ("One", "Two", "Three")]
    Trial.begin_of_order(held.id, "new", at)
    Trial.begin_of_promotion(pair[0], pair[1], at)
    for begin in (
        lambda: Trial.begin_of_order(held.id, "title", at),
        lambda: Trial.begin_of_promotion(pair[2], pair[0], at),
        lambda: Trial.begin_of_promotion(pair[1], pair[2], at),
    ):
        with pytest.raises(Refused, match="Another trial"):
            begin()
    assert Trial.select().count() == 2


def test_promotions_that_cannot_replace_each_other_are_refused(settings, clock):
    at = clock()
    one = promoted(at, on_products=False).id
    elsewhere = promoted(at, on_home=False).id
    over = promoted(at, starts_at=at - timedelta(days=2), ends_at=at - timedelta(days=1)).id
    for against in (one, elsewhere, over, 999):
        with pytest.raises(Refused):
            Trial.begin_of_promotion(one, against, at)
    assert Trial.select().count() == 0


def test_too_few_visits_say_nothing_and_many_say_which():
    few = Outcome(Arm("a", LEAST - 1, 1), Arm("b", LEAST, 90))
    assert (few.interval, few.verdict) == (None, "early")
    assert Outcome(Arm("a", 1000, 50), Arm("b", 1000, 100)).verdict == "b"
    assert Outcome(Arm("a", 1000, 100), Arm("b", 1000, 50)).verdict == "a"
    assert Outcome(Arm("a", 1000, 100), Arm("b", 1000, 104)).verdict == "open"


def test_what_is_on_trial_may_go_and_the_trial_with_it(client, held, clock):
    Trial.begin_of_order(held.id, "new", clock())
    Collection.remove(held.id)
    assert Trial.select().count() == 0
    assert client.get("/collections/rain-ready").status_code == 404


def test_a_trial_begins_from_nought_whatever_was_counted_under_its_number(held, clock):
    trial = Trial.begin_of_order(held.id, "new", clock())
    for arm in "ab":
        name = trial.link_name(arm)
        TrafficDay.create(day=clock().date(), what="shown", value=name, count=500)
    Trial.remove(trial.id)
    again = Trial.begin_of_order(held.id, "title", clock())
    # SQLite has given it the number of the first already; PostgreSQL would not.
    assert again.id == trial.id or not counts()["shown", again.link_name("a")]
    assert [arm.shown for arm in again.arms()] == [0, 0]

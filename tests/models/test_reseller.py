"""Resellers: sites as browsers compare them, products, look, key; and counts of views."""

from collections import Counter
from datetime import timedelta

import pytest

from storefront.models import Product, Reseller, WidgetViews
from storefront.models.origins import MOST, origins
from storefront.models.reseller import DAYS_KEPT, LOOK, MOST_PRODUCTS
from storefront.refusals import Refused
from tests.racing import at_once
from tests.resellers import reseller

pytestmark = pytest.mark.usefixtures("settings")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://firm.example", "https://firm.example"),
        ("  HTTPS://Firm.Example:8443  ", "https://firm.example:8443"),
        ("https://firm.example:443", "https://firm.example"),
        ("https://firm.example.", "https://firm.example"),
        ("https://firm.example。", "https://firm.example"),
        ("https://firm.example/shop/rain*?page=2#top", "https://firm.example"),
        ("firm.example/shop", "https://firm.example"),
        ("//firm.example:8443", "https://firm.example:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://faß.example", "https://xn--fa-hia.example"),
        ("https://ＦＩＲＭ.example", "https://firm.example"),
        ("http://localhost:5000/cart", "http://localhost:5000"),
        ("localhost:5000", "http://localhost:5000"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
    ],
)
def test_a_site_is_kept_as_browsers_write_it(written, kept):
    assert origins([written]) == [kept]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("*", "A star"),
        ("https://*.firm.example", "A star"),
        ("http://firm.example", "Write https://firm.example"),
        ("http://localhost.firm.example", "Only sites by https"),
        ("ftp://firm.example", "not the address of a site"),
        ("javascript:alert(1)", "not the address of a site"),
        ("data:text/html,x", "not the address of a site"),
        ("https://", "not the address of a site"),
        ("https://firm.example:99999", "not the address of a site"),
        ("https://firm.example:0", "not the address of a site"),
        ("https://[firm.example", "not the address of a site"),
        ("https://ann@firm.example", "before the @"),
        ("mailto:ann@firm.example", "before the @"),
        ("null", "no name that a site can have"),
        ("https:/firm.example", "no name that a site can have"),
        ("https://[::1]", "no name that a site can have"),
        ("https://firm。", "no name that a site can have"),
        ("https://firm_.example", "no name that a site can have"),
        ("https://firm.example;script-src", "no name that a site can have"),
        ("https://firm.example, https://other.example", "no name that a site can have"),
        ("https://fi\u202erm.example", "no name that a site can have"),
        (f"https://{'a' * 64}.example", "no name that a site can have"),
        ("https://192.0.2.7", "not by a number"),
        ("https://firm.0x7f", "not by a number"),
    ],
)
def test_what_browsers_could_not_be_told_of_is_refused_with_its_line(written, words):
    with pytest.raises(Refused) as refusal:
        origins(["https://firm.example", "", written])
    assert refusal.value.problems.keys() == {"origins"}
    assert f"Line 3, “{written.strip()[:60]}”: " in refusal.value.sentence
    assert words in refusal.value.sentence


def test_the_same_site_twice_is_one_and_too_many_are_refused():
    sites = [f"https://shop{n}.example" for n in range(MOST)]
    assert origins([*sites, "HTTPS://SHOP0.example/page"]) == sites
    with pytest.raises(Refused, match=f"keep this to {MOST} sites; these are {MOST + 1}"):
        origins([*sites, "https://more.example"])


def test_of_many_lines_that_are_wrong_the_first_are_named():
    with pytest.raises(Refused) as refusal:
        origins(["*"] * 1000)
    assert "Line 3, " in refusal.value.sentence
    assert "Line 4, " not in refusal.value.sentence
    assert refusal.value.sentence.endswith("And 997 more.")


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_kept(clock):
    look = {"colour": "red", "size": "huge", "scheme": "blue"}
    with pytest.raises(Refused) as refusal:
        reseller(clock(), name=" \u202e ", origins=[], look=look)
    assert refusal.value.problems.keys() == {"name", "origins", "colour", "size", "scheme"}
    assert not Reseller.select().exists()


def test_a_look_that_is_not_chosen_is_the_shops_own(clock):
    held = Reseller.get_by_id(reseller(clock(), look={"colour": "#ABCDEF"}).id)
    assert held.look == LOOK | {"colour": "#abcdef"}


def test_a_change_changes_what_it_names_alone(clock):
    held = reseller(clock())
    clock.forward(minutes=1)
    held.change({"name": "Outfitters\u202e  Ltd"}, clock())
    changed = Reseller.get_by_id(held.id)
    assert changed.name == "Outfitters Ltd"
    assert (changed.origins, changed.key, changed.look) == (held.origins, held.key, LOOK)
    assert changed.changed_at == clock()


def test_who_saves_what_somebody_else_has_changed_meanwhile_is_told(clock):
    held = reseller(clock())
    seen = held.version
    held.change({"name": "Others"}, clock(), seen)
    with pytest.raises(Refused, match="Somebody else has saved"):
        held.change({"name": "Mine"}, clock(), seen)
    held.change({"name": "Others"}, clock(), seen)  # which is so already
    assert Reseller.get_by_id(held.id).name == "Others"


def test_products_are_chosen_one_by_one_and_without_any_all_are_shown(clock, shirt):
    held, other = reseller(clock()), Product.get(Product.id != shirt.id)
    for number in (shirt.id, other.id, shirt.id):
        held.take_in(number, clock())
    assert Reseller.get_by_id(held.id).products == [shirt.id, other.id]
    assert [each.id for each in Reseller.get_by_id(held.id).chosen()] == [shirt.id, other.id]
    with pytest.raises(Refused, match="not there any more"):
        held.take_in(2**31 - 1, clock())
    held.leave_out(shirt.id, clock())
    held.leave_out(other.id, clock())
    assert Reseller.get_by_id(held.id).products == []


def test_more_products_than_a_widget_can_tell_apart_are_refused(clock, shirt):
    made = [Product.create(**_like(shirt, n)) for n in range(MOST_PRODUCTS + 1)]
    held = reseller(clock(), tuple(made[:-1]))
    with pytest.raises(Refused, match=f"keep this to {MOST_PRODUCTS} products"):
        held.take_in(made[-1].id, clock())
    assert len(Reseller.get_by_id(held.id).products) == MOST_PRODUCTS


def _like(product: Product, number: int) -> dict:
    return product.__data__ | {"id": None, "handle": f"like-{number}"}


def test_two_who_choose_at_once_both_choose(clock):
    held = reseller(clock())
    numbers = [each.id for each in Product.select().order_by(Product.id).limit(6)]
    left = iter(numbers)
    at_once(lambda: held.take_in(next(left), clock()), 6)
    assert sorted(Reseller.get_by_id(held.id).products) == numbers


def test_another_key_ends_the_old_one_and_asking_twice_changes_it_once(clock):
    held = reseller(clock())
    assert len(held.key) >= 20
    held.change_key(clock(), held.key)
    assert Reseller.behind(held.key) is None
    new = Reseller.get_by_id(held.id).key
    held.change_key(clock(), held.key)
    assert Reseller.get_by_id(held.id).key == new


def test_a_revoked_key_opens_nothing_until_there_is_a_new_one(clock):
    held = reseller(clock())
    held.revoke(clock())
    since = clock()
    clock.forward(days=1)
    held.revoke(clock())
    assert Reseller.get_by_id(held.id).revoked_at == since
    assert Reseller.behind(held.key) is None
    held.change_key(clock(), held.key)
    fresh = Reseller.get_by_id(held.id)
    assert Reseller.behind(fresh.key) == fresh


def test_who_was_removed_is_forgotten_with_the_counts(clock):
    held = reseller(clock())
    WidgetViews.add_up(Counter({held.key: 3}), clock())
    held.remove()
    held.remove()
    assert not Reseller.select().exists()
    assert not WidgetViews.select().exists()
    with pytest.raises(Refused, match="removed meanwhile"):
        held.revoke(clock())


def test_views_add_up_by_day_and_keys_of_nobody_are_passed_over(clock):
    one, two = reseller(clock()), reseller(clock(), name="Others")
    clock.moment = clock.moment.replace(hour=23, minute=59)
    WidgetViews.add_up(Counter({one.key: 3, two.key: 1, "nobody": 9}), clock())
    WidgetViews.add_up(Counter({one.key: 2}), clock())
    clock.forward(minutes=2)
    WidgetViews.add_up(Counter({one.key: 1}), clock())
    WidgetViews.add_up(Counter(), clock())
    today = clock().date()
    days = [today, today - timedelta(days=1), today - timedelta(days=2)]
    assert WidgetViews.of_days(one, days) == list(zip(days, (1, 5, 0), strict=True))
    assert WidgetViews.since(days[1], [one, two]) == {one.id: 6, two.id: 1}
    assert WidgetViews.since(days[0], [one, two]) == {one.id: 1}


def test_many_processes_that_count_at_once_lose_no_view(clock):
    keys = [reseller(clock(), name=f"Firm {n}").key for n in range(3)]
    orders = iter([keys, keys[::-1]] * 6)
    at_once(lambda: WidgetViews.add_up(Counter(dict.fromkeys(next(orders), 5)), clock()))
    assert [row.views for row in WidgetViews.select()] == [60, 60, 60]


def test_counts_of_days_long_past_go(clock):
    held = reseller(clock())
    WidgetViews.add_up(Counter({held.key: 3}), clock() - timedelta(days=DAYS_KEPT + 1))
    WidgetViews.add_up(Counter({held.key: 3}), clock() - timedelta(days=DAYS_KEPT))
    assert WidgetViews.let_go(clock()) == 1
    assert WidgetViews.select().count() == 1

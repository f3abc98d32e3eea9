"""Promotions: what is refused, in which order they stand, and when they are shown."""

import threading
from datetime import datetime, timedelta

import pytest

from storefront import photographs
from storefront.models import Collection, Discount, Edition, Page, Product, Promotion, Redirect
from storefront.models.card import Tile
from storefront.models.front_window import FrontWindow
from storefront.models.promotion import code_trouble, target
from storefront.models.showcase import HOME, MOST, PRODUCTS, Showcase
from storefront.refusals import Refused
from tests.promotions import code, facts, photograph, promoted
from tests.racing import at_once

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def at(settings, clock) -> datetime:
    return clock()


@pytest.fixture
def rain(settings) -> Collection:
    return Collection.get(Collection.slug == "rain-ready")


def titles(at: datetime, place=HOME) -> list[str]:
    return [banner.title for banner in Showcase(at).on(place)]


def test_it_is_shown_from_its_first_moment_to_before_its_last(at):
    one = promoted(at, starts_at=at, ends_at=at + DAY)
    moments = [at - timedelta(seconds=1), at, at + DAY - timedelta(seconds=1), at + DAY]
    assert [titles(moment) for moment in moments] == [[], [one.title], [one.title], []]
    assert [Showcase(moment).next_change for moment in moments] == [at, at + DAY, at + DAY, None]
    assert [one.state(moment) for moment in moments] == ["coming", "running", "running", "over"]


def test_it_is_shown_where_it_was_meant_to_be(at, rain):
    other = Collection.make("Other", "other", "")
    promoted(at, title="home", on_products=False)
    promoted(at, title="list", on_home=False)
    promoted(at, title="rain", on_home=False, on_products=False, on_collection=rain.id)
    assert titles(at, HOME) == ["home"]
    assert titles(at, PRODUCTS) == ["list"]
    assert titles(at, rain.id) == ["rain"]
    assert titles(at, other.id) == []


def test_those_that_overlap_stand_in_their_order_and_four_are_shown(at):
    made = [promoted(at, title=f"{n}") for n in range(MOST + 2)]
    assert titles(at) == ["0", "1", "2", "3"]
    Promotion.arrange(made[1].id, -1, at)
    Promotion.arrange(made[1].id, -1, at)
    Promotion.arrange(made[-1].id, 1, at)
    assert titles(at) == ["1", "0", "2", "3"]
    Promotion.remove(made[0].id)
    assert titles(at) == ["1", "2", "3", "4"]


def test_it_changes_places_with_those_that_are_as_far_on(at):
    first = promoted(at, title="first")
    promoted(at, title="coming", starts_at=at + HOUR)
    last = promoted(at, title="last")
    Promotion.arrange(last.id, -1, at)
    assert titles(at) == ["last", "first"]
    assert titles(at + HOUR) == ["last", "coming", "first"]
    Promotion.remove(first.id)
    with pytest.raises(Refused, match="removed meanwhile"):
        Promotion.arrange(first.id, 1, at)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "\u200b"}, "title"),
        ({"title": "a" * 10_000}, "title"),
        ({"words": "a" * 301}, "words"),
        ({"on_home": False, "on_products": False}, "places"),
        ({"discount": 4711}, "discount"),
        ({"collection": 4711}, "leads_to"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_is_kept(at, changes, field):
    with pytest.raises(Refused) as refused:
        promoted(at, **changes)
    assert list(refused.value.problems) == [field]
    assert not Promotion.select().exists()


@pytest.mark.parametrize("end", [timedelta(), -DAY])
def test_dates_in_the_wrong_order_are_refused(at, end):
    with pytest.raises(Refused, match="ends before it begins"):
        promoted(at, starts_at=at, ends_at=at + end)
    with pytest.raises(Refused, match="ends before it begins"):
        Collection.make("Late", "late", "", shown_from=at, shown_until=at + end)


def test_a_code_holds_for_the_whole_of_its_promotion_or_is_refused(at):
    fits = code(at, starts_at=at - DAY, until=at + DAY)
    assert promoted(at, discount=fits.id).discount == fits
    early = code(at, "EARLY", until=at + DAY - HOUR)
    late = code(at, "LATE", starts_at=at)
    ended = code(at, "ENDED")
    ended.end(at)
    used = code(at, "USED", most=1)
    used.take(at)
    sentences = {early: "EARLY ends on", late: "holds from", ended: "was ended", used: "used as"}
    for wrong, sentence in sentences.items():
        with pytest.raises(Refused, match=sentence):
            promoted(at, discount=wrong.id)
    assert code_trouble(late, at, at + DAY) == ""


def test_a_banner_tells_of_its_code_as_long_as_that_holds(at, rain):
    bound = code(at, most=1, minimum_minor=5000, once=True, collection=rain)
    promoted(at, discount=bound.id)
    (banner,) = Showcase(at).on(HOME)
    assert banner.code == "RAIN-10"
    assert banner.gives == f"10 % off {rain.title} from $50.00, once a customer"
    before = Edition.current()
    bound.take(at)
    assert Edition.current() != before
    assert Showcase(at).on(HOME)[0].code == ""
    bound.give_back()
    assert Showcase(at).on(HOME)[0].code == "RAIN-10"
    bound.end(at)
    assert Showcase(at).on(HOME)[0].code == ""


def test_a_code_for_a_collection_that_is_still_to_come_gives_nothing_away(at, rain):
    snow = Collection.create(
        slug="snow", title="Snow", shown_from=at + HOUR, shown_until=at + 2 * HOUR
    )
    promotion = promoted(at, discount=code(at, collection=snow).id)
    banner = Showcase(at).on(HOME)[0]
    assert (banner.code, banner.gives) == ("", "")
    assert Showcase(at).next_change == at + HOUR
    assert Showcase(at + HOUR).on(HOME)[0].gives == "10 % off Snow"
    assert Showcase(at + 2 * HOUR).on(HOME)[0].code == ""
    assert promotion.troubles(at) == [
        "Its code is told only while Snow, which it is for, is shown."
    ]


def test_the_end_of_its_code_is_a_moment_at_which_pages_change(at):
    bound = code(at, kind="shipping")
    promoted(at, discount=bound.id)
    Discount.update(until=at + HOUR).execute()
    assert Showcase(at).next_change == at + HOUR
    assert Showcase(at).on(HOME)[0].gives == "free delivery"
    assert Showcase(at + HOUR).on(HOME)[0].gives == ""


def test_a_use_that_leaves_some_makes_no_new_edition(at):
    bound = code(at, most=3)
    before = Edition.current()
    bound.take(at)
    assert Edition.current() == before
    Discount.update(value=500).execute()
    assert Edition.current() != before


def test_what_leads_nowhere_is_not_shown(at, rain, shirt):
    page = Page.get(Page.slug == "terms")
    promoted(at, title="rain")
    promoted(at, title="shirt", collection=None, product=shirt.id)
    promoted(at, title="terms", collection=None, page=page.id)
    paths = [banner.path for banner in Showcase(at).on(HOME)]
    assert paths == ["/collections/rain-ready", f"/products/{shirt.handle}", "/pages/terms"]
    Product.update(status="draft").where(Product.id == shirt.id).execute()
    assert titles(at) == ["rain", "terms"]
    Collection.update(shown_until=at + HOUR).where(Collection.id == rain.id).execute()
    assert titles(at + HOUR) == ["terms"]
    assert Showcase(at).next_change == at + HOUR
    Collection.remove(rain.id)
    page.delete_instance()
    assert titles(at) == []
    assert [one.path for one in Promotion.in_order()] == ["", f"/products/{shirt.handle}", ""]


def test_an_address_of_the_shop_says_what_it_leads_to(at, rain, shirt):
    page = Page.get(Page.slug == "terms")
    nothing = {"collection": None, "product": None, "page": None}
    assert target("/collections/rain-ready") == nothing | {"collection": rain.id}
    assert target("https://shop.example/products/" + shirt.handle + "?option1=S#a") == nothing | {
        "product": shirt.id
    }
    assert target(" /pages/terms/".strip()) == nothing | {"page": page.id}
    old = shirt.handle
    Redirect.rename(shirt, "another")
    assert target(f"/products/{old}")["product"] == shirt.id
    paths = ("", "/", "/cart", "/pages", "/pages/gone", "/products/a/b", "https://[", "/pages/%ff")
    for odd in (*paths, "/pages/te\0rms", "/pages/te%00rms", "/products/%00"):
        with pytest.raises(Refused, match="no such collection"):
            target(odd)


def test_of_two_editors_the_second_is_told_and_saves_with_the_next(at):
    one = promoted(at)
    seen = one.version
    Promotion.edit(one.id, seen, facts(at, title="Mine"))
    with pytest.raises(Refused, match="Somebody else has saved"):
        Promotion.edit(one.id, seen, facts(at, title="Theirs"))
    fresh = Promotion.get_by_id(one.id)
    assert fresh.title == "Mine"
    Promotion.edit(one.id, seen, facts(at, title="Mine"))  # the same once more is no quarrel
    Promotion.edit(one.id, fresh.version, facts(at, title="Theirs"))
    assert Promotion.get_by_id(one.id).title == "Theirs"


def test_two_who_save_at_once_are_told_of_each_other(at):
    one = promoted(at)
    seen = one.version

    def save() -> str:
        try:
            mine = facts(at, title=f"{threading.get_ident()}")
            return Promotion.edit(one.id, seen, mine).title
        except Refused as refusal:
            return refusal.sentence

    told = at_once(save, 4)
    assert sum("Somebody else" in each for each in told) == 3


def test_a_picture_has_words_or_only_decorates_and_changes_no_version(at, settings):
    one, taken = promoted(at), photograph(settings.instance / "media")
    seen = one.version
    for alt, decorative in (("", False), ("A hood", True), ("a" * 301, False)):
        with pytest.raises(Refused) as refused:
            Promotion.hang(one.id, taken, alt, decorative)
        assert list(refused.value.problems) == ["alt"]
    with pytest.raises(Refused, match="Choose a picture"):
        Promotion.hang(one.id, None, "A hood", False)
    Promotion.hang(one.id, taken, "A hood", False)
    Promotion.hang(one.id, None, "", True)
    hung = Promotion.get_by_id(one.id)
    assert (hung.picture, hung.alt, hung.version) == (taken, "", seen)
    assert Showcase(at).on(HOME)[0].photograph == taken


def test_files_of_a_picture_are_kept_as_long_as_it_hangs(at, settings):
    media = settings.instance / "media"
    one = promoted(at)
    Promotion.hang(one.id, photograph(media), "A hood", False)
    assert photographs.delete_orphans(media, at + DAY) == 0
    Promotion.take_down(one.id)
    assert photographs.delete_orphans(media, at + DAY) > 2


def test_the_front_page_changes_with_collections_that_come_and_go(at, rain):
    Collection.edit(rain.id, rain.version, {"shown_from": at + HOUR, "shown_until": at + DAY})
    slugs = {tile.slug for tile in Tile.all()}

    def shown(moment: datetime) -> set[str]:
        return {tile.slug for tile in FrontWindow.at(moment).collections}

    assert shown(at) == shown(at + DAY) == slugs - {"rain-ready"}
    assert shown(at + HOUR) == slugs
    assert [FrontWindow.at(at + n * HOUR).until for n in (0, 1)] == [at + HOUR, at + DAY]
    assert FrontWindow.at(at + DAY).until is None

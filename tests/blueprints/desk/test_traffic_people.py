"""Regions and languages at the desk: people and not orders, and nobody who could be found."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from playhouse.test_utils import count_queries

from storefront import privacy
from storefront.models import Order, PolicyVersion, TrafficDay
from tests.counted_traffic import of_traffic
from tests.staff import signed_in

NOW = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)
IN_IT = datetime(2026, 8, 4, 12, tzinfo=UTC)
PATH = "/desk/traffic/people"


@pytest.fixture
def editor(app, clock):
    clock.moment = NOW
    return signed_in(app, "editor")


def ordered(*people: tuple, at: datetime = IN_IT, **more) -> None:
    """Orders of those: an e-mail address, a country and a region each."""
    policy, first = PolicyVersion.last(), Order.select().count()
    Order.insert_many(
        {
            **dict.fromkeys(("subtotal_minor", "shipping_minor", "tax_minor"), 0),
            **{"total_minor": 0, "currency": "USD", "state": "charged", "policy": policy},
            **{"number": f"N{first + n}", "placement": f"P{first + n}", "placed_at": at},
            **{"name": "A", "line1": "1 Main St", "email": email},
            **{"country": country, "region": region},
        }
        | more
        for n, (email, country, region) in enumerate(people)
    ).execute()


def many(count: int, country: str, region: str = "") -> list[tuple]:
    return [(f"{n}@{country}{region}.example", country, region) for n in range(count)]


def told(page) -> dict[str, str]:
    part = page.text.partition('id="places"')[2].partition("</section>")[0]
    return dict(re.findall(r'<th scope="row".*?>(.*?)</th><td>(.*?)</td>', part))


def test_regions_are_told_of_people_rounded_down_and_those_of_few_are_not(editor):
    ordered(*many(34, "US", "OR"), *many(11, "US", "CA"), *many(4, "US", "WA"), *many(27, "DE"))
    ordered(*many(5, "MT"))
    assert told(editor.get(PATH)) == {"United States": "40", "Oregon": "30", "Germany": "20"}, (
        "California goes with Washington, which could be worked out from it"
    )


def test_one_person_with_twelve_orders_is_no_region_of_twelve(editor):
    ordered(*many(40, "DE"), *many(1, "MT") * 12)
    page = editor.get(PATH)
    assert "Malta" not in page.text


def test_who_ordered_to_several_places_counts_in_none_of_them(editor):
    ordered(*many(30, "US", "OR"), *[(email, "US", "CA") for email, *_ in many(15, "US", "OR")])
    assert told(editor.get(PATH)) == {"United States": "30", "Oregon": "10"}


def test_people_whose_address_has_gone_from_their_orders_are_still_told_apart(editor):
    ordered(*[("", "DE", "")] * 12, whose="a" * 64)
    ordered(*many(30, "FR"))
    assert told(editor.get(PATH)) == {}
    ordered(*many(19, "DE"))
    assert told(editor.get(PATH)) == {"France": "30", "Germany": "20"}


def test_what_was_never_sold_is_not_counted(editor):
    ordered(*many(20, "DE"), state="lapsed")
    ordered(*many(20, "FR"), state="cancelled")
    assert told(editor.get(PATH)) == {}


def test_only_whole_quarters_that_are_over_are_told_and_only_the_last_four(editor):
    ordered(*many(20, "DE"), at=NOW)
    ordered(*many(20, "FR"), at=datetime(2025, 9, 30, 23, 59, tzinfo=UTC))
    ordered(*many(20, "IT"), at=datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC))
    ordered(*many(20, "ES"), at=datetime(2026, 9, 30, 23, 59, 59, tzinfo=UTC))
    assert told(editor.get(PATH)) == {"Spain": "20"}
    assert told(editor.get(f"{PATH}?quarter=2026-2")) == {"Italy": "20"}
    for other in ("2026-4", "2025-3", "2026", "nothing", "2026-8-1"):
        page = editor.get(f"{PATH}?quarter={other}")
        assert told(page) == {"Spain": "20"}, "what is not offered is the last one"


def test_languages_count_by_days_that_had_ten_and_their_small_ones_are_held_back(editor):
    for n in range(20):
        counts = {"en": 50, "de": 12, "mt": 2, "(others)": 60}
        day = (IN_IT + timedelta(days=n)).date()
        TrafficDay.add_up({}, {(day, "language", k): v for k, v in counts.items()})
    page = editor.get(PATH).text
    assert '<th scope="row">English</th><td>1,000</td>' in page
    assert '<th scope="row">German</th><td>240</td>' in page
    assert "(others)" not in page
    assert "Maltese" not in page, "forty visits of twenty days may be one person's"


def test_the_file_says_what_the_page_says(editor):
    ordered(*many(34, "US", "OR"), *many(27, "DE"), *many(7, "MT"))
    rows = list(csv.reader(io.StringIO(editor.get(f"{PATH}.csv").text)))
    assert rows == [
        ["What", "Name", "Part", "About"],
        ["people", "United States", "", "30"],
        ["people", "United States", "Oregon", "30"],
        ["people", "Germany", "", "20"],
    ]


def page_and_file(editor) -> tuple[str, str]:
    """What they tell; without the page's frame, whose form to sign out is of this second."""
    page, file = editor.get(PATH).text, editor.get(f"{PATH}.csv").text
    return page.partition("<main")[2].partition("</main>")[0], file


def test_an_order_that_is_erased_or_cancelled_later_is_not_found_by_the_difference(
    editor, settings, clock
):
    ordered(*many(10, "MT"), *many(30, "US", "OR"), *many(30, "US", "CA"), *many(31, "DE"))
    day = IN_IT.date()
    TrafficDay.add_up({}, {(day, "language", "en"): 40, (day, "language", "mt"): 10})
    before = page_and_file(editor)
    assert "Malta" in before[0]
    assert "Maltese" in before[0]
    privacy.sweep(settings, clock())
    Order.update(country="", region="", email="", whose="a" * 64).where(
        Order.email << ["0@MT.example", "1@USOR.example"]
    ).execute()
    Order.update(state="cancelled").where(Order.email == "2@DE.example").execute()
    TrafficDay.update(count=9).where(TrafficDay.value == "mt", TrafficDay.day == day).execute()
    privacy.sweep(settings, clock())
    assert page_and_file(editor) == before
    with count_queries() as counted:
        editor.get(PATH)
    assert of_traffic(counted, '"order"') == 2


def test_it_takes_four_queries_besides_who_asks_and_few_words_where_there_is_nothing(editor):
    editor.get("/desk")
    with count_queries() as counted:
        page = editor.get(PATH).text
    assert of_traffic(counted, '"order"') == 4  # whether it is settled, and what it comes to
    assert "Too few people ordered" in page
    assert "Too few visits" in page

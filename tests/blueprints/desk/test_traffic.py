"""The desk sees how the shop is used: a page of charts and lists, for a time one chooses."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from markupsafe import escape
from playhouse.test_utils import count_queries

from storefront import coverage, policy
from storefront.models import TrafficDay, TrafficHour
from storefront.models.traffic import BY_VALUE
from tests.counted_traffic import fill, fill_long, of_traffic
from tests.staff import signed_in
from tests.styles import hash_of, style_of, styles_allowed

LIGHT = 40_000  # bytes of the whole page, with its style, as it is before it is compressed
NOW = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def editor(app, clock):
    clock.moment = NOW
    return signed_in(app, "manager")  # whose navigation is the longest


def hours(what: str, *counts: int, day: date = TODAY) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    rows = {(start + timedelta(hours=n), what): count for n, count in enumerate(counts) if count}
    TrafficDay.add_up(rows, {})


def days(what: str, counts: dict[str, int], day: date = TODAY) -> None:
    TrafficDay.add_up({}, {(day, what, value): count for value, count in counts.items()})


def heads(page) -> dict[str, tuple[str, str]]:
    found = re.findall(r"<dt>(.*?)<dd><b>(.*?)</b><dd class=\"quiet\">(.*?)</div>", page.text)
    return {title: (number, words) for title, number, words in found}


def table(page, heading: str) -> list[str]:
    """What the first cells of a list say, and its numbers."""
    part = page.text.partition(f">{heading}</a></h3>")[2].partition("</table>")[0]
    return re.findall(r"<tr><th>([^<]*).*?<td>([^<\n]*)", part)


def lines(answer) -> list[list[str]]:
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text)))


def test_with_25_months_of_all_there_can_be_the_page_is_light_and_asks_little(editor):
    fill_long(TODAY, 760, 5)
    editor.get("/desk")
    for query in ("", "period=12m", "from=2026-10-20&to=2026-11-19&against=year", "day=2026-11-02"):
        with count_queries() as counted:
            page = editor.get(f"/desk/traffic?{query}")
        assert page.status_code == 200
        assert len(page.data) < LIGHT
        assert of_traffic(counted) <= 4  # two periods, the week, the lists
        assert all(f"{what}/x" in page.text for what in BY_VALUE if what != "language")


def test_the_page_brings_a_style_of_its_own_that_its_policy_allows(editor):
    for path in ("/desk/traffic", "/desk/traffic/page", "/desk/traffic/people"):
        page = editor.get(path)
        assert hash_of(style_of(page)) in styles_allowed(page)
    page = editor.get("/desk/traffic")
    assert "<script>" in page.text
    assert "style=" not in page.text


def test_who_comes_to_it_from_a_mail_meets_a_page_that_is_styled_too(app):
    page = app.test_client().get("/desk/traffic", headers={"Sec-Fetch-Site": "cross-site"})
    assert hash_of(style_of(page)) in styles_allowed(page)


def test_before_anything_is_counted_it_says_so(editor):
    page = editor.get("/desk/traffic")
    assert "Nothing has been counted in this time" in page.text
    assert heads(page)["Views"] == ("0", "")
    assert heads(page)["Visits that ordered"] == ("–", "")
    assert "<svg" not in page.text


def test_where_the_policy_does_not_cover_counting_both_pages_say_that_it_is_off(
    app, clock, settings
):
    editor, pages = signed_in(app, "editor"), ("/desk/traffic", "/privacy/traffic")
    assert not any("is not counted now" in editor.get(path).text for path in pages)
    covers = ", ".join(set(coverage.clauses()) - {"traffic"})
    key, words = policy.read_key(settings.keys), {"role": "editor", "changes": "Less."}
    text = f"# As ever\n\nBut for one. {{covers: {covers}}}\n"
    policy.publish(text, key, **words, in_force_at=clock(), at=clock())
    assert all("is not counted now" in editor.get(path).text for path in pages)


def test_a_week_stands_beside_the_week_before_or_the_same_one_of_last_year(editor):
    for back, count in ((1, 300), (8, 200), (366, 100)):
        hours("views", 0, count, day=TODAY - timedelta(days=back))
    assert heads(editor.get("/desk/traffic?period=7"))["Views"] == ("300", "+50 %, 200 before")
    page = editor.get("/desk/traffic?period=7&against=year")
    assert heads(page)["Views"] == ("300", "+200 %, 100 before")
    assert "16 November to 22 November 2026, beside 16 November to 22 November 2025" in page.text


def test_today_stands_beside_the_same_hours_of_yesterday(editor):
    hours("views", *[10] * 15)  # to 15:00: the hour that goes on is counted, too
    hours("views", *[5] * 24, day=TODAY - timedelta(days=1))
    page = editor.get("/desk/traffic?period=today")
    assert heads(page)["Views"] == ("150", "+100 %, 75 before")
    assert "until 15:00" in page.text
    assert '<path class="line" d="M0 0 1 0' in page.text
    assert " 14 0" in page.text
    assert " 15 100" not in page.text, "the line ends where the day has come to"


def test_one_day_is_shown_by_its_hours_which_the_table_leads_to(editor):
    hours("visits", 0, 7, 0, 12, day=date(2026, 11, 3))
    page = editor.get("/desk/traffic")
    assert '<a href="?day=2026-11-03">3 Nov</a>' in page.text
    page = editor.get("/desk/traffic?day=2026-11-03")
    assert "Tuesday, 3 November 2026, beside Monday, 2 November 2026" in page.text
    assert "<tr><th>03:00<td>0<td>12<td>0<td>0<td>0<td>0" in page.text
    assert "Views by hour of the week" not in page.text


def test_long_times_are_drawn_by_weeks_and_months_and_lose_nothing(editor):
    fill_long(TODAY, 760, 1)
    total = sum(
        row.count
        for row in TrafficHour.select().where(
            TrafficHour.what == "views",
            TrafficHour.hour >= datetime(2026, 6, 1, tzinfo=UTC),
            TrafficHour.hour < datetime(2026, 11, 1, tzinfo=UTC),
        )
    )
    page = editor.get("/desk/traffic?from=2026-06-01&to=2026-10-31")
    assert heads(page)["Views"][0] == f"{total:,}"
    assert "By weeks" in page.text
    page = editor.get("/desk/traffic?period=12m")
    assert "1 November 2025 to 31 October 2026, beside 1 November 2024" in page.text
    assert len(re.findall(r"<tr><th>\w{3} 20\d\d<td>", page.text)) == 12


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [
        ("from=2026-13-01&to=2026-11-01", "from", "Say a day"),
        ("from=2026-11-01", "to", "Say a day"),
        ("from=2026-11-02&to=2026-11-01", "to", "comes before the first"),
        ("from=2026-12-02&to=2026-12-24", "to", "still to come"),
        ("from=2020-01-01&to=2026-11-01", "to", "At most 800 days"),
        ("from=0001-01-01&to=9999-12-31", "from", "Say a day"),
    ],
)
def test_days_that_are_none_are_refused_beside_their_field(editor, query, name, words):
    page = editor.get(f"/desk/traffic?{query}")
    assert page.status_code == 422
    error = re.search(rf'id="{name}-error">(.*?)</p>', page.text)[1]
    assert words in error
    typed = re.search(r"to=([\d-]+)", query)
    assert not typed or f'name="to" type="date" value="{typed[1]}"' in page.text
    answer = editor.get(f"/desk/traffic/page?{query}")
    assert (answer.status_code, answer.location.partition("?")[2]) == (303, query)
    assert editor.get(f"/desk/traffic/page.csv?{query}").status_code == 303


def test_the_way_to_an_order_has_rates_of_all_and_of_the_step_before(editor):
    for what, count in (("visits", 200), ("product", 100), ("cart", 50), ("order", 3)):
        hours(what, count)
    page = editor.get("/desk/traffic?period=today").text
    way = re.findall(r"<tr><th>([^<]+)<svg.*?<td>([^<]*)<td>([^<]*)<td>([^<]*)", page)
    assert way == [
        ("came", "200", "", ""),
        ("saw a product", "100", "50.0 %", "50.0 %"),
        ("put something into the cart", "50", "25.0 %", "50.0 %"),
        ("went to the checkout", "0", "0.0 %", "0.0 %"),
        ("ordered", "3", "1.5 %", ""),
    ]


def test_few_are_told_as_few_on_the_page_in_the_list_and_in_the_file(editor):
    days("search", {"hat": 12, "quilt": 9, "anorak": 1})
    page = editor.get("/desk/traffic?period=today")
    assert table(page, "Searches") == [
        ("hat", "12"),
        ("anorak", "fewer than 10"),
        ("quilt", "fewer than 10"),
    ]
    page = editor.get("/desk/traffic/search?period=today")
    assert re.findall(r'<th scope="row">(\w+)</th><td>(.*?)</td>', page.text) == [
        ("hat", "12"),
        ("anorak", "fewer than 10"),
        ("quilt", "fewer than 10"),
    ]
    assert lines(editor.get("/desk/traffic/search.csv?period=today")) == [
        ["Words", "Searches", "Before"],
        ["hat", "12", "fewer than 10"],
        ["anorak", "fewer than 10", "fewer than 10"],
        ["quilt", "fewer than 10", "fewer than 10"],
    ]


def test_a_change_is_told_only_between_counts_that_are_told(editor):
    days("device", {"phone": 30, "tablet": 30, "desktop": 3})
    days("device", {"phone": 20, "tablet": 9, "desktop": 20}, TODAY - timedelta(days=1))
    rows = editor.get("/desk/traffic/device?period=today").text
    rows = re.findall(r'<th scope="row">(\w+)</th><td>.*?</td><td>(.*?)</td><td>(.*?)</td>', rows)
    assert rows == [
        ("phone", "20", "+50 %"),
        ("tablet", "fewer than 10", ""),
        ("desktop", "20", ""),
    ]


def test_exits_that_went_on_are_not_listed(editor):
    days("exit", {"/": 20, "/cart": 0, "/search": -3})
    assert table(editor.get("/desk/traffic?period=today"), "Where visits end") == [("/", "20")]


def test_what_others_come_to_stands_at_the_end_of_a_list_and_in_no_summary(editor):
    days("referrer", {"hill.example": 12, "(others)": 900, "(few)": 40})
    page = editor.get("/desk/traffic?period=today")
    assert table(page, "Sites that led here") == [("hill.example", "12")]
    names = re.findall(
        r'<th scope="row">(.*?)</th>', editor.get("/desk/traffic/referrer?period=today").text
    )
    assert names == ["hill.example", "(others)", "(few)"]


def test_a_list_is_sorted_by_any_column_and_goes_on_over_pages(editor):
    days("page", {f"/products/p-{n:03}": 10 + n for n in range(120)})
    days("page", {"/products/p-007": 500}, TODAY - timedelta(days=1))

    def first(query: str) -> tuple[str, int]:
        page = editor.get(f"/desk/traffic/page?period=today{query}").text
        names = re.findall(r'<th scope="row">(.*?)</th>', page)
        return names[0], len(names)

    assert first("") == ("/products/p-119", 100)
    assert first("&sort=value") == ("/products/p-000", 100)
    assert first("&sort=before") == ("/products/p-007", 100)
    assert first("&page=2") == ("/products/p-019", 20)
    assert first("&sort=nothing&page=-4") == ("/products/p-119", 100)
    page = editor.get("/desk/traffic/page?period=today&sort=value").text
    assert 'aria-sort="ascending"' in page
    assert 'rel="next" href="?period=today&amp;sort=value&amp;page=2"' in page
    with count_queries() as counted:
        assert editor.get("/desk/traffic/page?period=today&page=900").status_code == 200
    assert of_traffic(counted) == 2  # how many visits there were, and the list


def test_the_way_of_one_of_few_visits_is_in_no_list(editor):
    yesterday = TODAY - timedelta(days=1)
    days("page", {"/products/p-1": 30, "/products/p-2": 30})
    days("page", {"/products/p-1": 40}, yesterday)
    days("bot", {"Googlebot": 30})
    for visits in (9, 1):
        hours("visits", visits)
        few = visits == 9
        for path in ("", "/page", "/page.csv"):
            shown = editor.get(f"/desk/traffic{path}?period=today").text
            assert ("/products/p-1" in shown) is not few
            assert ("ewer than 10 visits came" in shown) is (few and path != "/page.csv")
        assert "Googlebot" in editor.get("/desk/traffic?period=today").text
        assert "Googlebot" in editor.get("/desk/traffic/bot?period=today").text
    assert ">40<" in editor.get("/desk/traffic/page?period=today").text
    hours("visits", 1, day=yesterday)
    page = editor.get("/desk/traffic/page?period=today").text
    assert ">40<" not in page
    assert page.count("<td>–</td>") == 2


@pytest.mark.parametrize("sign", ["中", "<"])
def test_with_long_values_in_any_signs_the_page_is_light(editor, sign):
    fill_long(TODAY, 760, 1)
    values = {f"{n}{sign * 79}": 10**7 + n for n in range(5)}
    for what in BY_VALUE:
        days(what, values, TODAY - timedelta(days=3))
    page = editor.get("/desk/traffic?from=2024-10-20&to=2026-11-22&against=year")
    assert len(page.data) < LIGHT
    assert "4" + escape(sign * 11) in page.text


def test_there_is_no_list_of_what_is_not_counted(editor):
    for path in ("nothing", "language", "in vain", "nothing.csv", "language.csv"):
        assert editor.get(f"/desk/traffic/{path}").status_code == 404


def test_what_somebody_typed_is_shown_as_it_is_and_run_by_nothing(editor):
    words = ["=HYPERLINK(1)", "<script>alert(1)</script>", 'a,b"c', "x" * 300]
    days("in vain", dict.fromkeys(words, 20))
    page = editor.get("/desk/traffic?period=today").text
    assert "<script>alert" not in page
    assert "x" * 41 not in page
    assert "x" * 300 in editor.get("/desk/traffic/in-vain?period=today").text
    rows = lines(editor.get("/desk/traffic/in-vain.csv?period=today"))
    assert sorted(row[0] for row in rows[1:]) == sorted(["'=HYPERLINK(1)", *words[1:]])


def test_huge_numbers_are_written_whole(editor):
    hours("views", 9_876_543_210)
    page = editor.get("/desk/traffic?period=today")
    assert heads(page)["Views"] == ("9,876,543,210", "")
    assert "<i>10,000,000,000</i>" in page.text


def test_what_the_filters_took_out_stands_apart(editor):
    fill(TODAY, 2)
    page = editor.get("/desk/traffic?period=7").text
    apart = page.partition('id="removed"')[2]
    assert "Googlebot" in apart
    assert "Googlebot" not in page.partition('id="removed"')[0]
    assert "views by visitors who ask not to be tracked" in apart


def test_charts_and_hours_of_the_week_are_files_too(editor):
    fill(TODAY, 20)
    rows = lines(editor.get("/desk/traffic/charts.csv?period=7"))
    assert (rows[0][:3], len(rows)) == (["When", "Views", "Visits"], 8)
    assert rows[1][0] == "2026-11-16"
    assert len(lines(editor.get("/desk/traffic/week.csv?period=7"))) == 25
    answer = editor.get("/desk/traffic/way.csv?period=7")
    assert lines(answer)[1][0] == "came"
    name = 'attachment; filename="traffic-way-2026-11-16-to-2026-11-22.csv"'
    assert answer.headers["Content-Disposition"] == name
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_picture_of_the_week_says_when_most_come(editor):
    hours("views", *[0] * 9, 44, day=date(2026, 11, 17))
    page = editor.get("/desk/traffic?period=7").text
    assert "Most views: Tue from 9:00 on." in page
    assert '<path class="s4" d="M9 1.5h1"/>' in page
    assert "<tr><th>9<td>0<td>44<td>0" in page

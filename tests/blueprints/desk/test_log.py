"""The log of what staff do with people's data: every view that touches any writes it."""

import re
from collections import Counter
from datetime import timedelta

import pytest

from storefront import privacy
from storefront.blueprints.desk.log import noted_as
from storefront.models import RECORDS, Order, Staff, StaffAction
from storefront.models.staff_action import KEPT, WHAT
from tests.blueprints.desk.test_guard import ask, calls, guarded
from tests.blueprints.test_mine import link_to
from tests.models.placing import cart_of, place
from tests.seeds import sow, sow_staff, texts
from tests.staff import hired, in_browser, signed_in

# Files of the desk whose views neither show nor change anything about anybody but whoever is
# signed in. Whoever adds to it looks twice: the tests below see what a page shows, and nobody but
# the reader sees what a form changes.
IMPERSONAL = {
    *("home", "door", "account", "proofs", "log"),
    *("policy", "policy_marks", "policy_posting"),
    *("products", "variants", "collections", "collection_rules", "stock", "pictures"),
    *("imports", "exports"),
    *("shipping", "taxes", "discounts", "waiting", "terms", "answers"),
    *("resellers", "resellers_embed", "contests", "issues"),
    *("promotions", "promotions_preview", "trials", "pins", "search_words"),
    *("traffic", "traffic_lists", "traffic_files", "traffic_people"),
}
# Single views of other files that do neither.
HARMLESS = {
    *("desk.pick_list", "desk.outbox", "desk.returns", "desk.moderation_keys"),
    *("desk.close_list", "desk.enter_value", "desk.fetch_value", "desk.enter_dice"),
    "desk.insider_addresses",
}


@pytest.fixture
def manager(app):
    return signed_in(app, "manager")


@pytest.fixture
def order(plenty, clock) -> Order:
    return place(cart_of((plenty, 1)), clock())


def lines() -> list[tuple]:
    return [
        (each.role, each.what, each.clause, each.table, each.row)
        for each in StaffAction.select().order_by(StaffAction.id)
    ]


def test_every_view_says_what_it_notes_or_stands_in_an_impersonal_file(app):
    views = {endpoint: app.view_functions[endpoint] for endpoint in guarded(app)}
    said = {each for each, view in views.items() if hasattr(view, "noted_as")}
    file_of = {each: view.__module__.rpartition(".")[2] for each, view in views.items()}
    impersonal = {each for each, file in file_of.items() if file in IMPERSONAL} | HARMLESS
    assert views.keys() - said - impersonal == set(), "say @noted_as(…), or that it is impersonal"
    assert said & impersonal == set()
    assert views.keys() >= HARMLESS


def test_a_page_that_shows_anything_about_anybody_has_written_so(app, manager, clock):
    """With a seed in every column that can hold something about people: see tests/seeds.py."""
    sow(clock())
    sow_staff(clock())
    shown = set()
    for method, url in calls(app, guarded(app)):
        if method != "GET":
            continue
        StaffAction.delete().execute()
        page = ask(manager, method, url).text
        if any(text in page for text in texts().values()):
            assert lines(), f"{url} shows something about somebody, and noted nothing"
            shown.add(url)
    assert "/desk/staff" in shown, "the seeds are seen"


def test_looking_changes_nothing_but_the_log(app, manager, clock):
    sow(clock())

    def rows() -> Counter:
        return Counter(
            (record._meta.table_name, str(sorted(row.items())))
            for record in RECORDS
            if record is not StaffAction
            for row in record.select().dicts()
        )

    before = rows()
    for method, url in calls(app, guarded(app)):
        if method == "GET":
            ask(manager, method, url)
    assert rows() == before
    assert lines()


def test_a_view_cannot_note_what_it_has_not_said(app, manager, monkeypatch, caplog):
    monkeypatch.setattr(app.view_functions["desk.people"], "noted_as", ("opened",))
    assert manager.get("/desk/staff").status_code == 500
    assert "unforeseen ValueError at desk.people" in caplog.text
    with pytest.raises(ValueError, match="none of opened"):
        noted_as("read aloud")


def test_looking_again_within_an_hour_is_no_news_and_changing_again_is(order, clock):
    for _ in range(2):
        StaffAction.note("fulfilment", "opened", order, clock())
        StaffAction.note("fulfilment", "corrected", order, clock())
        StaffAction.note("manager", "opened", order, clock())
        StaffAction.note("manager", "searched", Order, clock())
        clock.forward(minutes=59)
    assert Counter(line[:2] for line in lines()) == {
        ("fulfilment", "opened"): 1,
        ("fulfilment", "corrected"): 2,
        ("manager", "opened"): 1,
        ("manager", "searched"): 1,
    }
    clock.forward(minutes=2)
    StaffAction.note("fulfilment", "opened", order, clock())
    StaffAction.note("manager", "searched", Order, clock())
    assert len(lines()) == 7


def test_a_line_names_role_word_and_clause_and_nobody(app, order, clock):
    StaffAction.note("fulfilment", "opened", order, clock())
    assert lines() == [("fulfilment", "opened", "orders", "order", order.id)]
    columns = set(StaffAction._meta.fields)
    assert columns == {"id", "at", "role", "what", "clause", "table", "row"}
    with pytest.raises(ValueError, match="none of opened"):
        StaffAction.note("fulfilment", "Ann Walker's", order, clock())
    with pytest.raises(ValueError, match="nothing about anybody"):
        StaffAction.note("fulfilment", "opened", order.in_order()[0], clock())


def test_what_managers_do_with_accounts_is_in_the_log(app, manager):
    ann = hired(app, "editor", email="ann@staff.example")
    manager.post("/desk/staff", data={"email": "bob@staff.example", "role": "editor"})
    bob = Staff.about("bob@staff.example").get()
    manager.post(f"/desk/staff/{ann.id}/invitation", data={})
    manager.post(f"/desk/staff/{ann.id}/roles", data={"role": "moderator"})
    manager.post(f"/desk/staff/{ann.id}/removal", data={})
    assert lines() == [
        ("manager", "invited", "staff", "staff", bob.id),
        ("manager", "invited", "staff", "staff", ann.id),
        ("manager", "changed", "staff", "staff", ann.id),
        ("manager", "removed", "staff", "staff", ann.id),
    ]


def test_what_was_refused_was_not_done_and_is_not_in_the_log(app):
    mia = hired(app, "manager", email="mia@staff.example")
    mia.change(password="x")
    browser = in_browser(app, mia)
    assert browser.post(f"/desk/staff/{mia.id}/removal", data={}).status_code == 422
    assert browser.post(f"/desk/staff/{mia.id}/roles", data={}).status_code == 422
    assert browser.post("/desk/staff", data={"email": "ann"}).status_code == 422
    assert lines() == []


def test_the_page_says_when_nothing_was_done(manager):
    assert "Nobody has opened or changed anything" in manager.get("/desk/log").text
    assert "Nothing of that kind" in manager.get("/desk/log?role=editor").text


def done(order: Order, clock) -> None:
    """Sixty things on two days."""
    for number in range(60):
        what = WHAT[4 + number % 2]
        role = "fulfilment" if number < 55 else "moderator"
        StaffAction.note(role, what, order, clock() + timedelta(days=number // 30))


def rows_in(page: str) -> int:
    return len(re.findall(r"<tr><td>", page))


def test_the_log_is_read_by_day_and_role_and_word_and_clause_a_page_at_a_time(
    manager, order, clock
):
    done(order, clock)
    page = manager.get("/desk/log").text
    assert rows_in(page) == 50
    older = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert rows_in(manager.get(older).text) == 10
    assert 'rel="next"' not in manager.get(older).text
    for query, count in {
        f"day={clock().date()}": 30,
        "role=moderator": 5,
        f"what={WHAT[4]}&role=fulfilment": 28,
        "clause=orders&role=moderator": 5,
        "clause=staff": 0,
        "day=yesterday&role=emperor&what=x&clause=y&before=z&role=": 50,
        "before=-1": 50,
        f"before={'9' * 30}": 50,
    }.items():
        assert rows_in(manager.get(f"/desk/log?{query}").text) == count, query
    part = manager.get("/desk/log", headers={"HX-Request": "true"}).text
    assert part.startswith('<div id="rows">')
    assert order.name not in page
    assert order.email not in page


def test_lines_go_after_two_years(settings, order, clock):
    StaffAction.note("fulfilment", "opened", order, clock())
    clock.moment += KEPT - timedelta(seconds=1)
    assert privacy.sweep(settings, clock())["staff_action"] == 0
    clock.forward(seconds=2)
    assert privacy.sweep(settings, clock())["staff_action"] == 1
    assert lines() == []


def test_people_read_which_role_has_opened_or_changed_what_is_held(client, settings, order, clock):
    page = client.get(link_to(client, settings)).text
    assert "Nobody who works here has opened it." in page
    day = f"{clock():%-d %B %Y}"
    StaffAction.note("fulfilment", "opened", order, clock())
    StaffAction.note("manager", "refunded", order, clock())
    StaffAction.note("moderator", "searched", Order, clock())
    page = client.get(link_to(client, settings)).text
    said = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert f"Opened by fulfilment on {day}." in said
    [copy] = client.get(f"{link_to(client, settings)}/copy.json").json["tables"]["order"]
    assert copy["staff"][0] == {
        **{"what": "opened", "role": "fulfilment", "to_many_at_once": False},
        "days": [clock().date().isoformat()],
    }
    assert f"Refunded by manager on {day}." in said
    assert f"Perhaps among many that were searched by moderator on {day}." in said


def test_many_days_are_counted_and_the_latest_of_them_named(client, settings, order, clock):
    for _ in range(7):
        StaffAction.note("fulfilment", "opened", order, clock())
        clock.forward(days=1)
    page = re.sub(r"<[^>]+>", "", client.get(link_to(client, settings)).text)
    assert "and on 2 days before." in page
    assert page.count("Opened by fulfilment") == 1


def test_what_was_done_to_a_row_of_the_same_number_before_was_not_done_to_this_one(
    client, settings, order, clock
):
    StaffAction.note("fulfilment", "opened", order, order.placed_at - timedelta(days=1))
    assert "Opened by fulfilment" not in client.get(link_to(client, settings)).text


def test_what_was_done_to_others_is_not_told(client, settings, order, plenty, clock):
    StaffAction.note("fulfilment", "opened", place(cart_of((plenty, 1)), clock()), clock())
    StaffAction.delete().where(StaffAction.row == order.id).execute()
    holdings = privacy.held("ann@example.com", privacy.holding.Erasures(settings), clock())
    seen = privacy.looks(holdings)
    assert seen["order", order.id] == []
    assert len(seen["order", order.id + 1]) == 1


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "tomorrow"])
def test_the_log_of_no_day_that_there_was_is_read_all_the_same(manager, day):
    assert manager.get(f"/desk/log?day={day}").status_code == 200

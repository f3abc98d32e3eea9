"""The draw of a contest as visitors and winners see it, and the versions of its rules."""

import re
from datetime import timedelta

import pytest

from storefront.db import database
from storefront.models import Contest, ContestEntry, Draw, OutgoingMail, Winner
from storefront.models.contest_changes import change_rules
from storefront.refusals import Refused
from tests.journey import ANN
from tests.models.drawing import answer_of, closed, confirmed, drawn
from tests.models.test_contest import announced, enter


@pytest.fixture
def contest(settings, clock) -> Contest:
    return announced(clock(), eligible="Anybody of 18", odds="One in a few", free_way="Just enter")


def page_of(client) -> str:
    """The words of the contest's page."""
    page = client.get("/contests/alps")
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def prize_path(app, winner: Winner) -> str:
    return "/contests/prizes/" + app.extensions["prize_links"].write(winner.key)


def test_the_rules_name_beforehand_who_may_enter_the_odds_and_the_round(client, contest):
    page = page_of(client)
    for words in ("Anybody of 18", "One in a few", "Just enter", f"round {contest.round} of"):
        assert words in page
    assert "Winners have 14 days" in page


def test_a_contest_by_dice_says_so(client, settings, clock):
    announced(clock(), way="dice", winners=3, accept_days=1)
    page = page_of(client)
    assert "3 entries win. It is drawn by dice" in page
    assert "Winners have 1 day " in page


def test_the_draw_is_told_step_by_step(client, contest, clock):
    Contest.update(winners=2).execute()
    confirmed(contest, clock(), 3)
    enter(contest, clock(), email="no@shop.test", name="No")
    clock.moment = contest.closes_at
    assert "The list is being closed" in page_of(client)
    draw = closed(contest, clock)
    page = page_of(client)
    assert "3 entries are in the draw" in page
    assert f"round {draw.round} of drand" in page
    assert draw.root in page
    clock.moment = draw.due_at
    draw.reveal(answer_of(draw.round), clock())
    page = page_of(client)
    assert Draw.get().value in page
    assert page.count("Has been told, and can answer until") == 2
    first, second = Winner.of(draw)
    first.accept("name", True, clock())
    second.decline(clock())
    page = page_of(client)
    assert f"{Winner.get_by_id(first.id).entry.name}, Portland" in page
    assert "Did not take the prize" in page
    assert "person0@shop.test" not in page
    assert "0 Ropewalk" not in page


def test_nobody_who_allows_nothing_is_named(client, contest, clock):
    winner = Winner.of(drawn(contest, clock))[0]
    winner.accept("", False, clock())
    assert "A winner who stays unnamed" in page_of(client)
    assert "Person" not in page_of(client)
    Winner.get().entry.withdraw()
    assert "A winner who stays unnamed" in page_of(client)


def test_an_entry_that_was_taken_back_before_the_draw_is_told_of(client, contest, clock):
    draw = drawn(contest, clock)
    Winner.of(draw)[0].entry.withdraw()
    Winner.go_on(clock())
    assert "Had taken the entry back" in page_of(client)


def test_a_draw_of_nobody_and_a_late_one_and_dice_are_told(client, settings, clock):
    contest = announced(clock(), way="dice")
    confirmed(contest, clock(), 1)
    clock.moment = contest.draws_at
    draw = Draw.commit(contest, clock())
    assert "The list was closed too late" in page_of(client)
    clock.moment = draw.due_at
    words = {"who": "A manager", "when": "at noon", "which": "red <dice>"}
    draw.throw("123456" * 10, words, clock())
    assert "The dice: red &lt;dice&gt;. Thrown by A manager, at noon." in page_of(client)
    assert "123456" * 10 in page_of(client)


def test_a_contest_that_nobody_entered_says_so(client, contest, clock):
    closed(contest, clock)
    assert "Nobody entered, so nobody has won." in page_of(client)


def test_the_file_of_the_draw_is_there_from_closing_on_and_names_nobody(client, contest, clock):
    assert client.get("/contests/alps/draw.json").status_code == 404
    assert client.get("/contests/none/draw.json").status_code == 404
    drawn(contest, clock)
    answer = client.get("/contests/alps/draw.json")
    assert answer.json["entries"] == len(answer.json["leaves"]) == 3
    assert [winner["state"] for winner in answer.json["winners"]] == ["told"]
    entry = ContestEntry.select().first()
    for hidden in (entry.salt, entry.digest, entry.name, entry.email):
        assert hidden not in answer.text


def test_the_script_can_be_had_from_the_shop(client):
    answer = client.get("/contests/verify_draw.py")
    assert answer.text.startswith("#!/usr/bin/env python3")
    assert answer.mimetype == "text/x-python"


def queries(ask) -> int:
    """How many statements it takes."""
    asked, execute = [], database.obj.execute_sql
    database.obj.execute_sql = lambda sql, *rest, **more: (
        asked.append(sql) or execute(sql, *rest, **more)
    )
    try:
        ask()
    finally:
        database.obj.execute_sql = execute
    return len(asked)


def test_many_winners_are_shown_with_as_few_statements_as_one(app, contest, clock):
    Contest.update(winners=6).execute()
    for winner in Winner.of(drawn(contest, clock, entries=8)):
        winner.accept("name", True, clock())
    many = queries(lambda: app.test_client().get("/contests/alps"))
    Winner.delete().where(Winner.number > 0).execute()
    one = queries(lambda: app.test_client().get("/contests/alps"))
    assert many == one <= 12


# Versions of the rules


def test_the_version_in_force_and_the_earlier_ones_are_read(client, contest, clock):
    confirmed(contest, clock(), 1)
    change_rules(contest, "New <b>words</b>.", "Shorter now.", "1", clock())
    page = page_of(client)
    assert "Rules, version 2" in page
    assert "Changed after it: Shorter now." in page
    assert "Anybody may enter." in client.get("/contests/alps/rules/1").text
    new = client.get("/contests/alps/rules/2").text
    assert "What changed: Shorter now." in new
    assert "This version is in force." in new
    assert client.get("/contests/alps/rules/3").status_code == 404


def test_who_confirms_after_a_change_enters_under_the_new_version(contest, clock):
    first = confirmed(contest, clock(), 1)[0]
    late = enter(contest, clock(), email="late@shop.test", name="Late")
    change_rules(contest, "New words.", "Shorter.", "1", clock())
    late.confirm(clock())
    assert ContestEntry.get_by_id(first.id).rules_version == 1
    assert ContestEntry.get_by_id(late.id).rules_version == 2


# The prize


@pytest.fixture
def winner(contest, clock) -> Winner:
    return Winner.of(drawn(contest, clock))[0]


def test_opening_the_link_takes_nothing_and_nothing_is_ticked(app, visitor, winner):
    page = visitor.client.get(prize_path(app, winner))
    assert "no-store" in page.headers["Cache-Control"]
    assert "Accept the prize" in page.text
    assert re.search(r'value="" checked', page.text), "nothing is shown unless it is chosen"
    assert len(re.findall(r"<input[^>]* checked", page.text)) == 1
    assert Winner.get().state == "told"


def test_a_prize_is_accepted_with_a_button(app, visitor, winner):
    path = prize_path(app, winner)
    answer = visitor.post(f"{path}/acceptance", {"shows": "initials", "town": "on"})
    assert answer.status_code == (204 if visitor.fragments else 303)
    page = visitor.client.get(path).text
    assert "The prize is yours" in page
    assert re.search(r'value="initials" checked', page)
    assert (Winner.get().state, Winner.get().shows_town) == ("accepted", True)
    visitor.post(f"{path}/acceptance", {"shows": ""})
    assert Winner.get().shown == ""


def test_a_prize_is_left_to_the_next_one(app, visitor, winner):
    path = prize_path(app, winner)
    answer = visitor.post(f"{path}/refusal", {})
    assert answer.status_code == (204 if visitor.fragments else 303)
    assert "You left the prize" in visitor.client.get(path).text
    assert [one.state for one in Winner.select().order_by(Winner.number)] == ["declined", "told"]
    assert OutgoingMail.select().where(OutgoingMail.kind == "contest_won").count() == 2
    assert visitor.post(f"{path}/acceptance", {}).status_code == 422


def test_who_comes_too_late_is_told_in_words(app, visitor, winner, clock):
    clock.moment = winner.until + timedelta(seconds=1)
    path = prize_path(app, winner)
    assert "The time to answer ended" in visitor.client.get(path).text
    for way in ("acceptance", "refusal"):
        answer = visitor.post(f"{path}/{way}", {})
        assert answer.status_code == 422
        assert "The time to answer ended" in answer.text
    assert Winner.get().state == "told"


def test_something_else_than_is_offered_is_refused(app, visitor, winner):
    answer = visitor.post(f"{prize_path(app, winner)}/acceptance", {"shows": "address"})
    assert answer.status_code == 422
    assert "choose one of these" in answer.text


def test_the_link_of_an_entry_that_is_gone_leads_nowhere(app, visitor, winner):
    path = prize_path(app, winner)
    winner.entry.withdraw()
    assert visitor.client.get(path).status_code == 404
    assert visitor.post(f"{path}/acceptance", {}).status_code == 404


def test_who_is_sent_a_link_of_an_entry_cannot_take_a_prize_with_it(app, visitor, winner):
    entry = "/contests/prizes/" + app.extensions["entry_links"].write(winner.key)
    assert visitor.client.get(entry).status_code == 404


def test_entering_by_the_form_freezes_the_rules(visitor, contest):
    visitor.post("/contests/alps/entries", ANN)
    assert Contest.get().frozen_at is not None


def test_a_kept_page_names_a_winner_no_longer_than_the_entry_is_there(client, contest, clock):
    winner = Winner.of(drawn(contest, clock))[0]
    winner.accept("name", True, clock())
    name = Winner.get().entry.name
    assert name in page_of(client)
    assert name in page_of(client)
    assert "s-maxage=20" in client.get("/contests/alps").headers["Cache-Control"]
    Winner.get().entry.withdraw()
    assert name not in page_of(client)


@pytest.mark.parametrize("size", [0, 1])
def test_more_prizes_than_entries_are_drawn_as_far_as_they_go(client, settings, clock, size):
    contest = announced(clock(), winners=5)
    confirmed(contest, clock(), size)
    draw = closed(contest, clock)
    clock.moment = draw.due_at
    if not size:
        with pytest.raises(Refused, match="Nobody has entered"):
            draw.reveal(answer_of(draw.round), clock())
        assert "Nobody entered" in page_of(client)
        return
    draw.reveal(answer_of(draw.round), clock())
    assert [winner.place for winner in Winner.of(draw)] == [0]
    Winner.get().decline(clock())
    Winner.go_on(clock())
    assert Winner.select().count() == 1


@pytest.mark.parametrize(
    "path",
    [
        *("/contests/%00", "/contests/alps%27/draw.json", "/contests/" + "a" * 5000),
        *("/contests/alps/rules/99999999999", "/contests/alps/rules/0", "/contests/alps/rules/-1"),
        *("/contests/prizes/x", "/contests/entries/%ff", "/contests/prizes/" + "é." * 300),
    ],
)
def test_an_odd_address_leads_nowhere(client, contest, path):
    assert client.get(path).status_code == 404

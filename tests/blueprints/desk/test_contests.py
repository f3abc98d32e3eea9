"""Contests at the desk: announced, changed, and drawn step by step."""

import io
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from storefront import gate, photographs
from storefront.app import create_app
from storefront.models import (
    Contest,
    ContestEntry,
    ContestRules,
    Draw,
    OutgoingMail,
    StaffAction,
    Winner,
)
from tests.conftest import Visitor
from tests.models.drawing import closed, confirmed, drawn, said_of
from tests.models.test_contest import announced, enter
from tests.snapshots import picture
from tests.staff import signed_in

HERE = "/desk/contests"
FORM = {
    "slug": "sea",
    "title": "A week at the sea",
    "prize": "A week for two",
    "winners": "2",
    "eligible": "Anybody of 18 years or more",
    "countries": "Canada, GB",
    "odds": "They depend on how many enter.",
    "free_way": "The form is enough.",
    "opens_at": "2099-03-01",
    "closes_at": "2099-03-31",
    "way": "beacon",
    "draws_at": "2099-04-02T12:00",
    "accept_days": "10",
    "kept_days": "40",
    "text": "# Rules\r\n\r\nOne entry a person. <script>alert(1)</script>",
}


def staying(browser):
    """The browser, in which somebody signs in again whenever weeks go by."""
    plain, clock = browser.open, browser.application.extensions["clock"]

    def opened(*given, **options):
        moment = round(clock().timestamp())
        with browser.session_transaction() as session:
            session.update({"begun": moment, "seen": moment})
        return plain(*given, **options)

    browser.open = opened
    return browser


@pytest.fixture
def editor(app):
    return staying(signed_in(app, "editor"))


@pytest.fixture
def contest(settings, clock) -> Contest:
    return announced(clock())


@pytest.fixture
def at(contest) -> str:
    return f"{HERE}/{contest.id}"


def done(answer) -> bool:
    return answer.status_code in (200, 204, 303)


def without(*names: str, **other) -> dict:
    return {name: value for name, value in (FORM | other).items() if name not in names}


# Announcing


def test_a_shop_without_contests_says_so_and_how_to_begin(editor):
    page = editor.get(HERE).text
    assert "There are none yet." in page
    assert 'href="/desk/contests/new"' in page


def test_the_form_begins_with_what_most_contests_want(editor):
    page = editor.get(f"{HERE}/new").text
    assert 'name="kept_days"' in page
    assert 'value="60"' in page
    assert "nobody has to buy anything" in page


def test_a_contest_is_announced_with_all_its_rules(at_work, client):
    answer = at_work.post(HERE, FORM)
    assert answer.status_code == (204 if at_work.fragments else 303)
    posted = Contest.get()
    assert (posted.countries, posted.winners, posted.kept_days) == (["CA", "GB"], 2, 40)
    assert posted.opens_at == datetime(2099, 3, 1, tzinfo=UTC)
    assert posted.closes_at == datetime(2099, 3, 31, 23, 59, 59, tzinfo=UTC)
    assert posted.draws_at == datetime(2099, 4, 2, 12, tzinfo=UTC)
    assert "is announced." in at_work.client.get(f"{HERE}/{posted.id}").text
    assert "A week at the sea" in at_work.client.get(HERE).text
    page = client.get("/contests/sea").text
    assert "from Canada or United Kingdom." in page
    assert "alert(1)" not in page


@pytest.mark.parametrize(
    ("other", "field", "words"),
    [
        ({"title": " "}, "title", "give it a title"),
        ({"slug": "The Sea"}, "slug", "small letters"),
        ({"slug": "prizes"}, "slug", "not the words"),
        ({"free_way": ""}, "free_way", "for free"),
        ({"opens_at": "soon"}, "opens_at", "year, month, day"),
        ({"closes_at": ""}, "closes_at", "give a day"),
        ({"closes_at": "2019-01-01"}, "closes_at", "not in the past"),
        ({"draws_at": "noon"}, "draws_at", "Write it as year"),
        ({"draws_at": "9999-12-31T23:59"}, "draws_at", "Write it as year"),
        ({"draws_at": "2099-04-02T12:00+05:00"}, "draws_at", "Write it as year"),
        ({"closes_at": "9999-12-31"}, "closes_at", "write the day"),
        ({"draws_at": "2099-04-01T00:30"}, "draws_at", "an hour or more after"),
        ({"draws_at": "0001-01-01T00:00+14:00"}, "draws_at", "Write it as year"),
        ({"opens_at": "0001-01-01"}, "opens_at", "write the day"),
        ({"kept_days": "61"}, "kept_days", "from 1 to 60"),
        ({"kept_days": "20"}, "kept_days", "twice the time"),
        ({"winners": "-2"}, "winners", "less than nothing"),
        ({"winners": "500"}, "winners", "from 1 to 100"),
        ({"winners": "9" * 30}, "winners", ""),
        ({"countries": "Atlantis"}, "countries", "no country"),
        ({"way": "hat"}, "way", "one of the ways"),
        ({"text": ""}, "text", "write the rules"),
    ],
)
def test_what_cannot_be_meant_is_refused_beside_its_field_and_nothing_is_lost(
    at_work, other, field, words
):
    answer = at_work.post(HERE, FORM | other)
    assert answer.status_code == 422
    assert re.search(f'id="{field}-error">[^<]*{words}', answer.text), answer.text
    assert FORM["odds"] in answer.text
    assert not Contest.select().exists()


def test_a_preview_of_dates_far_off_is_refused_too(at_work):
    answer = at_work.post(f"{HERE}/preview", FORM | {"closes_at": "9999-12-31"})
    assert (answer.status_code, "write the day" in answer.text) == (422, True)


def test_a_contest_that_nobody_entered_is_not_opened_anew_once_its_list_is_closed(
    at_work, contest, at, clock
):
    assert "Change it" in at_work.client.get(at).text
    closed(contest, clock)
    assert "Change it" not in at_work.client.get(at).text
    answer = at_work.post(at, without("slug", closes_at="2199-03-31", draws_at="2199-04-02T12:00"))
    assert (answer.status_code, "is over" in answer.text) == (422, True)
    assert Contest.get_by_id(contest.id).closes_at == contest.closes_at


def test_a_name_that_another_contest_has_is_refused(at_work, contest):
    answer = at_work.post(HERE, FORM | {"slug": "alps"})
    assert answer.status_code == 422
    assert "Another contest has this name" in answer.text
    assert Contest.get().title == contest.title


def test_a_preview_shows_the_page_and_keeps_nothing(at_work):
    answer = at_work.post(f"{HERE}/preview", FORM)
    assert answer.status_code == 200
    assert "As visitors will see it" in answer.text
    assert "One entry a person." in answer.text
    assert "alert(1)" not in answer.text.split("<textarea")[0]
    assert 'value="2099-04-02T12:00"' in answer.text
    assert not Contest.select().exists()
    assert at_work.post(f"{HERE}/preview", without("title")).status_code == 422


# Changing


def test_everything_may_change_while_nobody_has_entered(at_work, contest, at):
    page = at_work.client.get(f"{at}/words").text
    assert f'value="{contest.title}"' in page
    answer = at_work.post(at, FORM | {"slug": "elsewhere", "of": str(contest.id)})
    assert done(answer)
    changed = Contest.get()
    assert (changed.slug, changed.prize, changed.rules_version) == ("alps", "A week for two", 2)
    assert ContestRules.select().count() == 2
    preview = at_work.post(f"{HERE}/preview", FORM | {"of": str(contest.id)})
    assert f'action="{at}"' in preview.text


def test_after_the_first_entry_dates_and_prize_stay_whatever_is_sent(at_work, contest, at, clock):
    enter(contest, clock()).withdraw()
    assert "Change it" not in at_work.client.get(at).text
    answer = at_work.post(at, FORM | {"of": str(contest.id)})
    assert answer.status_code == 422
    assert "has entered" in answer.text
    assert Contest.get().prize == contest.prize
    forged = {"text": "Other words.", "changes": "Words.", "seen": "1", "prize": "Less"}
    assert done(at_work.post(f"{at}/rules", forged | {"closes_at": "2099-01-01"}))
    assert (Contest.get().prize, Contest.get().closes_at) == (contest.prize, contest.closes_at)


def rules_mails() -> int:
    return OutgoingMail.select().where(OutgoingMail.kind == "contest_rules").count()


def test_another_version_of_the_rules_is_mailed_to_those_whose_entry_counts(
    at_work, contest, at, clock
):
    confirmed(contest, clock(), 2)
    enter(contest, clock(), email="no@shop.test", name="No")
    form = {"text": "Other\r\nwords.", "changes": "They are shorter.", "seen": "1"}
    answer = at_work.post(f"{at}/rules", form)
    assert done(answer)
    assert "2 people are told by mail" in at_work.client.get(at).text or at_work.fragments
    assert (Contest.get().text, Contest.get().rules_version) == ("Other\nwords.", 2)
    assert rules_mails() == 2
    again = at_work.post(f"{at}/rules", form)
    assert again.status_code == 422
    assert "posted version 2 meanwhile" in again.text
    assert done(at_work.post(f"{at}/rules", form | {"text": "Third.", "seen": "2"}))
    assert rules_mails() == 2, "the mails that wait tell of both"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"text": " "}, "need a text"),
        ({"changes": ""}, "in a sentence what changes"),
        ({"text": "Anybody may enter."}, "text that is in force"),
        ({"seen": "7"}, "meanwhile"),
    ],
)
def test_a_version_that_says_nothing_new_or_is_old_is_refused(
    at_work, contest, at, clock, other, words
):
    confirmed(contest, clock(), 1)
    form = {"text": "Other.", "changes": "Shorter <b>now</b>.", "seen": "1"} | other
    answer = at_work.post(f"{at}/rules", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert rules_mails() == 0
    if form["changes"]:
        assert "Shorter &lt;b&gt;now" in answer.text


def test_rules_change_neither_before_the_first_entry_nor_after_closing(at_work, contest, at, clock):
    form = {"text": "Other.", "changes": "Shorter.", "seen": "1"}
    assert "Nobody has entered yet" in at_work.post(f"{at}/rules", form).text
    confirmed(contest, clock(), 1)
    clock.moment = contest.closes_at
    assert "This contest is over" in at_work.post(f"{at}/rules", form).text
    assert Contest.get().rules_version == 1


# The picture


def file(raw: bytes, **more) -> dict:
    return {"file": (io.BytesIO(raw), "prize.jpg"), "alt": "Two <people> on a path"} | more


def test_a_picture_is_made_anew_and_shown_and_goes_again(
    at_work, contest, at, client, settings, clock
):
    raw = picture((600, 300), colour=((20, 90, 30), (90, 20, 30)))
    answer = at_work.post(f"{at}/picture", file(raw), content_type="multipart/form-data")
    assert done(answer), answer.text
    page = client.get("/contests/alps").text
    assert 'alt="Two &lt;people&gt; on a path"' in page
    shown = re.search(r'src="(/media/pictures/[^"]+)"', page)[1]
    media = settings.instance / "media"
    assert photographs.delete_orphans(media, datetime.now(UTC) + timedelta(days=1)) == 0
    served = client.get(shown)
    assert served.status_code == 200
    served.close()
    enter(contest, clock())
    again = at_work.post(f"{at}/picture", file(raw), content_type="multipart/form-data")
    assert again.status_code == 422
    assert done(at_work.post(f"{at}/picture/removal", {}))
    assert "/media/" not in client.get("/contests/alps").text
    assert photographs.delete_orphans(media, datetime.now(UTC) + timedelta(days=1)) > 0


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"alt": "x"}, "Choose a picture"),
        (file(b"<svg/>"), "SVG"),
        (file(picture((90, 90)), alt=" "), "in a few words what the picture shows"),
    ],
)
def test_what_is_no_picture_or_has_no_words_is_refused(at_work, contest, at, form, words):
    form = {k: (io.BytesIO(v[0].getvalue()), v[1]) if k == "file" else v for k, v in form.items()}
    answer = at_work.post(f"{at}/picture", form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert words in answer.text
    assert Contest.get().picture is None


# The draw


def test_the_desk_counts_entries_and_shows_none_of_them(editor, contest, at, clock):
    confirmed(contest, clock(), 3)
    enter(contest, clock(), email="no@shop.test", name="Nobody Yet")
    page = editor.get(at).text
    assert "3 entries count, 1 waits to be confirmed" in page
    assert "Person 1" not in page
    assert "Nobody Yet" not in page


def test_the_list_is_closed_by_hand_where_no_worker_does(at_work, contest, at, clock):
    confirmed(contest, clock(), 2)
    early = at_work.post(f"{at}/list", {})
    assert early.status_code == 422
    clock.moment = contest.closes_at
    assert "Close the list" in at_work.client.get(at).text
    assert done(at_work.post(f"{at}/list", {}))
    assert Draw.get().size == 2
    assert at_work.post(f"{at}/list", {}).status_code == 422
    assert Draw.select().count() == 1


def test_the_value_is_entered_by_hand_and_draws(at_work, contest, at, clock):
    confirmed(contest, clock(), 3)
    draw = closed(contest, clock)
    assert "Come back then." in at_work.client.get(at).text
    clock.moment = draw.due_at
    assert "is out." in at_work.client.get(at).text
    assert done(at_work.post(f"{at}/value", {"answer": said_of(draw.round)}))
    assert "told, can answer until" in at_work.client.get(at).text
    assert Draw.get().value


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "not an answer"),
        ("<b>", "not an answer"),
        (said_of(7), "This is the value of round 7."),
    ],
)
def test_a_value_that_is_none_or_of_another_round_is_refused_in_words(
    at_work, contest, at, clock, answer, words
):
    confirmed(contest, clock(), 3)
    clock.moment = closed(contest, clock).due_at
    said = at_work.post(f"{at}/value", {"answer": answer})
    assert said.status_code == 422
    assert words in said.text
    assert "<b>" not in said.text.partition("<textarea")[2].partition("</textarea")[0]
    assert not Winner.select().exists()


def test_no_value_is_taken_before_the_list_is_closed(at_work, contest, at):
    for way in ("value", "value/fetched", "dice"):
        form = {"answer": said_of(7), "digits": "123456" * 10}
        answer = at_work.post(f"{at}/{way}", form)
        assert answer.status_code == 422
        assert "not closed yet" in answer.text


def test_a_ceremony_of_dice_is_written_down(at_work, settings, clock, client):
    contest = announced(clock(), way="dice")
    at = f"{HERE}/{contest.id}"
    confirmed(contest, clock(), 3)
    clock.moment = closed(contest, clock).due_at
    words = {"who": "A manager and two customers", "when": "At noon", "which": "Red dice"}
    short = at_work.post(f"{at}/dice", words | {"digits": "1234"})
    assert short.status_code == 422
    assert "These are 4 throws" in short.text
    assert 'value="Red dice"' in short.text
    unsaid = at_work.post(f"{at}/dice", {"digits": "123456" * 10})
    assert unsaid.status_code == 422
    assert "Say when they were thrown." in unsaid.text
    assert "123456" * 10 in unsaid.text
    assert done(at_work.post(f"{at}/dice", words | {"digits": "123456 " * 10}))
    assert "A manager and two customers" in client.get("/contests/alps").text
    assert Winner.select().count() == 1


@pytest.fixture
def relay():
    """A relay of drand: what it was asked for, and what it answers, by path."""
    asked, answers = [], {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("User-Agent"), self.headers.get("Cookie")))
            status, body = answers.get("all", (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        log_message = print

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    yield f"http://127.0.0.1:{server.server_port}", asked, answers
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetching(settings, clock, relay):
    """An editor of a shop that asks that relay, with the gate closed, and a contest to draw."""
    app = create_app(replace(settings, beacon=relay[0]), clock)
    contest = announced(clock())
    confirmed(contest, clock(), 3)
    draw = closed(contest, clock)
    with gate.closed():
        yield staying(signed_in(app, "editor")), f"{HERE}/{contest.id}", draw
    gate.admit_from(settings)


@pytest.mark.parametrize("fragments", [False, True])
def test_the_value_is_fetched_through_the_gate_when_the_button_is_pressed_and_not_before(
    fetching, relay, clock, fragments
):
    editor, at, draw = fetching
    _, asked, answers = relay
    desk = Visitor(editor, fragments)
    assert "no value to fetch now" in desk.post(f"{at}/value/fetched", {}).text
    clock.moment = draw.due_at
    editor.get(at)
    assert asked == []
    answers["all"] = (200, said_of(draw.round).encode())
    assert done(desk.post(f"{at}/value/fetched", {}))
    assert [path for path, *_ in asked] == [f"/{CHAIN}/public/{draw.round}"]
    assert asked[0][1:] == (None, None), "it learns nothing of the shop"
    assert Winner.select().count() == 1


CHAIN = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, b"not yet"), "answered 404"),
        ((200, b"\xff\xfe" * 5000), "not an answer"),
        ((200, said_of(7).encode()), "value of round 7"),
    ],
)
def test_a_relay_that_says_nothing_of_use_draws_nothing(fetching, relay, clock, answer, words):
    editor, at, draw = fetching
    clock.moment = draw.due_at
    relay[2]["all"] = answer
    said = editor.post(f"{at}/value/fetched")
    assert said.status_code == 422
    assert words in said.text
    assert not Winner.select().exists()


def test_a_relay_that_does_not_answer_is_told_of_in_words(settings, clock):
    app = create_app(replace(settings, beacon="http://127.0.0.1:9"), clock)
    contest = announced(clock())
    confirmed(contest, clock(), 1)
    clock.moment = closed(contest, clock).due_at
    said = staying(signed_in(app, "editor")).post(f"{HERE}/{contest.id}/value/fetched")
    gate.admit_from(settings)
    assert said.status_code == 422
    assert "does not answer (ConnectionRefusedError)" in said.text


def test_states_of_winners_are_told_without_names(editor, contest, at, clock):
    Contest.update(winners=2).execute()
    draw = drawn(contest, clock, entries=6)
    Winner.of(draw)[0].decline(clock())
    clock.moment = Winner.of(draw)[1].until
    Winner.of(draw)[2].entry.withdraw()
    Winner.go_on(clock())
    Winner.of(draw)[3].accept("name", True, clock())
    page = editor.get(at).text
    for words in ("declined on", "did not answer until", "had taken the entry back", "accepted on"):
        assert words in page
    assert "told, can answer until" in page
    assert "Person" not in page
    ContestEntry.delete().execute()
    assert "the entry is erased" in editor.get(at).text


def test_the_address_of_who_accepted_is_seen_and_that_is_noted(app, contest, at, clock):
    Contest.update(winners=2).execute()
    one, other = Winner.of(drawn(contest, clock, entries=4))
    desk = staying(signed_in(app, "editor"))
    assert desk.get(f"{at}/winners/{one.id}").status_code == 404
    one.accept("", False, clock())
    page = desk.get(f"{at}/winners/{one.id}").text
    entry = Winner.get_by_id(one.id).entry
    assert entry.line1 in page
    assert entry.email in page
    [line] = StaffAction.select()
    assert (line.what, line.clause, line.table, line.row) == (
        *("opened", "contests", "contest_entry"),
        entry.id,
    )
    assert desk.get(f"{at}/winners/{other.id}").status_code == 404
    assert desk.get(f"{HERE}/{contest.id + 1}/winners/{one.id}").status_code == 404
    entry.withdraw()
    assert desk.get(f"{at}/winners/{one.id}").status_code == 404


def test_a_contest_of_the_time_before_is_left_as_it_is(editor, contest, at, clock):
    Contest.update(draws_at=None).execute()
    clock.moment = contest.closes_at
    assert "of the time before" in editor.get(at).text


def test_a_list_of_nobody_and_a_late_one_are_told(editor, contest, at, clock):
    clock.moment = contest.draws_at
    Draw.commit(contest, clock())
    page = editor.get(at).text
    assert "so a later one counts" in page
    assert "Nobody entered, so there is nothing to draw." in page


@pytest.mark.parametrize("path", ["", "/words", "/winners/1"])
def test_a_contest_that_is_not_there_is_not_found(editor, path):
    assert editor.get(f"{HERE}/7{path}").status_code == 404

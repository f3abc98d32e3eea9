"""Issues at the desk: written, tried, scheduled, sent, watched, settled; with and without htmx."""

import re
import threading
from datetime import timedelta

import pytest

from storefront import policy
from storefront.mail import Postman
from storefront.models import Insider, InsiderIssue, OutgoingMail, Product
from storefront.models.outbox import DOUBT_AFTER
from storefront.rounds import Round
from tests.issues import TEXT, begun, drafted, readers
from tests.mails import delivered
from tests.models.test_insider_issue import fresh
from tests.staff import signed_in
from tests.styles import hash_of, style_of, styles_allowed


@pytest.fixture
def issue(app, clock) -> InsiderIssue:
    return drafted(clock())


def typed(issue: InsiderIssue, **more) -> dict:
    names = ("title", "slug", "text", "per_minute", "revision")
    return {name: getattr(issue, name) for name in names} | {"when": "now"} | more


def done(visitor, path: str, data: dict) -> str:
    """The page after a form that was taken."""
    answer = visitor.post(path, data)
    if visitor.fragments and answer.status_code == 200:
        return answer.text
    if visitor.fragments:
        return visitor.client.get(answer.headers["HX-Redirect"]).text
    assert answer.status_code == 303, answer.text
    return visitor.client.get(answer.location).text


def refused(visitor, path: str, data: dict) -> str:
    answer = visitor.post(path, data)
    assert answer.status_code == 422
    return answer.text


def test_a_draft_is_begun_with_a_title_and_gets_an_address_that_none_has(at_work):
    assert "None is written yet." in at_work.get("/desk/insider").text
    assert "Please give it a title" in refused(at_work, "/desk/insider", {"title": " "})
    for _ in range(2):
        page = done(at_work, "/desk/insider", {"title": "Für den  Herbst: Mäntel!"})
        assert "Write something and save it" in page
    slugs = [one.slug for one in InsiderIssue.select().order_by(InsiderIssue.id)]
    assert slugs == ["fur-den-herbst-mantel", "fur-den-herbst-mantel-2"]
    done(at_work, "/desk/insider", {"title": "秋"})
    assert InsiderIssue.select().where(InsiderIssue.slug.startswith("issue-")).count() == 1


def test_what_is_typed_is_kept_and_shown_as_it_goes_out(at_work, issue):
    page = done(
        at_work, f"/desk/insider/{issue.id}", typed(issue, title="Winter", text="So *cold*")
    )
    assert "Saved." in page
    assert (fresh().title, fresh().text) == ("Winter", "So *cold*")
    assert "List-Unsubscribe-Post" in page
    assert "So cold" in page, "as text"
    mail = at_work.client.get(f"/desk/insider/{issue.id}/mail.html")
    assert "<em>cold</em>" in mail.text
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    assert "no-store" in mail.headers["Cache-Control"]


def test_the_style_of_every_page_is_the_one_that_its_policy_names(editor, issue, clock):
    held = InsiderIssue.find(issue.id)
    refusal = editor.post(f"/desk/insider/{issue.id}", data=typed(held, title=""))
    missing = editor.get("/desk/insider/999")
    pages = [editor.get(f"/desk/insider/{issue.id}"), refusal, missing]
    held.schedule(clock(), clock())
    pages.append(editor.get(f"/desk/insider/{issue.id}"))
    assert [page.status_code for page in pages] == [200, 422, 404, 200]
    for page in pages:
        assert styles_allowed(page) == [hash_of(style_of(page))]


def test_the_preview_is_the_mail_that_goes_out(editor, issue, settings, clock):
    shown = editor.get(f"/desk/insider/{issue.id}/mail.html").text
    readers(1, clock())
    issue.schedule(clock(), clock())
    InsiderIssue.begin_due(clock())
    Round(settings, clock, threading.Event()).go()
    [sent] = delivered(settings)
    html = {p.get_content_type(): p.get_content() for p in sent.iter_parts()}["text/html"]
    without_link = [re.sub(r"leave/[^\"]+", "leave/", each).split() for each in (shown, html)]
    assert without_link[0] == without_link[1]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "give it a title"),
        ({"slug": "No!"}, "Small letters"),
        ({"per_minute": "many"}, "per_minute-error"),
        ({"text": "4242 4242 4242 4242 is a number"}, "Line 1: This looks like"),
        ({"text": "x" * 100_001}, "100,000 characters"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_typed_is_lost(at_work, issue, wrong, words):
    data = typed(issue, title="New title", text="New text") | wrong
    page = refused(at_work, f"/desk/insider/{issue.id}", data)
    assert words in page
    assert f"{data['text']}</textarea>" in page
    assert fresh() == issue
    assert fresh().title == "Autumn coats"


def test_somebody_elses_saving_is_not_written_over_unseen(at_work, issue, clock):
    mine = typed(issue, text="Mine")
    issue.rewrite(issue.revision, clock(), title="T", slug="t", text="Theirs", per_minute=9)
    page = refused(at_work, f"/desk/insider/{issue.id}", mine)
    assert "Somebody else has saved" in page
    assert "Mine</textarea>" in page
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    done(at_work, f"/desk/insider/{issue.id}", mine | {"revision": revision})
    assert fresh().text == "Mine"


def test_a_trial_goes_to_who_is_signed_in_and_saves_first(at_work, issue, settings, clock):
    page = done(at_work, f"/desk/insider/{issue.id}/trials", typed(issue, title="Winter"))
    assert "on its way to editor@staff.example" in page
    assert Postman(settings).deliver_due(clock) == 1
    [mail] = delivered(settings)
    assert (mail["To"], mail["Subject"]) == ("editor@staff.example", "Trial: Winter")


@pytest.mark.parametrize("way", ["trials", "sending"])
def test_an_issue_with_a_missing_product_is_refused_in_words_and_can_be_mended(
    at_work, issue, way, clock
):
    readers(2, clock())
    data = typed(issue, text="{product: no-such-thing}")
    page = refused(at_work, f"/desk/insider/{issue.id}/{way}", data)
    assert "“no-such-thing”. Nothing was sent." in page
    assert "{product: no-such-thing}</textarea>" in page
    assert OutgoingMail.select().count() == 0
    assert fresh().state == "draft"
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    done(at_work, f"/desk/insider/{issue.id}", data | {"text": "Mended", "revision": revision})
    assert fresh().text == "Mended"


def test_it_goes_out_now_to_all_who_confirmed(at_work, issue, settings, clock):
    readers(3, clock())
    page = done(at_work, f"/desk/insider/{issue.id}/sending", typed(issue))
    assert "It goes out now." in page
    assert fresh().state == "scheduled"
    Round(settings, clock, threading.Event()).go()
    assert len(delivered(settings)) == 3
    page = at_work.client.get(f"/desk/insider/{issue.id}").text
    assert "Sent on" in page
    assert "/insider/archive/autumn-coats" in page


def test_it_goes_out_at_a_moment_in_utc_and_can_be_taken_back_before(at_work, issue, clock):
    path, later = f"/desk/insider/{issue.id}/sending", clock() + timedelta(days=2)
    slips = {"": "choose day and time", "2001-01-01T10:00": "This is past"}
    slips |= {"9999-12-31T10:00": "Write it as year", "2099-01-01T10:00+05:00": "Write it as year"}
    for moment, words in slips.items():
        page = refused(at_work, path, typed(issue, when="later", moment=moment))
        assert words in page
        assert re.search(r'value="later" checked', page)
    data = typed(issue, when="later", moment=f"{later:%Y-%m-%dT%H:%M}")
    page = done(at_work, path, data)
    assert f"{later:%-d %B %Y, %H:%M} UTC" in page
    assert "Goes out on" in at_work.client.get("/desk/insider").text
    assert fresh().due_at == later.replace(second=0, microsecond=0)
    page = done(at_work, f"{path}/removal", {})
    assert "It is a draft again." in page
    assert "has begun, or was taken back" in refused(at_work, f"{path}/removal", {})


def test_while_it_goes_out_it_is_watched_paused_resumed_and_stopped(at_work, clock):
    readers(4, clock())
    issue = begun(clock())
    here = f"/desk/insider/{issue.id}"
    mail = issue.next_mails(clock(), 1)[0]
    mail.claim(clock())
    mail.sent(clock())
    page = at_work.get(here).text
    assert 'hx-trigger="every 2s"' in page
    assert '<progress id="progress" max="4" value="1">' in page
    page = done(at_work, f"{here}/pause", {})
    assert "Paused." in page
    assert "every 2s" not in page
    assert "is not going out" in refused(at_work, f"{here}/pause", {})
    assert "It goes on." in done(at_work, f"{here}/pause/removal", {})
    assert "Stopped. Nobody else gets it." in done(at_work, f"{here}/stop", {})
    assert "1 of 4 sent" in at_work.client.get("/desk/insider").text
    assert "is no draft any more" in refused(at_work, f"{here}/removal", {})
    assert OutgoingMail.select().count() == 1


@pytest.mark.parametrize(("answer", "words"), [("yes", "count as sent"), ("", "once more")])
def test_mails_in_doubt_wait_for_a_person(at_work, clock, answer, words):
    readers(1, clock())
    issue = begun(clock())
    issue.next_mails(clock(), 1)[0].claim(clock())
    clock.moment += DOUBT_AFTER
    OutgoingMail.doubt(clock())
    issue.finish(clock())
    page = at_work.get(f"/desk/insider/{issue.id}").text
    assert "not sent again unless you say so" in page
    assert (
        "Nothing is in doubt"
        in signed_in(at_work.client.application, "fulfilment").get("/desk/mail").text
    )
    assert words in done(at_work, f"/desk/insider/{issue.id}/doubts", {"arrived": answer})
    assert OutgoingMail.get().state == ("sent" if answer else "waiting")


def test_the_numbers_are_shown_and_nobody_is_named(editor, clock):
    readers(3, clock())
    issue = begun(clock())
    Insider.about("reader2@shop.test").get().leave(clock())
    InsiderIssue.count(issue.id, sent=2, bounced=1234, delayed=7)
    InsiderIssue.add_views({issue.slug: 56})
    page = editor.get(f"/desk/insider/{issue.id}").text
    told = dict(re.findall(r"<dt>([^<]+)</dt><dd>([\d,]+)</dd>", page))
    assert told == {
        "Addressed to": "3",
        "Sent": "2",
        "In doubt": "0",
        "Refused by the mail server, or given up": "0",
        "Came back, address ended": "1,234",
        "Came back for now": "7",
        "Left since it went out": "1",
        "Views of its page in the archive": "56",
    }
    assert "@shop.test" not in page


def test_one_that_could_not_go_out_says_why_when_somebody_looks(editor, issue, clock):
    issue.schedule(clock(), clock())
    Product.update(published=False).execute()
    InsiderIssue.begin_due(clock())
    page = editor.get(f"/desk/insider/{issue.id}").text
    assert "It was to go out and could not:" in page
    assert "it could not be sent" in editor.get("/desk/insider").text
    assert "1 issue that was not sent" in editor.get("/desk").text


def test_nothing_goes_out_while_the_policy_does_not_cover_it(at_work, issue, settings, clock):
    readers(1, clock())
    issue.schedule(clock(), clock())
    text, key = "As ever. {covers: orders}\n", policy.read_key(settings.keys)
    facts = {"role": "editor", "changes": "Less.", "in_force_at": clock(), "at": clock()}
    policy.publish(text, key, **facts)
    assert InsiderIssue.begin_due(clock()) == 0, "also where it was to go out already"
    page = refused(at_work, f"/desk/insider/{issue.id}/sending", typed(issue))
    assert "does not cover insider" in page
    assert fresh().state == "draft"
    assert OutgoingMail.select().count() == 0


def test_a_draft_is_thrown_away(at_work, issue):
    assert "The draft is gone." in done(at_work, f"/desk/insider/{issue.id}/removal", {})
    answer = at_work.get(f"/desk/insider/{issue.id}")
    assert answer.status_code == 404
    assert "thrown it away" in answer.text
    assert at_work.client.get(f"/desk/insider/{issue.id}/mail.html").status_code == 404


def test_who_was_signed_out_gets_their_text_back(app, editor, issue, clock):
    clock.forward(hours=1)
    answer = editor.post(f"/desk/insider/{issue.id}", data=typed(issue, text="Long work"))
    assert answer.status_code == 403
    assert "Long work</textarea>" in answer.text
    assert fresh().text == TEXT
    part = editor.post(
        f"/desk/insider/{issue.id}", data=typed(issue), headers={"HX-Request": "true"}
    )
    assert "You were signed out" in part.text


def test_the_list_has_pages(editor, clock):
    for n in range(51):
        drafted(clock(), slug=f"issue-{n}", title=f"Number {n}.")
    assert "Number 0." not in editor.get("/desk/insider").text
    assert "Number 0." in editor.get("/desk/insider?page=2").text
    assert "There are no more." in editor.get("/desk/insider?page=3").text


@pytest.mark.parametrize("revision", ["123456789012x", "9" * 5000, "-1", "١", ""])
def test_a_revision_that_no_page_of_ours_has_is_somebody_elses_saving(at_work, issue, revision):
    form = typed(issue, title="Winter coats", revision=revision)
    assert "Somebody else has saved" in refused(at_work, f"/desk/insider/{issue.id}", form)
    assert fresh().title == "Autumn coats"


@pytest.mark.parametrize("words", ["*" * 4000 + "a" + "*" * 4000, "[a](http://[::zz]/)"])
def test_what_no_mail_program_understands_is_saved_and_can_be_mended(at_work, issue, words):
    done(at_work, f"/desk/insider/{issue.id}", typed(issue, text=words))
    assert at_work.get(f"/desk/insider/{issue.id}").status_code == 200
    assert at_work.get(f"/desk/insider/{issue.id}/mail.html").status_code == 200

"""Issues of the Insider Update at the desk: written, looked at, tried, sent, watched."""

from functools import wraps

from flask import current_app, g, request, url_for

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, framing, roles
from storefront.blueprints.desk.issue_form import facts_of, moment_of, slug_of, typed_of
from storefront.blueprints.desk.products import page_number, paging
from storefront.door import takes_text
from storefront.models import InsiderIssue
from storefront.models.insider_issue import Overtaken
from storefront.pages import go, now, sentence, wants_part
from storefront.refusals import Refused

HERE = "/desk/insider"
ONE = f"/insider/<{NUMBER}:number>"
PER_PAGE = 50


def _waiting() -> list[tuple[str, str]]:
    n = InsiderIssue.to_look_at()
    what = "issue that was" if n == 1 else "issues that were"
    return [(f"{n:,} {what} not sent, or not to everybody for certain", HERE)] if n else []


WORDS = "Issues of the Insider Update: written, sent, counted."
screen("Insider Update", HERE, ("editor",), WORDS, _waiting)


def keeps_text(view):
    """Say of a view that who was signed out meanwhile gets back what they typed."""
    view.signed_out = signed_out
    return view


def signed_out():
    """Nothing is kept, and nothing typed is lost."""
    words = (
        "You were signed out, because nothing was sent for half an hour. Your text is still here: "
        "sign in at /desk in another window, then come back and save it."
    )
    if wants_part():
        return sentence(403, "Signed out", words)
    number = request.view_args["number"]
    context = {"typed": request.form, "words": words, "at": f"{HERE}/{number}"}
    return show("desk/insider/signed_out.html", status=403, **context)


@desk.get("/insider")
@roles("editor")
def issues():
    return _list()


def _list(status: int = 200, refusal: Refused | None = None):
    start = (page_number() - 1) * PER_PAGE
    rows = list(InsiderIssue.newest_first().offset(start).limit(PER_PAGE + 1))
    context = {
        "issues": rows[:PER_PAGE],
        "pages": paging(len(rows) > PER_PAGE, "desk.issues"),
        "typed": request.form,
        "refusal": refusal,
        "said": session.once("said"),
    }
    return show("desk/insider/list.html", "desk/insider/_list.html", status, **context)


@desk.post("/insider")
@roles("editor")
def begin_issue():
    title = " ".join(request.form.get("title", "").split())
    try:
        made = InsiderIssue.write(
            now(), title=title, slug=slug_of(title, now()), text="", per_minute=300
        )
    except Refused as refusal:
        return _list(422, refusal)
    return go(url_for("desk.issue", number=made.id))


@desk.get(ONE)
@framing
@roles("editor")
def issue(number: int):
    return _page(number)


def _page(number: int, status: int = 200, refusal: Refused | None = None, said: str = ""):
    """The issue as it stands: a form while it is a draft, then how far it has come."""
    try:
        one = InsiderIssue.find(number)
    except Refused as gone:
        return sentence(404, "This issue is not there", gone.sentence)
    sent = "text" in request.form and refusal is not None
    context = {
        "issue": one,
        "typed": typed_of(one, request.form if sent else None, isinstance(refusal, Overtaken)),
        "queue": one.queue(),
        "left": one.left_since(),
        "mail": _as_mail(one),
        "wrong": refusal.problems if refusal else {},
        "refusal": refusal,
        "said": said or session.once("said"),
        "mine": g.staff.email,
    }
    return show("desk/insider/page.html", "desk/insider/_issue.html", status, **context)


def _as_mail(one: InsiderIssue):
    """The mail as it goes out, but for its reader and their link."""
    if one.has_begun or not one.text.strip():
        return None
    from storefront.preview import as_mail  # what sends mail is not for who only serves

    return as_mail(one, current_app.extensions["settings"], now())


def changing(view):
    """What a change was refused for stands on the page; else the page says what was done."""

    @wraps(view)
    def tried(number: int):
        try:
            said = view(InsiderIssue.find(number))
        except Refused as refusal:
            return _page(number, 422, refusal)
        if wants_part():
            return _page(number, said=said)
        session.keep("said", said)
        return go(url_for("desk.issue", number=number))

    return framing(tried)


def _saved(one: InsiderIssue) -> InsiderIssue:
    """The draft as it was typed; a form without a text is about the one that is kept."""
    if "text" not in request.form:
        return one
    facts, revision = facts_of(request.form)
    return one.rewrite(revision, now(), **facts)


@desk.post(ONE)
@keeps_text
@takes_text("text")
@roles("editor")
@changing
def save_issue(one: InsiderIssue) -> str:
    _saved(one)
    return "Saved."


@desk.post(f"{ONE}/trials")
@keeps_text
@takes_text("text")
@roles("editor")
@changing
def try_issue(one: InsiderIssue) -> str:
    _saved(one).send_test(g.staff.email, now())
    current_app.extensions["wake_worker"]()
    return f"Saved, and on its way to {g.staff.email}."


@desk.post(f"{ONE}/sending")
@keeps_text
@takes_text("text")
@roles("editor")
@changing
def send_issue(one: InsiderIssue) -> str:
    when = moment_of(request.form, now())
    one = _saved(one).schedule(when, now())
    current_app.extensions["wake_issues"]()
    return "It goes out now." if when <= now() else "Saved; it goes out by itself at that moment."


@desk.post(f"{ONE}/sending/removal")
@roles("editor")
@changing
def take_issue_back(one: InsiderIssue) -> str:
    one.take_back()
    return "Taken back. It is a draft again."


@desk.post(f"{ONE}/pause")
@roles("editor")
@changing
def pause_issue(one: InsiderIssue) -> str:
    one.pause()
    return "Paused. What was on its way this second may still arrive."


@desk.post(f"{ONE}/pause/removal")
@roles("editor")
@changing
def resume_issue(one: InsiderIssue) -> str:
    one.go_on()
    current_app.extensions["wake_issues"]()
    return "It goes on."


@desk.post(f"{ONE}/stop")
@roles("editor")
@changing
def stop_issue(one: InsiderIssue) -> str:
    one.stop(now())
    return "Stopped. Nobody else gets it."


@desk.post(f"{ONE}/doubts")
@roles("editor")
@changing
def settle_issue(one: InsiderIssue) -> str:
    arrived = request.form.get("arrived") == "yes"
    one.settle(arrived, now())
    if arrived:
        return "Settled: they count as sent."
    current_app.extensions["wake_issues"]()
    return "They are sent once more."


@desk.post(f"{ONE}/removal")
@roles("editor")
def discard_issue(number: int):
    try:
        InsiderIssue.find(number).discard()
    except Refused as refusal:
        return _page(number, 422, refusal)
    session.keep("said", "The draft is gone.")
    return go(HERE)


@desk.get(f"{ONE}/mail.html")
@roles("editor")
def issue_as_mail(number: int):
    """The HTML of the mail, alone, for a frame; it may load nothing and lead nowhere."""
    try:
        mail = _as_mail(InsiderIssue.find(number))
    except Refused as gone:
        return sentence(404, "This issue is not there", gone.sentence)
    if mail is None:
        return sentence(404, "There is no preview", "Nothing is written, or it has gone out.")
    return current_app.response_class(mail.html, content_type="text/html; charset=utf-8")


issue_as_mail.policy = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)

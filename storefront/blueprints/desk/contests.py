"""Contests at the desk: announced, looked at before, changed while nobody has entered."""

from flask import abort, current_app, request, url_for

from storefront import beacon, prints
from storefront.blueprints.desk import contest_form, desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.door import takes_files
from storefront.markdown import rendered
from storefront.models import Contest, ContestEntry, ContestRules, Draw, Winner
from storefront.models.contest_changes import change_rules
from storefront.pages import go, now, wants_part
from storefront.prints import develop
from storefront.refusals import Refused

HERE = "/desk/contests"
ONE = f"/contests/<{NUMBER}:number>"
screen("Contests", HERE, ("editor",), "What people can win, its rules, and the draw.")


@desk.get("/contests")
@roles("editor")
def contests():
    rows = [(one, one.state(now())) for one in Contest.newest()]
    return show("desk/contests/list.html", contests=rows, said=session.once("said"))


@desk.get("/contests/new")
@roles("editor")
def new_contest():
    return _form(contest_form.fresh(now()))


def _form(typed, status: int = 200, refusal: Refused | None = None, preview=None):
    """The form of a new contest, or of one that may still be changed: `of` is its number."""
    context = {
        "typed": typed,
        "of": request.form.get("of", "") if refusal or preview else typed.get("of", ""),
        "refusal": refusal,
        "preview": preview,
        "state": preview and preview.state(now()),
        "text": preview and rendered(preview.text),
        "chain": beacon.NAME,
    }
    return show("desk/contests/form.html", "desk/contests/_form.html", status, **context)


@desk.post("/contests/preview")
@roles("editor")
def preview_contest():
    """The form again, with the page as visitors would see it; nothing is kept."""
    try:
        slug, facts = contest_form.read(request.form)
        shown = Contest(slug=slug, **facts)
    except Refused as refusal:
        return _form(request.form, 422, refusal)
    return _form(request.form, preview=shown)


@desk.post("/contests")
@roles("editor")
def announce():
    try:
        slug, facts = contest_form.read(request.form)
        posted = Contest.begin(slug, now(), **facts)
    except Refused as refusal:
        return _form(request.form, 422, refusal)
    session.keep("said", f"“{posted.title}” is announced.")
    return go(url_for("desk.contest", number=posted.id))


def of_number(number: int) -> Contest:
    """The contest of that number."""
    return Contest.get_or_none(Contest.id == number) or abort(404, "There is no such contest.")


@desk.get(f"{ONE}/words")
@roles("editor")
def contest_words(number: int):
    return _form(contest_form.typed(of_number(number)))


@desk.post(ONE)
@roles("editor")
def change_contest(number: int):
    held = of_number(number)
    try:
        _, facts = contest_form.read(request.form)
        Contest.announce(held.slug, now(), **facts)
    except Refused as refusal:
        return _form(request.form, 422, refusal)
    return changed(number, "Saved, as another version of its rules.")


@desk.get(ONE)
@roles("editor")
def contest(number: int):
    return page(number, said=session.once("said"))


def page(number: int, status: int = 200, refusal: Refused | None = None, said: str = ""):
    """All about one contest, and what can be done now."""
    held = of_number(number)
    context = {
        **_held_by(held),
        **_drawn_of(held),
        "most": prints.LARGEST >> 20,
        "typed": request.form if refusal else {},
        "wrong": refusal.problems if refusal else {},
        "refusal": refusal,
        "said": said,
    }
    return show("desk/contests/page.html", "desk/contests/_contest.html", status, **context)


def _held_by(held: Contest) -> dict:
    counted, waiting = ContestEntry.counts(held)
    return {
        "contest": held,
        "state": held.state(now()),
        "counted": counted,
        "waiting": waiting,
        "versions": ContestRules.of(held),
    }


def _drawn_of(held: Contest) -> dict:
    """How far its draw has come; `relay` is where the beacon's value can be read."""
    draw = Draw.of(held) if held.committed_at else None
    return {
        "draw": draw,
        "winners": Winner.of(draw) if draw else [],
        "due": bool(draw) and now() >= draw.due_at,
        "relay": beacon.path_of(draw.round) if draw and draw.round else "",
        "least": beacon.LEAST_DICE,
    }


def changed(number: int, said: str):
    """The page as it is now."""
    if wants_part():
        return page(number, said=said)
    session.keep("said", said)
    return go(url_for("desk.contest", number=number))


@desk.post(f"{ONE}/rules")
@roles("editor")
def post_rules(number: int):
    form = request.form
    text = form.get("text", "").replace("\r\n", "\n").strip()
    changes = " ".join(form.get("changes", "").split())[:500]
    try:
        told = change_rules(of_number(number), text, changes, form.get("seen", ""), now())
    except Refused as refusal:
        return page(number, 422, refusal)
    current_app.extensions["wake_worker"]()
    people = "1 person is" if told == 1 else f"{told:,} people are"
    return changed(number, f"The new version is in force, and {people} told by mail.")


@desk.post(f"{ONE}/picture")
@takes_files(prints.LARGEST + 1, prints.LARGEST + 2**20)
@roles("editor")
def hang_picture(number: int):
    held, file = of_number(number), request.files.get("file")
    words = " ".join(request.form.get("alt", "").split())[:500]
    try:
        held.hang(_developed(file), words)
    except Refused as refusal:
        return page(number, 422, _beside_the_file(refusal))
    return changed(number, "The picture is on the contest's page.")


def _developed(file) -> dict:
    if not file or not file.filename:
        raise Refused(picture="Choose a picture.")
    media = current_app.extensions["settings"].instance / "media"
    return vars(develop(file.stream.read(prints.LARGEST + 1), media))


def _beside_the_file(refusal: Refused) -> Refused:
    return Refused(**{name or "picture": words for name, words in refusal.problems.items()})


@desk.post(f"{ONE}/picture/removal")
@roles("editor")
def remove_contest_picture(number: int):
    of_number(number).hang(None, "")
    return changed(number, "The picture is gone.")

"""One testimonial at the desk: all of it but its address, what became of it, and our reply."""

from datetime import UTC, datetime

from flask import Response, abort, current_app, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted, noted_as, noting
from storefront.models import StaffAction, Testimonial
from storefront.models.moderating import LONGEST_REPLY, REASONS
from storefront.models.staff_action import LOOKING
from storefront.models.testimonial_queue import QUEUES
from storefront.pages import go, now, require, show_testimonial_picture, wants_part
from storefront.refusals import Refused

GONE = "There is no such testimonial: it was taken back or erased, or nobody has confirmed it."
DONE = {
    "approved": "Approved",
    "refused": "Refused",
    "answered": "Replied to",
    "removed": "Our reply was taken back",
}


@desk.get(f"/testimonials/<{NUMBER}:number>")
@roles("moderator")
@noted_as("opened")
def testimonial(number: int):
    one = found(number)
    noted("opened", one)
    return one_page(one)


def found(number: int) -> Testimonial:
    """One that was confirmed; where it is gone, a page says so, or a card in its place."""
    one = Testimonial.get_or_none(Testimonial.id == number)
    if one is not None and one.state in QUEUES:
        return one
    if _is_of_a_card():
        part = "desk/testimonials/_gone.html"
        abort(show(part, part, 404, number=number, words=GONE))
    abort(404, GONE)


def _is_of_a_card() -> bool:
    return wants_part() and request.method == "POST" and "alone" not in request.form


def seen() -> datetime:
    """What the form was drawn from, as `Testimonial.as_of` gives it; else one that never was."""
    try:
        return datetime.fromisoformat(request.form.get("seen", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)


def one_page(one: Testimonial, status: int = 200, refusal: Refused | None = None, said: str = ""):
    """The testimonial as it stands; after a refusal with all that was typed."""
    context = {
        "one": one,
        "reasons": REASONS,
        "history": _history(one),
        "longest": LONGEST_REPLY,
        "refusal": refusal,
        "typed": request.form if refusal else {},
        "said": said or session.once("said"),
    }
    parts = "desk/testimonials/page.html", "desk/testimonials/_one.html"
    return show(*parts, status=status, **context)


def _history(one: Testimonial) -> list[tuple[datetime, str]]:
    """What became of it, as moments and words: of ours as long as the log of the desk goes back."""
    ours = [
        (each.at, f"{DONE[each.what]}, by the role of {each.role}")
        for each in StaffAction.of([one])
        if each.row and each.what not in LOOKING and each.at >= one.made_at
    ]
    came = f"Brought in with {one.imported_from}" if one.imported_from else "Written"
    theirs = [(one.made_at, came), (one.confirmed_at, "Confirmed by its author")]
    if one.changed_at not in (one.made_at, one.confirmed_at):
        theirs.append((one.changed_at, "Changed by its author"))
    if one.decided_at and not ours:
        theirs.append((one.decided_at, "Decided"))
    told = [each for each in theirs if each[0]] + ours
    return sorted(told, key=lambda each: each[0])


@desk.post(f"/testimonials/<{NUMBER}:number>/reply")
@roles("moderator")
@noted_as("answered", "removed")
def reply_to_testimonial(number: int):
    one, text = found(number), request.form.get("reply", "")
    try:
        require("testimonials")
        with noting("answered" if text.strip() else "removed", one):
            one.answer(text, now(), seen())
    except Refused as refusal:
        return one_page(found(number), 422, refusal)
    current_app.extensions["wake_worker"]()
    said = "Our reply is shown, and on its way by mail." if one.reply else "There is no reply now."
    if wants_part():
        return one_page(one, said=said)
    session.keep("said", said)
    return go(f"/desk/testimonials/{one.id}")


@desk.get(f"/testimonials/<{NUMBER}:number>/pictures/<name>")
@roles("moderator")
@noted_as("opened")
def testimonial_picture(number: int, name: str) -> Response:
    """A file of one of its pictures, shown or not yet."""
    one = found(number)
    response = show_testimonial_picture(name, one.pictures)
    noted("opened", one)
    return response

"""What customers say of products: the queue of what waits for a decision, and what was decided.

Who decides sees no rating: the stars of what waits are nowhere in these pages.
"""

import re
from datetime import UTC, datetime, timedelta

from flask import current_app, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted, noted_as, noting
from storefront.blueprints.desk.testimonials_one import found, one_page, seen
from storefront.models import Testimonial, testimonial_queue
from storefront.models.moderating import REASONS
from storefront.models.testimonial_queue import QUEUES
from storefront.pages import go, now, wants_part
from storefront.refusals import Refused

MOST = 20  # of one page
QUEUE = "/desk/testimonials"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
KEY = re.compile(r"([0-9]{1,11})\.([0-9]{1,6})\.([0-9]{1,10})")


def _waiting() -> list[tuple[str, str]]:
    count = testimonial_queue.count_waiting()
    what = "1 testimonial waits" if count == 1 else f"{count:,} testimonials wait"
    return [(f"{what} for a decision", QUEUE)] if count else []


WORDS = "What customers say of things: read before it is shown."
screen("Testimonials", QUEUE, ("moderator",), WORDS, _waiting)


@desk.get("/testimonials")
@roles("moderator")
@noted_as("listed")
def testimonials():
    noted("listed", Testimonial)
    return _list()


def _list(status: int = 200, **context):
    wanted, beyond = request.values.get("list", ""), _beyond()
    chosen = wanted if wanted in QUEUES else "waiting"
    rows = testimonial_queue.page_of(chosen, beyond, MOST + 1)
    more = len(rows) > MOST
    shown = {"queues": QUEUES, "counts": testimonial_queue.counts(), "chosen": chosen}
    shown |= {"rows": rows[:MOST], "beyond": _key(beyond), "keys": session.wants_keys()}
    shown |= {"further": _key(testimonial_queue.place_of(rows[MOST - 1])) if more else ""}
    shown |= {"reasons": REASONS, "said": session.once("said"), "refusal": None} | context
    parts = "desk/testimonials/list.html", "desk/testimonials/_list.html"
    return show(*parts, status=status, **shown)


def _key(place: tuple[datetime, int] | None) -> str:
    """A place in a list, for an address: seconds, microseconds, and the number of the row.

    With points between, so that the door never takes it for a card's number.
    """
    if not place:
        return ""
    since, row = place[0] - BEGINNING, place[1]
    return f"{since // timedelta(seconds=1)}.{since.microseconds}.{row}"


def _beyond() -> tuple[datetime, int] | None:
    found = KEY.fullmatch(request.values.get("beyond", ""))
    if not found:
        return None
    seconds, micros, row = (int(part) for part in found.groups())
    since = timedelta(seconds=seconds, microseconds=micros)
    return BEGINNING + since, min(row, 2**31 - 1)


@desk.post(f"/testimonials/<{NUMBER}:number>/approval")
@roles("moderator")
@noted_as("approved")
def approve_testimonial(number: int):
    one = found(number)
    try:
        with noting("approved", one):
            one.approve(seen(), now())
    except Refused as refusal:
        return _refused(number, refusal)
    return _decided(one, "Approved, and shown from now on.")


@desk.post(f"/testimonials/<{NUMBER}:number>/refusal")
@roles("moderator")
@noted_as("refused")
def refuse_testimonial(number: int):
    one = found(number)
    try:
        with noting("refused", one):
            _refuse(one, request.form.get("reason", ""))
    except Refused as refusal:
        return _refused(number, refusal)
    return _decided(one, "Refused, and its author is written why.")


def _refuse(one: Testimonial, reason: str) -> None:
    """What waits, or what is shown and was read as such."""
    if one.is_shown:
        one.take_down(reason, now(), seen())
    else:
        one.refuse(reason, seen(), now())


def _refused(number: int, refusal: Refused):
    """Where it was to be decided, as it stands by now."""
    one = found(number)
    if "alone" in request.form:
        return one_page(one, 422, refusal)
    if wants_part():
        return _card(one, 422, refusal=refusal)
    return _list(422, refusal=refusal, about=one)


def _decided(one: Testimonial, said: str):
    """The page of the one, or the queue where it goes on."""
    current_app.extensions["wake_worker"]()
    if wants_part():
        return one_page(one, said=said) if "alone" in request.form else _card(one, said=said)
    session.keep("said", said)
    return go(f"{QUEUE}/{one.id}" if "alone" in request.form else _next(one))


def _card(one: Testimonial, status: int = 200, **context):
    context = {"reasons": REASONS, "beyond": _key(_beyond()), "refusal": None} | context
    counts = {"queues": QUEUES, "counts": testimonial_queue.counts(), "chosen": "waiting"}
    card = "desk/testimonials/_decision.html"
    return show(card, card, status=status, one=one, keys=session.wants_keys(), **counts, **context)


def _next(one: Testimonial) -> str:
    """The page of the queue that it was decided on, at the one that stands there next."""
    following = testimonial_queue.page_of("waiting", testimonial_queue.place_of(one), 1)
    if not following:
        return QUEUE
    return f"{QUEUE}?beyond={_key(_beyond())}#testimonial-{following[0].id}"


@desk.post("/testimonials/keys")
@roles("moderator")
def moderation_keys():
    """Single keys do something or nothing, as whoever is signed in wants it."""
    session.want_keys("on" in request.form)
    if wants_part():
        part = "desk/testimonials/_keys.html"
        return show(part, part, keys=session.wants_keys(), reasons=REASONS, opened=True)
    return go(QUEUE)

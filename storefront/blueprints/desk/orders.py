"""The orders, by where they stand; finding one; and saying of several at once that they are packed.

Searching is a form that is posted, because names and addresses do not belong into addresses of
pages: those are kept in logs and in the browser's history. It changes nothing.
"""

from flask import current_app, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import roles
from storefront.blueprints.desk.log import noted, noted_as, noting, role_of
from storefront.models import Order, order_queue
from storefront.models.order_queue import QUEUES, SHORTEST
from storefront.pages import go, now, wants_part
from storefront.refusals import Refused

MOST = 50  # orders of one page
MOST_TOLD = 10  # of those that could not be packed
LARGEST = 2**31 - 1
NONE_TICKED = "Tick the orders that are packed."


def _waiting() -> list[tuple[str, str]]:
    counts = order_queue.counts()
    to_do = {"to-pack": "to pack", "packed": "to send", "partly-sent": "to send the rest of"}
    return [
        (f"{n:,} order{'s' if n != 1 else ''} {what}", f"/desk/orders?queue={queue}")
        for queue, what in to_do.items()
        if (n := counts[queue])
    ]


WORDS = "What was ordered: pack it, send it, settle it."
screen("Orders", "/desk/orders", ("fulfilment",), WORDS, _waiting)


@desk.get("/orders")
@roles("fulfilment")
@noted_as("listed")
def orders():
    noted("listed", Order)
    return _queue()


def _queue(status: int = 200, refusal: Refused | None = None, said: str = ""):
    wanted = request.values.get("queue", "")
    chosen = wanted if wanted in QUEUES else "to-pack"
    beyond = max(0, min(request.args.get("beyond", 0, int), LARGEST))
    found = order_queue.page_of(QUEUES[chosen], beyond, MOST + 1)
    further = found[MOST - 1].id if len(found) > MOST else 0
    said = said or session.once("said")
    context = {"chosen": chosen, "beyond": beyond, "further": further, "said": said}
    return _show(found[:MOST], status, refusal=refusal, **context)


def _show(rows: list[Order], status: int = 200, **context):
    shown = {"queues": QUEUES, "counts": order_queue.counts(), "rows": rows}
    shown |= {"lines": order_queue.lines_of(rows), "words": "", "ticked": _ticked()} | context
    return show("desk/orders/queue.html", "desk/orders/_queue.html", status=status, **shown)


@desk.post("/orders/searches")
@roles("fulfilment")
@noted_as("searched", "listed")
def find_orders():
    words = request.form.get("words", "").strip()
    if not words:
        noted("listed", Order)
        return _queue()
    noted("searched", Order)
    found = order_queue.found(words, MOST + 1)
    context = {"more": len(found) > MOST, "too_short": len(words) < SHORTEST, "words": words}
    return _show(found[:MOST], chosen="", most=MOST, said=_how_many(found), **context)


def _how_many(found: list[Order]) -> str:
    if len(found) > MOST:
        return f"More than {MOST} orders."
    return "1 order." if len(found) == 1 else f"{len(found)} orders."


@desk.post("/orders/packing")
@roles("fulfilment")
@noted_as("packed")
def pack_orders():
    """Each by itself: what cannot be packed is told by its number, and the rest is done."""
    ticked = _ticked()
    if not ticked:
        return _queue(422, Refused(NONE_TICKED))
    refused = [trouble for number in ticked if (trouble := _pack(number))]
    done = len(ticked) - len(refused)
    if not done:
        return _queue(422, Refused(" ".join(_some_of(refused))))
    current_app.extensions["wake_worker"]()
    said = "1 order is packed." if done == 1 else f"{done} orders are packed."
    return _shown(" ".join([said, *_some_of(refused)]))


def _some_of(sentences: list[str]) -> list[str]:
    """They are kept in a cookie for the next page."""
    left = len(sentences) - MOST_TOLD
    return sentences[:MOST_TOLD] + ([f"And {left} more could not be packed."] if left > 0 else [])


def _ticked() -> list[int]:
    given = request.form.getlist("order", int)[:MOST]
    return [number for number in dict.fromkeys(given) if 0 < number <= LARGEST]


def _pack(number: int) -> str:
    """Say of one order that all of it is packed; a sentence where that cannot be, else ""."""
    order = Order.get_or_none(Order.id == number)
    if order is None:
        return "One of the orders is gone."
    try:
        with noting("packed", order):
            order.pack(None, now(), role_of(pack_orders))
    except Refused as refusal:
        return refusal.sentence
    return ""


def _shown(said: str):
    if wants_part():
        return _queue(said=said)
    session.keep("said", said)
    return go("/desk/orders?queue=to-pack")

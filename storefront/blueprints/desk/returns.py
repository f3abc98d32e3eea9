"""What customers withdrew from or send back: received, its money given back, or refused."""

from flask import abort, current_app, request

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.log import noted, noted_as, noting, role_of
from storefront.models import Return, return_queue
from storefront.models.suggested import most_to_give
from storefront.money import Money, decimals
from storefront.pages import go, now, wants_part
from storefront.refusals import Refused

MOST = 50  # returns of one page
LISTS = {
    "owed": ("To refund", return_queue.OWED),
    "coming": ("Coming back", ("asked",)),
    "done": ("Done", ("settled", "refused", "taken_back")),
}
ASKED = "The desk of the vault is asked to give {} back."
NOTHING_LEFT = "Settled: nothing is given back for it."
NO_SUM = "Please write sums as digits with at most one point, such as 36 or 36.00."


def _owed() -> list[tuple[str, str]]:
    """What is overdue comes first, and counts among what waits, too."""
    count = sum(return_queue.counts().get(state, 0) for state in return_queue.OWED)
    late = return_queue.count_overdue(now()) if count else 0
    overdue = "1 refund is overdue" if late == 1 else f"{late} refunds are overdue"
    waits = "1 return waits for a refund" if count == 1 else f"{count} returns wait for a refund"
    said = [overdue] * bool(late) + [waits] * bool(count)
    return [(each, "/desk/returns") for each in said]


WORDS = "What comes back, and what is owed for it."
screen("Returns", "/desk/returns", ("fulfilment",), WORDS, _owed)


@desk.get("/returns")
@roles("fulfilment")
def returns():
    wanted = request.args.get("list", "")
    chosen = wanted if wanted in LISTS else "owed"
    beyond = max(0, min(request.args.get("beyond", 0, int), 2**31 - 1))
    found = return_queue.page_of(LISTS[chosen][1], beyond, MOST + 1, now())
    context = {"lists": LISTS, "chosen": chosen, "beyond": beyond, "returns": found[:MOST]}
    context["further"] = found[MOST - 1].id if len(found) > MOST else 0
    counts = return_queue.counts()
    context["counts"] = {
        name: sum(counts.get(state, 0) for state in states) for name, (_, states) in LISTS.items()
    }
    return show("desk/returns/page.html", "desk/returns/_returns.html", at=now(), **context)


@desk.get(f"/returns/<{NUMBER}:number>")
@roles("fulfilment")
@noted_as("opened")
def one_return(number: int):
    back = _found(number)
    noted("opened", back)
    return _page(back)


def _found(number: int) -> Return:
    found = Return.get_or_none(Return.id == number)
    return found or abort(404, "There is no such return: it went with its order.")


def _page(back: Return, status: int = 200, refusal: Refused | None = None, said: str = ""):
    """The return as it stands; after a refusal with all that was typed."""
    owed = most_to_give(back) if back.state == "received" else {}
    context = {
        "back": back,
        "order": back.order,
        "overdue": back.is_overdue(now()),
        "contents": back.contents(),
        "owed": {n: Money(owed.get(n, 0), back.order.currency) for n in [*owed, None]},
        "sums": {n: _written(minor, back.order.currency) for n, minor in owed.items()},
        "returns": [each for each in Return.of_order(back.order) if each.id != back.id],
        "refusal": refusal,
        "typed": request.form if refusal else {},
        "ticked": _ticked() if refusal else None,
        "said": said or session.once("said"),
    }
    return show("desk/returns/return.html", "desk/returns/_return.html", status=status, **context)


def _shown(number: int, said: str):
    current_app.extensions["wake_worker"]()
    if wants_part():
        return _page(_found(number), said=said)
    session.keep("said", said)
    return go(f"/desk/returns/{number}")


@desk.post(f"/returns/<{NUMBER}:number>/receipt")
@roles("fulfilment")
@noted_as("returned")
def receive_return(number: int):
    back = _found(number)
    try:
        came = _quantities(back)
        shelf = {line for line in came if str(line) in _ticked()}
        with noting("returned", back):
            back.receive(came, shelf, now(), _role())
    except Refused as refusal:
        return _page(_found(number), 422, refusal)
    return _shown(number, "Received. The customer was told; now its money is owed.")


def _ticked() -> list[str]:
    return request.form.getlist("shelf")


def _quantities(back: Return) -> dict[int, int]:
    """How many of each line came, as typed; what is not in the form did not come."""
    typed = {x.line_id: request.form.get(f"came-{x.line_id}", "").strip() for x in back.lines}
    if not all(not t or (t.isascii() and t.isdecimal() and len(t) < 10) for t in typed.values()):
        raise Refused("Please give whole numbers.")
    return {line: int(text or 0) for line, text in typed.items()}


@desk.post(f"/returns/<{NUMBER}:number>/refund")
@roles("fulfilment")
@noted_as("refunded")
def refund_return(number: int):
    back, payments = _found(number), current_app.extensions["payments"]
    try:
        with noting("refunded", back):
            sums = _sums(back)
            sign, answer = payments.signing(back.order), request.form.get("answer", "")
            given = back.settle(sums, answer, sign, now(), _role())
    except Refused as refusal:
        return _page(_found(number), 422, refusal)
    payments.hear_all(now())
    return _shown(number, ASKED.format(given) if given else NOTHING_LEFT)


def _sums(back: Return) -> dict[int | None, int]:
    """The sums as typed, by line; one that is not in the form is nothing."""
    # At the desk only; see `sparing`.
    from storefront.exchange.amounts import LARGEST_SUM, minor_units
    from storefront.exchange.catalogue import BadCatalogue

    places, sums = decimals(back.order.currency), {}
    try:
        for line in [*(each.line_id for each in back.lines), None]:
            text = request.form.get(f"sum-{line or 'rest'}", "").strip()
            sums[line] = minor_units(text, places, 0, "The sum", LARGEST_SUM) if text else 0
    except BadCatalogue:
        raise Refused(NO_SUM) from None
    return sums


def _written(minor: int, currency: str) -> str:
    from storefront.exchange.amounts import written

    return written(minor, decimals(currency))


@desk.post(f"/returns/<{NUMBER}:number>/refusal")
@roles("fulfilment")
@noted_as("refused")
def refuse_return(number: int):
    back = _found(number)
    try:
        with noting("refused", back):
            back.refuse(request.form.get("answer", ""), now(), _role())
    except Refused as refusal:
        return _page(_found(number), 422, refusal)
    return _shown(number, "Refused, and the customer told why.")


def _role() -> str:
    return role_of(current_app.view_functions[request.endpoint])

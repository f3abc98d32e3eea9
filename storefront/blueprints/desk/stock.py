"""Stock at the desk: what is low, what was put right by hand and why."""

from flask import g, request, url_for

from storefront.blueprints.desk import desk, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.products import page_number, paging
from storefront.blueprints.desk.typed import Form
from storefront.models import Product, StockAdjustment, Variant, desk_lists
from storefront.models.adjustment import LONGEST_NOTE, REASONS
from storefront.pages import go, now, sentence, wants_part
from storefront.refusals import Refused

WHO = ("fulfilment", "editor")


def _waiting() -> list[tuple[str, str]]:
    if not (n := desk_lists.how_many_low()):
        return []
    more = " or more" if n == desk_lists.PER_PAGE else ""
    return [(f"{n}{more} thing{'s are' if n > 1 else ' is'} low on stock", "/desk/stock")]


WORDS = "What is running low, and putting right what is there."
screen("Stock", "/desk/stock", WHO, WORDS, _waiting)
SHOWN = 30  # adjustments of the past


@desk.get("/stock")
@roles(*WHO)
def stock():
    query = " ".join(request.args.get("q", "").split())[:200]
    found = desk_lists.stock_of(query) if query else desk_lists.low(page_number())
    return show(
        "desk/stock/page.html",
        "desk/stock/_found.html",
        query=query,
        found=found,
        pages={} if query else paging(found.more, "desk.stock"),
        said=f"{len(found.rows)} on this page." if found.rows else "Nothing found.",
    )


@desk.get(f"/stock/<{NUMBER}:number>")
@roles(*WHO)
def stock_of(number: int):
    return _page(number, said=session.once("said"))


def _page(number: int, status: int = 200, refusal: Refused | None = None, said: str = ""):
    rows = Variant.select(Variant, Product).join(Product)
    variant = rows.where(Variant.id == number).first()
    if variant is None:
        words = "It was removed from its product, and what was noted of its stock with it."
        return sentence(404, "This variant is not there", words)
    return show(
        "desk/stock/variant.html",
        "desk/stock/_variant.html",
        status,
        variant=variant,
        product=variant.product,
        adjustments=StockAdjustment.newest(variant, SHOWN),
        reasons=REASONS,
        wrong=refusal.problems if refusal else {},
        typed=request.form if refusal else {},
        said=said,
    )


@desk.post(f"/stock/<{NUMBER}:number>/adjustments")
@roles(*WHO)
def adjust_stock(number: int):
    try:
        with Form(request.form) as form:
            pieces = form.count("pieces", -(10**6), 10**6)
            note = form.line("note", longest=LONGEST_NOTE)
        reason = request.form.get("reason", "")
        made = StockAdjustment.make(number, reason, pieces, note=note, role=role(), at=now())
    except Refused as refusal:
        return _page(number, 422, refusal)
    said = f"Now there are {made.left:,}, {made.by:+,}."
    if wants_part():
        return _page(number, said=said)
    session.keep("said", said)
    return go(url_for("desk.stock_of", number=number))


def role() -> str:
    """The role in which somebody adjusts; never who it is."""
    return next((each for each in WHO if each in g.staff.roles), "manager")

"""A product's variants at the desk: price, order, what each is, and what each has cost."""

from flask import abort, request, url_for

from storefront.blueprints.desk import desk, product_form, session
from storefront.blueprints.desk.frame import show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.products import changed, no_product, on_page, product_page
from storefront.blueprints.desk.typed import Form, shown
from storefront.door import takes_text
from storefront.models import PriceChange, Product, Variant, shopkeeping
from storefront.pages import go, now, sentence, wants_part
from storefront.refusals import Refused

PRODUCT = f"/products/<{NUMBER}:number>"
VARIANT = f"{PRODUCT}/variants/<{NUMBER}:variant>"
PRICES = 20  # of the past that are shown


@desk.post(f"{PRODUCT}/variants")
@takes_text(*product_form.TEXTS)
@roles("editor")
def add_variant(number: int):
    product = Product.get_or_none(Product.id == number)
    if product is None:
        return no_product()
    try:
        facts = product_form.facts_of_variant(request.form, product)
        made = shopkeeping.add_variant(number, facts, now())
    except Refused as refusal:
        return product_page(number, 422, refusal, "variant", added=_typed())
    return changed(number, f"{made.name or 'The variant'} was added.")


def _typed() -> dict:
    return request.form.to_dict()


@desk.get(VARIANT)
@roles("editor")
def variant(number: int, variant: int):
    found = _find(number, variant)
    return _page(found) if found else _no_variant()


def _find(number: int, variant: int) -> Variant | None:
    rows = Variant.select(Variant, Product).join(Product)
    return rows.where(Variant.id == variant, Variant.product == number).first()


def _no_variant():
    words = "It was removed from its product. Orders keep what they say of it."
    return sentence(404, "This variant is not there", words)


def _page(variant: Variant, status: int = 200, **context):
    context = {
        "variant": variant,
        "product": variant.product,
        "typed": product_form.of_variant(variant),
        "prices": PriceChange.newest(variant, PRICES),
        "wrong": {},
        "said": session.once("said"),
    } | context
    return show("desk/products/variant.html", "desk/products/_variant.html", status, **context)


@desk.post(VARIANT)
@takes_text(*product_form.TEXTS)
@roles("editor")
def edit_variant(number: int, variant: int):
    found, facts = _find(number, variant), None
    if found is None:
        return _no_variant()
    try:
        facts = product_form.facts_of_variant(request.form, found.product)
        shopkeeping.edit_variant(number, variant, request.form.get("seen", ""), facts, now())
    except Refused as refusal:
        return _refused(found, facts, refusal)
    if wants_part():
        return _page(_find(number, variant), said="Saved.")
    session.keep("said", "Saved.")
    return go(url_for("desk.variant", number=number, variant=variant))


def _refused(variant: Variant, facts: dict | None, refusal: Refused):
    stands = getattr(refusal, "now", None)
    seen = {"seen": shopkeeping.version(stands)} if stands else {}
    wrong = product_form.beside(refusal, facts)
    return _page(variant, 422, typed=_typed() | seen, wrong=wrong)


@desk.post(f"{VARIANT}/price")
@roles("editor")
def reprice(number: int, variant: int):
    found = _find(number, variant)
    if found is None:
        return _no_variant()
    try:
        with Form(request.form) as form:
            minor = form.money("price", found.currency, "Please give a price.")
            was = form.money("was", found.currency, "Please give a price.")
        shopkeeping.reprice(number, variant, was, minor, now())
    except Refused as refusal:
        return _row(number, variant, 422, refusal)
    return _row(number, variant, said=f"{found.name or 'It'} costs {shown(minor, found.currency)}.")


def _row(number: int, variant: int, status: int = 200, refusal: Refused | None = None, said=""):
    """The row of a variant for htmx, or the whole product."""
    if wants_part() and (found := _find(number, variant)):
        return show(
            "desk/products/page.html",
            "desk/products/_row.html",
            status,
            product=found.product,
            variant=found,
            wrong=refusal.problems if refusal else {},
            given=request.form if refusal else {},
            amount=shown,
            on_page=on_page(),
            said=said or (refusal.sentence if refusal else ""),
        )
    if refusal is None:
        return changed(number, said)
    given = {"given": request.form}
    return product_page(number, status, refusal, f"v{variant}", **given)


@desk.post(f"{VARIANT}/place")
@roles("editor")
def move_variant(number: int, variant: int):
    by = {"up": -1, "down": 1}.get(request.form.get("to", ""))
    if by is None:
        abort(400)
    try:
        shopkeeping.move_variant(number, variant, by, now())
    except Refused as refusal:
        return product_page(number, 422, refusal, "variants")
    return changed(number, "Moved.")


@desk.post(f"{VARIANT}/removal")
@roles("editor")
def remove_variant(number: int, variant: int):
    try:
        shopkeeping.remove_variant(number, variant, now())
    except Refused as refusal:
        return product_page(number, 422, refusal, "variants")
    session.keep("said", "The variant was removed. Orders keep what they say of it.")
    return go(url_for("desk.product", number=number))

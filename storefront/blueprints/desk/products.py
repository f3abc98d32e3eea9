"""Products at the desk: the list, making one, what it says of itself, its options."""

from flask import current_app, request, url_for

from storefront.blueprints.desk import desk, product_form, session
from storefront.blueprints.desk.frame import screen, show
from storefront.blueprints.desk.guard import NUMBER, roles
from storefront.blueprints.desk.typed import Form, shown
from storefront.door import takes_text
from storefront.models import Product, desk_lists, options, shopkeeping
from storefront.models.desk_lists import Asked
from storefront.pages import go, now, sentence, wants_part
from storefront.refusals import Refused

screen(
    "Products",
    "/desk/products",
    ("editor",),
    "What the shop sells: words, options, variants and prices.",
)

AT_ONCE = 50  # variants on a page
MOST_PAGES = 10_000
OFFERED = 10  # of what is found, to be chosen elsewhere at the desk


def page_number() -> int:
    """The page that is asked for, from 1."""
    number = request.args.get("page", 1, type=int)
    return min(max(number, 1), MOST_PAGES)


def offered() -> dict:
    """What is looked for, to be chosen for something else, and the first of what is found."""
    query = " ".join(request.values.get("q", "").split())[:200]
    found = desk_lists.products(Asked(query=query)).rows if query else []
    return {"query": query, "found": found[:OFFERED]}


@desk.get("/products")
@roles("editor")
def products():
    return _list()


def _list(status: int = 200, refusal: Refused | None = None):
    asked = _asked()
    found = desk_lists.products(asked)
    kept = {name: value for name, value in request.args.items() if name != "page"}
    context = {
        "asked": asked,
        "found": found,
        "statuses": shopkeeping.STATUSES,
        "pages": paging(found.more, "desk.products", **kept),
        "wrong": refusal.problems if refusal else {},
        "typed": request.form,
        "said": f"{len(found.rows)} products on this page." if found.rows else "Nothing found.",
    }
    return show("desk/products/list.html", "desk/products/_found.html", status, **context)


def _asked() -> Asked:
    """What the address asks for."""
    return Asked(
        query=" ".join(request.args.get("q", "").split())[:200],
        status=request.args.get("status", ""),
        low="low" in request.args,
        unpictured="unpictured" in request.args,
        page=page_number(),
    )


def paging(more: bool, endpoint: str, **values) -> dict[str, str]:
    """The addresses of the pages before and after the one that is asked for."""
    page = page_number()
    numbers = {"prev": page - 1, "next": page + 1 if more else 0}
    return {rel: url_for(endpoint, **values, page=n) for rel, n in numbers.items() if n}


def on_page() -> dict[str, int]:
    """What has an address lead to the page that is asked for; nothing for the first."""
    return {"page": page_number()} if page_number() > 1 else {}


@desk.post("/products")
@roles("editor")
def make_product():
    currency = current_app.extensions["settings"].currency
    try:
        with Form(request.form) as form:
            title = form.line("title", "Please give it a title.")
            minor = form.money("price", currency, "Please give a price.")
        made = shopkeeping.make(title, minor, currency, now())
    except Refused as refusal:
        return _list(422, refusal)
    session.keep("said", "It is a draft: nobody sees it until its status says otherwise.")
    return go(url_for("desk.product", number=made.id))


@desk.get(f"/products/<{NUMBER}:number>")
@roles("editor")
def product(number: int):
    return product_page(number, said=session.once("said"))


def product_page(
    number: int, status: int = 200, refusal: Refused | None = None, where: str = "", **context
):
    """The page of a product; `where` names the form that a refusal concerns."""
    product = Product.get_or_none(Product.id == number)
    if product is None:
        return no_product()
    told = {"refusal": refusal, "where": where, "wrong": refusal.problems if refusal else {}}
    context = {"said": ""} | told | _shown_of(product) | context
    return show("desk/products/page.html", "desk/products/_product.html", status, **context)


def _shown_of(product: Product) -> dict:
    """What the page shows of a product as it stands: words, options, a page of variants."""
    variants = product.in_order()
    first = (page_number() - 1) * AT_ONCE
    more = len(variants) > first + AT_ONCE
    return {
        "product": product,
        "variants": variants[first : first + AT_ONCE],
        "count": len(variants),
        "pages": paging(more, "desk.product", number=product.id),
        "on_page": on_page(),
        "options": product_form.options_of(product, variants),
        "options_seen": options.version(product, variants),
        "typed": product_form.of_product(product),
        "added": product_form.of_new_variant(product, variants),
        "statuses": shopkeeping.STATUSES,
        "amount": shown,
    }


def no_product():
    """Where a product was."""
    words = "It was taken out of the shop. Those that there are stand under Products."
    return sentence(404, "This product is not there", words)


def changed(number: int, said: str):
    """The product as it is now, and a sentence about what was done."""
    if wants_part():
        return product_page(number, said=said)
    session.keep("said", said)
    return go(url_for("desk.product", number=number, **on_page()))


@desk.post(f"/products/<{NUMBER}:number>")
@takes_text(*product_form.TEXTS)
@roles("editor")
def edit_product(number: int):
    product, facts = Product.get_or_none(Product.id == number), None
    if product is None:
        return no_product()
    try:
        facts = product_form.facts_of_product(request.form, product)
        shopkeeping.edit(number, request.form.get("seen", ""), facts, now())
    except Refused as refusal:
        return _refused(product, facts, refusal)
    return changed(number, "Saved.")


def _refused(product: Product, facts: dict | None, refusal: Refused):
    """The form as it was typed; who was overtaken has seen now what stands."""
    stands = getattr(refusal, "now", product)
    seen = {"seen": shopkeeping.version(stands)} if stands is not product else {}
    typed = request.form.to_dict() | seen | {"published": "published" in request.form}
    wrong = product_form.beside(refusal, facts)
    return product_page(product.id, 422, refusal, "facts", typed=typed, wrong=wrong)


@desk.post(f"/products/<{NUMBER}:number>/options")
@roles("editor")
def arrange_options(number: int):
    product = Product.get_or_none(Product.id == number)
    if product is None:
        return no_product()
    wanted = []
    try:
        wanted = product_form.typed_options(request.form, product, product.in_order())
        options.arrange(number, request.form.get("seen", ""), wanted, now())
    except Refused as refusal:
        typed = {"options": wanted} if wanted else {}
        return product_page(number, 422, refusal, "options", **typed)
    return changed(number, "The options were saved.")

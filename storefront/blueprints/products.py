"""The catalogue: the listing, and a page for each product."""

from flask import Blueprint, abort, request

from storefront.models import Product
from storefront.models.choice import Choice
from storefront.pages import show

blueprint = Blueprint("products", __name__)
PER_PAGE = 24


@blueprint.get("/products")
def listing():
    on_sale = Product.on_sale()
    pages = max(1, -(-on_sale.count() // PER_PAGE))
    number = _page_number(request.args.get("page", "1"), pages)
    products = list(on_sale.order_by(Product.id).paginate(number, PER_PAGE))
    return show("products/listing.html", products=products, number=number, pages=pages)


def _page_number(text: str, pages: int) -> int:
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        abort(404, "Pages are numbered from 1.")
    if len(text) > 9 or int(text) > pages:
        last = "There is only one page" if pages == 1 else f"There are only {pages} pages"
        abort(404, f"{last} of products.")
    return int(text)


@blueprint.get("/products/<handle>")
def page(handle: str):
    product = find(handle)
    asked = [request.args.get(f"option{n + 1}") for n in range(len(product.options))]
    choice = Choice(product, tuple(asked))
    typed = request.args.get("quantity", "1")[:12]
    template = ("products/page.html", "products/_choice.html")
    return show(*template, product=product, choice=choice, typed=typed, said=_stock_words(choice))


def _stock_words(choice: Choice) -> str:
    """Price and stock of the choice, to be announced when it has changed."""
    variant = choice.variant
    if variant is None:
        return "Not made in this combination."
    left = "Sold out." if variant.left == 0 else "In stock."
    return f"{variant.price}. {left}"


def find(handle: str) -> Product:
    """The product on sale with that handle, or 404."""
    product = Product.on_sale().where(Product.handle == handle).first()
    if product is None:
        abort(404, "We do not sell this, or no longer. Have a look at what we do sell.")
    return product

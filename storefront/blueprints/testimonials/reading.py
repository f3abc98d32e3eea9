"""What everybody may read: all testimonials, those of a product, and each by itself."""

from flask import abort, current_app, request, url_for

from storefront.blueprints.testimonials import testimonials
from storefront.kept import SHORT
from storefront.models import Product, Rating, testimonial_list
from storefront.models.display import Display
from storefront.models.testimonial_list import Wanted
from storefront.pages import moved, public, show
from storefront.structured import rated_product

NUMBER = "int(max=2147483647)"
GONE = (
    "There is no such testimonial, or no longer: whoever writes one can change it or take it back "
    "at any time."
)
IN_WORDS = {1: "one star", 2: "two stars", 3: "three stars", 4: "four stars", 5: "five stars"}


@testimonials.get("/testimonials")
@public
def everything():
    return _list(url_for("testimonials.everything"), None, Rating.of_all())


@testimonials.get("/products/<handle>/testimonials")
@public
def of_product(handle: str):
    display = Display.of(handle)
    if display is None:
        return moved("testimonials.of_product", handle)
    path = url_for("testimonials.of_product", handle=handle)
    return _list(path, display.product, display.rating or Rating())


@testimonials.get(f"/testimonials/<{NUMBER}:number>")
@public
def page(number: int):
    found = testimonial_list.one(number) or abort(404, GONE)
    return show("testimonials/one.html", testimonial=found, public=SHORT)


def _list(path: str, product: Product | None, rating: Rating):
    try:
        wanted = Wanted.read(path, product and product.id, request.args)
    except ValueError as trouble:
        abort(404, str(trouble))
    found = testimonial_list.page_of(wanted, rating)
    heading = _heading(wanted, rating)
    context = {"product": product, "rating": rating, "wanted": wanted, "found": found}
    context |= {"heading": heading, "said": heading, "in_words": IN_WORDS, "public": SHORT}
    tags = ["testimonials", *([f"product-{product.handle}"] if product else [])]
    data = rated_product(product, rating, found.testimonials, _origin()) if product else None
    return show(
        "testimonials/list.html", "testimonials/_list.html", tags=tags, data=data, **context
    )


def _origin() -> str:
    return current_app.extensions["settings"].shop_origin


def _heading(wanted: Wanted, rating: Rating) -> str:
    """What is shown, in words; where some are left out, how many of how many and which."""
    count = wanted.count(rating)
    every = "one testimonial" if rating.count == 1 else f"{rating.count:,} testimonials"
    if not rating.count:
        return "Nobody has said anything yet"
    if not wanted.is_narrowed:
        return every.capitalize()
    which = [IN_WORDS[wanted.stars]] if wanted.stars else []
    which += ["with pictures"] if wanted.pictured else []
    shown = f"{count:,}" if count else "None"
    return f"{shown} of {every}: {', '.join(which)}"

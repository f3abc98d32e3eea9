"""A reseller's own page, by signed link: what they embed, how it looks, how often it is seen."""

from flask import Blueprint, abort, current_app, request

from storefront.embed import Embed, views
from storefront.models import Reseller
from storefront.pages import keep_from_caches, now, show, styled

blueprint = Blueprint("resellers", __name__)


@blueprint.get("/resellers/<link>")
def page(link: str):
    held = _behind(link)
    given = current_app.extensions
    response = show(
        "resellers/page.html",
        reseller=held,
        embed=Embed(held, given["settings"].shop_origin, given["assets"], request.args),
        days=views(held, now()),
    )
    styled(response, "resellers", frames=True)
    response.headers["X-Robots-Tag"] = "noindex"
    return keep_from_caches(response)


def _behind(link: str) -> Reseller:
    key = current_app.extensions["reseller_links"].read(link)
    return (key and Reseller.behind(key)) or abort(
        404,
        "This link does not open anything any more: the key it was made for was changed or "
        "revoked. Please ask us for a new link.",
    )

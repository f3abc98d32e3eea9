"""Pages that editors write: delivery, returns, terms, contact."""

from flask import Blueprint, abort

from storefront.markdown import rendered
from storefront.models import Page
from storefront.pages import public, show

blueprint = Blueprint("page", __name__)


@blueprint.get("/pages/<slug>")
@public
def page(slug: str):
    written = Page.get_or_none(Page.slug == slug)
    if written is None:
        abort(404)
    return show(
        "page/page.html", tags=[f"page-{slug}"], written=written, text=rendered(written.text)
    )

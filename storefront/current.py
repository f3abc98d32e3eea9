"""The shelves and the lists of the shop as they are at this request."""

from flask import current_app, g

from storefront.listing.lists import Lists
from storefront.pages import now
from storefront.shelf import Shelf


def shelf() -> Shelf:
    """The shelves, brought up to date once in a request; one query."""
    if "shelf" not in g:
        g.shelf = current_app.extensions["shelf"]
        g.shelf.refresh()
    return g.shelf


def lists() -> Lists:
    """The lists that are shown now."""
    return Lists(shelf(), current_app.extensions["settings"].currency, now())

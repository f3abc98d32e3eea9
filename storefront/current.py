"""What holds at this request: the moment, and the shelves and lists as they are then."""

from datetime import datetime

from flask import current_app, g

from storefront.listing.lists import Lists
from storefront.shelf import Shelf


def now() -> datetime:
    """The moment, in UTC; read here once and passed on, so that models know no clock."""
    return current_app.extensions["clock"]()


def shelf() -> Shelf:
    """The shelves, brought up to date once in a request; one query."""
    if "shelf" not in g:
        g.shelf = current_app.extensions["shelf"]
        g.shelf.refresh()
    return g.shelf


def lists() -> Lists:
    """The lists that are shown now."""
    return Lists(shelf(), current_app.extensions["settings"].currency, now())

"""Tickets of the desk: see `storefront.tickets`."""

from datetime import datetime, timedelta

from flask import current_app

from storefront.tickets import OFFER_FOR, Challenge, Tickets


def written(purpose: str, holder: str, offer, at: datetime, period: timedelta = OFFER_FOR) -> str:
    """A ticket for `holder` alone, good for that purpose and period."""
    return _tickets().written(purpose, holder, offer, at, period)


def read(purpose: str, holder: str, ticket: str, at: datetime):
    """What a ticket offers; raises `Refused` unless it is whole, theirs and not too old."""
    return _tickets().read(purpose, holder, ticket, at)


def challenge(purpose: str, holder: str, at: datetime) -> Challenge:
    """A challenge nobody has seen before."""
    return _tickets().challenge(purpose, holder, at)


def challenge_in(purpose: str, holder: str, ticket: str, at: datetime) -> bytes:
    """The challenge of a ticket that is still good."""
    return _tickets().challenge_in(purpose, holder, ticket, at)


def _tickets() -> Tickets:
    return Tickets(current_app.extensions["settings"].cookie_keys, "desk")

"""The desk's lists of returns: always a page at most, however many there are."""

from datetime import UTC, datetime, time

from peewee import Case, fn

from storefront.models.order import Order
from storefront.models.returning import GIVEN_BACK_WITHIN, Return

OWED = ("received",)


def counts() -> dict[str, int]:
    """How many returns there are in each state; one query."""
    return dict(Return.select(Return.state, fn.COUNT(Return.id)).group_by(Return.state).tuples())


def count_overdue(at: datetime) -> int:
    """For how many the last day to give the money back has passed; one query."""
    return Return.select().where(Return.state.in_(OWED), _overdue(at)).count()


def page_of(states: tuple[str, ...], beyond: int, most: int, at: datetime) -> list[Return]:
    """At most so many in these states, with their orders, from the one `beyond` that id on, unless
    it is 0. What is owed comes oldest first, and of that first what is overdue; the rest newest
    first."""
    return _owed(beyond, most, at) if states == OWED else _newest(states, beyond, most)


def _owed(beyond: int, most: int, at: datetime) -> list[Return]:
    turn = Case(None, [(_overdue(at), 0)], 1)
    found = Return.select(Return, Order).join(Order).where(Return.state.in_(OWED))
    if last := beyond and Return.get_or_none(Return.id == beyond):
        before = 0 if last.is_overdue(at) else 1
        found = found.where((turn > before) | ((turn == before) & (Return.id > beyond)))
    return list(found.order_by(turn, Return.id).limit(most))


def _newest(states: tuple[str, ...], beyond: int, most: int) -> list[Return]:
    found = Return.select(Return, Order).join(Order).where(Return.state.in_(states))
    found = found.where(Return.id < beyond) if beyond else found
    return list(found.order_by(Return.id.desc()).limit(most))


def _overdue(at: datetime):
    """As `Return.is_overdue`, in the database: the day of `give_back_by` is over."""
    today = datetime.combine(at.astimezone(UTC), time(), UTC)
    return (Return.asked_at < today - GIVEN_BACK_WITHIN) & (Return.received_at < today)

"""The desk's lists of testimonials: a page at most of each, however many there are."""

from dataclasses import dataclass
from datetime import datetime

from peewee import JOIN, fn

from storefront.models.moderating import Decision
from storefront.models.product import Product
from storefront.models.rating import Rating
from storefront.models.testimonial import Testimonial


@dataclass(frozen=True)
class Queue:
    """Those in one state. What `waits` comes oldest first, the rest newest first; of what was
    changed, that is when."""

    title: str
    nothing: str
    waits: bool = False


#: By state. One that nobody has confirmed yet is nobody's business but its author's.
QUEUES = {
    "waiting": Queue("Waiting", "Nothing waits for a decision.", True),
    "approved": Queue("Approved", "Nothing is approved yet."),
    "refused": Queue("Refused", "Nothing was refused within the last half year."),
}


def counts() -> dict[str, int]:
    """How many there are in each; what is approved is counted already, by product."""
    few = Testimonial.state.in_(["waiting", "refused"])
    rows = Testimonial.select(Testimonial.state, fn.COUNT(Testimonial.id)).where(few)
    found = dict(rows.group_by(Testimonial.state).tuples())
    return {state: found.get(state, 0) for state in QUEUES} | {"approved": Rating.of_all().count}


def count_waiting() -> int:
    """How many wait for a decision."""
    return Testimonial.queue().count()


def page_of(state: str, beyond: tuple[datetime, int] | None, most: int) -> list[Testimonial]:
    """At most so many of a list, with their products and decisions; one query.

    They come after the place `beyond`, whether or not anything stands there any more; None begins.
    """
    waits, moment, row = QUEUES[state].waits, Testimonial.changed_at, Testimonial.id
    found = Testimonial.select(Testimonial, Product, Decision).join(Product).switch(Testimonial)
    found = found.join(Decision, JOIN.LEFT_OUTER).where(Testimonial.state == state).limit(most)
    found = found.order_by(*([moment, row] if waits else [moment.desc(), row.desc()]))
    return list(found.where(_follows(waits, *beyond)) if beyond else found)


def _follows(waits: bool, at: datetime, number: int):
    """The first condition alone is what an index is read by."""
    moment, row = Testimonial.changed_at, Testimonial.id
    if waits:
        return (moment >= at) & ((moment > at) | (row > number))
    return (moment <= at) & ((moment < at) | (row < number))


def place_of(one: Testimonial) -> tuple[datetime, int]:
    """Where one stands in its list, for `page_of`."""
    return one.changed_at, one.id

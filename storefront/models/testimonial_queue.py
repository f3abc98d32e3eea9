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
    """Those in one state. What `waits` comes oldest first, the rest by what was decided last."""

    title: str
    nothing: str
    waits: bool = False

    @property
    def moment(self):
        """The column it is in order of."""
        return Testimonial.changed_at if self.waits else Testimonial.decided_at


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
    return Testimonial.select().where(Testimonial.state == "waiting").count()


def page_of(state: str, beyond: tuple[datetime, int] | None, most: int) -> list[Testimonial]:
    """At most so many of a list, with their products and decisions; one query.

    They come after the place `beyond`, whether or not anything stands there any more; None begins.
    """
    queue, row = QUEUES[state], Testimonial.id
    order = [queue.moment, row] if queue.waits else [queue.moment.desc(), row.desc()]
    found = Testimonial.select(Testimonial, Product, Decision).join(Product).switch(Testimonial)
    found = found.join(Decision, JOIN.LEFT_OUTER).order_by(*order).limit(most)
    found = found.where(Testimonial.state == state)
    return list(found.where(_follows(queue, *beyond)) if beyond else found)


def _follows(queue: Queue, at: datetime, number: int):
    """The first condition alone is what an index is read by."""
    moment, row = queue.moment, Testimonial.id
    if queue.waits:
        return (moment >= at) & ((moment > at) | (row > number))
    return (moment <= at) & ((moment < at) | (row < number))


def place_of(one: Testimonial) -> tuple[datetime, int]:
    """Where one stands in the list of its state, for `page_of`."""
    return getattr(one, QUEUES[one.state].moment.name), one.id

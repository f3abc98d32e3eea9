"""Testimonials without the web, in every state; for the tests."""

from datetime import datetime

from storefront.models import PolicyVersion, Product, Testimonial

GIVEN = {
    "words": "It kept me dry for three weeks on the coast path.",
    "name": "Ann",
    "email": "ann@example.com",
    "stars": 5,
    "connection": "",
    "shows_email": False,
    "for_resellers": False,
}


def written(product: Product, at: datetime, order=None, pictures=(), **other) -> Testimonial:
    """One that its author has written and not confirmed."""
    given, policy = GIVEN | other, PolicyVersion.last()
    return Testimonial.write(product, given, policy, at, order=order, pictures=pictures)


def waiting(product: Product, at: datetime, **other) -> Testimonial:
    """One that waits for a moderator."""
    testimonial = written(product, at, **other)
    testimonial.confirm(at)
    return testimonial


def approved(product: Product, at: datetime, **other) -> Testimonial:
    """One that everybody sees."""
    testimonial = waiting(product, at, **other)
    testimonial.approve(testimonial.changed_at, at)
    return testimonial


def several(product: Product, at: datetime, count: int, **other) -> list[Testimonial]:
    """So many that everybody sees, each of another author: person0@example.com and on."""
    return [
        approved(product, at, **{"name": f"Person {n}", "email": f"person{n}@example.com"} | other)
        for n in range(count)
    ]

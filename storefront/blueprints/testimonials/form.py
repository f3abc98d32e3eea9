"""The form of a testimonial, new or changed, and how its pictures come in."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import ClassVar

from flask import current_app
from flask_wtf.file import MultipleFileField
from limits import parse
from wtforms import (
    BooleanField,
    RadioField,
    SelectChoice,
    SelectField,
    TextAreaField,
    ValidationError,
)

from storefront import testimonial_pictures
from storefront.door import limiter, whose
from storefront.fields import address_of_mail, asked
from storefront.forms import UnderPolicy
from storefront.models import Testimonial
from storefront.models.authoring import CONNECTIONS, LONGEST, LONGEST_NAME, MOST_PICTURES
from storefront.models.testimonial import KEPT
from storefront.pages import closed
from storefront.personal import personal
from storefront.refusals import Refused
from storefront.testimonial_pictures import LARGEST

STARS = [SelectChoice(str(stars or "")) for stars in range(6)]
TIES = [SelectChoice(name, words or "None of these") for name, words in CONNECTIONS.items()]
LOOK_OVER = "Please look over what is marked below; then send it again."


def _as(column) -> dict:
    """What the record declares of that column: the form asks for the same."""
    return {name: column.personal[name] for name in ("clause", "why", "basis", "words")}


# What a view takes: bytes of a picture, of all together with the words, and how often.
FILES = (LARGEST + 1, MOST_PICTURES * (LARGEST + 2**20), "10 per hour")


class _Content(UnderPolicy):
    """What is said, as far as it can be changed later; `limits` are for its hints."""

    limits: ClassVar = {
        "characters": f"{LONGEST:,}",
        "pictures": MOST_PICTURES,
        "megabytes": LARGEST >> 20,
    }

    stars = RadioField("Your rating", choices=STARS, default="", validate_choice=False)
    words = personal(
        TextAreaField("What you think of it", render_kw={"rows": 7, "dir": "auto"}),
        **_as(Testimonial.words),
    )
    name = personal(
        asked("Name to show", "nickname", LONGEST_NAME, dir="auto"),
        **_as(Testimonial.name),
    )
    connection = personal(
        SelectField("Your tie to this shop", choices=TIES, validate_choice=False),
        **_as(Testimonial.connection),
    )
    pictures = personal(
        MultipleFileField(
            "Pictures (optional)",
            render_kw={"accept": "image/jpeg,image/png,image/webp,image/avif,image/gif"},
        ),
        **_as(Testimonial.pictures),
    )

    impersonal: tuple[str, ...] = ("policy_seen", "stars")
    kept = 0  # pictures that it has already and keeps

    @classmethod
    def clauses(cls) -> frozenset[str]:
        """Those without which there is no form at all."""
        return frozenset({"testimonials"})

    def given(self) -> dict:
        """What was typed, as the model takes it."""
        stars = self.stars.data or ""
        return {
            "words": self.words.data or "",
            "name": self.name.data or "",
            "stars": None if not stars else int(stars) if stars in "12345" else 0,
            "connection": self.connection.data or "",
        }

    def files(self) -> list:
        """The files that were chosen, by names that a person may read."""
        return [(_name(file), file) for file in self.pictures.data or []]

    def look_over(self, extra_validators=None) -> bool:
        """All fields, and what the record itself would say of them, at once."""
        good = super().look_over(extra_validators)
        try:
            Testimonial.check(self.given(), self.kept + len(self.files()))
        except Refused as refusal:
            self.mark(refusal)
            return False
        return good

    def mark(self, refusal: Refused) -> None:
        """Put each sentence beside the field it is about."""
        for name, sentence in refusal.problems.items():
            if name:
                self[name].errors = [*self[name].errors, sentence]

    def take_pictures(self) -> list[dict]:
        """What was chosen, developed. Raises `Refused`."""
        if not self.files():
            return []
        folder = testimonial_pictures.place(current_app.extensions["settings"])
        with _seconds_of_one():
            return testimonial_pictures.take_in(self.files(), folder)

    def forget_files(self) -> None:
        """Say which files have to be chosen again, as no form keeps them."""
        if names := ", ".join(f"“{name}”" for name, _ in self.files()):
            said = f"Nothing is kept of what was chosen: {names}. Please choose again."
            self.pictures.errors = [*self.pictures.errors, said]


SECONDS = parse("60 per hour")  # in which pictures of one address are developed
ENOUGH = (
    "Your pictures have kept us busy for a minute within the hour. Send this without them, and add "
    "them later from the link that we mail you."
)


@contextmanager
def _seconds_of_one() -> Iterator[None]:
    """Count what the block takes against the address that the form comes from."""
    who, began = ("developing", whose()), time.monotonic()
    if limiter.enabled and not limiter.limiter.test(SECONDS, *who):
        raise Refused(pictures=ENOUGH)
    try:
        yield
    finally:
        if limiter.enabled:
            limiter.limiter.hit(SECONDS, *who, cost=ceil(time.monotonic() - began))


class TestimonialForm(_Content):
    """A new one."""

    email = personal(
        asked("E-mail address", "email", 254, "author-email", type="email", inputmode="email"),
        **_as(Testimonial.email),
    )
    shows_email = BooleanField("Show my e-mail address with it")
    for_resellers = personal(
        BooleanField("Other shops that sell this may show it, too"),
        clause="resellers",
        why="to let resellers show what you say",
        basis="consent",
        keep=KEPT,  # as the version of the policy under which it was given
        words="whether resellers may show it",
    )

    impersonal = ("policy_seen", "stars", "shows_email")

    @property
    def closed_to_resellers(self) -> bool:
        """Whether nothing new may be asked for resellers."""
        return bool(closed("resellers"))

    def validate_email(self, field) -> None:
        if not field.data:
            raise ValidationError("Please give your e-mail address.")
        field.data = address_of_mail(field.data)

    def given(self) -> dict:
        """What was typed, as the model takes it; without an address where none is asked for."""
        return super().given() | {
            "email": self.email.data if "email" in self else "",
            "shows_email": self.shows_email.data,
            "for_resellers": self.for_resellers.data and not self.closed_to_resellers,
        }


class ChangeForm(_Content):
    """One that there is."""

    @classmethod
    def of(cls, testimonial: Testimonial) -> "ChangeForm":
        """With what stands there."""
        one = testimonial
        said = {"words": one.words, "name": one.name, "connection": one.connection}
        return cls(formdata=None, stars=str(one.stars or ""), **said)


def _name(file) -> str:
    return "".join(sign for sign in file.filename if sign.isprintable())[-60:]

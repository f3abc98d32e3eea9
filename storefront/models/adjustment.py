"""Stock that is put right by hand: what came in, broke, was lost or counted, and why."""

from datetime import datetime

from peewee import ForeignKeyField, IntegerField, TextField

from storefront.db import Moment, Record, database
from storefront.models import stock
from storefront.models.facet import note_availability
from storefront.models.product import Variant
from storefront.refusals import Refused

MOST = 1_000_000  # pieces in one adjustment
LONGEST_NOTE = 200
# Which way a reason moves the stock: more, less, either as it is typed, or to a number.
REASONS = {"received": 1, "returned": 1, "damaged": -1, "lost": -1, "other": 0, "counted": None}

GONE = "This variant was removed meanwhile."
NOT_COUNTED = "Its stock is not counted, so there is nothing to adjust. An editor can change that."
NEVER_COUNTED = "Nobody has counted it yet. Choose “counted”, and say how many there are."


class StockAdjustment(Record):
    """One change of a variant's stock by a person at the desk, known by role alone.

    `by` is how many more (or fewer, below 0), `left` what there was to sell after it.
    """

    variant = ForeignKeyField(Variant, backref="adjustments", on_delete="CASCADE")
    reason = TextField()
    by = IntegerField()
    left = IntegerField()
    note = TextField(default="")
    role = TextField()
    at = Moment()

    impersonal = ("reason", "note", "role")

    class Meta:
        indexes = ((("variant", "at"), False),)

    @classmethod
    def make(
        cls, number: int, reason: str, pieces: int, *, note: str, role: str, at: datetime
    ) -> "StockAdjustment":
        """Adjust the stock of the variant of that number, in one transaction with its record.

        Counting sets what there is; every other reason moves it by so many `pieces`, whatever
        orders take meanwhile. Raises `Refused`, with nothing changed.
        """
        _check(reason, pieces, note)
        with database.atomic():
            held = stock.held([number])
            if not held:
                raise Refused(GONE)
            by = _difference(held[0], reason, pieces)
            left = (held[0].stock or 0) + by
            if abs(left) > MOST * 100:
                raise Refused(pieces="That is more than the shop can count.")
            _set(held[0], by)
            return cls.create(
                variant=number, reason=reason, by=by, left=left, note=note, role=role, at=at
            )

    @classmethod
    def newest(cls, variant: Variant, most: int) -> "list[StockAdjustment]":
        """The last adjustments of a variant, the newest first; one query."""
        rows = cls.select().where(cls.variant == variant)
        return list(rows.order_by(cls.at.desc(), cls.id.desc()).limit(most))


def _check(reason: str, pieces: int, note: str) -> None:
    if reason not in REASONS:
        raise Refused(reason="Choose what happened.")
    if abs(pieces) > MOST:
        raise Refused(pieces=f"Please adjust by {MOST:,} at most.")
    if pieces < 0 and REASONS[reason] != 0:
        raise Refused(pieces="Write how many without a minus; the reason says which way it goes.")
    if not pieces and REASONS[reason] is not None:
        raise Refused(pieces="Write how many, 1 or more.")
    if reason == "other" and not note:
        raise Refused(note="Say in a few words why.")
    if len(note) > LONGEST_NOTE:
        raise Refused(note=f"Please keep this to {LONGEST_NOTE} characters.")


def _difference(variant: Variant, reason: str, pieces: int) -> int:
    if not variant.tracked:
        raise Refused(NOT_COUNTED)
    if REASONS[reason] is None:
        return pieces - (variant.stock or 0)
    if variant.stock is None:
        raise Refused(reason=NEVER_COUNTED)
    return pieces * (REASONS[reason] or 1)


def _set(variant: Variant, by: int) -> None:
    if variant.stock is not None:
        stock.move([variant], {variant.id: by})
        return
    Variant.update(stock=by).where(Variant.id == variant.id).execute()
    note_availability([variant.product_id])

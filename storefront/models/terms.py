"""What the shop says about sending things back: how long, where to, and who pays the postage."""

from peewee import IntegerField, TextField

from storefront.db import Record, database
from storefront.refusals import Refused

FEWEST_DAYS, MOST_DAYS = 14, 365  # the law gives people 14 (Directive 2011/83/EU, Art. 9)
LONGEST = 400
POSTAGE = (
    "Postage for sending things back is yours to pay, unless something is faulty or not what you "
    "ordered. Then we pay it."
)


class Terms(Record):
    """One row. `return_days` are counted from the day on which the last parcel arrived; an empty
    `return_address` stands for the shop's postal address."""

    return_days = IntegerField(default=30)
    return_address = TextField(default="")
    postage = TextField(default=POSTAGE)

    impersonal = ("return_address", "postage")

    @classmethod
    def now(cls) -> "Terms":
        """Those in force; the usual ones where nobody has set any."""
        return cls.get_or_none(cls.id == 1) or cls()

    @classmethod
    def set(cls, return_days: str, return_address: str, postage: str) -> "Terms":
        """Have these from now on. Raises `Refused`, by field, for what nobody can be told."""
        problems, days = {}, return_days.strip()
        if not (days.isascii() and days.isdecimal()):
            problems["return_days"] = "Please give the days as a number."
        elif len(days) > 9 or not FEWEST_DAYS <= int(days) <= MOST_DAYS:
            problems["return_days"] = f"Please give between {FEWEST_DAYS} and {MOST_DAYS} days."
        words = {"return_address": return_address, "postage": postage}
        words = {name: _tidied(text) for name, text in words.items()}
        for name, text in words.items():
            if len(text) > LONGEST:
                problems[name] = f"Please keep this to {LONGEST} characters."
        if not words["postage"]:
            problems["postage"] = "Please say who pays the postage."
        if problems:
            raise Refused(**problems)
        with database.atomic():
            there = {"return_days": int(days), **words}
            # Two managers may be the first at once.
            first = cls.insert(id=1, **there)
            first.on_conflict(conflict_target=[cls.id], update=there).execute()
        return cls.now()


def _tidied(text: str) -> str:
    """One line of printable text: it goes into mails."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())

"""Wrong guesses at the desk's door, counted for all processes, and tickets that were used up."""

from peewee import IntegerField, TextField

from storefront.db import Moment, Record


class Guess(Record):
    """How often was guessed in vain at one thing; `key` is a keyed hash, gone after a day."""

    key = TextField(unique=True)
    count = IntegerField(default=0)
    last_at = Moment(index=True)

    impersonal = ("key",)


class SpentTicket(Record):
    """A challenge that was answered, until it would be too old anyway."""

    digest = TextField(unique=True)
    until = Moment(index=True)

    impersonal = ("digest",)

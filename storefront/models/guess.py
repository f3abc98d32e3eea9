"""Wrong guesses at the desk's door, counted for all processes, and tickets that were used up."""

import hashlib
import math
from datetime import datetime, timedelta

from peewee import IntegerField, IntegrityError, TextField

from storefront.db import Moment, Record, database, locked
from storefront.refusals import Refused

FREE = 5  # wrong guesses at one thing, before it takes waiting
LONGEST = timedelta(hours=1)  # to wait for the next
KEPT = timedelta(days=1)  # after the last guess
IN_ALL = 300  # guesses an hour that the door listens to, wherever they come from
ALL = "all"


class TooMany(Refused):
    """Guesses that are not listened to now."""


class Guess(Record):
    """How often was guessed in vain at one thing, or one thing asked for; gone after a day.

    `key` names the thing, and is a keyed hash wherever that is somebody's.
    """

    key = TextField(unique=True)
    count = IntegerField(default=0)
    last_at = Moment(index=True)

    impersonal = ("key",)

    @classmethod
    def note(cls, key: str, at: datetime) -> None:
        """Count a guess before it is looked at, so that many at once are many.

        Raises `TooMany`, and counts nothing, while there is waiting to do: a minute after five
        in vain, then twice as long each time, an hour at most.
        """
        with database.atomic():
            cls.let_go(at)
            row = cls._row(key, at)
            over = row.count - FREE
            pause = min(LONGEST, timedelta(minutes=2 ** min(over, 10))) if over >= 0 else None
            if pause and at < row.last_at + pause:
                raise TooMany(_wait(row.last_at + pause - at))
            cls.update(count=row.count + 1, last_at=at).where(cls.id == row.id).execute()

    @classmethod
    def note_in_all(cls, at: datetime, of: str = ALL, most: int = IN_ALL) -> None:
        """Count one among all guesses of a kind; raises `TooMany` while there are more an hour."""
        with database.atomic():
            row = cls._row(of, at)
            faded = int((at - row.last_at).total_seconds() * most / 3600)
            left = max(0, row.count - faded)
            if left >= most:
                raise TooMany(_wait(timedelta(minutes=1)))
            # What has not faded by a whole guess yet goes on fading from where it was.
            since = row.last_at if left and not faded else at
            cls.update(count=left + 1, last_at=since).where(cls.id == row.id).execute()

    @classmethod
    def let_go(cls, at: datetime) -> int:
        """Forget what was guessed more than a day ago; how many."""
        return cls.delete().where(cls.last_at < at - KEPT).execute()

    @classmethod
    def _row(cls, key: str, at: datetime) -> "Guess":
        fresh = cls.insert(key=key, count=0, last_at=at).on_conflict_ignore()
        fresh.execute()
        return locked(cls.select().where(cls.key == key)).get()

    @classmethod
    def forget(cls, key: str) -> None:
        """The guess was right: what was wrong before counts no longer."""
        cls.delete().where(cls.key == key).execute()


def _wait(left: timedelta) -> str:
    minutes = max(1, math.ceil(left.total_seconds() / 60))
    many = "a minute" if minutes == 1 else f"{minutes} minutes"
    return (
        f"There were many tries that did not fit. Please wait {many} and try again, "
        "or sign in with a passkey, which needs no waiting."
    )


class SpentTicket(Record):
    """A challenge that was answered, until it would be too old anyway."""

    digest = TextField(unique=True)
    until = Moment(index=True)

    impersonal = ("digest",)

    @classmethod
    def spend(cls, ticket: str, until: datetime, at: datetime) -> None:
        """Use a ticket up, in the caller's transaction; raises `Refused` the second time."""
        cls.delete().where(cls.until < at).execute()
        digest = hashlib.sha256(ticket.encode()).hexdigest()
        try:
            with database.atomic():
                cls.create(digest=digest, until=until)
        except IntegrityError:
            raise Refused("This was sent before. Please try again.") from None

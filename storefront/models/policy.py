"""The privacy policy's posted versions: append-only, chained by digest, signed."""

from datetime import datetime

from peewee import IntegerField, TextField, fn

from storefront.db import JSONText, Moment, Record
from storefront.refusals import Refused


class PolicyVersion(Record):
    """One posted text. Nothing of it ever changes: triggers refuse it.

    `signature` is Ed25519 over the statement in `storefront.policy`, in base64; `digest` is the
    SHA-256 of statement and signature, `previous` that of the version before. `posted_by` is a
    role, never a person.
    """

    number = IntegerField(unique=True)
    text = TextField()
    covers = JSONText(default=list)
    changes = TextField(default="")
    posted_by = TextField()
    posted_at = Moment()
    in_force_at = Moment(index=True)
    previous = TextField(default="")
    signature = TextField()
    digest = TextField(unique=True)

    impersonal = ("text", "covers", "changes", "posted_by", "previous", "signature", "digest")

    def require(self, clause: str) -> None:
        """Raise `Refused` where it does not cover the clause: nothing is made under it then."""
        if clause not in self.covers:
            raise Refused(f"Our privacy page (version {self.number}) does not cover {clause}.")

    @classmethod
    def in_force(cls, at: datetime) -> "PolicyVersion | None":
        """The version that holds at that moment: of those in force, the one posted last."""
        return cls.select().where(cls.in_force_at <= at).order_by(cls.number.desc()).first()

    @classmethod
    def next_in_force(cls, at: datetime) -> datetime | None:
        """The moment after that one at which the next version comes into force."""
        return cls.select(fn.MIN(cls.in_force_at)).where(cls.in_force_at > at).scalar()

    @classmethod
    def coming(cls, at: datetime) -> list["PolicyVersion"]:
        """Those that are posted and come into force after that moment, the first one in front."""
        return list(cls.select().where(cls.in_force_at > at).order_by(cls.number))

    @classmethod
    def last(cls) -> "PolicyVersion | None":
        """The version posted last, in force or not."""
        return cls.select().order_by(cls.number.desc()).first()

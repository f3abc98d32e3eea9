"""Telling those whose data is held under a changed clause that the policy changes."""

from datetime import datetime

from peewee import ForeignKeyField

from storefront.db import JSONText, Moment, Record
from storefront.models.policy import PolicyVersion


class PolicyNotice(Record):
    """The notice of one version: which clauses it changes, and whether everyone has been told.

    Who has been told is said by the mails themselves: one for each version and address.
    """

    version = ForeignKeyField(PolicyVersion, unique=True, on_delete="RESTRICT")
    clauses = JSONText(default=list)
    begun_at = Moment()
    done_at = Moment(null=True, index=True)

    impersonal = ("clauses",)

    @classmethod
    def begin(cls, version: PolicyVersion, clauses: list[str], at: datetime) -> "PolicyNotice":
        """Note what is to be told of a version; done at once where no clause has changed."""
        done_at = None if clauses else at
        return cls.create(version=version, clauses=clauses, begun_at=at, done_at=done_at)

    @classmethod
    def none_for(cls, version: PolicyVersion) -> None:
        """Note that nobody is to be told of a version: it is not new."""
        cls.begin(version, [], version.posted_at)

    @classmethod
    def unbegun(cls):
        """Versions of which nobody has looked yet who is to be told, the oldest first."""
        begun = cls.select(cls.version)
        return (
            PolicyVersion.select()
            .where(PolicyVersion.id.not_in(begun))
            .order_by(PolicyVersion.number)
        )

    @classmethod
    def open(cls):
        """Notices under way, the oldest first."""
        return (
            cls.select(cls, PolicyVersion)
            .join(PolicyVersion)
            .where(cls.done_at.is_null())
            .order_by(cls.id)
        )

    def finish(self, at: datetime) -> None:
        """Everyone has been told."""
        PolicyNotice.update(done_at=at).where(PolicyNotice.id == self.id).execute()

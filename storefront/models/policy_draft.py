"""Drafts of the privacy policy's next version: what editors work on before it is posted."""

import hashlib
import json
import secrets
from datetime import date, datetime

from peewee import DateField, IntegerField, TextField

from storefront.db import Moment, Record, database
from storefront.refusals import Refused


class Overtaken(Refused):
    """Somebody has saved this draft since it was read; `draft` is as it stands now."""

    def __init__(self, draft: "PolicyDraft") -> None:
        self.draft = draft
        super().__init__(
            "Somebody else has saved this draft since you opened it. Yours is still below, and "
            "nothing of theirs is lost: see what differs, then save again to keep yours."
        )


class Gone(Refused):
    """The draft is not there any more: it was posted, or thrown away."""

    def __init__(self) -> None:
        super().__init__(
            "This draft has been posted or thrown away since you opened it. Your text is still "
            "below; save it to keep it as a new draft."
        )


class PolicyDraft(Record):
    """A text that may become the next version.

    `started_from` is the number of the version it was made out of, None for a pasted text;
    `in_force_on` the day from which it is to hold, None for at once. `updated_by` is a role, never
    a person. `revision` moves with each saving, so that nobody writes over what they have not seen.
    """

    text = TextField()
    changes = TextField(default="")
    in_force_on = DateField(null=True)
    started_from = IntegerField(null=True)
    revision = IntegerField()
    updated_at = Moment()
    updated_by = TextField()

    impersonal = ("text", "changes", "updated_by")

    @classmethod
    def begin(cls, text: str, *, role: str, at: datetime, **facts) -> "PolicyDraft":
        """A new draft; `facts` are `changes`, `in_force_on` and `started_from`."""
        # SQLite gives ids out again: a form open on the draft before must not fit this one.
        revision = secrets.randbelow(2**30)
        return cls.create(text=text, revision=revision, updated_by=role, updated_at=at, **facts)

    @classmethod
    def newest_first(cls) -> list["PolicyDraft"]:
        """All drafts, the one saved last in front."""
        return list(cls.select().order_by(cls.updated_at.desc(), cls.id.desc()))

    @classmethod
    def find(cls, number: int) -> "PolicyDraft":
        """The draft of that number; raises `Gone`."""
        draft = cls.get_or_none(cls.id == number)
        if draft is None:
            raise Gone
        return draft

    def rewrite(self, revision: int, *, role: str, at: datetime, **facts) -> None:
        """Keep other facts of it: `text`, `changes`, `in_force_on`.

        `revision` is the one they were made out of. Raises `Overtaken` where that is not the last,
        `Gone` where there is none, and has changed nothing then. What is kept already may come
        again, as from a button that was pressed twice.
        """
        kept = facts | {"updated_by": role, "updated_at": at, "revision": revision + 1}
        with database.atomic():
            if not PolicyDraft.update(kept).where(self._as_of(revision)).execute():
                kept = PolicyDraft.find(self.id)._if_the_same(facts)
        for name, value in kept.items():
            setattr(self, name, value)

    def _if_the_same(self, facts: dict) -> dict:
        """What there is, where it says the same; else raises `Overtaken`."""
        if any(getattr(self, name) != value for name, value in facts.items()):
            raise Overtaken(self)
        return self.__data__

    def discard(self, revision: int) -> None:
        """Throw it away. Raises `Overtaken` where somebody has saved it since, `Gone` if gone."""
        with database.atomic():
            if not PolicyDraft.delete().where(self._as_of(revision)).execute():
                raise Overtaken(PolicyDraft.find(self.id))

    def _as_of(self, revision: int):
        return (PolicyDraft.id == self.id) & (PolicyDraft.revision == revision)

    @property
    def digest(self) -> str:
        """SHA-256 over all that is posted of it: the same digest, the same version."""
        day: date | None = self.in_force_on
        facts = [self.text, self.changes, day and day.isoformat()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

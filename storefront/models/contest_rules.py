"""The versions of a contest's rules, each with all that it said; none is ever changed."""

from datetime import datetime
from typing import TYPE_CHECKING

from peewee import DeferredForeignKey, IntegerField, TextField

from storefront.db import JSONText, Moment, Record

if TYPE_CHECKING:
    from storefront.models.contest import Contest

SAID = (
    *("title", "prize", "eligible", "odds", "free_way", "countries", "way"),
    *("winners", "accept_days", "kept_days"),
)
MOMENTS = ("opens_at", "closes_at", "draws_at")


class ContestRules(Record):
    """One version: the text, and in `facts` what the contest promised besides.

    `changes` says in words what is new, where somebody had entered under the one before.
    """

    contest = DeferredForeignKey("Contest", backref="versions", on_delete="CASCADE")
    number = IntegerField()
    text = TextField()
    facts = JSONText(default=dict)
    changes = TextField(default="")
    posted_at = Moment()

    impersonal = ("text", "facts", "changes")

    class Meta:
        indexes = ((("contest", "number"), True),)

    @classmethod
    def post(cls, contest: "Contest", changes: str, at: datetime) -> "ContestRules":
        """Write down the rules as they are now, in the caller's transaction."""
        facts = {name: getattr(contest, name) for name in SAID}
        moments = {name: getattr(contest, name) for name in MOMENTS}
        facts |= {
            name: moment and f"{moment:%Y-%m-%dT%H:%M:%SZ}" for name, moment in moments.items()
        }
        return cls.create(
            contest=contest,
            number=contest.rules_version,
            text=contest.text,
            facts=facts | {"round": contest.round},
            changes=changes,
            posted_at=at,
        )

    @classmethod
    def of(cls, contest: "Contest") -> "list[ContestRules]":
        """All of a contest, the newest first."""
        return list(cls.select().where(cls.contest == contest).order_by(cls.number.desc()))

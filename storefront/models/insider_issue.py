"""Issues of the Insider Update: written at the desk, sent at a pace, and public from then on."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from peewee import BigIntegerField, IntegerField, IntegrityError, TextField

from storefront.db import Moment, Record, database, locked
from storefront.models.issue_sending import BEGUN, NO_DRAFT, Sending
from storefront.models.issue_text import handles, misplaced
from storefront.models.outbox import OutgoingMail
from storefront.models.plain_text import one_line
from storefront.models.product import Product
from storefront.refusals import Refused

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_TITLE = 150
LONGEST_SLUG = 80
LONGEST_TEXT = 100_000
PACE = 300  # mails a minute, which ordinary mail servers take from a shop
FASTEST = 60_000
GONE = "This issue is not there any more: somebody has thrown it away."


class Overtaken(Refused):
    """Somebody has saved this issue since it was read; `issue` is as it stands now."""

    def __init__(self, issue: "InsiderIssue") -> None:
        self.issue = issue
        super().__init__(
            "Somebody else has saved this issue since you opened it. Yours is still below: save "
            "it again to keep yours in place of theirs."
        )


class InsiderIssue(Sending, Record):
    """One issue. `text` is Markdown with products as `{product: handle}` on lines of their own.

    States: draft → scheduled → sending ⇄ paused → sent or stopped. It is public from
    `published_at` on, when its sending begins, and stays as it is from then. `addressed` is to how
    many it goes, `sent` how many mails have gone; `bounced` ended the address, `delayed` did not.
    `revision` moves with each saving, so that nobody writes over what they have not seen.
    """

    slug = TextField(unique=True)
    title = TextField()
    text = TextField()
    state = TextField(default="draft", index=True)
    revision = IntegerField()
    per_minute = IntegerField(default=PACE)
    due_at = Moment(null=True)
    published_at = Moment(null=True, index=True)
    ended_at = Moment(null=True)
    made_at = Moment()
    changed_at = Moment()
    trouble = TextField(default="")
    addressed = IntegerField(default=0)
    sent = IntegerField(default=0)
    bounced = IntegerField(default=0)
    delayed = IntegerField(default=0)
    views = BigIntegerField(default=0)

    impersonal = ("slug", "title", "text", "state", "trouble")

    # Finding

    @classmethod
    def newest_first(cls):
        """All issues, the one begun last in front."""
        return cls.select().order_by(cls.id.desc())

    @classmethod
    def public(cls):
        """Those that everybody may read, the newest first."""
        shown = cls.select().where(cls.published_at.is_null(False))
        return shown.order_by(cls.published_at.desc(), cls.id.desc())

    @classmethod
    def find(cls, number: int) -> "InsiderIssue":
        """The issue of that number; raises `Refused`."""
        found = cls.get_or_none(cls.id == number)
        if found is None:
            raise Refused(GONE)
        return found

    @classmethod
    def going_out(cls):
        """The ids of those whose mails may go now."""
        return cls.select(cls.id).where(cls.state == "sending")

    @classmethod
    def at_work(cls, at: datetime) -> bool:
        """Whether one goes out, or is to begin."""
        due = (cls.state == "scheduled") & (cls.due_at <= at)
        return cls.select().where((cls.state == "sending") | due).exists()

    @property
    def has_begun(self) -> bool:
        """Whether it goes out or went out: then it stays as it is."""
        return self.state in BEGUN

    # Writing

    @classmethod
    def write(cls, at: datetime, **facts) -> "InsiderIssue":
        """A new draft; `facts` are `slug`, `title`, `text` and `per_minute`. Raises `Refused`."""
        _check(facts)
        with _one_address(), database.atomic():
            _check_slug(facts["slug"], 0)
            # SQLite gives ids out again: a form open on the draft before must not fit this one.
            revision = secrets.randbelow(2**30)
            return cls.create(**facts, revision=revision, made_at=at, changed_at=at)

    def rewrite(self, revision: int, at: datetime, **facts) -> "InsiderIssue":
        """Keep other facts of a draft; raises `Overtaken`, or `Refused` in words.

        What is kept already may come again, as from a button that was pressed twice.
        """
        _check(facts)
        with _one_address(), database.atomic():
            issue = self._in("draft", say=NO_DRAFT)
            if issue.revision != revision:
                if any(getattr(issue, name) != value for name, value in facts.items()):
                    raise Overtaken(issue)
                return issue
            _check_slug(facts["slug"], self.id)
            return issue._set(**facts, revision=revision + 1, changed_at=at, trouble="")

    def discard(self) -> None:
        """Throw a draft away, and trials of it that wait; raises `Refused` of what was sent."""
        with database.atomic():
            self._in("draft", say=NO_DRAFT).delete_instance()

    def send_test(self, to: str, at: datetime) -> OutgoingMail:
        """Have it sent to somebody who writes it, as it is; raises `Refused` as sending would."""
        with database.atomic():
            self.check()
            mail = OutgoingMail.of("insider_trial", to, at)
            mail.trial_of = self
            OutgoingMail.add(mail)
        return mail

    def check(self) -> None:
        """Raise `Refused` with what stands in the way of sending it, products by name."""
        if not self.text.strip():
            raise Refused(text="Nothing is written yet.")
        if lines := misplaced(self.text):
            raise Refused(text=MISPLACED.format(", ".join(map(str, lines))))
        wanted = handles(self.text)
        known = products(wanted)
        missing = [handle for handle in wanted if handle not in known]
        if missing:
            named = ", ".join(f"“{handle}”" for handle in missing)
            raise Refused(text=MISSING.format(named))

    # What the verbs share

    def _in(self, *states: str, say: str) -> "InsiderIssue":
        """The row as it is, locked; raises `Refused` where it is in none of these states."""
        issue = locked(InsiderIssue.select().where(InsiderIssue.id == self.id)).first()
        if issue is None:
            raise Refused(GONE)
        if issue.state not in states:
            raise Refused(say)
        return issue

    def _set(self, **columns) -> "InsiderIssue":
        InsiderIssue.update(columns).where(InsiderIssue.id == self.id).execute()
        return InsiderIssue.get_by_id(self.id)


def products(wanted: list[str]) -> dict[str, Product]:
    """Those of these handles that have a page, by handle; one query."""
    if not wanted:
        return {}
    return {each.handle: each for each in Product.reachable().where(Product.handle.in_(wanted))}


def _check(facts: dict) -> None:
    problems = {}
    if not one_line(facts["title"]):
        problems["title"] = "Please give it a title; it is the subject of the mail."
    elif len(facts["title"]) > LONGEST_TITLE:
        problems["title"] = f"Please keep this to {LONGEST_TITLE} characters."
    if not SLUG.fullmatch(facts["slug"]) or len(facts["slug"]) > LONGEST_SLUG:
        problems["slug"] = "Small letters a–z, digits and hyphens, such as autumn-coats."
    if len(facts["text"]) > LONGEST_TEXT:
        problems["text"] = f"Please keep this to {LONGEST_TEXT:,} characters."
    if not 1 <= facts["per_minute"] <= FASTEST:
        problems["per_minute"] = f"A number from 1 to {FASTEST:,}."
    if problems:
        raise Refused(**problems)


def _check_slug(slug: str, own: int) -> None:
    if InsiderIssue.select().where(InsiderIssue.slug == slug, InsiderIssue.id != own).exists():
        raise Refused(slug=TAKEN)


@contextmanager
def _one_address() -> Iterator[None]:
    try:
        yield
    except IntegrityError:  # somebody has given it to another in the same moment
        raise Refused(slug=TAKEN) from None


TAKEN = "Another issue has this address already."
MISPLACED = (
    "A product stands on a line of its own, such as {{product: merino-shirt}}. Look at line {}."
)
MISSING = (
    "Not in the shop, or not published: {}. Nothing was sent. Mend the handle, publish the "
    "product, or take the line out."
)

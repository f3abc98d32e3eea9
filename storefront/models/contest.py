"""A contest: what can be won, who may enter and until when; and the entries, one a person."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from peewee import ForeignKeyField, IntegerField, TextField

from storefront.db import JSONText, Moment, Record, database, locked
from storefront.models.mailbox import mailbox_of
from storefront.models.outbox import OutgoingMail
from storefront.models.policy import PolicyVersion
from storefront.models.rights import Upkeep
from storefront.personal import days, personal
from storefront.refusals import Refused

TO_CONFIRM = timedelta(days=7)
KEPT_DAYS = 60  # after the contest has closed
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RUNNING = {"clause": "contests", "basis": "consent", "keep": days(KEPT_DAYS)}
POSTED = RUNNING | {"why": "to send a prize, and to see that nobody enters twice"}
ALIKE = RUNNING | {"why": "to see that nobody enters twice"}


class Contest(Record):
    """One contest. Its dates and rules stay as they are once somebody has entered.

    `text` is Markdown: who may enter, the odds, the free way in. `countries` are ISO 3166-1
    alpha-2 codes; none of them means all.
    """

    slug = TextField(unique=True)
    title = TextField()
    prize = TextField()
    text = TextField()
    countries = JSONText(default=list)
    opens_at = Moment()
    closes_at = Moment(index=True)
    rules_version = IntegerField(default=1)
    announced_at = Moment()

    impersonal = ("slug", "title", "prize", "text", "countries")

    @classmethod
    def announce(cls, slug: str, at: datetime, **facts) -> "Contest":
        """Post a contest, or post it anew as long as nobody has entered.

        `facts` are its other columns. Raises `Refused` in words.
        """
        _check(slug, facts, at)
        with database.atomic():
            known = locked(cls.select().where(cls.slug == slug)).first()
            if known and known.entries.exists():
                raise Refused(
                    f"Somebody has entered “{known.title}” already, so its dates and rules stay as "
                    "they are. Announce another contest under another name."
                )
            contest = known or cls(slug=slug, rules_version=0)
            for name, value in facts.items():
                setattr(contest, name, value)
            contest.announced_at, contest.rules_version = at, contest.rules_version + 1
            contest.save()
        return contest

    @classmethod
    def shown(cls, at: datetime) -> "list[Contest]":
        """Those that run, then those to come, then those of the last year; soonest first."""
        recent = list(cls.select().where(cls.closes_at > at - timedelta(days=365)))
        order = {"open": 0, "coming": 1, "closed": 2}
        return sorted(recent, key=lambda one: (order[one.state(at)], one.closes_at))

    @classmethod
    def open_at(cls, at: datetime) -> list[tuple[str, str, str]]:
        """Slug, title and prize of those that run then, soonest over first."""
        running = cls.select(cls.slug, cls.title, cls.prize)
        return list(
            running.where(cls.opens_at <= at, cls.closes_at > at).order_by(cls.closes_at).tuples()
        )

    @classmethod
    def next_change(cls, at: datetime) -> datetime | None:
        """The next moment at which a contest opens or closes."""
        moments = [m for one in cls.shown(at) for m in (one.opens_at, one.closes_at)]
        return min((moment for moment in moments if moment > at), default=None)

    def state(self, at: datetime) -> str:
        """ "coming", "open" or "closed"."""
        if at < self.opens_at:
            return "coming"
        return "open" if at < self.closes_at else "closed"

    def check_open(self, at: datetime) -> None:
        """Raise `Refused` where no entry is taken."""
        if self.state(at) == "coming":
            raise Refused(f"This contest opens on {_day(self.opens_at)}.")
        if self.state(at) == "closed":
            raise Refused(f"This contest closed on {_day(self.closes_at)}. No more is taken.")

    @property
    def erased_at(self) -> datetime:
        """When its entries are gone."""
        return self.closes_at + timedelta(days=KEPT_DAYS)


class ContestEntry(Record):
    """Somebody's entry, which counts once it is confirmed by mail.

    `person` is a digest of name and address in a form that two spellings share; `mailbox` the same
    of the e-mail address. Confirmed entries share neither. `key` names it in the mailed link; it is
    that mail's own.
    """

    contest = ForeignKeyField(Contest, backref="entries", on_delete="CASCADE")
    policy = ForeignKeyField(PolicyVersion, on_delete="RESTRICT")
    rules_version = IntegerField()
    key = TextField(unique=True)
    entered_at = Moment()
    confirmed_at = Moment(null=True)
    closes_at = Moment()
    email = personal(
        TextField(index=True), why="to confirm your entry and to notify winners", **RUNNING
    )
    name = personal(TextField(), **POSTED)
    line1 = personal(TextField(), **POSTED)
    line2 = personal(TextField(default=""), **POSTED)
    city = personal(TextField(default=""), **POSTED)
    region = personal(TextField(default=""), **POSTED)
    postal_code = personal(TextField(default=""), **POSTED)
    country = personal(TextField(), **POSTED)
    mailbox = personal(TextField(), words="digest of your e-mail address", **ALIKE)
    person = personal(TextField(), words="digest of your name and address", **ALIKE)

    impersonal = secret = ("key",)
    named_by = "key"
    since, made = "closes_at", "entered_at"
    whole = True

    class Meta:
        indexes = ((("contest", "mailbox"), False), (("contest", "person"), False))

    @classmethod
    def about(cls, email: str):
        """The entries made with that address."""
        return cls.select().where(cls.email == email.strip().lower())

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Your entry to “{self.contest.title}”"

    @classmethod
    def enter(
        cls, contest: Contest, given: dict[str, str], policy: PolicyVersion, at: datetime
    ) -> "ContestEntry":
        """Record an entry that waits to be confirmed, in place of one by that address that waits.

        `given` has the address columns and `email`. Who is in already gets that entry back, with
        a new link: nothing but the mail tells whether an address has entered. Raises `Refused`
        where the contest takes none.
        """
        contest.check_open(at)
        _check_country(contest, given["country"])
        given = given | {"email": given["email"].strip().lower()}
        mailbox = _digest(contest, mailbox_of(given["email"]))
        person = _digest(contest, person_of(given))
        with database.atomic():
            contest = locked(Contest.select().where(Contest.id == contest.id)).get()
            mine = (cls.contest == contest) & (cls.mailbox == mailbox)
            confirmed = cls.get_or_none(mine, cls.confirmed_at.is_null(False))
            # To who is in already, at the very address that was confirmed: `+two` may be another.
            to = confirmed.email if confirmed else given["email"]
            mail = OutgoingMail.write("contest_entry", to, at)
            if confirmed:
                confirmed._drop_mail()
                cls.update(key=mail.message_id).where(cls.id == confirmed.id).execute()
                return cls.get_by_id(confirmed.id)
            for waiting in cls.select().where(mine):
                waiting._drop()
            return cls.create(
                contest=contest,
                policy=policy,
                rules_version=contest.rules_version,
                key=mail.message_id,
                entered_at=at,
                closes_at=contest.closes_at,
                mailbox=mailbox,
                person=person,
                **given,
            )

    def confirm(self, at: datetime) -> None:
        """Count the entry; once more does nothing. Raises `Refused` where that cannot be."""
        with database.atomic():
            locked(Contest.select().where(Contest.id == self.contest_id)).get()
            fresh = ContestEntry.get_or_none(ContestEntry.id == self.id)
            if fresh is None:
                raise Refused("This entry is gone. Please enter again.")
            if fresh.confirmed_at:
                return
            fresh.contest.check_open(at)
            same = (ContestEntry.mailbox == fresh.mailbox) | (ContestEntry.person == fresh.person)
            others = (ContestEntry.contest == fresh.contest) & (ContestEntry.id != fresh.id)
            counted = ContestEntry.confirmed_at.is_null(False)
            if ContestEntry.select().where(others, same, counted).exists():
                raise Refused("You have entered already, spelled another way. One entry a person.")
            ContestEntry.update(confirmed_at=at).where(ContestEntry.id == self.id).execute()
            self.confirmed_at = at

    def withdraw(self) -> None:
        """Take the entry back: nothing of it stays, nor of the mail with its link."""
        with database.atomic():
            self._drop()
            Upkeep.note(changed=Upkeep.changed + 1)

    @property
    def unconfirmed_until(self) -> datetime:
        """When it is erased if nobody confirms it."""
        return min(self.entered_at + TO_CONFIRM, self.closes_at)

    def gone_at(self, field) -> datetime:
        """When it goes by itself."""
        return super().gone_at(field) if self.confirmed_at else self.unconfirmed_until

    def _drop(self) -> None:
        self._drop_mail()
        ContestEntry.delete().where(ContestEntry.id == self.id).execute()

    def _drop_mail(self) -> None:
        OutgoingMail.delete().where(OutgoingMail.message_id == self.key).execute()

    def erase(self, names: Iterable[str], mark: Callable[[str], str], at: datetime) -> None:
        """As any record, and its mail goes with the address that it went to."""
        names = set(names)
        with database.atomic():
            if "email" in names:
                self._drop_mail()
            super().erase(names, mark, at)

    @classmethod
    def forget_unconfirmed(cls, at: datetime) -> int:
        """Delete entries that nobody has confirmed in time; how many."""
        late = (cls.entered_at < at - TO_CONFIRM) | (cls.closes_at < at)
        with database.atomic():
            forgotten = list(locked(cls.select().where(cls.confirmed_at.is_null(), late)))
            for entry in forgotten:
                entry._drop()
        return len(forgotten)


def _with_entry(mail: OutgoingMail) -> datetime:
    entry = ContestEntry.get_or_none(ContestEntry.key == mail.message_id)
    return entry.gone_at(ContestEntry.email) if entry else mail.made_at


OutgoingMail.goes_with["contest_entry"] = _with_entry


def person_of(given: dict[str, str]) -> str:
    """Name and address as two spellings share them: letters and digits alone, without accents."""
    parts = (given.get(name, "") for name in ("name", "line1", "line2", "city", "postal_code"))
    flat = unicodedata.normalize("NFKD", " ".join([*parts, given["country"]]).casefold())
    return "".join(letter for letter in flat if letter.isalnum())


def _digest(contest: Contest, text: str) -> str:
    # `ada+two@` entered, and nothing is to say `ada@` to who looks or erases by that address.
    return hashlib.sha256(f"{contest.id} {text}".encode()).hexdigest()


def _check_country(contest: Contest, country: str) -> None:
    if contest.countries and country not in contest.countries:
        raise Refused(country="This contest is for other countries; its rules say for which.")


def _check(slug: str, facts: dict, at: datetime) -> None:
    if not SLUG.fullmatch(slug) or slug == "entries":
        raise Refused(
            f"“{slug}” cannot stand in an address. Use small letters, digits and hyphens, "
            "and not the word “entries”."
        )
    for name in ("title", "prize", "text"):
        if not facts[name].strip():
            raise Refused(f"The contest needs a {name}.")
    if facts["closes_at"] <= max(facts["opens_at"], at):
        raise Refused("A contest closes after it has opened, and not in the past.")


def _day(moment: datetime) -> str:
    return moment.strftime("%-d %B %Y, %H:%M UTC")

"""An entry to a contest: one a person, confirmed by mail, erased on the day the rules name."""

import hashlib
import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from peewee import ForeignKeyField, IntegerField, TextField

from storefront.db import Moment, Record, database, locked
from storefront.models.contest import KEPT_DAYS, Contest
from storefront.models.mailbox import mailbox_of
from storefront.models.outbox import OutgoingMail
from storefront.models.policy import PolicyVersion
from storefront.models.rights import Upkeep
from storefront.personal import days, personal
from storefront.refusals import Refused

TO_CONFIRM = timedelta(days=7)
RUNNING = {"clause": "contests", "basis": "consent", "keep": days(KEPT_DAYS)}
POSTED = RUNNING | {"why": "to send a prize, and to see that nobody enters twice"}
ALIKE = RUNNING | {"why": "to see that nobody enters twice"}
PROVEN = RUNNING | {"why": "to prove to you that your entry took part in the draw"}
# What a draw is made from, besides the contest's name and the moment of confirmation.
SEALED = "email name line1 line2 city region postal_code country".split()


class ContestEntry(Record):
    """Somebody's entry, which counts once it is confirmed by mail.

    `person` is a digest of name and address in a form that two spellings share; `mailbox` the same
    of the e-mail address. Confirmed entries share neither. `key` names it in the mailed link; it is
    that of the mail to confirm it.
    """

    contest = ForeignKeyField(Contest, backref="entries", on_delete="CASCADE")
    policy = ForeignKeyField(PolicyVersion, on_delete="RESTRICT")
    rules_version = IntegerField()
    key = TextField(unique=True)
    entered_at = Moment()
    confirmed_at = Moment(null=True)
    closes_at = Moment()
    email = personal(
        TextField(index=True),
        why="to confirm your entry, to tell you of rules and draw, and to notify winners",
        **RUNNING,
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
    # From closing on: with these and the facts its leaf in the draw's tree is made again.
    salt = personal(TextField(default=""), words="random number of your entry", **PROVEN)
    digest = personal(TextField(default=""), words="digest of your entry", **PROVEN)
    place = IntegerField(null=True)

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

        `given` has the address columns and `email`. Who is in already gets that entry back and
        its link once more: nothing but the mail tells whether an address has entered.
        Raises `Refused` where the contest takes none.
        """
        contest.check_open(at)
        _check_country(contest, given["country"])
        given = given | {"email": given["email"].strip().lower()}
        mailbox = _digest(contest, mailbox_of(given["email"]))
        person = _digest(contest, person_of(given))
        with database.atomic():
            contest = _held(contest)
            contest.check_open(at)
            mine = (cls.contest == contest) & (cls.mailbox == mailbox)
            confirmed = cls.get_or_none(mine, cls.confirmed_at.is_null(False))
            # To who is in already, at the very address that was confirmed: `+two` may be another.
            to = confirmed.email if confirmed else given["email"]
            mail = OutgoingMail.write("contest_entry", to, at)
            if confirmed:
                # Its link stays: a copy of the shop knows it by no other when it is taken back.
                confirmed._drop_mail()
                own = OutgoingMail.message_id == mail.message_id
                OutgoingMail.update(entry=confirmed.id).where(own).execute()
                return confirmed
            for waiting in cls.select().where(mine):
                waiting._drop()
            if not contest.frozen_at:
                Contest.update(frozen_at=at).where(Contest.id == contest.id).execute()
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
            contest = _held(self.contest)
            fresh = ContestEntry.get_or_none(ContestEntry.id == self.id)
            if fresh is None:
                raise Refused("This entry is gone. Please enter again.")
            if fresh.confirmed_at:
                return
            contest.check_open(at)
            same = (ContestEntry.mailbox == fresh.mailbox) | (ContestEntry.person == fresh.person)
            others = (ContestEntry.contest == fresh.contest) & (ContestEntry.id != fresh.id)
            counted = ContestEntry.confirmed_at.is_null(False)
            if ContestEntry.select().where(others, same, counted).exists():
                raise Refused("You have entered already, spelled another way. One entry a person.")
            now_known = {"confirmed_at": at, "rules_version": contest.rules_version}
            ContestEntry.update(now_known).where(ContestEntry.id == self.id).execute()
            self.confirmed_at = at

    def withdraw(self) -> None:
        """Take the entry back: nothing of it stays, nor of the mail with its link."""
        with database.atomic():
            _held(self.contest)  # it is in the draw's tree, or it is not
            self._drop()
            Upkeep.note(changed=Upkeep.changed + 1)

    @property
    def unconfirmed_until(self) -> datetime:
        """When it is erased if nobody confirms it."""
        return min(self.entered_at + TO_CONFIRM, self.closes_at)

    def gone_at(self, field) -> datetime:
        """When it goes by itself."""
        return self.contest.erased_at if self.confirmed_at else self.unconfirmed_until

    def _drop(self) -> None:
        self._drop_mail()
        ContestEntry.delete().where(ContestEntry.id == self.id).execute()

    def _drop_mail(self) -> None:
        once_more = (OutgoingMail.entry == self.id) & (OutgoingMail.kind == "contest_entry")
        OutgoingMail.delete().where((OutgoingMail.message_id == self.key) | once_more).execute()

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

    @classmethod
    def confirmed(cls, contest: Contest):
        """Those that count."""
        return cls.select().where(cls.contest == contest, cls.confirmed_at.is_null(False))

    @classmethod
    def counts(cls, contest: Contest) -> tuple[int, int]:
        """How many count, and how many wait to be confirmed."""
        counted = cls.confirmed(contest).count()
        return counted, cls.select().where(cls.contest == contest).count() - counted

    @classmethod
    def let_go(cls, at: datetime) -> int:
        """Delete the entries whose contest says that they are gone by now; how many.

        No rules name a later day than the policy, by which the sweep goes otherwise.
        """
        rows = Contest.select().where(Contest.closes_at < at)
        over = [one.id for one in rows if one.erased_at <= at]
        with database.atomic():
            gone = list(locked(cls.select().where(cls.contest.in_(over)))) if over else []
            for entry in gone:
                entry._drop()
        return len(gone)

    @property
    def sealed_facts(self) -> dict[str, str]:
        """What its leaf in the draw's tree stands for."""
        said = {name: getattr(self, name) for name in SEALED}
        moment = f"{self.confirmed_at:%Y-%m-%dT%H:%M:%SZ}"
        return said | {"contest": self.contest.slug, "confirmed": moment}


def _held(contest: Contest) -> Contest:
    """The contest as it is now, while nobody else changes what belongs to it."""
    return locked(Contest.select().where(Contest.id == contest.id)).get()


def _with_entry(mail: OutgoingMail) -> datetime:
    entry = mail.entry or ContestEntry.get_or_none(ContestEntry.key == mail.message_id)
    return entry.gone_at(ContestEntry.email) if entry else mail.made_at


for _kind in ("contest_entry", "contest_rules", "contest_closed", "contest_won"):
    OutgoingMail.goes_with[_kind] = _with_entry


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

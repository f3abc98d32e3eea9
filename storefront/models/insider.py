"""People who asked for the Insider Update, what proves that they did, and who has left."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from peewee import ForeignKeyField, IntegerField, TextField, fn

from storefront.db import Moment, Record, database, locked
from storefront.models.consent import NOW, digest_of, words_of
from storefront.models.mailbox import mailbox_of
from storefront.models.outbox import OutgoingMail
from storefront.models.policy import PolicyVersion
from storefront.models.rights import Upkeep
from storefront.personal import personal, years
from storefront.refusals import Refused

TO_CONFIRM = timedelta(days=7)
UNASKED = timedelta(days=30)  # that who was imported waits for the question
HOUR = timedelta(hours=1)
MOST_TO_ONE = 3  # mails to one mailbox in the time to confirm, so that nobody's is filled
MOST_AN_HOUR = 300  # mails to all together that strangers can have us send
MOST_UNCONFIRMED = 5000
INVITED_AT_ONCE = 50  # mails to imported addresses that one look writes
BUSY = "Very many people are signing up just now. Please try again in an hour."
GIVEN = {"clause": "insider", "basis": "consent", "keep": years(5)}
PROOF = GIVEN | {"why": "to prove that you asked for it, and to what you agreed"}


def mark_of(email: str, digest: Callable[[str], str]) -> str:
    """The keyed digest of the mailbox that an address leads to; `digest` is `Erasures.digest`."""
    return digest(f"insider {mailbox_of(email)}")


class GoneInsider(Record):
    """That somebody has left, so that no import brings them back.

    `digest` is the keyed digest of the mailbox, and all that is left of them: the key is outside
    the database, and without it nobody can tell whose it was.
    """

    digest = TextField(unique=True)
    left_at = Moment()

    impersonal = secret = ("digest",)

    @classmethod
    def note(cls, digest: str, at: datetime) -> None:
        """They have left; with the transaction in which they go."""
        row = {"digest": digest, "left_at": at}
        cls.insert(row).on_conflict_ignore().execute()

    @classmethod
    def among(cls, digests: Iterable[str]) -> set[str]:
        """Which of these are on the list."""
        rows = cls.select(cls.digest).where(cls.digest.in_(list(digests))).tuples()
        return {digest for (digest,) in rows}


class Insider(Record):
    """Somebody who asked for the Insider Update; it counts once `confirmed_at` is set.

    `key` names the row in the mailed links, of confirmation and of leaving: a link with it that
    was used is what `confirmed_at` says. `wording` is the digest of the words shown then, `way`
    where: "page", "footer", "checkout" or "import"; and of an import `statement` is the consent
    that whoever brought it in says they hold, "" where the address had to be confirmed.
    `mailbox` is a keyed digest that all spellings of an address share. `mailed_at` is the last
    of the `mails` that ask to confirm; None of who was imported and waits for theirs.
    """

    email = personal(TextField(unique=True), **GIVEN | {"why": "to send you the Insider Update"})
    mailbox = personal(
        TextField(index=True),
        words="keyed digest of your e-mail address",
        **GIVEN | {"why": "to remember that you left, once you do"},
    )
    key = TextField(unique=True)
    policy = ForeignKeyField(PolicyVersion, index=False, on_delete="RESTRICT")
    wording = personal(TextField(default=""), words="the words you agreed to", **PROOF)
    way = personal(TextField(), words="where you signed up", **PROOF)
    statement = personal(
        TextField(default=""), words="the consent that whoever brought it here holds", **PROOF
    )
    asked_at = Moment()
    mails = IntegerField(default=0)
    mailed_at = Moment(null=True)
    confirmed_at = Moment(null=True, index=True)

    impersonal = secret = ("key",)
    since, named_by = "asked_at", "key"
    whole = True

    class Meta:
        indexes = ((("way", "mailed_at"), False),)

    @classmethod
    def about(cls, email: str):
        """The row of that address."""
        return cls.select().where(cls.email == email.strip().lower())

    @classmethod
    def reading(cls):
        """Those who get the issues: who has confirmed, in the order they came."""
        return cls.select().where(cls.confirmed_at.is_null(False)).order_by(cls.id)

    @property
    def called(self) -> str:
        """What a person would know it by."""
        confirmed = f", confirmed {self.confirmed_at:%-d %B %Y}" if self.confirmed_at else ""
        return f"Your sign-up to the Insider Update, {self.asked_at:%-d %B %Y}{confirmed}"

    @property
    def agreed(self) -> str:
        """The words that were shown to them; "" of who was imported."""
        return words_of(self.wording)

    @classmethod
    def counts(cls) -> dict[str, int]:
        """How many get the issues, were asked and have not confirmed, and wait to be asked."""
        by = {
            "reading": cls.confirmed_at.is_null(False),
            "asked": cls.confirmed_at.is_null() & cls.mailed_at.is_null(False),
            "waiting": cls.confirmed_at.is_null() & cls.mailed_at.is_null(),
        }
        return {name: cls.select().where(rows).count() for name, rows in by.items()}

    def in_words(self, field) -> str:
        """Of the wording, the words."""
        told = super().in_words(field)
        return self.agreed or told if field.name == "wording" else told

    # Signing up

    @classmethod
    def ask(
        cls, email: str, way: str, policy: PolicyVersion, digest: Callable[[str], str], at: datetime
    ) -> None:
        """Note who asks, and write them the one mail.

        It asks to confirm, or says that there is nothing to confirm any more: from outside nobody
        can tell which, and it is the same work. A mailbox that has had its share gets none, and
        nobody can tell that either. Raises `Refused` where strangers have had too many mails
        written in the hour, whoever asks.
        """
        policy.require("insider")
        email = email.strip().lower()
        mailbox = mark_of(email, digest)
        with database.atomic():
            # Two at once for one address come one after the other, here and for all the counts.
            here = PolicyVersion.id == policy.id
            list(locked(PolicyVersion.select(PolicyVersion.id).where(here)))
            cls._check_room(at)
            theirs = list(cls.select().where((cls.mailbox == mailbox) | (cls.email == email)))
            fresh = [one for one in theirs if one._is_fresh(at)]
            if sum(one.mails for one in fresh) >= MOST_TO_ONE:
                return
            one = next((each for each in theirs if each.email == email), None)
            one = one or cls(email=email, mailbox=mailbox, key=secrets.token_hex(16))
            one._note_asked(way, policy, at)
            one._tell("known" if one.confirmed_at else "confirm", at)

    @classmethod
    def _check_room(cls, at: datetime) -> None:
        ours = cls.way.in_(list(NOW))  # nothing of what was imported
        # But for mails to readers who were imported: a stranger has asked in their name.
        by_others = (cls.way != "import") | (cls.mailed_at >= cls.confirmed_at)
        asked = cls.way.in_([*NOW, "import"]), by_others
        # Who had some of their mails before the hour counts with all: too many rather than too few.
        lately = cls.select(fn.SUM(cls.mails)).where(cls.mailed_at > at - HOUR, *asked)
        waiting = cls.confirmed_at.is_null() & (cls.mailed_at > at - TO_CONFIRM)
        if (lately.scalar() or 0) >= MOST_AN_HOUR:
            raise Refused(BUSY)
        if cls.select().where(waiting, ours).count() >= MOST_UNCONFIRMED:
            raise Refused(BUSY)

    def _is_fresh(self, at: datetime) -> bool:
        return bool(self.mailed_at and self.mailed_at > at - TO_CONFIRM)

    def _note_asked(self, way: str, policy: PolicyVersion, at: datetime) -> None:
        """Enter that they asked. What was agreed to stays where it was confirmed: a stranger may
        ask in somebody's name."""
        self.mails, self.mailed_at = self.mails + 1 if self._is_fresh(at) else 1, at
        if not self.confirmed_at:
            self.policy, self.way, self.wording = policy, way, digest_of(NOW[way])
            self.asked_at = at
        self.save()

    @classmethod
    def invite(cls, policy: PolicyVersion | None, at: datetime) -> int:
        """Ask some of those who were imported without a consent, who came first first; how many.

        Once each: who does not answer goes. Nobody is asked while the policy does not cover it.
        """
        if policy is None or "insider" not in policy.covers:
            return 0
        waits = cls.confirmed_at.is_null() & cls.mailed_at.is_null()
        with database.atomic():
            rows = list(locked(cls.select().where(waits).order_by(cls.id).limit(INVITED_AT_ONCE)))
            for one in rows:
                cls.update(mails=1, mailed_at=at).where(cls.id == one.id).execute()
                one._tell("invited", at)
        return len(rows)

    def confirm(self, at: datetime) -> None:
        """It was them who asked. Once confirmed it stays so; who had left has come back."""
        mine = (Insider.id == self.id) & Insider.confirmed_at.is_null()
        with database.atomic():
            if Insider.update(confirmed_at=at).where(mine).execute():
                GoneInsider.delete().where(GoneInsider.digest == self.mailbox).execute()

    def leave(self, at: datetime) -> None:
        """Gone at once, with all mails to them; that they left stays, as a keyed digest."""
        with database.atomic():
            GoneInsider.note(self.mailbox, at)
            self._drop()
            Upkeep.note(changed=Upkeep.changed + 1)

    go_back = leave  # after a restore as well

    def bounced(self) -> None:
        """Gone with all mails to them: nothing can be brought to the address. They have not left,
        so whoever has it again may ask again, or be imported."""
        with database.atomic():
            self._drop()
            Upkeep.note(changed=Upkeep.changed + 1)

    # Its going by itself

    @classmethod
    def let_go(cls, at: datetime) -> int:
        """Delete who has not confirmed in time; how many. Nobody has left by that."""
        unasked = cls.mailed_at.is_null() & (cls.asked_at < at - UNASKED)
        late = cls.confirmed_at.is_null() & ((cls.mailed_at < at - TO_CONFIRM) | unasked)
        with database.atomic():
            rows = list(locked(cls.select().where(late)))
            for one in rows:
                one._drop()
        return len(rows)

    def gone_at(self, field) -> datetime:
        """When it goes by itself."""
        return super().gone_at(field) if self.confirmed_at else self.unconfirmed_until

    @property
    def unconfirmed_until(self) -> datetime:
        """When it is erased if nobody confirms it."""
        return self.mailed_at + TO_CONFIRM if self.mailed_at else self.asked_at + UNASKED

    def erase(self, names, mark, at: datetime) -> None:
        """All of it, whatever of it is to go: an address without its proof may not be written to.

        Nobody has left by that; that it was erased is noted outside the database.
        """
        self._drop()

    # What the verbs share

    def _tell(self, what: str, at: datetime) -> None:
        """Write them the mail of that kind, in the caller's transaction."""
        mail = OutgoingMail.of(f"insider_{what}", self.email, at)
        mail.insider = self
        OutgoingMail.add(mail)

    def _drop(self) -> None:
        OutgoingMail.delete().where(OutgoingMail.insider == self.id).execute()
        Insider.delete().where(Insider.id == self.id).execute()


def _with_insider(mail: OutgoingMail) -> datetime:
    one = mail.insider_id and Insider.get_or_none(Insider.id == mail.insider_id)
    return one.gone_at(Insider.email) if one else mail.made_at


KINDS = ("confirm", "known", "invited")
OutgoingMail.goes_with |= {f"insider_{kind}": _with_insider for kind in KINDS}

"""Links by mail that prove whose an address is: good once, for 15 minutes, in one browser.

The secret and the code are in the mail alone. Who sends it makes them anew from the mail's id and
a key that is not in the database; here is the secret's SHA-256, and nothing of the code.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from peewee import DeferredForeignKey, IntegerField, TextField

from storefront.db import Moment, Record, database
from storefront.models.guess import Guess, TooMany
from storefront.models.mailbox import mailbox_of
from storefront.models.outbox import OutgoingMail
from storefront.models.rights import digest_of
from storefront.personal import days, personal
from storefront.refusals import Refused

VALID = timedelta(minutes=15)
COUNTED = timedelta(hours=1)
MOST_TO_ONE = 4  # mails to one address within that time, so that nobody's mailbox is filled
MOST_IN_ALL = 500  # within that time, whoever asks
TRIES = 3  # of a link's code: with eight digits one in 33 million is guessed
CODES_IN_ALL = 300  # codes an hour that are looked at, of all links together
OVER = "This link was used already, or is over. A new one is quickly asked for."
NOT_THE_CODE = (
    "This is not the code of a mail that this browser asked for and that is still good. Please "
    "look at the newest mail; after three tries, ask for a new one."
)


class AccountLink(Record):
    """A link that was asked for, to sign in; or, for an `account`, to change its address to this.

    `browser` is the SHA-256 of what a cookie says in the browser that asked.
    """

    email = personal(
        TextField(index=True),
        clause="accounts",
        why="to send you a link, which shows that it is yours",
        basis="contract",
        keep=days(1),
    )
    account = DeferredForeignKey("Account", null=True, backref="links", on_delete="CASCADE")
    digest = TextField(unique=True)
    browser = TextField(index=True)
    message_id = TextField()
    asked_at = Moment(index=True)
    valid_until = Moment()
    used_at = Moment(null=True)
    tries = IntegerField(default=0)

    impersonal = secret = ("digest", "browser", "message_id")
    since = "asked_at"
    whole = True

    @classmethod
    def about(cls, email: str):
        """The links that were sent to that address."""
        return cls.select().where(cls.email == email.strip().lower())

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"A link to sign in, of {self.asked_at:%-d %B %Y}"

    @classmethod
    def ask(
        cls, email: str, browser: str, sign: Callable[[str], str], at: datetime, account=None
    ) -> None:
        """Send a link to that address; silently none where its mailbox has had enough for now.

        `sign(message_id)` makes the secret, which the sender of the mail makes once more. Raises
        `TooMany` where all together ask for too many.
        """
        email = email.strip().lower()
        with database.atomic():
            lately = cls.select().where(cls.asked_at > at - COUNTED)
            to = [mailbox_of(link.email) for link in lately.select(cls.email)]
            if len(to) >= MOST_IN_ALL:
                raise TooMany("We are asked for very many links now. Please try in some minutes.")
            if to.count(mailbox_of(email)) >= MOST_TO_ONE:
                return
            mail = OutgoingMail.write("account_move" if account else "account_link", email, at)
            facts = {"digest": digest_of(sign(mail.message_id)), "browser": digest_of(browser)}
            moments = {"asked_at": at, "valid_until": at + VALID}
            cls.create(email=email, account=account, message_id=mail.message_id, **facts, **moments)

    @classmethod
    def behind(cls, secret: str, at: datetime, account=None) -> "AccountLink | None":
        """The link with that secret, while it is good: to sign in, or of that account."""
        of = cls.account == account if account else cls.account.is_null()
        good = cls.valid_until > at, cls.used_at.is_null(), of
        return cls.get_or_none(cls.digest == digest_of(secret), *good)

    def is_of(self, browser: str) -> bool:
        """Whether this browser has asked for it."""
        return bool(browser) and hmac.compare_digest(self.browser, digest_of(browser))

    @classmethod
    def typed(
        cls, code: str, browser: str, code_of: Callable[[str], str], at: datetime, account=None
    ) -> "AccountLink":
        """The link whose code was typed where it was asked for; `code_of(message_id)` makes it.

        Each try is counted before it is looked at, so that many at once are many. Raises
        `Refused` where it is none, and `TooMany` where all together have tried too often.
        """
        of = cls.account == account if account else cls.account.is_null()
        good = cls.valid_until > at, cls.used_at.is_null(), cls.tries < TRIES, of
        mine = list(cls.select().where(cls.browser == digest_of(browser), *good))
        if not mine:  # nothing is guessed at, so nobody else's tries are used up by it
            raise Refused(code=NOT_THE_CODE)
        Guess.note_in_all(at, "codes of customers", CODES_IN_ALL)
        fitting = [link for link in mine if link._counted() and _same(code, code_of, link)]
        if not fitting:
            raise Refused(code=NOT_THE_CODE)
        return fitting[0]

    def _counted(self) -> bool:
        more = AccountLink.update(tries=AccountLink.tries + 1)
        mine = AccountLink.id == self.id, AccountLink.tries < TRIES
        return bool(more.where(*mine).execute())

    def use(self, at: datetime) -> None:
        """Use it up, in the caller's transaction; raises `Refused` the second time."""
        unused = AccountLink.id == self.id, AccountLink.used_at.is_null()
        if not AccountLink.update(used_at=at).where(*unused).execute():
            raise Refused(OVER)

    @classmethod
    def let_go(cls, at: datetime) -> int:
        """Delete the links that need not be counted any more, with their mails; how many."""
        over = cls.select().where(cls.asked_at <= at - COUNTED)
        with database.atomic():
            sent = [link.message_id for link in over]
            OutgoingMail.delete().where(OutgoingMail.message_id.in_(sent)).execute()
            return cls.delete().where(cls.message_id.in_(sent)).execute()


def _same(code: str, code_of: Callable[[str], str], link: AccountLink) -> bool:
    typed = hashlib.sha256("".join(filter(str.isdigit, code)).encode()).digest()
    return hmac.compare_digest(typed, hashlib.sha256(code_of(link.message_id).encode()).digest())


for kind in ("account_link", "account_move"):
    OutgoingMail.goes_with[kind] = lambda mail: mail.made_at + days(1)

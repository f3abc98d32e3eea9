"""Customers who come back: an account is an e-mail address, and a link by mail opens it."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from peewee import BigIntegerField, BooleanField, ForeignKeyField, IntegrityError, TextField

from storefront import passkeys
from storefront.db import Moment, Record, database, locked
from storefront.models.account_link import AccountLink
from storefront.models.order import Order
from storefront.models.outbox import OutgoingMail
from storefront.personal import days, personal
from storefront.refusals import Refused

IDLE = timedelta(days=30)
LONGEST = timedelta(days=365)
MOST_ADDRESSES = 20
MOST_PASSKEYS = 20
KEPT = {"clause": "accounts", "basis": "contract", "keep": days(730)}
SENT = KEPT | {"why": "so that you need not type it again when you order"}
PARTS = ("name", "line1", "line2", "city", "region", "postal_code", "country")


class Account(Record):
    """One customer. Every session says `session_number`: a new one ends all sessions there are.

    There is nothing to remember and nothing to steal: who can read the mail is who they are.
    """

    email = personal(TextField(unique=True), why="to know you when you come back", **KEPT)
    session_number = BigIntegerField()
    made_at = Moment()
    seen_at = Moment()  # signed in

    secret = ("session_number",)
    since, made = "seen_at", "made_at"
    whole = True

    # What flask-login asks of whom it signs in.
    is_active = is_authenticated = True
    is_anonymous = False

    @classmethod
    def about(cls, email: str):
        """The account of that address."""
        return cls.select().where(cls.email == email.strip().lower())

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return "Your account"

    @classmethod
    def sign_in(cls, link: AccountLink, at: datetime) -> "Account":
        """Whose address the link was sent to; there is an account from then on.

        Raises `Refused` when the link was used meanwhile.
        """
        with database.atomic():
            link.use(at)
            new = {"email": link.email, "session_number": _new_number()}
            cls.insert(new | {"made_at": at, "seen_at": at}).on_conflict_ignore().execute()
            account = locked(cls.about(link.email)).get()
            account.seen(at)
        return account

    def seen(self, at: datetime) -> bool:
        """They signed in: what belongs to the account is kept for two years from then on."""
        SavedAddress.update(seen_at=at).where(SavedAddress.account == self).execute()
        return bool(Account.update(seen_at=at).where(Account.id == self.id).execute())

    def session_id(self) -> str:
        """What a session keeps to know the account by."""
        return f"{self.id}.{self.session_number}"

    @classmethod
    def of_session(cls, identity: str) -> "Account | None":
        """Whom a session names, unless it was ended; `identity` is what `session_id` gave."""
        number, _, session_number = identity.partition(".")
        if not (number.isdecimal() and session_number.isdecimal()):
            return None
        return cls.get_or_none(cls.id == int(number), cls.session_number == int(session_number))

    @classmethod
    def of_visit(cls, visit: Mapping, at: datetime) -> "Account | None":
        """Who is signed in, by what the session's cookie says, and was here within 30 days."""
        if not is_current(visit, at):
            return None
        return cls.of_session(visit["_user_id"])

    def end_sessions(self, **columns) -> None:
        """A new number, so that every session ends; `columns` are written with it."""
        columns["session_number"] = _new_number()
        Account.update(columns).where(Account.id == self.id).execute()
        self.__data__.update(columns)

    @classmethod
    def after_restoring(cls) -> int:
        """End what a backup brings back and may have ended since: sessions and links. How many."""
        with database.atomic():
            AccountLink.delete().execute()
            everyone = list(locked(cls.select().order_by(cls.id)))
            for account in everyone:
                account.end_sessions()
        return len(everyone)

    @property
    def orders(self):
        """The orders of this address, those made without an account too; the newest first."""
        return Order.about(self.email).order_by(Order.id.desc())

    def move(self, link: AccountLink, at: datetime) -> None:
        """The address the link was sent to becomes the account's, and that of its orders.

        Every session ends, and the old address is told. As rows of the new address they are new:
        what was erased of it before does not mean them. Raises `Refused` where the link is used up,
        or another account has the address.
        """
        old = self.email
        try:
            with database.atomic():
                link.use(at)
                self.end_sessions(email=link.email, made_at=at)
                for theirs in (SavedAddress, AccountPasskey):
                    theirs.update(made_at=at).where(theirs.account == self).execute()
                Order.update(email=link.email).where(Order.email == old).execute()
                AccountLink.delete().where(AccountLink.email == old).execute()
                OutgoingMail.write("account_moved", old, at)
        except IntegrityError:
            self.__data__["email"] = old
            raise Refused(
                "There is an account with that address already. Sign in there; to have one only, "
                "delete the other first."
            ) from None

    def close(self) -> None:
        """Delete the account with its addresses, passkeys and sessions; its orders stay."""
        with database.atomic():
            AccountLink.delete().where(AccountLink.email == self.email).execute()
            self.delete_instance()

    # The address book

    def book(self) -> "list[SavedAddress]":
        """Its addresses, the one that is used first of all on top."""
        mine = SavedAddress.select().where(SavedAddress.account == self)
        return list(mine.order_by(SavedAddress.is_default.desc(), SavedAddress.id))

    def address(self, number: int) -> "SavedAddress | None":
        """One of its addresses, by number."""
        return SavedAddress.get_or_none(SavedAddress.account == self, SavedAddress.id == number)

    def keep_address(self, parts: Mapping, first: bool, at: datetime, number: int = 0) -> None:
        """Add an address to the book, or change that of this number; `parts` were checked.

        The only one is used `first`, and one that is used first stays so until another is. Raises
        `Refused` where there are twenty.
        """
        with database.atomic():
            locked(Account.select().where(Account.id == self.id)).get()
            book = self.book()
            if not number and len(book) >= MOST_ADDRESSES:
                raise Refused(
                    f"An address book holds {MOST_ADDRESSES} addresses. Remove one first."
                )
            columns = {name: parts[name] for name in PARTS}
            if number:
                mine = SavedAddress.account == self, SavedAddress.id == number
                if not SavedAddress.update(columns).where(*mine).execute():
                    raise Refused("This address is not in your book any more.")
            else:
                moments = {"made_at": at, "seen_at": at}
                number = SavedAddress.create(account=self, **columns, **moments).id
            if first or not any(one.is_default for one in book):
                self._use_first(number)

    def drop_address(self, number: int) -> None:
        """Take an address out of the book; if it was the one used first, the next one is."""
        with database.atomic():
            SavedAddress.delete().where(
                SavedAddress.account == self, SavedAddress.id == number
            ).execute()
            if (book := self.book()) and not book[0].is_default:
                self._use_first(book[0].id)

    def _use_first(self, number: int) -> None:
        SavedAddress.update(is_default=SavedAddress.id == number).where(
            SavedAddress.account == self
        ).execute()

    # Passkeys

    @property
    def handle(self) -> bytes:
        """What an authenticator knows the account by: not as any of the desk, which is as near."""
        return f"account {self.id}.{self.made_at.timestamp():.0f}".encode()

    def add_passkey(self, passkey: passkeys.NewPasskey, name: str, at: datetime) -> None:
        """One more passkey; raises `Refused` for one that is in use, and where there are twenty."""
        try:
            with database.atomic():
                if self.passkeys.count() >= MOST_PASSKEYS:
                    raise Refused(f"There are {MOST_PASSKEYS} passkeys. Remove one first.")
                AccountPasskey.create(account=self, name=name, **passkey.columns(at))
        except IntegrityError:
            raise Refused("This passkey is in use here already.") from None

    def drop_passkey(self, number: int) -> None:
        """Remove a passkey, and end every session, which it may have opened."""
        with database.atomic():
            mine = AccountPasskey.account == self, AccountPasskey.id == number
            AccountPasskey.delete().where(*mine).execute()
            self.end_sessions()


class SavedAddress(Record):
    """A postal address in somebody's book; `is_default` says that it is used first."""

    account = ForeignKeyField(Account, backref="addresses", on_delete="CASCADE")
    name = personal(TextField(), **SENT)
    line1 = personal(TextField(), **SENT)
    line2 = personal(TextField(default=""), **SENT)
    city = personal(TextField(default=""), **SENT)
    region = personal(TextField(default=""), **SENT)
    postal_code = personal(TextField(default=""), **SENT)
    country = personal(TextField(), **SENT)
    is_default = BooleanField(default=False)
    made_at = Moment()
    seen_at = Moment()  # when its account was last signed in to

    since, made = "seen_at", "made_at"
    whole = True

    @classmethod
    def about(cls, email: str):
        """The address book of that address."""
        return cls.select().where(cls.account.in_(Account.about(email)))

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Address in your book, of {self.made_at:%-d %B %Y}"


class AccountPasskey(Record):
    """A key pair of which we hold the public half. `uses` is the authenticator's own count."""

    account = ForeignKeyField(Account, backref="passkeys", on_delete="CASCADE")
    name = personal(
        TextField(),
        why="so that you can tell your passkeys apart",
        words="name of a passkey",
        **KEPT,
    )
    credential = TextField(unique=True)
    public_key = TextField()
    uses = BigIntegerField(default=0)
    made_at = Moment()
    used_at = Moment()

    impersonal = secret = ("credential", "public_key")
    since, made = "used_at", "made_at"
    whole = True

    @classmethod
    def about(cls, email: str):
        """The passkeys of that address."""
        return cls.select().where(cls.account.in_(Account.about(email)))

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Passkey of your account, of {self.made_at:%-d %B %Y}"

    @property
    def holder(self) -> Account:
        """Whom it signs in."""
        return self.account


def is_current(visit: Mapping, at: datetime) -> bool:
    """Whether a session is not over by itself: a month unused, or a year old."""
    seen, begun = _moment(visit, "seen"), _moment(visit, "begun")
    return "_user_id" in visit and at - seen <= IDLE and at - begun <= LONGEST


def _moment(visit: Mapping, name: str) -> datetime:
    return datetime.fromtimestamp(visit.get(name, 0), UTC)


def _new_number() -> int:
    # Drawn, not counted: a restored backup must not bring back the number of an ended session.
    return secrets.randbits(62)

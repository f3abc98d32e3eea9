"""Those who work here: what they may do at the desk, and what they prove with who they are."""

import hashlib
import secrets
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from peewee import BigIntegerField, ForeignKeyField, IntegrityError, TextField, prefetch

from storefront import factors, passkeys
from storefront.db import JSONText, Moment, Record, database, locked
from storefront.models.mailbox import mailbox_of
from storefront.personal import personal, years
from storefront.refusals import Refused

ROLES = ("fulfilment", "editor", "moderator", "manager")
INVITED_FOR = timedelta(days=7)
PROOFS = ("password", "totp", "totp_step", "invitation", "invited_until")
HELD = {"clause": "staff", "basis": "contract", "keep": years(1), "hold": True}


class Staff(Record):
    """One person. Every session says `session_number`: a new one ends all sessions there are.

    `password` is an argon2id hash, `totp` the key shared with an app in base32, `totp_step` the
    step of the last code that was taken, `invitation` the SHA-256 of a link's secret.
    """

    email = personal(TextField(unique=True), why="to know you at the desk", **HELD)
    name = personal(TextField(default=""), why="so that others at the desk know you", **HELD)
    roles = personal(JSONText(default=list), why="to open your part of the desk", **HELD)
    password = TextField(null=True)
    totp = TextField(null=True)
    totp_step = BigIntegerField(null=True)
    session_number = BigIntegerField()
    invitation = TextField(null=True, unique=True)
    invited_until = Moment(null=True)
    made_at = Moment()
    seen_at = Moment()  # signed in, or was added

    impersonal = ("password", "totp", "invitation")
    secret = (*PROOFS, "session_number")
    since, made = "seen_at", "made_at"
    whole = True  # a row that has nothing personal left goes

    # What flask-login asks of whom it signs in.
    is_active = is_authenticated = True
    is_anonymous = False

    @classmethod
    def about(cls, email: str):
        """The account of that address."""
        return cls.select().where(cls.email == email.strip().lower())

    @classmethod
    def has_mailbox(cls, email: str) -> bool:
        """Whether that address, however it is spelled, is of somebody who works here."""
        return bool(email) and mailbox_of(email) in cls.mailboxes()

    @classmethod
    def mailboxes(cls) -> set[str]:
        """The mailboxes of all who work here."""
        return {mailbox_of(email) for (email,) in cls.select(cls.email).tuples()}

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return "Your account at the desk"

    @classmethod
    def of_session(cls, identity: str) -> "Staff | None":
        """Who a session names, unless it was ended; `identity` is what `session_id` gave."""
        number, _, session_number = identity.partition(".")
        if not (number.isdecimal() and session_number.isdecimal()):
            return None
        return cls.get_or_none(cls.id == int(number), cls.session_number == int(session_number))

    @classmethod
    def invite(cls, email: str, roles: list[str], at: datetime) -> tuple["Staff", str]:
        """Add a person, or roles to one who is there; gives the secret of a new link, too.

        An earlier link opens nothing any more. Raises `Refused` without an address or a role.
        """
        email, secret = _address(email), secrets.token_urlsafe(32)
        with database.atomic():
            new = {"email": email, "session_number": _new_number(), "made_at": at, "seen_at": at}
            cls.insert(new).on_conflict_ignore().execute()  # a button may be pressed twice
            staff = locked(cls.about(email)).get()
            held = [role for role in ROLES if role in (*staff.roles, *roles)]
            if not held:
                raise Refused(roles="Choose at least one role.")
            if held != staff.roles:
                staff.change(roles=held)
            link = {"invitation": digest_of(secret), "invited_until": at + INVITED_FOR}
            Staff.update(link).where(Staff.id == staff.id).execute()
        return staff, secret

    @classmethod
    def everyone(cls) -> list["Staff"]:
        """All who work here, with their passkeys."""
        return list(prefetch(cls.select().order_by(cls.email), Passkey.select()))

    @classmethod
    def invited_with(cls, secret: str, at: datetime) -> "Staff":
        """Whom a link was made for; raises `Refused` for one that is used up or too old."""
        staff = cls.get_or_none(cls.invitation == digest_of(secret), cls.invited_until > at)
        if staff is None:
            raise Refused(
                "This link was used already, is older than seven days, or is not whole. "
                "Ask a manager for a new one."
            )
        return staff

    def seen(self, at: datetime) -> bool:
        """They signed in; accounts are kept for a year from then on."""
        return bool(Staff.update(seen_at=at).where(Staff.id == self.id).execute())

    @classmethod
    def settle(cls, secret: str, at: datetime, passkey=None, name: str = "", **columns) -> "Staff":
        """Use a link up: from now on only what was chosen counts, and every session ends.

        That is a `passkey` and its `name`, or a password and an app in `columns`.
        """
        with database.atomic():
            invited = cls.invited_with(secret, at)
            staff = locked(cls.select().where(cls.id == invited.id)).get()
            if staff.invitation != invited.invitation:
                raise Refused("This link was used already.")
            for record in (Passkey, RecoveryCode):
                record.delete().where(record.staff == staff).execute()
            staff.change(**dict.fromkeys(PROOFS) | columns, seen_at=at)
            if passkey:
                staff.add_passkey(passkey, name, at)
        return staff

    def change(self, **columns) -> None:
        """Write these columns, and end every session there is."""
        columns["session_number"] = _new_number()
        # Only these: what else the row says may have changed since it was read.
        Staff.update(columns).where(Staff.id == self.id).execute()
        self.__data__.update(columns)

    @classmethod
    def after_restoring(cls) -> int:
        """End what a backup brings back and may have ended since: all sessions, all links.

        Gives how many people it is about.
        """
        with database.atomic():
            everyone = list(locked(cls.select().order_by(cls.id)))
            for staff in everyone:
                staff.change(invitation=None, invited_until=None)
        return len(everyone)

    def add_passkey(self, passkey: passkeys.NewPasskey, name: str, at: datetime) -> None:
        """One more passkey; raises `Refused` for one that is in use here."""
        try:
            with database.atomic():
                Passkey.create(staff=self, name=name, **passkey.columns(at))
                self.change()
        except IntegrityError:
            raise Refused("This passkey is in use here already.") from None

    def keep_codes(self, codes: list[str]) -> None:
        """These recovery codes and no others; every session ends."""
        with database.atomic():
            RecoveryCode.delete().where(RecoveryCode.staff == self).execute()
            for code in codes:
                RecoveryCode.create(staff=self, digest=digest_of(factors.as_typed(code)))
            self.change()

    def drop_passkey(self, number: int) -> None:
        """Remove one passkey; raises `Refused` where nothing would be left to sign in with."""
        with database.atomic():
            staff = locked(Staff.select().where(Staff.id == self.id)).get()
            if not staff.password and staff.passkeys.where(Passkey.id != number).count() == 0:
                raise Refused("This is the only way you have to sign in, so it was kept.")
            Passkey.delete().where(Passkey.staff == self, Passkey.id == number).execute()
            self.change()

    def drop_password(self) -> None:
        """Sign in with passkeys alone; raises `Refused` where there is none."""
        with database.atomic():
            if not locked(Staff.select().where(Staff.id == self.id)).get().passkeys.count():
                raise Refused("Add a passkey first: this is the only way you have to sign in.")
            RecoveryCode.delete().where(RecoveryCode.staff == self).execute()
            self.change(password=None, totp=None, totp_step=None)

    def give_roles(self, roles: list[str]) -> None:
        """Exactly these roles; every session of theirs ends. Somebody stays a manager."""
        chosen = [role for role in ROLES if role in roles]
        if not chosen:
            raise Refused(roles="Choose at least one role, or remove the person.")
        with database.atomic():
            if "manager" not in chosen:
                self._leave_a_manager()
            self.change(roles=chosen)

    def remove(self) -> None:
        """Delete the account and all that belongs to it; the last manager stays."""
        with database.atomic():
            self._leave_a_manager()
            self.delete_instance()

    def _leave_a_manager(self) -> None:
        # All rows are locked: two managers who remove each other come in turn.
        rows = locked(Staff.select().order_by(Staff.id))
        managers = {staff.id for staff in rows if "manager" in staff.roles and staff.is_settled}
        if managers == {self.id}:
            raise Refused(
                "This is the only manager who can sign in. Make somebody else a manager first."
            )

    @property
    def is_settled(self) -> bool:
        """Whether they have chosen how to sign in."""
        return bool(self.password) or self.passkeys.exists()

    @property
    def handle(self) -> bytes:
        """What an authenticator knows the person by: nothing that names them."""
        return f"{self.id}.{self.made_at.timestamp():.0f}".encode()

    def session_id(self) -> str:
        """What a session keeps to know the person by."""
        return f"{self.id}.{self.session_number}"

    def may(self, roles) -> bool:
        """Whether one of those roles is theirs; a manager may do everything."""
        return "manager" in self.roles or bool(set(self.roles) & set(roles))

    def __str__(self) -> str:
        return self.name or self.email


class Passkey(Record):
    """A key pair of which we hold the public half. `uses` is the authenticator's own count."""

    staff = ForeignKeyField(Staff, backref="passkeys", on_delete="CASCADE")
    name = personal(
        TextField(),
        why="so that you can tell your passkeys apart",
        words="name of a passkey",
        **HELD,
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
        return cls.select().where(cls.staff.in_(Staff.about(email)))

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Your passkey of {self.made_at:%-d %B %Y}"

    @property
    def holder(self) -> Staff:
        """Whom it signs in."""
        return self.staff


class RecoveryCode(Record):
    """One of the codes that stand in for the app, as a hash; it is deleted when it is used."""

    staff = ForeignKeyField(Staff, backref="recovery_codes", on_delete="CASCADE")
    digest = TextField(unique=True)

    impersonal = secret = ("digest",)


def _new_number() -> int:
    # Drawn, not counted: a restored backup must not bring back the number of an ended session.
    return secrets.randbits(62)


def _address(typed: str) -> str:
    try:
        how = {"check_deliverability": False, "allow_smtputf8": False, "test_environment": True}
        found = validate_email(typed.strip().lower(), **how)
    except EmailNotValidError as trouble:
        raise Refused(email=f"This is not an e-mail address. {trouble}") from None
    return found.ascii_email


def digest_of(secret: str) -> str:
    # Of what was drawn from 80 bits or more; a slow hash is for what people think of.
    return hashlib.sha256(secret.encode()).hexdigest()

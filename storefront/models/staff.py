"""Those who work here: what they may do at the desk, and what they prove with who they are."""

import hashlib
import secrets
from datetime import datetime, timedelta

from peewee import BigIntegerField, ForeignKeyField, TextField

from storefront.db import JSONText, Moment, Record, database, locked
from storefront.personal import personal, years
from storefront.refusals import Refused

ROLES = ("fulfilment", "editor", "moderator", "manager")
INVITED_FOR = timedelta(days=7)
HELD = {"clause": "staff", "basis": "contract", "keep": years(1), "hold": True}


class Staff(Record):
    """One person. Every session says `session_number`: a new one ends all sessions there are.

    `password` is an argon2id hash, `totp` the key shared with an app in base32, `totp_step` the
    step of the last code that was taken, `invitation` the SHA-256 of a link's secret. These are
    listed as impersonal so that no copy of somebody's data ever carries them.
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
    since = "seen_at"

    # What flask-login asks of whom it signs in.
    is_active = is_authenticated = True
    is_anonymous = False

    @classmethod
    def about(cls, email: str):
        """The account of that address."""
        return cls.select().where(cls.email == email.strip().lower())

    @classmethod
    def of_session(cls, identity: str) -> "Staff | None":
        """Who a session names, unless it was ended; `identity` is what `get_id` gave."""
        number, _, session_number = identity.partition(".")
        if not (number.isdecimal() and session_number.isdecimal()):
            return None
        return cls.get_or_none(cls.id == int(number), cls.session_number == int(session_number))

    @classmethod
    def invite(cls, email: str, roles: list[str], at: datetime) -> tuple["Staff", str]:
        """Add a person, or roles to one who is there; gives the secret of a new link, too.

        An earlier link opens nothing any more.
        """
        secret = secrets.token_urlsafe(32)
        with database.atomic():
            staff = locked(cls.about(email)).first()
            if staff is None:
                staff = cls(email=email.strip().lower(), made_at=at, seen_at=at)
                staff.session_number = _new_number()
            if set(roles) - set(staff.roles):
                staff.session_number = _new_number()
            staff.roles = [role for role in ROLES if role in (*staff.roles, *roles)]
            staff.invitation, staff.invited_until = _digest(secret), at + INVITED_FOR
            staff.save()
        return staff, secret

    @classmethod
    def invited_with(cls, secret: str, at: datetime) -> "Staff":
        """Whom a link was made for; raises `Refused` for one that is used up or too old."""
        staff = cls.get_or_none(cls.invitation == _digest(secret), cls.invited_until > at)
        if staff is None:
            raise Refused(
                "This link was used already, is older than seven days, or is not whole. "
                "Ask a manager for a new one."
            )
        return staff

    def get_id(self) -> str:
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
    name = personal(TextField(), why="so that you can tell your passkeys apart", **HELD)
    credential = TextField(unique=True)
    public_key = TextField()
    uses = BigIntegerField(default=0)
    made_at = Moment()
    used_at = Moment()

    impersonal = ("credential", "public_key")
    since = "used_at"

    @classmethod
    def about(cls, email: str):
        """The passkeys of that address."""
        return cls.select().where(cls.staff.in_(Staff.about(email)))


class RecoveryCode(Record):
    """One of the codes that stand in for the app, as a hash; it is deleted when it is used."""

    staff = ForeignKeyField(Staff, backref="recovery_codes", on_delete="CASCADE")
    digest = TextField(unique=True)

    impersonal = ("digest",)


def _new_number() -> int:
    # Drawn, not counted: a restored backup must not bring back the number of an ended session.
    return secrets.randbits(62)


def _digest(secret: str) -> str:
    # Of what was drawn from 80 bits or more; a slow hash is for what people think of.
    return hashlib.sha256(secret.encode()).hexdigest()

"""Signing in: who somebody proves to be, with a passkey or with password and code."""

from datetime import datetime, timedelta

from storefront import factors, passkeys
from storefront.db import database
from storefront.models.guess import SpentTicket
from storefront.models.staff import Passkey, RecoveryCode, Staff, digest_of
from storefront.refusals import Refused

CHALLENGE_FOR = timedelta(minutes=5)


def with_password(email: str, password: str, code: str, at: datetime) -> Staff:
    """Who proves to be that person, with password and code both.

    Raises `Refused` with the same words, after the same work, whatever does not fit: that there is
    no such account, too.
    """
    staff = Staff.about(email).first()
    knows = factors.is_password(password, staff.password if staff else None)
    step = factors.step_of(code, staff.totp if staff else None, at)
    # With a wrong password a code is looked for as well, and no row is nobody's.
    if not _take_code(staff if knows else Staff(id=0), code, step, at):
        raise Refused(
            "This did not fit together. Please look at the e-mail address, the password and the "
            "code; a code counts once."
        )
    return staff


def _take_code(staff: Staff, code: str, step: int | None, at: datetime) -> bool:
    """Use up a code of the app or a recovery code; False if it is neither, or was used."""
    with database.atomic():
        if step is not None:
            unused = Staff.totp_step.is_null() | (Staff.totp_step < step)
            taken = Staff.update(totp_step=step).where(Staff.id == staff.id, unused)
        else:
            digest = digest_of(factors.as_typed(code))
            theirs = RecoveryCode.staff == staff, RecoveryCode.digest == digest
            taken = RecoveryCode.delete().where(*theirs)
        return bool(taken.execute()) and staff.seen(at)


def with_passkey(
    place: passkeys.Place, answer: str, challenge: bytes, at: datetime, kept: type = Passkey
):
    """Whose passkey signed the challenge; raises `Refused` if none did, or it did before.

    `kept` is the table of passkeys: those of staff, or of customers, who are nobody at the desk.
    """
    passkey = kept.get_or_none(kept.credential == passkeys.name_in(answer))
    if passkey is None:
        raise Refused("This passkey is not known here. It may have been removed.")
    key, uses = passkey.public_key, passkey.uses
    uses = passkeys.count_after(place, answer, challenge, key, uses)
    with database.atomic():
        SpentTicket.spend(challenge.hex(), at + CHALLENGE_FOR, at)
        # As it was read: a copy that came in at the same moment has moved the count.
        same = kept.id == passkey.id, kept.uses == passkey.uses
        still = kept.update(uses=uses, used_at=at).where(*same)
        if not (still.execute() and passkey.holder.seen(at)):
            raise Refused("This passkey was used or removed meanwhile. Please try again.")
    return passkey.holder

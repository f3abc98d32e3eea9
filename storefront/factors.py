"""What staff prove who they are with: passwords, codes of an app, recovery codes.

The libraries are loaded when somebody comes to the desk's door, and not before: most processes of
a shop never see one.
"""

import hmac
import secrets
import threading
import unicodedata
from datetime import datetime
from functools import cache

from markupsafe import Markup

from storefront.refusals import Refused

LEAST, MOST = 12, 200  # characters of a password
GUESSABLE = 8  # guesses, as a power of ten, up to which a password counts as common
STEP = 30  # seconds for which an app shows a code (RFC 6238, 4.1)
CODES = 10
# Base32 without what is mistaken for something else; 16 of them are 80 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyz234567890"
NOBODYS_KEY = "A" * 32

# One at a time: each takes 32 MiB while it lasts.
_turn = threading.Lock()


@cache
def _hasher():
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)


@cache
def _nobodys_hash() -> str:
    return password_hash(secrets.token_hex())


def password_hash(password: str) -> str:
    """The password as it is kept: argon2id, with salt and costs (RFC 9106)."""
    with _turn:
        return _hasher().hash(_normal(password))


def is_password(password: str, kept: str | None) -> bool:
    """Whether it is the one that is kept; as much work where none is."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    nobodys = _nobodys_hash()
    with _turn:
        try:
            _hasher().verify(kept or nobodys, _normal(password))
        except (Argon2Error, InvalidHashError):
            return False
    return kept is not None


def check_password(password: str, *known: str) -> None:
    """Raise `Refused` for a password that is too short or soon guessed.

    `known` are words that whoever guesses at this account knows, such as its e-mail address.
    """
    if not LEAST <= len(password) <= MOST:
        words = "Please choose at least 12 characters; a few words that do not belong together do."
        long = f"Please choose at most {MOST} characters."
        raise Refused(password=words if len(password) < LEAST else long)
    if _is_common(_normal(password), known):
        raise Refused(
            password="This is among the passwords that are guessed first. "  # noqa: S106
            "Please choose another: a few words that do not belong together."
        )


def _is_common(password: str, known: tuple[str, ...]) -> bool:
    from zxcvbn import zxcvbn

    plain = password.lower()
    for word in known:
        if len(word) > 3:
            plain = plain.replace(word.lower(), "")
    # It refuses to look at more than 72 characters.
    return not plain or zxcvbn(plain[:72])["guesses_log10"] < GUESSABLE


def _normal(password: str) -> str:
    # One password, whichever way a keyboard writes its letters (NIST SP 800-63B, 3.1.1.2).
    return unicodedata.normalize("NFKC", password)


def new_key() -> str:
    """A key to share with an app, 160 bits in base32."""
    import pyotp

    return pyotp.random_base32(32)


def step_of(code: str, key: str | None, at: datetime) -> int | None:
    """The step of time whose code this is, or None; clocks may be a step apart.

    As much work where there is no key.
    """
    import pyotp

    app, now = pyotp.TOTP(key or NOBODYS_KEY), int(at.timestamp()) // STEP
    given = "".join(code.split()).encode()
    fits = [s for s in (now - 1, now, now + 1) if _same(app.generate_otp(s).encode(), given)]
    return fits[0] if fits and key else None


def _same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)


def drawn_key(key: str, account: str, shop: str) -> Markup:
    """The key as a QR code for an app to read, drawn into the page."""
    import pyotp
    import segno

    uri = pyotp.TOTP(key).provisioning_uri(name=account, issuer_name=shop)
    drawing = segno.make(uri, error="m", micro=False)
    svg = drawing.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True)
    return Markup(svg)  # noqa: S704 — of its own drawing, without a word of what was typed


def in_groups(key: str) -> str:
    """A key as a person types it: groups of four."""
    return " ".join(key[n : n + 4] for n in range(0, len(key), 4))


def new_codes() -> list[str]:
    """Ten recovery codes, such as `k7qf-2mzd-9rta-hw3c`."""
    drawn = ["".join(secrets.choice(LETTERS) for _ in range(16)) for _ in range(CODES)]
    return ["-".join(code[n : n + 4] for n in range(0, 16, 4)) for code in drawn]


def as_typed(code: str) -> str:
    """A recovery code without what people add or leave out."""
    return "".join(letter for letter in code.lower() if letter.isalnum())

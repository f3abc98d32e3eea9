"""Unguessable links: what names a record, signed; and secrets of which only a hash is kept."""

import base64
import hashlib
import hmac

from itsdangerous import BadSignature, Signer


class SignedLinks:
    """Makes and reads links with keys that rotate; `keys` has the newest first."""

    salt: str  # so that no link of one kind passes for one of another

    def __init__(self, keys: tuple[str, ...]) -> None:
        # itsdangerous wants the newest last; all are tried when reading.
        self._signer = Signer(list(reversed(keys)), salt=self.salt, digest_method=hashlib.sha256)

    def write(self, name: str) -> str:
        """The link for the name of a record, safe in a URL."""
        return self._signer.sign(name).decode()

    def read(self, link: str) -> str | None:
        """The name in a link, or None when it is not one of ours."""
        try:
            return self._signer.unsign(link).decode()
        except (BadSignature, UnicodeError):
            return None


class OrderLinks(SignedLinks):
    """Links that stand for orders, by number."""

    salt = "order-link"


class EntryLinks(SignedLinks):
    """Links that stand for entries in a contest, by key."""

    salt = "contest-entry"


class PrizeLinks(SignedLinks):
    """Links by which a winner accepts or declines, by key."""

    salt = "contest-prize"


class WaitingLinks(SignedLinks):
    """Links that stand for a wish to hear of something that is sold out, by key."""

    salt = "waiting"


class InsiderLinks(SignedLinks):
    """Links by which somebody confirms or leaves the Insider Update, by key."""

    salt = "insider"


class TestimonialLinks(SignedLinks):
    """Links that stand for a testimonial, by key, in the hands of its author."""

    salt = "testimonial"


class InvitationLinks(SignedLinks):
    """Links by which the customer of an order, by number, may say what they think of what came.

    Whoever has one passes for the owner of an address: it is good while the order has that one,
    which may be another's by then.
    """

    salt = "testimonial-invitation"

    def write_to(self, number: str, email: str) -> str:
        """The link that is mailed to that address about an order."""
        return self.write(f"{number}.{self._signer.get_signature(f'to {email}').decode()}")

    def number_in(self, link: str) -> str | None:
        """The number of the order that a link is about, or None when it is not one of ours."""
        return (self.read(link) or "").partition(".")[0] or None

    def is_to(self, link: str, email: str) -> bool:
        """Whether the link was mailed to that address."""
        _, _, mark = (self.read(link) or "").partition(".")
        return self._signer.verify_signature(f"to {email}", mark)


class ResellerLinks(SignedLinks):
    """Links that open a reseller's own page, by the key of its widget."""

    salt = "reseller"


def secret_of(message_id: str, key: str, purpose: str = "rights link") -> str:
    """The secret in the link that the mail of this id brings, safe in a URL.

    Who sends the mail makes it once more, so that the database holds its hash alone. 256 bits
    under `wake_key`, which shop and worker share and which stays the same.
    """
    made = hmac.new(key.encode(), f"{purpose} {message_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


ACCOUNT_LINK = "account link"


def code_of(message_id: str, key: str) -> str:
    """The eight digits that the mail of this id brings, to be typed where it was asked for."""
    made = hmac.new(key.encode(), f"account code {message_id}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(made[:16]) % 10**8:08}"

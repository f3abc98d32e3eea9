"""Unguessable links: an order's number, signed; and secrets of which only a hash is kept."""

import base64
import hashlib
import hmac

from itsdangerous import BadSignature, Signer


class OrderLinks:
    """Makes and reads order links with keys that rotate; `keys` has the newest first."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        # itsdangerous wants the newest last; all are tried when reading.
        self._signer = Signer(list(reversed(keys)), salt="order-link", digest_method=hashlib.sha256)

    def write(self, number: str) -> str:
        """The link for an order's number, safe in a URL."""
        return self._signer.sign(number).decode()

    def read(self, link: str) -> str | None:
        """The number in a link, or None when it is not one of ours."""
        try:
            return self._signer.unsign(link).decode()
        except (BadSignature, UnicodeError):
            return None


def secret_of(message_id: str, key: str) -> str:
    """The secret in the link that the mail of this id brings, safe in a URL.

    Who sends the mail makes it once more, so that the database holds its hash alone. 256 bits
    under `wake_key`, which shop and worker share and which stays the same.
    """
    made = hmac.new(key.encode(), f"rights link {message_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()

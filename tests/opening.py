"""Opens what was sealed, as the desk does: nothing on line can."""

from types import SimpleNamespace

from storefront.handoff.seal import Card
from vault.opening import CannotOpen as CannotOpen
from vault.opening import open_card


def open_sealed(suite: str, sealed: bytes, offer_raw: bytes, private: bytes) -> Card:
    """The card in `sealed`, with the epoch's private half for that suite. Raises CannotOpen."""
    card = open_card(SimpleNamespace(suite=suite, sealed=sealed, offer=offer_raw), {suite: private})
    return Card(card.number, card.year, card.month)

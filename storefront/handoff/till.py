"""The payment page's work, without the web: look at an offer, take a card, hand it down the line.

The till keeps nothing: a card lives in memory until it is sealed, and then only sealed, until the
vault has answered.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from . import seal, suites
from .envelope import Envelope, Receipt
from .line import AlreadyHeld, EnvelopeRefused, Line, LineDown
from .manifest import Epoch, ManifestFile, NoEpoch
from .offer import BadOffer, Offer
from .payment_settings import Settings
from .wire import HandoffError, load_public_key

#: What came with a request: every value of every field.
Fields = Mapping[str, Sequence[str]]

REFUSED, UNAVAILABLE = "refused", "unavailable"
_LINK = re.compile(r"[A-Za-z0-9._-]{10,120}")
SEALED = "sealed"
#: All that the form holds, sealed here or in the page. Security codes have many names: what is not
#: listed is refused.
FIELDS = {"offer", "link", seal.NUMBER, seal.EXPIRY}
SEALED_FIELDS = {"offer", "link", SEALED}
#: All that an address of the page has.
ASKED = {"offer", "link", "seal"}


class Refusal(HandoffError):
    """The page says why not, with the HTTP status, and shows the ways on.

    `back` is where to go; `again` is the same form anew, where trying again makes sense.
    """

    def __init__(self, status: int, sentence: str, *, back: str, again: str | None = None):
        super().__init__(sentence)
        self.status, self.sentence, self.back, self.again = status, sentence, back, again
        self.state = UNAVAILABLE if status == 503 else REFUSED


@dataclass(frozen=True, slots=True)
class Payment:
    """An offer that may be paid now, the epoch to seal to, and the link of the order."""

    offer: Offer
    compact: str
    epoch: Epoch
    link: str
    back: str

    @property
    def again(self) -> str:
        """The address of a fresh form; both parts are safe in a URL as they are."""
        return f"/?offer={self.compact}&link={self.link}"

    @property
    def plain(self) -> str:
        """The address of the form that needs no script and is sealed on the server."""
        return f"{self.again}&seal=server"

    @property
    def page_key(self) -> bytes | None:
        """The public key for sealing in the page; None where the offer or the epoch has none."""
        if suites.X25519 not in self.offer.suites:
            return None
        return self.epoch.public_keys.get(suites.X25519)


class Till:
    """Reads its keys once; the manifest again whenever it changes. `clock` gives epoch seconds.

    Raises HandoffError at once if a key is missing or the manifest cannot be used.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time):
        self.settings = settings
        self._clock = clock
        folder = settings.folder
        self._shop_key = load_public_key(folder / "shop.pub")
        self._vault_key = load_public_key(folder / "vault.pub")
        self._manifest = ManifestFile(folder / "manifest", load_public_key(folder / "root.pub"))
        self._manifest.current()
        self._line = Line(settings.vault, folder)

    def payment(self, fields: Fields) -> Payment:
        """The payment that `offer` and `link` among the fields ask for; raises Refusal."""
        link = _only(fields, "link")
        if not _LINK.fullmatch(link):
            raise Refusal(
                400,
                "This page opens from your order, and the address is not complete. "
                "Open your order in the shop and choose to pay again.",
                back=self.settings.shop_origin + "/",
            )
        back = f"{self.settings.shop_origin}/orders/{link}"
        compact = _only(fields, "offer")
        offer = self._offer(compact, back)
        return Payment(offer, compact, self._epoch(offer, back), link, back)

    def now(self) -> float:
        """Epoch seconds, by the till's clock."""
        return self._clock()

    def today(self) -> str:
        """The month it is in UTC, as YYYY-MM."""
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m")

    def look_at_manifest(self) -> None:
        """Takes in a manifest that has changed; raises BadManifest if it cannot be used."""
        self._manifest.current()

    def rehearse(self) -> None:
        """Seals no card to a key there is, and throws it away: what sealing loads is then there."""
        for epoch in self._manifest.current().epochs[:1]:
            seal.seal_hybrid(seal.Card("0" * 12, 2000, 1), b"", epoch)

    def _offer(self, compact: str, back: str) -> Offer:
        try:
            offer = Offer.verify(compact, self._shop_key)
        except BadOffer:
            offer = None
        if offer is None or offer.aud != self.settings.payment_origin:
            raise Refusal(
                400,
                "This payment did not come from our shop as it stands here, so we will not take "
                "a card for it. Go back to your order and choose to pay again.",
                back=back,
            )
        if offer.expired(int(self._clock())):
            raise Refusal(
                410,
                "This payment page was good for half an hour, and that time is over. Nothing was "
                "charged. Go back to your order for a fresh page.",
                back=back,
            )
        return offer

    def _epoch(self, offer: Offer, back: str) -> Epoch:
        try:
            epoch = self._manifest.current().epoch(offer.kid)
            if suites.HYBRID not in offer.suites or suites.HYBRID not in epoch.suites:
                raise NoEpoch("The offer and the epoch share no suite that this page can use.")
            if not epoch.is_open(int(self._clock())):
                raise NoEpoch("The epoch is not open now.")
        except HandoffError:
            raise Refusal(
                503,
                "We cannot protect your card with the keys this payment names, so we will not "
                "take it. Your order is kept. Go back to it for a fresh page; if that does not "
                "help, pay later.",
                back=back,
            ) from None
        return epoch

    def take(self, payment: Payment, fields: Fields) -> Envelope:
        """The card among the fields, sealed, with all that the vault needs to keep it.

        Raises BadCard with a sentence for each field at fault; the key "" is for the form as a
        whole. Raises Refusal where what the page sealed is no sealed card.
        """
        if SEALED in fields:
            suite, sealed = suites.X25519, self._sealed_in_page(payment, fields)
        else:
            card = self.card(fields)
            suite, sealed = suites.HYBRID, seal.seal_hybrid(card, payment.offer.raw, payment.epoch)
        return Envelope.around(
            sealed, compact_offer=payment.compact, kid=payment.epoch.kid, suite=suite
        )

    def card(self, fields: Fields) -> seal.Card:
        """The card that was typed; raises BadCard. A security code is refused, whatever its field
        is called (PCI DSS 4.0.1, requirement 3.3.1: what is not taken is not kept)."""
        refuse_others(fields, FIELDS)
        if twice := [name for name in (seal.NUMBER, seal.EXPIRY) if len(fields.get(name, ())) > 1]:
            raise seal.BadCard(dict.fromkeys(twice, "This came more than once. Enter it once."))
        number, expiry = (_only(fields, name) for name in (seal.NUMBER, seal.EXPIRY))
        return seal.check_card(number, expiry, int(self._clock()))

    def _sealed_in_page(self, payment: Payment, fields: Fields) -> bytes:
        refuse_others(fields, SEALED_FIELDS)
        try:
            if payment.page_key is None:
                raise NoEpoch("This payment has no key for sealing in the page.")
            return seal.read_sealed(_only(fields, SEALED))
        except HandoffError:
            raise Refusal(
                400,
                "Your browser did not seal the card as it should, so nothing was kept. "
                "Try again with the form that our server seals.",
                back=payment.back,
                again=payment.plain,
            ) from None

    def hand_down(self, payment: Payment, envelope: Envelope) -> str:
        """Puts the sealed card down the line; the address to go on to, with the receipt.

        Raises Refusal if there is no receipt that can be believed.
        """
        try:
            receipt = self._receipt(envelope, payment.offer)
        except EnvelopeRefused as error:
            raise _refused_by_vault(error, payment) from None
        except HandoffError:  # the line is down, or the receipt is not the vault's
            raise _no_receipt(payment) from None
        return f"{payment.back}/return?receipt={receipt}"

    def _receipt(self, envelope: Envelope, offer: Offer) -> str:
        try:
            compact = self._line.put_envelope(envelope.to_bytes())
            expected = (offer.env_id, offer.order, envelope.sha256)
        except AlreadyHeld as held:
            # The first card of a double click, or of an earlier page for the same attempt.
            compact, expected = held.receipt, None
        receipt = Receipt.verify(compact, self._vault_key)
        found = (receipt.env_id, receipt.order, receipt.envelope_sha256)
        if receipt.order != offer.order or expected not in (None, found):
            raise LineDown("The vault's receipt is for another envelope.")
        return compact


def _no_receipt(payment: Payment) -> Refusal:
    return Refusal(
        503,
        "We could not reach the place where cards are kept. This page has not kept your card, "
        "and your order is safe. Try again in a moment, or go back to your order and pay later. "
        "An order is charged once at most.",
        back=payment.back,
        again=payment.again,
    )


def _refused_by_vault(error: EnvelopeRefused, payment: Payment) -> Refusal:
    if error.reason == "superseded":
        why = "A newer payment for this order has been started, so this page is out of date."
    else:
        why = "This payment page can no longer be used."
    sentence = f"{why} This card was not kept. Go back to your order to see where it stands."
    return Refusal(410, sentence, back=payment.back)


def refuse_others(fields: Fields, known: set[str]) -> None:
    """Raises BadCard where there is a field beside the `known` ones; it is not looked at."""
    if set(fields) - known:
        raise seal.BadCard(
            {
                "": "We never ask for the security code of a card, nor for anything but its "
                "number and expiry. Please leave the rest out."
            }
        )


def _only(fields: Fields, name: str) -> str:
    """The one value of a field; empty if there is none, or more than one."""
    values = fields.get(name, ())
    return values[0] if len(values) == 1 else ""

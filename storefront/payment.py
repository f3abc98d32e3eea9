"""Paying for an order, seen from the shop: offers go out, receipts come home. No card is here."""

import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from storefront.config import Settings
from storefront.handoff.envelope import (
    BadReceipt,
    HandoffError,
    ManifestFile,
    Receipt,
    load_private_key,
    load_public_key,
)
from storefront.handoff.line import Line, LineDown
from storefront.handoff.offer import Offer
from storefront.models import Order, PaymentAttempt
from storefront.models.payment import SignedOffer
from storefront.personal import days, declare
from storefront.refusals import Refused

OFFER_VALID = timedelta(minutes=30)
GRACE = timedelta(minutes=5)  # between the offer's end and letting the stock go
PATIENCE = (1.0, 2.0)  # seconds to connect to the vault, and for its answer

declare(
    "vault",
    "card number and expiry, sealed and offline",
    clause="orders",
    why="to charge your order",
    basis="contract",
    keep=days(14),
)

log = logging.getLogger(__name__)


class Unavailable(Exception):
    """No card can be taken now; the order is kept and can be paid later."""


class Payments:
    """What the shop needs to be paid: its signing key, the vault's public key, the line."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        keys = settings.keys
        self._shop_key = load_private_key(keys / "shop.key")
        self._vault_key = load_public_key(keys / "vault.pub")
        self._manifest = ManifestFile(keys / "manifest", load_public_key(keys / "root.pub"))
        self._line = Line(settings.vault_address, keys, PATIENCE)

    def begin(self, order: Order, link: str, now: datetime) -> str:
        """Sign an offer for the order, hold its stock, and give the payment page's address.

        An offer that is still good is given again. Raises `Refused` (paid already, five attempts,
        or something has sold out) or `Unavailable`.
        """
        attempt = PaymentAttempt.open(order, lambda number: self._sign(order, number, now), now)
        return self._address(attempt.offer, link)

    def _sign(self, order: Order, number: int, now: datetime) -> SignedOffer:
        offer = self._offer(order, number, now)
        expires_at = datetime.fromtimestamp(offer.expires, UTC)
        signed = offer.sign(self._shop_key)
        return SignedOffer(offer.env_id, signed, expires_at, expires_at + GRACE)

    def _offer(self, order: Order, number: int, now: datetime) -> Offer:
        try:
            epoch = self._manifest.current().epoch_at(int(now.timestamp()))
        except HandoffError as trouble:
            log.error("no offer can be signed: %s", trouble)
            raise Unavailable from trouble
        return Offer.issue(
            aud=self._settings.payment_origin,
            order=order.number,
            attempt=number,
            amount_minor=order.total_minor,
            currency=order.currency,
            epoch=epoch,
            policy_version=order.policy.number,
            now=int(now.timestamp()),
            valid_for=int(OFFER_VALID.total_seconds()),
        )

    def _address(self, signed_offer: str, link: str) -> str:
        query = urlencode({"offer": signed_offer, "link": link})
        return f"{self._settings.payment_origin}/?{query}"

    def come_home(self, order: Order, receipt: str, now: datetime) -> None:
        """Record a receipt that the vault signed for this order; again and again, one effect.

        Raises `Refused` for a receipt that is not the vault's or not this order's.
        """
        try:
            told = Receipt.verify(receipt, self._vault_key)
        except BadReceipt as trouble:
            raise Refused("This receipt does not come from our vault.") from trouble
        attempt = PaymentAttempt.get_or_none(
            PaymentAttempt.env_id == told.env_id, PaymentAttempt.order == order
        )
        if attempt is None or told.order != order.number:
            raise Refused("This receipt belongs to another order.")
        attempt.receive(receipt, now)

    def look_up(self, order: Order) -> str | None:
        """Ask the vault for a receipt of any attempt; None when it has none.

        Raises `LineDown` when the vault cannot be asked.
        """
        waiting = order.attempts.where(PaymentAttempt.receipt.is_null())
        for attempt in waiting.order_by(PaymentAttempt.number.desc()):
            receipt = self._line.receipt(attempt.env_id)
            if receipt:
                return receipt
        return None

    def settle(self, now: datetime) -> None:
        """Fetch the receipts that never came home; let overdue stock go where there is none.

        While the vault cannot be asked, or answers with a receipt that is not its own, holds are
        kept.
        """
        try:
            for order in list(Order.holding()):
                self._settle(order, now)
        except LineDown as trouble:
            log.warning("the vault does not answer; holds are kept: %s", trouble)

    def _settle(self, order: Order, now: datetime) -> None:
        receipt = self.look_up(order)
        try:
            if receipt:
                self.come_home(order, receipt, now)
        except Refused as refusal:
            log.error("order %s is kept on hold: %s", order.number, refusal)
            return
        order.lapse(now)

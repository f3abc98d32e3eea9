"""Paying for an order, seen from the shop: offers go out, receipts come home. No card is here."""

import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from cryptography.hazmat.primitives import serialization

from storefront.config import Settings
from storefront.handoff.envelope import BadReceipt, HandoffError, Manifest, Receipt
from storefront.handoff.line import Line, LineDown
from storefront.handoff.offer import Offer
from storefront.models import Order, PaymentAttempt
from storefront.personal import days, declare
from storefront.refusals import Refused

OFFER_VALID = timedelta(minutes=30)
GRACE = timedelta(minutes=5)  # between the offer's end and letting the stock go
WORTH_REUSING = timedelta(minutes=5)  # an offer with less left than this is made anew
PATIENCE = (1.0, 2.0)  # seconds to connect to the vault, and for its answer

declare(
    "vault",
    "card number and expiry, sealed and off line",
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
        self._shop_key = serialization.load_pem_private_key((keys / "shop.key").read_bytes(), None)
        self._vault_key = serialization.load_pem_public_key((keys / "vault.pub").read_bytes())
        self._root_key = serialization.load_pem_public_key((keys / "root.pub").read_bytes())
        self._line = Line(settings.vault_address, keys, PATIENCE)

    def begin(self, order: Order, link: str, now: datetime) -> str:
        """Sign an offer for the order, hold its stock, and give the payment page's address.

        An offer that is still good is given again. Raises `Refused` (five attempts, or something
        has sold out) or `Unavailable`.
        """
        last = PaymentAttempt.latest(order)
        if last and last.expires_at - now > WORTH_REUSING and order.state == "awaiting_card":
            return self._address(last.offer, link)
        offer = self._offer(order, PaymentAttempt.next_number(order), now)
        expires = datetime.fromtimestamp(offer.expires, UTC)
        order.await_card(expires + GRACE, now)
        signed = offer.sign(self._shop_key)
        PaymentAttempt.open(order, offer.attempt, offer.env_id, signed, expires)
        return self._address(signed, link)

    def _offer(self, order: Order, number: int, now: datetime) -> Offer:
        try:
            manifest = Manifest.read((self._settings.keys / "manifest").read_text(), self._root_key)
            epoch = manifest.epoch_at(int(now.timestamp()))
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

        While the vault cannot be asked, holds are kept.
        """
        try:
            for order in Order.select().where(Order.state == "awaiting_card"):
                self._fetch(order, now)
            for order in Order.overdue(now):
                self._fetch(order, now)
                order.lapse(now)
        except LineDown as trouble:
            log.warning("the vault does not answer; holds are kept: %s", trouble)

    def _fetch(self, order: Order, now: datetime) -> None:
        receipt = self.look_up(order)
        if receipt:
            self.come_home(order, receipt, now)

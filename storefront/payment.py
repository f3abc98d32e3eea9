"""Paying for an order, seen from the shop: offers go out, receipts come home. No card is here."""

import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from storefront.config import Settings
from storefront.handoff.envelope import (
    BadReceipt,
    BadStatement,
    HandoffError,
    Instruction,
    ManifestFile,
    Receipt,
    Statement,
    load_private_key,
    load_public_key,
)
from storefront.handoff.line import EnvelopeRefused, Line, LineDown
from storefront.handoff.offer import Offer
from storefront.models import DeskInstruction, DeskStatement, Order, PaymentAttempt
from storefront.models.order_line import OrderLine
from storefront.models.payment import SignedOffer
from storefront.models.statement import Contradiction
from storefront.personal import days, declare
from storefront.refusals import Refused

OFFER_VALID = timedelta(minutes=30)
GRACE = timedelta(minutes=5)  # between the offer's end and letting the stock go
MOST_ANSWERS = 100  # of a hundred statements each; what is left comes the next time
PATIENCE = (1.0, 2.0)  # seconds to connect to the vault, and for its answer

declare(
    "vault",
    "card number and expiry, sealed and offline",
    clause="orders",
    why="to charge your order",
    basis="contract",
    keep=days(14),
)
declare(
    "payment page",
    "card number and expiry",
    clause="orders",
    why="to seal them before anything else happens",
    basis="contract",
)
# Who charges by hand, from a machine off line: the shop has no line to them.
declare(
    "recipient",
    "card acquirer",
    clause="orders",
    why="to charge your card, and to give money back: card number, expiry and sum",
    basis="contract",
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
        self._desk_key = load_public_key(keys / "desk.pub")
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
        self._attempt_of(order, receipt).receive(receipt, now)

    def _attempt_of(self, order: Order, receipt: str) -> PaymentAttempt:
        try:
            told = Receipt.verify(receipt, self._vault_key)
        except BadReceipt as trouble:
            raise Refused("This receipt does not come from our vault.") from trouble
        attempt = PaymentAttempt.get_or_none(
            PaymentAttempt.env_id == told.env_id, PaymentAttempt.order == order
        )
        if attempt is None or told.order != order.number:
            raise Refused("This receipt belongs to another order.")
        return attempt

    def look_up(self, order: Order) -> str | None:
        """Ask the vault for a receipt of any attempt; None when it has none to be believed, for
        nobody is to be sent on to a refusal.

        Raises `LineDown` when the vault cannot be asked.
        """
        if receipt := self._receipt(order):
            try:
                self._attempt_of(order, receipt)
            except Refused as refusal:
                log.error("order %s: %s", order.number, refusal)
                return None
        return receipt

    def _receipt(self, order: Order) -> str | None:
        """What the vault has, not verified yet."""
        waiting = order.attempts.where(
            PaymentAttempt.receipt.is_null(), PaymentAttempt.verdict.is_null()
        )
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
        receipt = self._receipt(order)
        try:
            if receipt:
                self.come_home(order, receipt, now)
        except Refused as refusal:
            log.error("order %s is kept on hold: %s", order.number, refusal)
            return
        order.lapse(now)

    def look_up_verdict(self, order: Order) -> str | None:
        """Ask the vault what the desk has said of a card that is held; None when it is silent.

        Raises `LineDown` when the vault cannot be asked.
        """
        for attempt in order.attempts.where(PaymentAttempt.verdict.is_null()):
            for statement in reversed(self._line.statements_of(attempt.env_id)):
                if self._is_news(statement):
                    return statement
        return None

    def _is_news(self, statement: str) -> bool:
        """Whether to take it in: what is known already, or contradicts it, would go in circles."""
        try:
            told = Statement.verify(statement, self._desk_key)
        except BadStatement as trouble:
            log.error("the vault has a statement that is not our desk's: %s", trouble)
            return False
        return not DeskStatement.knows(told.desk_seq)

    def hear(self, order: Order, statement: str, now: datetime) -> None:
        """Record a statement that the desk signed about this order; again and again, one effect.

        Raises `Refused` for one that is not the desk's, or not about this order.
        """
        try:
            told = Statement.verify(statement, self._desk_key)
        except BadStatement as trouble:
            raise Refused("This statement does not come from our desk.") from trouble
        mine = order.attempts.where(PaymentAttempt.env_id == told.env_id)
        if told.order != order.number or not mine.exists():
            raise Refused("This statement is about another order.")
        self._take(told, statement, 0, now)

    def hear_all(self, now: datetime) -> int:
        """Fetch what the desk has said since the last time, and send it what it is to do.

        How many statements were new. While the vault cannot be asked, nothing changes.
        """
        try:
            self._send_instructions(now)
            count = self._fetch_statements(now)
            for alarm in self._line.alarms():
                log.error("the vault's alarm: %s", alarm)
        except LineDown as trouble:
            log.warning("the desk was not heard: %s", trouble)
            return 0
        return count

    def _fetch_statements(self, now: datetime) -> int:
        """How many statements were new. Raises `LineDown` where the vault's numbers lead nowhere:
        a worker must not be kept busy for ever by a vault that is not honest."""
        after, count = DeskStatement.last_number(), 0
        last, rows = self._line.statements(after)
        if last < after:
            log.error("the vault counts its statements anew; all are fetched again")
            DeskStatement.forget_numbers()
            after = 0
            last, rows = self._line.statements(after)
        for _ in range(MOST_ANSWERS):
            count += sum(self._take_compact(*row, now) for row in rows)
            if not rows or rows[-1][0] >= last:
                return count
            if rows[-1][0] <= after:
                break
            after = rows[-1][0]
            last, rows = self._line.statements(after)
        raise LineDown("The vault's statements find no end.")

    def _take_compact(self, number: int, compact: str, now: datetime) -> bool:
        try:
            told = Statement.verify(compact, self._desk_key)
        except BadStatement as trouble:
            log.error("the vault's statement %d is not our desk's: %s", number, trouble)
            return False
        return self._take(told, compact, number, now)

    def _take(self, told: Statement, compact: str, number: int, now: datetime) -> bool:
        try:
            return DeskStatement.take(told, compact, number, now)
        except Contradiction as trouble:
            log.error("order %s stays as it is: %s", told.order, trouble)
            return False

    def cancel(self, order: Order, now: datetime) -> None:
        """Cancel an order: at once where no card can be charged, else when the desk says so.

        Raises `Refused` where it is paid for or cancelled already.
        """
        DeskInstruction.cancel(order, self.signing(order), now)
        self.hear_all(now)

    def refund(
        self,
        order: Order,
        amount_minor: int,
        now: datetime,
        line: OrderLine | None = None,
        role: str = "",
    ) -> None:
        """Have so many minor units given back, for one line or for the order as a whole.

        Raises `Refused` for more than is left of what was charged.
        """
        DeskInstruction.refund(order, amount_minor, line, self.signing(order), now, role)
        self.hear_all(now)

    def signing(self, order: Order):
        """What signs an instruction about this order, for `DeskInstruction`."""

        def sign(what: str, line: int | None, amount_minor: int, seq: int) -> str:
            told = Instruction(what, order.number, line, amount_minor, order.currency, seq)
            return told.sign(self._shop_key)

        return sign

    def _send_instructions(self, now: datetime) -> None:
        for told in list(DeskInstruction.unsent()):
            try:
                held = self._line.put_instruction(told.text)
            except EnvelopeRefused as trouble:
                log.error("the vault refused instruction %d: %s", told.seq, trouble.reason)
                continue
            if told.what == "cancel" and not held:
                # From now on the vault takes no card for it. What the desk may have charged
                # before has come home already, so it is looked for before it is cancelled.
                self._fetch_statements(now)
                told.order.cancel(now)
            told.sent(now)

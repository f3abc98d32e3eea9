"""The desk's work, without a person or a line: take a bundle, charge, refund, say what was done."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from storefront.handoff.envelope import (
    BadInstruction,
    BadOffer,
    Envelope,
    Instruction,
    Offer,
    load_public_key,
)

from .acquirer import Acquirer, Amount, Verdict, refund_key
from .bundle import BadBundle, Bundle
from .desk_keys import DeskKeys, KeyDestroyed
from .epochs import HOUR, KEPT
from .ledger import ABANDONED, CHARGED, PENDING, Blocked, Ledger, Row
from .opening import CannotOpen, Card, open_card

_BEGUN = (PENDING, ABANDONED)
#: How far a ledger may lie behind what the vault has seen, in statements: more is no honest count.
MOST_BEHIND = 1_000_000


def spell_time(seconds: int) -> str:
    """Epoch seconds as a person reads them."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class Waiting:
    """An envelope that waits for a verdict, and the offer in it, which the shop signed."""

    offer: Offer
    envelope: Envelope

    @property
    def amount(self) -> Amount:
        """What the card is to be charged, from the signed offer."""
        return Amount(self.offer.amount_minor, self.offer.currency)


@dataclass
class Work:
    """What a bundle asks for. `known` are orders whose statements go home again, `odd` has a
    sentence for each thing in the bundle that cannot be carried out."""

    bundle: Bundle
    waiting: list[Waiting] = field(default_factory=list)
    refunds: list[Instruction] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)


class Desk:
    """The desk over its `keys` and an acquirer; `clock` gives epoch seconds."""

    def __init__(
        self,
        keys: DeskKeys,
        acquirer: Acquirer,
        clock: Callable[[], float] = time.time,
    ):
        self._keys, self._acquirer, self._clock = keys, acquirer, clock
        self._shop_key = load_public_key(keys.folder / "shop.pub")
        self._vault_key = load_public_key(keys.folder / "vault.pub")
        self._signer = None
        self.ledger = Ledger(keys.folder / "ledger.sqlite", self._sign_with)

    def close(self) -> None:
        """Closes the ledger."""
        self.ledger.close()

    def _sign_with(self):
        self._signer = self._signer or self._keys.signer("desk")
        return self._signer

    def take(self, raw: bytes) -> Work:
        """What the bundle in `raw` asks for; raises BadBundle.

        Cancellations are carried out at once, before any card of the same bundle is looked at.
        """
        bundle = Bundle.read(raw, self._vault_key)
        work = Work(bundle)
        work.odd += self._compare_ledgers(bundle)
        work.odd += self._compare_clocks(bundle)
        for compact in bundle.instructions:
            self._take_instruction(work, compact)
        for gone in bundle.gone:
            self._take_gone(work, gone.compact_offer, gone.state)
        for envelope in bundle.envelopes:
            self._take_envelope(work, envelope)
        return work

    def _compare_ledgers(self, bundle: Bundle) -> list[str]:
        seen = bundle.statements_seen
        if seen > self.ledger.last_statement() + MOST_BEHIND:
            raise BadBundle("The vault counts more statements than any desk has written.")
        last = self.ledger.count_on_from(seen)
        if last >= seen:
            return []
        return [
            f"This ledger ends with statement {last}, and the vault has seen {seen}: it is an "
            "older copy, or a new one. What was charged since is not in it. Compare with the "
            "acquirer's own list before you charge."
        ]

    def _compare_clocks(self, bundle: Bundle) -> list[str]:
        ahead = self._now() - bundle.made_at
        if -HOUR <= ahead < KEPT:
            return []
        return [
            f"The clock here says {spell_time(self._now())}, and the bundle was made at "
            f"{spell_time(bundle.made_at)}. Set the clock right before you charge: by it a card "
            "that has lain for fourteen days is given up."
        ]

    def _take_instruction(self, work: Work, compact: str) -> None:
        try:
            told = Instruction.verify(compact, self._shop_key)
        except BadInstruction:
            return work.odd.append("An instruction is not our shop's. It was passed over.")
        if told.what == "refund":
            return work.refunds.append(told)
        try:
            self.ledger.cancel(told)
        except Blocked as error:
            return work.odd.append(str(error))
        return work.known.add(told.order)

    def _take_gone(self, work: Work, compact: str, state: str) -> None:
        try:
            offer = Offer.verify(compact, self._shop_key)
        except BadOffer:
            return work.odd.append("An offer is not our shop's. It was passed over.")
        work.known.add(offer.order)
        told = self.ledger.cancelled_by(offer.order)
        if state == "cancelled" and told is None:
            return work.odd.append(f"{offer.order} is not said by our shop to be cancelled.")
        if self.ledger.live(offer.order) is None:
            seq = told if state == "cancelled" else None
            self.ledger.close_without_charge(offer, state, self._now(), seq)

    def _take_envelope(self, work: Work, envelope: Envelope) -> None:
        try:
            offer = envelope.verified_offer(self._shop_key)
        except BadOffer:
            return work.odd.append("An envelope's offer is not our shop's. It was passed over.")
        row = self.ledger.row(offer.order, offer.attempt)
        live = self.ledger.live(offer.order)
        if (row and row.state not in _BEGUN) or (live and live.state == CHARGED):
            return work.known.add(offer.order)
        if (seq := self.ledger.cancelled_by(offer.order)) is not None and row is None:
            self.ledger.close_without_charge(offer, "cancelled", self._now(), seq)
            return work.known.add(offer.order)
        return work.waiting.append(Waiting(offer, envelope))

    def look(self, waiting: Waiting) -> Card:
        """The card in an envelope. Raises CannotOpen, KeyDestroyed, or HandoffError."""
        offer, envelope = waiting.offer, waiting.envelope
        if envelope.kid != offer.kid or envelope.suite not in offer.suites:
            raise CannotOpen("The envelope is not sealed as it was offered.")
        return open_card(envelope, self._keys.halves(envelope.kid))

    def charge(self, waiting: Waiting) -> Row:
        """Charges what waits, once for ever; its row with the verdict.

        Raises Blocked (another attempt, a cancellation), or Silent: then the row stays pending
        and the same call later asks the acquirer what became of it.
        """
        offer = waiting.offer
        known = self.ledger.row(offer.order, offer.attempt)
        if known and known.state not in _BEGUN:
            return known
        try:
            card = self._opened(waiting)
        except (CannotOpen, KeyDestroyed) as error:
            if known and known.state == PENDING:
                return self.resolve(known)
            state = "unopenable" if isinstance(error, CannotOpen) else "expired"
            return self.ledger.close_without_charge(offer, state, self._now())
        row = self._begun(offer)
        if row.state != PENDING:
            return row
        return self._settled(row, self._moved(row, card, waiting.amount, known is not None))

    def _opened(self, waiting: Waiting) -> Card:
        if self._now() >= waiting.offer.expires + KEPT:
            raise KeyDestroyed("This card has lain for longer than it may.")
        return self.look(waiting)

    def _begun(self, offer: Offer) -> Row:
        """The pending row; one of an earlier attempt is settled first, if the acquirer knows."""
        try:
            return self.ledger.begin(offer, self._now())
        except Blocked:
            live = self.ledger.live(offer.order)
            if live is None or live.state != PENDING or live.attempt > offer.attempt:
                raise
        self.resolve(live)
        return self.ledger.begin(offer, self._now())

    def _moved(self, row: Row, card: Card, amount: Amount, again: bool) -> Verdict:
        """The acquirer's verdict. The row is on disk; the key is the envelope's own, so that a
        ledger that was lost cannot charge it a second time either."""
        found = self._acquirer.find(row.env_id) if again else None
        return found or self._acquirer.charge(card, amount, row.env_id)

    def resolve(self, row: Row) -> Row:
        """Settles a pending row by what the acquirer knows of it; raises Silent if it is unsure."""
        found = self._acquirer.find(row.env_id)
        if found is None:
            return self.ledger.settle(row, ABANDONED, self._now())
        return self._settled(row, found)

    def resolve_left(self, work: Work) -> None:
        """Settles what was begun once, and whose card is not in the bundle any more."""
        here = {waiting.offer.env_id for waiting in work.waiting}
        for row in self.ledger.pending():
            if row.env_id not in here:
                self.resolve(row)
                work.known.add(row.order)

    def settle(self, row: Row, verdict: Verdict | None) -> Row:
        """Settles a pending row by a person's word: a verdict, or None for never tried."""
        if verdict is None:
            return self.ledger.settle(row, ABANDONED, self._now())
        return self._settled(row, verdict)

    def _settled(self, row: Row, verdict: Verdict) -> Row:
        state = CHARGED if verdict.moved else "declined"
        return self.ledger.settle(row, state, self._now(), verdict.reference, verdict.reason)

    def refund(self, told: Instruction) -> bool:
        """Gives money back as the shop instructed, once; whether the acquirer did it.

        Raises Blocked when there is not so much to give back, or Silent.
        """
        charge, before = self.ledger.begin_refund(told)
        if before not in (None, PENDING):
            return True
        key = refund_key(charge.env_id, told.seq)
        amount = Amount(told.amount_minor, told.currency)
        found = self._acquirer.find(key) if before else None
        verdict = found or self._acquirer.refund(charge.reference, amount, key)
        if verdict.moved:
            self.ledger.settle_refund(told, charge, verdict.reference)
        else:
            self.ledger.drop_refund(told)
        return verdict.moved

    def statements(self, work: Work | None) -> list[str]:
        """Every statement that the vault has not confirmed, and those it asks for again."""
        if work is None:
            return self.ledger.statements(0)
        orders = work.known | {told.order for told in work.refunds}
        return self.ledger.statements(work.bundle.statements_seen, orders)

    def _now(self) -> int:
        return int(self._clock())

"""What happens to an order that is paid for: its lines are packed, sent, delivered or cancelled."""

from collections.abc import Iterable
from datetime import datetime

from storefront.db import database
from storefront.models import stock
from storefront.models.order_line import OrderLine
from storefront.models.outbox import OutgoingMail
from storefront.refusals import Refused

LONGEST_NAME = 40  # of a carrier, or of its number for a parcel

Quantities = dict[int, int] | None  # of lines by their ids; None means all that there is to do


def stage_of(state: str, lines: Iterable[OrderLine]) -> str:
    """Where an order stands as a whole: its state until it is paid for, then what its lines say.

    to_pack → packed → part_shipped → shipped → delivered; returned where everything came back,
    called_off where nothing is left to send.
    """
    if state != "charged":
        return state
    lines = list(lines)
    left, shipped, delivered, returned, packed = (
        sum(getattr(line, name) for line in lines)
        for name in ("left", "shipped", "delivered", "returned", "packed")
    )
    if not left:
        return "called_off"
    if shipped < left:
        ready = "packed" if packed == left else "to_pack"
        return "part_shipped" if shipped else ready
    if returned == left:
        return "returned"
    return "delivered" if delivered == left else "shipped"


class Fulfilment:
    """The verbs of an order that is paid for; mixed into `Order`.

    Each locks the order, changes its lines, notes one event with who did it (`role`, a role of
    the desk's staff) and writes one mail. Raises `Refused`, with nothing changed, where the order
    is not paid for or there is less left to do than was asked.
    """

    def pack(self, quantities: Quantities, at: datetime, role: str = "") -> None:
        """These lines are packed."""
        with database.atomic():
            chosen = self._chosen(quantities, "to_pack", "pack")
            self._count(chosen, packed=1)
            self.tell("packed", at, role, lines=chosen)

    def unpack(self, at: datetime, role: str = "") -> None:
        """What is packed and has not left goes back on the shelf; the customer is told nothing."""
        with database.atomic():
            lines = self._lines_if_paid()
            chosen = {x.id: x.packed - x.shipped for x in lines if x.packed > x.shipped}
            if not chosen:
                raise Refused("Nothing of this order is packed and still here.")
            self._count(chosen, packed=-1)
            self.note("unpacked", at, role, lines=chosen)
            self.note_stage()

    def ship(
        self,
        quantities: Quantities,
        at: datetime,
        *,
        carrier: str = "",
        tracking: str = "",
        role: str = "",
    ):
        """These lines leave as one parcel, which is given back; what was not packed is, by that."""
        carrier, tracking = _named(carrier, "carrier"), _named(tracking, "tracking number")
        with database.atomic():
            chosen = self._chosen(quantities, "to_ship", "send")
            lines = {line.id: line for line in self.in_order()}
            unpacked = {n: lines[n].shipped + q - lines[n].packed for n, q in chosen.items()}
            self._count({n: more for n, more in unpacked.items() if more > 0}, packed=1)
            self._count(chosen, shipped=1)
            parcel = self._parcel(chosen, carrier, tracking, at)
            self.tell("shipped", at, role, lines=chosen, parcel=parcel.id)
        return parcel

    def _parcel(self, chosen: dict[int, int], carrier: str, tracking: str, at: datetime):
        parcels = self.parcels.model
        parcel = parcels.create(order=self, carrier=carrier, tracking=tracking, shipped_at=at)
        contents = parcel.lines.model
        contents.add(*(contents(parcel=parcel, line=n, quantity=q) for n, q in chosen.items()))
        return parcel

    def note_delivered(self, parcel, at: datetime, role: str) -> None:
        """A parcel has arrived; the order is locked by the caller."""
        chosen = {line.id: quantity for line, quantity in parcel.contents()}
        # Of what came back before anybody said that it arrived, that is counted already.
        still = {line.id: line.shipped - line.delivered for line in self.in_order()}
        self._count({n: min(q, still[n]) for n, q in chosen.items()}, delivered=1)
        self.tell("delivered", at, role, lines=chosen, parcel=parcel.id)

    def call_off(
        self, quantities: Quantities, at: datetime, role: str = "", *, restock: bool = True
    ) -> dict[int, int]:
        """These lines, paid for and not sent, will not be; what was called off, by line.

        They go back on the shelf unless they cannot be sold (`restock`). The money is another
        matter: see `DeskInstruction.refund`.
        """
        with database.atomic():
            chosen = self._chosen(quantities, "to_ship", "call off")
            self.let_go(chosen, restock=restock)
            self.tell("called_off", at, role, lines=chosen)
        return chosen

    def let_go(self, chosen: dict[int, int], *, restock: bool = True) -> None:
        """So many of these lines will not be sent. The caller has locked the order, and tells."""
        lines = {line.id: line for line in self.in_order()}
        unpacked = {n: min(q - lines[n].to_pack, q) for n, q in chosen.items()}
        self._count({n: less for n, less in unpacked.items() if less > 0}, packed=-1)
        self._count(chosen, cancelled=1)
        if restock:
            self._restock(chosen, lines)

    def take_in(self, chosen: dict[int, int], shelf: dict[int, int]) -> None:
        """So many of these lines came back, and `shelf` of them are sold again; as `let_go`.

        What came back had arrived, though nobody may have said so.
        """
        lines = {line.id: line for line in self.in_order()}
        self._count(chosen, returned=1)
        unseen = {n: lines[n].returned + q - lines[n].delivered for n, q in chosen.items()}
        self._count({n: more for n, more in unseen.items() if more > 0}, delivered=1)
        self._restock({n: q for n, q in shelf.items() if q}, lines)

    def _restock(self, chosen: dict[int, int], lines: dict[int, OrderLine]) -> None:
        """Several lines may be of one variant, and a variant may be sold no more."""
        back: dict[int, int] = {}
        for number, quantity in chosen.items():
            if variant := lines[number].variant_id:
                back[variant] = back.get(variant, 0) + quantity
        stock.put_back(back)

    def tell(self, what: str, at: datetime, role: str = "", **detail) -> None:
        """Note what happened, with where the order stands now, and write the mail about it."""
        event = self.note(what, at, role, **detail)
        self.note_stage()
        OutgoingMail.write(f"order_{what}", self.email, at, order=self, event=event)

    def note_stage(self) -> None:
        """Derive where the order stands from its state and its lines, for the queues."""
        stage = stage_of(self.state, self.in_order() if self.state == "charged" else ())
        if stage != self.stage:
            self.stage = stage
            type(self).update(stage=stage).where(type(self).id == self.id).execute()

    def _lines_if_paid(self) -> list[OrderLine]:
        """Its lines, with the order locked until the caller's transaction ends."""
        self.lock()
        if self.state == "refunded":
            raise Refused(f"The money for order {self.number} was given back.")
        if self.state != "charged":
            raise Refused(f"Order {self.number} is not paid for.")
        return self.in_order()

    def _chosen(self, quantities: Quantities, there_is: str, to_do: str) -> dict[int, int]:
        """How many of each line, checked against what there is; the order is locked."""
        there = {line.id: line for line in self._lines_if_paid()}
        left = {number: getattr(line, there_is) for number, line in there.items()}
        if quantities is None:
            quantities = left
        chosen = {number: wanted for number, wanted in quantities.items() if wanted}
        if not chosen:
            raise Refused(f"There is nothing of order {self.number} to {to_do}.")
        for number, wanted in chosen.items():
            if number not in there:
                raise Refused(f"Order {self.number} has no such line.")
            if not 0 < wanted <= left[number]:
                raise Refused(_too_many(there[number], left[number], to_do))
        return chosen

    def _count(self, chosen: dict[int, int], **by: int) -> None:
        """Add so many, times 1 or -1, to a count of each line."""
        line = self.lines.model
        for number, quantity in chosen.items():
            more = {name: getattr(line, name) + sign * quantity for name, sign in by.items()}
            line.update(more).where(line.id == number).execute()


def _too_many(line: OrderLine, left: int, to_do: str) -> str:
    title = f"{line.title} ({line.choice})" if line.choice else line.title
    if not left:
        return f"There is nothing left of {title} to {to_do}."
    return f"Of {title} there {'is' if left == 1 else 'are'} only {left} left to {to_do}."


def _named(text: str, what: str) -> str:
    """One line of printable text, tidied."""
    tidy = " ".join(text.split())
    if len(tidy) > LONGEST_NAME or not tidy.isprintable():
        raise Refused(**{what.split()[0]: f"A {what} has at most {LONGEST_NAME} characters."})
    return tidy

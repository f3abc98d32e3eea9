"""Withdrawing from an order and sending things back: asked for, received, settled.

What has not left yet is called off at once and only its money is owed; what was sent is waited
for. So one request may make two rows, each with one thing to wait for.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from peewee import BooleanField, ForeignKeyField, TextField

from storefront.db import Moment, Record, database
from storefront.models.fulfilment import Quantities
from storefront.models.order import Order
from storefront.models.order_line import OrderLine
from storefront.models.return_line import ReturnLine
from storefront.models.returnable import checked, divided
from storefront.models.statement import DeskInstruction
from storefront.models.suggested import most_to_give
from storefront.money import Money
from storefront.personal import personal, years
from storefront.refusals import Refused

#: Why somebody sends something back; "" for who does not say.
REASONS = {
    "": "I would rather not say",
    "mind": "I have changed my mind",
    "size": "It does not fit",
    "other": "It is not what I expected",
    "wrong": "It is not what I ordered",
    "faulty": "It is faulty or was damaged on the way",
    "late": "It came too late",
}
LONGEST = 1000  # characters of the words to it
GIVEN_BACK_WITHIN = timedelta(days=14)
SENT_WITHIN = timedelta(days=14)  # of asking (Directive 2011/83/EU, Art. 14(1))
MOST_TAKEN_BACK = 20  # of one order: each of them was a mail, and something to look at
ENOUGH = "You have asked for this and taken it back many times. Please write to us about it."


class Return(Record):
    """Something that its customer does not want. `unsent` is what had not left when they asked.

    States: asked → received → settled; or refused, or taken_back by the customer. What is unsent
    begins as received, for it never left. `answer` says why it was refused, or why less was given
    back. `asking` names the attempt to ask, with what was asked for: the same again gives the same
    rows.
    """

    order = ForeignKeyField(Order, backref="returns", on_delete="CASCADE")
    asking = TextField()
    unsent = BooleanField(default=False)
    state = TextField(default="asked")
    reason = TextField(default="")
    words = personal(
        TextField(default=""),
        clause="orders",
        why="to know what was wrong",
        basis="contract",
        keep=years(2),
        words="what you wrote about a return",
    )
    answer = personal(
        TextField(default=""),
        clause="orders",
        why="to tell you what became of a return",
        basis="contract",
        keep=years(2),
        words="what we answered about a return",
    )
    asked_at = Moment()
    received_at = Moment(null=True)
    settled_at = Moment(null=True)

    impersonal = ("asking", "state", "reason")
    secret = ("asking",)
    since = "asked_at"

    OPEN: ClassVar[tuple[str, ...]] = ("asked", "received")

    class Meta:
        indexes = ((("state", "id"), False),)

    @classmethod
    def about(cls, email: str):
        """The returns of orders placed with that address."""
        return cls.select().where(cls.order.in_(Order.about(email).select(Order.id)))

    @property
    def called(self) -> str:
        """What a person would know it by."""
        what = "Withdrawal" if self.unsent else "Return"
        return f"{what} of {self.asked_at:%-d %B %Y} for order {self.order.number}"

    def needed(self, at: datetime):
        """As long as its order is, which is as long as this is under way."""
        return self.order.needed(at)

    @property
    def why(self) -> str:
        """The reason in words, "" where none was given."""
        return REASONS.get(self.reason, "") if self.reason else ""

    @property
    def send_by(self) -> datetime:
        """Until when it should be on its way back."""
        return self.asked_at + SENT_WITHIN

    @property
    def give_back_by(self) -> datetime:
        """Until when its money is owed: of what was sent, once it has come (Art. 13(1) and (3))."""
        return max(self.asked_at + GIVEN_BACK_WITHIN, self.received_at)

    def is_overdue(self, at: datetime) -> bool:
        """Whether the last day to give its money back has passed."""
        return self.state == "received" and self.give_back_by.date() < at.date()

    def contents(self) -> "list[ReturnLine]":
        """Its lines with the order's, in the order's order; one query."""
        query = self.lines.select(ReturnLine, OrderLine).join(OrderLine)
        return list(query.order_by(OrderLine.id))

    @classmethod
    def of_order(cls, order: Order) -> "list[Return]":
        """All that was asked for of an order, the oldest first."""
        return list(order.returns.order_by(cls.id))

    @classmethod
    def named(cls, numbers: list[int]) -> "list[Return]":
        """Those with these ids, the oldest first."""
        return list(cls.select().where(cls.id.in_(numbers)).order_by(cls.id)) if numbers else []

    @classmethod
    def ask(
        cls, order: Order, quantities: Quantities, reason: str, words: str, asking: str, at
    ) -> "list[Return]":
        """Withdraw from so many of these lines, or send them back; None means everything.

        Gives what was made: one for what had not left, one for what is to be sent back. Raises
        `Refused`, with nothing changed, for more than there is and after the period.
        """
        words = _words(words)
        if reason not in REASONS:
            raise Refused(reason="Please choose a reason from the list, or none.")
        asking = _named(asking, quantities)
        with database.atomic():
            order.lock()
            if known := cls._known(order, asking):
                return known
            if not order.email:
                words = ""  # nobody who asks what we hold would find them
            unsent, sent = divided(order, quantities, at)
            facts = {"order": order, "asking": asking, "reason": reason, "words": words}
            made = [cls._make(unsent, facts, at, unsent=True), cls._make(sent, facts, at)]
            made = [each for each in made if each]
            if unsent:
                order.let_go(unsent)
                order.note("called_off", at, lines=unsent)
            chosen = {n: unsent.get(n, 0) + sent.get(n, 0) for n in unsent | sent}
            order.tell("return_asked", at, lines=chosen, returns=[each.id for each in made])
        return made

    @classmethod
    def _known(cls, order: Order, asking: str) -> "list[Return]":
        """What came of this attempt already; the order is locked."""
        before = cls.of_order(order)
        known = [x for x in before if x.asking == asking and x.state != "taken_back"]
        if not known and sum(x.state == "taken_back" for x in before) >= MOST_TAKEN_BACK:
            raise Refused(ENOUGH)
        return known

    @classmethod
    def _make(cls, chosen: dict[int, int], facts: dict, at, unsent=False) -> "Return | None":
        if not chosen:
            return None
        received = {"state": "received", "received_at": at} if unsent else {}
        made = cls.create(**facts, unsent=unsent, asked_at=at, **received)
        ReturnLine.add(
            *(
                ReturnLine(of=made, line=n, quantity=q, **_all_here(q, unsent))
                for n, q in chosen.items()
            )
        )
        return made

    def take_back(self, at: datetime) -> None:
        """The customer keeps it after all. Raises `Refused` once something of it was received."""
        with database.atomic():
            self._lock()
            if self.state == "taken_back":
                return
            if self.state != "asked":
                raise Refused("This is with us already, and cannot be taken back any more.")
            self._enter("taken_back")
            self.order.note("return_taken_back", at, lines=self._quantities())

    def receive(
        self, quantities: dict[int, int], shelf: set[int], at: datetime, role: str = ""
    ) -> None:
        """So many of its lines came back, and those on the `shelf` are sold again.

        What did not come is not waited for: it can be asked for anew. Raises `Refused`.
        """
        with database.atomic():
            self._lock()
            if self.state != "asked":
                raise Refused("This was received, or is no longer wanted.")
            came = checked(self.order.in_order(), self._quantities(), quantities)
            restocked = {n: q for n, q in came.items() if n in shelf}
            for number, quantity in came.items():
                mine = (ReturnLine.of == self) & (ReturnLine.line == number)
                counts = {"received": quantity, "restocked": restocked.get(number, 0)}
                ReturnLine.update(counts).where(mine).execute()
            self.order.take_in(came, restocked)
            self._enter("received", received_at=at)
            self.order.tell("returned", at, role, lines=came, returns=[self.id])

    def refuse(self, words: str, at: datetime, role: str = "") -> None:
        """It is not taken back, for a reason that the customer is told."""
        words = _words(words, "answer")
        if not words:
            raise Refused(answer="Please say why: the customer reads it.")
        with database.atomic():
            self._lock()
            if self.state != "asked":
                raise Refused("This was received, or is no longer wanted.")
            self._enter("refused", answer=words, settled_at=at)
            wanted = self._quantities()
            self.order.tell("return_refused", at, role, lines=wanted, returns=[self.id])

    def settle(
        self, sums: dict[int | None, int], answer: str, sign: Callable, at, role: str = ""
    ) -> Money:
        """Ask for the money to be given back, by line (None: what was paid besides the lines).

        Once: raises `Refused` where that was done, for more than is owed, and for less of it
        without a reason, which the customer is told.
        """
        answer = _words(answer, "answer")
        with database.atomic():
            self._lock()
            if self.state != "received":
                raise Refused("The money for this was dealt with already.")
            self._check(sums, answer)
            lines = {each.line_id: each.line for each in self.contents()}
            for number, minor in sums.items():
                if minor:
                    line = lines.get(number)
                    DeskInstruction.refund(self.order, minor, line, sign, at, role)
            self._enter("settled", answer=answer, settled_at=at)
            if answer:
                amount = sum(sums.values())
                self.order.tell("return_reduced", at, role, returns=[self.id], amount_minor=amount)
        return Money(sum(sums.values()), self.order.currency)

    def _check(self, sums: dict[int | None, int], answer: str) -> None:
        most = most_to_give(self)
        for number, minor in sums.items():
            if not 0 <= minor <= most.get(number, 0):
                raise Refused("There is more to be given back here than is owed. Look it over.")
        if any(sums.get(number, 0) < owed for number, owed in most.items()) and not answer:
            raise Refused(answer="Please say why it is less: the customer reads it.")

    def _lock(self) -> None:
        """Read it anew, with its order locked until the caller's transaction ends."""
        self.order.lock()
        self.__data__.update(type(self).get_by_id(self.id).__data__)

    def _quantities(self) -> dict[int, int]:
        return {each.line_id: each.quantity for each in self.lines}

    def _enter(self, state: str, **facts) -> None:
        for name, value in ({"state": state} | facts).items():
            setattr(self, name, value)
        type(self).update({"state": state} | facts).where(type(self).id == self.id).execute()


def _named(asking: str, quantities: Quantities) -> str:
    """An attempt to ask: who goes back to a form and asks for something else makes another."""
    if quantities is None:
        return f"{asking} whole"
    return " ".join([asking, *(f"{line}x{n}" for line, n in sorted(quantities.items()) if n)])


def _all_here(quantity: int, unsent: bool) -> dict[str, int]:
    return dict.fromkeys(("received", "restocked"), quantity) if unsent else {}


def _words(text: str, name: str = "words") -> str:
    """What a person wrote, tidied."""
    tidy = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    if len(tidy) > LONGEST:
        raise Refused(**{name: f"Please keep this to {LONGEST} characters."})
    return "".join(sign for sign in tidy if sign.isprintable() or sign == "\n")

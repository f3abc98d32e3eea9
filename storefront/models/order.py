"""An order: what was bought, by whom, where it goes, and every state it has been in."""

import secrets
from datetime import datetime

from peewee import BigIntegerField, ForeignKeyField, IntegrityError, TextField

from storefront.db import Moment, Record, database, locked
from storefront.models import stock
from storefront.models.cart import Cart
from storefront.models.discount import Discount
from storefront.models.fulfilment import Fulfilment, stage_of
from storefront.models.keeping import HOLDING, Keeping
from storefront.models.order_event import OrderEvent
from storefront.models.order_line import OrderLine
from storefront.models.outbox import OutgoingMail
from storefront.models.policy import PolicyVersion
from storefront.models.settling import Settling
from storefront.models.shipping import ShippingRate
from storefront.models.totals import Customer, Totals, amount
from storefront.personal import days, personal, years
from storefront.refusals import Refused, SoldOut

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, 1/I: numbers are read out on the phone
UNPAID = (*HOLDING, "lapsed")
REPRICED = "A price has just changed. If the total is all right, place the order again."
PARCEL = "to deliver your order and for our tax records"
HELD = {"clause": "orders", "basis": "law", "keep": years(7), "hold": True}
ADDRESS = {"why": PARCEL} | HELD
WHOSE = {"why": "to find the order for you when your e-mail address has gone from it"} | HELD


class Order(Keeping, Settling, Fulfilment, Record):
    """One purchase. `state` is the last of its events; amounts are minor units of `currency`.

    States: placed → awaiting_card → card_held → charged → refunded; declined, unopenable and
    expired lead to a new attempt; lapsed means the stock was let go because no card came in time;
    cancelling → cancelled, once it is certain that nothing was charged. `stage` is where it stands
    as a whole, with what became of its lines: see `fulfilment.stage_of`, from which it is derived.
    """

    number = TextField(unique=True)
    placement = TextField(unique=True)
    state = TextField(default="placed")
    stage = TextField(default="placed")
    currency = TextField()
    # Wider than a price: forty lines of 99 of the dearest thing pass 32 bits.
    subtotal_minor = BigIntegerField()
    discount_minor = BigIntegerField(default=0)
    shipping_minor = BigIntegerField()
    tax_minor = BigIntegerField()
    tax_included_minor = BigIntegerField(default=0)
    total_minor = BigIntegerField()
    discount_code = TextField(default="")
    tax_name = TextField(default="")
    shipping_name = TextField(default="")
    placed_at = Moment(index=True)
    hold_until = Moment(null=True, index=True)
    policy = ForeignKeyField(PolicyVersion, backref="orders", on_delete="RESTRICT")
    email = personal(
        TextField(index=True),
        clause="orders",
        why="to tell you the status of your order",
        basis="contract",
        keep=days(730),
    )
    name = personal(TextField(index=True), **ADDRESS)
    line1 = personal(TextField(), **ADDRESS)
    line2 = personal(TextField(default=""), **ADDRESS)
    city = personal(TextField(default=""), **ADDRESS)
    region = personal(TextField(default=""), **ADDRESS)
    postal_code = personal(TextField(default=""), **ADDRESS)
    country = personal(TextField(), **ADDRESS)

    # What is left of an order is found by it once the e-mail address has gone.
    whose = personal(TextField(null=True, index=True), **WHOSE)

    impersonal = ("number", "placement", "state", "stage", "currency", "shipping_name")
    impersonal += ("discount_code", "tax_name")
    secret = ("placement",)
    since = "placed_at"
    address = "email"

    class Meta:
        indexes = ((("stage", "id"), False),)

    @classmethod
    def about(cls, email: str):
        """The orders placed with that address."""
        return cls.select().where(cls.email == email.strip().lower())

    subtotal = amount("subtotal_minor", "What the lines cost.")
    discount = amount("discount_minor", "What the code takes off.")
    shipping = amount("shipping_minor", "What sending costs.")
    tax = amount("tax_minor", "The tax that was added.")
    tax_included = amount("tax_included_minor", "The tax that the total includes.")
    total = amount("total_minor", "What is charged.")

    @property
    def unpaid(self) -> bool:
        """Whether a card may still be given for it."""
        return self.state in UNPAID

    def in_order(self) -> list[OrderLine]:
        """Its lines as they stood in the cart; one query."""
        return list(self.lines.order_by(OrderLine.id))

    @classmethod
    def place(
        cls,
        cart: Cart,
        customer: Customer,
        rate: ShippingRate | None,
        policy: PolicyVersion,
        *,
        placement: str,
        hold_until: datetime,
        at: datetime,
        discount: Discount | None = None,
    ) -> "Order":
        """Take the stock and record the order, once for each `placement`, in one transaction.

        `placement` names the attempt to buy: the same one again gives the same order back.
        `hold_until` is when the stock of an unpaid order may be let go. Raises `SoldOut`, with
        nothing taken, or `Refused` when the cart is empty, a price is no longer the cart's, or
        the discount's code can no longer be used. `rate` is None where nothing has to be sent.
        """
        policy.require("orders")
        # All is made ready before the transaction: the next order waits for its end.
        totals = Totals.of(cart, rate, customer.country, customer.region, discount)
        order = cls._draft(totals, customer, rate, policy, placement, hold_until, at)
        parts = order._parts(cart, totals, at)
        try:
            _refuse_empty(cart)
            with database.atomic():
                order._record(parts, discount)
        except (IntegrityError, Refused) as trouble:
            return cls._placed_meanwhile(cart, placement, trouble)
        return order

    @classmethod
    def _draft(cls, totals, customer, rate, policy, placement, hold_until, at) -> "Order":
        return cls(
            number=_new_number(),
            placement=placement,
            state="placed" if totals.total else "charged",
            stage="placed" if totals.total else "to_pack",
            shipping_name=rate.name if rate else "",
            policy=policy,
            placed_at=at,
            hold_until=hold_until if totals.total else None,
            **totals.columns,
            **customer.columns,
        )

    def _parts(self, cart: Cart, totals: Totals, at: datetime) -> "tuple[list[Record], ...]":
        """What is recorded with a new order: its lines, its first events, the mail about it."""
        entered = ["placed"] if self.state == "placed" else ["placed", self.state]
        return (
            [OrderLine.of(*both) for both in zip(cart.lines, totals.shares, strict=True)],
            [OrderEvent(what=what, at=at) for what in entered],
            [OutgoingMail.of("order_placed", self.email, at)],
        )

    def _record(self, parts: "tuple[list[Record], ...]", discount: Discount | None) -> None:
        """The stock comes last: what others want, too, is locked for the shortest time."""
        Order.add(self)
        for records in parts:
            for record in records:
                record.order_id = self.id
            type(records[0]).add(*records)
        if discount:
            self.discount_uses.model.take(discount, self, at=self.placed_at)
        self._take_at_these_prices(parts[0])

    def _take_at_these_prices(self, lines: list[OrderLine]) -> None:
        variants = stock.take({line.variant_id: line.quantity for line in lines})
        prices = {variant.id: (variant.price_minor, variant.currency) for variant in variants}
        if any((line.price_minor, line.currency) != prices[line.variant_id] for line in lines):
            raise Refused(REPRICED)

    @classmethod
    def _placed_meanwhile(cls, cart: Cart, placement: str, trouble: Exception) -> "Order":
        """The order of the same placement, which an earlier click or a retry has got in."""
        if known := cls.get_or_none(cls.placement == placement):
            return known
        if isinstance(trouble, IntegrityError) and Cart(cart.quantities, cart.currency).gone:
            raise SoldOut(stock.GONE) from None  # taken off the shelves while we were writing
        raise trouble

    def await_card(self, hold_until: datetime, at: datetime) -> None:
        """An offer was made: keep the stock until `hold_until`, taking it again if it was let go.

        Raises `SoldOut` naming what has gone; then nothing is taken.
        """
        with database.atomic():
            self.lock()
            self.check_unpaid()
            if self.state == "lapsed":
                self.discount_uses.model.take_again(self, at)
                self._take_stock()
            self.hold_until = hold_until
            if self.state != "awaiting_card":
                self._enter("awaiting_card", at)
            self.save(only=[Order.hold_until])

    def hold_card(self, at: datetime) -> bool:
        """A verified receipt says the vault holds the card. True the first time, else no effect.

        A card that arrives after the stock was let go takes the stock again; where it is gone the
        order is held all the same, for staff to settle: the card is never lost.
        """
        with database.atomic():
            self.lock()
            if not self.unpaid:
                return False
            if self.state == "lapsed":
                self._retake_if_left(at)
            self.hold_until = None
            self.save(only=[Order.hold_until])
            self._enter("card_held", at)
            OutgoingMail.write("order_card_held", self.email, at, order=self)
        return True

    @classmethod
    def holding(cls):
        """Orders whose stock is held for a card that has not come, the oldest first."""
        return cls.select().where(cls.state.in_(HOLDING)).order_by(cls.id)

    def lock(self) -> None:
        """Read the order anew; nobody else changes it until the caller's transaction ends."""
        fresh = locked(Order.select().where(Order.id == self.id)).get()
        self.__data__.update(fresh.__data__)

    def check_unpaid(self) -> None:
        """Raise `Refused` where no card is wanted any more."""
        if self.state in ("cancelling", "cancelled"):
            raise Refused("This order is cancelled.")
        if not self.unpaid:
            raise Refused("This order is paid for already.")

    def _take_stock(self) -> None:
        lines = list(self.lines)
        if gone := [line.title for line in lines if line.variant_id is None]:
            raise SoldOut(" ".join(f"{title} is no longer sold." for title in gone))
        stock.take({line.variant_id: line.quantity for line in lines})

    def _put_stock_back(self) -> None:
        self.discount_uses.model.give_back(self)
        stock.put_back({line.variant_id: line.quantity for line in self.lines if line.variant_id})

    def _retake_if_left(self, at: datetime) -> None:
        """Each for itself: who has paid gets what there is, at the price that was shown."""
        for take, gone in (
            (lambda: self.discount_uses.model.take_again(self, at), "code_gone"),
            (self._take_stock, "stock_gone"),
        ):
            try:
                with database.atomic():
                    take()
            except Refused:
                self.note(gone, at)

    def _enter(self, state: str, at: datetime, **detail) -> None:
        self.state = state
        self.stage = stage_of(state, self.in_order() if state == "charged" else ())
        where_it_is = {"state": state, "stage": self.stage}
        Order.update(where_it_is).where(Order.id == self.id).execute()
        self.note(state, at, **detail)

    def note(self, what: str, at: datetime, role: str = "", **detail) -> OrderEvent:
        """Something happened to the order; `role` is whose part of the desk did it, if any."""
        return OrderEvent.create(order=self, what=what, at=at, role=role, detail=detail)


def _refuse_empty(cart: Cart) -> None:
    if not cart.lines:
        raise Refused("There is nothing in your cart to order.")


def _new_number() -> str:
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(10))
    return f"{drawn[:5]}-{drawn[5:]}"

"""What the author of a testimonial does: writes and confirms it, changes it, takes it back."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from unicodedata import category, normalize

from peewee import fn

from storefront.db import database, locked
from storefront.models.mailbox import mailbox_of
from storefront.models.order import Order
from storefront.models.order_line import OrderLine
from storefront.models.plain_text import one_line, tidied
from storefront.models.policy import PolicyVersion
from storefront.models.product import Product, Variant
from storefront.models.rights import Upkeep
from storefront.models.staff import Staff
from storefront.refusals import Refused

LONGEST = 4000  # characters
LONGEST_NAME = 60
MOST_PICTURES = 3
MOST_UNCONFIRMED = 3  # of one mailbox, so that nobody's is filled
MOST_UNCONFIRMED_IN_ALL = 5000
MOST_OF_ONE = 50  # of one address in all
# What an author may say of themselves, and the words that stand beside the testimonial then
# (16 CFR 465.5 and 255.5: whoever has a stake in it says so where it is read).
CONNECTIONS = {
    "": "",
    "works": "Works for this shop",
    "close": "Family or friend of somebody who works for this shop",
    "given": "Got it free or cheaper, or was paid for writing",
}
LINK = re.compile(r"https?:|www\.|[\w-]\.(com|net|org|info|biz|shop|ru|cn|io|xyz|top)\b", re.I)
ADDRESS = re.compile(r"\S@\S")
NO_ADDRESSES = (
    "Please leave e-mail addresses out of this. If yours shall be shown, tick the box for that."
)


class Authoring:
    """The verbs of a testimonial's author; mixed into `Testimonial`."""

    @classmethod
    def write(
        cls,
        product: Product,
        given: dict,
        policy: PolicyVersion,
        at: datetime,
        *,
        pictures: Iterable[dict] = (),
        order: Order | None = None,
    ):
        """Record what somebody says, and write the mail that asks them to confirm it.

        `given` has words, name, email, stars, connection, shows_email and for_resellers. Who comes
        by the link that was mailed with an `order` has shown by that whose address it is: the
        order's is taken, and nothing is left to confirm. Gives None, and nobody can tell from
        outside, where a mailbox has had its share of mails. Raises `Refused`.
        """
        policy.require("testimonials")
        email = (order.email if order else given["email"]).strip().lower()
        facts = cls._checked(given, pictures) | _shown_under(policy, given)
        facts |= {"product": product, "email": email}
        facts["mailbox"] = digest_of_author(product.id, email)
        with database.atomic():
            _line_up(product.id)
            if order:
                _check_address(order)
            else:
                cls._check_room()
                if not cls._has_room(email):
                    return None
            moments = dict.fromkeys(("written_at", "made_at", "changed_at"), at)
            made = cls.create(**facts, **moments, key=secrets.token_hex(16))
            if order:
                made._enter(made._of_the_same(), at)
            else:
                made.tell("confirm", at)
        return made

    @classmethod
    def check(cls, given: dict, pictures: int = 0) -> dict:
        """What is given as it would be kept, but for its pictures, of which there are so many.

        Raises `Refused` with all that is wrong.
        """
        problems, told = {}, {}
        for field, check in (("words", _words), ("name", _name)):
            try:
                told[field] = check(given[field])
            except Refused as refusal:
                problems |= refusal.problems
        if given["stars"] not in (None, 1, 2, 3, 4, 5):
            problems["stars"] = "Please choose one to five stars, or none."
        if given["connection"] not in CONNECTIONS:
            problems["connection"] = "Please choose one of these."
        if pictures > MOST_PICTURES:
            problems["pictures"] = f"{MOST_PICTURES} pictures at most, please."
        if problems:
            raise Refused(**problems)
        return told | {name: given[name] for name in ("stars", "connection")}

    @classmethod
    def _checked(cls, given: dict, pictures: Iterable[dict]) -> dict:
        """The columns that an author fills in; raises `Refused` as `check` does."""
        pictures = list(pictures)
        told = cls.check(given, len(pictures))
        return told | {"pictures": pictures, "pictured": bool(pictures)}

    @classmethod
    def _check_room(cls) -> None:
        unconfirmed = cls.select().where(cls.state == "unconfirmed").limit(MOST_UNCONFIRMED_IN_ALL)
        if unconfirmed.count() >= MOST_UNCONFIRMED_IN_ALL:
            raise Refused("Very many people are writing just now. Please try again tomorrow.")

    @classmethod
    def _has_room(cls, email: str) -> bool:
        """Whether that mailbox may get another mail."""
        theirs = list(cls.select(cls.email, cls.state).where(cls.email == email).limit(MOST_OF_ONE))
        waits = cls.select(cls.email).where(cls.state == "unconfirmed")
        to = [mailbox_of(one.email) for one in waits]
        return len(theirs) < MOST_OF_ONE and to.count(mailbox_of(email)) < MOST_UNCONFIRMED

    def confirm(self, at: datetime) -> None:
        """It was them who wrote it: from now on a moderator looks at it. Once more does nothing.

        What the same mailbox has said of the product before goes, and others' tries with it.
        """
        with database.atomic():
            _line_up(self.product_id)
            same = self._of_the_same()
            if self._fresh().state == "unconfirmed":
                self._enter(same, at)

    def _of_the_same(self) -> list:
        """What that mailbox has said of the product, locked as whoever locks several does: in the
        order of their ids."""
        cls = type(self)
        same = (cls.product == self.product_id) & (cls.mailbox == self.mailbox)
        return list(locked(cls.select().where(same | (cls.id == self.id)).order_by(cls.id)))

    def _enter(self, same: list, at: datetime) -> None:
        for other in same:
            if other.id != self.id:
                other._drop()
        self.bought = self.bought or self._was_delivered()
        self.confirmed_at = at
        self._queue(at)

    def _disclose(self) -> None:
        """Who works here does not get around saying so, by leaving it out or by an edit."""
        if self.connection != "works" and Staff.has_mailbox(self.email):
            self.connection = "works"

    def _was_delivered(self) -> bool:
        """Whether the address has an order with the product that has arrived."""
        lines = OrderLine.select(OrderLine.id).join(Order).where(Order.email == self.email)
        return lines.where(_arrived(self.product)).exists()

    @classmethod
    def things_of(cls, order: Order) -> list[Product]:
        """What has arrived of an order and still has a page, by name."""
        arrived = OrderLine.select(OrderLine.id).where(OrderLine.order == order, _arrived(Product))
        return list(Product.reachable().where(fn.EXISTS(arrived)).order_by(Product.title))

    @classmethod
    def latest_of(cls, email: str) -> dict:
        """What was last written with an address, by the ids of the products it is about.

        Not what nobody has confirmed: anybody may have typed the address.
        """
        theirs = cls.about(email).where(cls.state != "unconfirmed")
        return {one.product_id: one for one in theirs.order_by(cls.id)}

    def change(self, given: dict, at: datetime, *, pictures: Iterable[dict] | None = None) -> None:
        """Its author writes it anew: stars, words, name, connection, pictures (None leaves them).

        It waits for a moderator again, and meanwhile nothing of it is shown. What is the same as
        before changes nothing. Raises `Refused`.
        """
        facts = self._checked(given, self.pictures if pictures is None else pictures)
        with database.atomic():
            fresh = self._fresh()
            if all(getattr(fresh, name) == value for name, value in facts.items()):
                return
            for name, value in facts.items():
                setattr(self, name, value)
            if fresh.state == "unconfirmed":
                self.save(only=facts)
            else:
                self._queue(at)

    def show(self, *, email: bool, resellers: bool, policy: PolicyVersion, at: datetime) -> None:
        """What of it is shown: at once. `policy` is the version under which that is said."""
        with database.atomic():
            given = self._fresh().resellers_policy_id
            if resellers and not given:
                policy.require("resellers")
            self.resellers_policy = (given or policy.id) if resellers else None
            self.shows_email = email
            self.save(only=["resellers_policy", "shows_email"])
            self._recount()

    def withdraw(self) -> None:
        """Nothing of it stays, nor of its mails; what copies of it there are learn that it went."""
        with database.atomic():
            self._drop()
            Upkeep.note(changed=Upkeep.changed + 1)


def _shown_under(policy: PolicyVersion, given: dict) -> dict:
    """What may be shown of it, and the version that its author was shown when they said so."""
    if given["for_resellers"]:
        policy.require("resellers")
    resellers = policy if given["for_resellers"] else None
    return {"policy": policy, "resellers_policy": resellers, "shows_email": given["shows_email"]}


def _line_up(product_id: int) -> None:
    """Have those who write about a product come in turn: two may concern each other's rows."""
    list(locked(Product.select(Product.id).where(Product.id == product_id)))


def _check_address(order: Order) -> None:
    """Refuse where somebody has erased or changed it since the order was read."""
    still = locked(Order.select(Order.email).where(Order.id == order.id)).first()
    if still is None or still.email != order.email:
        raise Refused("The address of this order was erased or changed meanwhile.")


def _arrived(product):
    """The condition that a line of an order brought the product: by its name then, if need be."""
    variants = Variant.select(Variant.id).where(Variant.product == product.id)
    nameless = OrderLine.variant.is_null() & (OrderLine.handle == product.handle)
    return (OrderLine.delivered > 0) & (OrderLine.variant.in_(variants) | nameless)


def shown_beside(connection: str) -> str:
    """What stands beside the testimonial of somebody with that tie to the shop, or ""."""
    return CONNECTIONS.get(connection, "")


def _words(text: str) -> str:
    words = tidied(text, LONGEST, "words")
    _refuse_addresses("words", words)
    return words


def _name(text: str) -> str:
    name = one_line(text)
    if not name:
        raise Refused(name="Please give a name to show; a first name will do.")
    if len(name) > LONGEST_NAME:
        raise Refused(name=f"Please keep this to {LONGEST_NAME} characters.")
    _refuse_addresses("name", name)
    return name


def as_read(text: str) -> str:
    """The text as a browser reads an address in it: letters of one width, and no unseen signs."""
    return "".join(c for c in normalize("NFKC", text) if category(c) != "Cf")


def _refuse_addresses(field: str, text: str) -> None:
    text = as_read(text)
    if ADDRESS.search(text):
        raise Refused(**{field: NO_ADDRESSES})
    if LINK.search(text):
        raise Refused(**{field: "Please leave out addresses of web pages: we show none."})


def digest_of_author(product_id: int, email: str) -> str:
    """What tells that two testimonials of a product are of one person, by the mailbox."""
    mailbox = mailbox_of(email)
    # `ada+two@` wrote, and nothing is to say `ada@` to who looks or erases by that address.
    return hashlib.sha256(f"{product_id} {mailbox}".encode()).hexdigest()

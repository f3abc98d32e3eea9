"""People who asked to hear once of something that is sold out, by mail, when it is back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from peewee import ForeignKeyField, TextField, fn

from storefront.db import Moment, Record, database, locked
from storefront.models.mailbox import mailbox_of
from storefront.models.outbox import OutgoingMail
from storefront.models.policy import PolicyVersion
from storefront.models.product import Product, Variant
from storefront.models.rights import Upkeep
from storefront.personal import days, personal
from storefront.refusals import Refused

TO_CONFIRM = timedelta(days=2)
KEPT = days(180)
MOST_UNCONFIRMED = 3  # of one mailbox, so that nobody's is filled
MOST_OF_ONE = 30  # of one address in all
AT_ONCE = 200  # mails that one look writes, so that a worker is not kept from other things
TOLD_FOR = timedelta(days=2)  # the time in which the mail can be sent, and its link leads somewhere


class Waiting(Record):
    """Somebody's wish to hear of a variant once it is back; it counts once confirmed by mail.

    `key` names it in the mailed links; it is the first mail's own. `told` is the id of the mail
    that says it is back, two days after which all of it goes.
    """

    variant = ForeignKeyField(Variant, backref="waiting", on_delete="CASCADE")
    policy = ForeignKeyField(PolicyVersion, on_delete="RESTRICT")
    email = personal(
        TextField(index=True),
        clause="waiting",
        why="to tell you once that something is in stock again",
        basis="consent",
        keep=KEPT,
    )
    key = TextField(unique=True)
    told = TextField(null=True, unique=True)
    asked_at = Moment()
    confirmed_at = Moment(null=True)
    told_at = Moment(null=True)

    impersonal = secret = ("key", "told")
    since, named_by = "asked_at", "key"
    whole = True

    class Meta:
        indexes = ((("told_at", "confirmed_at"), False),)

    @classmethod
    def about(cls, email: str):
        """What that address waits for."""
        return cls.select().where(cls.email == email.strip().lower())

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Your wish to hear of “{self.thing}”, {self.asked_at:%-d %B %Y}"

    @property
    def thing(self) -> str:
        """What is waited for, in words."""
        title, choice = self.variant.product.title, self.variant.name
        return f"{title} ({choice})" if choice and choice != "Default Title" else title

    @classmethod
    def ask(cls, variant: Variant, email: str, policy: PolicyVersion, at: datetime) -> None:
        """Note the wish and write the mail that asks to confirm it.

        Who has asked already, or often, gets no other mail, and nobody can tell from outside.
        Raises `Refused` where it is in stock.
        """
        if variant.left != 0:
            raise Refused("This is in stock again: you can put it into your cart.")
        with database.atomic():
            # Where no row is there yet, the variant's own keeps two at once in line.
            list(locked(Variant.select(Variant.id).where(Variant.id == variant.id)))
            theirs = list(locked(cls.about(email)))
            if any(one.variant_id == variant.id and not one.told for one in theirs):
                return
            unconfirmed = cls.select(cls.email).where(cls.confirmed_at.is_null())
            to = [mailbox_of(one.email) for one in unconfirmed]
            if to.count(mailbox_of(email)) >= MOST_UNCONFIRMED or len(theirs) >= MOST_OF_ONE:
                return
            mail = OutgoingMail.write("stock_wanted", email, at)
            facts = {"variant": variant, "policy": policy, "email": mail.to}
            cls.create(**facts, key=mail.message_id, asked_at=at)

    def confirm(self, at: datetime) -> None:
        """It was them who asked. Once confirmed it stays so."""
        mine = (Waiting.id == self.id) & Waiting.confirmed_at.is_null()
        Waiting.update(confirmed_at=at).where(mine).execute()

    def withdraw(self) -> None:
        """Nothing of it stays, nor of its mails."""
        with database.atomic():
            self._drop()
            Upkeep.note(changed=Upkeep.changed + 1)

    @classmethod
    def tell(cls, at: datetime) -> int:
        """Write a mail to everybody whose thing is back, who asked first first; how many.

        A look at what there is, so that no way in which stock comes back can be forgotten.
        """
        back = ~Variant.limited() | (Variant.stock > 0)
        rows = (
            cls.select(cls)
            .join(Variant)
            .join(Product)
            .where(cls.told_at.is_null(), cls.confirmed_at.is_null(False), back)
            .where(Product.is_reachable(), Product.kind == "sold")
            .order_by(cls.confirmed_at, cls.id)
            .limit(AT_ONCE)
        )
        return sum(one._tell(at) for one in list(rows))

    def _tell(self, at: datetime) -> bool:
        with database.atomic():
            mail = OutgoingMail.of("stock_back", self.email, at)
            mine = (Waiting.id == self.id) & Waiting.told_at.is_null()
            facts = {"told": mail.message_id, "told_at": at}
            if not Waiting.update(**facts).where(mine).execute():
                return False
            OutgoingMail.add(mail)
        return True

    @classmethod
    def let_go(cls, at: datetime) -> int:
        """Delete what nobody confirmed in time, and what was answered; how many."""
        late = cls.confirmed_at.is_null() & (cls.asked_at < at - TO_CONFIRM)
        with database.atomic():
            rows = list(locked(cls.select().where(late | (cls.told_at < at - TOLD_FOR))))
            for one in rows:
                one._drop()
        return len(rows)

    @classmethod
    def counts(cls, variant_ids: Iterable[int]) -> dict[int, int]:
        """How many people wait for each of these variants, confirmed ones alone; one query."""
        here = cls.variant.in_(list(variant_ids)) & cls.confirmed_at.is_null(False)
        rows = cls.select(cls.variant, fn.COUNT(cls.id)).where(here, cls.told_at.is_null())
        return dict(rows.group_by(cls.variant).tuples())

    @classmethod
    def wanted(cls, most: int = 200) -> list[tuple[Variant, int]]:
        """What is waited for most, each variant with its product and how many; two queries."""
        count = fn.COUNT(cls.id)
        open_ones = cls.confirmed_at.is_null(False) & cls.told_at.is_null()
        rows = cls.select(cls.variant, count).where(open_ones).group_by(cls.variant)
        counts = dict(rows.order_by(count.desc(), cls.variant).limit(most).tuples())
        found = Variant.select(Variant, Product).join(Product).where(Variant.id.in_(list(counts)))
        variants = {variant.id: variant for variant in found}
        return [(variants[number], many) for number, many in counts.items()]

    @property
    def unconfirmed_until(self) -> datetime:
        """When it is erased if nobody confirms it."""
        return self.asked_at + TO_CONFIRM

    def gone_at(self, field) -> datetime:
        """When it goes by itself."""
        if self.told_at:
            return self.told_at + TOLD_FOR
        return super().gone_at(field) if self.confirmed_at else self.unconfirmed_until

    def erase(self, names, mark, at: datetime) -> None:
        """As any record, and its mails go with the address that they went to."""
        with database.atomic():
            self._drop_mails()
            super().erase(names, mark, at)

    def _drop(self) -> None:
        self._drop_mails()
        Waiting.delete().where(Waiting.id == self.id).execute()

    def _drop_mails(self) -> None:
        theirs = [self.key, *([self.told] if self.told else [])]
        OutgoingMail.delete().where(OutgoingMail.message_id.in_(theirs)).execute()


def _with_wish(mail: OutgoingMail) -> datetime:
    same = (Waiting.key == mail.message_id) | (Waiting.told == mail.message_id)
    one = Waiting.get_or_none(same)
    return one.gone_at(Waiting.email) if one else mail.made_at


OutgoingMail.goes_with |= {"stock_wanted": _with_wish, "stock_back": _with_wish}

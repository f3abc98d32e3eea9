"""A testimonial: what somebody says of a product, what of it is shown to whom, and its states."""

from datetime import datetime, timedelta

from peewee import SQL, BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from storefront.db import JSONText, Moment, Record, database, locked
from storefront.models.authoring import Authoring, shown_beside
from storefront.models.gone_import import GoneImport
from storefront.models.helpful import Helpful
from storefront.models.moderating import Decision, Moderating
from storefront.models.outbox import OutgoingMail
from storefront.models.plain_text import beginning
from storefront.models.policy import PolicyVersion
from storefront.models.product import Product
from storefront.models.rating import Rating
from storefront.personal import personal, years
from storefront.refusals import Refused

KEPT = years(5)
LONGEST_BEGINNING = 600  # bytes
TO_CONFIRM = timedelta(days=7)
REFUSED_FOR = timedelta(days=180)  # that a refused one can still be changed by its author
SAYING = {"clause": "testimonials", "basis": "consent", "keep": KEPT}
SHOWN = SAYING | {"why": "to show what you said of a product"}
OWN = SAYING | {"why": "so that the testimonial is yours: to confirm, change and take it back"}


class Testimonial(Authoring, Moderating, Helpful, Record):
    """One testimonial. `stars` is 1 to 5, or None.

    States: unconfirmed → waiting (for a moderator) → approved or refused; an edit leads back to
    waiting. Only what is approved is shown. `key` names it in the author's mailed link. It may be
    shown by resellers where `resellers_policy` says under which version the author agreed to that.
    `pictures` are dicts of digest, width, height and widths, as `prints.Photograph` has them.
    `imported_from` names whose export it came in with, and `source` is a keyed digest of which row
    it was: nobody has confirmed that one, and its author is written no mail.
    `connection` is one of `CONNECTIONS`, `mailbox` a digest by which a second one of the same
    person is known; `bought` says that the confirmed address had the product delivered. `helpful`
    counts votes, of which `voted` came on the day `voted_on`.
    `made_at` is when it came here, `written_at` what is shown, `changed_at` since when it waits.
    `decision` is the last one; of what waits, that of the text before.
    """

    product = ForeignKeyField(Product, backref="testimonials", on_delete="CASCADE")
    policy = ForeignKeyField(PolicyVersion, on_delete="RESTRICT")
    resellers_policy = ForeignKeyField(PolicyVersion, null=True, index=False, on_delete="RESTRICT")
    decision = ForeignKeyField(Decision, null=True, index=False, on_delete="SET NULL")
    key = TextField(unique=True)
    state = TextField(default="unconfirmed")
    stars = IntegerField(null=True)
    words = personal(TextField(), words="what you wrote", **SHOWN)
    name = personal(TextField(default=""), words="the name shown with it", **SHOWN)
    email = personal(TextField(default="", index=True), **OWN)
    shows_email = BooleanField(default=False)
    connection = personal(TextField(default=""), words="your tie to this shop", **SHOWN)
    pictures = personal(JSONText(default=list), words="pictures you added", **SHOWN)
    pictured = BooleanField(default=False)
    bought = BooleanField(default=False)
    reply = personal(TextField(default=""), words="our reply", **SHOWN)
    mailbox = personal(
        TextField(default=""),
        words="digest of your e-mail address",
        **SAYING | {"why": "to count one testimonial of a product from each person"},
    )
    imported_from = TextField(default="")
    source = TextField(null=True, unique=True)
    reason = TextField(default="")
    helpful = IntegerField(default=0)
    voted_on = DateField(null=True)
    voted = IntegerField(default=0)
    written_at = Moment()
    made_at = Moment()
    changed_at = Moment()
    confirmed_at = Moment(null=True)
    decided_at = Moment(null=True)
    replied_at = Moment(null=True)

    impersonal = ("key", "state", "imported_from", "source", "reason")
    secret = ("key", "source")
    named_by = "key"
    since = "made_at"
    whole = True

    class Meta:
        indexes = (
            (("mailbox", "product"), False),
            (("state", "changed_at"), False),
        )

    @classmethod
    def about(cls, email: str):
        """Those given with that address."""
        return cls.select().where(cls.email == email.strip().lower())

    @property
    def called(self) -> str:
        """What a person would know it by."""
        return f"Your testimonial about “{self.product.title}”"

    @property
    def is_shown(self) -> bool:
        """Whether the public sees it."""
        return self.state == "approved"

    @property
    def for_resellers(self) -> bool:
        """Whether its author agreed that resellers show it."""
        return self.resellers_policy_id is not None

    @property
    def disclosure(self) -> str:
        """What stands beside it where its author is no mere customer, or ""."""
        return shown_beside(self.connection)

    @property
    def beginning(self) -> str:
        """Its words, as far as they stand beside other things; the rest is on its own page."""
        return beginning(self.words, LONGEST_BEGINNING)

    def in_words(self, field) -> str:
        """Of pictures, how many there are."""
        if field.name != "pictures":
            return super().in_words(field)
        count = len(self.pictures)
        return "1 picture" if count == 1 else f"{count} pictures"

    # Its going by itself

    @classmethod
    def let_go(cls, at: datetime) -> int:
        """Delete what nobody confirmed in time, and what was refused long ago; how many."""
        late = (cls.state == "unconfirmed") & (cls.made_at < at - TO_CONFIRM)
        over = (cls.state == "refused") & (cls.decided_at < at - REFUSED_FOR)
        with database.atomic():
            rows = list(locked(cls.select().where(late | over).order_by(cls.id)))
            for one in rows:
                one._delete()
            cls.erased(rows)
        return len(rows)

    def gone_at(self, field) -> datetime:
        """When it goes by itself."""
        if self.state == "unconfirmed":
            return self.made_at + TO_CONFIRM
        last = super().gone_at(field)
        return min(last, self.decided_at + REFUSED_FOR) if self.state == "refused" else last

    def erase(self, names, mark, at: datetime) -> None:
        """As any record; nothing is shown of one that lacks anything."""
        with database.atomic():
            self._note_gone()
            super().erase(names, mark, at)
            here = Testimonial.id == self.id
            gone = {"state": "refused", "reason": "", "decided_at": at}
            Testimonial.update(gone).where(here).execute()

    @classmethod
    def erased(cls, rows: list["Testimonial"]) -> None:
        """Count anew what is shown. Whoever counts several products does it in their order, so
        that no two of them wait for each other."""
        for product_id in sorted({one.product_id for one in rows}):
            Rating.recount(cls, product_id)

    # What the verbs share

    def tell(self, what: str, at: datetime) -> None:
        """Write the mail of that kind to its author, in the caller's transaction.

        Who has not confirmed the address is asked to, and gets no other mail.
        """
        mail = OutgoingMail.of(f"testimonial_{what}", self.email, at)
        if mail.to and (self.confirmed_at or what == "confirm"):
            mail.testimonial = self
            OutgoingMail.add(mail)

    def _fresh(self) -> "Testimonial":
        """The row as it is, which nobody else changes until the end of the transaction.

        Raises `Refused` where it has gone meanwhile.
        """
        found = locked(Testimonial.select().where(Testimonial.id == self.id)).first()
        if found is None:
            raise Refused("This testimonial is gone: it was taken back, or erased.")
        self.__data__.update(found.__data__)
        return found

    def _queue(self, at: datetime) -> None:
        self.state, self.changed_at, self.reason = "waiting", at, ""
        self._disclose()
        self.save()
        self._recount()

    def _drop(self) -> None:
        self._delete()
        self._recount()

    def _delete(self) -> None:
        self._note_gone()
        Testimonial.delete().where(Testimonial.id == self.id).execute()

    def _note_gone(self) -> None:
        here = (Testimonial.id == self.id) & Testimonial.source.is_null(False)
        sources = Testimonial.select(Testimonial.source).where(here).tuples()
        GoneImport.note([source for (source,) in sources])

    def _recount(self) -> None:
        Rating.recount(Testimonial, self.product_id)


# What pages ask for: of a product or of all, the newest, the most helpful, by rating, pictured.
_APPROVED = Testimonial.state == "approved"
# What resellers may show, for `widget_reading`. With the columns of the conditions: SQLite looks at
# them again, and need not read the rows for that. Each by a sum that no other index is by:
# PostgreSQL would look for ten of them among all by their ids, where it takes few for others.
_RESOLD = _APPROVED & Testimonial.resellers_policy.is_null(False)
_WITH = Testimonial.state, Testimonial.resellers_policy
_OF_ALL, _OF_ONE = SQL("(id + 0)"), SQL("(0 + id)")
Testimonial.add_index(_WITH[0], _OF_ALL, _WITH[1], where=_RESOLD, name="testimonial_resold")
Testimonial.add_index(
    Testimonial.product, _OF_ONE, *_WITH, where=_RESOLD, name="testimonial_resold_of"
)


def _add_list(name: str, *columns) -> None:
    """The indexes of one order: of a product and of all, of everything and of what has pictures."""
    last = (*columns, Testimonial.written_at, Testimonial.id)
    pictured = _APPROVED & Testimonial.pictured
    for end, where in (("", _APPROVED), ("_pictured", pictured)):
        of, all_ = f"testimonial_of_{name}{end}", f"testimonial_all_{name}{end}"
        Testimonial.add_index(Testimonial.product, *last, where=where, name=of)
        Testimonial.add_index(*last, where=where, name=all_)


_add_list("new")
_add_list("rated", Testimonial.stars)
_add_list("helpful", Testimonial.helpful)
_add_list("rated_helpful", Testimonial.stars, Testimonial.helpful)


def _with_testimonial(mail: OutgoingMail) -> datetime:
    one = mail.testimonial_id and Testimonial.get_or_none(Testimonial.id == mail.testimonial_id)
    return one.gone_at(Testimonial.email) if one else mail.made_at


KINDS = ("confirm", "approved", "refused", "replied")
OutgoingMail.goes_with |= {f"testimonial_{kind}": _with_testimonial for kind in KINDS}

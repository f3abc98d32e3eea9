"""Promotions: what pages of the shop point out, where it leads, and from when until when."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote, urlsplit

from peewee import BooleanField, ForeignKeyField, IntegerField, IntegrityError, TextField, fn

from storefront.db import JSONText, Moment, Record, database, locked
from storefront.models.collection import Collection, Redirect
from storefront.models.discount import Discount
from storefront.models.page import Page
from storefront.models.period import in_words, state_of
from storefront.models.plain_text import shows
from storefront.models.product import Product
from storefront.models.still_there import still_there
from storefront.refusals import Refused

LONGEST_TITLE, LONGEST_WORDS, LONGEST_ALT = 100, 300, 300  # characters
GONE = "This promotion was removed meanwhile."
OVERTAKEN = (
    "Somebody else has saved this promotion since you opened it, so nothing was changed yet. What "
    "you typed is still here; save again to keep yours."
)
NOWHERE = (
    "The shop has no such collection, product or page. Give an address as it stands in the "
    "browser, such as /collections/rain-ready."
)


class Promotion(Record):
    """Something that pages point out from `starts_at` to before `ends_at`, in order of `position`.

    It leads to a collection, a product or a page, of which one is set; none is left once that was
    removed, and then it is not shown. It is shown on the front page, above the list of all
    products, above that of one collection. `picture` has digest, width, height and widths.
    """

    title = TextField()
    words = TextField(default="")
    picture = JSONText(null=True)
    alt = TextField(default="")
    collection = ForeignKeyField(Collection, null=True, backref="promoted", on_delete="SET NULL")
    product = ForeignKeyField(Product, null=True, backref="promoted", on_delete="SET NULL")
    page = ForeignKeyField(Page, null=True, backref="promoted", on_delete="SET NULL")
    on_home = BooleanField(default=False)
    on_products = BooleanField(default=False)
    on_collection = ForeignKeyField(Collection, null=True, backref="shows", on_delete="SET NULL")
    discount = ForeignKeyField(Discount, null=True, backref="promoted", on_delete="SET NULL")
    starts_at = Moment()
    ends_at = Moment(index=True)
    position = IntegerField(default=0)

    impersonal = ("title", "words", "picture", "alt")

    @classmethod
    def in_order(cls) -> "list[Promotion]":
        """All of them, with what they lead to and their codes, as pages show them; one query."""
        shown_on = Collection.alias()
        every = cls.select(cls, Collection, Product, Page, Discount, shown_on)
        every = every.left_outer_join(Collection, on=cls.collection).switch(cls)
        every = every.left_outer_join(Product, on=cls.product).switch(cls)
        every = every.left_outer_join(Page, on=cls.page).switch(cls)
        every = every.left_outer_join(Discount, on=cls.discount).switch(cls)
        every = every.left_outer_join(shown_on, on=(cls.on_collection == shown_on.id))
        return list(every.order_by(cls.position, cls.id))

    @classmethod
    def find(cls, number: int) -> "Promotion":
        """That of a number, held until the caller's commit; raises `Refused`."""
        return still_there(cls, number, GONE)

    def state(self, at: datetime) -> str:
        """ "running", "coming" or "over"."""
        return state_of(at, self.starts_at, self.ends_at)

    @property
    def path(self) -> str:
        """Where it leads; "" where that was removed."""
        if self.collection_id:
            return f"/collections/{self.collection.slug}"
        if self.product_id:
            return f"/products/{self.product.handle}"
        return f"/pages/{self.page.slug}" if self.page_id else ""

    def troubles(self, at: datetime) -> list[str]:
        """Why it is not shown as it was meant to be, in sentences; none of what is over."""
        if self.state(at) == "over":
            return []
        told = [*_of_target(self)]
        if not (self.on_home or self.on_products or self.on_collection_id):
            told.append("It is shown nowhere: the collection it stood above was removed.")
        if self.discount_id:
            told.append(code_trouble(self.discount, max(self.starts_at, at), self.ends_at))
            told += _of_goods(self)
        return [sentence for sentence in told if sentence]

    @property
    def version(self) -> str:
        """A short text that tells what its form says from anything else."""
        kept = {name: str(value) for name, value in self.__data__.items() if name not in APART}
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]

    @classmethod
    def make(cls, facts: dict) -> "Promotion":
        """A new one, behind the others.

        `facts` are title, words, on_home, on_products, starts_at, ends_at, and numbers of rows or
        None: collection, product, page, on_collection, discount. Raises `Refused`.
        """
        _check(facts)
        try:
            with database.atomic():
                last = cls.select(fn.MAX(cls.position)).scalar()
                return cls.create(position=0 if last is None else last + 1, **facts)
        except IntegrityError:
            raise Refused(leads_to=NOWHERE) from None

    @classmethod
    def edit(cls, number: int, seen: str, facts: dict) -> "Promotion":
        """Change `facts`; `seen` is the `version` that was edited. Raises `Refused`."""
        try:
            with database.atomic():
                held = cls.find(number)
                same = all(held.__data__[name] == value for name, value in facts.items())
                if not same and seen != held.version:
                    raise Refused(OVERTAKEN)
                _check(facts)
                cls.update(facts).where(cls.id == number).execute()
        except IntegrityError:
            raise Refused(leads_to=NOWHERE) from None
        return cls.get_by_id(number)

    @classmethod
    def hang(cls, number: int, photograph: dict | None, alt: str, decorative: bool) -> None:
        """Give it a picture, or keep the one it has, with words for who cannot see it.

        `photograph` has digest, width, height and widths. Raises `Refused`.
        """
        with database.atomic():
            held = cls.find(number)
            picture = photograph or held.picture
            if picture is None:
                raise Refused(file="Choose a picture.")
            _check_alt(alt, decorative)
            cls.update(picture=picture, alt=alt).where(cls.id == number).execute()

    @classmethod
    def take_down(cls, number: int) -> None:
        """It has no picture any more; the files go with the next tidying."""
        with database.atomic():
            cls.find(number)
            cls.update(picture=None, alt="").where(cls.id == number).execute()

    @classmethod
    def arrange(cls, number: int, by: int, at: datetime) -> None:
        """Change places with the one before (-1) or behind (1) among those that are as far on."""
        with database.atomic():
            every = list(locked(cls.select().order_by(cls.id)))
            every.sort(key=lambda each: (each.position, each.id))
            held = next((each for each in every if each.id == number), None)
            if held is None:
                raise Refused(GONE)
            near = [n for n, each in enumerate(every) if each.state(at) == held.state(at)]
            here = near.index(every.index(held))
            there = near[min(max(here + by, 0), len(near) - 1)]
            every[near[here]], every[there] = every[there], every[near[here]]
            for place, each in enumerate(every):
                if each.position != place:
                    cls.update(position=place).where(cls.id == each.id).execute()

    @classmethod
    def remove(cls, number: int) -> None:
        """Take it away at once; what it led to stays."""
        with database.atomic():
            cls.find(number).delete_instance()


APART = ("id", "position", "picture", "alt")  # what its form does not change


def target(address: str) -> dict[str, int | None]:
    """What an address of the shop leads to: the number of a collection, a product or a page.

    Raises `Refused` for anything else.
    """
    nothing = {"collection": None, "product": None, "page": None}
    try:
        parts = unquote(urlsplit(address).path, errors="strict").strip("/").split("/")
    except ValueError:
        raise Refused(leads_to=NOWHERE) from None
    kind, name = parts if len(parts) == 2 and "\0" not in parts[1] else ("", "")
    if kind == "collections" and (found := Collection.get_or_none(Collection.slug == name)):
        return nothing | {"collection": found.id}
    if kind == "products":
        product = Product.reachable().where(Product.handle == name).first()
        if product := product or Redirect.leads_to(name):
            return nothing | {"product": product.id}
    if kind == "pages" and (found := Page.get_or_none(Page.slug == name)):
        return nothing | {"page": found.id}
    raise Refused(leads_to=NOWHERE)


def _of_target(promotion: Promotion) -> Iterator[str]:
    if not promotion.path:
        yield "It is not shown: what it leads to was removed."
    product = promotion.product if promotion.product_id else None
    if product and not (product.published and product.status in ("active", "unlisted")):
        yield "It is not shown: its product has no page in the shop now."
    held = promotion.collection if promotion.collection_id else None
    if held and held.shown_from and held.shown_from > promotion.starts_at:
        yield f"It is shown from {in_words(held.shown_from)} only, as {held.title} is."
    if held and held.shown_until and held.shown_until < promotion.ends_at:
        yield f"It is shown until {in_words(held.shown_until)} only, as {held.title} is."


def _of_goods(promotion: Promotion) -> Iterator[str]:
    held = promotion.discount.collection if promotion.discount.collection_id else None
    if held and (
        (held.shown_from and held.shown_from > promotion.starts_at)
        or (held.shown_until and held.shown_until < promotion.ends_at)
    ):
        yield f"Its code is told only while {held.title}, which it is for, is shown."


def _check(facts: dict) -> None:
    """Raise `Refused` with a sentence for each fact that cannot be."""
    problems = {}
    if not shows(facts["title"]):
        problems["title"] = "Please give it a title."
    for name, longest in (("title", LONGEST_TITLE), ("words", LONGEST_WORDS)):
        if len(facts[name]) > longest:
            problems[name] = f"Please keep this to {longest} characters."
    if not (facts["on_home"] or facts["on_products"] or facts["on_collection"]):
        problems["places"] = "Choose at least one place where it is shown."
    if facts["ends_at"] <= facts["starts_at"]:
        problems["ends_at"] = "It ends before it begins. Please look at both moments."
    elif facts["discount"] and (why := _why_not(facts)):
        problems["discount"] = why
    if problems:
        raise Refused(**problems)


def _why_not(facts: dict) -> str:
    """Why a code does not hold for the whole of a promotion, as a sentence; "" where it does."""
    code = Discount.get_or_none(Discount.id == facts["discount"])
    if code is None:
        return "This code is not there any more. Choose another, or none."
    return code_trouble(code, facts["starts_at"], facts["ends_at"])


def code_trouble(code: Discount, start: datetime, end: datetime) -> str:
    """The same of the code itself, and of that period."""
    if code.ended_at:
        return f"The code {code.code} was ended. Choose another, or none."
    if code.most is not None and code.uses >= code.most:
        return f"The code {code.code} has been used as often as it may be."
    if code.starts_at and code.starts_at > start:
        since = in_words(code.starts_at)
        return f"The code {code.code} holds from {since} only, when this has begun already."
    if code.until and code.until < end:
        return f"The code {code.code} ends on {in_words(code.until)}, before this does."
    return ""


def _check_alt(alt: str, decorative: bool) -> None:
    if not alt and not decorative:
        raise Refused(
            alt="Say in a few words what the picture shows, for those who cannot see it. If it "
            "shows nothing that the title does not say, tick that it only decorates."
        )
    if alt and decorative:
        raise Refused(alt="A picture that only decorates has no words. Keep one or the other.")
    if len(alt) > LONGEST_ALT:
        raise Refused(alt=f"Please keep this to {LONGEST_ALT} characters.")

"""Words of searches: groups of words that mean the same, and words that lead elsewhere."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from peewee import BooleanField, ForeignKeyField, IntegrityError, TextField

from storefront.db import JSONText, Record, database
from storefront.models.collection import Collection
from storefront.models.page import Page
from storefront.models.period import is_within
from storefront.models.product import Product
from storefront.models.search import Sought, terms
from storefront.models.still_there import still_there
from storefront.models.vocabulary import Word
from storefront.refusals import Refused

MOST_GROUPS = MOST_REDIRECTS = 500
MOST_PHRASES = 12  # of one group
MOST_WORDS = 4  # of one phrase
MOST_MEANT = 24  # words of one search, those that mean the same among them
FULL = "There are as many as there can be. Remove some first."
GONE = "This was removed meanwhile."
OVERTAKEN = (
    "Somebody else has saved this since you opened it, so nothing was changed yet. What you typed "
    "is still here; save again to keep yours."
)
TAKEN = "These words lead somewhere already. Change that, or give other words."


class SameWords(Record):
    """Phrases that mean the same to a search, as they were typed.

    Where it is `one_way`, who looks for the first also finds the others, and not the other way.
    """

    phrases = JSONText()
    one_way = BooleanField(default=False)

    impersonal = ("phrases",)

    @classmethod
    def in_order(cls) -> "list[SameWords]":
        """All of them, by their first phrase."""
        return sorted(cls.select(), key=lambda each: (each.phrases[0].lower(), each.id))

    @classmethod
    def put(
        cls, phrases: list[str], one_way: bool, number: int | None = None, seen: str = ""
    ) -> "SameWords":
        """Keep a new group, or change that of a number, of which `seen` is the `version` that was
        edited. Raises `Refused`."""
        _check(phrases)
        with database.atomic():
            if number is None and cls.select().count() >= MOST_GROUPS:
                raise Refused(FULL)
            held = _write(cls, {"phrases": phrases, "one_way": one_way}, number, seen)
            # So that a slip in one of them is forgiven, though no product is called so.
            Word.learn(word for phrase in phrases for word in terms(phrase))
        return held

    @classmethod
    def remove(cls, number: int) -> None:
        """Each of its phrases means itself again."""
        with database.atomic():
            still_there(cls, number, GONE).delete_instance()


class SearchRedirect(Record):
    """A search for `words`, as `terms` writes them, leads to a collection, a product or a page.

    One of the three is set; none is left once that was removed, and then it is a search again.
    """

    words = TextField(unique=True)
    collection = ForeignKeyField(Collection, null=True, backref="sought", on_delete="SET NULL")
    product = ForeignKeyField(Product, null=True, backref="sought", on_delete="SET NULL")
    page = ForeignKeyField(Page, null=True, backref="sought", on_delete="SET NULL")

    impersonal = ("words",)

    @classmethod
    def in_order(cls) -> "list[SearchRedirect]":
        """All of them with what they lead to, by their words; one query."""
        every = cls.select(cls, Collection, Product, Page)
        every = every.left_outer_join(Collection, on=cls.collection).switch(cls)
        every = every.left_outer_join(Product, on=cls.product).switch(cls)
        every = every.left_outer_join(Page, on=cls.page)
        return list(every.order_by(cls.words))

    @property
    def address(self) -> str:
        """Where it leads, whether that is there now or not; "" where that was removed."""
        if self.collection_id:
            return f"/collections/{self.collection.slug}"
        if self.product_id:
            return f"/products/{self.product.handle}"
        return f"/pages/{self.page.slug}" if self.page_id else ""

    def path(self, at: datetime) -> str:
        """Where it leads then; "" where nothing is there."""
        if self.collection_id:
            held = self.collection
            there = is_within(at, held.shown_from, held.shown_until)
        elif self.product_id:
            there = self.product.published and self.product.status in ("active", "unlisted")
        else:
            there = True
        return self.address if there else ""

    @classmethod
    def put(
        cls, words: str, target: dict, number: int | None = None, seen: str = ""
    ) -> "SearchRedirect":
        """Keep a new one, or change that of a number, of which `seen` is the `version` that was
        edited; see `promotion.target`. Raises `Refused`."""
        written = " ".join(terms(words))
        if not written:
            raise Refused(words="Give the words that are searched for.")
        try:
            with database.atomic():
                others = [one for one in cls.select() if one.id != number]
                if number is None and len(others) >= MOST_REDIRECTS:
                    raise Refused(FULL)
                if any(sorted(one.words.split()) == sorted(written.split()) for one in others):
                    raise Refused(words=TAKEN)
                return _write(cls, {"words": written, **target}, number, seen)
        except IntegrityError:
            raise Refused(words=TAKEN) from None

    @classmethod
    def remove(cls, number: int) -> None:
        """Its words are searched for again."""
        with database.atomic():
            still_there(cls, number, GONE).delete_instance()


def version(record: Record) -> str:
    """A short text that tells what the desk shows of one of them from anything else."""
    kept = sorted((name, str(value)) for name, value in record.__data__.items())
    return hashlib.sha256(repr(kept).encode()).hexdigest()[:16]


def _write(record, facts: dict, number: int | None, seen: str):
    """Write a new row, or over that of a number; what is kept already may come again."""
    held = still_there(record, number, GONE) if number else record()
    before = version(held)
    for name, value in facts.items():
        setattr(held, name, value)
    if number and seen != before != version(held):
        raise Refused(OVERTAKEN)
    held.save()
    return held


def _check(phrases: list[str]) -> None:
    known = {tuple(terms(phrase)) for phrase in phrases}
    empty = next((phrase for phrase in phrases if not terms(phrase)), None)
    long = next((phrase for phrase in phrases if len(terms(phrase)) > MOST_WORDS), None)
    if empty is not None:
        raise Refused(phrases=f"“{empty[:60]}” has no letters and no digits to look for.")
    if long is not None:
        raise Refused(phrases=f"Please keep “{long[:60]}” to {MOST_WORDS} words.")
    if len(known) < 2:
        raise Refused(phrases="Give at least two, each on a line of its own.")
    if len(known) < len(phrases):
        raise Refused(phrases="One of them stands there twice.")
    if len(phrases) > MOST_PHRASES:
        raise Refused(phrases=f"Please keep this to {MOST_PHRASES}.")


class Meant(NamedTuple):
    """What a search looks for, and the phrases, as staff typed them, that it looks for as well."""

    sought: Sought
    also: tuple[str, ...]


class Meanings:
    """All of them in memory, to be read anew when the edition has changed."""

    def __init__(
        self, groups: Iterable[SameWords], redirects: Iterable[SearchRedirect] = ()
    ) -> None:
        self._same: dict[tuple, dict[tuple, str]] = {}
        for group in groups:
            known = {tuple(terms(phrase)): phrase for phrase in group.phrases}
            for phrase in list(known)[:1] if group.one_way else known:
                others = {other: said for other, said in known.items() if other != phrase}
                self._same[phrase] = others | self._same.get(phrase, {})
        self._redirects = {tuple(sorted(one.words.split())): one for one in redirects}

    @classmethod
    def read(cls) -> "Meanings":
        """As they are in the database; two queries."""
        return cls(SameWords.in_order(), SearchRedirect.in_order())

    def leads_to(self, words: list[str], at: datetime) -> str:
        """The path that a search for these words leads to then; "" where it is a search."""
        found = self._redirects.get(tuple(sorted(words)))
        return found.path(at) if found else ""

    def of(self, words: list[str]) -> Meant:
        """What these words mean: the longest phrases first, with what means the same.

        No more than `MOST_MEANT` words are looked for in one search.
        """
        sought, also, left, start = [], [], MOST_MEANT - len(words), 0
        while start < len(words):
            phrase = self._phrase(words, start)
            part = [phrase]
            for other, said in self._same.get(phrase, {}).items():
                if len(other) <= left:
                    part.append(other)
                    also.append(said)
                    left -= len(other)
            sought.append(part)
            start += len(phrase)
        return Meant(sought, tuple(dict.fromkeys(also)))

    def _phrase(self, words: list[str], start: int) -> tuple[str, ...]:
        for length in range(MOST_WORDS, 1, -1):
            if (phrase := tuple(words[start : start + length])) in self._same:
                return phrase
        return (words[start],)

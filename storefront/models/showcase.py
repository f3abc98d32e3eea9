"""What pages promote at a moment: rows, not records, so that what was drawn is found by them."""

import json
from datetime import datetime, timedelta
from typing import NamedTuple

from storefront.models.collection import Collection
from storefront.models.discount import Discount
from storefront.models.page import Page
from storefront.models.period import is_within, next_of
from storefront.models.product import Product
from storefront.models.promotion import Promotion
from storefront.models.trial import Trial, link_name
from storefront.prepared import Prepared

MOST = 4  # on one page; those behind wait until one of them is over
HOME, PRODUCTS = "home", "products"


class Banner(NamedTuple):
    """A promotion as a page shows it; `picture` is JSON, `gives` what its `code` does, or "".

    `until` is its last moment; `name` is how its link is called where it is counted.
    """

    title: str
    words: str
    picture: str | None
    alt: str
    path: str
    until: datetime
    code: str
    gives: str
    name: str

    @property
    def photograph(self) -> dict | None:
        """Digest, width, height and widths of its picture."""
        return json.loads(self.picture) if self.picture else None


class Showcase:
    """What is promoted at a moment, where; one query, of all that is not over by then.

    Of two that are tried against each other on a page, that of the `arm` is shown.
    """

    def __init__(self, at: datetime, arm: str = "a") -> None:
        self._at, self._arm = at, arm
        self._rows = [_Row.read(row) for row in _AHEAD.rows(Promotion.ends_at.db_value(at))]

    def on(self, place: str | int) -> tuple[Banner, ...]:
        """The banners of `HOME`, of `PRODUCTS`, or of the collection of that number, in order."""
        shown = [row for row in self._rows if row.is_shown(self._at) and row.stands_on(place)]
        both = {row.trial for row in shown if row.arm == "b"} - {None}
        both &= {row.trial for row in shown if row.arm == "a"}
        chosen = [row for row in shown if row.trial not in both or row.arm == self._arm]
        return tuple(row.banner(self._at, row.trial in both) for row in chosen[:MOST])

    @property
    def next_change(self) -> datetime | None:
        """The next moment at which any page may show something else."""
        return next_of(self._at, [one for row in self._rows for one in row.moments()])


class _Row:
    """One promotion and what is joined to it: columns by name, moments as such."""

    def __init__(self, columns: dict) -> None:
        self._columns = columns

    def __getattr__(self, name: str):
        return self._columns[name]

    @classmethod
    def read(cls, row: tuple) -> "_Row":
        columns, moment = dict(zip(COLUMNS, row, strict=True)), Promotion.starts_at.python_value
        read = {name: moment(columns[name]) for name in (*MOMENTS, "ended_at")}
        return cls(columns | read)

    def moments(self) -> list[datetime | None]:
        return [self._columns[name] for name in MOMENTS]

    @property
    def trial(self) -> int | None:
        """The number of the trial it is in."""
        return self.tried or self.rival

    @property
    def arm(self) -> str:
        """Which arm of that it is."""
        return "b" if self.rival else "a"

    def stands_on(self, place: str | int) -> bool:
        if place == HOME:
            return self.on_home
        return self.on_products if place == PRODUCTS else self.on_collection == place

    def is_shown(self, at: datetime) -> bool:
        """Whether it runs, and leads to something that is there."""
        return bool(self.path(at)) and is_within(at, self.starts_at, self.ends_at)

    def path(self, at: datetime) -> str:
        """Where it leads then; "" for nowhere."""
        if self.slug:
            there = is_within(at, self.shown_from, self.shown_until)
            return f"/collections/{self.slug}" if there else ""
        if self.handle:
            there = self.published and self.status in ("active", "unlisted")
            return f"/products/{self.handle}" if there else ""
        return f"/pages/{self.page}" if self.page else ""

    def banner(self, at: datetime, on_trial: bool) -> Banner:
        last = self.ends_at - timedelta(microseconds=1)
        code = self._discount()
        holds = code is not None and code.state(at) == "running" and self._is_told(at)
        told = (code.code, self._gives(code)) if holds else ("", "")
        facts = (self.title, self.words, self.picture, self.alt)
        name = link_name(self.trial, self.arm) if on_trial else f"banner-{self.id}"
        return Banner(*facts, self.path(at), last, *told, name)

    def _is_told(self, at: datetime) -> bool:
        """Whether what its code is for may be named then: it may be still to come."""
        return is_within(at, self.held_from, self.held_until)

    def _discount(self) -> Discount | None:
        if not self.code:
            return None
        columns = {name: self._columns[name] for name in OF_CODE}
        return Discount(**columns, starts_at=self.code_from, until=self.code_until)

    def _gives(self, code: Discount) -> str:
        """ "10 % off Rain ready from $50.00, once a customer"."""
        of = f" {self.code_for}" if self.code_for else ""
        of = f" for{of}" if of and code.kind == "shipping" else of
        least = f" from {code.minimum}" if code.minimum_minor else ""
        return f"{code.words}{of}{least}{', once a customer' if code.once else ''}"


OF_CODE = ("code", "kind", "value", "currency", "minimum_minor", "most", "uses", "once", "ended_at")
OF_PROMOTION = ("title", "words", "picture", "alt", "starts_at", "ends_at")
OF_PROMOTION += ("on_home", "on_products", "on_collection")
MOMENTS = ("starts_at", "ends_at", "shown_from", "shown_until", "code_from", "code_until")
MOMENTS += ("held_from", "held_until")  # of what its code is for
_HELD = Collection.alias()  # what a code is taken off
_TRIED, _RIVAL = Trial.alias(), Trial.alias()  # the trial it is arm a of, or arm b
COLUMNS = (
    {name: getattr(Promotion, name) for name in OF_PROMOTION}
    | {"slug": Collection.slug}
    | {name: getattr(Collection, name) for name in ("shown_from", "shown_until")}
    | {"handle": Product.handle, "status": Product.status, "published": Product.published}
    | {"page": Page.slug}
    | {name: getattr(Discount, name) for name in OF_CODE}
    | {"code_from": Discount.starts_at, "code_until": Discount.until, "code_for": _HELD.title}
    | {"held_from": _HELD.shown_from, "held_until": _HELD.shown_until}
    | {"id": Promotion.id, "tried": _TRIED.id, "rival": _RIVAL.id}
)


def _goes_on(trial, column):
    return (column == Promotion.id) & trial.ended_at.is_null()


_AHEAD = Prepared(
    lambda at: (
        Promotion.select(*COLUMNS.values())
        .left_outer_join(Collection, on=(Promotion.collection == Collection.id))
        .switch(Promotion)
        .left_outer_join(Product, on=(Promotion.product == Product.id))
        .switch(Promotion)
        .left_outer_join(Page, on=(Promotion.page == Page.id))
        .switch(Promotion)
        .left_outer_join(Discount, on=(Promotion.discount == Discount.id))
        .left_outer_join(_HELD, on=(Discount.collection == _HELD.id))
        .switch(Promotion)
        .left_outer_join(_TRIED, on=_goes_on(_TRIED, _TRIED.promotion))
        .switch(Promotion)
        .left_outer_join(_RIVAL, on=_goes_on(_RIVAL, _RIVAL.against))
        .where(Promotion.ends_at > at)
        .order_by(Promotion.position, Promotion.id)
    )
)

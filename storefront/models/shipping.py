"""Where the shop sends things, by which ways, and what that costs."""

from peewee import JOIN, ForeignKeyField, IntegerField, TextField

from storefront.cldr import COUNTRIES
from storefront.db import JSONText, Record, database, locked
from storefront.models.cart import Cart
from storefront.money import Money
from storefront.personal import declare
from storefront.prepared import Prepared, records
from storefront.refusals import Refused

WORLD = "*"
FLAT, BY_WEIGHT, BY_SUBTOTAL = MEASURES = ("flat", "weight", "subtotal")

declare(
    "recipient",
    "carrier",
    clause="orders",
    why="to bring you the parcel: your name and address",
    basis="contract",
)


class ShippingZone(Record):
    """A list of countries (ISO 3166-1 alpha-2), or `*` for everywhere else.

    A country is in one zone at most. A zone without rates is one that nothing is sent to.
    """

    name = TextField()
    countries = JSONText(default=lambda: [WORLD])

    impersonal = ("name", "countries")

    @classmethod
    def in_order(cls) -> "list[ShippingZone]":
        """All zones, everywhere else last; one query."""
        return sorted(cls.select().order_by(cls.id), key=lambda zone: WORLD in zone.countries)

    @classmethod
    def serving(cls, country: str) -> "ShippingZone | None":
        """The zone that lists the country, or the one for everywhere else."""
        return _serving(list(cls.select().order_by(cls.id)), country)

    @classmethod
    def make(cls, name: str, countries: list[str]) -> "ShippingZone":
        """A new zone; raises `Refused` where it cannot be."""
        zone = cls()
        zone.change(name, countries)
        return zone

    def change(self, name: str, countries: list[str]) -> None:
        """Give it another name and countries; raises `Refused`, with nothing changed."""
        with database.atomic():
            _check_zone(name, countries, [z for z in locked(ShippingZone.select()) if z != self])
            self.name, self.countries = name, countries
            self.save()

    def remove(self) -> None:
        """Delete it and its rates: its countries are served as everywhere else is."""
        self.delete_instance()


def _check_zone(name: str, countries: list[str], others: list[ShippingZone]) -> None:
    if not name:
        raise Refused(name="Please give the zone a name, such as Europe.")
    if not countries:
        raise Refused(countries="Please name at least one country, or write “everywhere else”.")
    if WORLD in countries and len(countries) > 1:
        raise Refused(countries="“Everywhere else” stands alone: it is what no other zone names.")
    for zone in others:
        if twice := [country for country in countries if country in zone.countries]:
            raise Refused(countries=f"The zone {zone.name} has {called(twice)} already.")


def called(codes: list[str]) -> str:
    """Countries in words."""
    return ", ".join(COUNTRIES.get(code, "everywhere else") for code in codes)


class ShippingRate(Record):
    """One way of sending within a zone.

    It costs `price_minor`, or what its bands say: each is `[from, below, price]`, in grams of what
    is sent or in minor units of the subtotal, with None below the last for no end. What no band
    covers cannot go this way. From a subtotal of `free_from_minor` on it is free. Subtotals are
    those before a discount, so that a code never makes an order dearer.
    """

    zone = ForeignKeyField(ShippingZone, backref="rates", on_delete="CASCADE")
    name = TextField()
    promise = TextField(default="")
    price_minor = IntegerField()
    currency = TextField()
    measure = TextField(default=FLAT)
    bands = JSONText(default=list)
    free_from_minor = IntegerField(null=True)

    impersonal = ("name", "promise", "currency", "measure", "bands")

    @property
    def price(self) -> Money:
        """What sending costs, whatever is sent, for a flat rate."""
        return Money(self.price_minor, self.currency)

    @property
    def free_from(self) -> Money | None:
        """The subtotal from which on it is free, if there is one."""
        free = self.free_from_minor
        return None if free is None else Money(free, self.currency)

    def price_of(self, cart: Cart) -> Money | None:
        """What sending the cart this way costs; None where it cannot go this way."""
        minor = self.price_at(cart.grams, cart.subtotal.minor) if cart.needs_shipping else 0
        return None if minor is None else Money(minor, self.currency)

    def price_at(self, grams: int, subtotal: int) -> int | None:
        """The price, in minor units, for so much weight and worth; None where no band has it."""
        free = self.free_from_minor is not None and subtotal >= self.free_from_minor
        if self.measure == FLAT:
            return 0 if free else self.price_minor
        at = grams if self.measure == BY_WEIGHT else subtotal
        prices = (price for low, below, price in self.bands if low <= at and _under(at, below))
        price = next(prices, None)
        return 0 if free and price is not None else price

    @property
    def gaps(self) -> list[tuple[int, int | None]]:
        """What its bands leave out, each from one number to below another, or to None: no end."""
        if self.measure == FLAT:
            return []
        found, at = [], 0
        for low, below, _ in self.bands:
            if low > at:
                found.append((at, low))
            if below is None:
                return found
            at = below
        return [*found, (at, None)]

    @classmethod
    def for_country(cls, country: str) -> "list[ShippingRate]":
        """The ways of sending to a country, the cheapest first; one query."""
        width = len(ShippingZone._meta.sorted_fields)
        rows = _RATES.rows()
        zones = {zone.id: zone for zone in records(ShippingZone, [row[:width] for row in rows])}
        zone = _serving([*zones.values()], country)
        found = [row[width:] for row in rows if zone and row[0] == zone.id]
        return records(cls, [row for row in found if row[0] is not None])

    @classmethod
    def ways(cls, country: str, cart: Cart) -> "list[tuple[ShippingRate, Money]]":
        """The ways by which the cart can be sent to a country, with what each costs."""
        priced = [(rate, rate.price_of(cart)) for rate in cls.for_country(country)]
        return sorted((way for way in priced if way[1] is not None), key=lambda way: way[1].minor)

    def change(self, **facts) -> None:
        """Set these columns, of a new rate or an old one; raises `Refused` in words."""
        for name, value in facts.items():
            setattr(self, name, value)
        if not self.name:
            raise Refused(name="Please give the rate a name, such as Standard delivery.")
        if self.measure not in MEASURES:
            raise Refused(measure="Please choose what the price depends on.")
        self.bands = [] if self.measure == FLAT else sorted(self.bands, key=lambda band: band[0])
        _check_bands(self)
        self.save()


def _serving(zones: list[ShippingZone], country: str) -> ShippingZone | None:
    named = (zone for zone in zones if country in zone.countries)
    rest = (zone for zone in zones if WORLD in zone.countries)
    return next(named, None) or next(rest, None)


def _under(at: int, below: int | None) -> bool:
    return below is None or at < below


def _check_bands(rate: ShippingRate) -> None:
    if rate.measure != FLAT and not rate.bands:
        raise Refused(bands="Please fill in at least one line, or choose one price for all.")
    for low, below, _ in rate.bands:
        if not _under(low, below):
            raise Refused(
                bands="A line ends where it begins, or before. “Below” is the larger one."
            )
    for before, after in zip(rate.bands, rate.bands[1:], strict=False):
        if _under(after[0], before[1]):
            raise Refused(bands="Two lines overlap, so that it is not clear which price holds.")


_RATES = Prepared(
    lambda: (
        ShippingZone.select(ShippingZone, ShippingRate)
        .join(ShippingRate, JOIN.LEFT_OUTER)
        .order_by(ShippingZone.id, ShippingRate.price_minor, ShippingRate.id)
    )
)

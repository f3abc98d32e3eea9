"""Where the shop sends things, what that costs, and what tax is added."""

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from storefront.db import JSONText, Record
from storefront.money import Money
from storefront.personal import declare
from storefront.prepared import Prepared, records

WORLD = "*"

declare(
    "recipient",
    "carrier",
    clause="orders",
    why="to bring you the parcel: your name and address",
    basis="contract",
)


class ShippingZone(Record):
    """A list of countries (ISO 3166-1 alpha-2), or `*` for everywhere else."""

    name = TextField()
    countries = JSONText(default=lambda: [WORLD])

    impersonal = ("name", "countries")

    @classmethod
    def serving(cls, country: str) -> "ShippingZone | None":
        """The zone that lists the country, or the one for everywhere else."""
        zones = list(cls.select().order_by(cls.id))
        named = (zone for zone in zones if country in zone.countries)
        rest = (zone for zone in zones if WORLD in zone.countries)
        return next(named, None) or next(rest, None)


class ShippingRate(Record):
    """One way of sending within a zone."""

    zone = ForeignKeyField(ShippingZone, backref="rates", on_delete="CASCADE")
    name = TextField()
    promise = TextField(default="")
    price_minor = IntegerField()
    currency = TextField()

    impersonal = ("name", "promise", "currency")

    @property
    def price(self) -> Money:
        """What sending costs, whatever is sent."""
        return Money(self.price_minor, self.currency)

    @classmethod
    def for_country(cls, country: str) -> "list[ShippingRate]":
        """The ways of sending to a country, the cheapest first."""
        zone = ShippingZone.serving(country)
        return [] if zone is None else list(zone.rates.order_by(cls.price_minor, cls.id))


class TaxRate(Record):
    """Tax on goods sent to some countries, in basis points (1900 is 19 %)."""

    name = TextField()
    countries = JSONText(default=lambda: [WORLD])
    basis_points = IntegerField(default=0)
    included = BooleanField(default=False)

    impersonal = ("name", "countries")

    @classmethod
    def for_country(cls, country: str) -> "TaxRate | None":
        """The rate that lists the country, or the one for everywhere else."""
        rates = records(TaxRate, _TAX_RATES.rows())
        named = (rate for rate in rates if country in rate.countries)
        rest = (rate for rate in rates if WORLD in rate.countries)
        return next(named, None) or next(rest, None)

    def on(self, amount: Money) -> Money:
        """The tax to add to `amount`, rounded half up; nothing where prices include it."""
        if self.included:
            return Money(0, amount.currency)
        return Money((amount.minor * self.basis_points + 5000) // 10_000, amount.currency)


_TAX_RATES = Prepared(lambda: TaxRate.select().order_by(TaxRate.id))

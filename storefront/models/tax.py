"""What tax there is on what is sold, by the place that it goes to.

One place has one rate. The tax is worked out once, on the sum of all that is taxed (after the
discount, with sending where that is taxed), and rounded half up to the minor unit; lines are told
their shares of it afterwards, which therefore sum exactly.
"""

from peewee import BooleanField, IntegerField, TextField

from storefront.db import JSONText, Record, database, locked
from storefront.models.shipping import WORLD, called
from storefront.money import Money, half_up
from storefront.prepared import Prepared, records
from storefront.refusals import Refused

WHOLE = 10_000  # basis points


class TaxRate(Record):
    """Tax on what goes to some countries, in basis points (1900 is 19 %).

    With `regions` (codes as addresses have them, such as OR) it holds in these parts of its one
    country. `included` says that prices have the tax in them. `on_shipping` says that sending is
    taxed as well.
    """

    name = TextField()
    countries = JSONText(default=lambda: [WORLD])
    regions = JSONText(default=list)
    basis_points = IntegerField(default=0)
    included = BooleanField(default=False)
    on_shipping = BooleanField(default=False)

    impersonal = ("name", "countries", "regions")
    regional = False

    @classmethod
    def in_order(cls) -> "list[TaxRate]":
        """All rates, everywhere else last; one query."""
        return sorted(cls.select().order_by(cls.id), key=lambda rate: WORLD in rate.countries)

    @classmethod
    def for_place(cls, country: str, region: str = "") -> "TaxRate":
        """The rate of the region, or of the country, or of everywhere else; else none: 0 %.

        Its `regional` says whether that depends on the part of the country.
        """
        rates = records(TaxRate, _TAX_RATES.rows())
        of_country = [rate for rate in rates if country in rate.countries]
        near = (rate for rate in of_country if region and region in rate.regions)
        whole = (rate for rate in of_country if not rate.regions)
        rest = (rate for rate in rates if WORLD in rate.countries)
        found = next(near, None) or next(whole, None) or next(rest, None) or cls(name="")
        found.regional = any(rate.regions for rate in of_country)
        return found

    @property
    def percent(self) -> str:
        """Its height in per cent, as it is written: "19", "7.25"."""
        return f"{self.basis_points / 100:.2f}".rstrip("0").rstrip(".")

    @property
    def words(self) -> str:
        """What it is called on orders: "19 % VAT"; "" where there is none."""
        if not self.basis_points:
            return ""
        return self.name if "%" in self.name else f"{self.percent} % {self.name}"

    def on(self, amount: Money) -> Money:
        """The tax to add to `amount`, rounded half up; nothing where prices include it."""
        added = 0 if self.included else half_up(amount.minor * self.basis_points, WHOLE)
        return Money(added, amount.currency)

    def within(self, amount: Money) -> Money:
        """The tax that `amount` includes, rounded half up; nothing where it is added."""
        points = self.basis_points if self.included else 0
        return Money(half_up(amount.minor * points, WHOLE + points), amount.currency)

    def change(self, **facts) -> None:
        """Set these columns, of a new rate or an old one; raises `Refused` in words."""
        for name, value in facts.items():
            setattr(self, name, value)
        if not self.name:
            raise Refused(name="Please say what the tax is called, such as VAT.")
        if not 0 <= self.basis_points <= WHOLE:
            raise Refused(percent="A rate is from 0 to 100 per cent.")
        with database.atomic():
            _check_place(self, [r for r in locked(TaxRate.select()) if r != self])
            self.save()


def _check_place(rate: TaxRate, others: list[TaxRate]) -> None:
    if not rate.countries:
        raise Refused(countries="Please name at least one country, or write “everywhere else”.")
    if WORLD in rate.countries and len(rate.countries) > 1:
        raise Refused(countries="“Everywhere else” stands alone: it is what no other rate names.")
    if rate.regions and (len(rate.countries) > 1 or WORLD in rate.countries):
        raise Refused(regions="States and provinces want one country above, to be found in.")
    for other in others:
        same = [country for country in rate.countries if country in other.countries]
        both = [region for region in rate.regions if region in other.regions]
        if same and (both or not (rate.regions or other.regions)):
            places = ", ".join(both) or called(same)
            sentence = f"There is a rate for {places} already: {other.words or other.name}."
            raise Refused(**{"regions" if both else "countries": sentence})


_TAX_RATES = Prepared(lambda: TaxRate.select().order_by(TaxRate.id))

"""What is told of those who come and those who order: numbers that nobody can be found in."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from storefront import address, disclosure
from storefront.cldr import LANGUAGES
from storefront.disclosure import Quarter
from storefront.models import Product, TrafficDay, usage

QUARTERS = 4  # that are over, and can be asked for
FULL_DAYS = 28  # of the public summary
TOLD_IN_PUBLIC = {"page": "Pages", "device": "Devices", "browser": "Browsers"}
FEW = f"fewer than {disclosure.LEAST}"


@dataclass
class Place:
    """A country with the people who ordered there, rounded, and those of its regions."""

    code: str
    name: str
    people: int
    regions: dict[str, int] = field(default_factory=dict)


def quarters(at: datetime) -> list[Quarter]:
    """The last ones that are over, the newest first."""
    found = [Quarter.of(at.date()).before]
    while len(found) < QUARTERS:
        found.append(found[-1].before)
    return found


def settle(at: datetime) -> None:
    """Write down once what is told of the quarters that are over: to be called each day."""
    for quarter in quarters(at):
        for what, counts in (("ordered from", _people), ("spoken", _spoken)):
            if TrafficDay.settled(quarter.first, what) is None:
                TrafficDay.settle(quarter.first, what, counts(quarter))


def _told(quarter: Quarter, what: str, counts: Callable[[Quarter], dict[str, int]]):
    """As it was settled; in its first minutes a quarter that is over is not."""
    settled = TrafficDay.settled(quarter.first, what)
    return counts(quarter) if settled is None else settled


def places(quarter: Quarter) -> list[Place]:
    """From where people ordered in a quarter that is over; two queries at most."""
    found: dict[str, Place] = {}
    told = _told(quarter, "ordered from", _people).items()
    for key, people in sorted(told, key=lambda one: (" " in one[0], -one[1], one[0])):
        country, _, code = key.partition(" ")
        if code:
            found[country].regions[address.regions(country).get(code, code)] = people
        else:
            found[country] = Place(country, address.countries().get(country, country), people)
    return list(found.values())


def _people(quarter: Quarter) -> dict[str, int]:
    """People by country ("US") and region ("US OR"), as they may be told; one query."""
    start, end = (_begin(day) for day in (quarter.first, quarter.after.first))
    named, unnamed = _by_country(usage.people(start, end))
    countries = {code: sum(regions.values()) for code, regions in named.items()}
    told = disclosure.given(countries, unnamed)
    for country in list(told):
        told |= {f"{country} {code}": n for code, n in _regions(named[country]).items()}
    return told


def _by_country(people: Mapping[tuple[str, str], int]) -> tuple[dict[str, dict[str, int]], int]:
    """Counts by country and code of a region, "" for none; and of those without a country."""
    named, unnamed, known = {}, 0, address.countries()
    for (country, region), count in people.items():
        if country not in known:
            unnamed += count
            continue
        regions, code = named.setdefault(country, {}), address.region_code(country, region)
        regions[code] = regions.get(code, 0) + count
    return named, unnamed


def _regions(counts: dict[str, int]) -> dict[str, int]:
    named = {code: count for code, count in counts.items() if code}
    return disclosure.given(named, counts.get("", 0))


def languages(quarter: Quarter) -> dict[str, int]:
    """Visits by the language that browsers ask for, in a quarter that is over; two queries."""
    told = _told(quarter, "spoken", _spoken).items()
    in_order = sorted(told, key=lambda one: (-one[1], one[0]))
    return {LANGUAGES.get(code, code): visits for code, visits in in_order}


def _spoken(quarter: Quarter) -> dict[str, int]:
    return disclosure.given(*usage.languages(quarter.first, quarter.last))


@dataclass(frozen=True)
class Summary:
    """What visitors are told of the last full days: numbers rounded down to tens."""

    first: date
    last: date
    totals: dict[str, int]
    lists: dict[str, list[tuple[str, int]]]
    quarter: Quarter
    languages: dict[str, int]

    @classmethod
    def of(cls, at: datetime, most: int = 10) -> "Summary":
        """Of the days before that of `at`; five queries at most."""
        last = at.date() - timedelta(days=1)
        first = last - timedelta(days=FULL_DAYS - 1)
        quarter = quarters(at)[0]
        months = usage.totals(_begin(first), _begin(at.date()), usage.MONTHS)
        totals = sum(months.values(), Counter())
        leading = usage.leading(first, last, most)
        return cls(
            first,
            last,
            {what: disclosure.rounded(count) for what, count in totals.items()},
            {what: _rounded(_public(what, leading.get(what, ()))) for what in TOLD_IN_PUBLIC},
            quarter,
            languages(quarter),
        )

    @property
    def bots(self) -> str:
        """The share of programs in all views, as a whole percentage; "" of nothing."""
        bots = self.totals.get("bot views", 0)
        everything = bots + self.totals.get("views", 0)
        return f"{round(100 * bots / everything)} %" if everything else ""


def _public(what: str, rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Without products that no list shows: their addresses are for those who were told them."""
    handles = {value: value.split("/")[2] for value, _ in rows if value.startswith("/products/")}
    if what != "page" or not handles:
        return list(rows)
    sold = Product.on_sale().where(Product.handle.in_(sorted(set(handles.values()))))
    shown = {product.handle for product in sold}
    return [row for row in rows if handles.get(row[0]) in {None, *shown}]


def _rounded(rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    # In the order of names where they are rounded to the same.
    told = [(value, disclosure.rounded(count)) for value, count in rows]
    return sorted(told, key=lambda row: (-row[1], row[0]))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

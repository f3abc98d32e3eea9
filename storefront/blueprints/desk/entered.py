"""What staff type into forms about money and rules: facts, or a sentence beside each field."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from werkzeug.datastructures import MultiDict

from storefront import money
from storefront.address import countries, region_code, regions
from storefront.models.shipping import WORLD
from storefront.refusals import Refused

EVERYWHERE = "Everywhere else"
UNION = "European Union"
# Its members since 2020, as ISO 3166-1 has them (the Union itself writes EL for GR).
OF_UNION = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)


class Entered:
    """A form as it was sent. What cannot be read is noted, and told all at once by `check`."""

    def __init__(self, form: MultiDict, currency: str) -> None:
        # Only the desk reads amounts; see `sparing`.
        from storefront.exchange import amounts, catalogue

        self._amounts, self._bad = amounts, catalogue.BadCatalogue
        self.form, self.currency, self.problems = form, currency, {}

    def check(self) -> None:
        """Raise `Refused` with a sentence for each field that could not be read."""
        if self.problems:
            raise Refused(**self.problems)

    def text(self, name: str, longest: int = 80) -> str:
        """A line of text."""
        said = " ".join(self.form.get(name, "").split())
        if len(said) > longest:
            self.problems[name] = f"Please keep this to {longest} characters."
        return said

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return name in self.form

    def money(self, name: str, empty: int | None = None) -> int | None:
        """An amount of the shop's currency in minor units."""
        return self.read(name, self.form.get(name, ""), self.minor, empty)

    def minor(self, text: str) -> int:
        """An amount in minor units; raises `BadCatalogue`, as the readers of files do."""
        return self._amounts.minor_units(text, money.decimals(self.currency), 0, "This")

    def whole(self, text: str) -> int:
        """A whole number from 0 up; raises `BadCatalogue`."""
        found = self._amounts.whole_number(text, 0, "This")
        if found < 0:
            raise self._bad(f"This is “{text.strip()}”, less than nothing")
        return found

    def points(self, name: str) -> int:
        """A percentage in basis points."""
        text = self.form.get(name, "").replace("%", "")
        return self.read(name, text, lambda said: self._amounts.minor_units(said, 2, 0, "This"), 0)

    def number(self, name: str) -> int | None:
        """A whole number; None for nothing."""
        return self.read(name, self.form.get(name, ""), self.whole, None)

    def read(self, name: str, text: str, read: Callable[[str], int], empty: int | None):
        """What `read` makes of a text, `empty` of none; what it refuses is noted of the field."""
        if not text.strip():
            return empty
        try:
            return read(text)
        except self._bad as trouble:
            self.problems[name] = f"{trouble.reason}."
            return empty

    def day(self, name: str, after: int = 0) -> datetime | None:
        """The beginning, in UTC, of a day, or of so many days after it; None for nothing."""
        if not (said := self.form.get(name, "").strip()):
            return None
        try:
            read = datetime.fromisoformat(said[:10]).replace(tzinfo=UTC)
        except ValueError:
            read = None
        # Far from now it would be a slip of the hand, and what is reckoned from it has no date.
        if read is None or not 2000 <= read.year < 2200:
            self.problems[name] = "Please write the day as year, month, day: 2026-12-31."
            return None
        return read + timedelta(days=after)

    def countries(self, name: str) -> list[str]:
        """Codes of countries by code or name; `*` for everywhere else."""
        known = {called.casefold(): code for code, called in countries().items()}
        known |= {code.casefold(): code for code in countries()} | {EVERYWHERE.casefold(): WORLD}
        found, strange = [], []
        for said in parts(self.form.get(name, "")):
            if said.casefold() in (UNION.casefold(), "eu"):
                found += OF_UNION
            elif code := known.get(said.casefold()):
                found.append(code)
            else:
                strange.append(said)
        if strange:
            names = ", ".join(f"“{said[:40]}”" for said in strange)
            self.problems[name] = (
                f"We know no country {names}. Names are as in the checkout’s list."
            )
        return list(dict.fromkeys(found))

    def regions(self, name: str, country: str) -> list[str]:
        """Codes of a country's states or provinces, by code or name."""
        codes = {said: region_code(country, said) for said in parts(self.form.get(name, ""))}
        if strange := [said for said, code in codes.items() if not code]:
            names = ", ".join(f"“{said[:40]}”" for said in strange)
            place = countries().get(country, "that country")
            self.problems[name] = f"Addresses in {place} know no {names}."
        return list(dict.fromkeys(code for code in codes.values() if code))


def parts(text: str) -> list[str]:
    """What stands between commas, semicolons and ends of lines."""
    flat = text.replace("\n", ",").replace(";", ",")
    return [" ".join(part.split()) for part in flat.split(",") if part.strip()]


def in_words(codes: list[str]) -> str:
    """Countries by name, as `countries` reads them."""
    rest = [code for code in codes if code not in OF_UNION]
    if len(codes) - len(rest) < len(OF_UNION):
        rest, union = codes, []
    else:
        union = [UNION]
    names = [EVERYWHERE if code == WORLD else countries().get(code, code) for code in rest]
    return ", ".join([*union, *names])


def regions_in_words(codes: list[str], country: str) -> str:
    """States or provinces by name, as `regions` reads them."""
    known = regions(country)
    return ", ".join(known.get(code, code) for code in codes)


def said(minor: int | None, currency: str) -> str:
    """An amount as it is typed; nothing for None."""
    from storefront.exchange import amounts

    return amounts.written(minor, money.decimals(currency))

"""The facets of a list as they are drawn: which are offered, how they are called and arranged."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from storefront.listing.wanted import parameter
from storefront.shelf import Choice, Narrowed

FIRST = ("type", "option:Size", "option:Colour", "option:Color", "price", "stock")
SIZES = "XXS XS S M L XL XXL 2XL XXXL 3XL 4XL".split()


@dataclass(frozen=True)
class Group:
    """A facet as it is drawn: its label, its parameter, its choices in a sensible order."""

    name: str
    label: str
    field: str
    choices: tuple[Choice, ...]

    @property
    def is_chosen(self) -> bool:
        """Whether any of its values is chosen: then it is drawn open."""
        return any(choice.chosen for choice in self.choices)


def groups(narrowed: Narrowed) -> list[Group]:
    """The facets worth offering: those of which some choice would narrow, or is chosen."""
    order = {name: n for n, name in enumerate(FIRST)}
    names = sorted(narrowed.choices, key=lambda name: (order.get(name, len(order)), name))
    drawn = []
    for name in names:
        choices = narrowed.choices[name]
        narrowing = any(choice.count < len(narrowed.products) for choice in choices)
        if len(choices) > 1 or narrowing or any(choice.chosen for choice in choices):
            drawn.append(Group(name, label(name), parameter(name), tuple(_arranged(name, choices))))
    return drawn


def label(facet: str) -> str:
    """What a facet is called on the page."""
    special = {"type": "Kind", "vendor": "Brand", "price": "Price", "stock": "Availability"}
    return special.get(facet) or facet.partition(":")[2]


def _arranged(name: str, choices: Iterable[Choice]) -> list[Choice]:
    """Prices from low to high, sizes as they are worn, numbers by number, the rest by name."""

    def place(choice: Choice):
        number = re.match(r"\d+(\.\d+)?", choice.value)
        if name == "price" or number:
            return (1, float(number[0]) if number else 0.0, choice.value)
        if choice.value in SIZES:
            return (0, float(SIZES.index(choice.value)), "")
        return (2, 0.0, choice.value.lower())

    return sorted(choices, key=place)


def price_words(value: str, written) -> str:
    """A price range in words; `written(units)` writes whole units of the currency."""
    start, _, end = value.partition("-")
    if not end:
        return f"{written(int(start))} and more"
    return (
        f"under {written(int(end))}"
        if start == "0"
        else f"{written(int(start))} to {written(int(end))}"
    )

"""A product's options and their values: names, what variants are told apart by."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from storefront.models.product import Product, Variant
from storefront.models.shopkeeping import Overtaken, changing
from storefront.refusals import Refused

MOST = 3  # options, as every catalogue format has them
LONGEST = 100


@dataclass(frozen=True)
class Option:
    """An option as it is to be: `values` maps what is there to what it is to be called.

    A new one has the one value "" that stands for what all variants get.
    """

    name: str
    values: dict[str, str]
    stays: bool = True


def version(product: Product, variants: list[Variant]) -> str:
    """A short text that tells these options and values from any others."""
    facts = json.dumps([product.options, sorted(variant.choice for variant in variants)])
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def values_of(variants: list[Variant], place: int) -> list[str]:
    """The values of the option at that place, in the order of the variants."""
    return list(dict.fromkeys(variant.choice[place] for variant in variants))


def arrange(number: int, seen: str, wanted: list[Option], at: datetime) -> Product:
    """Have a product's options be these, one for each that there is and new ones behind.

    Every variant stays, with its new values. `seen` is the `version` that was edited. Raises
    `Refused`, with nothing changed, where two variants would be the same.
    """
    with changing(number, at) as (product, variants):
        if seen != version(product, variants):
            raise Overtaken(product)
        _check(wanted)
        choices = [_choice(variant, wanted) for variant in variants]
        if len(set(map(tuple, choices))) < len(choices):
            raise Refused(
                "Then two variants would be the same. Remove one of them first, or call it "
                "something else."
            )
        product.options = [option.name for option in wanted if option.stays]
        _rename(variants, choices)
    return product


def _choice(variant: Variant, wanted: list[Option]) -> list[str]:
    values = [*variant.choice, *[""] * (len(wanted) - len(variant.choice))]
    pairs = zip(wanted, values, strict=True)
    return [option.values.get(value, value) for option, value in pairs if option.stays]


def _rename(variants: list[Variant], choices: list[list[str]]) -> None:
    """Values may change places: no variant is in another's way meanwhile."""
    pairs = zip(variants, choices, strict=True)
    changed = [(variant, choice) for variant, choice in pairs if variant.choice != choice]
    for variant, _ in changed:
        Variant.update(choice=[variant.id]).where(Variant.id == variant.id).execute()
    for variant, choice in changed:
        variant.choice = choice


def _check(wanted: list[Option]) -> None:
    stay = [(n, option) for n, option in enumerate(wanted) if option.stays]
    if len(stay) > MOST:
        raise Refused(f"A product has {MOST} options at most.")
    problems = {}
    names = [option.name.lower() for _, option in stay]
    for n, option in stay:
        if not option.name or len(option.name) > LONGEST:
            problems[f"name{n}"] = f"Please give it a name, of {LONGEST} characters at most."
        elif names.count(option.name.lower()) > 1:
            problems[f"name{n}"] = "Two options have this name."
        for m, value in enumerate(option.values.values()):
            if not value or len(value) > LONGEST:
                problems[f"value{n}-{m}"] = "Please give a value."
    if problems:
        raise Refused(**problems)

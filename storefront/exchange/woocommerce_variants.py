"""The variants of a variable product, from its own row and those of its variations."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product as combinations

from storefront.exchange.catalogue import (
    MOST_ROWS,
    BadCatalogue,
    ImportedVariant,
    Skipped,
    quoted,
)
from storefront.exchange.woocommerce_facts import corrected, kept_of, own, variant_facts
from storefront.exchange.woocommerce_rows import Attribute, Row


@dataclass(frozen=True)
class Context:
    """What prices mean: how many decimals the currency has, and what day it is."""

    decimals: int
    today: date


def made_of(row: Row, facts: dict, choice: tuple[str, ...], extra: dict) -> ImportedVariant:
    """A variant; `facts` as `variant_facts` gives them, corrected. Raises BadCatalogue."""
    if facts["price_minor"] is None:
        advice = "what is sold needs a price; write 0 for a price on request"
        raise row.bad("regular_price", advice)
    return ImportedVariant(line=row.line, choice=choice, extra=extra, **facts)


def variants_of(
    parent: Row, variations: list[Row], context: Context
) -> tuple[tuple[str, ...], list[ImportedVariant], list[Skipped]]:
    """The names of the options, the variants, and the variations that are switched off."""
    off = [row for row in variations if row.text("published") in ("0", "-1")]
    sold = [row for row in variations if row not in off]
    skipped = [Skipped(row.line, "a variation that is switched off") for row in off]
    options = _options(parent, sold)
    made = {}
    # What is named outright counts before what stands for any value.
    for row in sorted(sold, key=lambda row: None in _choice(row, options)):
        for variant in _expanded(parent, row, options, context):
            _add(made, variant, row)
    ordered = sorted(made.values(), key=lambda variant: variant.line)
    return tuple(option.name for option in options), ordered, skipped


def _options(parent: Row, variations: list[Row]) -> list[Attribute]:
    """The parent's attributes that some variation has, too; the others only describe."""
    used = {a.name.casefold(): a for row in variations for a in row.attributes()}
    own_ones = parent.attributes()
    known = {attribute.name.casefold() for attribute in own_ones}
    missing = [attribute for name, attribute in used.items() if name not in known]
    if missing:
        raise BadCatalogue(
            f"its variations have the attribute {quoted(missing[0].name)}, which it lacks itself",
            parent.line,
        )
    return [attribute for attribute in own_ones if attribute.name.casefold() in used]


def _choice(row: Row, options: list[Attribute]) -> tuple[str | None, ...]:
    """Its value of each option; None stands for any."""
    values = {a.name.casefold(): a.values for a in row.attributes()}
    chosen = [values.get(option.name.casefold(), ()) for option in options]
    return tuple(", ".join(value) if value else None for value in chosen)


def _expanded(
    parent: Row, row: Row, options: list[Attribute], context: Context
) -> Iterator[ImportedVariant]:
    """The row's variants: one, or one for each value of an attribute that it leaves open."""
    chosen = _choice(row, options)
    said = own(row)
    facts = corrected(inherited(row, parent, context), said)
    extra = kept_of(row, facts) | said.get("kept", {})
    open_ones = [o.name for o, value in zip(options, chosen, strict=True) if value is None]
    extra |= {"any": open_ones} if open_ones else {}
    values = [o.values if v is None else (v,) for o, v in zip(options, chosen, strict=True)]
    count = 1
    for several in values:
        count *= len(several)
    if not 0 < count <= MOST_ROWS:
        named = ", ".join(open_ones)
        raise BadCatalogue(f"its {named} is open, and that makes {count} variants", row.line)
    for choice in combinations(*values):
        yield made_of(row, facts, choice, dict(extra))


def inherited(row: Row, parent: Row, context: Context) -> dict:
    """What the variation's columns say, and its parent's where they leave it open."""
    facts = variant_facts(row, context.decimals, context.today)
    facts["picture"] = next(iter(row.listed("images")), None)
    facts["grams"] = (parent.weight() or 0) if row.weight() is None else facts["grams"]
    if not row.text("tax_status"):
        facts["taxable"] = parent.text("tax_status").casefold() in ("", "taxable")
    if shares_stock(row, parent) and facts["stock"] is None:
        stock = variant_facts(parent, context.decimals, context.today)
        facts |= {name: stock[name] for name in ("stock", "tracked", "oversell")}
    return facts


def shares_stock(row: Row, parent: Row) -> bool:
    """Whether stock is counted for the parent, and the variation has none of its own."""
    return bool(parent.text("stock")) and row.text("stock").casefold() in ("", "parent")


def _add(made: dict, variant: ImportedVariant, row: Row) -> None:
    """Note a variant; one for any value yields to those before, two of the same contradict."""
    if variant.choice not in made:
        made[variant.choice] = variant
    elif "any" not in variant.extra:
        first = made[variant.choice].line
        what = " / ".join(variant.choice) or "a variation without attributes"
        raise BadCatalogue(
            f"{quoted(what)} stands on line {first} already; delete one of the two", row.line
        )
    if len(made) > MOST_ROWS:
        raise BadCatalogue(f"its product has more than {MOST_ROWS} variants", row.line)


def default_attributes(
    options: tuple[str, ...], variants: list[ImportedVariant] | list
) -> list[dict]:
    """The attributes of a product that need not be kept, since they follow from its variants."""
    return [
        {
            "name": name,
            "values": list(dict.fromkeys(variant.choice[n] for variant in variants)),
            "visible": "1",
            "global": "0",
        }
        for n, name in enumerate(options)
    ]

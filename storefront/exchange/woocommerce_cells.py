"""The cells of WooCommerce's columns for a product and for what it sells."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product as combinations

from storefront.exchange.amounts import written
from storefront.exchange.cells import join_list, lines_into, split_list
from storefront.exchange.goods import Good
from storefront.exchange.woocommerce_facts import KEPT
from storefront.exchange.woocommerce_headers import WRITTEN
from storefront.exchange.woocommerce_variants import default_attributes
from storefront.models import Product, Variant
from storefront.money import decimals as decimals_of

# Kept under these names, but not as a column of their own.
SPECIAL = {"Type", "SKU", "attributes", "any", *KEPT.values()}


@dataclass
class Line:
    """One row to be: its cells by header, and its attributes."""

    cells: dict[str, str]
    attributes: list[dict] = field(default_factory=list)

    def all_cells(self, parts: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Header and cell of everything; `parts` is what an attribute's columns are called."""
        yield from self.cells.items()
        for n, attribute in enumerate(self.attributes, start=1):
            for name, part in parts.items():
                cell = attribute.get(name, "")
                yield f"Attribute {n} {part}", join_list(cell) if name == "values" else cell


def of_product(good: Good) -> Line:
    """The row of a product; of one that comes in one form only, with what it sells."""
    product, kept = good.product, good.product.extra.get("woocommerce", {})
    single = good.variants[0] if good.variants and not product.options else None
    kinds = {"sold": "variable" if product.options else "simple"}
    cells = {
        **{name: cell for name, cell in kept.items() if name not in SPECIAL},
        "ID": kept.get("ID", ""),
        "Type": _type(kinds.get(product.kind, product.kind), kept, single),
        "SKU": kept.get("SKU", "") or ("" if "ID" in kept else f"parent:{product.handle}"),
        "Name": product.title,
        "Published": "-1" if product.status == "draft" else str(int(product.published)),
        "Visibility in catalog": _visibility(product, kept),
        "Short description": lines_into(product.short),
        "Description": lines_into(product.description),
        "Categories": _first_of_list(product.category, kept.get("Categories", "")),
        "Brands": _first_of_list(product.vendor, kept.get("Brands", "")),
        "Tags": join_list(product.tags),
        "Images": join_list(picture.source for picture in good.pictures),
        "External URL": product.external_url,
        "Button text": product.button_text,
    }
    if not good.variants:
        cells["SKU"] = kept.get("SKU", "")
    return Line(cells | (_sold(single, kept) if single else {}), attributes_of(good))


def of_variant(variant: Variant, good: Good, open_ones: list[str], parent: Line) -> Line:
    """The row of a variation; attributes in `open_ones` stand for any value."""
    kept = variant.extra.get("woocommerce", {})
    parents = {attribute["name"]: attribute for attribute in parent.attributes}
    attributes = [
        {
            "name": name,
            "values": [] if name in open_ones else [value],
            "global": parents[name].get("global", ""),
        }
        for name, value in zip(good.product.options, variant.choice, strict=True)
    ]
    picture = good.picture_of(variant)
    named = [a["values"][0] for a in attributes if a["values"]]
    cells = {
        **{name: cell for name, cell in kept.items() if name not in SPECIAL},
        "ID": kept.get("ID", ""),
        "Type": _type("variation", kept, variant),
        "Name": f"{good.product.title} - {', '.join(named)}",
        "Published": "1",
        "Visibility in catalog": "visible",
        "Parent": parent.cells["SKU"] or f"id:{parent.cells['ID']}",
        "Images": join_list([picture] if picture else []),
    }
    return Line(cells | _sold(variant, kept), attributes)


def _sold(variant: Variant, kept: dict) -> dict[str, str]:
    """What is said of what is sold, wherever it stands."""
    decimals = decimals_of(variant.currency)
    price, before = (written(n, decimals) for n in (variant.price_minor, variant.compare_at_minor))
    regular, sale = (before, price) if variant.reduced else (price, kept.get("Sale price", ""))
    grams = f"{Decimal(variant.grams) / 1000:f}" if variant.grams else ""
    taxed = "taxable" if variant.taxable else kept.get("Tax status", "none")
    return {
        "SKU": variant.sku,
        WRITTEN["gtin"]: variant.barcode,
        "Regular price": regular,
        "Sale price": sale,
        **{name: kept.get(name, "") for name in (KEPT["sale_starts"], KEPT["sale_ends"])},
        "Cost of goods": written(variant.cost_minor, decimals),
        "Tax status": taxed,
        "Weight (kg)": grams,
        **_stock(variant, kept),
    }


def _stock(variant: Variant, kept: dict) -> dict[str, str]:
    """Counted stock as a number; else whether there is some."""
    backorders = kept.get("Backorders allowed?", "1") if variant.oversell else "0"
    counted = variant.tracked and variant.stock is not None
    state = "0" if variant.left == 0 else "1"
    if not counted and variant.oversell:
        state = kept.get("In stock?", "1")
    return {
        "Stock": str(variant.stock) if counted else "",
        "In stock?": state,
        "Backorders allowed?": backorders,
    }


def _type(kind: str, kept: dict, sold: Variant | None) -> str:
    flags = [kept["Type"]] if "Type" in kept else []
    return ", ".join([kind, *flags, *(["virtual"] if sold and not sold.needs_shipping else [])])


def _visibility(product: Product, kept: dict) -> str:
    if product.status == "unlisted":
        return "hidden"
    return kept.get("Visibility in catalog", "visible")


def _first_of_list(first: str, kept: str) -> str:
    """The whole list as it came, while its first part still is what the shop has."""
    parts = split_list(kept)
    listed = " > ".join(p.strip() for p in parts[0].split(">")) if parts else ""
    return kept if parts and (listed == first or not first) else join_list([first] if first else [])


def attributes_of(good: Good) -> list[dict]:
    """The attributes of a product: those that were kept, with every value that its variants have.

    Each has name, values, and where they are known visible, global and default.
    """
    options = tuple(good.product.options)
    kept = [dict(a) for a in good.product.extra.get("woocommerce", {}).get("attributes", ())]
    by_name = {attribute["name"].casefold(): attribute for attribute in kept}
    found = []
    for attribute in default_attributes(options, good.variants):
        known = by_name.pop(attribute["name"].casefold(), attribute)
        values = dict.fromkeys([*known["values"], *attribute["values"]])
        found.append(known | {"name": attribute["name"], "values": list(values)})
    in_place = [a["name"] for a in kept if a["name"] in options]
    if in_place != list(options):
        return [*found, *by_name.values()]
    settled = {attribute["name"]: attribute for attribute in found}
    return [settled.get(attribute["name"], attribute) for attribute in kept]


def variations_of(good: Good, attributes: list[dict]) -> Iterator[tuple[list[Variant], list[str]]]:
    """The variants by the rows they make, with the options that each row leaves open.

    Variants that came from one row that stood for any value become one row again, while they
    are alike and nothing but other rows' own choices is missing among them.
    """
    values = {attribute["name"]: attribute["values"] for attribute in attributes}
    for several in _alike(good):
        open_ones = several[0].extra.get("woocommerce", {}).get("any", [])
        if open_ones and _covers(several, open_ones, good, values):
            yield several, open_ones
        else:
            yield from (([variant], []) for variant in several)


def _alike(good: Good) -> Iterator[list[Variant]]:
    """Neighbours that came from one row and still are the same but for their choice."""
    group: list[Variant] = []
    for variant in good.variants:
        if group and _likeness(variant, good) != _likeness(group[0], good):
            yield group
            group = []
        group.append(variant)
    if group:
        yield group


def _likeness(variant: Variant, good: Good) -> tuple:
    facts = {name: value for name, value in variant.__data__.items() if name not in _OWN_FACTS}
    open_ones = variant.extra.get("woocommerce", {}).get("any", [])
    pairs = zip(good.product.options, variant.choice, strict=True)
    fixed = [value for name, value in pairs if name not in open_ones]
    return (sorted(facts.items(), key=lambda item: item[0]), fixed, bool(open_ones) or variant.id)


_OWN_FACTS = ("id", "position", "choice")


def _covers(
    several: list[Variant], open_ones: list[str], good: Good, values: dict[str, list[str]]
) -> bool:
    fixed = dict(zip(good.product.options, several[0].choice, strict=True))
    names = good.product.options
    full = combinations(*(values[n] if n in open_ones else [fixed[n]] for n in names))
    theirs = {tuple(variant.choice) for variant in several}
    named = [v for v in good.variants if "any" not in v.extra.get("woocommerce", {})]
    others = {tuple(variant.choice) for variant in named} - theirs
    return set(full) - others == theirs

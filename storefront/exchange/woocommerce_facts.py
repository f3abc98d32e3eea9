"""What a WooCommerce row says about a product and what it sells, and what is kept of the rest.

Where our own exports could not say something in WooCommerce's columns, the column
`Meta: _storefront` has it as JSON: `{"facts": {name: [what the columns say, what is so]}}`. A
correction counts only while the columns still say what they said, so that an edited file is read
as edited.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import date

from storefront.exchange.amounts import LARGEST_NUMBER
from storefront.exchange.catalogue import is_handle, is_web_address
from storefront.exchange.cells import lines_from, split_list
from storefront.exchange.woocommerce_rows import Row

KINDS = ("simple", "variable", "grouped", "external", "variation")
FLAGS = ("virtual", "downloadable")
LONGEST_HANDLE = 100

_YES_NO = {"": False, "0": False, "1": True, "no": False, "yes": True}
_PUBLISHED = {"": 1, "1": 1, "0": 0, "-1": -1}
_IN_STOCK = {"": "1", "1": "1", "0": "0", "backorder": "backorder"} | {
    **{"instock": "1", "outofstock": "0", "onbackorder": "backorder"},
}
_BACKORDERS = {**_YES_NO, "notify": True}
_VISIBILITY = {word: word for word in ("visible", "catalog", "search", "hidden")} | {"": "visible"}
_NO_CATEGORY = (
    *("uncategorized", "uncategorised", "unkategorisiert", "non classé", "sin categorizar"),
    *("geen categorie", "senza categoria"),
)

_TEXTS = ("title", "description", "short", "vendor", "type", "category", "seo_title")
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys((*_TEXTS, "seo_description", "external_url", "button_text"), (str,)),
    **dict.fromkeys(("sku", "barcode", "status"), (str,)),
    **dict.fromkeys(("published", "gift_card", "tracked", "oversell"), (bool,)),
    **dict.fromkeys(("needs_shipping", "taxable"), (bool,)),
    **dict.fromkeys(("price_minor", "grams"), (int,)),
    **dict.fromkeys(("stock", "cost_minor", "compare_at_minor"), (int, type(None))),
    "picture": (str, type(None)),
    "tags": (list,),
}
_STATUSES = ("active", "draft", "archived", "unlisted")


def kind_of(row: Row) -> tuple[str | None, tuple[str, ...]]:
    """The kind of a row, None where it is not known here, and the flags beside it."""
    words = tuple(word.casefold() for word in row.listed("type"))
    kinds = [word for word in words if word not in FLAGS] or ["simple"]
    known = len(kinds) == 1 and kinds[0] in KINDS
    return (kinds[0] if known else None), tuple(word for word in words if word in FLAGS)


def slug(name: str) -> str:
    """A name as part of an address, or "" where it has no letter: `Cap & Scarf` is `cap-scarf`."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "-", plain)[:LONGEST_HANDLE].strip("-")


def product_facts(row: Row) -> dict:
    """What the columns say about the product."""
    categories = row.listed("categories")
    paths = [" > ".join(p.strip() for p in path.split(">")) for path in categories]
    paths = [path for path in paths if path.casefold() not in _NO_CATEGORY]
    category = paths[0] if paths else ""
    published, visibility = row.word("published", _PUBLISHED), visibility_of(row)
    status = "draft" if published < 0 else "unlisted" if visibility == "hidden" else "active"
    return {
        "title": row.text("name"),
        "description": lines_from(row.text("description")),
        "short": lines_from(row.text("short")),
        "vendor": next(iter(row.listed("brands")), ""),
        "category": category,
        "type": category.rpartition(" > ")[2],
        "tags": list(row.listed("tags")),
        "status": status,
        "published": published != 0,
        "external_url": web_address(row),
        "button_text": row.text("button_text"),
        **{"gift_card": False, "seo_title": "", "seo_description": ""},
    }


def web_address(row: Row) -> str:
    """Where something is sold elsewhere. Raises BadCatalogue for what no browser should open."""
    if not is_web_address(row.text("external_url")):
        raise row.bad("external_url", "an address beginning with https:// or http:// is read")
    return row.text("external_url")


def visibility_of(row: Row) -> str:
    """visible, catalog, search or hidden."""
    return row.word("visibility", _VISIBILITY)


def variant_facts(row: Row, decimals: int, today: date) -> dict:
    """What the columns say about what can be bought; price_minor is None where there is none."""
    price, compare_at = _prices(row, decimals, today)
    _, flags = kind_of(row)
    return {
        "sku": row.text("sku"),
        "barcode": row.text("gtin"),
        "price_minor": price,
        "compare_at_minor": compare_at,
        "cost_minor": row.amount("cost", decimals),
        "grams": row.weight() or 0,
        **_stock(row),
        "needs_shipping": "virtual" not in flags,
        "taxable": row.text("tax_status").casefold() in ("", "taxable"),
        "picture": None,
    }


def _prices(row: Row, decimals: int, today: date) -> tuple[int | None, int | None]:
    """The price today, and the regular one where a sale price is in force."""
    regular, sale = row.amount("regular_price", decimals), row.amount("sale_price", decimals)
    if sale is None or (regular is not None and sale >= regular) or not in_force(row, today):
        return regular, None
    return sale, regular


def in_force(row: Row, today: date) -> bool:
    """Whether the sale price counts today; both its days are part of the sale."""
    starts, ends = _day(row, "sale_starts"), _day(row, "sale_ends")
    return (starts or today) <= today <= (ends or today)


def _day(row: Row, name: str) -> date | None:
    text = row.text(name)
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise row.bad(name, "a day is read as YYYY-MM-DD") from None


def _stock(row: Row) -> dict:
    """Counted stock where there is a number; else only whether there is some."""
    state, backorders = row.word("in_stock", _IN_STOCK), row.word("backorders", _BACKORDERS)
    if row.text("stock") and row.text("stock").casefold() != "parent":
        return {"tracked": True, "stock": row.count("stock"), "oversell": backorders}
    if state == "0":
        return {"tracked": True, "stock": 0, "oversell": False}
    return {"tracked": False, "stock": None, "oversell": backorders or state == "backorder"}


def kept_of(row: Row, facts: dict) -> dict:
    """The cells of a row that say more than the shop's columns hold, under WooCommerce's names."""
    _, flags = kind_of(row)
    backorder = row.text("in_stock").casefold() in ("backorder", "onbackorder")
    hidden_draft = visibility_of(row) == "hidden" and facts.get("status") == "draft"
    counts = {
        "id": True,
        "sale_starts": True,
        "sale_ends": True,
        "sale_price": facts.get("compare_at_minor") is None,
        "visibility": visibility_of(row) in ("catalog", "search") or hidden_draft,
        "backorders": row.text("backorders").casefold() == "notify",
        "in_stock": backorder and not row.text("stock"),
        "tax_status": row.text("tax_status").casefold() not in ("", "taxable", "none"),
        "categories": split_list(row.text("categories")) != (facts.get("category"),),
        "brands": len(row.listed("brands")) > 1,
    }
    kept = {KEPT[name]: row.text(name) for name, counts_ in counts.items() if counts_}
    kept |= {KEPT["sale_price"]: row.number("sale_price")} if counts["sale_price"] else {}
    kept |= {"Type": "downloadable"} if "downloadable" in flags else {}
    return row.kept() | {name: cell for name, cell in kept.items() if cell}


# The names under which cells of columns that are read are kept all the same.
KEPT = {
    "id": "ID",
    "sale_starts": "Date sale price starts",
    "sale_ends": "Date sale price ends",
    "sale_price": "Sale price",
    "visibility": "Visibility in catalog",
    "backorders": "Backorders allowed?",
    "in_stock": "In stock?",
    "tax_status": "Tax status",
    "categories": "Categories",
    "brands": "Brands",
}


def own(row: Row) -> dict:
    """What our own export says about the row besides; {} where nothing."""
    text = row.text("own")
    try:
        said = json.loads(text) if text else {}
    except ValueError:
        raise row.bad("own", "JSON is read; delete the cell if in doubt") from None
    if not isinstance(said, dict) or not all(_fits(said)):
        raise row.bad("own", "it is not as this shop wrote it; delete the cell if in doubt")
    return said


def _fits(said: dict) -> Iterator[bool]:
    """Whether each part is what it should be, one after the other, stopping at what is not."""
    facts, handle = said.get("facts", {}), said.get("handle", "a")
    yield said.keys() <= {"handle", "facts", "alt", "kept"}
    yield isinstance(facts, dict)
    yield all(_is_texts(said.get(name, {})) for name in ("alt", "kept"))
    yield isinstance(handle, str) and is_handle(handle)
    for name, pair in facts.items():
        yield isinstance(pair, list) and len(pair) == 2 and _is_fact(name, pair[1])


def _is_texts(value) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _is_fact(name: str, value) -> bool:
    if type(value) not in _TYPES.get(name, ()):
        return False
    if type(value) is int:
        return abs(value) <= LARGEST_NUMBER and (value >= 0 or name == "stock")
    if name == "tags":
        return all(isinstance(tag, str) for tag in value)
    if name == "external_url":
        return is_web_address(value)
    return name != "status" or value in _STATUSES


def corrected(facts: dict, said: dict) -> dict:
    """The facts as our own export corrects them, where they still are what it corrects."""
    pairs = said.get("facts", {})
    return {
        name: pairs[name][1] if name in pairs and pairs[name][0] == value else value
        for name, value in facts.items()
    }

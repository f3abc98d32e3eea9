"""Writes the product CSV that WooCommerce reads, under its English headers, as its exporter does.

WooCommerce's columns cannot say: handles, a type beside categories, archived products, gift
cards, titles and descriptions for search engines, texts of pictures, counted stock that is not
known or does not count, a former price that is not higher. They stand in `Meta: _storefront`
(see woocommerce_facts), which WooCommerce keeps and exports again. Not written at all: products
that are sold and have no variants, and what is kept of other formats.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

from storefront.exchange.cells import guarded
from storefront.exchange.facts import VARIANT_FACTS
from storefront.exchange.goods import Good, Kept, Written
from storefront.exchange.notebook import notebook
from storefront.exchange.woocommerce_cells import (
    SPECIAL,
    Line,
    attributes_of,
    of_product,
    of_variant,
    variations_of,
)
from storefront.exchange.woocommerce_facts import product_facts, variant_facts
from storefront.exchange.woocommerce_headers import WRITTEN
from storefront.exchange.woocommerce_rows import OWN, Row, Table
from storefront.exchange.woocommerce_variants import Context, inherited
from storefront.models import Variant

PRODUCT_SAYS = (
    *("title", "description", "short", "vendor", "category", "type", "tags", "status"),
    *("published", "external_url", "button_text", "gift_card", "seo_title", "seo_description"),
)
PARTS = {"name": "name", "values": "value(s)", "visible": "visible", "global": "global"}
PARTS |= {"default": "default"}


def write(
    goods: Iterable[Good],
    kept: Kept,
    file: TextIO,
    context: Context,
    warn: Callable[[str], object] = lambda line: None,
) -> Written:
    """Write the products to a text file opened with `newline=""`; `warn` hears what is left out.

    `kept` says which further columns there are; raises KeyError for one that it does not name.
    """
    report = Written()
    with notebook("used (name TEXT PRIMARY KEY) WITHOUT ROWID") as used:
        writer = _Writer(kept, file, context, used)
        for good in goods:
            if not good.variants and good.product.kind == "sold":
                report.left_out += 1
                warn(f"{good.product.handle} is left out: it has nothing to be sold")
                continue
            writer.put(good)
            report.note(good)
    return report


class _Writer:
    def __init__(self, kept: Kept, file: TextIO, context: Context, used) -> None:
        self.context, self.used = context, used
        header = [*WRITTEN.values(), "Weight (kg)", *_attribute_headers(kept.attributes)]
        others = dict.fromkeys([*kept.of_products, *kept.of_variants])
        header += [n for n in others if n not in SPECIAL and n not in header]
        self.place = {name: n for n, name in enumerate([*header, OWN])}
        self.table = Table("English", len(self.place))
        self.table.index |= {field: self.place[name] for field, name in WRITTEN.items()}
        self.table.index |= {"weight": self.place["Weight (kg)"], "own": self.place[OWN]}
        file.write("\ufeff")
        self.out = csv.writer(file)
        self.out.writerow([guarded(name) for name in self.place])

    def put(self, good: Good) -> None:
        """Write the rows of one product."""
        line, own = of_product(good), {"handle": good.product.handle}
        own |= self._own_names(good, line)
        alts = {p.source: p.alt for p in good.pictures if p.alt}
        own |= {"alt": alts} if alts else {}
        single = good.variants[0] if good.variants and not good.product.options else None
        parent = self._row(line)
        said, is_so = product_facts(parent), _facts_of_product(good)
        if single:
            said |= variant_facts(parent, self.context.decimals, self.context.today)
            is_so |= facts_of(single, good)
        self._finish(line, own, said, is_so)
        if single is None and good.variants:
            self._put_variations(good, line, parent)

    def _put_variations(self, good: Good, above: Line, parent: Row) -> None:
        for several, open_ones in variations_of(good, attributes_of(good)):
            variant = several[0]
            line = of_variant(variant, good, open_ones, above)
            number, own = line.cells.get("ID", ""), {}
            if number and not self._is_first(f"id:{number}"):
                line.cells["ID"], own = "", {"kept": {"ID": number}}
            said = inherited(self._row(line), parent, self.context)
            self._finish(line, own, said, facts_of(variant, good))

    def _own_names(self, good: Good, line: Line) -> dict:
        """Make ID and SKU the product's alone, since variations refer to them."""
        cells = {name: line.cells.get(name, "") for name in ("ID", "SKU")}
        is_parent = bool(good.product.options and good.variants)
        clash = bool(cells["ID"]) and not self._is_first(f"id:{cells['ID']}")
        if is_parent and cells["SKU"]:
            clash = not self._is_first(f"sku:{cells['SKU']}") or clash
        if clash:
            line.cells["ID"] = ""
            if is_parent:
                line.cells["SKU"] = f"parent:{good.product.handle}"
        kept = good.product.extra.get("woocommerce", {})
        lost = {n: kept[n] for n in cells if n in kept and kept[n] != line.cells.get(n)}
        return {"kept": lost} if lost else {}

    def _is_first(self, name: str) -> bool:
        return self.used.execute("INSERT OR IGNORE INTO used VALUES (?)", (name,)).rowcount == 1

    def _finish(self, line: Line, own: dict, said: dict, is_so: dict) -> None:
        """Write a row, with what its columns fail to say."""
        facts = {n: [said[n], value] for n, value in is_so.items() if said[n] != value}
        own |= {"facts": facts} if facts else {}
        text = json.dumps(own, ensure_ascii=False, separators=(",", ":")) if own else ""
        line.cells[OWN] = text
        self.out.writerow(self._cells(line))

    def _cells(self, line: Line) -> list[str]:
        cells = [""] * len(self.place)
        for name, cell in line.all_cells(PARTS):
            if name not in self.place:
                raise KeyError(f"{name!r} is new since the export began; run it again")
            cells[self.place[name]] = guarded(cell)
        return cells

    def _row(self, line: Line) -> Row:
        """The line as the reader will see it."""
        return Row(0, self._cells(line), self.table)


def _attribute_headers(count: int) -> Iterator[str]:
    for n in range(1, count + 1):
        yield from (f"Attribute {n} {part}" for part in PARTS.values())


def _facts_of_product(good: Good) -> dict:
    return {name: getattr(good.product, name) for name in PRODUCT_SAYS}


def facts_of(variant: Variant, good: Good) -> dict:
    """What a variant is, by the names that a reader gives it."""
    facts = {name: getattr(variant, name) for name in VARIANT_FACTS}
    return facts | {"picture": good.picture_of(variant) or None}

"""Reads the product CSV that WooCommerce exports, in two passes, as variations may come first.

Rules: WooCommerce's "Product CSV Importer and Exporter", and its exporter's and importer's code
for how cells are escaped. Lists are divided at commas, `\\,` is a comma in them; `\\n` is a line
break in descriptions; an apostrophe before = + - @ is a guard against formulas.
"""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from storefront.exchange.catalogue import (
    MOST_ROWS,
    BadCatalogue,
    ImportedPicture,
    ImportedProduct,
    ImportedVariant,
    Remark,
    Skipped,
)
from storefront.exchange.known import SLUG, keys_of
from storefront.exchange.notebook import notebook
from storefront.exchange.records import record_at, records
from storefront.exchange.woocommerce_facts import (
    KEPT,
    corrected,
    kept_of,
    kind_of,
    own,
    product_facts,
    variant_facts,
)
from storefront.exchange.woocommerce_rows import Row, Table
from storefront.exchange.woocommerce_survey import TABLES, Survey, refs_of, survey
from storefront.exchange.woocommerce_variants import (
    Context,
    default_attributes,
    made_of,
    shares_stock,
    variants_of,
)

PASSES = 2


def read(
    path: str | Path,
    decimals: int,
    today: date,
    heard: Callable[[int], object] = lambda count: None,
) -> Iterator[ImportedProduct | Skipped | Remark]:
    """The products of a file in its order, one in memory at a time, and the rows skipped.

    `decimals` is how many the shop's currency has, as the file names none; `today` decides about
    sale prices with dates; `heard` is told the bytes of each row, twice. Raises BadCatalogue for
    what cannot be read truly, maybe after what came before it was yielded.
    """
    context = Context(decimals, today)
    with notebook(*TABLES) as notes, open(path, "rb") as file:
        found = survey(path, notes, heard)
        source = records(path, heard)
        next(source)
        for record in source:
            row = found.row(record)
            kind, _ = kind_of(row)
            if kind is None:
                yield Skipped(row.line, f"its type, {row.text('type')!r}, is not sold here")
            elif kind != "variation":
                yield from _Reading(row, kind, found, context).items(file)
        yield from found.orphans()


class _Reading:
    """One product being put together."""

    def __init__(self, row: Row, kind: str, found: Survey, context: Context) -> None:
        self.row, self.kind, self.found, self.context = row, kind, found, context
        self.said = own(row)

    def items(self, file) -> Iterator[ImportedProduct | Skipped | Remark]:
        """The product, with what was skipped of it before."""
        if not self.row.text("name"):
            raise self.row.bad("name", "a product needs one")
        if self.kind != "variable":
            yield self._product((), self._single())
            return
        variations = list(self._variations(file))
        options, variants, skipped = variants_of(self.row, variations, self.context)
        yield from skipped
        yield from self._remarks(variations, variants)
        if variants:
            yield self._product(options, tuple(variants))
        else:
            yield Skipped(self.row.line, "a variable product without variations to be sold")

    def _remarks(self, variations: list[Row], variants) -> Iterator[Remark]:
        """Stock that WooCommerce counts once and this shop for each variant."""
        if any(shares_stock(row, self.row) for row in variations):
            stock = self.row.text("stock")
            words = f"its stock of {stock} is for all variations together; here each now has it"
            yield Remark(self.row.line, words)
        counted = {v.line: v.stock for v in variants if "any" in v.extra and v.tracked and v.stock}
        for line, stock in counted.items():
            words = f"its stock of {stock} is for any value together; here each value now has it"
            yield Remark(line, words)

    def _variations(self, file) -> Iterator[Row]:
        places = self.found.variations(refs_of(self.row))
        if len(places) > MOST_ROWS:
            reason = f"the product has more than {MOST_ROWS} variations; so many are not read"
            raise BadCatalogue(reason, self.row.line)
        for place in places:
            yield self.found.row(record_at(file, *place))

    def _single(self) -> tuple[ImportedVariant, ...]:
        """What a product without variations sells: one thing, or none where it is only shown."""
        row = self.row
        facts = variant_facts(row, self.context.decimals, self.context.today)
        facts = corrected(facts, self.said)
        shown_only = self.kind == "grouped" or (
            self.kind == "external" and facts["price_minor"] is None
        )
        return () if shown_only else (made_of(row, facts, (), {}),)

    def _product(
        self, options: tuple[str, ...], variants: tuple[ImportedVariant, ...]
    ) -> ImportedProduct:
        """The product with all that is known of it; a fact a line."""
        facts = corrected(product_facts(self.row), self.said)
        kept = self._kept(facts, options, variants)
        handle = self.said.get("handle") or self.found.free_handle(facts["title"], self.row)
        named = "handle" in self.said
        if not (named or "ID" in kept):
            kept[SLUG] = handle
        facts["tags"] = tuple(facts["tags"])
        return ImportedProduct(
            **facts,
            line=self.row.line,
            handle=handle,
            kind="sold" if self.kind in ("simple", "variable") else self.kind,
            options=options,
            variants=variants,
            pictures=_pictures(self.row, variants, self.said.get("alt", {})),
            format="woocommerce",
            extra=kept,
            told=_told(self.row.table),
            unsaid=self._unsaid(),
            keys=() if named else tuple(keys_of(kept, self.row.text("sku"))),
        )

    def _kept(self, facts: dict, options, variants) -> dict:
        """The cells and attributes that say more than the shop's columns hold."""
        sold = variants[0] if variants and not options else None
        kept = kept_of(self.row, facts | _reduced(sold)) | self.said.get("kept", {})
        attributes = [attribute.kept for attribute in self.row.attributes()]
        if attributes and attributes != default_attributes(options, variants):
            kept["attributes"] = attributes
        sku = self.row.text("sku")
        if sold is None and sku and sku != f"parent:{self.said.get('handle')}":
            kept.setdefault("SKU", sku)
        return kept

    def _unsaid(self) -> frozenset[str]:
        """What WooCommerce has no column for, or this file none, and our own export said not."""
        columns = {"brands": "vendor", "gtin": "barcode", "cost": "cost_minor", "tags": "tags"}
        columns |= {"short": "short", "description": "description", "images": "pictures"}
        columns |= {"weight": "grams", "external_url": "external_url"}
        missing = {fact for column, fact in columns.items() if column not in self.row.table}
        if "categories" not in self.row.table:
            missing |= {"category", "type"}
        missing |= {"gift_card", "seo_title", "seo_description"}
        return frozenset(missing - self.said.get("facts", {}).keys())


def _reduced(sold: ImportedVariant | None) -> dict:
    return {"compare_at_minor": sold.compare_at_minor if sold else None}


def _told(table: Table) -> frozenset[str]:
    """The names of what is kept that this file has columns for."""
    read_ones = {name for field, name in KEPT.items() if field in table}
    return frozenset(table.kept) | read_ones | {"SKU", "Type", "attributes", "any", SLUG}


def _pictures(row: Row, variants, alts: dict[str, str]) -> tuple[ImportedPicture, ...]:
    """The product's pictures, the main one first, then those that only variations have."""
    shown = [variant.picture for variant in variants if variant.picture]
    sources = dict.fromkeys([*row.listed("images"), *shown])
    return tuple(
        ImportedPicture(source, position, alts.get(source))
        for position, source in enumerate(sources, start=1)
    )

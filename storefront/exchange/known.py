"""Knowing a product again whose file has no handles: by its number there, its name, its SKU."""

from contextlib import ExitStack

from storefront.exchange.catalogue import ImportedProduct
from storefront.exchange.notebook import notebook
from storefront.models import Product, Variant

AT_ONCE = 1000
SLUG = "Meta: _storefront_slug"  # the handle once proposed for a row that has no number


class Acquaintances:
    """The shop's products that came from WooCommerce, by key; looked up when first asked for.

    Use it as a context: its notes are on disk, and gone when the block is left.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._notes = None

    def __enter__(self) -> "Acquaintances":
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def find(self, imported: ImportedProduct) -> int | None:
        """The id of the product that this one is, or None. Each is found once in an import."""
        if self._notes is None:
            self._gather()
        for key in imported.keys:
            rows = self._notes.execute(
                "SELECT product, sku, title FROM known WHERE key = ?"
                " AND product NOT IN (SELECT product FROM met) LIMIT 2",
                (key,),
            ).fetchall()
            if len(rows) == 1 and _is_likely(imported, *rows[0][1:]):
                self._notes.execute("INSERT INTO met VALUES (?)", rows[0][:1])
                return rows[0][0]
        return None

    def _gather(self) -> None:
        tables = (
            "known (key TEXT, product INTEGER, sku TEXT, title TEXT)",
            "met (product INTEGER PRIMARY KEY)",
        )
        self._notes = self._stack.enter_context(notebook(*tables))
        last = 0
        while rows := _from_woocommerce(last):
            last = rows[-1][0].id
            for product, sku in rows:
                keys = keys_of(product.extra["woocommerce"], sku)
                facts = [(key, product.id, sku, product.title) for key in keys]
                self._notes.executemany("INSERT INTO known VALUES (?, ?, ?, ?)", facts)
        self._notes.execute("CREATE INDEX known_key ON known (key)")


def keys_of(kept: dict, sku: str) -> list[str]:
    """The keys of a WooCommerce row, the surest first, from the cells that are kept of it."""
    number = kept.get("ID", "")
    slug = "" if number else kept.get(SLUG, "")
    named = (("id", number), ("slug", slug), ("sku", sku))
    return [f"{kind}:{value}" for kind, value in named if value]


def _is_likely(imported: ImportedProduct, sku: str, title: str) -> bool:
    """Numbers begin at 1 in every shop: where SKU and name both differ, it is another one's."""
    skus = {key[4:] for key in imported.keys if key.startswith("sku:")}
    return title == imported.title or not skus or not sku or sku in skus


def _from_woocommerce(after: int) -> list[tuple[Product, str]]:
    """The next products that came from there, each with its SKU; two queries."""
    products = list(
        Product.select(Product.id, Product.title, Product.options, Product.extra)
        .where(Product.id > after, Product.extra.cast("text").contains('"woocommerce"'))
        .order_by(Product.id)
        .limit(AT_ONCE)
    )
    single = [product.id for product in products if not product.options]
    rows = Variant.select(Variant.product, Variant.sku).where(Variant.product.in_(single))
    skus = dict(rows.tuples())
    return [(p, p.extra["woocommerce"].get("SKU") or skus.get(p.id, "")) for p in products]

"""Reading small WooCommerce files given as text; for the tests."""

from datetime import date
from pathlib import Path

from storefront.exchange import woocommerce
from storefront.exchange.catalogue import ImportedProduct, Remark, Skipped

TODAY = date(2026, 6, 15)
HEAD = "ID,Type,SKU,Name,Published,Regular price"


def items_of(folder: Path, text: str, decimals: int = 2, today: date = TODAY) -> list:
    """Everything a file yields."""
    path = folder / "catalogue.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return list(woocommerce.read(path, decimals, today))


def products_of(folder: Path, text: str, **options) -> list[ImportedProduct]:
    """The products of a file that skips nothing."""
    items = items_of(folder, text, **options)
    assert not [item for item in items if isinstance(item, Skipped)]
    return [item for item in items if isinstance(item, ImportedProduct)]


def one(folder: Path, columns: str, cells: str, **options) -> ImportedProduct:
    """One simple product with these further columns and cells."""
    text = f"{HEAD},{columns}\n7,simple,cap,Cap,1,20,{cells}\n"
    (product,) = products_of(folder, text, **options)
    return product


def skipped(items: list) -> list[str]:
    """Why rows were skipped, by line."""
    return [f"{item.line}: {item.why}" for item in items if isinstance(item, Skipped)]


def remarks(items: list) -> list[str]:
    """What was remarked, by line."""
    return [f"{item.line}: {item.words}" for item in items if isinstance(item, Remark)]

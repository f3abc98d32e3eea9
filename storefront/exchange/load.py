"""Brings a catalogue into the shop: whole, in one transaction; twice the same changes nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from storefront.db import database, is_sqlite
from storefront.exchange.batch import Batch, Received
from storefront.exchange.catalogue import ImportedProduct, Remark, Skipped
from storefront.exchange.known import Acquaintances
from storefront.models import Picture, Word
from storefront.models.facet import Shelving

BATCH = 100  # products that are looked up and written together, unless they are large
BATCH_VARIANTS = 500
BATCH_TEXT = 1024 * 1024  # characters of descriptions
SHELVED_AT_ONCE = 10_000  # products whose facets are gathered before they are written
WORDS_AT_ONCE = 5_000

Item = ImportedProduct | Skipped | Remark
Tell = Callable[[str], None]


class DryRun(Exception):
    """Raised inside the transaction to undo what was tried."""


@dataclass
class Report:
    """What an import did, or would do, in counts."""

    products: int = 0
    variants: int = 0
    pictures: int = 0
    skipped: int = 0
    made: int = 0
    changed: int = 0
    recounted: int = 0  # counted variants of which the file says another number than the shop

    @property
    def summary(self) -> str:
        """The one line an import ends with."""
        return (
            f"products={self.products} variants={self.variants} "
            f"images={self.pictures} skipped={self.skipped}"
        )

    def note(self, received: Received) -> None:
        """Count one product."""
        imported = received.imported
        self.products += 1
        self.variants += len(imported.variants)
        self.pictures += len(imported.pictures)
        self.made += received.is_new
        self.changed += bool(not received.is_new and received.changes)
        self.recounted += received.recounted


def _quiet(_: object) -> None:
    pass


def load(
    items: Iterable[Item],
    currency: str,
    at: datetime,
    *,
    dry: bool = False,
    keep_stock: bool = False,
    tell: Tell = _quiet,
    warn: Tell = _quiet,
    pictured: Callable[[list[Picture]], None] = _quiet,
) -> Report:
    """Write the products in one transaction; a dry run writes nothing.

    With `keep_stock` a variant that is in the shop with a number of its own keeps that.

    `tell` is given a line for each product (make, change and what, same) and for each row that
    was skipped or calls for a remark, `warn` the latter alone. `pictured` is given the pictures
    that are new, as they are written, inside the transaction. Whatever the reader raises goes
    through, with nothing written.
    """
    report = Report()
    try:
        with database.atomic():
            _keep_orders_waiting()
            with Acquaintances() as known, Shelving() as shelving:
                batch = Batch(known, shelving, currency, at, keep_stock)
                receiver = _Receiver(batch, report)
                receiver.receive(items, tell, warn, pictured)
            if dry:
                raise DryRun
    except DryRun:
        pass
    return report


def _keep_orders_waiting() -> None:
    """Nobody moves stock until the import ends, on PostgreSQL as on SQLite.

    An order locks variants, then products; we go the other way, and each would wait for the other.
    EXCLUSIVE keeps from locking rows, too, and lets others read.
    """
    if not is_sqlite():
        database.execute_sql("LOCK TABLE variant IN EXCLUSIVE MODE")


class _Receiver:
    """Writes batch after batch, and keeps what it remembers between them small."""

    def __init__(self, batch: Batch, report: Report) -> None:
        self.batch, self.report = batch, report
        self.words: set[str] = set()

    def receive(self, items: Iterable[Item], tell: Tell, warn: Tell, pictured) -> None:
        """Write all items, in their order."""
        for batch in batches(items):
            products = [item for item in batch if isinstance(item, ImportedProduct)]
            received = iter(self.batch.write(products))
            for item in batch:
                if isinstance(item, ImportedProduct):
                    self._note(next(received), tell)
                else:
                    self._mention(item, tell, warn)
            if new := self.batch.new_pictures:
                pictured(new)
            self._put_away()
        Word.learn(self.words)

    def _mention(self, item: Skipped | Remark, tell: Tell, warn: Tell) -> None:
        if isinstance(item, Skipped):
            self.report.skipped += 1
            line = f"line {item.line}: skip, {item.why}"
        else:
            line = f"line {item.line}: note, {item.words}"
        tell(line)
        warn(line)

    def _note(self, received: Received, tell: Tell) -> None:
        before = self.report.products // SHELVED_AT_ONCE
        self.report.note(received)
        self.words.update(received.words)
        tell(str(received))
        if self.report.products // SHELVED_AT_ONCE > before:
            self.batch.shelving.write()

    def _put_away(self) -> None:
        if len(self.words) > WORDS_AT_ONCE:
            Word.learn(self.words)
            self.words.clear()


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items in lists that fit in memory; no two products in one list propose one handle."""
    batch: list[Item] = []
    handles: set[str] = set()
    variants = text = 0
    for item in items:
        is_product = isinstance(item, ImportedProduct)
        size = len(item.description) if is_product else 0
        repeated = is_product and item.handle in handles
        if repeated or len(batch) >= BATCH or variants > BATCH_VARIANTS or text > BATCH_TEXT:
            yield batch
            batch, handles, variants, text = [], set(), 0, 0
        batch.append(item)
        text += size
        if is_product:
            handles.add(item.handle)
            variants += len(item.variants)
    if batch:
        yield batch

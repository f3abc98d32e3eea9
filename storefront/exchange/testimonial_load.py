"""Brings another shop's testimonials in: whole, in one transaction; twice the same changes nothing.

They stay unconfirmed and say where they come from. What its author has changed or taken back
here, and what a moderator has decided, no later import touches.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from storefront.db import database, is_sqlite
from storefront.erasures import Erasures
from storefront.exchange.catalogue import Remark, Skipped, quoted
from storefront.exchange.load import DryRun
from storefront.exchange.notebook import notebook
from storefront.exchange.testimonial_batch import GONE, Batch, Given
from storefront.exchange.testimonial_products import Shelves
from storefront.exchange.testimonial_row import NAMELESS
from storefront.exchange.testimonials import ImportedTestimonial, LeftOut, Testimonials
from storefront.models import PolicyVersion, Rating, Staff, Testimonial
from storefront.models.authoring import digest_of_author

BATCH = 200
Tell = Callable[[str], None]


@dataclass
class Report:
    """What an import did, or would do, in counts."""

    testimonials: int = 0
    waiting: int = 0
    left_out: int = 0
    skipped: int = 0
    made: int = 0
    changed: int = 0
    pictured: int = 0
    products: set[int] = field(default_factory=set)

    @property
    def summary(self) -> str:
        """The one line an import ends with."""
        return (
            f"testimonials={self.testimonials} products={len(self.products)} "
            f"waiting={self.waiting} left_out={self.left_out} skipped={self.skipped}"
        )

    def note(self, one: Given) -> None:
        """Count one that is here now."""
        self.testimonials += 1
        self.products.add(one.product)
        self.waiting += one.state == "waiting"
        self.pictured += one.imported.pictured
        self.made += one.outcome == "make"
        self.changed += one.outcome == "change"


def load(
    items: Testimonials,
    erasures: Erasures,
    at: datetime,
    *,
    to_queue: bool = False,
    dry: bool = False,
    tell: Tell,
    warn: Tell,
) -> Report:
    """Write the testimonials in one transaction; a dry run writes nothing.

    What was shown there is shown at once, or with `to_queue` waits for a moderator, as does what
    waited there. `tell` is given a line for each, `warn` those of what was skipped or calls for a
    remark. Whatever the reader raises goes through, with nothing written.
    """
    report = Report()
    try:
        with database.atomic():
            _keep_authors_waiting()
            batch = Batch(PolicyVersion.in_force(at), items.source, Staff.mailboxes(), at)
            with Shelves() as shelves, notebook("met (source TEXT PRIMARY KEY)") as met:
                receiver = _Receiver(batch, shelves, met, erasures, to_queue)
                receiver.receive(items, report, tell, warn)
            for product in sorted(batch.to_recount):
                Rating.recount(Testimonial, product)
            if dry:
                raise DryRun
    except DryRun:
        pass
    return report


def _keep_authors_waiting() -> None:
    """Nobody changes a testimonial until the import ends, on PostgreSQL as on SQLite.

    They lock a few rows in their order and we many in ours, and each would wait for the other.
    """
    if not is_sqlite():
        database.execute_sql("LOCK TABLE testimonial IN EXCLUSIVE MODE")


class _Receiver:
    """Goes through a file, and writes batch after batch."""

    def __init__(self, batch: Batch, shelves, met, erasures: Erasures, to_queue: bool) -> None:
        self._batch, self._shelves, self._met = batch, shelves, met
        self._erasures, self._erased = erasures, erasures.moments()
        self._to_queue = to_queue
        self._pending: list[Given | Skipped | LeftOut | Remark] = []
        self._authors: set[str] = set()

    def receive(self, items: Testimonials, report: Report, tell: Tell, warn: Tell) -> None:
        """Write all items, in their order."""
        say = _Telling(report, tell, warn)
        for item in items:
            item = self._given(item) if isinstance(item, ImportedTestimonial) else item
            author = item.author if isinstance(item, Given) else ""
            # What the same person says again is to meet the first one in the database.
            if len(self._pending) >= BATCH or (author and author in self._authors):
                self._flush(say)
            self._pending.append(item)
            self._authors.add(author)
        self._flush(say)

    def _flush(self, say: "_Telling") -> None:
        self._batch.write([item for item in self._pending if isinstance(item, Given)])
        for item in self._pending:
            say(item)
        self._pending, self._authors = [], set()

    def _given(self, one: ImportedTestimonial) -> Given | Skipped:
        product = self._shelves.find(one.product)
        if product is None:
            named = quoted(next(iter(one.product.values())))
            return Skipped(one.line, f"no product, or more than one, is known here by {named}")
        if one.email and self._erasures.mark(one.email) in self._erased:
            return Skipped(one.line, GONE)
        source = self._erasures.digest(self._which(one, product))
        if not self._met.execute("INSERT OR IGNORE INTO met VALUES (?)", (source,)).rowcount:
            return Skipped(one.line, "it stands in the file twice")
        author = digest_of_author(product, one.email) if one.email else ""
        state = "waiting" if one.waits or self._to_queue else "approved"
        return Given(one, product, source, author, state)

    def _which(self, one: ImportedTestimonial, product: int) -> str:
        """What makes a row itself, whatever else in it changes."""
        if one.number:
            return f"testimonial {self._batch.source} {one.number}"
        who = one.email or (one.name if one.name != NAMELESS else one.words)
        return f"testimonial of {product} at {one.written_at.isoformat()} by {who}"


class _Telling:
    """Counts what became of each, and says it."""

    def __init__(self, report: Report, tell: Tell, warn: Tell) -> None:
        self._report, self._tell, self._warn = report, tell, warn

    def __call__(self, item: Given | Skipped | LeftOut | Remark) -> None:
        if isinstance(item, Given):
            self._given(item)
        elif isinstance(item, LeftOut):
            self._report.left_out += 1
            self._tell(f"line {item.line}: left out, {item.why}")
        elif isinstance(item, Skipped):
            self._skip(item.line, item.why)
        else:
            self._both(f"line {item.line}: note, {item.words}")

    def _given(self, one: Given) -> None:
        line = one.imported.line
        if one.outcome == "skip":
            self._skip(line, one.why)
            return
        if one.replaces:  # which was counted when it came
            self._report.testimonials -= 1
            self._report.waiting -= one.replaces == "waiting"
            self._report.skipped += 1
            self._both(f"line {line}: note, it stands for an older one of the same author")
        self._report.note(one)
        self._tell(f"line {line}: {one.outcome}")

    def _skip(self, line: int, why: str) -> None:
        self._report.skipped += 1
        self._both(f"line {line}: skip, {why}")

    def _both(self, line: str) -> None:
        self._tell(line)
        self._warn(line)

"""Writes a handful of imported testimonials with few statements, however many there are in all."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from storefront.exchange.testimonials import ImportedTestimonial
from storefront.models import GoneImport, PolicyVersion, Testimonial
from storefront.models.mailbox import mailbox_of

WRITTEN_HERE = "its author has written of that product here"
NEWER = "its author has said something newer of that product"
GONE = "it was taken back here, erased, or left out for a newer one"
FACTS = (
    *("product_id", "stars", "words", "name", "email", "mailbox", "connection"),
    *("imported_from", "source", "written_at"),
)


@dataclass
class Given:
    """One testimonial of a batch, its product, and what became of it.

    `source` is the keyed digest that it is known by, `author` a digest of its author for that
    product, or "". `outcome` is make, change, same or skip (and then `why`); `replaces` is the
    state of one of the same import that it took the place of.
    """

    imported: ImportedTestimonial
    product: int
    source: str
    author: str
    state: str
    outcome: str = "make"
    why: str = ""
    replaces: str = ""

    def skip(self, why: str) -> None:
        """It does not come in."""
        self.outcome, self.why = "skip", why


class Batch:
    """Writes testimonials, batch by batch, in the caller's transaction.

    `insiders` are the mailboxes of those who work here. `to_recount` are the products of which
    something shown has changed; that is the caller's.
    """

    def __init__(
        self, policy: PolicyVersion, source: str, insiders: set[str], at: datetime
    ) -> None:
        self.source, self.to_recount = source, set()
        self._policy, self._insiders, self._at = policy, insiders, at
        self._lost: list[str] = []  # sources that shall not come in once the author's other goes

    def write(self, batch: list[Given]) -> None:
        """Write these, no two of them with one source or one author; sets what became of each."""
        sources = [one.source for one in batch]
        gone = GoneImport.select(GoneImport.source).where(GoneImport.source.in_(sources))
        gone = {source for (source,) in gone.tuples()}
        known, others = self._known(batch)
        for one in batch:
            if one.source in gone:
                one.skip(GONE)
            elif found := known.get(one.source):
                self._meet(one, found)
            elif same := others.get(one.author):
                self._meet_author(one, same)
        GoneImport.note(self._lost)
        self._lost = []
        new = [self._new(one) for one in batch if one.outcome == "make"]
        if new:
            Testimonial.insert_many(new).execute()

    def _known(self, batch: list[Given]) -> tuple[dict, dict]:
        """What is here of these already: by source, and of the same authors, by those."""
        sources = [one.source for one in batch]
        known = Testimonial.select().where(Testimonial.source.in_(sources))
        authors = Testimonial.mailbox.in_([one.author for one in batch if one.author])
        others = {}
        # A stranger may have typed the address: nobody has confirmed that one.
        for row in Testimonial.select().where(authors, Testimonial.state != "unconfirmed"):
            others.setdefault(row.mailbox, []).append(row)
        return {row.source: row for row in known}, others

    def _meet_author(self, one: Given, same: list[Testimonial]) -> None:
        """Its author has spoken of that product before; of what was imported the newest counts."""
        row = max(same, key=lambda row: row.written_at)
        if row.decided_at or row.written_at >= one.imported.written_at or len(same) > 1:
            one.skip(NEWER)
        if any(row.confirmed_at for row in same):
            one.skip(WRITTEN_HERE)
        if one.outcome == "skip":
            self._lost.append(one.source)
            return
        self._lost.append(row.source)
        one.replaces = row.state if row.made_at == self._at else ""
        self._change(one, row)

    def _meet(self, one: Given, row: Testimonial) -> None:
        """It was here before; what somebody has had a hand in here stays as it is."""
        if row.confirmed_at or row.decided_at or self._is_same(one, row):
            one.outcome, one.state = "same", row.state
            return
        self._change(one, row)

    def _is_same(self, one: Given, row: Testimonial) -> bool:
        facts = self._facts(one)
        changed = any(getattr(row, name) != facts[name] for name in FACTS)
        replied = one.imported.reply and not row.reply
        return not (changed or replied or self._is_let_through(one, row))

    def _is_let_through(self, one: Given, row: Testimonial) -> bool:
        return row.state == "waiting" and one.state == "approved"

    def _change(self, one: Given, row: Testimonial) -> None:
        one.outcome = "change"
        one.state = one.state if self._is_let_through(one, row) else row.state
        facts = self._facts(one) | {"state": one.state, "changed_at": self._at}
        if one.imported.reply and not row.reply:
            facts |= {"reply": one.imported.reply, "replied_at": one.imported.replied_at}
        Testimonial.update(facts).where(Testimonial.id == row.id).execute()
        if one.state == "approved":
            self.to_recount |= {one.product, row.product_id}

    def _new(self, one: Given) -> dict:
        if one.state == "approved":
            self.to_recount.add(one.product)
        imported = one.imported
        return self._facts(one) | {
            "policy": self._policy,
            "key": secrets.token_hex(16),
            "state": one.state,
            "reply": imported.reply,
            "replied_at": imported.replied_at,
            "made_at": self._at,
            "changed_at": self._at,
        }

    def _facts(self, one: Given) -> dict:
        """What the file says; whether its author bought it here we have not looked up."""
        imported = one.imported
        return {
            "product_id": one.product,
            "stars": imported.stars,
            "words": imported.words,
            "name": imported.name,
            "email": imported.email,
            "mailbox": one.author,
            "connection": "works" if mailbox_of(imported.email) in self._insiders else "",
            "imported_from": self.source,
            "source": one.source,
            "written_at": imported.written_at,
        }

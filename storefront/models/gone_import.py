"""Imported testimonials that have gone from here, so that a second import leaves them out."""

from peewee import TextField

from storefront.db import Record


class GoneImport(Record):
    """That what was imported with this `source` was taken back, erased or let go.

    It is the keyed digest that the testimonial had, and all that is left of it: the key is outside
    the database, and without it nobody can tell whose it was.
    """

    source = TextField(unique=True)

    impersonal = secret = ("source",)

    @classmethod
    def note(cls, sources: list[str]) -> None:
        """Never bring these in again; of what goes, with its transaction."""
        if sources:
            rows = [{"source": source} for source in sources]
            cls.insert_many(rows).on_conflict_ignore().execute()

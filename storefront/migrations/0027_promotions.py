"""Promotions on pages, and collections that are shown between two moments."""

from peewee import *

SQLITE = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}" {when}
BEGIN UPDATE edition SET number = number + 1; END
"""
POSTGRESQL = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}" FOR EACH {each} {when}
EXECUTE FUNCTION note_edition()
"""
# What a banner says of its code; that it is used up, and not how often it was used.
TOLD = "code, kind, value, currency, minimum_minor, starts_at, until, most, once, ended_at"
TOLD += ", collection_id"
USED_UP = "coalesce({row}.uses >= {row}.most, false)"


def up(migrator, db):
    class Collection(Model):
        class Meta:
            database = db
            table_name = "collection"

    class Product(Model):
        class Meta:
            database = db
            table_name = "product"

    class Page(Model):
        class Meta:
            database = db
            table_name = "page"

    class Discount(Model):
        class Meta:
            database = db
            table_name = "discount"

    class Promotion(Model):
        title = TextField()
        words = TextField()
        picture = TextField(null=True)
        alt = TextField()
        collection = ForeignKeyField(Collection, null=True, on_delete="SET NULL")
        product = ForeignKeyField(Product, null=True, on_delete="SET NULL")
        page = ForeignKeyField(Page, null=True, on_delete="SET NULL")
        on_home = BooleanField()
        on_products = BooleanField()
        on_collection = ForeignKeyField(
            Collection, null=True, backref="shows", on_delete="SET NULL"
        )
        discount = ForeignKeyField(Discount, null=True, on_delete="SET NULL")
        starts_at = DateTimeField()
        ends_at = DateTimeField(index=True)
        position = IntegerField()

        class Meta:
            database = db
            table_name = "promotion"

    db.create_tables([Promotion])
    sqlite = isinstance(db, SqliteDatabase)
    kind = "DATETIME" if sqlite else "TIMESTAMP"
    for name in ("shown_from", "shown_until"):
        db.execute_sql(f'ALTER TABLE "collection" ADD COLUMN "{name}" {kind}')
    for verb in ("insert", "update", "delete", *(() if sqlite else ("truncate",))):
        _note(db, sqlite, "promotion", verb, verb.upper())
    _note(db, sqlite, "discount", "update", f"UPDATE OF {TOLD}")
    before, after = USED_UP.format(row="old"), USED_UP.format(row="new")
    _note(db, sqlite, "discount", "used", "UPDATE OF uses", f"WHEN ({before} <> {after})")


def _note(db, sqlite, table, verb, event, when=""):
    each = "ROW" if when else "STATEMENT"
    text = SQLITE if sqlite else POSTGRESQL
    db.execute_sql(text.format(table=table, verb=verb, event=event, when=when, each=each))

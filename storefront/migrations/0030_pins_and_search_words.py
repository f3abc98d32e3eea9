"""What stands first in lists, words that mean the same, and searches that lead elsewhere."""

from peewee import *

SQLITE = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}"
BEGIN UPDATE edition SET number = number + 1; END
"""
POSTGRESQL = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}" FOR EACH STATEMENT
EXECUTE FUNCTION note_edition()
"""


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

    class Pin(Model):
        collection = ForeignKeyField(Collection, null=True, on_delete="CASCADE")
        words = TextField()
        product = ForeignKeyField(Product, null=True, on_delete="CASCADE")
        of_collection = ForeignKeyField(
            Collection, null=True, backref="leading", on_delete="CASCADE"
        )
        type = TextField()
        tag = TextField()
        place = IntegerField(null=True)
        starts_at = DateTimeField(null=True)
        ends_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "pin"

    class SameWords(Model):
        phrases = TextField()
        one_way = BooleanField()

        class Meta:
            database = db
            table_name = "same_words"

    class SearchRedirect(Model):
        words = TextField(unique=True)
        collection = ForeignKeyField(Collection, null=True, on_delete="SET NULL")
        product = ForeignKeyField(Product, null=True, on_delete="SET NULL")
        page = ForeignKeyField(Page, null=True, on_delete="SET NULL")

        class Meta:
            database = db
            table_name = "search_redirect"

    db.create_tables([Pin, SameWords, SearchRedirect])
    sqlite = isinstance(db, SqliteDatabase)
    text = SQLITE if sqlite else POSTGRESQL
    for table in ("pin", "same_words", "search_redirect"):
        for verb in ("insert", "update", "delete", *(() if sqlite else ("truncate",))):
            db.execute_sql(text.format(table=table, verb=verb, event=verb.upper()))

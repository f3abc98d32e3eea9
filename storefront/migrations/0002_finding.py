"""Finding things: facets, collections, text search, redirects, pages; what files said besides."""

from peewee import *

SQLITE_TEXT = """
CREATE VIRTUAL TABLE product_text USING fts5(
  title, facts, words, tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3 4'
)
"""

POSTGRESQL_TEXT = """
CREATE TABLE product_text (
  product_id INTEGER PRIMARY KEY REFERENCES product (id) ON DELETE CASCADE,
  words TSVECTOR NOT NULL
);
CREATE INDEX product_text_words ON product_text USING gin (words);
"""


def up(migrator, db):
    for name in ("category", "short", "external_url", "button_text"):
        migrator.migrate(migrator.add_column("product", name, TextField(default="")))
    migrator.migrate(
        migrator.add_column("product", "kind", TextField(default="sold")),
        migrator.add_column("product", "extra", TextField(default="{}")),
        migrator.add_column("product", "facets", TextField(default="[]")),
        migrator.add_column("variant", "extra", TextField(default="{}")),
        migrator.add_index("product", ("status", "published", "price_from", "id")),
        migrator.add_index("product", ("status", "published", "title", "id")),
        migrator.add_index("product", ("status", "published", "type", "id")),
    )
    _tables(db)
    db.execute_sql(SQLITE_TEXT if isinstance(db, SqliteDatabase) else POSTGRESQL_TEXT)


def _tables(db):
    class Product(Model):
        class Meta:
            database = db
            table_name = "product"

    class Redirect(Model):
        handle = TextField(unique=True)
        product = ForeignKeyField(Product, on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "redirect"

    class Collection(Model):
        slug = TextField(unique=True)
        title = TextField()
        words = TextField()
        position = IntegerField()

        class Meta:
            database = db
            table_name = "collection"

    class CollectionItem(Model):
        collection = ForeignKeyField(Collection, on_delete="CASCADE")
        product = ForeignKeyField(Product, on_delete="CASCADE")
        position = IntegerField()

        class Meta:
            database = db
            table_name = "collection_item"
            indexes = ((("collection", "product"), True), (("collection", "position"), False))

    class CatalogueVersion(Model):
        number = IntegerField()

        class Meta:
            database = db
            table_name = "catalogue_version"

    class FacetValue(Model):
        name = TextField()
        value = TextField()
        products = BlobField()
        version = IntegerField(index=True)

        class Meta:
            database = db
            table_name = "facet_value"
            indexes = ((("name", "value"), True),)

    class Word(Model):
        text = TextField(unique=True)

        class Meta:
            database = db
            table_name = "word"

    class Page(Model):
        slug = TextField(unique=True)
        title = TextField()
        text = TextField()
        changed_at = DateTimeField()

        class Meta:
            database = db
            table_name = "page"

    db.create_tables(
        [Redirect, Collection, CollectionItem, CatalogueVersion, FacetValue, Word, Page]
    )
    CatalogueVersion.create(number=0)

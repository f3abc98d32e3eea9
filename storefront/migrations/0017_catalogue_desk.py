"""The catalogue's desk: what prices have been, stock adjusted by hand, lists of what is low."""

from peewee import *

INDEXES = (
    "CREATE INDEX variant_low ON variant (stock, id) WHERE (tracked AND (stock <= low_at))",
    "CREATE INDEX product_unpictured ON product (id) WHERE (card_picture IS NULL)",
)
# As 0004 has it for the other columns: the product page shows it.
SQLITE = """
CREATE TRIGGER edition_variant_prior AFTER UPDATE OF prior_minor ON "variant"
BEGIN UPDATE edition SET number = number + 1; END
"""
POSTGRESQL = """
CREATE TRIGGER edition_variant_prior AFTER UPDATE OF prior_minor ON "variant" FOR EACH STATEMENT
EXECUTE FUNCTION note_edition()
"""
# Times are UTC in both. What was sold before was sold at some price; it is known from today.
SEED = """
INSERT INTO price_change (variant_id, price_minor, compare_at_minor, at)
SELECT id, price_minor, compare_at_minor, {now} FROM variant
"""


def up(migrator, db):
    sqlite = isinstance(db, SqliteDatabase)
    migrator.migrate(
        migrator.add_column("variant", "prior_minor", IntegerField(null=True)),
        migrator.add_index("variant", ("sku",)),
        migrator.add_index("product", ("status", "id")),
    )
    # Not by the migrator, which would make SQLite's table anew and lose its triggers.
    db.execute_sql("ALTER TABLE variant ADD COLUMN low_at INTEGER NOT NULL DEFAULT 5")
    for text in INDEXES:
        db.execute_sql(text)
    db.execute_sql(SQLITE if sqlite else POSTGRESQL)
    _tables(db)
    now = "strftime('%Y-%m-%d %H:%M:%f', 'now')" if sqlite else "now() AT TIME ZONE 'UTC'"
    db.execute_sql(SEED.format(now=now))


def _tables(db):
    class Variant(Model):
        class Meta:
            database = db
            table_name = "variant"

    class PriceChange(Model):
        variant = ForeignKeyField(Variant, on_delete="CASCADE")
        price_minor = IntegerField()
        compare_at_minor = IntegerField(null=True)
        at = DateTimeField()

        class Meta:
            database = db
            table_name = "price_change"
            indexes = ((("variant", "at"), False),)

    class StockAdjustment(Model):
        variant = ForeignKeyField(Variant, on_delete="CASCADE")
        reason = TextField()
        by = IntegerField()
        left = IntegerField()
        note = TextField()
        role = TextField()
        at = DateTimeField()

        class Meta:
            database = db
            table_name = "stock_adjustment"
            indexes = ((("variant", "at"), False),)

    db.create_tables([PriceChange, StockAdjustment])

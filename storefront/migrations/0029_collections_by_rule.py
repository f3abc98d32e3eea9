"""Collections by rule, their orders, and what was bought together."""

from peewee import *

SQLITE = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}"
BEGIN UPDATE edition SET number = number + 1; END
"""
POSTGRESQL = """
CREATE TRIGGER edition_{table}_{verb} AFTER {event} ON "{table}" FOR EACH STATEMENT
EXECUTE FUNCTION note_edition()
"""
# The worker notes each hour when it looked, which shows nowhere.
TOLD = "UPDATE OF collection_id, is_on, facts, ranked, first_id"


def up(migrator, db):
    class Collection(Model):
        class Meta:
            database = db
            table_name = "collection"

    class Product(Model):
        class Meta:
            database = db
            table_name = "product"

    class CollectionRule(Model):
        collection = ForeignKeyField(Collection, unique=True, on_delete="CASCADE")
        is_on = BooleanField()
        facts = TextField()
        ranked = TextField()
        first = ForeignKeyField(Product, null=True, on_delete="SET NULL")
        settled_at = DateTimeField()

        class Meta:
            database = db
            table_name = "collection_rule"

    class BoughtTogether(Model):
        product = ForeignKeyField(Product, index=False, on_delete="CASCADE")
        other = ForeignKeyField(Product, backref="beside", on_delete="CASCADE")
        orders = IntegerField()

        class Meta:
            database = db
            table_name = "bought_together"
            indexes = ((("product", "orders", "other"), True),)

    db.create_tables([CollectionRule, BoughtTogether])
    sqlite = isinstance(db, SqliteDatabase)
    # As it stands: playhouse copies a table of SQLite that gets such a column, without triggers.
    db.execute_sql("ALTER TABLE \"collection\" ADD COLUMN sort TEXT NOT NULL DEFAULT 'hand'")
    if not sqlite:
        db.execute_sql('ALTER TABLE "collection" ALTER COLUMN sort DROP DEFAULT')
    # Lists look back at the orders of some days.
    migrator.migrate(migrator.add_index("order", ("placed_at",)))
    for table in ("collection_rule", "bought_together"):
        for verb in ("insert", "update", "delete", *(() if sqlite else ("truncate",))):
            text = SQLITE if sqlite else POSTGRESQL
            told = verb == "update" and table == "collection_rule"
            event = TOLD if told else verb.upper()
            db.execute_sql(text.format(table=table, verb=verb, event=event))

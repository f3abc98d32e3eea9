"""Catalogue files brought to the desk, decorative pictures, who waits for what is sold out."""

from peewee import *


def up(migrator, db):
    # Not by the migrator: on SQLite it makes the table anew, and its triggers (0004) are lost.
    kind = "INTEGER" if isinstance(db, SqliteDatabase) else "BOOLEAN"
    db.execute_sql(f'ALTER TABLE "picture" ADD COLUMN "decorative" {kind} NOT NULL DEFAULT false')

    class PolicyVersion(Model):
        class Meta:
            database = db
            table_name = "policy_version"

    class Variant(Model):
        class Meta:
            database = db
            table_name = "variant"

    class CatalogueImport(Model):
        file = TextField(unique=True)
        name = TextField()
        format = TextField()
        step = TextField()
        state = TextField(index=True)
        keeps_stock = BooleanField()
        fetches = BooleanField()
        made_at = DateTimeField()
        moved_at = DateTimeField()
        products = IntegerField()
        variants = IntegerField()
        pictures = IntegerField()
        skipped = IntegerField()
        made = IntegerField()
        changed = IntegerField()
        recounted = IntegerField()
        fetched = IntegerField()
        missed = IntegerField()
        changes = TextField()
        remarks = TextField()
        trouble = TextField()

        class Meta:
            database = db
            table_name = "catalogue_import"

    class Waiting(Model):
        variant = ForeignKeyField(Variant, on_delete="CASCADE")
        policy = ForeignKeyField(PolicyVersion, on_delete="RESTRICT")
        email = TextField(index=True)
        key = TextField(unique=True)
        told = TextField(null=True, unique=True)
        asked_at = DateTimeField()
        confirmed_at = DateTimeField(null=True)
        told_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "waiting"
            indexes = ((("told_at", "confirmed_at"), False),)

    db.create_tables([CatalogueImport, Waiting])

"""Addresses that collections used to have: they lead on to where the collection is now."""

from peewee import *


def up(migrator, db):
    class Collection(Model):
        class Meta:
            database = db
            table_name = "collection"

    class FormerSlug(Model):
        slug = TextField(unique=True)
        collection = ForeignKeyField(Collection, backref="former", on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "former_slug"

    db.create_tables([FormerSlug])

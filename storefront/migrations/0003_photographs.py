"""Photographs: what files a picture has, and with the product what its card shows."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("picture", "digest", TextField(default="")),
        migrator.add_column("picture", "width", IntegerField(default=0)),
        migrator.add_column("picture", "height", IntegerField(default=0)),
        migrator.add_column("picture", "widths", TextField(default="[]")),
        migrator.add_column("product", "card_picture", TextField(null=True)),
    )

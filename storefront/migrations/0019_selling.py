"""Selling: rates by bands, taxes by region, discount codes, and what fell on each line."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("shipping_rate", "measure", TextField(default="flat")),
        migrator.add_column("shipping_rate", "bands", TextField(default="[]")),
        migrator.add_column("shipping_rate", "free_from_minor", IntegerField(null=True)),
        migrator.add_column("tax_rate", "regions", TextField(default="[]")),
        migrator.add_column("tax_rate", "on_shipping", BooleanField(default=False)),
        migrator.add_column("order", "discount_minor", BigIntegerField(default=0)),
        migrator.add_column("order", "discount_code", TextField(default="")),
        migrator.add_column("order", "tax_name", TextField(default="")),
        migrator.add_column("order", "tax_included_minor", BigIntegerField(default=0)),
        migrator.add_column("order_line", "discount_minor", BigIntegerField(default=0)),
        migrator.add_column("order_line", "tax_minor", BigIntegerField(default=0)),
        migrator.add_column("order_line", "tax_included_minor", BigIntegerField(default=0)),
    )

    class Collection(Model):
        class Meta:
            database = db
            table_name = "collection"

    class Order(Model):
        class Meta:
            database = db
            table_name = "order"

    class Discount(Model):
        code = TextField(unique=True)
        kind = TextField()
        value = IntegerField()
        currency = TextField()
        minimum_minor = IntegerField()
        starts_at = DateTimeField(null=True)
        until = DateTimeField(null=True)
        most = IntegerField(null=True)
        uses = IntegerField()
        once = BooleanField()
        collection = ForeignKeyField(Collection, null=True, on_delete="CASCADE")
        made_at = DateTimeField()
        ended_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "discount"

    class DiscountUse(Model):
        discount = ForeignKeyField(Discount, on_delete="CASCADE")
        order = ForeignKeyField(Order, unique=True, on_delete="CASCADE")
        used_at = DateTimeField()
        customer = TextField(null=True)

        class Meta:
            database = db
            table_name = "discount_use"
            indexes = ((("discount", "customer"), True),)

    db.create_tables([Discount, DiscountUse])

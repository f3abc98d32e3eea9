"""What is packed, sent and delivered of each line; parcels; where an order stands as a whole."""

from peewee import *

COUNTS = ("packed", "shipped", "delivered", "cancelled", "returned")


def up(migrator, db):
    class Order(Model):
        class Meta:
            database = db
            table_name = "order"

    class OrderLine(Model):
        class Meta:
            database = db
            table_name = "order_line"

    class OrderEvent(Model):
        class Meta:
            database = db
            table_name = "order_event"

    event = ForeignKeyField(OrderEvent, field=OrderEvent.id, null=True, on_delete="SET NULL")
    migrator.migrate(
        *(migrator.add_column("order_line", name, IntegerField(default=0)) for name in COUNTS),
        migrator.add_column("order", "stage", TextField(default="placed")),
        migrator.add_index("order", ("stage", "id"), False),
        migrator.add_column("order_event", "role", TextField(default="")),
        migrator.add_column("order_event", "detail", TextField(default="{}")),
        migrator.add_column("outgoing_mail", "event_id", event),
    )
    db.execute_sql(
        """UPDATE "order" SET stage = CASE state WHEN 'charged' THEN 'to_pack' ELSE state END"""
    )

    class Parcel(Model):
        order = ForeignKeyField(Order, on_delete="CASCADE")
        carrier = TextField()
        tracking = TextField()
        shipped_at = DateTimeField()
        delivered_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "parcel"

    class ParcelLine(Model):
        parcel = ForeignKeyField(Parcel, on_delete="CASCADE")
        line = ForeignKeyField(OrderLine, on_delete="CASCADE")
        quantity = IntegerField()

        class Meta:
            database = db
            table_name = "parcel_line"

    db.create_tables([Parcel, ParcelLine])

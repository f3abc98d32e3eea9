"""Withdrawals and returns, and what the shop says about them."""

from peewee import *


def up(migrator, db):
    class Order(Model):
        class Meta:
            database = db
            table_name = "order"

    class OrderLine(Model):
        class Meta:
            database = db
            table_name = "order_line"

    class Return(Model):
        order = ForeignKeyField(Order, on_delete="CASCADE")
        asking = TextField()
        unsent = BooleanField()
        state = TextField()
        reason = TextField()
        words = TextField()
        answer = TextField()
        asked_at = DateTimeField()
        received_at = DateTimeField(null=True)
        settled_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "return"
            indexes = ((("state", "id"), False),)

    class ReturnLine(Model):
        of = ForeignKeyField(Return, column_name="return_id", on_delete="CASCADE")
        line = ForeignKeyField(OrderLine, on_delete="CASCADE")
        quantity = IntegerField()
        received = IntegerField()
        restocked = IntegerField()

        class Meta:
            database = db
            table_name = "return_line"

    class Terms(Model):
        return_days = IntegerField()
        return_address = TextField()
        postage = TextField()

        class Meta:
            database = db
            table_name = "terms"

    db.create_tables([Return, ReturnLine, Terms])
